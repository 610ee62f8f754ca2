"""The report of a migration: its numbers are those of the database, in the page and beside it; it never fails a migration."""

import json
import re
import subprocess
import sys
from importlib.resources import files as package_files
from itertools import pairwise

import jsonschema
import pytest

from mediabase_assets.definitions import defs
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.planning import registry
from mediabase_assets.report.page import multiqc
from mediabase_assets.report.page.document import read_document
from mediabase_assets.report.page.files import PAGE, TWIN, encoded, folder_of, write
from mediabase_assets.report.page.render import render
from mediabase_assets.report.page.surroundings import MASK, settings_in_effect
from mediabase_assets.runs.check_overview import specs_of
from mediabase_assets.runs.report_page import outside
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.copies import copy_of
from mediabase_assets_tests.pipeline.report_pages import Page
from mediabase_assets_tests.spoiling import BAD, spoiled

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
OUTCOMES = ("kept", "merged", "repaired", "quarantined", "archived")
CHECK = "validation/migration_report:the_report_was_written"


@pytest.fixture(scope="module")
def document(migrated):
    return read_document(migrated.settings, None, outside(migrated.instance))


@pytest.fixture(scope="module")
def page(document):
    return Page(render(document))


@pytest.fixture
def copy(migrated, pipeline_home):
    with copy_of(migrated, pipeline_home) as this:
        yield this


def without_date(text):
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z(?=\", \"program\"|\",\s+\"program\")|Written [\d-]+ [\d:]+ UTC", "", text)


def execute(this, query, *parameters):
    with this.connect() as conn:
        conn.execute(query, parameters or None)


# --- what a migration leaves --------------------------------------------------------------------------------------------------------------


def test_a_migration_leaves_the_page_and_its_twin_which_are_the_same_whenever_they_are_written(migrated, document):
    folder = folder_of(migrated.settings, document["migration"]["migration_id"])
    assert {PAGE, TWIN} <= {file.name for file in folder.iterdir()}
    write(migrated.settings, document)  # a copy of the database has the same id, and what is measured of the last steps is known later
    assert without_date((folder / PAGE).read_text()) == without_date(render(document))
    twin = json.loads((folder / TWIN).read_text())
    assert {**twin, "written_at": ""} == {**document, "written_at": ""}
    assert Page((folder / PAGE).read_text()).data() == twin
    (metadata,) = (
        m.metadata
        for e in migrated.runs[0].all_events
        if e.is_step_materialization
        for m in [e.step_materialization_data.materialization]
        if m.asset_key.path == ["validation", "migration_report"]
    )
    assert metadata["page"].value == str(folder / PAGE)
    assert metadata["link"].value == (folder / PAGE).as_uri()
    assert metadata["size (bytes)"].value == pytest.approx((folder / PAGE).stat().st_size, rel=0.02)
    assert metadata["size (bytes)"].value < 2_000_000
    assert document["headline"]["sentence"] in metadata["headline"].value
    assert len(metadata["headline"].value) < 1000
    assert migrated.work() == {}


