"""A database that was migrated when an asset had another name goes on: what is new is built, and the release takes it as its input."""

import pytest

from mediabase_assets.planning import registry
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.copies import copy_of, hashes, told

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
#: The account of columns was called so; a report of that name came later.
BEFORE = "validation/migration_report"
#: A copy of a database has no run and no backup of its own.
FIRST = {registry.LEGACY, registry.BACKUP}


def test_a_database_whose_account_of_columns_had_another_name_goes_on(migrated, pipeline_home):
    with copy_of(migrated, pipeline_home) as this:
        with this.connect() as conn:
            conn.execute("delete from mediabase_ops.asset_state where asset = %s", (BEFORE,))
            for key in (registry.RELEASE_CHECKS, registry.VERDICT, BEFORE):  # the code of then had none of them
                conn.execute("delete from mediabase_ops.asset_state where asset = %s", (key,))
                conn.execute("delete from mediabase_ops.migration_stages where asset = %s", (key,))
            for query in (
                "update mediabase_ops.asset_state set asset = %(old)s where asset = %(new)s",
                "update mediabase_ops.migration_stages set asset = %(old)s where asset = %(new)s",
                "update mediabase_ops.asset_state set inputs = (inputs - %(new)s::text)"
                " || jsonb_build_object(%(old)s::text, inputs -> %(new)s) where inputs ? %(new)s",
            ):
                assert conn.execute(query, {"old": BEFORE, "new": registry.COLUMN_ACCOUNT}).rowcount == 1
        content = hashes(this)
        work = this.work()
        assert work[registry.COLUMN_ACCOUNT] == registry.NOT_BUILT
        assert work[registry.RELEASE] == f"{registry.COLUMN_ACCOUNT}, {registry.RELEASE_CHECKS} do not exist"
        later = {registry.RELEASE_CHECKS, *registry.AFTERWARDS}
        assert {registry.COLUMN_ACCOUNT, registry.RELEASE} <= work.keys() <= {registry.COLUMN_ACCOUNT, registry.RELEASE} | FIRST | later
        result = this.rerun()
        assert result.success, told(result)
        assert {registry.COLUMN_ACCOUNT, registry.RELEASE} <= harness.made(result)
        assert hashes(this) == content
        assert this.work() == {}
