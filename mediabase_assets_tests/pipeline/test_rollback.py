"""Going back: after a first migration, after a second one over changed data, refused where something would be lost, repeated."""

import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import dagster as dg
import psycopg
import pytest
from psycopg import sql

from mediabase_assets.model.errors import RollbackError
from mediabase_assets.model.statuses import LegacyChoice
from mediabase_assets.rollback import candidates, preview, roll_back
from mediabase_assets.rollback.after_failure import remove_unreleased
from mediabase_assets_tests.fixtures.environment import clean_environment
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.rollbacks import ROWS, copied, everything, released

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


@dataclass
class Twice:
    """A database migrated twice, the second time over changed data, with what people made in between."""

    project: harness.Project
    at_first: dict
    between: dict
    first: str
    second: str


@pytest.fixture(scope="module")
def twice(pipeline_home):
    """Migrated, changed, migrated again; tests work on copies of it."""
    with harness.project(pipeline_home, demo=ROWS) as this:
        at_first = everything(this)
        assert this.migrate().success
        with this.connect() as conn:
            conn.execute("update genes set updated_at = '2020-01-01' where gene_id = (select min(gene_id) from genes)")
            conn.execute("create view public.of_people as select gene_id, gene_symbol from public.genes")
            conn.execute("grant select on public.genes, public.gene_summary_view to pg_monitor")
            conn.execute("comment on table public.genes is 'ours'")
            conn.execute("delete from cancer_transcript_base where transcript_id in (select min(transcript_id) from transcripts)")
            conn.execute(
                "update cancer_transcript_base set gene_symbol = 'CHANGED1' where gene_id ="
                " (select gene_id from genes order by 1 offset 9 limit 1)"
            )
        between = everything(this)
        time.sleep(1.1)
        assert this.migrate().success
        first, second = released(this)
        yield Twice(this, at_first, between, first, second)


@pytest.fixture
def this(twice, pipeline_home):
    """A copy that a test may change."""
    with copied(twice.project, pipeline_home) as copy:
        yield copy


def without_build(found):
    """What people see; what was built for the next release belongs to nobody."""
    rest = [text for text in found["rest"] if not text.startswith("schema mediabase_")]
    return {name: value for name, value in found.items() if not name.startswith("mediabase_")} | {"rest": rest}


def test_back_to_the_state_between(twice, this):
    result = roll_back(this.settings, twice.second)
    assert without_build(everything(this)) == without_build(twice.between)
    done = {d.relation: d for d in result.done}
    assert done["public.genes"].what == "rows changed"
    assert done["public.genes"].updated
    assert done["public.transcripts"].inserted == 1
    assert done["public.cancer_transcript_base"].what == "kept"
    assert done["public.gene_summary_view"].what == "refreshed"
    assert not result.is_unchanged
    assert this.value("select status from mediabase_ops.migration_runs where migration_id = %s", twice.second) == "rolled back"
    recorded = this.rows("select count(*), count(distinct migration_id), max(backup_id) from mediabase_ops.rollbacks")
    assert recorded == [(len(result.done), 1, result.backup_id)]
    again = roll_back(this.settings, twice.second)
    assert again.is_unchanged
    assert without_build(everything(this)) == without_build(twice.between)


def test_back_to_nothing(twice, this):
    """The first migration was released into an empty schema; a view that people made afterwards is lost only on request."""
    with pytest.raises(RollbackError, match=f"Later migrations were released since: {twice.second}"):
        roll_back(this.settings, twice.first)
    with pytest.raises(RollbackError, match=r"the view public\.of_people"):
        roll_back(this.settings, twice.first, with_later=True, legacy_changes=LegacyChoice.UNDO)
    result = roll_back(this.settings, twice.first, with_later=True, with_dependents=True, legacy_changes=LegacyChoice.UNDO)
    assert everything(this) == twice.at_first
    assert (result.later, result.lost) == ((twice.second,), ("the view public.of_people",))
    assert {d.relation: d.what for d in result.done}["public.cancer_transcript_base"] == "rows changed"
    assert this.rows("select distinct status from mediabase_ops.migration_runs") == [("rolled back",)]
    assert this.rows("select count(*) from mediabase_ops.built_relations") == [(0,)]
    assert this.rows("select count(*) from mediabase_ops.view_state") == [(0,)]
    assert roll_back(this.settings, twice.first).is_unchanged
    assert everything(this) == twice.at_first


