"""Everything below `defs` is loaded, wherever the package lies."""

import subprocess
import sys
from pathlib import Path

import mediabase_assets.defs

FOLDER = Path(mediabase_assets.defs.__file__).parent
LOADED = """
import sys
from mediabase_assets.definitions import defs
defs()
print("\\n".join(name for name in sys.modules if name.startswith("mediabase_assets.defs")))
"""


def test_every_module_below_defs_is_loaded_and_nothing_warns():
    # Dagster 1.13's own look at a resource's fields warns, see pyproject.toml
    command = [sys.executable, "-W", "error", "-W", "ignore:The `__fields__` attribute", "-c", LOADED]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    files = [f.relative_to(FOLDER).with_suffix("") for f in FOLDER.rglob("*.py")]
    names = {".".join(("mediabase_assets.defs", *(p for p in f.parts if p != "__init__"))) for f in files}
    assert len(names) > 10
    assert set(done.stdout.split()) == names
