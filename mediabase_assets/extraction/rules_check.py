"""How many values each rule of a file would match now: the legacy table read as a migration reads it, in a schema that is rolled back.

Contains the reading; what rules do is in `curation`. Nothing that people read, or that a migration built, is touched.
"""

from psycopg import sql

from mediabase_assets.curation import edits
from mediabase_assets.curation.decided import count_decided
from mediabase_assets.curation.file import Rules
from mediabase_assets.curation.records import changed_by_rule
from mediabase_assets.extraction.rules import EXTRACTION, define_rules
from mediabase_assets.extraction.snapshot import create_legacy_source
from mediabase_assets.legacy.table import describe_legacy_table
from mediabase_assets.model.errors import PrerequisiteError
from mediabase_assets.postgres.content_hash import hash_columns
from mediabase_assets.postgres.sql_files import Connection, exists, is_there, run
from mediabase_assets.settings.load import Settings

#: The asset whose entries in quarantine belong to no relation.
_CENSUS = "validation/leaf_census"


def count_matches(conn: Connection, settings: Settings, rules: Rules) -> dict[str, int]:
    """How many values each rule matches: of the legacy table, or of the quarantine of the live release.

    Args:
        conn: A build session in a transaction; all that it does is rolled back.
        settings: Where the legacy table is.
        rules: The rules.

    Raises:
        ConfigurationError: Two rules match one value, or a rule leads to what does not exist.
        PrerequisiteError: There is no legacy table.
    """
    schema, table = settings.database.source_schema, settings.database.legacy_table
    with conn.transaction(force_rollback=True):
        found = _of_quarantine(conn, rules)
        if rules.of_values and not is_there(conn, schema, table):
            raise PrerequisiteError(
                "The legacy table does not exist.", where=f"{schema}.{table}", next_step="Load it: --legacy-from, --demo."
            )
        if rules.of_values:
            found |= _of_values(conn, schema, table, rules)
        return found


def _of_values(conn: Connection, schema: str, table: str, rules: Rules) -> dict[str, int]:
    name: str = conn.value("select format('mediabase_round_trip_%s', pg_backend_pid())")
    before = conn.value("show search_path")
    conn.execute(sql.SQL("create schema {}").format(sql.Identifier(name)))
    conn.execute("select set_config('search_path', %s, true)", (f"{sql.Identifier(name).as_string(conn)}, {before}",))
    define_rules(conn)
    run(conn, EXTRACTION / "functions.sql")
    legacy = describe_legacy_table(conn, schema, table)
    conn.execute(create_legacy_source(legacy, hash_columns(conn, schema, table, include_timestamps=True), schema, table))
    run(conn, EXTRACTION / "legacy_rows.sql")
    conn.execute("analyze legacy_rows")
    edits.begin(conn, rules)
    run(conn, EXTRACTION / "legacy_payloads.sql")
    edits.finish(conn, rules)
    return changed_by_rule(conn)


def _of_quarantine(conn: Connection, rules: Rules) -> dict[str, int]:
    if not rules.of_quarantine or not exists(conn, "built_relations"):
        return {}
    newest = "select migration_id from releases where rolled_back_at is null order by released_at desc limit 1"
    for setting, value in (("mediabase.asset", _CENSUS), ("mediabase.migration_id", str(conn.value(newest) or ""))):
        conn.execute("select set_config(%s, %s, true)", (setting, value))
    return count_decided(conn, rules)