def test_a_migration_after_a_rollback(twice, this):
    roll_back(this.settings, twice.first, with_later=True, with_dependents=True, legacy_changes=LegacyChoice.UNDO)
    this.instance = twice.project.instance
    assert this.migrate().success
    with this.connect() as conn:
        conn.execute("drop view if exists public.of_people")
    newest = released(this)[-1]
    roll_back(this.settings, newest)
    assert everything(this) == twice.at_first


def test_rows_of_patients_stay(twice, this):
    with this.connect() as conn:
        conn.execute(
            "create schema patient_1; create table patient_1.fold_changes ("
            " transcript_id text primary key references public.transcripts on delete cascade, fold_change double precision);"
            "insert into patient_1.fold_changes select transcript_id, 2 from public.transcripts order by 1 limit 5"
        )
    roll_back(this.settings, twice.second)  # every row that it refers to was there before
    assert this.value("select count(*) from pg_constraint where conrelid = 'patient_1.fold_changes'::regclass and contype = 'f'") == 1
    with pytest.raises(RollbackError, match=r"fold_changes_transcript_id_fkey of patient_1\.fold_changes .* 5 rows use"):
        roll_back(this.settings, twice.first, legacy_changes=LegacyChoice.UNDO)
    result = roll_back(this.settings, twice.first, with_dependents=True, legacy_changes=LegacyChoice.UNDO)
    assert this.value("select count(*) from patient_1.fold_changes") == 5
    assert this.value("select to_regclass('public.transcripts')") is None
    assert any("patient_1.fold_changes" in line for line in result.lost)


def test_rows_that_were_not_there_and_that_patients_refer_to(twice, this):
    with this.connect() as conn:
        conn.execute(
            "insert into transcripts (transcript_id, gene_id, is_par) select 'ENST99999999999', min(gene_id), false from genes;"
            "create table public.of_patient (transcript_id text references transcripts on delete cascade);"
            "insert into public.of_patient values ('ENST99999999999')"
        )
    before = everything(this)
    with pytest.raises(RollbackError, match=r"1 row of public\.of_patient, which refers to new rows of public\.transcripts"):
        roll_back(this.settings, twice.second)
    assert everything(this) == before
    result = roll_back(this.settings, twice.second, with_dependents=True)
    assert this.rows("select * from public.of_patient") == [("ENST99999999999",)]
    found = everything(this)
    del found["public.of_patient"]
    assert without_build(found) == without_build(twice.between)
    assert len(result.lost) == 1


@pytest.mark.parametrize(
    "damage",
    [
        "drop table cancer_transcript_base cascade",
        "alter table cancer_transcript_base add column note text",
        "delete from cancer_transcript_base where transcript_id > 'ENST0000002'; update cancer_transcript_base set gene_symbol = 'x'",
        "alter table cancer_transcript_base drop constraint cancer_transcript_base_pkey;"
        "insert into cancer_transcript_base select * from cancer_transcript_base limit 3",
        "drop table genes cascade",
        "alter table transcripts drop column gene_id cascade",
        "drop materialized view gene_summary_view cascade; drop index if exists genes_upper_symbol_idx",
        "drop view public.of_people; truncate genes cascade",
    ],
)
def test_whatever_was_done_since(twice, this, damage):
    with this.connect() as conn:
        conn.execute(damage)
    roll_back(this.settings, twice.second, legacy_changes=LegacyChoice.UNDO)
    found, wanted = without_build(everything(this)), without_build(twice.between)
    for held in (found, wanted):
        held.pop("public.of_people", None)  # people's own; what they dropped stays dropped
    for name, value in wanted.items():
        assert found[name] == value, name
    assert found.keys() == wanted.keys()


