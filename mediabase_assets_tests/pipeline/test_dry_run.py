"""A dry run tells exactly what the migration after it does, and leaves everything as it was."""

import json
from io import StringIO

import pytest
from rich.console import Console

from mediabase_assets.cli.dry_run import print_dry_run
from mediabase_assets.definitions import defs
from mediabase_assets.model.errors import MigrationLockedError, PrerequisiteError
from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.model.workspace import PLAN, Workspace
from mediabase_assets.rehearsal import workspace as throwaway
from mediabase_assets.rehearsal.dry_run import dry_run
from mediabase_assets_tests.pipeline import copies, harness
from mediabase_assets_tests.spoiling import BAD, spoiled

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]

SMALL = 1500
NEWEST = "(select max(release_id) from mediabase_ops.releases)"


def planned(this, **kwargs):
    with this.environed():
        return dry_run(this.settings, defs(), on_event=lambda event: None, **kwargs)


def change_legacy(this):
    """Rows go, rows come, rows change; tables gain, lose and change rows."""
    with this.connect() as conn:
        genes = [g for (g,) in conn.execute("select gene_id from genes join gene_summary_view using (gene_id) order by 1").fetchall()]
        conn.execute("delete from cancer_transcript_base where gene_id like %s", (genes[3] + "%",))
        conn.execute("update cancer_transcript_base set gene_symbol = 'NEWNAME1' where gene_id like %s", (genes[5] + "%",))
        conn.execute(
            """update cancer_transcript_base set pathways = array['A new pathway [Reactome:R-HSA-9999999]'], expression_fold_change = 3.5,
                 go_terms = '{"GO:0009999": {"term": "new term", "evidence": "IDA"}}' where gene_id like %s""",
            (genes[7] + "%",),
        )
        conn.execute(
            """create temporary table more as select * from cancer_transcript_base where gene_id like %s order by transcript_id limit 1;
               update more set transcript_id = 'ENST00000999999', gene_id = 'ENSG00000999999', gene_symbol = 'NEWGENE1',
                 uniprot_ids = array['not an accession']""".replace("%s", f"'{genes[9]}%'")
        )  # fmt: skip
        conn.execute("insert into cancer_transcript_base select * from more")


def use(this, tmp_path, **settings):
    """From now on the project has these settings too."""
    config = tmp_path / "settings.yaml"
    config.write_text("".join(f"{key}: {value}\n" for key, value in settings.items()))
    this.environment["MEDIABASE_CONFIG"] = str(config)
    this.settings = this.settings.model_copy(update=settings)


def shown(this, view):
    """The rows of a live view by key, without timestamps."""
    columns = [c for c in view.columns if c not in ("view_created_at", "last_updated", "created_at", "updated_at")]
    types = dict(this.rows("select attname, format_type(atttypid, null) from pg_attribute where attrelid = %s::regclass", view.name))
    columns = [c for c in columns if not types[c].startswith("timestamp")]
    rows = this.rows(f"select to_jsonb(v)::text from (select {', '.join(columns)} from {view.name}) as v")
    read = [json.loads(text) for (text,) in rows]
    return {tuple(r[k] for k in view.key or columns): r for r in read}


class Case:
    """A plan, and what the migration after it did."""

    def __init__(self, this, name, tmp_path):
        self.this, self.name = this, name
        if name == "changed legacy rows":
            change_legacy(this)
        else:
            use(this, tmp_path, symbol_conflicts="qualify")
        before = copies.fingerprints(this), this.rows("select * from mediabase_ops.built_relations order by 1")
        self.views_before = {v.name: shown(this, v) for v in VIEWS}
        self.plan = planned(this)
        self.unchanged = before == (copies.fingerprints(this), this.rows("select * from mediabase_ops.built_relations order by 1"))
        self.schemas = {name for (name,) in this.rows("select nspname::text from pg_namespace where nspname like 'mediabase%%'")}
        assert this.migrate().success
        self.views_after = {v.name: shown(this, v) for v in VIEWS}


