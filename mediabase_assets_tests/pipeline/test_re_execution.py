"""Re-execution: what is stale is rebuilt, also beneath what failed; what is up to date is kept.

The forms of the web UI, by its own mutations, are in `cli/test_re_execution_in_the_ui.py`.
"""

import dagster as dg
import pytest

from mediabase_assets.planning import registry
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.copies import copy_of, hashes, told
from mediabase_assets_tests.pipeline.re_executions import all_of, execute, from_asset_failure, from_failure
from mediabase_assets_tests.spoiling import CORRECT, LIMITS, REFUSE

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
ROWS = 1500
CENSUS = "validation/leaf_census"
AFTER_CENSUS = {CENSUS, registry.RELEASE_CHECKS, registry.RELEASE, *registry.AFTERWARDS}


def statement(this, query):
    with this.connect() as conn:
        conn.execute(query)


def run_of(this, result):
    return this.instance.get_run_by_id(result.run_id)


def log_of(this, result):
    return "\n".join(e.user_message for e in this.instance.all_logs(result.run_id))


@pytest.fixture
def failed(pipeline_home):
    """A project whose first migration failed in the census, and that run."""
    with harness.project(pipeline_home, demo=ROWS, **LIMITS) as this:
        statement(this, REFUSE)
        result = execute(this)
        assert harness.failed_steps(result) == ["validation__leaf_census"], told(result)
        yield this, run_of(this, result)


def test_a_corrected_legacy_table_is_read_again(failed):
    this, run = failed
    statement(this, CORRECT)
    result = from_asset_failure(this, run)
    assert result.success, told(result)
    again = harness.made(result)
    assert {"extraction/legacy_rows", "extraction/row_states", "normalized/transcripts", registry.BACKUP, *AFTER_CENSUS} <= again
    assert "schema/normalized_schema" not in again
    assert "beneath those of this run are stale and are rebuilt first: " in log_of(this, result)
    assert "extraction/legacy_rows (legacy/cancer_transcript_base changed)" in log_of(this, result)
    assert this.value("select count(*) from transcripts where chromosome is null") == this.value(
        "select count(*) from transcripts join cancer_transcript_base using (transcript_id) where transcripts.chromosome is null"
        " and cancer_transcript_base.chromosome is distinct from 'chr99'"
    )
    assert this.work() == {}
    backups = {str(b) for (b,) in this.rows("select backup_id from mediabase_ops.migration_runs where backup_id is not null")}
    assert all((this.settings.backup_dir / b / "manifest.json").exists() for b in backups)


def test_where_nothing_changed_exactly_what_failed_is_made(failed):
    this, run = failed
    result = from_failure(this, run)
    assert harness.failed_steps(result) == ["validation__leaf_census"]
    assert harness.made(result) == set()
    assert "beneath" not in log_of(this, result)


def test_the_second_of_two_re_executions_goes_on_with_the_migration(failed):
    this, run = failed
    second = from_asset_failure(this, run)
    statement(this, CORRECT)
    third = from_asset_failure(this, run_of(this, second))
    assert third.success, told(third)
    assert this.rows("select status from mediabase_ops.migration_runs") == [("released",)]


def test_a_re_execution_of_a_released_run_is_a_migration_of_its_own(pipeline_home):
    with harness.project(pipeline_home, demo=ROWS) as this:
        first = execute(this)
        assert first.success, told(first)
        before = hashes(this)
        statement(this, "update cancer_transcript_base set gene_type = 'lncRNA' where gene_symbol = 'TP53'")
        second = all_of(this, run_of(this, first))
        assert second.success, told(second)
        assert hashes(this)["genes"] != before["genes"]
        released = this.rows("select migration_id, backup_id, status from mediabase_ops.migration_runs order by started_at")
        assert [row[2] for row in released] == ["released", "released"]
        assert len({row[0] for row in released}) == len({row[1] for row in released}) == 2
        third = execute(this)
        assert third.success, told(third)
        assert harness.made(third) == {registry.LEGACY, registry.BACKUP}  # the table is looked at, the backup is verified
        assert this.value("select count(*) from mediabase_ops.releases") == 2
        shows_the_same(this, second, third)
        assert "can be rolled back" in log_entry(third, registry.RELEASE)


def log_entry(result, asset):
    """The metadata of an asset's materialization by a run."""
    made_by_run = (e.step_materialization_data.materialization for e in result.all_events if e.is_step_materialization)
    return next(m.metadata for m in made_by_run if m.asset_key.to_user_string() == asset)


#: What an asset took; one that is kept took nothing.
MEASURES = (
    "wall_seconds", "busy_seconds", "cpu_seconds", "active_seconds", "rows_per_second", "peak_memory_mb", "temp_files_mb", "wal_mb",
    "cache_hit_percent",
)  # fmt: skip


def shows_the_same(this, built, kept):
    """What is kept shows what it showed when it was built: columns with types, account, sizes, samples of warnings."""
    before, after = (
        {
            m.asset_key.to_user_string(): m.metadata
            for e in result.all_events
            if e.is_step_materialization
            for m in [e.step_materialization_data.materialization]
        }
        for result in (built, kept)
    )
    for key in sorted(before.keys() - {registry.LEGACY, registry.BACKUP}):
        for name, value in before[key].items():
            if name not in ("how", "migration", "why it was rebuilt", "used again", "can be rolled back", *MEASURES):
                assert after[key][name] == value, (key, name)
    types = {c.type for c in after["normalized/genes"]["dagster/column_schema"].schema.columns}
    assert "text[]" in types or len(types) > 1
    checks = [{(e.asset_key, e.check_name): e for e in result.get_asset_check_evaluations()} for result in (built, kept)]
    warned = {key for key, e in checks[0].items() if not e.passed}
    assert warned
    for key in warned - {k for k in warned if k[0].to_user_string() in (registry.LEGACY, registry.BACKUP)}:
        assert checks[1][key].metadata.items() >= {k: v for k, v in checks[0][key].metadata.items() if k != "checked at"}.items()


def test_selected_assets_are_built_from_what_is_up_to_date(migrated, pipeline_home):
    with copy_of(migrated, pipeline_home, symbol_conflicts="qualify") as this:
        result = execute(this, asset_selection=[dg.AssetKey(["normalized", "genes"])])
        assert result.success, told(result)
        assert {"extraction/gene_candidates", "normalized/genes"} <= harness.made(result)
        assert "extraction/gene_candidates (the setting symbol_conflicts changed from keep_best to qualify)" in log_of(this, result)
        assert "extraction/legacy_rows" not in harness.made(result)


def test_what_fails_beneath_fails_the_step_that_needs_it(failed, pipeline_home):
    this, run = failed
    statement(this, CORRECT)
    statement(
        this,
        """create function public.forbid() returns event_trigger language plpgsql as $$
           begin
             if current_setting('application_name') = 'mediabase extraction/row_states' then
               raise exception 'this is forbidden here';
             end if;
           end $$;
           create event trigger forbid on ddl_command_start execute function public.forbid()""",
    )
    result = from_asset_failure(this, run)
    assert harness.failed_steps(result) == ["validation__leaf_census"]
    assert "this is forbidden here" in told(result)
    statement(this, "drop event trigger forbid; drop function public.forbid()")
    last = from_asset_failure(this, run_of(this, result))
    assert last.success, told(last)