OTHERS = """
    insert into cancer_transcript_base select (jsonb_populate_record(b, jsonb_build_object('transcript_id', 'ENST9999999999' || n))).*
      from cancer_transcript_base as b, generate_series(1, 3) as n
      where b.transcript_id = (select min(transcript_id) from cancer_transcript_base);
    update cancer_transcript_base set gene_symbol = 'OTHERS' where transcript_id = (select min(transcript_id) from cancer_transcript_base);
    delete from cancer_transcript_base where transcript_id = (select max(transcript_id) from cancer_transcript_base
      where transcript_id not like 'ENST9999999999%');
"""
ADDED = "select count(*) from cancer_transcript_base where transcript_id like 'ENST9999999999%' or gene_symbol = 'OTHERS'"


@pytest.fixture
def others(this):
    """Others added three rows to the legacy table, changed one and deleted one."""
    with this.connect() as conn:
        conn.execute(OTHERS)
    return this


def test_rows_that_others_added_since_are_counted_and_nothing_is_done_without_a_word(twice, others):
    before = everything(others)
    for do in (roll_back, preview):
        with pytest.raises(RollbackError, match="3 rows added, 1 row changed, 1 row deleted") as error:
            do(others.settings, twice.second)
        assert "--legacy-changes keep" in error.value.next_step
    assert everything(others) == before
    child = command(others, "rollback", twice.second, "--skip-confirmation")
    said, _ = child.communicate()
    assert (child.returncode, "3 rows added" in said) == (1, True)


def test_rows_that_others_added_since_stay(twice, others):
    legacy = everything(others)["public.cancer_transcript_base"]
    result = roll_back(others.settings, twice.second, legacy_changes=LegacyChoice.KEEP)
    found, wanted = without_build(everything(others)), without_build(twice.between)
    assert found.pop("public.cancer_transcript_base") == legacy != wanted.pop("public.cancer_transcript_base")
    assert found == wanted
    assert others.value(ADDED) == 4
    assert "public.cancer_transcript_base" not in {d.relation for d in result.done}


def test_rows_that_others_added_since_are_copied_before_they_go(twice, others):
    _, _, lost = preview(others.settings, twice.second, legacy_changes=LegacyChoice.UNDO)
    assert "3 rows added" in lost[0]
    child = command(others, "rollback", twice.second, "--legacy-changes", "undo", "--skip-confirmation")
    said, _ = child.communicate()
    assert child.returncode == 0, said
    assert without_build(everything(others)) == without_build(twice.between)
    copy = f"mediabase_ops.legacy_rows_{twice.second}"
    assert copy in said
    query = "select change, count(*), count(*) filter (where gene_symbol = 'OTHERS') from {} group by 1 order by 1"
    with others.connect() as conn:
        copied = conn.execute(sql.SQL(query).format(sql.Identifier(*copy.split(".")))).fetchall()
    assert copied == [("changed", 1, 1), ("deleted", 3, 0)]


def test_what_is_refused(twice, this):
    def refused(migration_id, **flags):
        with pytest.raises(RollbackError) as caught:
            roll_back(this.settings, migration_id, **flags)
        return caught.value

    error = refused("20000101_000000")
    assert error.what == "There is no migration 20000101_000000."
    first, second = (re.escape(name) + r" \(released 20[-0-9]{8} [0-9:]{8} UTC, [0-9,]{5,} rows\)" for name in (twice.first, twice.second))
    listed = rf"Those that can be rolled back: {second}; {first}, together with {twice.second} \(with_later\)\."
    assert re.fullmatch(listed, error.next_step)
    with this.connect() as conn:
        conn.execute("insert into mediabase_ops.migration_runs (migration_id, status, started_at) values ('failed_1', 'failed', now())")
    assert refused("failed_1").what == (
        f"The migration failed_1 (failed) never released anything, so there is nothing to undo; what is live is of {twice.second}."
    )
    backup = this.value("select backup_id from mediabase_ops.migration_runs where migration_id = %s", twice.second)
    folder = this.settings.backup_dir / backup
    archive = folder / "relations.dump"
    content = archive.read_bytes()
    archive.write_bytes(content[:-1] + b"x")
    before = everything(this)
    assert refused(twice.second).what.startswith(f"The backup {backup} does not verify (checksums_match")
    with this.connect() as conn:
        assert [c.why_not for c in candidates(conn, this.settings)][:1] == ["its backup does not verify"]
    folder.rename(folder.with_name("elsewhere"))
    assert refused(twice.second).what.startswith(f"The backup {backup} cannot be read")
    with this.connect() as conn:
        assert candidates(conn, this.settings)[0].why_not in ("its backup is gone or broken", "its backup does not verify")
    with pytest.raises(RollbackError):
        preview(this.settings, twice.second)
    assert everything(this) == before