def every_audit_of_the_plan_passed_and_nothing_was_touched(case):
    assert case.plan.passed, case.plan
    assert case.plan.proof.changed == ()
    assert case.plan.proof.relations > len(RELATIONS)
    assert case.unchanged
    assert not case.schemas & {*Workspace(PLAN).schemas, *Workspace(PLAN).stages}


def rows_are_those_planned(case):
    names = [*(r.name for r in RELATIONS), *(t.name for t in TABLES if t.is_view), *(v.name for v in VIEWS)]
    assert case.plan.rows == {name: case.this.value(f"select count(*) from {name}") for name in names}


def reasons_and_accounts_are_those_planned(case):
    newest = case.this.value(f"select migration_id from mediabase_ops.releases where release_id = {NEWEST}")
    found = case.this.rows(
        "select outcome, reason, sum(facts)::bigint from mediabase_ops.reason_account where migration_id = %s group by 1, 2", newest
    )
    assert {(r.outcome, r.reason): r.facts for r in case.plan.result.reasons} == {(o, r): n for o, r, n in found if n}
    read = "select sum(facts_read) filter (where is_primary)::bigint, count(*) from mediabase_ops.row_account where migration_id = %s"
    assert case.this.rows(read, newest) == [(case.plan.result.facts_read, case.plan.result.accounts)]
    told = {(e.outcome, e.reason) for e in case.plan.examples}
    assert told == {(r.outcome, r.reason) for r in (*case.plan.result.reasons, *case.plan.result.set_aside)}
    aside = case.this.rows(
        "select reason, count(*) from mediabase_ops.quarantine where migration_id = %s and fact_count = 0 group by 1", newest
    )
    assert {r.reason: r.facts for r in case.plan.result.set_aside} == dict(aside)


def tables_change_as_planned(case):
    found = case.this.rows(f"select relation, inserted, deleted, updated from mediabase_ops.release_relations where release_id = {NEWEST}")
    told = {d.relation: (d.added, d.removed, d.changed) for d in case.plan.differences if not d.is_view}
    assert told == {name: tuple(changes) for name, *changes in found}
    assert any(d.added for d in case.plan.differences)


def views_change_as_planned(case):
    for view in VIEWS:
        before, after = case.views_before[view.name], case.views_after[view.name]
        told = next(d for d in case.plan.differences if d.relation == view.name)
        assert (told.live_rows, told.rows) == (len(before), len(after)), view.name
        assert told.added == len(after.keys() - before.keys()), view.name
        assert told.removed == len(before.keys() - after.keys()), view.name
        assert told.changed == sum(before[k] != after[k] for k in before.keys() & after.keys()), view.name


def samples_are_rows_that_differ(case):
    for difference in case.plan.differences:
        for sample in difference.samples:
            assert sample.row
            assert bool(sample.changes) == (sample.what == "changed")
    genes = next(d for d in case.plan.differences if d.relation == "genes")
    assert any(s.what == "added" for s in genes.samples)


def the_report_tells_the_same_to_programs(case):
    told = json.loads(case.plan.report.read_text())
    assert told["rows"] == case.plan.rows
    assert told["passed"] is True
    assert {d["relation"]: d["changed"] for d in told["differences"]} == {d.relation: d.changed for d in case.plan.differences}
    assert told["proof"]["changed"] == []


def conflicts_name_their_winner(case):
    query = "select gene_symbol, gene_id from genes"
    live = dict(case.this.rows(query))
    assert case.plan.conflicting_symbols >= len(case.plan.conflicts) > 0
    kept = [c for c in case.plan.conflicts if c.symbol in live]
    assert kept
    assert all(live[c.symbol] == c.winner for c in kept)


def the_words_for_people_tell_it(case):
    console = Console(file=StringIO(), width=200)
    print_dry_run(console, case.plan)
    words = console.file.getvalue()
    for text in ("against release", "Every audit passed", "Nothing else was touched", "Disk needed"):
        assert text in words, text


