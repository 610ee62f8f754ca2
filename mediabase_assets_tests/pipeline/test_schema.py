"""The versioned schema: what is deployed is the model, a revert leaves nothing, and what differs is named."""

import psycopg
import pytest
from psycopg import sql

from mediabase_assets.model.errors import SchemaError
from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.schema import obstacles, tables, versions
from mediabase_assets.views import definition
from mediabase_assets_tests.pipeline import harness

pytestmark = pytest.mark.pg

#: Everything that a schema can hold, as rows that can be compared.
_CATALOGUE = """
    select 'relation', c.relname, c.relkind::text, obj_description(c.oid, 'pg_class') from pg_class c where c.relnamespace = {n}
    union all select 'type', t.typname, t.typtype::text, null from pg_type t where t.typnamespace = {n}
    union all select 'function', p.proname, p.prokind::text, null from pg_proc p where p.pronamespace = {n}
    union all select 'constraint', o.conname, o.contype::text, pg_get_constraintdef(o.oid) from pg_constraint o where o.connamespace = {n}
    union all select 'schema', s.nspname, null, null from pg_namespace s
    order by 1, 2, 3, 4
"""


@pytest.fixture(scope="module")
def database(pipeline_home):
    """A project whose database is empty; every test rolls back what it does there."""
    with harness.project(pipeline_home, demo=None) as this:
        this.rows("select 1")
        yield this


@pytest.fixture
def conn(database):
    """A session in a schema of its own, rolled back afterwards."""
    with database.connect(autocommit=False) as conn:
        conn.execute("create schema target")
        conn.execute("set local search_path = target")
        yield conn
        conn.rollback()


def catalogue(conn, name="target"):
    return conn.execute(sql.SQL(_CATALOGUE).format(n=sql.SQL("{}::regnamespace").format(sql.Literal(name)))).fetchall()


def test_deploy_verify_revert_leaves_the_schema_as_it_was(conn):
    conn.execute("create table mine (a integer primary key)")
    conn.execute("comment on table mine is 'of somebody else'")
    before = catalogue(conn)
    versions.deploy(conn)
    assert versions.verify(conn, "target") == []
    assert len(catalogue(conn)) > len(before)
    versions.revert(conn)
    assert catalogue(conn) == before


def test_deploy_again_after_a_revert_gives_the_same(conn):
    versions.deploy(conn)
    first = catalogue(conn)
    versions.revert(conn)
    versions.deploy(conn)
    assert catalogue(conn) == first


@pytest.mark.parametrize("dependent", ["create view mine as select gene_id from genes", "create table mine (g text references genes)"])
def test_a_revert_does_not_drop_what_others_made_on_top(conn, dependent):
    versions.deploy(conn)
    conn.execute(dependent)
    with pytest.raises(psycopg.errors.DependentObjectsStillExist), conn.transaction():
        versions.revert(conn)
    assert conn.execute("select to_regclass('mine') is not null and to_regclass('genes') is not null").fetchone() == (True,)


def test_a_rehearsal_leaves_nothing_and_the_session_as_it_was(conn):
    before = catalogue(conn)
    assert versions.rehearse(conn) == []
    assert catalogue(conn) == before
    assert conn.execute("show search_path").fetchone() == ("target",)
    assert versions.rehearse(conn) == []


def test_the_model_is_deployed_column_by_column(conn):
    versions.deploy(conn)
    for relation in RELATIONS:
        found = conn.execute(
            "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
            (relation.name,),
        ).fetchall()
        names = [name for (name,) in found if name not in ("created_at", "updated_at")]
        assert names == list(relation.columns), relation.name


#: Types of the server that hold what a type of the models holds.
_TYPES = {
    "Int64": {"smallint", "integer", "bigint"},
    "Float64": {"double precision", "numeric", "real"},
    "boolean": {"boolean"},
    "string[pyarrow]": {"text", "character varying", "text[]", "jsonb"},
}


def test_types_and_nulls_are_those_of_the_model(conn):
    versions.deploy(conn)
    wrong = []
    for relation in RELATIONS:
        found = conn.execute(
            "select attname, format_type(atttypid, null), attnotnull from pg_attribute where attrelid = to_regclass(%s) and attnum > 0",
            (relation.name,),
        ).fetchall()
        model = relation.model.to_schema().columns
        for name, kind, is_required in found:
            if name in model and (kind not in _TYPES[str(model[name].dtype)] or is_required is model[name].nullable):
                wrong.append((relation.name, name, kind, is_required, str(model[name].dtype), model[name].nullable))
    assert wrong == []


