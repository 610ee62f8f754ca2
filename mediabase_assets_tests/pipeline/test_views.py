"""What the views show: every column of every row as plain Python computes it, every check passing and failing, functions."""

import json
from contextlib import contextmanager
from decimal import Decimal

import psycopg
import pytest
from psycopg import sql

from mediabase_assets.model.views import FUNCTIONS, MATERIALIZED, VIEWS
from mediabase_assets.postgres.session import prepare
from mediabase_assets.runs.factories.view import NUMBERS, checks_of, findings
from mediabase_assets.views import definition
from mediabase_assets.views.definition import view_named
from mediabase_assets.views.state import stored_relations
from mediabase_assets_tests.fixtures.real_data import needs_sample
from mediabase_assets_tests.pipeline import view_oracle
from mediabase_assets_tests.pipeline.view_oracle import Oracle
from mediabase_assets_tests.pipeline.view_rows import SHOWN, differences

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


@pytest.fixture(scope="module")
def oracle(migrated):
    with migrated.connect() as conn:
        return Oracle(conn)


@pytest.mark.parametrize("view", SHOWN, ids=lambda v: v.name)
def test_every_value_is_what_plain_python_computes(migrated, oracle, view):
    with migrated.connect() as conn:
        assert differences(conn, oracle, view) == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: v.name)
def test_the_parents_are_those_that_the_server_sees(migrated, view):
    query = """
        with recursive below (oid) as (
          select to_regclass('public.' || quote_ident(%s))
          union
          select d.refobjid::regclass from below as b join pg_rewrite as r on r.ev_class = b.oid
          join pg_depend as d on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
        )
        select c.relname from below join pg_class as c using (oid) where c.relkind = 'r' order by 1"""
    read = {name for (name,) in migrated.rows(query, view.name)}
    stored = set(stored_relations(view))
    # a table that is stored as several relations counts as a whole
    assert read <= stored
    assert stored - read <= {"go_term_sets", "go_term_set_members"}


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: v.name)
def test_comments_and_indexes_are_those_of_the_value(migrated, view):
    with migrated.connect() as conn:
        found = definition.describe(conn, "public", view.name)
        assert set(found.indexes) == {i.name_on(view.name) for i in view.all_indexes}
        for index in view.all_indexes:
            text = found.indexes[index.name_on(view.name)]
            assert f"USING {index.method} ({', '.join(index.columns)})" in text
            assert ("UNIQUE" in text) == index.is_unique
    comments = migrated.rows(
        "select a.attname, col_description(a.attrelid, a.attnum) from pg_attribute as a where attrelid = %s::regclass and attnum > 0",
        f"public.{view.name}",
    )
    assert dict(comments) == view.columns


@pytest.mark.real_data
@needs_sample
def test_every_value_is_what_plain_python_computes_on_real_data(sample):
    with sample.connect() as conn:
        found = Oracle(conn)
        for view in SHOWN:
            assert differences(conn, found, view) == []


# ------------------------------------------------------------------------------------------------------- what the contract says


@contextmanager
def playground(this):
    """A session in which a few genes, pathways and drugs stand alone; rolled back."""
    with this.connect(autocommit=False) as conn:
        conn.execute("create schema playground")
        for name in view_oracle.TABLES:
            conn.execute(f"create table playground.{name} (like public.{name} including defaults including generated)")
        conn.execute("set search_path = playground")
        for number in (1, 2):
            conn.execute(
                """insert into genes (gene_id, gene_symbol, symbol_source, is_par, quality_score, source_transcript_count)
                   values (%s, %s, 'gene_symbol', false, 8, 0)""",
                (f"ENSG0000000000{number}", f"G{number}"),
            )
        try:
            yield conn
        finally:
            conn.rollback()


def link(conn, gene, confidence=None, **more):
    values = {"gene_id": f"ENSG0000000000{gene}", "pathway_id": "R-HSA-1", "pathway_name": "P", "pathway_source": "Reactome",
              "confidence_score": confidence} | more  # fmt: skip
    insert(conn, "gene_pathways", values)


