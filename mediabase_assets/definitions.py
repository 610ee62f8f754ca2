"""All of MEDIABASE's definitions: what is under `defs`, one folder per layer.

Not by `dg.load_from_defs_folder`, which does the same but needs a pyproject.toml above the package: an installed one has none.
"""

import warnings
from pathlib import Path

import dagster as dg

import mediabase_assets.defs
from mediabase_assets.runs.edges import without_implied


@dg.definitions
def defs() -> dg.Definitions:
    """Load the layers."""
    with warnings.catch_warnings():
        for category in (dg.BetaWarning, dg.PreviewWarning):
            warnings.simplefilter("ignore", category)
        found = dg.ComponentTree.from_module(mediabase_assets.defs, project_root=Path(__file__).parent).build_defs()
        return found.map_resolved_asset_specs(func=without_implied)
