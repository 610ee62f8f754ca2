"""Rows, genes and transcripts in odd forms (`odd_rows.py`): read, or set aside value by value; no run stops, nothing vanishes."""

import json

import pytest
from psycopg import sql

from mediabase_assets.legacy.table import add_keys_and_indexes, create_legacy_table
from mediabase_assets.model.legacy import LEGACY_COLUMNS
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline import odd_rows as cases

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]

ARRAYS = {c.name for c in LEGACY_COLUMNS if c.is_array}


@pytest.fixture(scope="module")
def odd(pipeline_home):
    """All cases, migrated once."""
    with harness.project(pipeline_home, demo=None) as this:
        with this.connect() as conn:
            create_legacy_table(conn, "public", "cancer_transcript_base")
            for values in cases.ROWS:
                texts = [json.dumps(v) if isinstance(v, dict) else v for v in values.values()]
                marks = sql.SQL(", ").join(sql.SQL("%s::text[]" if k in ARRAYS else "%s") for k in values)
                columns = sql.SQL(", ").join(map(sql.Identifier, values))
                conn.execute(sql.SQL("insert into cancer_transcript_base ({}) values ({})").format(columns, marks), texts)
            add_keys_and_indexes(conn, "public", "cancer_transcript_base")
        result = this.migrate()
        assert result.success, (harness.failed_steps(result), harness.failed_checks(result))
        yield this


def quarantined(this, transcript, column, path="$"):
    """Reasons and raw values of a value of a row that was set aside."""
    return this.rows(
        "select reason, raw_value from mediabase_ops.quarantine where transcript_id = %s and legacy_column = %s and json_path = %s",
        transcript, column, path,
    )  # fmt: skip


def repaired(this, transcript, column, path="$"):
    """Reasons for which a value of a row was changed."""
    return {
        r
        for (r,) in this.rows(
            "select reason from mediabase_ops.repairs where transcript_id = %s and legacy_column = %s and json_path = %s",
            transcript, column, path,
        )
    }  # fmt: skip


def test_every_account_balances_and_every_row_is_somewhere(odd):
    assert odd.rows("select * from mediabase_ops.row_account where facts_read <> kept + merged + repaired + quarantined + archived") == []
    assert odd.value("select sum(facts) from mediabase_ops.round_trip where explanation = 'unexplained'") is None
    rows = odd.value("select count(*) from transcripts") + odd.value(
        "select count(*) from mediabase_ops.quarantine where legacy_column = 'transcript_id'"
    )
    assert rows == len(cases.ROWS)


@pytest.mark.parametrize("written", cases.CHROMOSOMES)
def test_chromosomes(odd, written):
    gene, transcript = cases.OF_CHROMOSOME[written]
    expected = cases.CHROMOSOMES[written]
    assert odd.value("select chromosome from genes where gene_id = %s", gene) == expected
    assert odd.value("select chromosome from transcripts where transcript_id = %s", transcript) == expected
    if expected is None:
        reason = "placeholder" if written in ("-", "NA", ".", "nan") else "unknown_chromosome"
        assert quarantined(odd, transcript, "chromosome") == [(reason, written)]
    elif expected != written:
        reason = {" chr3 ": "white_space"}.get(written, "chromosome_spelling")
        assert repaired(odd, transcript, "chromosome") == {reason if "\u200b" not in written else "invisible_characters"}


def test_names_of_one_chromosome_are_no_conflict_of_places(odd):
    assert odd.value("select count(*) from transcripts where gene_id = %s", cases.SAME_LOCUS[0]) == 2
    assert odd.value("select count(*) from mediabase_ops.repairs where gene_id = %s and reason = 'locus_differs'", cases.SAME_LOCUS[0]) == 0


@pytest.mark.parametrize("written", cases.BIOTYPES)
def test_biotypes(odd, written):
    gene, transcript = cases.OF_BIOTYPE[written]
    assert odd.value("select gene_type from genes where gene_id = %s", gene) == cases.BIOTYPES[written]
    if cases.BIOTYPES[written] is None:
        reason = "placeholder" if written in ("-", "NA", "None") else "unknown_biotype"
        assert quarantined(odd, transcript, "gene_type") == [(reason, written)]