#: What can differ, and the words that name it.
DIFFERENCES = {
    "a column is gone": ("alter table genes drop column gene_name", "genes: columns are"),
    "a column too many": ("alter table pathways add column mine text", "pathways: columns are"),
    "a column has another name": ("alter table publications rename column title to headline", "publications: columns are"),
    "another order": (
        "alter table pathways drop column pathway_category; alter table pathways add column pathway_category text;"
        " comment on column pathways.pathway_category is 'Type of a PharmGKB pathway'",
        "pathways: columns are",
    ),
    "a comment of a column": ("comment on column genes.gene_symbol is 'something else'", "genes: comments differ"),
    "no comment of a column": ("comment on column transcripts.tags is null", "transcripts: comments differ"),
    "a comment of the view": ("comment on column transcript_go_terms.go_id is 'x'", "transcript_go_terms: comments differ"),
    "no primary key": ("alter table gene_pathways drop constraint gene_pathways_pkey", "gene_pathways: primary key is None"),
    "another primary key": (
        "alter table gene_annotations drop constraint gene_annotations_pkey; alter table gene_annotations add primary key (gene_id)",
        "gene_annotations: primary key is",
    ),
    "a foreign key is gone": (
        "alter table transcripts drop constraint transcripts_gene_id_fkey",
        "transcripts: 1 foreign keys, the model says 2",
    ),
    "a table is gone": ("drop table pharmacogenomic_annotations", "pharmacogenomic_annotations: columns are []"),
    "the view is gone": ("drop view transcript_go_terms", "transcript_go_terms: columns are []"),
    "a unique key is gone": ("alter table genes drop constraint genes_gene_symbol_key", "genes"),
    "a comment of a table": ("comment on table genes is 'something else'", "genes"),
}


@pytest.mark.parametrize("kind", DIFFERENCES)
def test_verify_finds_what_differs_and_names_it(conn, kind):
    statement, words = DIFFERENCES[kind]
    versions.deploy(conn)
    if "drop" in statement:  # what views stand on cannot be dropped
        for view in VIEWS:
            definition.drop(conn, "target", view.name, "m" if view.is_materialized else "v")
    conn.execute(statement)
    wrong = versions.verify(conn, "target")
    assert wrong
    assert any(words in text for text in wrong), wrong
    named = {text.split(":")[0] for text in wrong}
    assert named - ({v.name for v in VIEWS} if "drop" in statement else set()) == {words.split(":")[0]}


