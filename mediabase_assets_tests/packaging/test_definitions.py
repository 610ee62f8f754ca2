"""Everything below `defs` is loaded, wherever the package lies."""

import subprocess
import sys
from pathlib import Path

import mediabase_assets.defs
from mediabase_assets.definitions import defs
from mediabase_assets.lib import check_overview

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


def test_every_asset_names_its_source_and_a_relation_names_its_table():
    for spec in defs().resolve_all_asset_specs():
        name = spec.key.to_user_string()
        if name == check_overview.KEY.to_user_string():
            continue  # made of Dagster's own records
        references = spec.metadata["dagster/code_references"].code_references
        assert references, name
        assert all(Path(r.file_path).is_file() for r in references), name
        assert (spec.key.path[0] in ("normalized", "views", "legacy")) == ("dagster/table_name" in spec.metadata), name


def test_columns_say_what_may_be_null_and_what_is_unique():
    genes = next(s for s in defs().resolve_all_asset_specs() if s.key.path[-1] == "genes")
    columns = {c.name: c for c in genes.metadata["dagster/column_schema"].columns}
    assert [c.name for c in columns.values() if c.constraints.unique] == ["gene_id", "gene_symbol"]
    assert (columns["gene_id"].constraints.nullable, columns["chromosome"].constraints.nullable) == (False, True)
    assert (columns["start_position"].type, columns["gene_name"].type) == ("bigint", "text")
