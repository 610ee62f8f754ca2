"""What the database remembers of rules: what they changed, in which migration, and which of them match nothing any more.

Contains records only; what rules do is in `edits`, what they decide about the quarantine in `decided`.
"""

import json
from typing import Any

from mediabase_assets.audit import accounts
from mediabase_assets.curation.concern import concerned
from mediabase_assets.curation.edits import SQL, has_changes
from mediabase_assets.curation.file import Rules
from mediabase_assets.curation.rule import Decision, Rule
from mediabase_assets.model.finding import SAMPLE_ROWS, Finding
from mediabase_assets.postgres.sql_files import Connection, exists, run

#: The check about rules, on the census of leaves.
EVERY_RULE_MATCHES = "every_rule_of_curators_matches"


def record_changes(conn: Connection, migration_id: str, asset: str) -> None:
    """Record what rules changed in the snapshot, replacing what an earlier attempt of the migration recorded."""
    accounts.clear_records(conn, migration_id, asset)
    conn.execute("delete from row_account where migration_id = %s and asset = %s", (migration_id, asset))
    if has_changes(conn):
        run(conn, SQL / "record_changes.sql")
        accounts.sum_reasons(conn, migration_id, asset)


def record_rules(conn: Connection, migration_id: str, rules: Rules, decided: dict[str, int]) -> Finding:
    """Record every rule with what it matched, and find those that match nothing or more than they accept.

    Args:
        conn: The session of the census.
        migration_id: Which migration; what an earlier attempt recorded is replaced.
        rules: The rules.
        decided: How many values each rule about the quarantine matches.
    """
    changed = changed_by_rule(conn)
    matched = {rule.id: (changed if rule.changes_values else decided).get(rule.id, 0) for rule in rules}
    if exists(conn, "curation_rules"):  # earlier versions had no such table
        _write(conn, migration_id, rules, matched)
    told = [problem for rule in rules if (problem := problem_of(rule, matched[rule.id]))]
    return Finding(
        EVERY_RULE_MATCHES,
        not told,
        {"rules": len(rules), "values that they match": sum(matched.values())},
        len(told),
        tuple(told[:SAMPLE_ROWS]),
    )


def _write(conn: Connection, migration_id: str, rules: Rules, matched: dict[str, int]) -> None:
    conn.execute("delete from curation_rules where migration_id = %s", (migration_id,))
    with conn.cursor() as cursor:
        cursor.executemany(
            """insert into curation_rules (migration_id, rule_id, position, decision, who, decided_on, why, match, value, concerns, matched,
                 file_digest, rule_digest)
               values (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, %s, %s, %s, %s)""",
            [_row(migration_id, position, rule, matched[rule.id], rules) for position, rule in enumerate(rules, 1)],
        )


def problem_of(rule: Rule, matched: int) -> dict[str, Any]:
    """What is to be told of a rule that matched so many values; empty for nothing."""
    row = {"rule": rule.id, "line": rule.line, "decision": rule.decision.value, "matched": matched}
    if not matched:
        return row | {"problem": "it matches nothing any more; remove it, or correct `match`"}
    if rule.decision is Decision.ACCEPT and rule.value is not None and matched > rule.value:
        return row | {"problem": f"it accepts {rule.value}, and there are more; none of them is accepted"}
    return {}


def changed_by_rule(conn: Connection) -> dict[str, int]:
    """The values that each rule changed or left out; a row that is left out is one."""
    if not has_changes(conn):
        return {}
    query = "select rule_id, count(*) from legacy_curation where operation <> 'row' or legacy_column = 'transcript_id' group by 1"
    return {str(rule): int(n) for rule, n in conn.execute(query).fetchall()}


def _row(migration_id: str, position: int, rule: Rule, matched: int, rules: Rules) -> tuple[Any, ...]:
    return (
        migration_id, rule.id, position, "map key to" if rule.is_key else rule.decision.value, rule.who, rule.when, rule.why,
        json.dumps(rule.match), json.dumps(rule.value), concerned(rule), matched, rules.digest, rule.digest,
    )  # fmt: skip
