"""Odd values of GO annotations, pathways, references and lists of annotation: one migration of made-up rows with all of them.

Sources of the forms: GAF and GPAD (geneontology.org), QuickGO and AmiGO (qualifiers as text and list), go-site #1063 and #2566,
noctua #410, helpdesk #2; pubmed_parser #135 and CSL-JSON (authors); Reactome (stable ids); readr #265 (numbers as people write them).
"""

import json

import pytest

from mediabase_assets.demo.rows import write_rows
from mediabase_assets.legacy.table import create_legacy_table
from mediabase_assets.model.views import VIEWS
from mediabase_assets.validation.round_trip import compare
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.round_trips import compared, rows_of
from mediabase_assets_tests.pipeline.view_oracle import Oracle, read, same

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]

LONG = "10.1234/" + "x7" * 400
TERM = "odd activity"


def go(evidence="IDA", **more):
    return {"term": TERM, "evidence": evidence, "aspect": "molecular_function", **more}


def cited(*references):
    return {"source_references": {"publications": list(references)}}


#: Genes by a name of ours, with the columns of their one row. GO:9900001 is the term that denied annotations are about.
GENES = {
    "PLAIN": {"go_terms": {"GO:9900001": go(qualifier="enables")}},
    "NOTTEXT": {"go_terms": {"GO:9900001": go(qualifier="NOT|enables"), "GO:9900002": go()}},
    "NOTALONE": {"go_terms": {"GO:9900001": go(qualifier="NOT")}},
    "NOTLOWER": {"go_terms": {"GO:9900001": go(qualifier="not enables")}},
    "NOTLIST": {"go_terms": {"GO:9900001": go(qualifier=["NOT", "contributes_to"])}},
    "NOTLAST": {"go_terms": {"GO:9900001": go(qualifier="enables|NOT")}},
    "NOTFLAG": {"go_terms": {"GO:9900001": go(negated=True, qualifier="involved_in")}},
    "NOTOBJECT": {"go_terms": {"GO:9900001": go(qualifier={"negated": True, "relation": "enables"})}},
    "NOTEVIDENCE": {"go_terms": {"GO:9900001": go("NOT IDA")}},
    "NOTEVIDENCELIST": {"go_terms": {"GO:9900001": go(["NOT", "IMP"])}},
    "NOTTERM": {"go_terms": {"GO:9900001": {**go(), "term": "NOT odd activity"}}},
    "NOTKEY": {"go_terms": {"NOT GO:9900001": go()}},
    "NOTSALVAGED": {"go_terms": [{"go_id": "GO:9900001", "qualifier": ["not"], "evidence": "IPI"}]},
    "NOTUNDERID": {"go_terms": {"GO:9900001": [go(qualifier="NOT|enables")]}},
    "UNKNOWN": {"go_terms": {"GO:9900003": go(qualifier="not available")}},
    "FALSEFLAG": {"go_terms": {"GO:9900003": go(negated=False, qualifier={"NOT": False})}},
    "BOTH": {"go_terms": {"GO:9900001": [go("IEA", qualifier="NOT|enables"), go("IDA", qualifier="enables")]}},
    "TWOCODES": {"go_terms": {"GO:9900004": [go("IMP"), go("IDA", pmid="81000001")]}},
    "GOPIPES": {
        "go_terms": {
            "GO:9900005": go(pmid="PMID:81000002|GO_REF:0000033"),
            "GO:9900006": go(pmid=["PMID:81000003", "doi:10.1234/oddD"]),
            "GO:9900007": go(pmid="WB_REF:OddPaper7"),
            "GO:9900008": go(pmids=["PMID:81000004; PMID: 81000005", {"id": 1}, None]),
            "GO:9900009": go(pmid="1,234,567"),
            "GO:9900010": go(pmid=81000006.0),
        }
    },
    "GOSPELLING": {
        "go_terms": {
            "go:9900011": go("ida"), "GO_9900012": go(["nothing", "IMP", 5, {"a": 1}]), "GO:9900013": ["odd name", "IPI"],
            "GO:9900014": {**go(), "term": {"x": "y"}, "aspect": ["F"]}, "GO:9900015": {**go(), "aspect": "BIOLOGICAL_PROCESS"},
            "GO:9900016": go("E" * 300), "GO:9900017": True, "GO:77": go(), "GO:9900018": {**go(), "term": "t" * 3000},
        }
    },
    "PIPEREF": cited({"pmid": "PMID:82000001|82000002|GO_REF:0000034", "title": "first of two", "source_db": "x"}),
    "LISTREF": cited({"pmid": ["82000003", 82000004], "source_db": "x"}, "PMID:82000005, PMID:82000006"),
    "FLOATREF": cited(
        {"pmid": "8.2000007E+07"}, {"pmid": 82000008.0}, {"pmid": "https://pubmed.ncbi.nlm.nih.gov/82000009/"}, {"pmid": "PMC82000010"},
        {"pmid": "8.2E+07"}, {"pmid": {"value": "82000011"}}, {"PMID": "Pmid: 82000012"},
    ),
    "AUTHORS": cited(
        {"pmid": "82000020", "authors": [{"LastName": "Odd", "ForeName": "Jane"}, {"collective": "Odd Consortium"}, "Plain A"]},
        {"pmid": "82000021", "authors": {"1": "nobody"}, "title": ["part", "oddTitle"], "abstract": {"text": "oddAbstract"}, "journal": 5},
        {"pmid": "82000022", "authors": "One A; Two B"},
        {"pmid": "82000023", "authors": [{"orcid": "0"}, None]},
        {"pmid": "82000024", "authors": []},
        {"pmid": "82000025", "authors": {"family": "Odd", "given": "J"}},
    ),
    "NUMBERS": cited(
        {"pmid": "82000030", "citation_count": "1,234"}, {"pmid": "82000031", "citation_count": -1},
        {"pmid": "82000032", "citation_count": 3000000000}, {"pmid": "82000033", "citation_count": "12 citations"},
        {"pmid": "82000034", "year": "2004 Jan-Feb"}, {"pmid": "82000035", "year": 20040115}, {"pmid": "82000036", "year": 2004.5},
        {"pmid": "82000037", "year": 2004.0, "citation_count": "12.0"}, {"pmid": "82000038", "year": "1999", "citation_count": 7},
    ),
    "LONGDOI": cited({"doi": LONG, "source_db": "x"}, {"doi": "10.1234/ODD.I", "source_db": "x"}),
    "SOURCES": cited({"pmid": "82000040", "source_db": "s" * 101}, {"pmid": "82000041", "source_db": ["a"], "evidence_type": "e" * 201}),
    "KEYED": {"source_references": {"publications": {"82000050": {"title": "under its id"}}, "drugs": "none", "uniprot": None}},
    "PATHS": {
        "features": {
            "pathways": {
                "R-HSA-9900001": {"name": "Odd one", "source": "Reactome", "url": "u", "evidence": "oddEvidence"},
                "R-HSA-9900002": {"name": ["Odd two"]}, "r-hsa-9900003": None, "Odd four": 4,
            }
        },
        "pathways": ["Odd five [reactome:r-hsa-9900005.2].", "Odd six []", '{"id": "R-HSA-9900006"}', "R-HSA-9900007", " "],
    },
    "PATHLIST": {"features": {"pathways": ["R-HSA-9900008", {"id": "R-HSA-9900009", "name": "Odd nine"}, {"name": "oddNameless"}, 9, [1]]}},
    "PATHTEXT": {"features": {"pathways": "R-HSA-9900010"}},
    "PRODUCTS": {"product_type": ["Kinase", "kinase", "Ion Channel", "odd_type", "receptor ", "", None, "p" * 700]},
    "LISTS": {"molecular_functions": ["odd &amp; escaped \\u0000", "m" * 700], "cellular_location": [" nucleus", "nucleus"]},
}  # fmt: skip
IDS = {name: f"ENSG991000{number:05d}" for number, name in enumerate(GENES, start=1)}
NAMES = {gene_id: name for name, gene_id in IDS.items()}
DENIED = sorted(name for name in GENES if name.startswith("NOT"))


