"""Legacy tables of other shapes than the old code's: each is read as it should be, or refused with a sentence that helps."""

import pytest

from mediabase_assets.legacy import prerequisites
from mediabase_assets.legacy.refusal import problems
from mediabase_assets_tests.pipeline import copies, harness

pytestmark = pytest.mark.pg
TABLE = "cancer_transcript_base"
PLAIN = f"create table {TABLE} (transcript_id text primary key, gene_id text);"
PLAIN += f"insert into {TABLE} values ('ENST00000269305', 'ENSG00000141510');"
#: Everything of another type than it should be, on the demonstration: domains over domains, enumerations, collations, json, real.
OTHER_TYPES = f"""
    do $$ declare i record; begin
      for i in select indexrelid::regclass as name from pg_index where indrelid = '{TABLE}'::regclass and not indisprimary loop
        execute format('drop index %s', i.name);
      end loop;
      execute (select 'create type kind as enum (' || string_agg(distinct quote_literal(gene_type), ', ') || ')' from {TABLE});
      execute (select string_agg(format('alter table {TABLE} alter column %I drop default', attname), ';') from pg_attribute
               where attrelid = '{TABLE}'::regclass and atthasdef);
    end $$;
    create collation own (locale = 'POSIX');
    create domain short_text as varchar(400); create domain symbol as short_text check (length(value) < 400);
    create domain document as jsonb check (jsonb_typeof(value) is not null); create domain names as varchar[];
    create function kind_of(t text) returns kind language sql immutable as 'select t::kind';
    alter table {TABLE}
      alter column transcript_id type varchar(400) collate own, alter column gene_symbol type symbol, alter column gene_id type char(40),
      alter column gene_type type kind using gene_type::kind, alter column chromosome type text collate own,
      alter column drugs type json using drugs::json, alter column features type document,
      alter column go_terms type json using go_terms::json,
      alter column pathways type names, alter column uniprot_ids type short_text[],
      alter column molecular_functions type text[] collate own,
      alter column expression_fold_change type numeric,
      add column id bigint generated always as identity, add column folded text generated always as (lower(gene_symbol)) stored,
      add column kind_again kind generated always as (kind_of('protein_coding')) stored;
"""


@pytest.fixture
def empty(pipeline_home):
    """A project of its own whose database holds nothing."""
    with harness.project(pipeline_home, demo=None) as this:
        this.rows("select 1")
        yield this


def refusals(this):
    """What fails, with its problem and its next step."""
    with this.connect() as conn:
        return {f.check: next(problems([f])) for f in prerequisites.look(conn, this.settings)[1] if not f.passed}


@pytest.mark.end_to_end
def test_columns_of_other_types_give_the_same_content(migrated, fresh):
    with fresh.connect() as conn:
        conn.execute(OTHER_TYPES)
    result = fresh.migrate()
    assert result.success, copies.told(result)
    assert harness.failed_checks(result) == {}
    assert copies.hashes(fresh) == copies.hashes(migrated)


@pytest.mark.parametrize(
    ("setup", "words"),
    [
        (PLAIN + f"create table newer () inherits ({TABLE})", "has children by inheritance: public.newer."),
        (PLAIN.replace(TABLE, "older") + f"create table {TABLE} () inherits (older)", "inherits from public.older"),
        (f"create table {TABLE} (transcript_id text, gene_id text) partition by list (gene_id)", "is a partitioned table, not"),
        (
            f"create table whole (transcript_id text, gene_id text) partition by list (gene_id);"
            f"create table {TABLE} partition of whole default",
            "is a partition of it",
        ),
        (
            f"create extension postgres_fdw; create server nowhere foreign data wrapper postgres_fdw options (host '/nowhere');"
            f"create foreign table {TABLE} (transcript_id text, gene_id text) server nowhere",
            "is a foreign table, not",
        ),
    ],
    ids=["children", "a child", "partitioned", "a partition", "foreign"],
)
def test_what_is_no_table_of_its_own_is_refused(empty, setup, words):
    with empty.connect() as conn:
        conn.execute(setup)
    ((check, (problem, step)),) = refusals(empty).items()
    assert check == "legacy_table_is_there"
    assert words in problem
    assert f"create table public.{TABLE}_copy as table public.{TABLE};" in step


def test_a_copy_as_told_is_accepted(empty):
    with empty.connect() as conn:
        conn.execute(PLAIN + f"create table newer () inherits ({TABLE}); insert into newer values ('ENST00000275493', 'ENSG00000146648')")
        step = refusals(empty)["legacy_table_is_there"][1]
        conn.execute(step[step.index("(") + 1 : step.index(";")])
    settings = empty.settings.model_copy(update={"database": empty.settings.database.model_copy(update={"legacy_table": f"{TABLE}_copy"})})
    with empty.connect() as conn:
        assert [f.check for f in prerequisites.look(conn, settings)[1] if not f.passed] == []
        assert conn.execute(f"select count(*) from {TABLE}_copy").fetchone() == (2,)


@pytest.mark.parametrize(
    ("kind", "column", "problem"),
    [
        ("text", "drugs", "drugs is text, expected jsonb"),
        ("text", "pathways", "pathways is text, expected text[]"),
        ("some_row", "gene_symbol", "gene_symbol is some_row, expected text"),
        ("bytea", "drugs", "drugs is bytea, expected jsonb"),
    ],
)
def test_a_type_that_cannot_be_read_is_refused_with_the_cast_that_helps(empty, kind, column, problem):
    with empty.connect() as conn:
        conn.execute(PLAIN + f"create type some_row as (a integer); alter table {TABLE} add column {column} {kind}")
    told, step = refusals(empty)["required_columns_are_there"]
    assert problem in told
    assert ("using" in step) == (kind in ("text", "some_row"))
    if kind == "text":
        with empty.connect() as conn:
            conn.execute(step[step.index("alter table") :].replace("alter table copy", f"alter table {TABLE}"))
        assert refusals(empty) == {}