def test_lifted_ids(odd):
    for gene, transcript in cases.LIFTED:
        version = int(gene.split(".")[1].split("_")[0])
        assert odd.rows("select gene_id, gene_version from genes where gene_id = %s", gene[:15]) == [(gene[:15], version)]
        assert odd.value("select gene_id from transcripts where transcript_id = %s", transcript[:15]) == gene[:15]
        assert {"lifted_id", "versioned_id"} <= repaired(odd, transcript, "gene_id") & repaired(odd, transcript, "transcript_id")
    assert odd.value("select is_par from genes where gene_id = %s", cases.LIFTED[1][0][:15])
    assert [r for r, _ in quarantined(odd, cases.LIFTED_UNDER_BARE[1], "transcript_id")] == ["bad_transcript_id"]
    assert [r for r, _ in quarantined(odd, cases.LIFTED_TOLD[1], "features", "$.gene_id_versioned")] == ["contradicting_id"]
    assert odd.value("select havana_id from transcripts where transcript_id = %s", cases.LIFTED_HAVANA[1]) == "OTTHUMT00000066601.3"
    assert repaired(odd, cases.LIFTED_HAVANA[1], "alt_transcript_ids", "$.HAVANA") == {"lifted_id"}
    assert odd.rows("select external_id, external_version from gene_cross_references where gene_id = %s", cases.LIFTED_HAVANA[0]) == [
        ("OTTHUMG00000066602", 3)
    ]


def test_invisible_characters(odd):
    visible = [f"HIDX{i}" for i in range(1, 9)]
    assert [s for (s,) in odd.rows("select gene_symbol from genes where gene_symbol = any(%s) order by 1", visible)] == visible
    for _, transcript in cases.HIDDEN.values():
        found = repaired(odd, transcript, "gene_symbol") | repaired(odd, transcript, "gene_id")
        assert found == {"invisible_characters"}
    assert odd.rows("select transcript_name, ccds_id from transcripts where transcript_id = %s", cases.HIDDEN_NAME[1]) == [
        ("HIDX8-201", "CCDS771.1")
    ]
    assert repaired(odd, cases.HIDDEN_NAME[1], "alt_transcript_ids", "$.CCDS") == {"invisible_characters"}


@pytest.mark.parametrize("written", cases.PLACEHOLDERS)
def test_placeholders_are_nothing(odd, written):
    _, transcript = cases.PLACEHOLDERS[written]
    columns = "havana_id, ccds_id, transcript_name, ensembl_protein_id, support_level, tags"
    assert odd.rows(f"select {columns} from transcripts where transcript_id = %s", transcript) == [(None,) * 6]
    for key in ("HAVANA", "CCDS", "transcript_name", "RefSeq_protein"):
        assert quarantined(odd, transcript, "alt_transcript_ids", f"$.{key}") == [("placeholder", written)]
    for key in ("TSL", "annotation_tags"):
        assert quarantined(odd, transcript, "features", f"$.{key}") == [("placeholder", written)]
    assert quarantined(odd, transcript, "uniprot_ids", "$[0]") == [("placeholder", written)]


def test_identifiers_of_another_form_are_set_aside_and_their_rows_stay(odd):
    _, transcript = cases.BAD_IDS
    assert odd.value("select count(*) from transcripts where transcript_id = %s", transcript) == 1
    reasons = {
        k: quarantined(odd, transcript, "alt_transcript_ids", f"$.{k}") for k in cases.ROWS_BY_TRANSCRIPT[transcript]["alt_transcript_ids"]
    }
    assert {k: r[0][0] for k, r in reasons.items()} == {
        "HAVANA": "bad_identifier", "CCDS": "bad_identifier", "transcript_name": "value_too_long", "RefSeq_protein": "other_species",
    }  # fmt: skip