def test_the_document_is_as_its_schema_says(document):
    schema = json.loads(package_files("mediabase_assets.report.page").joinpath("schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(document)] == []
    assert all(part.get("description") or "$ref" in part for part in schema["properties"].values())
    assert schema["properties"].keys() == document.keys()


# --- numbers ------------------------------------------------------------------------------------------------------------------------------


def test_what_came_in_and_what_came_out_is_what_the_database_holds(migrated, document, page):
    legacy = migrated.value("select count(*) from cancer_transcript_base")
    genes = migrated.value("select count(*) from genes")
    assert document["came_in"]["rows"] == legacy
    assert document["came_in"]["size_bytes"] == migrated.value(
        "select total_bytes from mediabase_ops.storage where relation_group = 'legacy table'"
    )
    assert sum(form["rows"] for form in document["came_in"]["id_forms"]) == migrated.value(
        "select count(*) from cancer_transcript_base where transcript_id is not null"
    )
    numbers = page.numbers()
    assert (numbers["legacy_rows"], numbers["genes"]) == (legacy, genes)
    assert numbers["transcripts"] == migrated.value("select count(*) from transcripts")
    shown = page.table("tables") | page.table("views")
    relations = migrated.rows(
        "select relname from pg_class join pg_namespace n on n.oid = relnamespace where nspname = 'public' and relkind in ('r', 'v', 'm')"
        " and relname not in ('cancer_transcript_base', 'schema_version')"
    )
    assert shown.keys() == {name for (name,) in relations} == {row["relation"] for row in document["came_out"]}
    for row in document["came_out"]:
        assert row["rows"] == shown[row["relation"]]["rows"] == migrated.value(f"select count(*) from {row['relation']}"), row["relation"]
    assert document["headline"]["tables"] == 15
    assert document["headline"]["views"] == 14


def test_every_fact_is_where_the_page_says(migrated, document, page):
    sums = migrated.rows(
        "select legacy_column, facts_read, kept, merged, repaired, quarantined, archived from mediabase_ops.column_account order by 1"
    )
    shown = page.table("columns")
    assert [(name, *(int(shown[name][key]) for key in ("facts", *OUTCOMES))) for name in shown] == sums
    assert document["facts"] == {
        "read": sum(row[1] for row in sums), **{name: sum(row[place + 2] for row in sums) for place, name in enumerate(OUTCOMES)},
    }  # fmt: skip
    assert page.numbers()["facts"] == sum(row[1] for row in sums)
    # the picture: facts by destination, of which those of tables are those of the accounts of these tables
    assert sum(flow["facts"] for flow in document["flows"]) == sum(row[1] for row in sums)
    for table, facts in migrated.rows(
        "select split_part(asset, '/', 2), sum(kept + merged + repaired)::bigint from mediabase_ops.row_account"
        " where is_primary and kept + merged + repaired > 0 group by 1"
    ):
        assert sum(f["facts"] for f in document["flows"] if f["destination"] == table) == facts
    bands = [e for e in page.root.iter() if str(e.get("class")).startswith("band ")]
    drawn = [int(re.search(r": ([\d,]+) fact", band.get("data-tip"))[1].replace(",", "")) for band in bands]
    assert sum(drawn) == 2 * sum(row[1] for row in sums)  # from columns to destinations, and from there to outcomes


def test_quarantine_repairs_and_conflicts_are_those_of_the_records(migrated, document, page):
    quarantined = migrated.rows(
        "select reason, sum(fact_count)::bigint from mediabase_ops.quarantine group by 1 having sum(fact_count) > 0 order by 2 desc, 1"
    )
    shown = page.table("reasons-quarantined")
    assert sorted((reason, row["facts"]) for reason, row in shown.items()) == sorted(quarantined)
    assert [row["facts"] for row in shown.values()] == sorted((n for _, n in quarantined), reverse=True)
    assert all(row["what it means"] for row in shown.values())
    repaired = migrated.rows("select reason, sum(facts)::bigint from mediabase_ops.reason_account where outcome = 'repaired' group by 1")
    assert {reason: row["facts"] for reason, row in page.table("reasons-repaired").items()} == {r: n for r, n in repaired if n}
    (conflicts,) = migrated.rows(
        "select count(distinct raw_value ->> 'gene_symbol'), count(*) from mediabase_ops.quarantine"
        " where reason = 'symbol_conflict' and legacy_column = 'gene_id'"
    )
    assert (document["conflicts"]["symbols"], document["conflicts"]["losers"]) == conflicts
    for symbol, row in page.table("conflicts").items():
        keeps = migrated.rows("select gene_id, quality_score from genes where gene_symbol = %s", symbol)
        assert [(row["keeps it"], row["score"])] == keeps
        assert row["decided by"]
    kinds = {(s["outcome"], s["reason"], s["column"]) for s in document["samples"]}
    assert kinds == {
        ("quarantined", *r) for r in migrated.rows("select distinct reason, legacy_column from mediabase_ops.quarantine")
    } | {("repaired", *r) for r in migrated.rows("select distinct reason, legacy_column from mediabase_ops.repairs")}  # fmt: skip
    changed = [s for s in document["samples"] if s["outcome"] == "repaired" and s["raw_value"] != s["repaired_value"]]
    assert changed


def test_checks_times_speed_and_sizes_are_those_of_the_records(migrated, document, page):
    recorded = migrated.value("select count(*) from mediabase_ops.asset_state, jsonb_array_elements(findings)")
    before = [c for c in document["checks"] if c["asset"].split("/")[0] in ("legacy", "backup")]  # only Dagster's storage has those
    assert len(before) > 5
    assert len(document["checks"]) == recorded - 1 + len(before)  # the report is not about itself
    outcomes = [c["outcome"] for c in document["checks"]]
    assert outcomes == sorted(outcomes, key=["failed", "warned", "not checked", "passed"].index)
    assert "warned" in outcomes
    assert all(c["sample"] for c in document["checks"] if c["outcome"] == "warned")
    assert page.numbers()["checks_passed"] == outcomes.count("passed")
    times = document["times"]
    assert times["span"] == pytest.approx(times["worked"] + times["idle"], abs=0.002)
    (work, span) = migrated.rows(
        "select sum(seconds), extract(epoch from max(finished_at) - min(started_at))::double precision from mediabase_ops.migration_stages"
        " where status <> 'kept' and asset <> 'validation/migration_report'"
    )[0]
    assert (times["work"], times["span"]) == (pytest.approx(work, abs=0.2), pytest.approx(span, abs=0.01))
    assert page.numbers()["span"] == times["span"]
    questions = dict(migrated.rows("select question, views_ms from mediabase_ops.query_benchmark"))
    assert {question: row["views"] for question, row in page.table("benchmark").items()} == questions
    sizes = dict(migrated.rows("select relation, total_bytes from mediabase_ops.storage"))
    assert {relation: row["all"] for relation, row in page.table("storage").items()} == sizes
    changed = {name: row["inserted"] for name, row in page.table("changed").items()}
    assert changed == dict(migrated.rows("select relation, inserted from mediabase_ops.release_relations"))
    assert document["backup"]["legacy_content_hash"] == document["came_in"]["content_hash"]
    assert document["going_back"]["command"] == f"mediabase rollback {document['migration']['migration_id']}"


def test_multiqc_gets_the_same_numbers(migrated, document):
    made = multiqc.files(document)
    assert all(name.endswith("_mqc.json") for name in made)
    assert len({content["id"] for content in made.values()}) == len(made) == 7
    for content in made.values():
        assert content["plot_type"] in {"generalstats", "table", "bargraph"}
        assert content["data"]
        assert json.loads(encoded(content)) == content
        assert content["plot_type"] == "generalstats" or {"parent_id", "section_name", "description", "pconfig"} <= content.keys()
    general = made["mediabase_mqc.json"]
    (sample,) = general["data"].values()
    assert sample.keys() == {key for header in general["pconfig"] for key in header}
    assert sample["transcripts"] == migrated.value("select count(*) from transcripts")
    bars = made["mediabase_facts_mqc.json"]
    assert sum(sum(row.values()) for row in bars["data"].values()) == document["facts"]["read"]
    assert bars["categories"].keys() == set(OUTCOMES)
    rows = made["mediabase_tables_mqc.json"]["data"]
    assert {name: row["rows"] for name, row in rows.items()} == dict(
        migrated.rows("select relation, row_count from mediabase_ops.release_relations")
    )


def test_multiqc_itself_shows_the_numbers(document, tmp_path):
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True, timeout=120)
    installed = subprocess.run([python, "-m", "pip", "install", "-q", "multiqc>=1.25"], capture_output=True, text=True, timeout=600)
    if installed.returncode:
        pytest.skip(f"no package index answers: {installed.stderr.strip()[-200:]}")
    for name, content in multiqc.files(document).items():
        (tmp_path / name).write_bytes(encoded(content))
    command = [python.with_name("multiqc"), "--strict", "--quiet", "--outdir", tmp_path / "out", tmp_path]
    subprocess.run(command, check=True, timeout=600, cwd=tmp_path)
    data = tmp_path / "out" / "multiqc_data"
    head, row = [line.split("\t") for line in (data / "multiqc_general_stats.txt").read_text().splitlines()]
    shown = {name.rpartition("-")[2]: value for name, value in zip(head, row, strict=True)}
    assert shown["Sample"] == document["migration"]["migration_id"]
    assert float(shown["transcripts"]) == document["headline"]["transcripts"]
    for section in ("facts", "quarantined", "repaired", "tables", "speed", "checks"):
        assert (data / f"multiqc_mediabase_{section}_plot.txt").read_text().strip()


# --- the page as HTML ---------------------------------------------------------------------------------------------------------------------


def test_the_page_is_whole_and_needs_nothing_else(page):
    ids = [e.get("id") for e in page.root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert page.root.get("lang") == "en"
    assert [e for e in page.root.iter() if e.get("src") or e.get("style") or e.get("srcset") or e.get("action")] == []
    links = {e.get("href") for e in page.root.iter() if e.get("href")}
    assert links
    assert {link[1:] for link in links} <= set(ids)
    assert all(link.startswith("#") for link in links)
    assert page.all("link") == page.all("iframe") == page.all("img") == []
    policy = next(e.get("content") for e in page.all("meta") if e.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    levels = [int(e.tag[-1]) for e in page.root.iter() if re.fullmatch(r".*\}h[1-6]", str(e.tag))]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(e.find(".//{*}title") is not None and e.get("role") == "img" for e in page.root.iter() if "picture" in str(e.get("class")))


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "end": "</script></style></table><!--",
    "cdata": "]]>&lt;&amp;{{ 7 * 7 }}{% raw %}",
    "formula": '=HYPERLINK("http://x","y")',
    "direction": "abc\u202edcba\u2066",
    "control": "a\x01\x1bb\u2028c",
    "long": "x" * 100_000,
}


def test_hostile_values_are_texts_and_nothing_else(copy):
    migration_id = copy.value("select max(migration_id) from mediabase_ops.migration_runs")
    with copy.connect() as conn:
        for name, value in HOSTILE.items():
            raw = json.dumps({"gene_symbol": value, "quality_score": 1, "rank_of_symbol": 2, "gene_id": value})
            conn.execute(
                """insert into mediabase_ops.quarantine (migration_id, asset, transcript_id, gene_id, legacy_column, json_path, reason,
                     raw_value, winner, fact_count)
                   values (%(id)s, 'extraction/gene_candidates', %(v)s, %(v)s, 'gene_id', %(v)s, 'symbol_conflict', %(raw)s, %(v)s, 0),
                     (%(id)s, 'extraction/gene_candidates', %(v)s, %(v)s, %(name)s, %(v)s, %(name)s, %(raw)s, %(v)s, 0)""",
                {"id": migration_id, "v": value, "raw": raw, "name": f"hostile {name} <b>"},
            )
            shown = {"sample": {"records": [{"data": {value: value}}]}}
            finding = {
                "check": name,
                "passed": False,
                "is_warning": True,
                "description": value,
                "shown": json.dumps([[], json.dumps(shown)]),
            }
            conn.execute(
                """insert into mediabase_ops.asset_state (asset, migration_id, run_id, code_version, configuration, inputs, data_version,
                     findings, seconds) values (%s, %s, '', '', '{}', '{}', '', %s, 0)""",
                (f"extraction/{name} {value[:50]}", migration_id, json.dumps([finding])),
            )
        conn.execute(
            "update mediabase_ops.migration_stages set detail = %s where asset = 'normalized/genes'",
            (json.dumps({"error": HOSTILE["end"]}),),
        )
        conn.execute("update mediabase_ops.migration_stages set status = 'failed' where asset = 'normalized/genes'")
    document = read_document(copy.settings)
    text = render(document)
    assert len(text.encode()) < 2_000_000
    page = Page(text)  # strict
    assert len(page.all("script")) == 2
    assert page.data() == json.loads(encoded(document))
    assert "alert(1)" in page.words
    assert "49" not in {row["value"] for row in page.table("samples-quarantined").values()}
    assert "100,000 characters" in page.words or "100,0" in page.words
    assert "x" * 1000 not in page.words
    assert not re.search("[\x00-\x08\x0b-\x1f]", text)
    raw = [e for e in page.all("bdi") if "\u202e" in "".join(e.itertext())]
    assert raw  # isolated: what follows is read in its own direction
    assert json.loads(encoded(multiqc.files(document)["mediabase_checks_mqc.json"]))["data"]


def test_no_secret_is_in_a_report():
    settings = load_settings(database={"host": "h", "password": "canary-in-the-mine"})
    rows = {row["setting"]: row["value"] for row in settings_in_effect(settings)}
    assert rows["database.password"] == MASK
    assert "canary" not in json.dumps(rows)
    assert "canary" not in repr(settings)


# --- other migrations ---------------------------------------------------------------------------------------------------------------------


def test_a_migration_that_failed_says_where_it_stopped_and_why(copy):
    transcript = copy.value("select min(transcript_id) from transcripts where chromosome is not null")
    with spoiled(copy.connect, [transcript]):
        assert not copy.migrate().success
    document = read_document(copy.settings, None, outside(copy.instance, specs_of(defs().resolve_asset_graph())))
    assert document["migration"]["status"] == "failed"
    assert document["headline"]["sentence"] == "The migration stopped at normalized/transcripts; nothing that people read has changed."
    page = Page(render(document))
    assert "normalized/transcripts failed in stage 8, Table Population" in page.words
    assert BAD in page.words
    assert "run mediabase migrate again" in page.words
    assert "it released nothing, so there is nothing to undo" in page.words
    failed = [c for c in document["checks"] if c["outcome"] == "failed"]
    assert [(c["asset"], c["check"]) for c in failed] == [("normalized/transcripts", "every_row_fits_its_model")]
    assert failed[0]["sample"][0]["value"] == BAD
    earlier = copy.value("select min(migration_id) from mediabase_ops.migration_runs")
    assert read_document(copy.settings, earlier)["migration"]["status"] == "released"


def test_the_second_release_says_what_changed(copy):
    victim = copy.value("select min(transcript_id) from transcripts")
    execute(copy, "delete from cancer_transcript_base where transcript_id = %s", victim)
    assert copy.rerun().success
    document = read_document(copy.settings, None, outside(copy.instance))
    changed = copy.rows(
        "select sum(inserted), sum(updated), sum(deleted) from mediabase_ops.release_relations"
        " where release_id = (select max(release_id) from mediabase_ops.releases)"
    )[0]
    found = document["differences"]
    assert (found["inserted"], found["updated"], found["deleted"]) == changed
    assert found["deleted"] > 0
    assert found["previous"]["migration_id"] == copy.value("select min(migration_id) from mediabase_ops.releases")
    assert f"Compared with the release {found['previous']['release_id']}" in Page(render(document)).words


#: What an earlier version may not have recorded.
OPTIONAL = (
    "leaf_census", "round_trip", "query_benchmark", "storage", "release_views", "release_relations", "releases", "column_account",
    "row_account", "reason_account", "quarantine", "repairs", "migration_stages", "asset_state",
)  # fmt: skip


def test_records_of_an_earlier_version_make_a_report_that_says_what_is_not_there(copy):
    execute(copy, "alter table mediabase_ops.migration_stages drop column build_seconds, drop column audit_seconds")
    assert read_document(copy.settings)["steps"][0]["build_seconds"] is None
    execute(copy, "alter table mediabase_ops.query_benchmark rename column kind to sort")
    assert read_document(copy.settings)["missing"]["query_benchmark"] == "it was recorded by another version"
    for table in OPTIONAL:
        execute(copy, f"drop table mediabase_ops.{table} cascade")
        document = read_document(copy.settings)
        assert table in document["missing"], table
        assert Page(render(document)).by_id("sentence") is not None
    assert "No account of columns was recorded for this migration (column_account:" in Page(render(document)).words


def test_verdict_release_checks_and_metrics_are_shown_where_they_exist(copy):
    migration_id = copy.value("select max(migration_id) from mediabase_ops.migration_runs")
    with copy.connect() as conn:
        conn.execute("delete from mediabase_ops.verdicts")
        conn.execute(
            "insert into mediabase_ops.verdicts (migration_id, verdict, explanation, decided_at) values (%s, 'needs_attention', %s, now())",
            (migration_id, json.dumps({"sentences": ["1 of 60 checks warned."], "costs": []})),
        )
    document = read_document(copy.settings)
    assert document["headline"]["sentence"].endswith("; verdict: needs attention.")
    page = Page(render(document))
    assert "1 of 60 checks warned." in page.words
    assert "normalized/genes" in page.table("metrics")


def test_an_unknown_migration_and_a_file_that_cannot_be_written_are_errors(migrated, document, tmp_path):
    with pytest.raises(ConfigurationError, match="There is no migration 19990101_000000 to report"):
        read_document(migrated.settings, "19990101_000000")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="The report cannot be written"):
        write(migrated.settings, document, tmp_path / "file" / "page.html")
    with pytest.raises(ConfigurationError, match="would be the same file"):
        write(migrated.settings, document, tmp_path / "page.json")
    written = write(migrated.settings, document, tmp_path / "new" / "page.html")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["page.html", "page.json"]
    assert written.size_bytes == written.page.stat().st_size


# --- the asset ----------------------------------------------------------------------------------------------------------------------------


def test_a_report_that_cannot_be_written_warns_and_fails_nothing(copy):
    migration_id = copy.value("select max(migration_id) from mediabase_ops.releases")
    page = folder_of(copy.settings, migration_id) / PAGE
    kept = page.read_bytes()
    execute(copy, "delete from mediabase_ops.asset_state where asset = %s", registry.REPORT)
    assert copy.work() == {registry.REPORT: registry.NOT_BUILT}
    page.unlink()
    page.mkdir()
    try:
        result = copy.rerun()
    finally:
        page.rmdir()
        page.write_bytes(kept)
    assert result.success
    assert registry.REPORT not in harness.executed(result)
    (evaluation,) = result.get_asset_check_evaluations()
    assert not evaluation.passed
    assert evaluation.severity.value == "WARN"
    assert evaluation.description == "The report was not written: The report cannot be written: Is a directory."
    assert copy.work() == {registry.REPORT: registry.NOT_BUILT}  # the next migration tries again
    assert copy.rerun().success
    assert copy.work() == {}


def test_no_report_is_written_where_the_setting_says_so(migrated, pipeline_home):
    with copy_of(migrated, pipeline_home, testing={"generate_report": False}) as this:
        execute(this, "delete from mediabase_ops.asset_state where asset = %s", registry.REPORT)
        assert this.work() == {}
        result = this.migrate(registry.REPORT)
        assert result.success
        assert harness.executed(result) == set()
