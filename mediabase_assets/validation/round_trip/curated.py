"""What rules of curators changed, in the round trip: each difference from the legacy table must follow from an entry of `legacy_curation`.

Contains the steps; the comparison of everything else begins after them and knows no rules.
"""

from pathlib import Path

from psycopg import sql

from mediabase_assets.curation.edits import SQL as CURATION
from mediabase_assets.curation.edits import TABLE
from mediabase_assets.postgres.sql_files import Connection, is_there, run

SQL = Path(__file__).parents[1] / "sql" / "curation"


def take_rows(conn: Connection) -> bool:
    """See that changed rows follow from the rules, and compare them as they are after it; returns whether rules changed anything.

    Args:
        conn: A session of the round trip, in which the legacy rows were read and not compared with the snapshot yet.
    """
    if not is_there(conn, conn.workspace.build, TABLE):
        return False
    for name in ("legacy_rows", "legacy_payloads", TABLE):
        names = (sql.Identifier(name), sql.Identifier(conn.workspace.build, name))
        conn.execute(sql.SQL("create or replace view {} as select * from {}").format(*names))
    run(conn, CURATION / "functions.sql")
    run(conn, SQL / "rows.sql")
    return True


def take_values(conn: Connection) -> None:
    """The same for the values of genes, after those were read."""
    run(conn, SQL / "values.sql")
