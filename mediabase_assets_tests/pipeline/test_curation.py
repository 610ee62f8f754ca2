"""Rules of curators in a migration: what each decision does to tables, records and accounts, and what is rebuilt."""

import json
import re

import pytest
import yaml
from typer.testing import CliRunner

from mediabase_assets.cli.app import app
from mediabase_assets.curation.file import read_rules
from mediabase_assets.curation.records import EVERY_RULE_MATCHES
from mediabase_assets_tests.fixtures.real_data import needs_sample
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.copies import copy_of, hashes, recognize_tables, told

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
BRCA1 = "ENSG00000012048"
PATHWAY = "Demo pathway of mine [Reactome:R-HSA-123456]"
RULES = {
    "interval": {"match": {"column": "coordinates", "transcript": "ENST99190100101"}, "keep as": {"start": 10, "end": 20, "strand": 1}},
    "fold": {"match": {"column": "expression_fold_change", "transcript": "ENST99270200101"}, "keep as": 2.5},
    "no-fold": {"match": {"column": "expression_fold_change", "value": 0}, "drop": True},
    "pathway": {"match": {"column": "pathways", "value": "Demo pathway without id"}, "map to": PATHWAY},
    "no-pathway": {"match": {"column": "pathways", "gene": "ENSG99250300001", "pattern": r"^Demo pathway \[Reactome:\]$"}, "drop": "None."},
    "no-drug": {"match": {"column": "drugs", "gene": "BRCA1", "path": "$.repurposing_1"}, "drop": True},
    "key": {"match": {"column": "drugs", "gene": BRCA1, "path": "$.9000024"}, "map key to": "CHEMBL9000024"},
    "level": {"match": {"column": "features", "transcript": "ENST91000050003", "path": "$.TSL"}, "keep as": "1"},
    "place": {"match": {"column": "chromosome", "transcript": "ENST91000050003"}, "map to": "chr18"},
    "no-row": {"match": {"transcript": "ENST91000050002"}, "drop": True},
    "no-gene": {"match": {"gene": "ENSG99900200001"}, "drop": True},
    "no-key": {"match": {"column": "features", "transcript": "ENST99900300101", "path": "$.tree"}, "drop": True},
    "term": {"match": {"column": "go_terms", "gene": "BRCA1", "path": "$.GO:0003677.term"}, "keep as": "DNA binding, corrected"},
    "symbol": {"match": {"column": "gene_symbol", "gene": "ENSG99250200001"}, "keep as": "MYSYMBOL"},
    "type": {"match": {"column": "gene_type", "gene": "ENSG99250200001"}, "map to": "lncRNA"},
    "accepted": {"match": {"reason": "bad_pmid"}, "accept": "all"},
    "too-few": {"match": {"reason": "bad_coordinates", "column": "coordinates"}, "accept": 3},
    "old": {"match": {"column": "chromosome", "value": "chr99"}, "map to": "chrM"},
}


def write(path, rules):
    head = {"who": "A. Curator", "when": "2026-11-29", "why": "Checked."}
    path.write_text(yaml.safe_dump({"rules": [{"id": name} | head | rule for name, rule in rules.items()]}, sort_keys=False))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("rules") / "rules.yaml"


@pytest.fixture(scope="module")
def curated(migrated, pipeline_home, path):
    """A copy of the migrated demonstration, migrated again with rules of every kind."""
    write(path, RULES)
    with copy_of(migrated, pipeline_home, curation={"rules_file": str(path)}) as this:
        recognize_tables(this)
        result = this.rerun()
        assert result.success, told(result)
        yield this


def test_what_is_kept_by_a_rule_is_in_the_tables(curated):
    said = dict(curated.rows("select transcript_id, coordinates ->> 'end' from transcripts where transcript_id = 'ENST99190100101'"))
    assert said == {"ENST99190100101": "20"}
    assert curated.value("select expression_fold_change from transcripts where transcript_id = 'ENST99270200101'") == 2.5
    assert curated.rows("select chromosome, support_level from transcripts where transcript_id = 'ENST91000050003'") == [("chr18", 1)]
    assert curated.rows("select gene_symbol, gene_type from genes where gene_id = 'ENSG99250200001'") == [("MYSYMBOL", "lncRNA")]
    pathways = curated.rows("select pathway_id, pathway_name from gene_pathways where gene_id = 'ENSG99250200001'")
    assert ("R-HSA-123456", "Demo pathway of mine") in pathways
    drugs = curated.rows("select drug_interaction_id from gene_drug_interactions where gene_id = %s", BRCA1)
    assert drugs == [("ChEMBL:CHEMBL9000024",)]


