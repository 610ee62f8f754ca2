"""A second migration of unchanged data changes nothing; two first ones give identical content."""

import pytest

from mediabase_assets.backup import list_backups
from mediabase_assets.backup.choice import find_reusable_backup
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.postgres.content_hash import content_hash

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


def hashes(this):
    with this.connect() as conn:
        return {r.name: content_hash(conn, "public", r.name) for r in RELATIONS}


def test_two_databases_get_identical_content(migrated, fresh):
    assert fresh.migrate().success
    assert hashes(fresh) == hashes(migrated)


def test_a_second_run_changes_nothing_and_dumps_the_legacy_table_once(fresh):
    assert fresh.migrate().success
    before = hashes(fresh)
    stamps = fresh.rows("select gene_id, created_at, updated_at, xmin::text from genes order by 1")
    with fresh.connect() as conn:
        conn.execute("select pg_sleep(1.1)")
    second = fresh.migrate()
    assert second.success
    assert hashes(fresh) == before
    assert fresh.rows("select gene_id, created_at, updated_at, xmin::text from genes order by 1") == stamps
    changes = fresh.rows(
        "select sum(inserted), sum(updated), sum(deleted), count(*) from mediabase_ops.release_relations"
        " where release_id = (select max(release_id) from mediabase_ops.releases)"
    )
    assert changes == [(0, 0, 0, len(RELATIONS))]
    newest, first = list_backups(fresh.settings.backup_dir)  # what the first released has to be in a backup too
    assert newest.legacy_from == first.migration_id
    with fresh.connect() as conn:
        assert find_reusable_backup(conn, fresh.settings) == newest
