"""Every check passes on what a migration made, and fails on a copy that was spoiled for it, with the row shown."""

from contextlib import contextmanager

import pytest
from psycopg import sql

from mediabase_assets.audit import accounts
from mediabase_assets.audit.checks import check_keys, check_model, check_references, failing_rows
from mediabase_assets.defs.normalized.assets import CHECKS
from mediabase_assets.defs.validation import assets as validation
from mediabase_assets.extraction.relations import check_path
from mediabase_assets.model.extraction import EXTRACTIONS
from mediabase_assets.model.tables import TABLES
from mediabase_assets.normalized.accounts import take_account
from mediabase_assets.postgres.session import prepare
from mediabase_assets.postgres.sql_files import read
from mediabase_assets.runs.factories.table import GENERAL_CHECKS, _findings
from mediabase_assets.validation import column_account

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]

TABLE = {table.name: table for table in TABLES}
NAMES = list(TABLE)
KEYS, REFERENCES, MODEL, ACCOUNT = "every_key_is_unique", "every_reference_exists", "every_row_fits_its_model", accounts.CHECK_ACCOUNT


@contextmanager
def session(this):
    """A session that sees a schema of copies first, then what was built and released; everything is rolled back."""
    with this.connect(autocommit=False) as conn:
        conn.execute("create schema spoiled")
        prepare(conn, this.settings, "spoiled", "mediabase_next", "public", "mediabase_ops")
        try:
            yield conn
        finally:
            conn.rollback()


def copy(conn, *relations, limit="all"):
    """Copies without keys or rules, into which anything can be written."""
    for name in relations:
        found = conn.execute("select to_regclass('public.' || quote_ident(%s)) is not null", (name,)).fetchone()
        schema = "public" if found == (True,) else "mediabase_next"
        conn.execute(
            sql.SQL("create table spoiled.{0} as select * from {1}.{0} limit {2}").format(
                sql.Identifier(name), sql.Identifier(schema), sql.SQL(limit)
            )
        )


def found_by(conn, table):
    return {finding.check: finding for finding, _ in _findings(conn, table, CHECKS.get(table.name, ()), take_account(conn, table))}


def failed(found):
    return {name for name, finding in found.items() if not finding.passed}


@pytest.mark.parametrize("name", NAMES)
def test_every_check_passes_on_what_was_migrated(migrated, name):
    table = TABLE[name]
    with session(migrated) as conn:
        found = found_by(conn, table)
    general = set(GENERAL_CHECKS) - (set() if any(r.references for r in table.relations) else {REFERENCES})
    assert set(found) == general | {check.name for check in CHECKS.get(name, ())}
    assert failed(found) == set()
    assert all(finding.examined for finding in found.values())
    assert all(finding.failures == 0 and finding.sample == () for finding in found.values())


@pytest.mark.parametrize("name", NAMES)
def test_copies_pass_as_the_originals_do(migrated, name):
    with session(migrated) as conn:
        copy(conn, *(r.name for r in TABLE[name].relations))
        assert failed(found_by(conn, TABLE[name])) == set()


# ------------------------------------------------------------------------------------------------------ the keys


@pytest.mark.parametrize("name", NAMES)
def test_a_key_that_occurs_twice_is_found(migrated, name):
    for relation in TABLE[name].relations:
        with session(migrated) as conn:
            copy(conn, *(r.name for r in TABLE[name].relations))
            conn.execute(sql.SQL("insert into {0} select * from {0} limit 1").format(sql.Identifier(relation.name)))
            found = check_keys(conn, TABLE[name])
            assert not found.passed
            # a row twice breaks its primary key and every other set of columns that is unique
            keys = [relation.key, *relation.unique]
            assert 1 <= found.failures <= len(keys)
            assert {row["relation"] for row in found.sample} == {relation.name}
            assert {row["rows"] for row in found.sample} == {2}


@pytest.mark.parametrize("name", NAMES)
def test_a_key_that_is_null_is_found(migrated, name):
    for relation in TABLE[name].relations:
        for column in relation.key:
            with session(migrated) as conn:
                copy(conn, *(r.name for r in TABLE[name].relations))
                conn.execute(
                    sql.SQL("update {0} set {1} = null where ctid = (select min(ctid) from {0})").format(
                        sql.Identifier(relation.name), sql.Identifier(column)
                    )
                )
                found = check_keys(conn, TABLE[name])
                assert not found.passed
                assert any(None in row["key"] and row["relation"] == relation.name for row in found.sample)


