"""Patients in Dagster: what a run imports and shows, what a failed check publishes, the inbox, and what follows a release."""

import json
import os
import time

import dagster as dg
import pytest

from mediabase_assets.definitions import defs
from mediabase_assets.defs.patients.assets import enriched, expression
from mediabase_assets.defs.patients.inbox import patients_inbox
from mediabase_assets.patients.storing.listing import list_patients
from mediabase_assets.planning import registry
from mediabase_assets.postgres.sql_files import looking_in
from mediabase_assets.runs import check_overview
from mediabase_assets.runs.patients import inbox, partitions
from mediabase_assets.runs.patients.config import run_config
from mediabase_assets.runs.patients.forgetting import mask
from mediabase_assets.runs.patients.rematching import ENTRY, rematch_patients
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets_tests.fixtures.patient_annotation import create_annotated
from mediabase_assets_tests.fixtures.patient_database import GENES, transcript_of
from mediabase_assets_tests.fixtures.patient_project import CHANGES, write_deseq2

KEYS = [key.to_user_string() for key in partitions.KEYS]


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


class Runs:
    """Runs of the patients' assets, as the page of a partition starts them."""

    def __init__(self, instance, settings):
        self.instance, self.settings = instance, settings

    def __call__(self, patient_id, **config):
        partitions.add(self.instance, patient_id)
        return dg.materialize(
            [expression, enriched], partition_key=patient_id, instance=self.instance, raise_on_error=False,
            resources={"mediabase": Mediabase.bound_to(self.settings)},
            run_config=run_config("patients__expression", **config) if config else None,
        )  # fmt: skip

    def shown(self, result, key):
        (event,) = result.asset_materializations_for_node(key.to_user_string().replace("/", "__")) if key == partitions.ENRICHED else [
            m for m in result.asset_materializations_for_node("patients__expression") if m.asset_key == key
        ]  # fmt: skip
        return {name: value.value for name, value in event.metadata.items()}

    def failure(self, result):
        (event,) = [e for e in result.all_events if e.is_step_failure]
        return event.event_specific_data.error_display_string


@pytest.fixture
def runs(conn, settings, instance):
    create_annotated(conn)
    return Runs(instance, settings)


def partitions_of(instance):
    return {key.to_user_string(): instance.get_materialized_partitions(key) for key in partitions.KEYS}


@pytest.mark.pg
def test_a_run_imports_the_file_of_its_configuration_and_shows_the_whole_report(runs, instance, tmp_path):
    file = write_deseq2(tmp_path / "results.csv", CHANGES | {"FOO": 1.0})
    result = runs("HER2-001", path=str(file))
    assert result.success
    shown = runs.shown(result, partitions.GENE_EXPRESSION)
    assert (shown["dagster/row_count"], shown["rows read"], shown["match rate"]) == (8, 9, pytest.approx(8 / 9))
    assert shown["unmatched"].records[0].data == {"reason": "unknown", "rows": 1, "examples": "FOO"}
    for picture in ("volcano plot", "histogram"):
        assert shown[picture].startswith(f"![{picture}](data:image/png;base64,")
    assert runs.shown(result, partitions.EXPRESSION)["dagster/row_count"] == 0
    assert "level = 'gene'" in runs.shown(result, partitions.EXPRESSION)["why there are no rows"]
    assert "Lapatinib" in json.dumps([r.data for r in runs.shown(result, partitions.ENRICHED)["drugs for up-regulated genes"].records])
    assert {e.check_name: e.passed for e in result.get_asset_check_evaluations()} == {
        "every_row_fits_its_model": True, "enough_ids_are_known": True,
    }  # fmt: skip
    assert partitions_of(instance) == {key: {"HER2-001"} for key in KEYS}