def test_what_is_left_out_by_a_rule_is_in_no_table(curated):
    assert curated.value("select expression_fold_change from transcripts where transcript_id = 'ENST99270100101'") is None
    assert curated.rows("select from transcripts where transcript_id = 'ENST91000050002'") == []
    assert curated.rows("select from genes where gene_id = 'ENSG99900200001'") == []
    assert curated.rows("select from gene_cross_references where gene_id = 'ENSG99900200001'") == []


def test_the_accounts_balance_and_count_the_same_facts_as_without_rules(curated, migrated):
    query = """select legacy_column, sum(facts_read)::bigint from row_account as a
               join (select distinct asset, migration_id from built_relations) as b using (asset, migration_id)
               where is_primary group by 1 order by 1"""
    assert curated.rows(query) == migrated.rows(query)
    assert curated.value("select count(*) from row_account where facts_read <> kept + merged + repaired + quarantined + archived") == 0


def test_each_change_has_an_entry_with_its_rule(curated):
    newest = "migration_id = (select max(migration_id) from releases)"
    kept = curated.rows(f"select rule_id, raw_value, repaired_value from repairs where reason = 'curator_rule' and {newest}")
    by_rule = {rule: (raw, new) for rule, raw, new in kept}
    assert by_rule.keys() == {"interval", "fold", "pathway", "key", "level", "place", "term", "symbol", "type"}
    assert by_rule["pathway"] == ("Demo pathway without id", PATHWAY)
    assert by_rule["key"] == ("9000024", "CHEMBL9000024")
    out = curated.rows(f"select rule_id, legacy_column, json_path from quarantine where reason = 'curator_dropped' and {newest}")
    assert {rule for rule, *_ in out} == {"no-fold", "no-pathway", "no-drug", "no-row", "no-gene", "no-key"}
    assert ("no-drug", "drugs", "$.repurposing_1") in out
    assert ("no-row", "transcript_id", "$") in out
    kinds = "('chromosome of a row', 'interval', 'drug', 'pathway')"
    repaired = curated.rows(f"select fact_kind, sum(repaired) from row_account where {newest} and fact_kind in {kinds} group by 1")
    assert all(n > 0 for _, n in repaired), repaired


def test_the_round_trip_explains_each_change_by_its_rule(curated):
    rows = curated.rows("select explanation, reason, sum(facts) from round_trip where reason like 'curator%%' group by 1, 2 order by 1")
    assert [(e, r) for e, r, _ in rows] == [("quarantine", "curator_dropped"), ("repair", "curator_rule")]
    assert curated.value("select count(*) from round_trip where explanation = 'unexplained'") == 0


def test_rules_are_recorded_with_what_they_matched(curated, path):
    newest = "(select max(migration_id) from curation_rules)"
    rows = curated.rows(
        f"select rule_id, decision, matched, who, file_digest from curation_rules where migration_id = {newest} order by position"
    )
    assert [rule for rule, *_ in rows] == list(RULES)
    assert {rule: matched for rule, _, matched, *_ in rows if matched == 0} == {"old": 0}
    assert {(who, digest) for *_, who, digest in rows} == {("A. Curator", read_rules(path).digest)}


def test_a_rule_that_matches_nothing_or_accepts_too_little_is_a_warning(curated):
    evaluation = next(e for e in curated.runs[0].get_asset_check_evaluations() if e.check_name == EVERY_RULE_MATCHES)
    assert not evaluation.passed
    assert evaluation.severity.value == "WARN"
    problems = {row.data["rule"]: row.data["problem"] for row in evaluation.metadata["sample"].records}
    assert problems.keys() == {"old", "too-few"}
    assert "accepts 3" in problems["too-few"]


