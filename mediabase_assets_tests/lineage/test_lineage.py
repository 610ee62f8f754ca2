"""The lineage of columns: what is in the package is what the SQL says; what the SQL says agrees with PostgreSQL's own record of views.

PostgreSQL records which columns a view's query names (pg_depend), not which of its columns is made of which; the latter is compared with
lists by hand, and with queries whose lineage is known.
"""

import re

import dagster as dg
import pytest
import sqlglot

from mediabase_assets.definitions import defs
from mediabase_assets.extraction.rules import EXTRACTION, RULES
from mediabase_assets.lineage.columns import FILE, lineage_of
from mediabase_assets.model.extraction import EXTRACTIONS, extraction_columns
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.normalized.tables import types_of
from mediabase_assets.runs.column_lineage import ENTRY
from mediabase_assets_tests.lineage import write
from mediabase_assets_tests.lineage.project import ARCHIVED, CARRIED, LEGACY, digests, lineage, read_project, roots
from mediabase_assets_tests.lineage.reading import Reader, Shape, Source
from mediabase_assets_tests.pipeline import harness

pipeline_home = harness.pipeline_home

WITH_TIMES = ("genes", "transcripts", "gene_pathways", "gene_drug_interactions")
#: Columns without a legacy column beneath, and why.
CONSTANT = {
    **dict.fromkeys((f"{table}.created_at" for table in WITH_TIMES), "when the row was written"),
    **dict.fromkeys(("genes.updated_at", "transcripts.updated_at"), "when the row was written last"),
    "genes.gene_name": "the legacy table never held one",
    "transcripts.transcript_type": "the legacy table never held one",
    "pathways.source_database": "a constant for each of the two kinds of pathway",
    "pathways.parent_pathway_id": "the hierarchy is unknown to the legacy table",
    "pathways.pathway_level": "the hierarchy is unknown to the legacy table",
    "gene_pathways.pathway_source": "a constant for each of the two kinds of pathway",
    "gene_pathways.parent_pathway_id": "the hierarchy is unknown to the legacy table",
    "gene_pathways.pathway_level": "the hierarchy is unknown to the legacy table",
    "gene_pathways.evidence_code": "unknown to the legacy table",
    "gene_pathways.confidence_score": "unknown to the legacy table",
    "drug_interactions.drugbank_id": "the legacy table never held one",
    "gene_drug_interactions.drugbank_id": "the legacy table never held one",
    "gene_drug_interactions.evidence_level": "unknown to the legacy table",
    "gene_drug_interactions.drug_class": "unknown to the legacy table",
    "gene_drug_interactions.drug_type": "unknown to the legacy table",
    "gene_publications.relevance_score": "unknown to the legacy table",
    "transcript_products.uniprot_id": "the legacy table tells it of the gene, not of the transcript",
    "transcript_products.protein_name": "the legacy table never held one",
    "transcript_products.function_description": "the legacy table never held one",
    "pharmacogenomic_annotations.kind": "a constant for each list of annotations",
    "pharmacogenomic_annotations.variant_list": "the name of the list that the annotation is in: a key, no value",
}

