"""Odd drugs and PharmGKB records in one migration: nothing lost, nothing invented, nothing rounded, and nothing that stops the run."""

from decimal import Decimal

import pytest

from mediabase_assets.demo.rows import PlantedGene, write_rows
from mediabase_assets.legacy.table import add_keys_and_indexes, create_legacy_table
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.odd_drugs import gene, random_rows

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
#: Genes with random entries, and the number of the first one.
RANDOM, FIRST = 150, 100


def central(name, score, /, **more):
    return {"name": name, "mechanism": "1", "action_type": "INHIBITOR", "evidence": {"type": "IC50", "score": score}} | more


def chembl(name, score, units, /, **more):
    said = {"name": name, "score": score, "activity_type": "Ki", "activity_units": units, "max_phase": 2, "target_name": "demo kinase"}
    return said | more


def clinical(number, drug, **more):
    said = {"annotation_id": f"90120{number}", "variant": "rs90120", "drug": drug, "evidence_level": "3", "score": 1.5}
    return said | {"source": "PharmGKB_Clinical_Annotations"} | more


def payload(*annotations, **more):
    return {"pharmgkb_data": {"source": "PharmGKB", "clinical_annotations": list(annotations)} | more}


LONG = "per mg of protein in the presence of a natural agonist and of calcium ions, measured after forty minutes at room temperature"
NUMBERS = {
    # what the entry says: (value, unit, -log10(molar)), and what of it has to be in details
    "CHEMBL90120001": (chembl("exact one", 0.000_14, "uM"), ("0.00014", "uM", None), None),
    "CHEMBL90120002": (chembl("exact two", 1e-05, "uM"), ("0.00001", "uM", None), None),
    "CHEMBL90120003": (chembl("exact three", "2e-8", "M"), ("0.00000002", "M", None), {"score": "2e-8"}),
    "CHEMBL90120004": (chembl("exact four", "0.123456789012345678901", "nM"), ("0.123456789012345678901", "nM", None), None),
    "CHEMBL90120005": (chembl("converted", 3_000_000, "nM"), ("3000", "uM", None), {"score": 3_000_000, "activity_units": "nM"}),
    "CHEMBL90120006": (chembl("long unit", 12.5, LONG), ("12.5", LONG, None), None),
    "CHEMBL90120007": (chembl("no unit", 12.5, None), (None, None, None), {"score": 12.5}),
    "CHEMBL90120008": (chembl("relation", ">10000", "nM"), (None, None, None), {"score": ">10000", "activity_units": "nM"}),
    "CHEMBL90120009": (chembl("infinite", "Infinity", "nM"), (None, None, None), {"score": "Infinity", "activity_units": "nM"}),
    "CHEMBL90120010": (chembl("negative", -5, "nM"), (None, None, None), {"score": -5, "activity_units": "nM"}),
    "CHEMBL90120011": (chembl("zero", 0, "nM"), (None, None, None), {"score": 0, "activity_units": "nM"}),
    "CHEMBL90120012": (chembl("range", "5-10", "nM"), (None, None, None), {"score": "5-10", "activity_units": "nM"}),
    "CHEMBL90120013": (chembl("object", {"value": 5}, ["nM"]), (None, None, None), {"score": {"value": 5}, "activity_units": ["nM"]}),
    "CHEMBL90120014": (chembl("huge", "1e400", "nM"), (None, None, None), {"score": "1e400", "activity_units": "nM"}),
    "CHEMBL90120015": (chembl("tiny", "1e-400", "nM"), (None, None, None), {"score": "1e-400", "activity_units": "nM"}),
    "9012001": (central("molar", 5e-12), (None, None, None), {"evidence_other": {"score": Decimal("5e-12")}}),
    "9012002": (central("low", 0.0001), (None, None, None), {"evidence_other": {"score": Decimal("0.0001")}}),
    "9012003": (central("edge", 14.9999), ("0.00100023", "pM", "14.9999"), None),
    "9012004": (central("last", 15), ("0.0010", "pM", "15"), None),
    "9012005": (central("beyond", 15.1), (None, None, None), {"evidence_other": {"score": Decimal("15.1")}}),
    "9012006": (central("missing", 1.0), (None, None, None), None),
    "9012007": (central("usual", 7.25), ("56.2341", "nM", "7.25"), None),
    "9012008": (central("small", 10.54), ("0.02884", "nM", "10.54"), None),
    "9012009": (central("list", [6.5]), (None, None, None), {"evidence_other": {"score": [Decimal("6.5")]}}),
}
SPLIT = {
    "N,N-didesdemoxifen": None, "N,N'-demoamide": None, "1S,3R-DEM-3": None, "trans-R,S-demopamil": None, "S,S-demox": None,
    "3,4-demoamphetamine": None,
    "Demo Inhibitors, Plain": None, "poly(I,C)": None, "D,L-demonine": None, "alpha,beta-demo ATP": None, "o,p'-DEM": None,
    "dibenzo[b,d]demofuran": None,
    "E,Z-demoxifen": None, "factors II,VII,IX": None, "demoxifen,N": None, "DEMO (human; pure)": None,
    "demofarin;demopirin": ["demofarin", "demopirin"], "demoxifen,demoxifene": ["demoxifen", "demoxifene"],
    "R-demofarin,S-demofarin": ["R-demofarin", "S-demofarin"], "demodopa,L-demone": ["L-demone", "demodopa"],
    "demo alfa-2a,demovirin": ["demo alfa-2a", "demovirin"], '"demo alfa-2b, pure","demovirin"': ["demo alfa-2b, pure", "demovirin"],
    "(R,S)-demopamil,demofarin": ["(R,S)-demopamil", "demofarin"], "DEMO (human; pure),demopirin": ["DEMO (human; pure)", "demopirin"],
}  # fmt: skip
VARIANT = {
    "variant_id": ["rs90121", "rs90122"], "drugs": ["demofarin", {"name": "demobject"}], "significance": ["yes", "no"],
    "evidence_level": {"level": "2"},
    "pharmacogenomic_score": "45,5", "pmid": ["90120011", "none"], "phenotype_category": ["Efficacy"], "source": "elsewhere", "extra": 5,
}  # fmt: skip
REACTION = {
    "from": "a",
    "to": "b",
    "reaction_type": "Transport",
    "controller_genes": ["ODDPW"],
    "pmids": ["90120012"],
    "drugs": [],
    "diseases": [],
}
PATHWAYS = {
    "": {"pathway_name": "nameless"}, "  ": {"pathway_name": "blank"}, "R-HSA-1": {"pathway_name": "elsewhere"}, "PA90129": ["no object"],
    " PA90120 ": {
        "pathway_name": "padded", "pathway_type": "x" * 201, "drug_focus": ["a"],
        "reactions": [REACTION | {"evidence": "one"}, REACTION | {"evidence": "two"}, REACTION | {"drugs": [{"name": "x"}]}, "no reaction"],
        "gene_roles": {"ODDPW": {"role": "r" * 101, "importance": "high"}},
    },
}  # fmt: skip
KEYS = {
    "0090123": central("leading zeros", 6), " 90124 ": central("padded key", 6), "٩٠١٢": central("arabic key", 6), "": central("no key", 6),
    "9" * 700: central("long key", 6), "chembl90125": chembl("small letters", 5, "nM"), "REPURPOSING_7": {"name": "IBUDEMO",
    "clinical_phase": "PRECLINICAL"},
    "90126": central("İbuDEMO  \u00a0two", 6), "90127": "no object", "90128": central(None, 6), "90129": central("A" * 601, 6),
    "90130": central("kept whole", 6, action_type=LONG.upper(), evidence={"type": LONG, "score": 6}),
    "90131": central("two keys", 6, drug_name="other name", mechanism_of_action="blocks", mechanism="1", max_phase=-1,
    references={"pmid": "1"}),
    "90132": central("text for evidence", 6, evidence="high", score=6.5, activity_type="Kd"),
}  # fmt: skip


