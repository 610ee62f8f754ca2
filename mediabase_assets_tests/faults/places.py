"""Where faults happen: copies of a small project, what an uninterrupted run makes of it, and what must be so at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.content_hash import ContentHash, content_hash
from mediabase_assets_tests.pipeline import copies, harness

#: Rows of the legacy table.
ROWS = 1500

UNBALANCED = """select count(*) from mediabase_ops.row_account where migration_id = %s
  and facts_read <> kept + merged + repaired + quarantined + archived"""
LEFTOVERS = """select nspname::text from pg_namespace where nspname like 'mediabase%%'
  and nspname not in ('mediabase_ops', 'mediabase_next', 'mediabase_dagster')"""


@dataclass(frozen=True)
class Content:
    """What is live: the content of every table and view, and how many lines the accounts have."""

    hashes: dict[str, ContentHash]
    accounts: int
    quarantined: int


def planted(this: harness.Project, rows: int = ROWS) -> None:
    """Give an empty project its legacy table."""
    from mediabase_assets.postgres.connect import connect
    from mediabase_assets.postgres.embedded import server

    server.ensure_database(server.ensure_running(this.settings.home), this.settings.database.name)
    connect(this.settings).close()
    this.demo = harness.plant(this, rows)


@contextmanager
def uninterrupted(template: harness.Project, home: Path) -> Iterator[Content]:
    """The content that a run makes to which nothing happens."""
    with copies.copy_of(template, home) as this:
        result = this.migrate()
        assert result.success, copies.told(result)
        yield content_of(this)


def content_of(this: harness.Project) -> Content:
    """What is live now."""
    names = [*(r.name for r in RELATIONS), *(v.name for v in VIEWS if v.is_materialized)]
    with this.connect() as conn:
        hashes = {name: content_hash(conn, "public", name) for name in names}
    newest = newest_migration(this)
    return Content(
        hashes,
        int(this.value("select count(*) from mediabase_ops.row_account where migration_id = %s", newest)),
        int(this.value("select coalesce(sum(fact_count), 0) from mediabase_ops.quarantine where migration_id = %s", newest)),
    )


def newest_migration(this: harness.Project) -> str:
    """The migration that released last."""
    return str(this.value("select migration_id from mediabase_ops.releases order by released_at desc limit 1"))


def assert_as_uninterrupted(this: harness.Project, expected: Content) -> None:
    """Everything is as if nothing had happened: content, accounts, nothing left behind."""
    found = content_of(this)
    assert found.hashes == expected.hashes
    assert (found.accounts, found.quarantined) == (expected.accounts, expected.quarantined)
    assert this.value(UNBALANCED, newest_migration(this)) == 0
    assert this.rows(LEFTOVERS) == []
    assert [p.name for p in this.settings.backup_dir.glob(".incomplete-*")] == []
