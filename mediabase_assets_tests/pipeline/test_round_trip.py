"""The round trip passes on every legacy table that the tests have, and names every cell of the new tables that is changed."""

import pytest
from psycopg import sql

from mediabase_assets.defs.validation.round_trip import CHECKS
from mediabase_assets.model.legacy import LEGACY_COLUMNS
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.postgres.session import working_sessions
from mediabase_assets.validation.round_trip import compare as round_trip
from mediabase_assets.validation.round_trip import parts
from mediabase_assets_tests.fixtures.real_data import needs_sample
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.copies import copy_of, relations
from mediabase_assets_tests.pipeline.round_trips import compared, rows_of

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]

RELATION = {r.name: r for r in RELATIONS}
SCRATCHES = "select count(*) from pg_namespace where nspname like 'mediabase\\_round%%'"
GENERATED = {("genes", "start_position"), ("genes", "end_position"), ("genes", "strand")}
#: A value of each type that differs from the one that is there.
OTHER_VALUE = {
    "text": "coalesce({0}, '') || 'X'",
    "character varying": "left(coalesce({0}, '') || 'X', 9) || 'X'",
    "smallint": "coalesce({0} % 5 + 1, 1)",
    "integer": "coalesce({0} % 5 + 1, 1)",
    "bigint": "coalesce({0}, 0) + 1000000000000",
    "numeric": "coalesce({0} / 3 + 0.01, 0.01)",
    "double precision": "coalesce({0}, 0) + 0.5",
    "boolean": "not coalesce({0}, false)",
    "jsonb": """'{{"start": 7, "end": 9, "strand": 1}}'""",
    "text[]": "array_append({0}, 'X')",
}


def failures(found):
    return {f.check: f for f in found.findings if not f.passed}


def cells(found):
    """What the check of the tables names: (relation, key, column)."""
    return {(r["relation"], r["key"], r["column_name"]) for r in rows_of(found, round_trip.DERIVED)}


def columns_of(this, name):
    query = """select attname, format_type(atttypid, null), attnotnull from pg_attribute
               where attrelid = %s::regclass and attnum > 0 and attgenerated = '' order by attnum"""
    return [row for row in this.rows(query, name) if row[0] in RELATION[name].columns]


def key_text(relation):
    return sql.SQL("concat_ws(' | ', {})").format(sql.SQL(", ").join(sql.Identifier(c) for c in relation.key))


def victim(this, relation, column, taken, *, filled):
    """The key of a row that no other change of the test has taken, with the column filled or not."""
    wanted = sql.SQL("{} is not null").format(sql.Identifier(column)) if filled else sql.SQL("true")
    query = sql.SQL("select {} from {} where {} and {} <> all(%s) order by 1 limit 1").format(
        key_text(relation), sql.Identifier(relation.name), wanted, key_text(relation)
    )
    with this.connect() as conn:
        row = conn.execute(query, (list(taken) or [""],)).fetchone()
    return row[0] if row else None


def changed(relation, column, key, value):
    """An update of one cell, as SQL."""
    return sql.SQL("update {} set {} = {} where {} = {}").format(
        sql.Identifier(relation.name), sql.Identifier(column), value, key_text(relation), sql.Literal(key)
    )


def changes(this, relation, *, to_null):
    """One update for every column of a relation that may be changed alone, each in a row of its own."""
    made = {}
    for column, kind, is_required in columns_of(this, relation.name):
        if column in relation.key or (relation.name, column) in GENERATED or (to_null and is_required):
            continue
        key = victim(this, relation, column, made, filled=True)
        if key is None:
            if to_null:
                continue
            key = victim(this, relation, column, made, filled=False)
        pattern = "null" if to_null else OTHER_VALUE[kind]
        value = sql.SQL(pattern).format(sql.Identifier(column))
        made[key] = (column, changed(relation, column, key, value))
    return made


# ------------------------------------------------------------------------------------------------ nothing unexplained


def test_nothing_is_unexplained_on_the_demonstration(migrated):
    found = compared(migrated)
    assert failures(found) == {}
    assert found.unexplained == {}
    assert found.changed_rows == 0
    told = {row["legacy column"]: row for row in found.by_column()}
    assert all(told[c.name]["facts compared"] > 0 for c in LEGACY_COLUMNS if c.name in told and c.name != "pdb_ids")
    assert {e.explanation for e in found.explained} >= {"equal", "repair", "merge", "quarantine", "archived", "cannot be inverted"}
    assert all(e.sentence for e in found.explained)


def test_the_migration_records_what_it_found(migrated):
    recorded = migrated.rows("select explanation, sum(facts) from mediabase_ops.round_trip group by 1")
    assert ("unexplained", 0) not in recorded
    assert dict(recorded)["equal"] > 10_000