def odd_rows():
    """Every case, one gene for each kind, and the random ones."""
    yield gene(1, "ODDNUM", drugs={key: entry for key, (entry, *_) in NUMBERS.items()})
    yield gene(2, "ODDSPLIT", drugs=payload(*(clinical(n, text) for n, text in enumerate(SPLIT))))
    yield gene(3, "ODDVAR", pharmgkb_variants={"summary": {}, "high_impact_variants": [VARIANT, "none"], "cyp450_variants": {"a": 1}})
    yield gene(4, "ODDPW", drugs=payload(pathway_data=PATHWAYS), pharmgkb_pathways=PATHWAYS)
    yield gene(5, "ODDKEY", drugs=KEYS)
    yield gene(6, "ODDTEXT", drugs='{"90133": {"name": "encoded twice"}}', pharmgkb_pathways=["PA90120"])
    yield from random_rows(RANDOM, FIRST)


@pytest.fixture(scope="module")
def odd(pipeline_home):
    """One database with every case, migrated."""
    with harness.project(pipeline_home, demo=None) as this:
        with this.connect(autocommit=False) as conn:
            create_legacy_table(conn, "public", "cancer_transcript_base")
            write_rows(conn, "public", "cancer_transcript_base", odd_rows())
            add_keys_and_indexes(conn, "public", "cancer_transcript_base")
            conn.commit()
        result = this.migrate()
        assert result.success, (harness.failed_steps(result), harness.failed_checks(result))
        yield this