def test_a_changed_rule_rebuilds_only_what_it_concerns_and_none_leaves_nothing(curated, migrated, pipeline_home, tmp_path):
    own = tmp_path / "rules.yaml"
    write(
        own, RULES | {"no-drug": {"match": {"column": "drugs", "gene": "BRCA1", "path": "$.repurposing_1"}, "keep as": {"name": "another"}}}
    )
    with copy_of(curated, pipeline_home, curation={"rules_file": str(own)}) as this:
        recognize_tables(this)
        result = this.rerun()
        assert result.success, told(result)
        made = harness.made(result)
        assert {"extraction/drug_facts", "normalized/gene_drug_interactions"} <= made
        # a drug more changes the counts of facts, which the accounts of all tables read: those are built again with equal content
        extracted = ("go_facts", "pathway_facts", "annotation_facts", "cross_reference_facts", "transcript_candidates", "row_states")
        assert not made & {f"extraction/{name}" for name in extracted}
        assert not {name for name in made if name.startswith("views/go_term") or name.startswith("views/publication")}
        others = ("go_terms", "genes", "transcripts", "publications", "gene_pathways")
        assert [hashes(this)[name] for name in others] == [hashes(curated)[name] for name in others]
        assert this.work() == {}
        write(own, {})
        assert this.rerun().success
        assert hashes(this) == hashes(migrated)
        assert this.value("select to_regclass('mediabase_next.legacy_curation')") is None


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (
            {"one": {"match": {"column": "drugs", "gene": BRCA1, "path": "$.9000024"}, "drop": True},
             "two": {"match": {"column": "drugs", "value": "olaparib"}, "keep as": "Olaparib"}},
            "The rules 'one' and 'two' match the same value",
        ),
        (
            {"one": {"match": {"column": "chromosome", "transcript": "ENST91000050003"}, "drop": True},
             "two": {"match": {"column": "chromosome", "gene": BRCA1}, "keep as": "chr1"}},
            "The rules 'one' and 'two' match the same value",
        ),
        (
            {"one": {"match": {"column": "gene_id", "transcript": "ENST91000050003"}, "map to": "ENSG00000999999"}},
            "The rule 'one' maps to what does not exist: no row of the legacy table names the gene ENSG00000999999",
        ),
        (
            {"one": {"match": {"column": "chromosome", "transcript": "ENST91000050003"}, "map to": "chr99"}},
            "chr99 is no chromosome",
        ),
        (
            {"one": {"match": {"column": "drugs", "gene": BRCA1, "path": "$.9000024"}, "map key to": "repurposing_1"}},
            "The rule 'one' would rename a key to \"repurposing_1\", which is there already",
        ),
        (
            {"one": {"match": {"column": "drugs", "gene": BRCA1, "path": "$.9000024"}, "map key to": "XDRUG"}},
            "XDRUG is no key of a drug",
        ),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_applied_are_refused_before_anything_is_built(migrated, tmp_path, rules, said):
    own = tmp_path / "rules.yaml"
    write(own, rules)
    with migrated.environed():
        result = CliRunner().invoke(app, ["quarantine", "rules", "check", str(own)])
    assert result.exit_code == 2, result.output
    assert said in " ".join(result.output.split())
    assert str(own) in result.output


def test_more_odd_values_than_allowed_stop_with_the_rule_that_accepts_them(migrated, pipeline_home, tmp_path):
    own = tmp_path / "rules.yaml"
    limits = {"max_validation_errors": 15, "max_validation_error_share": 0}
    with copy_of(migrated, pipeline_home, curation={"rules_file": str(own)}, validation=limits) as this:
        recognize_tables(this)
        with this.connect() as conn:
            conn.execute(
                "update cancer_transcript_base set chromosome = 'chr99' where gene_id in (select gene_id from genes order by 1 limit 20)"
            )
        write(own, {})
        text = told(this.rerun())
        assert "In 1 case" in text or "no_more_values_are_refused_than_allowed" in text
        rule = re.search(r"(?m)^  - id: accept-unknown_chromosome-chromosome$(?:\n    .*)*", text)
        assert rule, text
        own.write_text(f"rules:\n{rule[0]}\n")
        result = this.rerun()
        assert result.success, told(result)
        assert this.value("select count(*) from round_trip where explanation = 'unexplained'") == 0
        assert this.value("select min(matched) from curation_rules") > 15
        assert this.value("select count(*) from row_account where facts_read <> kept + merged + repaired + quarantined + archived") == 0