@pytest.fixture(scope="module")
def odd(pipeline_home):
    """A project in which all genes above were migrated, each with one transcript."""
    with harness.project(pipeline_home, demo=None) as this:
        rows = [
            {
                "transcript_id": gene_id.replace("ENSG", "ENST"), "gene_id": gene_id, "gene_symbol": name, "gene_type": "protein_coding",
                "chromosome": "chr7", "coordinates": {"start": 1000, "end": 2000, "strand": 1}, **GENES[name],
            }
            for name, gene_id in IDS.items()
        ]  # fmt: skip
        with this.connect() as conn:
            create_legacy_table(conn, "public", "cancer_transcript_base")
            write_rows(conn, "public", "cancer_transcript_base", rows)
        result = this.migrate()
        assert result.success, (harness.failed_steps(result), harness.failed_checks(result))
        yield this


def of_gene(this, relation, name, columns="*"):
    return this.rows(f"select {columns} from {relation} where gene_id = %s order by 1", IDS[name])


def go_of(this, name):
    query = "select go_id, evidence_code, qualifier, is_denied, pmids from transcript_go_terms join transcripts using (transcript_id)"
    return {row[0]: row[1:] for row in this.rows(f"{query} where gene_id = %s", IDS[name])}


def records(this, table, name):
    """(reason, path, raw value as text, facts) of a gene's entries in quarantine or repairs, without those of the census."""
    return this.rows(
        f"""select reason, json_path, raw_value::text, fact_count from mediabase_ops.{table}
            where gene_id = %s and asset <> 'validation/leaf_census' order by 1, 2""",
        IDS[name],
    )