def interact(conn, gene, drug, *, key=None, phase=None, strength=1, source="DrugCentral", **more):
    key = key or drug
    values = {"gene_id": f"ENSG0000000000{gene}", "drug_interaction_id": f"{source}:{key}", "drug_name": drug, "drug_id": key,
              "source": source, "clinical_phase": phase, "evidence_strength": strength} | more  # fmt: skip
    insert(conn, "gene_drug_interactions", values)


def insert(conn, table, values):
    conn.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(sql.Placeholder() for _ in values)
        ),
        list(values.values()),
    )


def rows_of(conn, view):
    cursor = conn.execute(definition.query_of(view_named(view)))
    names = [d.name for d in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_an_average_is_over_what_it_says(migrated):
    with playground(migrated) as conn:
        link(conn, 1, 0.5)
        link(conn, 2, 0.9)
        for name in ("a", "b", "c"):
            interact(conn, 1, name, strength=2)
        interact(conn, 2, "d", strength=4)
        (row,) = rows_of(conn, "pathway_druggability")
    assert row["avg_pathway_confidence"] == Decimal("0.70")
    assert row["avg_evidence_strength"] == Decimal("2.5")
    assert (row["total_genes"], row["druggable_genes"], row["unique_drugs"]) == (2, 2, 4)


def test_approved_means_approved(migrated):
    with playground(migrated) as conn:
        link(conn, 1)
        for name, phase in {"a": "Approved", "b": "Phase III", "c": "Withdrawn", "d": None}.items():
            interact(conn, 1, name, phase=phase)
        (row,) = rows_of(conn, "pathway_druggability")
    assert row["approved_drugs"] == ["a"]


def test_a_drug_name_has_one_row_whatever_it_is_called_at_its_sources(migrated):
    with playground(migrated) as conn:
        link(conn, 1)
        link(conn, 1, pathway_id="PA1", pathway_source="PharmGKB", pathway_name="Q")
        interact(conn, 1, "gefitinib", key="1282", strength=3)
        interact(conn, 1, "gefitinib", key="CHEMBL939", source="ChEMBL", phase="Approved", strength=5, drug_chembl_id="CHEMBL939")
        interact(conn, 2, "gefitinib", key="gefitinib", source="Drug_Repurposing_Hub", phase="Phase II", strength=3)
        (row,) = rows_of(conn, "drug_gene_summary")
    assert (row["drug_id"], row["drug_chembl_id"], row["clinical_phase"]) == ("CHEMBL939", "CHEMBL939", "Approved")
    assert (row["target_gene_count"], row["target_genes"], row["pathway_count"]) == (2, ["G1", "G2"], 2)
    assert row["avg_evidence_strength"] == Decimal(11) / 3 or abs(row["avg_evidence_strength"] - Decimal(11) / 3) < Decimal("1e-9")
    assert row["high_confidence_interactions"] == 1


def test_links_of_one_pathway_that_differ_are_one_row(migrated):
    with playground(migrated) as conn:
        link(conn, 1, pathway_category="a", pathway_level=2)
        link(conn, 2, pathway_category="b", pathway_level=2, pathway_name="Another name")
        (row,) = rows_of(conn, "pathway_gene_counts")
    assert (row["pathway_name"], row["pathway_category"], row["pathway_level"], row["gene_count"]) == ("Another name", "a", 2, 2)


def test_no_branch_of_a_gene_multiplies_another(migrated):
    with playground(migrated) as conn:
        for number in range(20):
            insert(conn, "transcripts", {"transcript_id": f"T{number:02}", "gene_id": "ENSG00000000001", "is_par": False, "go_set_id": 1})
            insert(conn, "gene_cross_references",
                   {"gene_id": "ENSG00000000001", "external_db": "UniProt", "external_id": f"P{number:02}", "is_primary": True,
                   "source": "x"})  # fmt: skip
        for number in range(30):
            insert(conn, "go_terms", {"go_id": f"GO:{number:07}"})
            insert(conn, "go_term_set_members", {"go_set_id": 1, "go_id": f"GO:{number:07}", "is_inherited": False, "pmids": []})
        rows = {row["gene_symbol"]: row for row in rows_of(conn, "gene_summary_view")}
    row = rows["G1"]
    assert (row["transcript_count"], len(row["cross_references"]), len(row["go_terms"])) == (20, 20, 30)
    assert (rows["G2"]["transcript_ids"], rows["G2"]["go_terms"], rows["G2"]["has_go_terms"]) == ([], [], False)


def test_inherited_annotations_tell_the_hierarchy(migrated):
    with playground(migrated) as conn:
        insert(conn, "transcripts", {"transcript_id": "T", "gene_id": "ENSG00000000001", "is_par": False, "go_set_id": 1})
        for go_id, inherited_from in {"GO:0000001": None, "GO:0000002": "GO:0000001"}.items():
            insert(conn, "go_terms", {"go_id": go_id})
            insert(conn, "go_term_set_members", {"go_set_id": 1, "go_id": go_id, "is_inherited": inherited_from is not None,
                                                 "inherited_from": inherited_from, "pmids": []})  # fmt: skip
        rows = {row["go_id"]: row for row in rows_of(conn, "go_term_hierarchy_view")}
    assert rows["GO:0000002"]["more_specific_terms"] == ["GO:0000001"]
    assert rows["GO:0000001"]["more_general_terms"] == ["GO:0000002"]
    assert (rows["GO:0000002"]["associated_transcript_count"], rows["GO:0000002"]["direct_transcript_count"]) == (1, 0)


# ------------------------------------------------------------------------------------------------------------------ the checks


@contextmanager
def spoiled(this, view):
    """A session that sees a copy of a view, as a table that can be changed; rolled back."""
    with this.connect(autocommit=False) as conn:
        conn.execute("create schema spoiled")
        prepare(conn, this.settings, "spoiled", "public", "mediabase_ops")
        conn.execute(sql.SQL("create table spoiled.{0} as select * from public.{0}").format(sql.Identifier(view.name)))
        try:
            yield conn
        finally:
            conn.rollback()


def failed(conn, view):
    return {f.check: f for f in findings(conn, view) if not f.passed}


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: v.name)
def test_every_check_passes_on_what_was_migrated(migrated, view):
    with spoiled(migrated, view) as conn:
        found = findings(conn, view)
        assert {f.check for f in found} == set(checks_of(view))
        assert [f for f in found if not f.passed] == []
        assert all(f.examined for f in found)