@pytest.mark.pg
def test_a_run_without_configuration_reads_what_was_imported_last_in_the_same_way(runs, tmp_path):
    file = tmp_path / "results.csv"
    file.write_text("gene,change\n" + "".join(f"{gene},{2**change}\n" for gene, change in CHANGES.items()))
    assert runs("HER2-001", path=str(file), columns={"fold_change": "change"}).success
    result = runs("HER2-001")
    assert result.success
    assert "unchanged" in runs.shown(result, partitions.GENE_EXPRESSION)["summary"]
    file.write_text(file.read_text().replace("TP53,", "TP53,1"))
    assert "0 new, 1 changed" in runs.shown(runs("HER2-001"), partitions.GENE_EXPRESSION)["summary"]


@pytest.mark.pg
def test_a_file_of_transcripts_has_no_rows_of_genes(runs, tmp_path):
    lines = [f"{transcript_of(gene)}.3,{2**change}" for gene, change in CHANGES.items()]
    (tmp_path / "t.csv").write_text("\n".join(["transcript_id,cancer_fold", *lines, ""]))
    result = runs("HER2-001", path=str(tmp_path / "t.csv"))
    assert result.success
    assert runs.shown(result, partitions.EXPRESSION)["dagster/row_count"] == 8
    assert runs.shown(result, partitions.GENE_EXPRESSION)["dagster/row_count"] == 0


@pytest.mark.pg
def test_a_file_that_fails_a_check_publishes_nothing(runs, conn, instance, tmp_path):
    file = write_deseq2(tmp_path / "results.csv", {f"FOO{n}": 1.0 for n in range(19)} | {"TP53": 1.0})
    result = runs("HER2-001", path=str(file))
    assert not result.success
    assert {e.check_name: e.passed for e in result.get_asset_check_evaluations()} == {"enough_ids_are_known": False}
    assert list_patients(conn) == ()
    assert partitions_of(instance) == {key: set() for key in KEYS}
    assert "next:" in runs.failure(result)


@pytest.mark.pg
@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "no data of HER2-001 yet"),
        ({"path": "results.csv"}, "begin at the root"),
        ({"contrast": "A"}, "and not which"),
        ({"from_inbox": True}, "no inbox"),
        ({"path": "/nowhere/results.csv"}, "results.csv"),
    ],
)
def test_a_run_says_what_its_configuration_lacks(runs, config, words):
    result = runs("HER2-001", **config)
    assert not result.success
    assert words in runs.failure(result)


@pytest.mark.pg
def test_a_partition_that_is_no_patient_id_is_refused(runs):
    assert "is no patient id" in runs.failure(runs("A';--"))


def test_migrations_know_no_patients():
    definitions = defs()
    for name in ("migrate", "rebuild_everything", "refresh_views", "audit"):
        job = definitions.resolve_job_def(name)
        nodes = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
        assert not nodes & set(KEYS)
    assert not registry.definitions().keys() & set(KEYS)
    assert not [spec for spec in check_overview.specs_of(definitions.resolve_asset_graph()) if spec.asset_key in partitions.KEYS]


def test_backfills_have_one_run_for_each_patient():
    policies = {definition.backfill_policy for definition in (expression, enriched)}
    assert policies == {dg.BackfillPolicy.multi_run(max_partitions_per_run=1)}
    assert {definition.partitions_def for definition in (expression, enriched)} == {partitions.PATIENTS}


def settled(path):
    """The file as one that nobody has written to for a while."""
    before = time.time() - 60
    os.utime(path, (before, before))
    return path


def tick(settings, cursor=None):
    resources = {"mediabase": Mediabase.bound_to(settings)}
    with dg.DagsterInstance.ephemeral() as made, dg.build_sensor_context(made, cursor=cursor, resources=resources) as context:
        return patients_inbox(context)


def test_the_inbox_is_off_and_says_what_it_lacks(settings):
    assert patients_inbox.default_status is dg.DefaultSensorStatus.STOPPED
    assert "patients.inbox" in tick(settings).skip_reason.skip_message
    away = settings.model_copy(update={"patients": settings.patients.model_copy(update={"inbox": settings.home / "nowhere"})})
    assert "cannot be read" in tick(away).skip_reason.skip_message