#: The lineage of three views by hand, from the meaning of their columns and not from their SQL.
BY_HAND = {
    "cross_reference_lookup_view": {
        "external_id": ["gene_cross_references.external_id"],
        "database_name": ["gene_cross_references.external_db"],
        "gene_id": ["genes.gene_id"],
        "gene_symbol": ["genes.gene_symbol"],
        "gene_type": ["genes.gene_type"],
        "transcript_ids": ["transcripts.transcript_id"],
        "view_created_at": ["genes.updated_at"],
    },
    "pathway_gene_counts": {
        "pathway_id": ["gene_pathways.pathway_id"],
        "pathway_name": ["gene_pathways.pathway_name"],
        "gene_members": ["gene_pathways.gene_id"],
        "gene_symbols": ["genes.gene_symbol"],
        "avg_confidence": ["gene_pathways.confidence_score"],
        "evidence_codes": ["gene_pathways.evidence_code"],
        "last_updated": ["gene_pathways.created_at"],
    },
    "gene_summary_view": {
        "gene_symbol": ["genes.gene_symbol"],
        "start_pos": ["genes.start_position"],
        "transcript_ids": ["transcripts.transcript_id"],
        "cross_references": ["gene_cross_references.external_db", "gene_cross_references.external_id"],
        "go_terms": [
            "go_terms.category", "go_terms.term_name", "transcript_go_terms.evidence_code", "transcript_go_terms.go_id",
        ],
        "pathways": ["pathways.pathway_id", "pathways.pathway_name", "pathways.source_database", "pathways.species"],
        "avg_expression_fold_change": ["transcripts.expression_fold_change"],
        "view_created_at": ["genes.updated_at"],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def built(pipeline_home):
    """A small migrated database."""
    with harness.project(pipeline_home) as this:
        result = this.migrate()
        assert result.success, harness.failed_steps(result)
        this.result = result
        yield this


def test_the_file_of_the_package_is_what_the_sql_says():
    assert FILE.read_text(encoding="utf-8") == write.text(), "run python -m mediabase_assets_tests.lineage.write"


def test_every_asset_with_columns_has_a_lineage_of_all_of_them_and_no_other():
    for spec in defs().resolve_all_asset_specs():
        name = spec.key.to_user_string()
        schema = spec.metadata.get("dagster/column_schema")
        if schema is None or name == LEGACY:
            assert ENTRY not in spec.metadata
            continue
        names = [c.name for c in schema.columns]
        # when rows were written is not shown for every table
        assert names == [c for c in lineage_of(name) if c in names or c not in ("created_at", "updated_at")], name
        assert set(spec.metadata[ENTRY].deps_by_column) == set(lineage_of(name))


def test_no_lineage_leads_to_a_column_that_does_not_exist():
    columns = {name: set(lineage_of(name)) for name in lineage()} | {LEGACY: {*CARRIED, *ARCHIVED}}
    led_to = {column for made in lineage().values() for deps in made.values() for column in deps}
    assert not [(asset, column) for asset, column in led_to if column not in columns[asset]]


def test_the_columns_of_the_extraction_are_those_that_are_described():
    for name in ("legacy_rows", "legacy_payloads", *(e.name for e in EXTRACTIONS if e.kind == "table")):
        assert [*read_project().relations[name].columns] == [*extraction_columns(name)], name


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_every_column_of_a_table_leads_back_to_the_legacy_table_or_is_a_constant(table):
    for column in lineage_of(f"normalized/{table.name}"):
        back = roots(f"normalized/{table.name}", column)
        is_constant = f"{table.name}.{column}" in CONSTANT
        assert bool({c for a, c in back if a == LEGACY}) != is_constant, column


def test_the_list_of_constants_names_columns_that_exist():
    assert not [name for name in CONSTANT if name.partition(".")[2] not in lineage_of(f"normalized/{name.partition('.')[0]}")]


def test_every_legacy_column_that_is_not_archived_reaches_what_is_released():
    reached = {c for v in VIEWS for column in lineage_of(f"views/{v.name}") for a, c in roots(f"views/{v.name}", column) if a == LEGACY}
    assert reached == set(CARRIED)


def test_values_of_a_legacy_column_lead_back_to_that_column_alone():
    for asset, column, expected in (
        ("views/gene_summary_view", "go_terms", {"go_terms"}),
        ("views/gene_summary_view", "drug_interactions", {"drugs"}),
        ("normalized/gene_annotations", "annotation_value", {"cellular_location", "molecular_functions", "product_type"}),
        ("normalized/drug_interactions", "mechanism_of_action", {"drugs"}),
        ("views/transcript_enrichment_view", "expression_fold_change", {"expression_fold_change"}),
    ):
        assert {c for _, c in roots(asset, column)} == expected, (asset, column)


def test_digests_are_columns_of_the_snapshot():
    assert set(digests().values()) <= set(extraction_columns("legacy_rows"))
    assert (digests()["drugs"], digests()["features.pathways"]) == ("drugs", "feature_pathways")


@pytest.mark.parametrize("view", BY_HAND)
def test_views_are_made_of_what_a_person_says(view):
    found = {c: [f"{a.partition('/')[2]}.{n}" for a, n in made] for c, made in lineage_of(f"views/{view}").items()}
    assert {c: found[c] for c in BY_HAND[view]} == BY_HAND[view]


def test_functions_of_the_project_read_no_tables():
    """A call is taken for what its arguments are."""
    known = {*read_project().relations, "legacy_source"}
    for path in (*RULES, EXTRACTION / "functions.sql"):
        code = re.sub(r"--[^\n]*|'[^']*'", "", path.read_text())
        assert not known & set(re.findall(r"\b(?:from|join)\s+([a-z_]+)", code)), path.name


MENTIONED = """
    select distinct c.relname::text, a.attname::text from pg_rewrite as r
    join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
    join pg_class as c on c.oid = d.refobjid join pg_attribute as a on a.attrelid = c.oid and a.attnum = d.refobjsubid
    where r.ev_class = to_regclass(%s) and d.refobjid <> r.ev_class and d.refobjsubid > 0"""


@pytest.mark.pg
@pytest.mark.end_to_end
@pytest.mark.parametrize("view", [*(v.name for v in VIEWS), *(t.name for t in TABLES if t.is_view)])
def test_a_view_names_the_columns_that_postgresql_says_it_depends_on(built, view):
    read = read_project().relations[view]
    assert {(s.relation, s.column) for s in read.mentioned} == set(built.rows(MENTIONED, f"public.{view}"))
    told = {s for sources in read.columns.values() for s in sources} | read.deciding
    counted = {s._replace(fields=None) for s in told} - read.mentioned  # a count of whole relations names no column of them
    assert {(s.relation, s.column) for s in counted} <= {(r, next(iter(c.columns))) for r, c in read_project().relations.items()}


@pytest.mark.pg
@pytest.mark.end_to_end
def test_columns_are_those_of_the_database_and_materializations_carry_the_lineage(built):
    project = read_project()
    with built.connect() as conn:
        for name in (*(r.name for t in TABLES for r in t.relations), *(v.name for v in VIEWS)):
            assert [*project.relations[name].columns] == [*types_of(conn, name)]
    shown = {m.asset_key.to_user_string(): m.metadata for m in built.result.asset_materializations_for_node("views__gene_summary_view")}
    entry = shown["views/gene_summary_view"][ENTRY]
    assert isinstance(entry, dg.TableColumnLineageMetadataValue)
    (dep,) = entry.lineage.deps_by_column["gene_symbol"]
    assert (dep.asset_key.path, dep.column_name) == (["normalized", "genes"], "gene_symbol")


T = {"t": Shape({c: frozenset([Source("t", c)]) for c in "abc"}), "u": Shape({c: frozenset([Source("u", c)]) for c in "axy"})}


@pytest.mark.parametrize(
    ("query", "columns", "deciding"),
    [
        ("select a, b || c as d from t", {"a": "t.a", "d": "t.b t.c"}, ""),
        ("select x from t join u using (a) where b > 1", {"x": "u.x"}, "t.a u.a t.b"),
        ("select sum(b) filter (where c = 1) as s from t group by a", {"s": "t.b"}, "t.a t.c"),
        ("select count(*) filter (where c = 1) as n from t group by a", {"n": "t.a t.c"}, "t.a t.c"),
        ("select case when a > 1 then b else c end as d from t", {"d": "t.b t.c"}, "t.a"),
        ("select case when a > 1 then 'x' end as d from t", {"d": "t.a"}, "t.a"),
        ("select count(*) as n from t where a = 1", {"n": "t.a"}, "t.a"),
        ("select distinct on (a) b from t order by a, c", {"b": "t.b"}, "t.a t.c"),
        ("select array_agg(b order by c) as l from t", {"l": "t.b"}, "t.c"),
        ("select row_number() over (partition by a order by b) as n from t", {"n": "t.a t.b"}, "t.a t.b"),
        ("select first_value(a) over w as f from t window w as (order by b)", {"f": "t.a"}, "t.b"),
        ("with w as (select a, b as q from t) select w.* from w", {"a": "t.a", "q": "t.b"}, ""),
        ("select (select max(x) from u where u.a = t.a) as m from t", {"m": "u.x"}, "u.a t.a"),
        ("select exists (select from u where u.a = t.a) as e from t", {"e": "u.a t.a"}, "u.a t.a"),
        ("select a from t union all select y from u", {"a": "t.a u.y"}, ""),
        ("select k.v from t cross join lateral (values ('p', a), ('q', b)) as k (n, v)", {"v": "t.a t.b"}, ""),
        ("select max(v) filter (where n = 'q') as q from t cross join lateral (values ('p', a), ('q', b)) as k (n, v)", {"q": "t.b"}, ""),
        ("select f(b -> 'key') as g from t", {"g": "t.b"}, ""),
        ("select e.value from t cross join jsonb_each(b) as e", {"value": "t.b"}, ""),
        ("select said from t, unnest(c) as said", {"said": "t.c"}, ""),
    ],
)
def test_what_a_query_is_made_of(query, columns, deciding):
    def words(sources):
        return {f"{s.relation}.{s.column}" for s in sources}

    shape = Reader(T).query(sqlglot.parse_one(query, dialect="postgres"))
    assert {name: words(sources) for name, sources in shape.columns.items()} == {n: set(w.split()) for n, w in columns.items()}
    assert words(shape.deciding) == set(deciding.split())


@pytest.mark.parametrize("query", ["select z from t", "select t.z from t", "select v.a from t"])
def test_a_column_that_does_not_exist_is_an_error(query):
    with pytest.raises(LookupError, match="no such"):
        Reader(T).query(sqlglot.parse_one(query, dialect="postgres"))


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("max(expression_fold_change) as max_", "max(transcript_version) as max_", "max_expression_fold_change"),
        ("g.chromosome, g.start", "g.gene_type as chromosome, g.start", "chromosome"),
        ("'name', p.pathway_name,", "", "pathways"),
    ],
)
def test_a_change_of_the_sql_changes_the_lineage_of_that_column_alone(old, new, column):
    from mediabase_assets.views.definition import QUERIES

    sql = (QUERIES / "gene_summary_view.sql").read_text()
    assert sql.count(old) == 1
    changed = Reader(read_project().shapes()).query(sqlglot.parse_one(sql.replace(old, new), dialect="postgres"))
    known = read_project().relations["gene_summary_view"].columns
    assert [name for name, sources in changed.columns.items() if sources != known[name]] == [column]