def test_every_gene_is_kept_and_every_account_balances(odd):
    assert odd.value("select count(*) from genes") == len(GENES)
    told = "facts_read <> kept + merged + repaired + quarantined + archived or least(kept, merged, repaired, quarantined) < 0"
    assert odd.rows(f"select * from mediabase_ops.row_account where {told}") == []
    assert odd.rows("select * from mediabase_ops.round_trip where explanation = 'unexplained'") == []


@pytest.mark.parametrize(
    ("name", "qualifier"),
    {
        "NOTTEXT": "NOT|enables", "NOTALONE": "NOT", "NOTLOWER": "NOT|enables", "NOTLIST": "NOT|contributes_to", "NOTLAST": "NOT|enables",
        "NOTFLAG": "NOT|involved_in", "NOTOBJECT": "NOT", "NOTEVIDENCE": "NOT", "NOTEVIDENCELIST": "NOT", "NOTTERM": "NOT", "NOTKEY": "NOT",
        "NOTSALVAGED": "NOT", "NOTUNDERID": "NOT|enables",
    }.items(),
)  # fmt: skip
def test_a_denied_annotation_stays_denied_in_tables_and_views(odd, name, qualifier):
    _, told, is_denied, _ = go_of(odd, name)["GO:9900001"]
    assert (told, is_denied) == (qualifier, True)
    assert "denied_annotation" in {reason for reason, *_ in records(odd, "repairs", name)}
    others = len(GENES[name]["go_terms"]) - 1
    [(terms, denied, has_terms)] = of_gene(odd, "gene_summary_view", name, "go_terms, denied_go_terms, has_go_terms")
    assert (len(terms), has_terms) == (others, others > 0)
    assert [(d["go_id"], d["qualifier"]) for d in denied] == [("GO:9900001", qualifier)]
    [(annotations, denied)] = of_gene(odd, "transcript_enrichment_view", name, "go_annotations, denied_go_annotations")
    assert (len(annotations), [d["go_id"] for d in denied]) == (others, ["GO:9900001"])
    counts = of_gene(
        odd, "patient_query_optimized_view", name, "go_term_count, denied_go_term_count, has_go_terms, data_completeness_score"
    )
    assert [(*c[:3], float(c[3])) for c in counts] == [(others, 1, others > 0, 0.2 * (others > 0))]
    [(old,)] = of_gene(odd, "cancer_transcript_base_compat", name, "go_terms")
    assert "GO:9900001" not in old
    assert old["NOT GO:9900001"]["qualifier"] == qualifier


