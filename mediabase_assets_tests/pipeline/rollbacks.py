"""What the tests of rollbacks share: everything that a database holds, and copies of a database that keep their backups."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mediabase_assets.postgres.catalogue import catalogue_of, defined_again
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.copies import copy_of

#: Rows of the demonstration.
ROWS = 1500
_RELATIONS = """
    select n.nspname, c.relname, c.relkind::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'v', 'm', 'p', 'S') and n.nspname !~ '^(pg_|information_schema|mediabase_ops)' order by 1, 2
"""
_REST = """
    select 'function ' || p.oid::regprocedure || md5(pg_get_functiondef(p.oid)) from pg_proc as p
    where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
    union all select 'schema ' || nspname from pg_namespace where nspname !~ '^pg_' order by 1
"""


def everything(this: harness.Project) -> dict[str, object]:
    """Every relation with its rows (timestamps included), keys, comments and privileges; functions and schemas. Not the records."""
    with this.connect() as conn:
        found: dict[str, object] = {}
        for schema, name, kind in conn.execute(_RELATIONS).fetchall():
            rows = None
            if kind in "rm" and not schema.startswith("mediabase_"):  # the timestamps of a view follow its last refresh
                rows = content_hash(conn, schema, name, exclude=(), include_timestamps=kind == "r")
            found[f"{schema}.{name}"] = (kind, rows, defined_again(conn, catalogue_of(conn, schema, name)))
        found["rest"] = sorted(text for (text,) in conn.execute(_REST).fetchall() if text != "schema mediabase_ops")
        return found


@contextmanager
def copied(original: harness.Project, home: Path) -> Iterator[harness.Project]:
    """A copy of a project with its backups, which then are backups of the copy."""
    with copy_of(original, home) as this:
        shutil.copytree(original.settings.backup_dir, this.settings.backup_dir)
        for file in this.settings.backup_dir.glob("*/manifest.json"):
            file.write_text(json.dumps(json.loads(file.read_text()) | {"database": this.settings.database.name}))
        yield this


def released(this: harness.Project) -> list[str]:
    """Ids of the released migrations, the first one first."""
    return [name for (name,) in this.rows("select migration_id from mediabase_ops.releases order by released_at")]