@pytest.mark.parametrize("name", ["changed legacy rows", "qualify"])
def test_a_migration_does_what_was_planned(name, migrated, pipeline_home, tmp_path):
    """One plan and one migration after it, looked at from all sides."""
    with copies.copy_of(migrated, pipeline_home) as this:
        case = Case(this, name, tmp_path)
        every_audit_of_the_plan_passed_and_nothing_was_touched(case)
        rows_are_those_planned(case)
        reasons_and_accounts_are_those_planned(case)
        tables_change_as_planned(case)
        views_change_as_planned(case)
        samples_are_rows_that_differ(case)
        the_report_tells_the_same_to_programs(case)
        conflicts_name_their_winner(case)
        the_words_for_people_tell_it(case)


@pytest.fixture(scope="module")
def small(pipeline_home):
    """A small demonstration that is not migrated; tests that change a row change it back."""
    with harness.project(pipeline_home, demo=SMALL) as this:
        yield this


def test_without_a_release_everything_is_added(small):
    plan = planned(small)
    assert plan.passed
    assert plan.against == ""
    assert {d.live_rows for d in plan.differences} == {None}
    assert {d.relation: d.added for d in plan.differences}.items() <= plan.rows.items()
    assert small.value("select count(*) from pg_namespace where nspname like 'mediabase%%'") == 0
    assert not small.settings.backup_dir.exists()
    assert plan.needs.backup_bytes > 0
    assert plan.needs.bytes_of["tables"] > 0
    assert small.instance.get_runs() == []


def test_a_failed_audit_and_a_writer_are_told(small):
    victim = small.value("select min(transcript_id) from cancer_transcript_base where chromosome = 'chr1'")

    def write(conn, settings):
        conn.execute("update public.cancer_transcript_base set expression_fold_change = 7 where transcript_id = %s", (victim,))

    try:
        with spoiled(small.connect, [victim]):
            plan = planned(small, load=write)
    finally:
        small.rows("update cancer_transcript_base set expression_fold_change = 1 where transcript_id = %s returning 1", victim)
    assert not plan.passed
    failed = next(f for f in plan.failures if f.check == "every_row_fits_its_model")
    assert failed.asset == "normalized/transcripts"
    assert any(BAD in str(row) for row in failed.sample)
    assert plan.proof.changed == ("public.cancer_transcript_base changed",)
    assert small.value("select count(*) from pg_namespace where nspname like 'mediabase%%'") == 0


def test_missing_prerequisites_are_told(small):
    other = small.settings.model_copy(update={"database": small.settings.database.model_copy(update={"legacy_table": "nothing"})})
    with small.environed(), pytest.raises(PrerequisiteError, match=r"There is no table public\.nothing"):
        dry_run(other, defs(), on_event=lambda event: None)
    assert small.value("select count(*) from pg_namespace where nspname like 'mediabase%%'") == 0


def test_what_is_left_is_dropped_at_the_next_start_and_what_works_is_left_alone(small):
    workspace = Workspace(PLAN)
    trial = small.settings.for_workspace(PLAN)
    with small.connect() as conn:
        conn.execute(f"create schema {workspace.build}; create table {workspace.build}.genes (gene_id text)")
    with throwaway.occupied(trial) as conn:
        assert throwaway.present(conn, workspace) == []
        conn.execute(f"create schema {workspace.operations}")
        assert throwaway.sweep(small.settings) == ()
        with pytest.raises(MigrationLockedError, match="Another dry run is at work"), throwaway.occupied(trial):
            pass
    with small.connect() as conn:
        conn.execute(f"create schema {workspace.build}")
    assert throwaway.sweep(small.settings) == (workspace.build,)
    assert small.value("select count(*) from pg_namespace where nspname like 'mediabase%%'") == 0


def test_a_running_migration_is_not_planned_into(small):
    from mediabase_assets.records.lock import hold_migration_lock, release_migration_lock

    hold_migration_lock(small.settings, "a run")
    try:
        with pytest.raises(MigrationLockedError, match="A migration is running"):
            planned(small)
    finally:
        release_migration_lock("a run")
