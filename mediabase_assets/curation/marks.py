"""Marks what a rule gave in the relations of the extraction, so that their accounts count it as repaired.

Contains the marks only; the entries among the repairs, with the raw value and the rule, are those of the snapshot (`records`).
"""

from typing import LiteralString

from psycopg import sql

from mediabase_assets.curation.edits import SQL, has_changes
from mediabase_assets.postgres.sql_files import Connection, run

#: A fact whose value, or a part of it, a rule gave.
_FACTS: LiteralString = """
    update {relation} as f set repairs = f.repairs || array['curator_rule']
    where f.reason is null and exists (
      select from legacy_curation as c
      where c.payload_id = f.payload_id and c.operation in ('set', 'key')
        and (f.path = c.json_path or c.operation = 'key' and f.path = {parent}
          or starts_with(f.path, c.json_path) and substr(f.path, length(c.json_path) + 1, 1) in ('.', '[')
          or starts_with(c.json_path, f.path) and substr(c.json_path, length(f.path) + 1, 1) in ('.', '[')))"""
#: The path of an entry whose key a rule gave.
_RENAMED: LiteralString = "left(c.json_path, length(c.json_path) - length(c.path[cardinality(c.path)])) || (c.new_value #>> '{}')"


def mark(conn: Connection, relation: str, *, of_facts: bool) -> None:
    """Mark what rules gave in a relation that was just built; nothing without rules.

    Args:
        conn: The session that built it.
        relation: Its name.
        of_facts: Whether it holds facts of values, one per row.
    """
    if not has_changes(conn):
        return
    if of_facts:
        conn.execute(sql.SQL(_FACTS).format(relation=sql.Identifier(relation), parent=sql.SQL(_RENAMED)))
    elif (path := SQL / "marks" / f"{relation}.sql").is_file():
        run(conn, path)


def forget_doubles(conn: Connection, migration_id: str, asset: str) -> None:
    """Delete the entries among the repairs of an asset that the snapshot has already, with the rule."""
    if has_changes(conn):
        conn.execute(
            """delete from repairs as r where r.migration_id = %s and r.asset = %s and (r.reason = 'curator_rule'
                 or r.reason = 'coordinates_coerced' and exists (
                   select from legacy_curation as c join legacy_rows as l using (row_digest)
                   where c.legacy_column = 'coordinates' and l.transcript_id = r.transcript_id))""",
            (migration_id, asset),
        )