def command(this, *arguments):
    """The command `mediabase` in a process of its own."""
    environment = clean_environment()
    return subprocess.Popen(
        [sys.executable, "-m", "mediabase_assets.cli", *arguments], env=environment | this.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_killed_in_the_middle_and_repeated(twice, this):
    """Stopped where everything is changed but what was not there is not dropped yet, then killed: nothing has happened."""
    before = everything(this)
    with this.connect(autocommit=False) as reader:
        reader.execute("select count(*) from publications")
        options = ("--with-later", "--with-dependents", "--legacy-changes", "undo", "--skip-confirmation")
        child = command(this, "rollback", twice.first, *options)
        for line in child.stdout:
            if "Waiting for a lock" in line:
                break
        assert "public.publications" in line
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    while this.value("select count(*) from pg_stat_activity where application_name ~ 'mediabase (migration )?rollback'"):
        time.sleep(0.05)
    assert everything(this) == before
    assert this.value("select count(*) from mediabase_ops.rollbacks") == 0
    roll_back(this.settings, twice.first, with_later=True, with_dependents=True, legacy_changes=LegacyChoice.UNDO)
    assert everything(this) == twice.at_first


def test_readers_see_the_old_content_until_the_commit(twice, this):
    """A reader of a table that goes is waited for, and named; a writer of a table whose rows change, too."""
    query = "select md5(string_agg(g::text, '' order by gene_id)) from genes as g"
    old = this.value(query)
    seen = []
    with this.connect(autocommit=False) as writer:
        writer.execute("lock table gene_pathways, genes in row exclusive mode")

        def tell(sentence):
            if sentence.startswith("Waiting"):
                seen.append(sentence)
                assert this.value(query) == old
                writer.rollback()

        roll_back(this.settings, twice.second, progress=tell)
    assert f"server process {writer.info.backend_pid}" in seen[0] if not writer.closed else seen
    assert this.value(query) != old


def test_the_command(twice, this):
    child = command(this, "rollback", "20000101_000000", "--skip-confirmation")
    told, _ = child.communicate()
    assert (child.returncode, "There is no migration 20000101_000000" in told) == (1, True)
    child = command(this, "rollback", twice.second)
    told, _ = child.communicate()
    assert (child.returncode, "Cannot ask for confirmation" in told) == (2, True)
    child = command(this, "rollback", twice.second, "--skip-confirmation")
    told, _ = child.communicate()
    assert child.returncode == 0, told
    for words in ("the rows that differ are changed", "is refreshed", f"Back to the state before {twice.second}: every table holds"):
        assert words in told
    told, _ = command(this, "status").communicate()
    lines = [line for line in told.splitlines() if "no: it is rolled back already" in line or line.rstrip().endswith(" yes")]
    assert [line.split()[0] for line in lines] == [twice.second, twice.first]


def test_the_job(twice, this):
    before = everything(this)
    unnamed = this.migrate(job="rollback")
    assert not unnamed.success
    (failure,) = [e.step_failure_data.user_failure_data for e in unnamed.all_node_events if e.is_step_failure]
    assert re.search(rf"No migration was named(?s:.*){twice.second} \(released 20", failure.description)
    choices = [r.data for r in failure.metadata["can be rolled back"].records]
    assert [(c["migration_id"], c["can be rolled back"]) for c in choices] == [
        (twice.second, "yes"), (twice.first, f"no: {twice.second} released since; --with-later undoes both")
    ]  # fmt: skip
    assert all(c["rows"] > 1000 for c in choices)
    assert everything(this) == before
    config = {"ops": {"roll_back_migration": {"config": {"migration_id": twice.first}}}}
    refused = this.migrate(job="rollback", run_config=config)
    assert not refused.success
    config["ops"]["roll_back_migration"]["config"] |= {"with_later": True, "with_dependents": True, "legacy_changes": "undo"}
    result = this.migrate(job="rollback", run_config=config)
    assert result.success
    assert everything(this) == twice.at_first
    (output,) = [e.step_output_data for e in result.all_node_events if e.is_successful_output]
    assert output.metadata["undone with it"].value == twice.second
    assert len(output.metadata["relations"].value.records) > 20
    newest = this.instance.get_latest_materialization_event(dg.AssetKey(["release", "current_release"]))
    release = newest.asset_materialization.metadata
    assert release["live now"].value == "nothing of a migration is live: everything is as it was before the first one"
    assert release["rolled back"].value == f"{twice.first}, {twice.second}"
    assert [(r.data["migration_id"], r.data["can be rolled back"]) for r in release["can be rolled back"].records] == [
        (twice.second, "no: it is rolled back already"), (twice.first, "no: it is rolled back already")
    ]  # fmt: skip
    assert observed(this, "normalized/genes")["what was done"].value.startswith("public.genes: ")


def observed(this, asset):
    """The metadata of the newest observation of an asset."""
    records = this.instance.fetch_observations(dg.AssetKey(asset.split("/")), limit=1).records
    return records[0].asset_observation.metadata


def test_a_migration_that_runs_is_not_disturbed(twice, this):
    from mediabase_assets.model.errors import MigrationLockedError
    from mediabase_assets.records.lock import hold_migration_lock, release_migration_lock

    hold_migration_lock(this.settings, "some run")
    try:
        with pytest.raises(MigrationLockedError, match="some run"):
            roll_back(this.settings, twice.second)
    finally:
        release_migration_lock("some run")


def test_content_that_does_not_come_back_changes_nothing(twice, this):
    with this.connect() as conn:
        conn.execute(
            "create function public.meddle() returns trigger language plpgsql as"
            " $$ begin new.gene_symbol = new.gene_symbol || '!'; return new; end $$;"
            "create trigger meddle before insert or update on genes for each row execute function public.meddle()"
        )
    before = everything(this)
    with pytest.raises(RollbackError, match=r"After the rollback public\.genes would not have the content of the backup"):
        roll_back(this.settings, twice.second)
    assert everything(this) == before
    with this.connect() as conn, pytest.raises(psycopg.errors.UndefinedTable):
        conn.execute("select * from restore_0")


def test_what_a_failed_first_migration_built_is_removed(pipeline_home):
    with harness.project(pipeline_home, demo=ROWS) as this:
        before = everything(this)
        run = this.migrate(
            "legacy/cancer_transcript_base", "backup/legacy_backup", "schema/normalized_schema", "extraction/legacy_rows",
            "extraction/legacy_payloads",
        )  # fmt: skip
        assert run.success
        assert this.value("select count(*) from pg_class where relnamespace = 'mediabase_next'::regnamespace")
        removal = remove_unreleased(this.settings, run.run_id)
        assert (removal.removed, removal.reason) == (("mediabase_next",), "")
        assert "holds what the backup" in removal.legacy
        assert everything(this) == before
        assert this.rows("select status from mediabase_ops.migration_runs") == [("rolled back",)]


def test_nothing_is_removed_beside_a_release(twice, this):
    before = everything(this)
    assert "an earlier release is live" in remove_unreleased(this.settings, "some run").reason
    assert everything(this) == before