def test_nothing_is_unexplained_where_every_gene_is_kept(pipeline_home):
    with harness.project(pipeline_home, symbol_conflicts="qualify") as this:
        result = this.migrate()
        assert result.success, harness.failed_checks(result)


@pytest.mark.real_data
@needs_sample
def test_nothing_is_unexplained_in_real_data(sample):
    assert sample.value("select count(*) from mediabase_ops.round_trip where explanation = 'unexplained'") == 0


# ------------------------------------------------------------------------------------------------------ single cells


#: Every relation with cells beside its key changed, and emptied where a column may be NULL; keys are covered by whole rows.
CELLS = [
    pytest.param(name, to_null, id=f"{name}-{'emptied' if to_null else 'changed'}")
    for name in sorted(RELATION.keys() - {"go_term_sets", "go_term_set_members"})
    for to_null in (False, True)
    if set(RELATION[name].columns) - set(RELATION[name].key)
    and (not to_null or any(c.nullable for c in RELATION[name].model.to_schema().columns.values()))
]


@pytest.mark.parametrize(("name", "to_null"), CELLS)
def test_every_cell_that_is_changed_is_named(migrated, name, to_null):
    relation = RELATION[name]
    made = changes(migrated, relation, to_null=to_null)
    assert made
    found = compared(migrated, *(statement for _, statement in made.values()))
    expected = {(name, key, column) for key, (column, _) in made.items() if column != "go_set_id"}
    assert expected <= cells(found), expected - cells(found)
    assert {relation for relation, _, _ in cells(found)} == {name}
    for key, (column, _) in made.items():
        if column == "go_set_id":
            assert key in {r["transcript_id"] for r in rows_of(found, round_trip.EXPLAINED) if r["legacy_column"] == "go_terms"}


@pytest.mark.parametrize("name", sorted(RELATION.keys() - {"go_term_sets", "go_term_set_members"}))
def test_every_row_that_is_removed_or_invented_is_named(migrated, name):
    relation = RELATION[name]
    first, last = migrated.rows(
        sql.SQL('select min({0} collate "C"), max({0} collate "C") from {1}').format(key_text(relation), sql.Identifier(name)).as_string()
    )[0]
    copied = {column: sql.Identifier(column) for column, _, _ in columns_of(migrated, name)}
    kinds = {column: kind for column, kind, _ in columns_of(migrated, name)}
    for column in {relation.key[-1], *(u[-1] for u in relation.unique)} & copied.keys():
        copied[column] = sql.SQL(OTHER_VALUE[kinds[column]].replace("% 5 + 1", "+ 100000")).format(sql.Identifier(column))
    invented = sql.SQL("insert into {0} ({1}) select {2} from {0} where {3} = {4}").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, copied)), sql.SQL(", ").join(copied.values()), key_text(relation),
        sql.Literal(last),
    )  # fmt: skip
    removed = sql.SQL("delete from {} where {} = {}").format(sql.Identifier(name), key_text(relation), sql.Literal(first))
    found = rows_of(compared(migrated, invented, removed), round_trip.DERIVED)
    assert (name, first, "no row", "a row") in {(r["relation"], r["key"], r["found"], r["expected"]) for r in found}
    assert [r["relation"] for r in found if (r["found"], r["expected"]) == ("a row", "no row")] == [name]


def test_every_cell_of_a_go_set_is_named(migrated):
    columns = ("evidence_code", "qualifier", "is_inherited", "inherited_from", "pmids")
    members = migrated.rows(
        "select distinct on (go_set_id) go_set_id, go_id from go_term_set_members where evidence_code is not null order by 1, 2 limit 7"
    )
    values = ("'XX'", "'NOT'", "not is_inherited", "'GO:0000001'", "array_append(pmids, '7')")
    statements = [
        sql.SQL("update go_term_set_members set {} = {} where go_set_id = {} and go_id = {}").format(
            sql.Identifier(column), sql.SQL(value), sql.Literal(set_id), sql.Literal(go_id)
        )
        for column, value, (set_id, go_id) in zip(columns, values, members, strict=False)
    ]
    statements.append(sql.SQL("delete from go_term_set_members where go_set_id = {} and go_id = {}").format(*map(sql.Literal, members[5])))
    statements.append(
        sql.SQL("update go_term_sets set term_count = term_count + 1 where go_set_id = {}").format(sql.Literal(members[6][0]))
    )
    found = compared(migrated, *statements)
    sets = {key for relation, key, _ in cells(found) if relation == "go_term_sets"}
    assert {str(set_id) for set_id, _ in members} <= sets
    paths = {r["path"] for r in rows_of(found, round_trip.EXPLAINED) if r["legacy_column"] == "go_terms"}
    assert {f"$.{go_id}" for n, (_, go_id) in enumerate(members[:6]) if n not in (2, 3)} <= paths
    for set_id, go_id in members[2:4]:  # a term is inherited exactly if it says from which one
        assert ("go_term_set_members", f"{set_id} | {go_id}", "is_inherited") in cells(found)