def test_rows_without_an_id_of_their_own_stop_with_the_rules_that_leave_them_out(migrated, pipeline_home, tmp_path):
    own = tmp_path / "rules.yaml"
    write(own, {})
    with copy_of(migrated, pipeline_home, curation={"rules_file": str(own)}) as this:
        recognize_tables(this)
        with this.connect() as conn:
            key = conn.execute(
                "select conname from pg_constraint where conrelid = 'cancer_transcript_base'::regclass and contype = 'p'"
            ).fetchone()
            conn.execute(f"alter table cancer_transcript_base drop constraint {key[0]}, alter column transcript_id drop not null")
            conn.execute("insert into cancer_transcript_base select * from cancer_transcript_base where transcript_id = 'ENST91000050002'")
            conn.execute("update cancer_transcript_base set transcript_id = null where transcript_id = 'ENST91000050003'")
        text = told(this.rerun())
        assert "Rows share a transcript_id or have none" in text
        found = re.findall(r"(?m)^  - id: leave-out-.*$(?:\n    .*)*", text)
        assert len(found) == 2, text
        own.write_text("\n".join(["rules:", *found, ""]))
        result = this.rerun()
        assert result.success, told(result)
        assert this.rows("select from transcripts where transcript_id in ('ENST91000050002', 'ENST91000050003')") == []
        assert this.rows("select rule_id, matched from curation_rules order by matched desc") == [
            ("leave-out-enst91000050002", 2), ("leave-out-rows-without-id", 1),
        ]  # fmt: skip


def run(this, *arguments):
    with this.environed():
        return CliRunner().invoke(app, ["quarantine", *arguments])


def test_entries_are_listed_by_pages_in_a_fixed_order(migrated):
    first = json.loads(run(migrated, "list", "--json", "--limit", "30").output)
    second = json.loads(run(migrated, "list", "--json", "--limit", "30", "--offset", "30").output)
    assert first["total"] == migrated.value("select count(*) from quarantine where migration_id = %s", first["migration"])
    assert len(first["entries"]) == len(second["entries"]) == 30
    assert not {e["id"] for e in first["entries"]} & {e["id"] for e in second["entries"]}
    assert first == json.loads(run(migrated, "list", "--json", "--limit", "30").output)


def test_filters_narrow_what_is_listed(migrated):
    def found(*options):
        return json.loads(run(migrated, "list", "--json", *options).output)["entries"]

    assert {e["reason"] for e in found("--reason", "bad_pmid", "--reason", "blank_value")} == {"bad_pmid", "blank_value"}
    assert {e["legacy_column"] for e in found("--column", "coordinates")} == {"coordinates"}
    gene = found("--reason", "bad_pmid")[0]
    assert {e["gene_id"] for e in found("--gene", gene["gene_id"])} == {gene["gene_id"]}
    assert found("--gene", gene["gene_symbol"].lower()) == found("--gene", gene["gene_id"])
    assert {e["transcript_id"] for e in found("--transcript", gene["transcript_id"])} == {gene["transcript_id"]}
    assert {e["asset"] for e in found("--asset", "reference_facts")} == {"extraction/reference_facts"}
    assert all("nan" in json.dumps(e["raw_value"]).lower() for e in found("--reason", "bad_pmid", "--text", "NAN"))
    assert found("--text", "nothing has this text") == []


def test_an_entry_has_the_same_id_in_every_migration_and_is_shown_whole(migrated, curated):
    entry = json.loads(run(migrated, "list", "--json", "--reason", "bad_pmid").output)["entries"][0]
    again = json.loads(run(curated, "list", "--json", "--reason", "bad_pmid").output)["entries"][0]
    assert entry["id"] == again["id"]
    assert entry["migration_id"] != again["migration_id"]
    text = run(migrated, "show", entry["id"][:10]).output
    for told_of in (entry["transcript_id"], "Neither a PubMed id", "keep as: …", "accept: all", '"gene_symbol"'):
        assert told_of in text
    assert run(migrated, "show", "zzzz").exit_code == 1


def test_what_a_rule_left_out_is_shown_with_its_sentence(curated):
    entries = json.loads(run(curated, "list", "--json", "--reason", "curator_dropped", "--column", "pathways").output)["entries"]
    told_of = {e["rule_id"]: e["sentence"] for e in entries}
    assert told_of["no-pathway"] == "None."


