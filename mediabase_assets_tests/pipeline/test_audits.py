"""A table whose audit fails is not released, shows the row, and is where a re-execution starts; the live tables can be audited."""

import dagster as dg
import pytest

from mediabase_assets.definitions import defs
from mediabase_assets.defs.normalized.assets import CHECKS
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.content_hash import physical_fingerprint
from mediabase_assets_tests.pipeline import copies, harness
from mediabase_assets_tests.pipeline.re_executions import from_asset_failure, from_failure
from mediabase_assets_tests.spoiling import BAD, spoiled

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]

#: A healthy row of a gene that has others (so that only the transcript is bad), and of one that has no other.
_SIBLING = """
    select min(t.transcript_id), min(t.gene_id) from transcripts t join cancer_transcript_base l using (transcript_id)
    join genes g on g.gene_id = t.gene_id where l.chromosome = t.chromosome and g.source_transcript_count {}
    group by t.gene_id order by 1 limit 1
"""


def downstream(*names):
    """Assets that need one of these, with the views, the report, the release and what follows it."""
    found = set(names)
    for table in TABLES:
        if found & set(table.parents):
            found.add(table.name)
    shown = {f"views/{v.name}" for v in VIEWS if found & set(v.parents)}
    always = {
        f"validation/{name}"
        for name in (
            "column_account", "round_trip", "leaf_census", "release_checks", "query_benchmark", "verdict", "migration_report",
        )
    }  # fmt: skip
    always |= {"release/current_release"}
    return {f"normalized/{n}" for n in found} | shown | always


@pytest.mark.parametrize(("siblings", "table"), [("> 2", "transcripts"), ("= 1", "genes")])
def test_a_bad_row_stops_the_first_release(migrated, fresh, siblings, table):
    transcript, gene = migrated.rows(_SIBLING.format(siblings))[0]
    with spoiled(fresh.connect, [transcript]):
        result = fresh.migrate()
    assert not result.success
    assert harness.failed_steps(result) == [f"normalized__{table}"]
    assert not harness.executed(result) & downstream(table)
    assert copies.relations(fresh, "public") == {"cancer_transcript_base"}
    assert table not in copies.relations(fresh, "mediabase_next")
    metadata = harness.failed_checks(result)[f"normalized/{table}:every_row_fits_its_model"]
    shown = copies.sample_of(metadata)
    key = {"transcripts": ("transcript_id", transcript), "genes": ("gene_id", gene)}[table]
    assert [(row[key[0]], row["column"], row["value"]) for row in shown] == [(key[1], "chromosome", BAD)]
    assert BAD in copies.told(result)
    assert "everything live is as it was" in copies.told(result)


def test_a_bad_row_leaves_the_release_before_as_it_was(migrated, pipeline_home):
    transcript, _ = migrated.rows(_SIBLING.format("> 2"))[0]
    with copies.copy_of(migrated, pipeline_home) as this:
        before = (copies.hashes(this), copies.fingerprints(this), this.rows("select * from mediabase_ops.releases"))
        with spoiled(this.connect, [transcript]):
            result = this.migrate()
        assert harness.failed_steps(result) == ["normalized__transcripts"]
        assert not harness.executed(result) & downstream("transcripts")
        assert (copies.hashes(this), copies.fingerprints(this), this.rows("select * from mediabase_ops.releases")) == before
        assert "transcripts" not in copies.relations(this, "mediabase_next")
        status = this.rows("select status from mediabase_ops.migration_runs order by started_at desc limit 1")
        assert status == [("failed",)]
        stage = this.rows("select status from mediabase_ops.migration_stages where asset = 'normalized/transcripts' and status = 'failed'")
        assert stage == [("failed",)]


# ----------------------------------------------------------------------------------------------- re-execution

#: A cause that is not in the legacy table: something in the database changes a fact while it is extracted.
_CAUSE = """
    create table public.kept_aside (payload_id text, path text, pathway_id text);
    create function public.meddle() returns event_trigger language plpgsql as $$
    begin
      if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'mediabase_next.pathway_facts') then
        insert into public.kept_aside select payload_id::text, path, pathway_id from mediabase_next.pathway_facts
          where is_first order by payload_id::text, path limit 1;
        update mediabase_next.pathway_facts f set pathway_id = 'XX-1' from public.kept_aside k
          where f.payload_id::text = k.payload_id and f.path = k.path;
      end if;
    end $$;
    create event trigger meddle on ddl_command_end when tag in ('CREATE TABLE AS') execute function public.meddle();
"""
_MEND = """
    drop event trigger meddle;
    drop function public.meddle();
    update mediabase_next.pathway_facts f set pathway_id = k.pathway_id from public.kept_aside k
      where f.payload_id::text = k.payload_id and f.path = k.path;
    drop table public.kept_aside;
"""