def test_a_difference_says_where_the_value_is(migrated):
    transcript = migrated.value("select min(transcript_id) from transcripts where transcript_name is not null")
    found = compared(migrated, f"update transcripts set transcript_name = 'SPOILED-201' where transcript_id = '{transcript}'")
    row = next(r for r in rows_of(found, round_trip.EXPLAINED))
    assert row["transcript_id"].startswith(transcript)
    assert (row["legacy_column"], row["path"], row["view_value"]) == ("alt_transcript_ids", "$.transcript_name", "SPOILED-201")
    assert row["stored_in"] == "transcripts.transcript_name"


def test_an_entry_that_is_gone_from_quarantine_explains_nothing(migrated):
    found = compared(migrated, "delete from mediabase_ops.quarantine where reason = 'bad_pmid' and legacy_column = 'source_references'")
    assert {r["stored_in"] for r in rows_of(found, round_trip.EXPLAINED)} == {"mediabase_ops.quarantine"}


# ------------------------------------------------------------------------------------------- around the comparison


def test_a_row_that_somebody_changed_meanwhile_is_told_and_no_false_alarm(migrated):
    found = compared(
        migrated,
        "update cancer_transcript_base set drugs = '{}', gene_symbol = 'LATER', go_terms = '{}' where transcript_id = ("
        " select min(transcript_id) from cancer_transcript_base where drugs <> '{}')",
        "delete from cancer_transcript_base where transcript_id = (select max(transcript_id) from cancer_transcript_base)",
    )
    assert failures(found) == {}
    assert found.changed_rows == 2


def test_the_checks_alone_look_at_what_is_live(migrated):
    assert failures(compared(migrated, live="public")) == {}


def test_the_checks_alone_write_nothing(migrated, pipeline_home):
    with copy_of(migrated, pipeline_home) as this:
        before = {schema: relations(this, schema) for schema in ("public", "mediabase_next", "mediabase_ops")}
        this.rows(
            "update publications set journal = 'Spoiled' where publication_id = (select min(publication_id) from publications) returning 1"
        )
        result = this.migrate(job="audit")
        failed = {name.split(":")[1] for name in harness.failed_checks(result) if name.startswith("validation/round_trip")}
        assert round_trip.DERIVED in failed
        assert failed <= CHECKS.keys()
        assert before == {schema: relations(this, schema) for schema in before}
        assert this.value(SCRATCHES) == 0


def test_what_is_not_given_back_is_not_released(fresh, monkeypatch):
    compare = round_trip.compare_shared

    def spoiled(*args):
        with fresh.connect() as conn:
            conn.execute("update mediabase_next.genes set gene_type = 'invented' where gene_symbol = 'TP53'")
        return compare(*args)

    monkeypatch.setattr(round_trip, "compare_shared", spoiled)
    result = fresh.migrate()
    assert harness.failed_steps(result) == ["validation__round_trip"]
    assert "release/current_release" not in harness.executed(result)
    assert "genes" not in relations(fresh, "public")
    assert fresh.value("select count(*) from mediabase_ops.round_trip where explanation = 'unexplained'") > 0
    assert fresh.value(SCRATCHES) == 0


def test_sessions_that_share_the_work_find_what_one_finds_and_leave_nothing(migrated):
    settings = migrated.settings
    with working_sessions(settings, 2, migration_id="test", asset="validation/round_trip", is_alone=False) as sessions:
        shared = round_trip.compare_shared(sessions, settings)
    assert shared == compared(migrated)
    assert migrated.value(SCRATCHES) == 0


def test_an_old_query_moves_by_changing_the_name(migrated):
    with migrated.connect(autocommit=False) as conn:
        conn.execute(sql.SQL("create temporary view compat as {}").format(sql.SQL(parts.COMPAT_FILE.read_text())))
        columns = conn.execute(
            "select attname::text, format_type(atttypid, null) from pg_attribute where attrelid = 'compat'::regclass order by attnum"
        ).fetchall()
        assert columns == [(c.name, c.sql_type) for c in LEGACY_COLUMNS]
        for condition in ("gene_symbol = 'EGFR'", "drugs ? 'pharmgkb_data'", "'kinase' = any(product_type)", "go_terms ? 'GO:0005515'"):
            kept = "transcript_id in (select transcript_id from transcripts)"
            old, new = (
                conn.execute(f"select count(*) from {name} where {condition} and {kept}").fetchone()[0]
                for name in ("cancer_transcript_base", "compat")
            )
            assert old > 0
            assert abs(old - new) <= 1 + old // 20, condition
        conn.rollback()