@pytest.mark.parametrize("view", MATERIALIZED, ids=lambda v: v.name)
def test_a_row_twice_breaks_key_and_numbers(migrated, view):
    with spoiled(migrated, view) as conn:
        conn.execute(sql.SQL("insert into {0} select * from {0} limit 1").format(sql.Identifier(view.name)))
        assert {"every_key_is_unique", NUMBERS} <= set(failed(conn, view))


@pytest.mark.parametrize("view", MATERIALIZED, ids=lambda v: v.name)
def test_a_row_that_is_missing_breaks_the_numbers(migrated, view):
    with spoiled(migrated, view) as conn:
        conn.execute(sql.SQL("delete from {0} where ctid = (select min(ctid) from {0})").format(sql.Identifier(view.name)))
        found = failed(conn, view)
        assert set(found) == {NUMBERS}
        assert found[NUMBERS].sample
        assert set(found[NUMBERS].sample[0]) == {"what", "of_the_view", "of_the_tables"}


#: One change of one number or list of a view, which its numbers check must find.
NUMBERS_CHANGED = {
    "gene_summary_view": "has_pathways = not has_pathways",
    "transcript_enrichment_view": "expression_status = 'upregulated'",
    "drug_interaction_summary_view": "target_gene_count = target_gene_count + 1",
    "pathway_coverage_view": "transcript_count = transcript_count + 1",
    "publication_summary_view": "gene_associations = '[]'",
    "patient_query_optimized_view": "go_term_count = go_term_count + 1",
    "go_term_hierarchy_view": "evidence_distribution = '{\"IDA\": 100000}'",
    "cross_reference_lookup_view": "transcript_ids = '{}'",
    "pathway_gene_counts": "gene_members = '{}'",
    "pathway_druggability": "approved_drugs = '{nonsense,more,nonsense}'",
    "drug_gene_summary": "pathway_count = pathway_count + 1",
    "pathway_annotation_coverage": "unique_pathways = 0",
    "drug_interaction_coverage": "genes_with_drugs = 0",
}
#: One value that the Pandera model refuses.
VALUES_CHANGED = {
    "gene_summary_view": ("chromosome", "'chr99'"),
    "transcript_enrichment_view": ("transcript_id", "'nonsense'"),
    "drug_interaction_summary_view": ("target_gene_count", "-1"),
    "pathway_coverage_view": ("pathway_id", "'nonsense'"),
    "publication_summary_view": ("publication_year", "1"),
    "patient_query_optimized_view": ("gene_id", "'nonsense'"),
    "go_term_hierarchy_view": ("go_id", "'nonsense'"),
    "cross_reference_lookup_view": ("gene_id", "'nonsense'"),
    "pathway_gene_counts": ("pathway_source", "'nonsense'"),
    "pathway_druggability": ("druggability_percentage", "101"),
    "drug_gene_summary": ("clinical_phase", "'Phase IX'"),
    "pathway_annotation_coverage": ("total_genes", "-1"),
    "drug_interaction_coverage": ("unique_drugs", "-1"),
}