@pytest.mark.parametrize(
    ("relation", "unique"), [pytest.param(r, u, id=f"{r.name}-{'-'.join(u)}") for t in TABLES for r in t.relations for u in r.unique]
)
def test_another_unique_set_that_occurs_twice_is_found(migrated, relation, unique):
    table = next(t for t in TABLES if relation in t.relations)
    rest = [c for c in relation.key if c not in unique]
    changed = {"text": "{0} || 'X'", "bigint": "{0} + 1000000000000"}
    with session(migrated) as conn:
        copy(conn, relation.name)
        query = "select attname, format_type(atttypid, null) from pg_attribute where attrelid = %s::regclass"
        types = dict(conn.execute(query, (relation.name,)).fetchall())
        given = sql.SQL(" or ").join(sql.SQL("{} is not null").format(sql.Identifier(c)) for c in unique)
        copied = [c for c in types if c not in rest and c in relation.columns]
        conn.execute(
            sql.SQL("insert into {r} ({k}, {c}) select {v}, {c} from {r} where {g} limit 1").format(
                r=sql.Identifier(relation.name), k=sql.SQL(", ").join(map(sql.Identifier, rest)), g=given,
                c=sql.SQL(", ").join(map(sql.Identifier, copied)),
                v=sql.SQL(", ").join(sql.SQL(changed[types[c]]).format(sql.Identifier(c)) for c in rest),
            )
        )  # fmt: skip
        found = check_keys(conn, table)
        assert (found.passed, found.failures) == (False, 1)
        assert found.sample[0]["relation"] == relation.name
        assert len(found.sample[0]["key"]) == len(unique)


# ------------------------------------------------------------------------------------------------ the references

_ORPHANS = {"text": "'ENSG99999999999'", "bigint": "-1"}


@pytest.mark.parametrize(
    ("table", "relation", "reference"),
    [pytest.param(t, r, f, id=f"{r.name}-{f.parent}") for t in TABLES for r in t.relations for f in r.references],
)
def test_an_orphan_is_found_whether_its_parent_went_or_never_was(migrated, table, relation, reference):
    (column,), (parent_column,) = reference.columns, reference.parent_columns
    with session(migrated) as conn:
        copy(conn, *(r.name for r in table.relations))
        kind = conn.execute(
            "select format_type(atttypid, null) from pg_attribute where attrelid = %s::regclass and attname = %s", (relation.name, column)
        ).fetchone()[0]
        conn.execute(
            sql.SQL("update {0} set {1} = {2} where ctid = (select min(ctid) from {0})").format(
                sql.Identifier(relation.name), sql.Identifier(column), sql.SQL(_ORPHANS[kind])
            )
        )
        found = check_references(conn, table)
        assert (found.passed, found.failures) == (False, 1)
        assert found.sample[0]["relation"] == f"{relation.name} → {reference.parent}"
        assert str(found.sample[0]["row"][column]) == _ORPHANS[kind].strip("'")
    with session(migrated) as conn:
        copy(conn, *(r.name for r in table.relations))
        if reference.parent not in {r.name for r in table.relations}:
            copy(conn, reference.parent)
        gone = conn.execute(
            sql.SQL("delete from {p} where {pc} = (select min({c}) from {r}) returning 1").format(
                p=sql.Identifier(reference.parent), pc=sql.Identifier(parent_column), c=sql.Identifier(column),
                r=sql.Identifier(relation.name),
            )
        ).rowcount  # fmt: skip
        assert gone == 1
        assert not check_references(conn, table).passed


# ------------------------------------------------------------------------------------------------------ the models


def bad_values(column):
    """For every rule of a column's model: a value, as SQL, that breaks it."""
    values = [] if column.nullable else ["null"]
    for check in column.checks:
        given = check.statistics
        bad = {
            "isin": lambda g: "'nonsense'" if isinstance(g["allowed_values"], (list, frozenset)) and _is_text(g) else "97",
            "str_matches": lambda g: "'!'",
            "greater_than_or_equal_to": lambda g: str(g["min_value"] - 1),
            "less_than_or_equal_to": lambda g: str(g["max_value"] + 1),
            "greater_than": lambda g: str(g["min_value"]),
            "str_length": lambda g: f"repeat('x', {g['max_value'] + 1})",
        }[check.name](given)
        values.append(bad)
        if check.name == "str_length" and given.get("min_value"):
            values.append("''")
    return values