def test_the_hierarchy_counts_genes_with_the_term_and_tells_those_denied_it(odd):
    [(genes, transcripts, evidence, denied, count)] = odd.rows(
        """select associated_genes, associated_transcript_count, evidence_distribution, denied_genes, denied_gene_count
           from go_term_hierarchy_view where go_id = 'GO:9900001'"""
    )
    assert genes == ["BOTH", "PLAIN"]
    assert (transcripts, evidence) == (2, {"IDA": 2})
    assert denied == DENIED
    assert count == len(DENIED)


@pytest.mark.parametrize("view", [v for v in VIEWS if "transcript_go_terms" in v.parents and v.audits_rows], ids=lambda v: v.name)
def test_views_of_go_terms_show_what_plain_python_computes(odd, view):
    with odd.connect() as conn:
        expected = {tuple(row[k] for k in view.key): row for row in getattr(Oracle(conn), view.name)()}
        shown = {tuple(row[k] for k in view.key): row for row in read(conn, view.name)}
    assert expected.keys() == shown.keys() != set()
    assert [(k, c) for k, row in expected.items() for c, value in row.items() if not same(value, shown[k][c])] == []


def test_a_placeholder_or_a_false_flag_denies_nothing(odd):
    assert go_of(odd, "UNKNOWN") == {"GO:9900003": ("IDA", "not available", False, [])}
    assert go_of(odd, "FALSEFLAG") == {"GO:9900003": ("IDA", None, False, [])}


def test_of_entries_that_contradict_each_other_one_is_kept_and_one_is_told(odd):
    assert go_of(odd, "BOTH") == {"GO:9900001": ("IDA", "enables", False, [])}
    [(reason, path, raw, facts)] = records(odd, "quarantine", "BOTH")
    assert (reason, path, facts) == ("conflicting_value", "$.GO:9900001[0]", 1)
    assert json.loads(raw)["qualifier"] == "NOT|enables"
    assert go_of(odd, "TWOCODES") == {"GO:9900004": ("IMP", None, False, [])}
    assert [r[:2] for r in records(odd, "quarantine", "TWOCODES")] == [("conflicting_value", "$.GO:9900004[1]")]


def test_every_pubmed_id_of_an_annotation_is_read_and_other_references_are_told(odd):
    assert {go_id: told[3] for go_id, told in go_of(odd, "GOPIPES").items()} == {
        "GO:9900005": ["81000002"], "GO:9900006": ["81000003"], "GO:9900007": [], "GO:9900008": ["81000004", "81000005"],
        "GO:9900009": [], "GO:9900010": ["81000006"],
    }  # fmt: skip
    assert records(odd, "quarantine", "GOPIPES") == [
        ("bad_pmid", "$.GO:9900005.pmid", '"PMID:81000002|GO_REF:0000033"', 0),
        ("bad_pmid", "$.GO:9900006.pmid[1]", '"doi:10.1234/oddD"', 0),
        ("bad_pmid", "$.GO:9900007.pmid", '"WB_REF:OddPaper7"', 0),
        ("bad_pmid", "$.GO:9900009.pmid", '"1,234,567"', 0),
    ]