def interactions(this, number):
    return {key: rest for key, *rest in this.rows(
        "select drug_id, activity_value::text, activity_unit, p_activity::text, details from gene_drug_interactions where gene_id = %s",
        PlantedGene(90, 12, number, "").gene_id)}  # fmt: skip


def set_aside(this, number):
    """Raw values in quarantine by path, with the reason."""
    return {path: (reason, raw) for path, reason, raw in this.rows(
        "select json_path, reason, raw_value from mediabase_ops.quarantine where gene_id = %s", PlantedGene(90, 12, number,
        "").gene_id)}  # fmt: skip


def test_the_round_trip_explains_everything(odd):
    assert odd.value("select count(*) from mediabase_ops.releases") == 1
    assert odd.value("select count(*) from genes") == RANDOM + 6


@pytest.mark.parametrize("key", NUMBERS)
def test_a_measurement_is_exact_or_unknown_and_kept_as_it_was(odd, key):
    value, unit, p_activity, details = interactions(odd, 1)[key]
    _, expected, rest = NUMBERS[key]
    assert (value, unit, p_activity) == expected
    assert _decimals(details) == _decimals(rest)


def _decimals(value):
    """JSON with its numbers as decimals, so that 5e-12 and 0.000000000005 are one."""
    if isinstance(value, dict):
        return {k: _decimals(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_decimals(v) for v in value]
    return Decimal(str(value)) if isinstance(value, int | float | Decimal) else value


def test_no_value_is_without_its_unit_and_none_is_zero(odd):
    query = "select count(*) from gene_drug_interactions where (activity_value is null) <> (activity_unit is null) or activity_value <= 0"
    assert odd.value(query) == 0
    assert odd.value("select count(*) from gene_drug_interactions where activity_value is not null") > 30


def test_a_number_out_of_range_is_told(odd):
    told = {path for path, in odd.rows(
        "select jsonb_object_keys(raw_value) from mediabase_ops.repairs where gene_id = %s and reason = 'number_out_of_range'",
        PlantedGene(90, 12, 1, "").gene_id)}  # fmt: skip
    assert told == {
        f"$.{key}" for key in ("CHEMBL90120010", "CHEMBL90120011", "CHEMBL90120014", "CHEMBL90120015", "9012001", "9012002", "9012005")
    }


@pytest.mark.parametrize("text", SPLIT)
def test_a_comma_inside_the_name_of_a_chemical_splits_no_drug(odd, text):
    number = list(SPLIT).index(text)
    found = odd.rows(
        'select drug_name from pharmacogenomic_annotations where annotation_id = %s order by drug_name collate "C"', f"90120{number}"
    )
    assert [name for (name,) in found] == (SPLIT[text] or [text])


def test_what_a_variant_says_in_another_kind_is_in_its_details(odd):
    row, = odd.rows("select annotation_id, variant_identifier, drug_name, clinical_significance, evidence_level, score, pmids, details"
                    " from pharmacogenomic_annotations where gene_id = %s", PlantedGene(90, 12, 3, "").gene_id)  # fmt: skip
    assert row[1:7] == (None, "demofarin", None, None, None, ["90120011"])
    assert row[7] == VARIANT
    aside = set_aside(odd, 3)
    assert aside["$.high_impact_variants[1]"] == ("not_an_object", "none")
    assert aside["$.cyp450_variants"] == ("unknown_key", {"a": 1})


def test_a_pathway_key_that_is_no_accession_is_set_aside(odd):
    aside = set_aside(odd, 4)
    for prefix in ("$.", "$.pharmgkb_data.pathway_data."):
        for key in ("", "  ", "R-HSA-1"):
            assert aside[prefix + key] == ("bad_identifier", PATHWAYS[key])
        assert aside[prefix + "PA90129"] == ("not_an_object", ["no object"])


def test_a_padded_pathway_key_is_read_and_nothing_of_it_is_cut(odd):
    gene_id = PlantedGene(90, 12, 4, "").gene_id
    assert odd.rows("select pathway_name, pathway_category, drug_focus from pathways where pathway_id = 'PA90120'") == [
        ("padded", None, None)
    ]
    assert odd.rows("select gene_role, pmids, details from gene_pathways where gene_id = %s and pathway_source = 'PharmGKB'", gene_id) == [
        (None, ["90120012"], PATHWAYS[" PA90120 "]["gene_roles"]["ODDPW"])
    ]


def test_reactions_that_differ_in_what_is_not_read_are_one(odd):
    found = odd.rows("select reaction_index, from_entity, to_entity, pmids from pharmgkb_pathway_reactions where pathway_id = 'PA90120'")
    assert found == [(1, "a", "b", ["90120012"])]


def test_keys_are_read_as_their_source_spells_them(odd):
    found = interactions(odd, 5)
    assert found.keys() == {"90123", "90124", "CHEMBL90125", "ibudemo", "90126", "90130", "90131", "90132"}
    reasons = {path.removeprefix("$."): reason for path, (reason, _) in set_aside(odd, 5).items()}
    assert reasons == {
        "٩٠١٢": "unknown_drug_key", "": "unknown_drug_key", "9" * 700: "unknown_drug_key", "90127": "not_an_object",
        "90128": "missing_drug_name", "90129": "value_too_long",
    }  # fmt: skip


def test_names_are_normalized_without_the_locale(odd):
    assert odd.value("select drug_name_norm from drug_interactions where source_drug_key = '90126'") == "İbudemo two"
    assert odd.rows("select drug_name, max_phase from drug_interactions where source_drug_key = 'ibudemo'") == [("IBUDEMO", "Preclinical")]


def test_long_types_are_whole_and_what_has_no_column_is_in_details(odd):
    columns = "drug_id, interaction_type, activity_type, mechanism_of_action, is_mechanism_target, p_activity::text, details"
    query = f"select {columns} from gene_drug_interactions where gene_id = %s"
    found = {key: rest for key, *rest in odd.rows(query, PlantedGene(90, 12, 5, "").gene_id)}
    assert found["90130"] == [LONG.upper(), LONG, None, True, "6", None]
    assert found["90131"] == [
        "INHIBITOR",
        "IC50",
        "blocks",
        True,
        "6",
        {"drug_name": "other name", "max_phase": -1, "references": {"pmid": "1"}},
    ]
    assert found["90132"] == ["INHIBITOR", "Kd", None, True, "6.5", {"evidence_other": "high"}]


def test_a_value_that_is_json_in_a_text_is_set_aside_whole(odd):
    aside = set_aside(odd, 6)
    assert aside["$"] == ("not_an_object", '{"90133": {"name": "encoded twice"}}')
    assert aside["$[0]"] == ("not_an_object", "PA90120")


def test_no_random_text_is_lost(odd):
    """Every key `other key` of a drug entry that is kept is in its details."""
    kept, told = odd.rows("""
        select count(*), count(*) filter (where i.details -> 'other key' = e.value -> 'other key')
        from cancer_transcript_base as c cross join jsonb_each(c.drugs) as e
        join gene_drug_interactions as i on i.gene_id = c.gene_id and i.drug_id = e.key
        where c.gene_symbol like 'ODDRUG%' and jsonb_typeof(e.value) = 'object' and e.value ? 'other key'
          and not exists (select from mediabase_ops.quarantine as q where q.gene_id = c.gene_id and q.json_path = '$.' || e.key)""")[0]
    assert kept > 20
    assert told == kept
