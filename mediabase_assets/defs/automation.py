"""Named jobs: what people start by name, in the UI or from the command line."""

import dagster as dg

from mediabase_assets.model.tables import TABLES


@dg.definitions
def automation() -> dg.Definitions:
    """The whole migration, and the audit of what is live."""
    migrate = dg.define_asset_job(
        "migrate",
        selection=dg.AssetSelection.all(),
        description="The whole migration: prerequisites, backup, extraction, tables, audits, release.",
        tags={"dagster/max_retries": "0"},
    )
    audit = dg.define_asset_job(
        "audit",
        selection=dg.AssetSelection.checks_for_assets(*(dg.AssetKey(["normalized", t.name]) for t in TABLES)),
        description="Audits the live tables: every check of every table, without writing anything.",
    )
    return dg.Definitions(jobs=[migrate, audit], executor=dg.in_process_executor)
