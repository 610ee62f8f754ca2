"""Reports of rehearsals for programs: JSON files in `<home>/reports`. What is in them is decided by each rehearsal."""

import json
import time
from pathlib import Path
from typing import Any

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings.load import Settings


def write_report(settings: Settings, rehearsal: str, values: dict[str, Any], *, name: str = "") -> Path:
    """Write a report; returns its file.

    Args:
        settings: Where the home is.
        rehearsal: Which, as in `the report of the dry run`.
        values: What is in it.
        name: What the file is named after, beside the rehearsal; the time by default.

    Raises:
        ConfigurationError: It cannot be written.
    """
    folder = settings.home / "reports"
    path = folder / f"{rehearsal.replace(' ', '-')}-{name or time.strftime('%Y%m%d_%H%M%S', time.gmtime())}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values, indent=1, default=str, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"The report of the {rehearsal} cannot be written: {error.strerror}.",
            where=str(path),
            next_step="Free space there, or set MEDIABASE_HOME to a folder that you may write to.",
        ) from error
    return path