@pytest.mark.parametrize("strategy", [from_failure, from_asset_failure])
def test_a_re_execution_runs_what_failed_and_what_waited_for_it_alone(migrated, fresh, strategy):
    with fresh.connect() as conn:
        conn.execute(_CAUSE)
    first = fresh.migrate()
    assert harness.failed_steps(first) == ["normalized__pathways"]
    shown = copies.sample_of(harness.failed_checks(first)["normalized/pathways:every_row_fits_its_model"])
    assert {(row["pathway_id"], row["column"]) for row in shown} == {("XX-1", "pathway_id")}
    assert "pathways" not in copies.relations(fresh, "public") | copies.relations(fresh, "mediabase_next")
    waited = downstream("pathways")
    assert {"normalized/gene_pathways", "normalized/pharmgkb_pathway_reactions"} < waited
    known = defs().resolve_asset_graph().materializable_asset_keys
    everything = {key.to_user_string() for key in known if key.path[0] != "patients"}
    assert harness.executed(first) == everything - waited
    with fresh.connect() as conn:
        conn.execute(_MEND)
    with strategy(fresh, fresh.instance.get_run_by_id(first.run_id)) as second:
        assert second.success
        assert harness.executed(second) == waited
    assert copies.hashes(fresh) == copies.hashes(migrated)
    assert fresh.rows("select distinct migration_id from mediabase_ops.migration_stages") == fresh.rows(
        "select migration_id from mediabase_ops.migration_runs where status = 'released'"
    )


# ------------------------------------------------------------------------------------------ audit of what is live


def writes(this):
    """Everything that a write anywhere would change."""
    with this.connect() as conn:
        rows = conn.execute(
            "select nspname, relname from pg_class join pg_namespace n on n.oid = relnamespace where relkind = 'r'"
            " and nspname in ('public', 'mediabase_next', 'mediabase_ops') order by 1, 2"
        ).fetchall()
        return {tuple(row): physical_fingerprint(conn, *row) for row in rows}


def test_the_audit_of_the_live_tables_passes_and_writes_nothing(migrated):
    before = writes(migrated)
    result = migrated.migrate(job="audit")
    assert result.success
    assert harness.executed(result) == set()
    evaluated = {(c.asset_key.path[-1], c.check_name) for c in result.get_asset_check_evaluations()}
    specified = {
        (k.asset_key.path[-1], k.name)
        for k in defs().resolve_asset_graph().asset_check_keys
        if k.asset_key.path[0] in ("normalized", "views") or k.asset_key.path[-1] in ("round_trip", "release_checks", "verdict")
    }
    assert evaluated == specified
    failed = {c.check_name for c in result.get_asset_check_evaluations() if not c.passed}
    assert failed == {"interactions_have_a_clinical_phase"}  # a warning about the demonstration
    assert writes(migrated) == before


SPOILED = {
    "a value out of its vocabulary": (
        "gene_annotations", "every_row_fits_its_model", "update gene_annotations set annotation_type = 'nonsense' where ctid ="
        " (select min(ctid) from gene_annotations)", "nonsense",
    ),
    "a row gone": (
        "pharmgkb_pathway_reactions", "every_fact_is_accounted_for", "delete from pharmgkb_pathway_reactions where ctid ="
        " (select min(ctid) from pharmgkb_pathway_reactions)", "rows of the table",
    ),
    "an orphan": (
        "gene_annotations", "every_reference_exists", "alter table gene_annotations disable trigger all;"
        " update gene_annotations set gene_id = 'ENSG99999999999' where ctid = (select min(ctid) from gene_annotations)",
        "ENSG99999999999",
    ),
    "a set without a member": (
        "transcript_go_terms", "every_set_has_its_members", "delete from go_term_set_members where ctid ="
        " (select min(ctid) from go_term_set_members)", "term_count",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SPOILED)
def test_the_audit_of_the_live_tables_shows_what_was_spoiled_by_hand(migrated, pipeline_home, kind):
    table, check, statement, shown = SPOILED[kind]
    with copies.copy_of(migrated, pipeline_home) as this:
        with this.connect() as conn:
            conn.execute(statement)
        before = writes(this)
        result = this.migrate(job="audit")
        assert not result.success
        failed = harness.failed_checks(result)
        assert f"normalized/{table}:{check}" in failed
        assert shown in str(copies.sample_of(failed[f"normalized/{table}:{check}"]))
        # views show what they were refreshed from
        assert {name.split(":")[0] for name in failed if name.startswith("normalized/")} == {f"normalized/{table}"}
        assert writes(this) == before


def test_what_could_not_be_looked_at_is_never_told_as_passed(migrated, pipeline_home):
    with copies.copy_of(migrated, pipeline_home) as this:
        with this.connect() as conn:
            conn.execute("drop table mediabase_next.legacy_snapshot")
        result = this.migrate(job="audit")
        assert result.success
        told = {c.check_name: c for c in result.get_asset_check_evaluations() if not c.passed and c.asset_key.path[-1] != "release_checks"}
        needing = {check.name for checks in CHECKS.values() for check in checks if check.needs_extraction}
        assert set(told) == needing
        assert all(c.severity is dg.AssetCheckSeverity.WARN for c in told.values())
        assert all("There is no snapshot of the legacy table" in c.metadata["not looked at"].value for c in told.values())