def test_each_content_of_the_inbox_is_one_run(settings, tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    here = settings.model_copy(update={"patients": settings.patients.model_copy(update={"inbox": folder})})
    file = settled(write_deseq2(folder / "HER2-001.csv"))
    write_deseq2(folder / "GROWING.csv")
    for name in ("1.csv", "notes.pdf", ".hidden.csv", "HER2-002.csv.part"):
        settled(write_deseq2(folder / name))
    first = tick(here)
    (request,) = first.run_requests
    assert (request.partition_key, request.run_config) == ("HER2-001", run_config("patients__expression", from_inbox=True))
    assert [r.partition_keys for r in first.dynamic_partitions_requests] == [["HER2-001"]]
    assert "HER2" not in first.cursor + request.run_key
    second = tick(here, first.cursor)
    assert not second.run_requests
    assert second.skip_reason.skip_message == (
        "Nothing new; 1 file is still being written; 2 files are not named after one patient each (ID.csv, ID.xlsx …)."
    )
    write_deseq2(file, {"TP53": 1.0})
    third = tick(here, second.cursor)
    assert not third.run_requests
    settled(file)
    fourth = tick(here, third.cursor)
    settled(write_deseq2(file))
    fifth = tick(here, fourth.cursor)
    keys = [r.run_key for result in (first, fourth, fifth) for r in result.run_requests]
    assert len(set(keys)) == 3  # the third content is that of the first: it has to be imported again
    assert not tick(here, fifth.cursor).run_requests


@pytest.mark.pg
def test_a_run_of_the_inbox_imports_the_file_of_its_partition(runs, settings, tmp_path):
    write_deseq2(tmp_path / "HER2-001.csv")
    runs.settings = settings.model_copy(update={"patients": settings.patients.model_copy(update={"inbox": tmp_path})})
    assert runs("HER2-001", from_inbox=True).success
    assert "holds no file" in runs.failure(runs("HER2-002", from_inbox=True))


def test_of_two_files_of_one_patient_none_is_taken(tmp_path):
    for name in ("HER2-001.csv", "HER2-001.xlsx", "HER2-002.txt.gz"):
        settled(write_deseq2(tmp_path / name))
    assert list(inbox.files_by_id(tmp_path)) == ["HER2-002"]
    look = inbox.look(tmp_path, "")
    assert ([a.patient_id for a in look.arrived], look.refused) == (["HER2-002"], 2)


@pytest.mark.pg
def test_after_genes_changed_patients_are_matched_again_and_their_pages_say_so(runs, conn, settings, instance, tmp_path):
    assert rematch_patients(instance, settings, pytest.fail) == {}
    runs("HER2-001", path=str(write_deseq2(tmp_path / "results.csv", CHANGES | {"NEW1": 1.0})))
    with conn.transaction(), looking_in(conn, "public"):
        conn.execute("update genes set gene_symbol = 'NEW1' where gene_id = %s", (GENES["C1orf185"],))
    told = rematch_patients(instance, settings, pytest.fail)
    assert "1 patient; 1 of them moved: 1 row gained a gene" in told[ENTRY]
    assert "HER2-001" not in told[ENTRY]
    newest = instance.get_latest_materialization_event(partitions.GENE_EXPRESSION).asset_materialization
    assert (newest.partition, newest.metadata["dagster/row_count"].value) == ("HER2-001", 9)


@pytest.mark.pg
def test_a_failed_rematch_is_a_warning_since_the_release_is_committed(runs, conn, settings, instance, tmp_path):
    runs("HER2-001", path=str(write_deseq2(tmp_path / "results.csv")))
    conn.execute("alter table public.genes rename to elsewhere")
    warnings = []
    assert "failed" in rematch_patients(instance, settings, warnings.append)[ENTRY]
    assert len(warnings) == 1


def test_a_word_is_masked_in_place_and_longer_words_stay(tmp_path):
    file = tmp_path / "x.log"
    file.write_text("run of A12, not of A12b or my-A12; A12")
    with file.open("a") as appending:
        mask([file], "A12")
        appending.write(" and more")
    assert file.read_text() == "run of xxx, not of A12b or my-A12; xxx and more"
