"""The order of a self-test: check the legacy table, sample it, migrate the sample twice, restore, roll back, remove; report each.

Contains the order of steps. Everything happens in schemas of its own, with a temporary backup folder and Dagster instance.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediabase_assets.backup import list_backups
from mediabase_assets.backup.restore_proof import prove_restore
from mediabase_assets.legacy import prerequisites
from mediabase_assets.legacy.refusal import problems
from mediabase_assets.model.errors import RollbackError
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.statuses import LegacyChoice
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import MATERIALIZED
from mediabase_assets.model.workspace import SELF_TEST, Workspace
from mediabase_assets.planning import registry
from mediabase_assets.postgres.connect import Session, connect
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets.rehearsal import workspace as throwaway
from mediabase_assets.rehearsal.footprint import Footprint, compare, read_footprint
from mediabase_assets.rehearsal.instance import JOB, bound_to, made_by, some_of, temporary_instance
from mediabase_assets.rehearsal.report_file import write_report
from mediabase_assets.rehearsal.self_test.components import Report, as_json, components_of, findings_text
from mediabase_assets.rehearsal.self_test.sample import missing_kinds, take_sample
from mediabase_assets.rollback import roll_back
from mediabase_assets.runs.events import StepEvent
from mediabase_assets.runs.results import KEEP_TAG, REBUILD
from mediabase_assets.runs.runner import Outcome, RunEnd, run_job
from mediabase_assets.settings.kinds import made
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    import dagster as dg

#: The benchmark is only tested, so its measurements are short.
_OPS = {"validation__query_benchmark": {"config": {"repetitions": 1, "seconds": 2.0, "longest_statement_seconds": 10.0}}}
_BENCHMARK = "validation/query_benchmark"
_MIGRATE = "migrate"
OnEvent = Callable[[StepEvent], None]


def settings_of(settings: Settings, folder: Path, *, is_loaded: bool) -> tuple[Settings, Settings]:
    """The settings with which the whole table is extracted, and those with which the sample is migrated."""
    workspace = Workspace(SELF_TEST)
    source = workspace.source if is_loaded else settings.database.source_schema

    def with_legacy(schema: str) -> Settings:
        database = settings.database.model_copy(update={"schema_name": workspace.live, "legacy_schema": schema})
        backup = settings.backup.model_copy(update={"location": ""})
        return settings.for_workspace(SELF_TEST, backup_dir=folder / "backups", backup=backup, database=database)

    return with_legacy(source), with_legacy(workspace.legacy)


def self_test(
    settings: Settings,
    definitions: "dg.Definitions",
    *,
    on_event: OnEvent,
    is_loaded: bool = False,
    load: Callable[[Session, Settings], None] = lambda conn, settings: None,
) -> Report:
    """Test the whole migration on a sample of the legacy table.

    Args:
        settings: Of the migration.
        definitions: All of the project's.
        on_event: Called, from another thread, with each event of the migration of the sample.
        is_loaded: Whether `load` loads the legacy table for the self-test alone.
        load: Called with the workspace's session and its settings, before anything is read.

    Raises:
        MediabaseError: The test could not start; what fails in the test is part of the report.
        KeyboardInterrupt: It was interrupted; everything is removed.
    """
    report = Report()
    with tempfile.TemporaryDirectory(prefix="mediabase-self-test-", dir=made(settings.temp_dir)) as name:
        folder = Path(name)
        scanned, sampled = settings_of(settings, folder, is_loaded=is_loaded)
        with throwaway.occupied(sampled) as conn:
            own = (*conn.workspace.schemas, *conn.workspace.stages)
            before = read_footprint(conn, own=own), _files(settings.backup_dir)
            load(conn, scanned)
            with temporary_instance() as instance:
                test = _Test(report, conn, definitions, instance, settings.logs, on_event)
                if test.prerequisites(settings, scanned) and test.sample(scanned, sampled):
                    test.whole(sampled)
        with connect(settings, autocommit=True, application_name="mediabase self-test") as conn:
            _untouched(report, conn, own, before, _files(settings.backup_dir))
            _removed(report, conn)
    if settings.testing.generate_report:
        report.file = write_report(settings, "self-test", as_json(report))
    return report


class _Test:
    """The parts of a self-test, in its workspace."""

    def __init__(
        self, report: Report, conn: Session, definitions: "dg.Definitions", instance: "dg.DagsterInstance", logs: Path, on_event: OnEvent,
    ) -> None:  # fmt: skip
        self.report, self.conn, self.definitions, self.instance = report, conn, definitions, instance
        self.logs, self.on_event = logs, on_event

    def run(self, settings: Settings, definitions: "dg.Definitions", job: str, on_event: OnEvent, **kwargs: Any) -> Outcome:
        """Run a job with other settings; an interruption ends the self-test."""
        outcome = run_job(
            bound_to(definitions, settings), job, self.instance, tell=on_event, log_folder=self.logs, is_detailed=settings.debug_mode,
            **kwargs,
        )  # fmt: skip
        self.report.log_files.append(outcome.log_file)
        if outcome.end is RunEnd.INTERRUPTED:
            raise KeyboardInterrupt
        return outcome

    def prerequisites(self, settings: Settings, scanned: Settings) -> bool:
        """Check the real legacy table, and whether a migration into the real schema could start."""
        database = settings.database.model_copy(update={"legacy_schema": scanned.database.legacy_schema})
        wrong = "they could not be checked"
        with self.report.component("prerequisites") as set_result:
            _, findings = prerequisites.look(self.conn, settings.model_copy(update={"database": database}))
            wrong = " ".join(problem for problem, _ in problems(findings))
            set_result(not wrong, wrong or findings_text((f.check, f.passed) for f in findings)[1])
        return not wrong

    def sample(self, scanned: Settings, sampled: Settings) -> bool:
        """Find every kind of damage of the whole table, and copy rows that show it."""
        taken = None
        with self.report.component("kinds of damage, and a sample of each") as set_result:
            scan = some_of(self.definitions, ("schema", "extraction"))
            outcome = self.run(scanned, scan, JOB, lambda event: None)
            if outcome.end is not RunEnd.SUCCESS:
                set_result(False, next((f"{f.asset}: {f.message}" for f in outcome.failures if not f.is_warning), "the extraction failed"))
                return False
            taken = take_sample(scanned, genes=scanned.testing.sampled_genes)
            set_result(True, f"{counted(len(taken.kinds), 'kind')} in {counted(taken.of, 'row')}; {counted(taken.rows, 'row')} taken")
        if taken is None:
            return False
        self.kinds = taken.kinds
        for schema in throwaway.present(self.conn, self.conn.workspace):
            if schema in self.conn.workspace.schemas:
                throwaway.drop_schema(self.conn, schema)
        return sampled.database.source_schema == self.conn.workspace.legacy

    def whole(self, sampled: Settings) -> None:
        """Migrate the sample, and do what follows a migration."""
        chosen = sampled.testing
        outcome = self.run(sampled, self.definitions, _MIGRATE, self.on_event, **_selection(sampled))
        self.report.components += components_of(made_by(self.instance, outcome.run_id), outcome)
        self.left_out("query benchmark", "test_performance", is_wanted=chosen.test_performance)
        if chosen.test_data_validation:
            self.kinds_of_damage(sampled)
        self.left_out("every kind of damage is in the sample", "test_data_validation", is_wanted=chosen.test_data_validation)
        if outcome.end is not RunEnd.SUCCESS:
            return
        if chosen.test_integration:
            self.second_run(sampled)
            self.restore(sampled)
            self.rollback(sampled)
        self.left_out("second run, restore, rollback", "test_integration", is_wanted=chosen.test_integration)

    def left_out(self, component: str, key: str, *, is_wanted: bool) -> None:
        """Report what the settings leave out."""
        if not is_wanted:
            with self.report.component(component) as set_result:
                set_result(None, f"left out: testing.{key} is false")

    def kinds_of_damage(self, sampled: Settings) -> None:
        """Every kind of damage of the whole table has to be found in the sample."""
        with self.report.component("every kind of damage is in the sample") as set_result:
            missing = missing_kinds(sampled, self.kinds)
            set_result(
                not missing,
                f"missing: {', '.join(map(str, missing))}" if missing else f"all {counted(len(self.kinds), 'kind')} of the table",
            )

    def second_run(self, sampled: Settings) -> None:
        """Migrate the same sample again: nothing may change."""
        with self.report.component("second run changes nothing") as set_result:
            before = self.hashes(sampled)
            outcome = self.run(
                sampled, self.definitions, _MIGRATE, lambda event: None, tags={KEEP_TAG: REBUILD}, **_selection(sampled)
            )  # fmt: skip
            after = self.hashes(sampled)
            changed = [name for name in before if before[name] != after.get(name)]
            failed = next((f"{f.asset}: {f.message}" for f in outcome.failures if not f.is_warning), "")
            problem = failed or (f"changed: {', '.join(changed)}" if changed else "")
            set_result(
                outcome.end is RunEnd.SUCCESS and not changed,
                problem or f"unchanged: {counted(len(before), 'table or view', 'tables and views')}",
            )

    def hashes(self, settings: Settings) -> dict[str, str]:
        """The content of everything that was released."""
        names = [*(r.name for r in RELATIONS), *(v.name for v in MATERIALIZED)]
        return {name: content_hash(self.conn, settings.database.schema_name, name).digest for name in names}

    def restore(self, sampled: Settings) -> None:
        """Restore the backup into a scratch database and compare, where the role may create a database."""
        with self.report.component("restore of the backup") as set_result:
            findings = prove_restore(sampled, list_backups(sampled.backup_dir)[-1])
            to_grant = next((f.examined["to_grant"] for f in findings if "to_grant" in f.examined), "")
            passed, detail = findings_text((f.check, f.passed) for f in findings)
            set_result(*((None, f"the role may not create a scratch database: {to_grant}") if to_grant else (passed, detail)))

    def rollback(self, sampled: Settings) -> None:
        """Undo both migrations of the sample: nothing of them may be left for readers."""
        with self.report.component("rollback") as set_result:
            first = self.conn.value("select migration_id from releases order by released_at limit 1")
            if first is None:
                raise RollbackError("The migration of the sample is not among the releases.", where=sampled.database.schema_name)
            done = roll_back(sampled, first, with_later=True, legacy_changes=LegacyChoice.UNDO).done
            names = [*(r.name for r in RELATIONS), *(v.name for v in MATERIALIZED)]
            left = self.conn.value(
                "select string_agg(relname, ', ' order by relname) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
                " where n.nspname = %s and c.relname = any(%s)",
                sampled.database.schema_name, names,
            )  # fmt: skip
            set_result(
                not left,
                f"left: {left}" if left else f"{counted(len(done), 'relation is', 'relations are')} as before: not there",
            )


def _selection(settings: Settings) -> dict[str, Any]:
    """Which assets a migration of the sample has, and how its benchmark is configured."""
    if settings.testing.test_performance:
        return {"ops": _OPS}
    return {"assets": [key for key in registry.definitions() if _BENCHMARK not in {key, *registry.below(key)}]}


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Files of a folder with size and time."""
    paths = (p for p in sorted(folder.rglob("*")) if p.is_file()) if folder.is_dir() else ()
    return {str(p.relative_to(folder)): (p.stat().st_size, p.stat().st_mtime_ns) for p in paths}


def _untouched(
    report: Report, conn: Session, own: tuple[str, ...], before: tuple[Footprint, dict[str, tuple[int, int]]],
    files: dict[str, tuple[int, int]],
) -> None:  # fmt: skip
    with report.component("nothing else was touched") as set_result:
        proof = compare(before[0], read_footprint(conn, own=own))
        changed = [*proof.changed, *(["the folder of the backups"] if files != before[1] else [])]
        compared = ((proof.relations, "relation"), (proof.functions, "function"), (proof.schemas, "schema"), (len(files), "backup file"))
        counts = ", ".join(counted(n, thing) for n, thing in compared)
        set_result(not changed, f"changed meanwhile, by another session: {', '.join(changed[:5])}" if changed else f"{counts} compared")


def _removed(report: Report, conn: Session) -> None:
    with report.component("everything of the test is removed") as set_result:
        left = throwaway.present(conn, Workspace(SELF_TEST))
        set_result(not left, f"left: {', '.join(left)}" if left else "its schemas, backup and Dagster runs")
