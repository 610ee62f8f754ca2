"""The views of the extraction: PostgreSQL drops no table that a view shows, so that a view is dropped first and created again."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from psycopg import sql

from mediabase_assets.extraction.rules import EXTRACTION
from mediabase_assets.model.extraction import EXTRACTION_VIEWS
from mediabase_assets.postgres.sql_files import Connection, exists, run


@contextmanager
def without_views(conn: Connection, names: Collection[str]) -> Iterator[None]:
    """Drop the views that show any of these relations; at the end create those again of which all relations exist."""
    views = [view for view in EXTRACTION_VIEWS.values() if not set(names).isdisjoint(view.inputs)]
    for view in views:
        conn.execute(sql.SQL("drop view if exists {}").format(sql.Identifier(view.name)))
    yield
    for view in views:
        if all(exists(conn, name) for name in view.inputs):
            run(conn, EXTRACTION / f"{view.name}.sql")