def test_ids_codes_and_aspects_in_other_spellings_are_read(odd):
    found = go_of(odd, "GOSPELLING")
    codes = {go_id: told[0] for go_id, told in found.items()}
    assert codes == {
        "GO:9900011": "IDA", "GO:9900012": "IMP", "GO:9900013": None, "GO:9900014": "IDA", "GO:9900015": "IDA", "GO:9900016": None,
        "GO:9900018": "IDA",
    }  # fmt: skip
    terms = dict(odd.rows("select go_id, term_name || '|' || coalesce(category, '') from go_terms where go_id > 'GO:9900010'"))
    assert terms["GO:9900013"] == "odd name|"
    assert terms["GO:9900015"] == f"{TERM}|biological_process"
    assert (terms["GO:9900014"], terms["GO:9900018"]) == (None, None)
    assert {r[:2] for r in records(odd, "quarantine", "GOSPELLING")} == {
        ("not_an_object", "$.GO:9900017"), ("bad_go_id", "$.GO:77"), ("conflicting_value", "$.GO:9900013[1]"),
    }  # fmt: skip


def test_several_references_in_one_text_are_several_publications(odd):
    columns = "pmid, source_db, (select title from publications as p where p.publication_id = g.publication_id)"
    assert of_gene(odd, "gene_publications as g", "PIPEREF", columns) == [("82000001", "x", "first of two"), ("82000002", "x", None)]
    assert records(odd, "quarantine", "PIPEREF") == [("bad_pmid", "$.publications[0].pmid", '"PMID:82000001|82000002|GO_REF:0000034"', 0)]
    assert [p for (p,) in of_gene(odd, "gene_publications", "LISTREF", "pmid")] == ["82000003", "82000004", "82000005", "82000006"]
    assert records(odd, "quarantine", "LISTREF") == []


def test_pubmed_ids_as_floats_and_addresses_are_read_and_rounded_ones_are_not(odd):
    assert [p for (p,) in of_gene(odd, "gene_publications", "FLOATREF", "pmid")] == ["82000007", "82000008", "82000009", "82000012"]
    assert [r[:2] for r in records(odd, "quarantine", "FLOATREF")] == [("bad_pmid", f"$.publications[{n}]") for n in (3, 4, 5)]


def test_authors_are_read_from_objects_and_never_become_an_empty_list(odd):
    found = dict(odd.rows("select pmid, authors from publications where pmid between '82000020' and '82000025'"))
    assert found == {
        "82000020": ["Odd Jane", "Odd Consortium", "Plain A"], "82000021": None, "82000022": ["One A; Two B"], "82000023": None,
        "82000024": [], "82000025": ["Odd J"],
    }  # fmt: skip
    assert odd.rows("select title, abstract, journal from publications where pmid = '82000021'") == [(None, None, "5")]


def test_a_year_or_count_that_is_none_is_unknown_and_told_and_never_rounded(odd):
    found = odd.rows(
        "select pmid, publication_year, citation_count from publications where pmid between '82000030' and '82000038' order by 1"
    )
    assert [row[1:] for row in found] == [(None, None)] * 7 + [(2004, 12), (1999, 7)]
    told = "".join(raw for _, _, raw, _ in records(odd, "repairs", "NUMBERS"))
    assert all(raw in told for raw in ("1,234", "-1", "3000000000", "12 citations", "2004 Jan-Feb", "20040115", "2004.5"))


def test_no_publication_is_without_identifier_and_dois_are_in_lower_case(odd):
    assert odd.rows("select count(*) from publications where pmid is null and doi is null") == [(0,)]
    assert [r[:2] for r in records(odd, "quarantine", "LONGDOI")] == [("bad_pmid", "$.publications[0]")]
    assert odd.rows("select doi from publications where doi is not null") == [("10.1234/odd.i",)]


def test_a_source_that_is_none_is_told(odd):
    assert of_gene(odd, "gene_publications", "SOURCES", "pmid, source_db, evidence_type") == [
        ("82000040", "publications", None), ("82000041", "publications", None)
    ]  # fmt: skip
    assert "s" * 101 in "".join(raw for reason, _, raw, _ in records(odd, "repairs", "SOURCES") if reason == "unreadable_value")