@pytest.mark.parametrize("width", [60, 80, 200])
def test_tables_fit_the_terminal(migrated, monkeypatch, width):
    monkeypatch.setattr("mediabase_assets.cli.output._FILE_WIDTH", width)
    for arguments in (("list",), ("summary",), ("summary", "--by", "asset")):
        lines = run(migrated, *arguments).output.splitlines()
        table = [line for line in lines if "migration" not in line and "--offset" not in line]
        assert table
        assert max(map(len, table)) <= width


def test_the_summary_counts_by_reason_and_compares_with_the_release_before(curated):
    told_of = json.loads(run(curated, "summary", "--json").output)
    rows = {row["reason"]: row for row in told_of["rows"]}
    assert told_of["release before"] is not None
    assert rows["curator_dropped"]["entries before"] == 0
    assert rows["curator_dropped"]["change"] == rows["curator_dropped"]["entries"] > 0
    assert rows["pathway_unparsable"]["change"] == -2
    assert abs(sum(row["share"] for row in told_of["rows"]) - 1) < 0.01


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "json"])
def test_an_export_comes_back_as_rules(migrated, tmp_path, ending):
    file = tmp_path / f"decisions.{ending}"
    result = run(migrated, "export", str(file), "--reason", "pathway_unparsable")
    assert result.exit_code == 0, result.output
    assert run(migrated, "rules", "from", str(file)).exit_code == 2  # no decisions yet
    if ending in ("csv", "tsv"):
        separator = "," if ending == "csv" else "\t"
        lines = file.read_text().splitlines()
        assert lines[0].endswith(separator.join(["decision", "value", "why", "who", "when"]))
        filled = [line.removesuffix(separator * 4) + separator.join(["drop", "", "Seen.", "Me", ""]) for line in lines[1:]]
        file.write_text("\n".join([lines[0], *filled, ""]))
        out = tmp_path / "rules.yaml"
        assert run(migrated, "rules", "from", str(file), "--output", str(out)).exit_code == 0
        check = run(migrated, "rules", "check", str(out), "--json")
        assert check.exit_code == 0, check.output
        assert [row["matched"] for row in json.loads(check.stdout)["rules"]] == [1, 1]


def test_questions_that_have_no_answer_are_refused(migrated, tmp_path):
    for arguments, code, said in (
        (("list", "--reason", "bad_pmids"), 2, "did you mean bad_pmid?"),
        (("list", "--column", "drug"), 2, "did you mean drugs?"),
        (("list", "--migration", "x"), 1, "There is no migration x."),
        (("summary", "--by", "gene"), 2, "There is no summary by 'gene'"),
        (("export", str(tmp_path / "q.xlsx")), 1, "There is no format 'xlsx'"),
        (("export", str(tmp_path / "no" / "q.csv")), 1, "The file cannot be written"),
        (("rules", "check"), 2, "No file of rules is named"),
    ):
        result = run(migrated, *arguments)
        assert result.exit_code == code, result.output
        assert said in " ".join(result.output.split())


def test_a_check_tells_what_each_rule_would_match_and_concern(migrated, tmp_path):
    own = tmp_path / "rules.yaml"
    write(own, {"pathway": RULES["pathway"]})
    check = json.loads(run(migrated, "rules", "check", str(own), "--json").stdout)
    assert [(row["rule"], row["matched"], row["problem"]) for row in check["rules"]] == [("pathway", 1, None)]
    assert "extraction/pathway_facts" in check["rules"][0]["concerns"]


@needs_sample
def test_rules_on_the_real_sample_match_and_balance(sample, pipeline_home, tmp_path):
    own = tmp_path / "rules.yaml"
    gene, symbol = sample.rows("select gene_id, gene_symbol from genes join gene_drug_interactions using (gene_id) order by 1 limit 1")[0]
    write(
        own,
        {
            "no-drugs": {"match": {"column": "drugs", "gene": gene}, "drop": True},
            "row": {"match": {"gene": symbol, "column": "chromosome"}, "keep as": "chr1"},
        },
    )
    with copy_of(sample, pipeline_home, curation={"rules_file": str(own)}) as this:
        recognize_tables(this)
        result = this.rerun()
        assert result.success, told(result)
        assert this.rows("select from gene_drug_interactions where gene_id = %s", gene) == []
        assert this.value("select count(*) from round_trip where explanation = 'unexplained'") == 0