def _is_text(given):
    return all(isinstance(value, str) for value in given["allowed_values"])


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_of_the_model_finds_the_row_that_breaks_it(migrated, name):
    tried = 0
    with session(migrated) as conn:
        for relation in TABLE[name].relations:
            copy(conn, relation.name, limit="1")
            for column, model in relation.model.to_schema().columns.items():
                kind = conn.execute(
                    "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = %s::regclass and attname = %s",
                    (relation.name, column),
                ).fetchone()[0]
                for value in bad_values(model):
                    if kind.startswith("character varying") and value.startswith("repeat"):
                        continue  # the server refuses it already
                    with conn.transaction(force_rollback=True):
                        conn.execute(
                            sql.SQL("update {} set {} = {}").format(sql.Identifier(relation.name), sql.Identifier(column), sql.SQL(value))
                        )
                        found = check_model(conn, TABLE[name])
                    assert not found.passed, (relation.name, column, value)
                    assert {(row["relation"], row["column"]) for row in found.sample} == {(relation.name, column)}
                    tried += 1
            conn.execute(sql.SQL("drop table spoiled.{}").format(sql.Identifier(relation.name)))
    assert tried >= sum(not c.nullable for r in TABLE[name].relations for c in r.model.to_schema().columns.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_failed_model_names_the_row_by_its_key(migrated, name):
    relation = TABLE[name].relations[0]
    ruled = [c for c, m in relation.model.to_schema().columns.items() if bad_values(m)]
    column = next((c for c in ruled if c not in relation.key), ruled[-1])
    value = bad_values(relation.model.to_schema().columns[column])[0]
    with session(migrated) as conn:
        copy(conn, *(r.name for r in TABLE[name].relations))
        names = {"r": sql.Identifier(relation.name), "c": sql.Identifier(column), "v": sql.SQL(value)}
        conn.execute(sql.SQL("update {r} set {c} = {v} where ctid = (select max(ctid) from {r})").format(**names))
        row = conn.execute(sql.SQL("select to_jsonb(r) from {r} as r where ctid = (select max(ctid) from {r})").format(**names)).fetchone()[
            0
        ]
        found = check_model(conn, TABLE[name])
    assert found.failures == 1
    assert {k: str(found.sample[0][k]) for k in relation.key} == {k: str(row[k]) for k in relation.key}
    assert found.sample[0]["column"] == column
    assert found.sample[0]["rule"]


# ----------------------------------------------------------------------------------- the account, particular checks


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("change", ["a row gone", "a row too many"])
def test_a_table_that_does_not_balance_is_found(migrated, name, change):
    table = TABLE[name]
    # transcript_go_terms is told by its view
    relation = "transcript_go_terms" if table.is_view else table.relations[0].name
    with session(migrated) as conn:
        copy(conn, relation)
        statement = {
            "a row gone": "delete from {0} where ctid = (select min(ctid) from {0})",
            "a row too many": "insert into {0} select * from {0} limit 1",
        }[change]
        conn.execute(sql.SQL(statement).format(sql.Identifier(relation)))
        found = accounts.check_account(conn, table, take_account(conn, table))
    assert not found.passed
    assert found.sample[-1]["fact_kind"] == "rows of the table"
    assert found.sample[-1]["unaccounted"] == (-1 if change == "a row gone" else 1)


#: Fields whose facts are counted at the grain of transcripts.
_FIELDS = {"transcript_products": ["product_type"], "transcript_go_terms": ["go_terms"]}


@pytest.mark.parametrize("name", [n for n in NAMES if TABLE[n].counted or n in _FIELDS or n == "transcripts"])
def test_facts_that_nobody_read_are_found(migrated, name):
    with session(migrated) as conn:
        if name == "transcripts":
            copy(conn, "legacy_rows")
            conn.execute("insert into legacy_rows select * from mediabase_next.legacy_rows limit 1")
        else:
            copy(conn, "fact_counts")
            fields = [f for f, _ in TABLE[name].counted] or _FIELDS[name]
            kinds = [k for _, k in TABLE[name].counted]
            changed = conn.execute(
                "update fact_counts set facts_read = facts_read + 1 where field = any(%s) and (fact_kind = any(%s) or %s = '{}')",
                (fields, kinds, kinds),
            ).rowcount
            assert changed
        found = accounts.check_account(conn, TABLE[name], take_account(conn, TABLE[name]))
    assert not found.passed
    assert all(row["unaccounted"] >= 1 for row in found.sample)


#: For every check that is particular to a table: what to copy, how to spoil it, and what the shown row must hold.
PARTICULAR = {
    ("genes", "every_gene_id_is_kept_or_quarantined"): (
        ["genes"], "delete from genes where gene_id = 'ENSG00000141510'", {"gene_id": "ENSG00000141510"},
    ),
    ("transcripts", "every_transcript_is_kept_merged_or_quarantined"): (
        ["transcripts"], "delete from transcripts where ctid = (select min(ctid) from transcripts)", {"outcome"},
    ),
    ("transcript_go_terms", "every_set_of_a_transcript_exists"): (
        ["go_term_sets"],
        "delete from go_term_sets where go_set_id = (select min(go_set_id) from transcripts)",
        {"transcript_id", "go_set_id"},
    ),
    ("transcript_go_terms", "every_set_has_its_members"): (
        ["go_term_set_members"],
        "delete from go_term_set_members where go_set_id = (select min(go_set_id) from go_term_sets)",
        {"members": 0},
    ),
    ("transcript_go_terms", "no_two_sets_share_an_id"): (
        ["go_payload_sets"],
        "update go_payload_sets set go_set_id = (select min(go_set_id) from go_payload_sets)"
        " where go_set_id = (select max(go_set_id) from go_payload_sets)",
        {"contents": 2},
    ),
    ("gene_drug_interactions", "drug_entries_yield_interactions"): (
        ["gene_drug_interactions"], "delete from gene_drug_interactions", {"interactions": 0},
    ),
    ("gene_drug_interactions", "no_drug_of_a_reaction_alone_is_an_interaction"): (
        ["gene_drug_interactions"],
        "update gene_drug_interactions set drug_interaction_id = 'PharmGKB:warfarin', drug_name = 'warfarin'"
        " where ctid = (select min(ctid) from gene_drug_interactions)",
        {"drug_name": "warfarin"},
    ),
}  # fmt: skip


def shows(sample, expected):
    if isinstance(expected, set):
        return expected <= set(sample[0])
    return any(row.get(key) == value for row in sample for key, value in expected.items())


def test_every_particular_check_is_spoiled_here():
    assert set(PARTICULAR) == {(table, check.name) for table, checks in CHECKS.items() for check in checks}


@pytest.mark.parametrize(("name", "check"), PARTICULAR)
def test_every_particular_check_finds_what_it_is_for(migrated, name, check):
    relations, statement, expected = PARTICULAR[name, check]
    with session(migrated) as conn:
        copy(conn, *relations)
        assert conn.execute(statement).rowcount >= 1
        found = found_by(conn, TABLE[name])[check]
    assert not found.passed
    assert found.failures >= 1
    assert shows(found.sample, expected), found.sample


# ------------------------------------------------------------------------------------ extraction, the legacy table as a whole

#: The same for the checks of the extraction relations.
EXTRACTED = {
    "every_symbol_names_one_gene": (
        "gene_candidates",
        "update gene_candidates set gene_symbol = 'TP53' where gene_id = (select min(gene_id) from gene_candidates where reason is null)",
    ),
    "every_legacy_row_has_one_outcome": ("row_states", "delete from row_states where ctid = (select min(ctid) from row_states)"),
    "no_symbols_differ_in_case_only": (
        "symbol_conflicts",
        "update symbol_conflicts set kind = 'case_variant'"
        " where ctid = (select min(ctid) from symbol_conflicts where kind <> 'case_variant')",
    ),
    "kinds_of_facts_add_up": (
        "fact_counts", "update fact_counts set facts_read = facts_read + 1"
        " where ctid = (select min(ctid) from fact_counts where field = 'drugs')",
    ),
    "no_annotation_is_shared_by_different_symbols": None,
}  # fmt: skip
_EXTRACTION_CHECKS = {check.name: check for extraction in EXTRACTIONS for check in extraction.checks}


def test_every_check_of_the_extraction_is_spoiled_here():
    assert set(EXTRACTED) == set(_EXTRACTION_CHECKS)


@pytest.mark.parametrize("name", EXTRACTED)
def test_every_check_of_the_extraction_passes_and_fails(migrated, name):
    check = _EXTRACTION_CHECKS[name]
    query = sql.SQL(read(check_path(check)))
    with session(migrated) as conn:
        found = failing_rows(conn, name, query, {})
        if check.is_warning:
            before = found.failures
        else:
            assert found.passed
            before = 0
        if EXTRACTED[name] is None:
            assert before  # the demonstration holds annotation that is copied onto a wrong gene
            return
        relation, statement = EXTRACTED[name]
        copy(conn, relation)
        assert conn.execute(statement).rowcount == 1
        found = failing_rows(conn, name, query, {})
        assert found.failures > before
        assert found.sample


@pytest.mark.parametrize("change", ["facts_read = facts_read + 1", "kept = kept - 1", "quarantined = quarantined + 1", "merged = 0"])
def test_the_account_of_the_legacy_table_finds_a_column_that_does_not_balance(migrated, change):
    query = sql.SQL(read(column_account.FILES[1]))
    with session(migrated) as conn:
        (migration,) = conn.execute("select max(migration_id) from mediabase_ops.column_account").fetchone()
        conn.execute("select set_config('mediabase.migration_id', %s, true)", (migration,))
        assert failing_rows(conn, validation.ACCOUNT_CHECK, query, {}).passed
        where = "migration_id = %s and legacy_column = 'pathways'"
        conn.execute(f"update mediabase_ops.column_account set {change} where {where}", (migration,))
        found = failing_rows(conn, validation.ACCOUNT_CHECK, query, {})
        assert not found.passed
        assert {row["legacy_column"] for row in found.sample} == {"pathways"}
        assert "account" in {row["what"] for row in found.sample}
