"""The resources of all assets."""

import dagster as dg

from mediabase_assets.runs.resource import MEDIABASE, Mediabase


@dg.definitions
def resources() -> dg.Definitions:
    """The one resource, by the name that assets ask for."""
    return dg.Definitions(resources={MEDIABASE: Mediabase()})
