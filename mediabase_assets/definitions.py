"""All of MEDIABASE's definitions: what is under `defs`, one folder per layer."""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """Load the layers."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