@pytest.mark.parametrize("view", SHOWN, ids=lambda v: v.name)
def test_a_wrong_number_is_found(migrated, view):
    with spoiled(migrated, view) as conn:
        conn.execute(
            sql.SQL("update {0} set {1} where ctid = (select max(ctid) from {0})").format(
                sql.Identifier(view.name), sql.SQL(NUMBERS_CHANGED[view.name])
            )
        )
        assert NUMBERS in failed(conn, view)


@pytest.mark.parametrize("view", SHOWN, ids=lambda v: v.name)
def test_a_value_that_the_model_refuses_is_found_and_shown(migrated, view):
    column, value = VALUES_CHANGED[view.name]
    with spoiled(migrated, view) as conn:
        conn.execute(
            sql.SQL("update {0} set {1} = {2} where ctid = (select max(ctid) from {0})").format(
                sql.Identifier(view.name), sql.Identifier(column), sql.SQL(value)
            )
        )
        found = failed(conn, view)["every_row_fits_its_model"]
    assert found.failures == 1
    assert found.sample[0]["column"] == column
    assert str(found.sample[0]["value"]).removesuffix(".0") == value.strip("'")


def test_a_list_is_counted_and_not_read(migrated):
    """What the audit looks at of a list is its length, so that Python's memory stays flat."""
    view = view_named("gene_summary_view")
    with spoiled(migrated, view) as conn:
        conn.execute("update gene_summary_view set go_terms = '{}' where gene_symbol = 'TP53'")
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="non-array"):
            findings(conn, view)


# --------------------------------------------------------------------------------------------------------------- the functions


@pytest.fixture(scope="module")
def analyst(migrated):
    """A role with nothing but SELECT and EXECUTE."""
    with migrated.connect() as conn:
        conn.execute("create role analyst login")
        conn.execute("grant select on all tables in schema public to analyst")
        conn.execute("grant execute on all functions in schema public to analyst")
    try:
        yield "analyst"
    finally:
        with migrated.connect() as conn:
            conn.execute("drop owned by analyst")
            conn.execute("drop role analyst")