def test_ids_that_contradict_the_rows_own_are_set_aside(odd):
    told = {
        "gene": ("$.gene_id_versioned", "contradicting_id"), "transcript": ("$.transcript_id_versioned", "contradicting_id"),
        "version": ("$.transcript_id_versioned", "contradicting_id"), "none": ("$.gene_id_versioned", "bad_identifier"),
        "species": ("$.gene_id_versioned", "other_species"),
    }  # fmt: skip
    for name, (path, reason) in told.items():
        gene, transcript = cases.CONTRADICTING[name]
        assert odd.value("select gene_id from transcripts where transcript_id = %s", transcript[:15]) == gene
        assert [r for r, _ in quarantined(odd, transcript, "features", path)] == [reason]
    assert [r for r, _ in quarantined(odd, cases.CONTRADICTING["none"][1], "features", "$.transcript_id_versioned")] == ["placeholder"]


@pytest.mark.parametrize("written", cases.FOREIGN)
def test_a_row_of_another_species_is_not_of_the_human_gene_of_its_symbol(odd, written):
    _, transcript = cases.FOREIGN[written]
    reason = "other_species" if written in cases.SPECIES else "bad_gene_id"
    assert [r for r, _ in quarantined(odd, transcript, "transcript_id")] == [reason]
    values = cases.ROWS_BY_TRANSCRIPT[transcript]
    assert odd.value("select count(*) from gene_cross_references where external_id = any(%s)", values["uniprot_ids"]) == 0
    assert [r for r, _ in quarantined(odd, transcript, "uniprot_ids")] == [reason]
    assert [r for r, _ in quarantined(odd, transcript, "drugs")] == [reason]


def test_where_the_species_is_told_elsewhere_it_counts_too(odd):
    for name in ("features", "alt_gene_ids", "transcript"):
        assert [r for r, _ in quarantined(odd, cases.FOREIGN_ELSEWHERE[name][1], "transcript_id")] == ["other_species"]
    found = {
        i
        for (i,) in odd.rows("select external_id from gene_cross_references where gene_id = %s and external_db = 'UniProt'", cases.HUMAN[0])
    }
    assert found == {"P66000", "P66104", "P66105"}
    assert repaired(odd, cases.RESOLVED["placeholder"][1], "gene_id") == {"missing_gene_id"}
    assert repaired(odd, cases.RESOLVED["bad id, features"][1], "gene_id") == {"bad_gene_id"}


@pytest.mark.parametrize("levels", cases.LEVELS, ids=str)
def test_levels(odd, levels):
    _, transcript = cases.OF_LEVEL[levels]
    assert odd.rows("select support_level, annotation_level from transcripts where transcript_id = %s", transcript) == [
        cases.LEVELS[levels]
    ]
    for key, written, read in zip(("TSL", "annotation_level"), levels, cases.LEVELS[levels], strict=True):
        if read is None and written not in (None, "NA"):
            assert [r for r, _ in quarantined(odd, transcript, "features", f"$.{key}")] == ["unreadable_value"]
        elif str(written) == f"{read}.0":
            assert repaired(odd, transcript, "features", f"$.{key}") == {"integer_as_float"}


@pytest.mark.parametrize("tags", cases.TAGS)
def test_tags(odd, tags):
    _, transcript = cases.OF_TAGS[tags]
    assert odd.value("select tags from transcripts where transcript_id = %s", transcript) == cases.TAGS[tags]
    if tags.startswith("[") and cases.TAGS[tags]:
        assert repaired(odd, transcript, "features", "$.annotation_tags") == {"array_salvaged"}


@pytest.mark.parametrize("strand", cases.OF_STRAND)
def test_strands_and_coordinates_as_floats(odd, strand):
    expected = {str(k): v for k, v in cases.STRANDS.items()}[strand]
    found = odd.value("select genomic_coordinates from genes where gene_id = %s", cases.OF_STRAND[strand][0])
    assert found == {"start": 5, "end": 9, "strand": expected}


def test_numbers_in_other_digits_are_unreadable_and_decimal_points_are_not(odd):
    gene, transcript = cases.WIDE
    assert [r for r, _ in quarantined(odd, transcript, "coordinates")] == ["bad_coordinates"]
    assert odd.rows("select external_db, external_id from gene_cross_references where gene_id = %s order by 1", gene) == [
        ("NCBI", "66"), ("OMIM", "660001"),
    ]  # fmt: skip
    assert [r for r, _ in quarantined(odd, transcript, "ncbi_ids", "$[0]")] == ["bad_identifier"]
    assert [r for r, _ in quarantined(odd, transcript, "alt_gene_ids", "$.HGNC")] == ["bad_identifier"]
    assert repaired(odd, transcript, "ncbi_ids", "$[1]") == {"integer_as_float"}