def test_a_section_of_another_kind_is_in_quarantine_whole(odd):
    assert {r[:2] for r in records(odd, "quarantine", "KEYED")} == {
        ("bad_pmid", "$.publications"), ("not_an_object", "$.drugs"), ("not_an_object", "$.uniprot")
    }  # fmt: skip
    assert "under its id" in str(records(odd, "quarantine", "KEYED"))


def test_pathways_are_kept_whatever_else_their_entries_say(odd):
    names = dict(odd.rows("select pathway_id, pathway_name from pathways"))
    assert {p for (p,) in of_gene(odd, "gene_pathways", "PATHS", "pathway_id")} == {f"R-HSA-990000{n}" for n in (1, 2, 3, 5, 7)}
    assert (names["R-HSA-9900001"], names["R-HSA-9900002"], names["R-HSA-9900005"]) == ("Odd one", None, "Odd five")
    assert sorted(r[0] for r in records(odd, "quarantine", "PATHS")) == ["blank_value"] + ["pathway_unparsable"] * 3
    assert {p for (p,) in of_gene(odd, "gene_pathways", "PATHLIST", "pathway_id")} == {"R-HSA-9900008", "R-HSA-9900009"}
    assert sorted(r[0] for r in records(odd, "quarantine", "PATHLIST")) == ["missing_identifier", "not_an_object", "pathway_unparsable"]
    assert [r[:2] for r in records(odd, "quarantine", "PATHTEXT")] == [("not_an_object", "$.pathways")]


def test_types_of_products_are_of_the_vocabulary_and_others_are_told(odd):
    query = "select product_type from transcript_products join transcripts using (transcript_id) where gene_id = %s order by 1"
    assert odd.rows(query, IDS["PRODUCTS"]) == [("ion_channel",), ("kinase",), ("receptor",)]
    assert sorted(r[0] for r in records(odd, "quarantine", "PRODUCTS")) == ["blank_value"] * 2 + ["unknown_product_type", "value_too_long"]
    assert {r[0] for r in records(odd, "repairs", "PRODUCTS")} == {"product_type_spelling", "white_space"}


def test_lists_of_texts_keep_what_they_hold(odd):
    values = of_gene(odd, "gene_annotations", "LISTS", "annotation_type, annotation_value")
    assert values == [("cellular_location", "nucleus"), ("molecular_function", "odd &amp; escaped \\u0000")]
    assert [r[0] for r in records(odd, "quarantine", "LISTS")] == ["value_too_long"]


@pytest.mark.parametrize(
    ("statement", "name", "paths"),
    [
        ("delete from mediabase_ops.quarantine where reason = 'bad_pmid' and fact_count = 0", "GOPIPES", {"$.GO:9900005.pmid"}),
        ("delete from mediabase_ops.quarantine where reason = 'bad_pmid' and fact_count = 0", "PIPEREF", {"$.publications[0].pmid"}),
        ("delete from mediabase_ops.quarantine where reason = 'conflicting_value'", "BOTH", {"$.GO:9900001[0]"}),
        ("delete from mediabase_ops.quarantine where reason = 'unknown_product_type'", "PRODUCTS", {"$[3]"}),
        ("delete from gene_publications where pmid = '82000002'", "PIPEREF", {"$.publications[0]"}),
        ("update go_term_set_members set qualifier = null where qualifier = 'NOT|contributes_to'", "NOTLIST", {"$.GO:9900001"}),
    ],
)
def test_what_is_gone_from_quarantine_or_no_longer_denied_stops_the_release(odd, statement, name, paths):
    found = compared(odd, statement)
    told = {r["path"] for r in rows_of(found, compare.EXPLAINED) if r["gene_id"] == IDS[name]}
    assert paths <= told
