"""Which gene or transcript of the released tables each row of a file names, and why a row names none.

Contains the matching over the temporary table `incoming`; it leaves the temporary tables `matches` (one row per row that matched) and
`remaining` (one row per other row, with a reason). Whether enough matched is decided in `importing`.
"""

from typing import NamedTuple

from psycopg import sql

from mediabase_assets.model.patients import Level, PatientFileError, Unmatched
from mediabase_assets.model.quantities import counted, number
from mediabase_assets.patients.storing import codes
from mediabase_assets.patients.storing.mistyped import variants
from mediabase_assets.patients.storing.statements import GRAINS, statement
from mediabase_assets.postgres.sql_files import Connection, count, is_there
from mediabase_assets.settings.load import Settings

#: Share of the symbols above which a file is of mice or rats, or of zebrafish: human files in lower case match nearly all.
_RODENT, _FISH = 0.5, 0.25
#: How many unknown symbols are compared with those of the database for a typing mistake.
_COMPARED = 50


class Remaining(NamedTuple):
    """What matched nothing."""

    rows: int
    by_reason: tuple[Unmatched, ...]


def match(conn: Connection, settings: Settings, level: Level, file_name: str) -> Remaining:
    """Match the rows of `incoming` with the released tables.

    Exact ids and symbols first; only the rows that are left are compared in other ways.

    Args:
        conn: A session in a transaction that has loaded `incoming`.
        settings: Which live schema.
        level: The grain of the file.
        file_name: For the error.

    Raises:
        PatientFileError: The symbols are those of another species.
    """
    has_records = is_there(conn, conn.workspace.operations, "quarantine") and is_there(conn, conn.workspace.operations, "releases")
    _match_exactly(conn, settings, level, has_records=has_records)
    conn.execute(statement(conn, settings, "matching/remaining"))
    if count(conn, "remaining"):
        if level is Level.GENE:
            _match_symbols(conn, settings, file_name, has_records=has_records)
        if has_records:
            conn.execute(statement(conn, settings, "matching/quarantine"))
        conn.execute(statement(conn, settings, "matching/reasons", level))
        if level is Level.GENE:
            _suggest(conn, settings)
    _number(conn, settings, level)
    return Remaining(count(conn, "remaining"), _by_reason(conn, settings))


def matched_against(conn: Connection) -> str | None:
    """The release whose tables are live; None where no release is recorded."""
    if not is_there(conn, conn.workspace.operations, "releases"):
        return None
    releases = sql.Identifier(conn.workspace.operations, "releases")
    query = sql.SQL("select release_id from {} where rolled_back_at is null order by released_at desc limit 1")
    release: str | None = conn.value(query.format(releases))
    return release


def _match_exactly(conn: Connection, settings: Settings, level: Level, *, has_records: bool) -> None:
    """Ids and symbols as the released tables have them; tables are read only for kinds of ids that the file holds."""
    conn.execute(statement(conn, settings, "matching/matches"))
    # the server knows nothing of a temporary table just filled, and would look up each of its rows by itself: twice as slow (measured)
    conn.execute("select set_config('enable_nestloop', case when count(*) > 2000 then 'off' else 'on' end, true) from incoming")
    kinds = set(map(str, conn.values("select distinct id_kind from incoming")))
    released = sql.Identifier("genes" if level is Level.GENE else "transcripts")
    if GRAINS[level].letter in kinds:
        conn.execute(statement(conn, settings, "matching/by_id", level, released=released))
    if level is Level.GENE and kinds & {"s", "x"}:
        conn.execute(statement(conn, settings, "matching/by_symbol"))
        if has_records:
            conn.execute(statement(conn, settings, "matching/winners"))
    if level is Level.GENE and kinds & {"n", "r", "u"}:
        conn.execute(statement(conn, settings, "matching/by_reference"))
    conn.execute("set local enable_nestloop = on")


def _number(conn: Connection, settings: Settings, level: Level) -> None:
    """Give numbers to genes or transcripts that the tables of patients do not know yet."""
    if conn.value("select exists (select from matches where target_key is null)"):
        conn.execute(statement(conn, settings, "matching/number_genes" if level is Level.GENE else "matching/number_transcripts"))


def _match_symbols(conn: Connection, settings: Settings, file_name: str, *, has_records: bool) -> None:
    """Symbols in other case, former ones, and dates; a file of another species is refused."""
    conn.execute(statement(conn, settings, "matching/former_symbols" if has_records else "matching/no_former_symbols"))
    conn.execute(statement(conn, settings, "matching/symbols"))
    row = conn.execute(statement(conn, settings, "matching/species")).fetchone()
    symbols, rodent, fish, other_case = row or (0, 0, 0, 0)
    is_in_lower_case = fish + other_case > symbols / 2
    for foreign, is_so, species in (
        (rodent, rodent > _RODENT * symbols, "mouse or rat (Trp53)"),
        (fish, is_in_lower_case and fish > _FISH * symbols, "zebrafish (tp53)"),
    ):
        if is_so:
            raise PatientFileError(
                f"{number(foreign)} of {counted(symbols, 'symbol')} are written as those of {species} and are no human ones; "
                f"{number(other_case)} differ from a human one only by case: the file is of another species.",
                where=file_name,
                next_step="Nothing is stored. Translate the genes to their human orthologues first; upper case alone gives wrong genes.",
            )
    conn.execute(statement(conn, settings, "matching/dates"))


def _suggest(conn: Connection, settings: Settings) -> None:
    """Name the symbol that was meant, where an unknown one is a typing mistake away from it."""
    unknown = conn.values(
        "select distinct lookup_id from remaining where reason = 'u' and id_kind = 's' and length(lookup_id) between 4 and 15 limit %s",
        _COMPARED,
    )
    pairs = [(symbol, variant) for symbol in unknown for variant in variants(symbol)]
    if not pairs:
        return
    found = conn.execute(statement(conn, settings, "matching/typos"), ([s for s, _ in pairs], [v for _, v in pairs])).fetchall()
    for symbol, meant in found:
        conn.execute("update remaining set reason = 't', hint = %s where lookup_id = %s and reason = 'u'", (f"{meant}?", symbol))


def _by_reason(conn: Connection, settings: Settings) -> tuple[Unmatched, ...]:
    query = statement(conn, settings, "matching/examples", reasons=codes.words(codes.REASONS))
    return tuple(Unmatched(str(reason), int(rows), tuple(examples)) for reason, rows, examples in conn.execute(query).fetchall())
