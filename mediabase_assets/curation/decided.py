"""What rules decide about the quarantine as it is: values that stay out with a reason, and kinds of values that are accepted.

Such values count no more towards the limits of the census. Contains matching by what an entry says; nothing in the entry changes.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

from psycopg import sql

from mediabase_assets.curation.edits import SQL
from mediabase_assets.curation.file import Rules
from mediabase_assets.curation.rule import Decision, Rule
from mediabase_assets.postgres.sql_files import Connection, exists, read, run

#: What is in quarantine without the values that rules decide about, in place of all of it.
_LEFT: LiteralString = """
    create temporary view recorded as
    select r.* from quarantine_now as r
    where not exists (
      select from quarantine_rules as q
      where q.rule_id = any({rules}) and (q.reason is null or r.reason = q.reason)
        and (q.legacy_column is null or r.legacy_column = q.legacy_column)
        and pg_temp.decides(
          q.path_pattern, q.said, q.pattern, q.genes, q.transcript_id, r.transcript_id, r.gene_id, r.json_path, r.raw_value))"""


@contextmanager
def decided(conn: Connection, rules: Rules) -> Iterator[dict[str, int]]:
    """Show in the view `recorded` only what no rule decides about, and tell how many values each rule about the quarantine matches.

    Args:
        conn: The session of the census, in a transaction, with the view `recorded`.
        rules: The rules.
    """
    if not rules.of_quarantine:
        yield {}
        return
    matched = count_decided(conn, rules)
    valid = [r.id for r in rules.of_quarantine if is_within(r, matched.get(r.id, 0))]
    conn.execute("alter view pg_temp.recorded rename to recorded_by_all")
    conn.execute(sql.SQL(_LEFT).format(rules=sql.Literal(valid)))
    yield matched
    conn.execute("drop view pg_temp.recorded")
    conn.execute("alter view pg_temp.recorded_by_all rename to recorded")
    conn.execute("drop view pg_temp.quarantine_now")
    conn.execute("drop table pg_temp.quarantine_rules")


def count_decided(conn: Connection, rules: Rules) -> dict[str, int]:
    """How many values of the quarantine each rule about it matches; the tables for it are left in the session until its transaction ends.

    Args:
        conn: A session in a transaction, whose settings name the migration and the census.
        rules: The rules.
    """
    if not rules.of_quarantine:
        return {}
    run(conn, SQL / "quarantine_rules.sql")
    with conn.cursor() as cursor:
        cursor.executemany("insert into quarantine_rules values (%s, %s, %s, %s, %s::jsonb, %s, %s, %s)", map(_row, rules.of_quarantine))
    if exists(conn, "gene_identities"):
        run(conn, SQL / "genes_of_rules.sql")
    return {str(rule): int(n) for rule, n in conn.execute(sql.SQL(read(SQL / "decided.sql"))).fetchall()}


def is_within(rule: Rule, matched: int) -> bool:
    """Whether so many values are as many as a rule accepts, or fewer."""
    return rule.decision is not Decision.ACCEPT or rule.value is None or matched <= int(rule.value)


def _row(rule: Rule) -> tuple[Any, ...]:
    return (
        rule.id, rule.column or None, rule.reason or None, None if rule.path is None else path_pattern(rule.path),
        json.dumps(rule.said) if rule.has_said else None, rule.pattern or None, rule.gene or None, rule.transcript or None,
    )  # fmt: skip


def path_pattern(path: tuple[str, ...]) -> str:
    r"""A path as a regular expression of the paths that the quarantine writes.

    >>> path_pattern(("CHEMBL25", "0"))
    '^\\$\\.CHEMBL25(\\[0\\]|\\.0)$'
    """
    parts = [r"^\$"]
    for step in path:
        if step == "*":
            parts.append(r"(\.[^.\[\]]*|\[[0-9]+\])")
        elif re.fullmatch("[0-9]+", step):
            parts.append(rf"(\[{step}\]|\.{step})")
        else:
            parts.append(r"\." + re.escape(step))
    return "".join(parts) + "$"