#: The same for views.
VIEWS_DIFFER = {
    "a view is gone": ("drop view drug_interaction_coverage", "drug_interaction_coverage: is not there"),
    "an index is gone": ("drop index gene_summary_view_gene_symbol_idx", "gene_summary_view: indexes are"),
    "an index too many": ("create index mine on drug_gene_summary (drug_id)", "drug_gene_summary: indexes are"),
    "a comment of a view": ("comment on materialized view pathway_gene_counts is 'x'", "pathway_gene_counts: comments differ"),
    "a column has another name": (
        "alter materialized view go_term_hierarchy_view rename column definition to meaning", "go_term_hierarchy_view: columns are",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", VIEWS_DIFFER)
def test_verify_finds_what_differs_in_a_view_and_names_it(conn, kind):
    statement, words = VIEWS_DIFFER[kind]
    versions.deploy(conn)
    conn.execute(statement)
    (wrong,) = versions.verify(conn, "target")
    assert wrong.startswith(words)


def test_verify_names_everything_in_an_empty_schema(conn):
    wrong = versions.verify(conn, "target")
    assert {text.split(":")[0] for text in wrong} == {r.name for r in RELATIONS} | {t.name for t in TABLES} | {v.name for v in VIEWS}


@pytest.mark.end_to_end
def test_what_is_live_after_a_migration_is_the_model(migrated):
    with migrated.connect() as conn:
        assert versions.verify(conn, "public") == []


@pytest.mark.end_to_end
def test_what_is_live_says_what_it_holds(migrated):
    for table in TABLES:
        for name, text in [*((r.name, r.comment) for r in table.relations), *([(table.name, table.description)] if table.is_view else [])]:
            assert text
            assert migrated.value("select obj_description(to_regclass('public.' || %s), 'pg_class')", name) == text
    silent = migrated.rows(
        "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v') and c.relname = any(%s)"
        " and a.attname not in ('created_at', 'updated_at') and coalesce(col_description(c.oid, a.attnum), '') = ''",
        [r.name for r in RELATIONS] + [t.name for t in TABLES],
    )
    assert silent == []


@pytest.mark.end_to_end
def test_what_was_moved_into_place_is_what_a_deployment_makes(migrated):
    query = """
        select replace(indexdef, schemaname || '.', '') from pg_indexes where schemaname = %(s)s and tablename = any(%(t)s)
        union all select conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
        where connamespace = %(s)s::regnamespace and conrelid::regclass::text = any(%(t)s) order by 1
    """
    names = {"t": [r.name for r in RELATIONS]}
    with migrated.connect(autocommit=False) as conn:
        conn.execute("set local search_path = public")
        live = conn.execute(query, names | {"s": "public"}).fetchall()
        conn.execute("create schema target")
        conn.execute("set local search_path = target")
        versions.deploy(conn)
        assert conn.execute(query, names | {"s": "target"}).fetchall() == live
        conn.rollback()


# ------------------------------------------------------------------------------------------------ schema_version

LAYOUTS = {
    "of reset()": (
        "create table schema_version (id serial primary key, version varchar(50) not null, created_at timestamp default now());"
        "insert into schema_version (version, created_at) values ('v0.1.8', '2023-01-01'), ('v0.1.9', '2024-02-01')"
    ),
    "of the baseline": (
        "create table schema_version (version_name varchar(50) primary key, applied_at timestamp default now(), description text);"
        "insert into schema_version values ('v0.1.9', '2024-02-01', 'newer'), ('v0.1.8', '2023-01-01', 'older')"
    ),
    "of v0.3.0": (
        "create table schema_version (id serial primary key, version_name varchar(50) unique not null, description text,"
        " applied_at timestamptz default current_timestamp);"
        "insert into schema_version (version_name, applied_at, description) values ('v0.1.8', '2023-01-01', 'older'),"
        " ('v0.1.9', '2024-02-01', 'newer')"
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_old_layout_of_the_versions_is_read_and_written(conn, layout):
    conn.execute(LAYOUTS[layout])
    before = versions.versions(conn, "target")
    assert [v.version for v in before] == ["v0.1.8", "v0.1.9"]
    assert [str(v.applied_at)[:10] for v in before] == ["2023-01-01", "2024-02-01"]
    assert [v.description for v in before] == ([None, None] if layout == "of reset()" else ["older", "newer"])
    versions.record_version(conn, "target")
    versions.record_version(conn, "target")
    after = versions.versions(conn, "target")
    assert after[:2] == before
    assert [v.version for v in after[2:]] == [tables.SCHEMA_VERSION]
    assert after[2].applied_at
    assert after[2].description == (None if layout == "of reset()" else versions.DESCRIPTION)


def test_without_a_table_of_versions_one_is_made(conn):
    assert versions.versions(conn, "target") == []
    versions.record_version(conn, "target")
    versions.record_version(conn, "target")
    assert [(v.version, v.description) for v in versions.versions(conn, "target")] == [(tables.SCHEMA_VERSION, versions.DESCRIPTION)]


def test_an_unknown_layout_of_the_versions_is_refused(conn):
    conn.execute("create table schema_version (number integer)")
    with pytest.raises(SchemaError, match="layout that no version of MEDIABASE made: number"):
        versions.versions(conn, "target")
    with pytest.raises(SchemaError, match="Rename it"):
        versions.record_version(conn, "target")


@pytest.mark.end_to_end
def test_an_index_of_a_renamed_table_is_in_the_way_and_its_renaming_is_offered(conn):
    conn.execute("create schema lived; create table lived.genes (gene_id text primary key, chromosome text)")
    conn.execute("create index mine on lived.genes (chromosome); create table lived.go_terms (go_id text primary key)")
    versions.deploy(conn)
    obstacles.require_free_index_names(conn, "target", "lived")  # tables of that name may be ours
    conn.execute("alter table lived.genes rename to genes_old; alter table lived.go_terms rename to other")
    with pytest.raises(SchemaError, match=r"2 indexes .* genes_pkey of genes_old, go_terms_pkey of other") as error:
        obstacles.require_free_index_names(conn, "target", "lived")
    conn.execute(error.value.next_step.removeprefix("Rename them: "))
    obstacles.require_free_index_names(conn, "target", "lived")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("create table schema_version (version text, who text not null)", "null value in column"),
        ("create table schema_version (version integer)", "invalid input syntax"),
        ("create view schema_version as select 'x'::text as version group by 1", "cannot insert into view"),
        ("create table schema_version (version_name text check (version_name = 'x'))", "violates check constraint"),
    ],
)
def test_a_foreign_table_of_versions_is_found_before_anything_is_built(conn, table, message):
    obstacles.require_recordable(conn, "target")
    conn.execute(table)
    with pytest.raises(SchemaError, match=message) as error:
        obstacles.require_recordable(conn, "target")
    assert "rename to schema_version_old" in error.value.next_step
    assert conn.execute(
        "select count(*) from schema_version where version::text <> 'x'" if "(version " in table else "select 0"
    ).fetchone() == (0,)


def test_a_table_of_versions_that_fits_is_left_as_it_is(conn):
    conn.execute("create table schema_version (version_name text primary key, description text, applied_at timestamptz default now())")
    obstacles.require_recordable(conn, "target")
    assert conn.execute("select count(*) from schema_version").fetchone() == (0,)


def test_a_migration_records_the_version_once(migrated):
    assert migrated.rows("select version_name, description from schema_version") == [(tables.SCHEMA_VERSION, versions.DESCRIPTION)]