@contextmanager
def as_analyst(this, role):
    with this.connect() as conn:
        conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        conn.execute("set search_path = pg_catalog")  # nothing depends on the caller's search_path
        yield conn


def test_drugs_of_a_gene_come_in_their_order(migrated, analyst, oracle):
    with as_analyst(migrated, analyst) as conn:
        cursor = conn.execute("select * from public.get_clinically_relevant_drugs('EGFR')")
        names = [d.name for d in cursor.description]
        shown = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        assert conn.execute("select count(*) from public.get_clinically_relevant_drugs('egfr')").fetchone() == (0,)
    gene = next(g for g in oracle.genes.values() if g["gene_symbol"] == "EGFR")["gene_id"]
    expected = [i for i in oracle.interactions if i["gene_id"] == gene and i["evidence_strength"] >= 2]
    phases = {"Approved": 1, "Phase III": 2, "Phase II": 3, "Phase I": 4}
    factor = {"uM": 1000, "pM": Decimal("0.001")}
    expected.sort(
        key=lambda i: (
            phases.get(i["clinical_phase"], 5), -i["evidence_strength"], i["activity_value"] is None,
            (i["activity_value"] or 0) * factor.get(i["activity_unit"], 1), i["drug_name"], i["drug_interaction_id"],
        )
    )  # fmt: skip
    assert [s["drug_name"] for s in shown] == [i["drug_name"] for i in expected]
    assert len(shown) > 3
    assert [s["pmid_count"] for s in shown] == [len(i["pmids"]) for i in expected]
    assert names == ["drug_name", "drug_class", "clinical_phase", "approval_status", "interaction_type", "activity_value", "activity_unit",
                     "evidence_strength", "pmid_count"]  # fmt: skip


def test_pathways_are_found_by_a_part_of_their_name(migrated, analyst, oracle):
    with as_analyst(migrated, analyst) as conn:
        shown = conn.execute(
            "select pathway_name, druggability_pct, total_genes from public.get_pathway_druggability('SIGNALING')"
        ).fetchall()
    expected = [row for row in oracle.pathway_druggability() if "signaling" in (row["pathway_name"] or "").lower()]
    expected.sort(key=lambda r: (-r["druggability_percentage"], r["pathway_name"], r["pathway_id"]))
    assert [(r["pathway_name"], r["total_genes"]) for r in expected] == [(name, total) for name, _, total in shown]
    assert shown


def test_the_views_of_pathways_and_drugs_are_refreshed_by_whoever_may_execute(migrated, analyst):
    notices = []
    with as_analyst(migrated, analyst) as conn:
        conn.execute("set client_min_messages = notice")  # our own sessions hear warnings alone
        conn.add_notice_handler(lambda d: notices.append(d.message_primary))
        assert conn.execute("select public.refresh_pathway_drug_views()").fetchone() == ("",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("refresh materialized view public.drug_gene_summary")
    assert notices == ["Refreshed pathway_gene_counts, pathway_druggability and drug_gene_summary"]


def test_a_table_of_the_caller_does_not_take_the_place_of_ours(migrated, analyst):
    with as_analyst(migrated, analyst) as conn:
        conn.execute("create temporary table genes (gene_id text, gene_symbol text)")
        shown = conn.execute("select count(*) from public.get_clinically_relevant_drugs('EGFR')").fetchone()
    assert shown[0] > 3


def test_the_functions_are_described(migrated):
    for name, text in FUNCTIONS.items():
        found = migrated.value("select obj_description(oid, 'pg_proc') from pg_proc where proname = %s", name)
        assert str(found).startswith(text)


def test_the_lists_are_json_that_any_tool_reads(migrated):
    text = migrated.value("select to_jsonb(v)::text from gene_summary_view as v where gene_symbol = 'TP53'")
    assert json.loads(text)["gene_symbol"] == "TP53"