@pytest.mark.parametrize("date", cases.DATES)
def test_what_a_spreadsheet_made_of_a_symbol_is_none(odd, date):
    for gene, transcript in cases.OF_DATE[date]:
        assert odd.rows("select gene_symbol, symbol_source from genes where gene_id = %s", gene) == [(gene, "gene_id")]
        assert quarantined(odd, transcript, "gene_symbol") == [("spreadsheet_date", date)]


def test_real_symbols_are_never_dates(odd):
    for symbol, (gene, _) in cases.OF_REAL.items():
        assert odd.value("select gene_symbol from genes where gene_id = %s", gene) == symbol
    assert odd.value("select gene_symbol from genes where gene_id = %s", cases.ONE_GOOD[0]) == "GOODX1"


def test_genes_without_a_symbol_do_not_compete_for_a_dash(odd):
    for gene, transcript in cases.NAMELESS:
        assert odd.rows("select gene_symbol, symbol_source from genes where gene_id = %s", gene) == [(gene, "gene_id")]
        assert repaired(odd, transcript, "gene_symbol") <= {"missing_symbol", "blank_symbol"}


def test_arrays_of_several_dimensions_and_other_bounds(odd):
    gene, transcript = cases.FLAT
    found = odd.rows("select external_db, external_id from gene_cross_references where gene_id = %s order by 1, 2", gene)
    assert found == [
        ("NCBI", "6601"), ("NCBI", "6602"), ("PDB", "1ABC"), ("RefSeq", "NM_066001"), ("UniProt", "P66201"), ("UniProt", "P66202"),
        ("UniProt", "P66203"),
    ]  # fmt: skip
    assert odd.value("select count(*) from gene_pathways where gene_id = %s", gene) == 2
    products = odd.rows("select product_type from transcript_products where transcript_id = %s order by 1", transcript)
    assert products == [("enzyme",), ("kinase",)]
    flattened = odd.rows(
        "select legacy_column from mediabase_ops.repairs where gene_id = %s and reason = 'array_flattened' order by 1", gene
    )
    assert flattened == [("molecular_functions",), ("pathways",), ("product_type",), ("refseq_ids",), ("uniprot_ids",)]
    assert quarantined(odd, transcript, "uniprot_ids", "$[3]") == [("blank_value", None)]


def test_a_transcript_that_moved_and_a_gene_without_rows(odd):
    assert odd.value("select gene_id from transcripts where transcript_id = %s", cases.MOVED_TRANSCRIPT) == cases.MOVED[1][0]
    assert odd.rows(
        "select reason, winner from mediabase_ops.quarantine where transcript_id = %s and legacy_column = 'transcript_id'",
        cases.MOVED[0][1],
    ) == [("duplicate_transcript", cases.MOVED[1][1])]
    for gene, transcript, drug in ((*cases.MOVED[0], "moveddrug"), (*cases.ONLY_BAD, "onlydrug")):
        assert odd.value("select count(*) from genes where gene_id = %s", gene) == 0
        assert [r for r, _ in quarantined(odd, transcript, "gene_id")] == ["gene_without_transcripts"]
        assert drug in str(quarantined(odd, transcript, "drugs"))


def test_rows_in_quarantine_have_a_vote_on_the_gene(odd):
    assert odd.rows("select gene_type, source_transcript_count from genes where gene_id = %s", cases.VOTES[0]) == [("snRNA", 1)]


def test_a_version_of_zero_is_none(odd):
    assert odd.rows("select gene_version from genes where gene_id = %s", cases.VERSION_ZERO[0][:15]) == [(None,)]
    assert repaired(odd, cases.VERSION_ZERO[1], "transcript_id") == {"versioned_id"}


def test_an_id_of_another_transcript_does_not_make_a_gene_par(odd):
    assert odd.rows("select is_par from genes where gene_id = %s", cases.PAR[0]) == [(False,)]
