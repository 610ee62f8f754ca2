"""Running again: only what is missing, failed or stale is made, and the result is that of making everything."""

import pytest

from mediabase_assets.model.errors import ReleaseError
from mediabase_assets.planning import registry
from mediabase_assets.planning.live_settings import with_live_policy
from mediabase_assets.planning.plan import work_to_do
from mediabase_assets.runs.results import KEEP, KEEP_TAG, legacy_seen
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.copies import copy_of, hashes, told
from mediabase_assets_tests.spoiling import spoiled

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
LEGACY = "cancer_transcript_base"
NEWEST = "(select migration_id from mediabase_ops.migration_runs order by started_at desc limit 1)"
FIRST = {registry.LEGACY, registry.BACKUP}  # a copy of a database has no run and no backup of its own


@pytest.fixture
def copy(migrated, pipeline_home):
    with copy_of(migrated, pipeline_home) as this:
        yield this


def execute(this, query, *parameters):
    with this.connect() as conn:
        conn.execute(query, parameters or None)


def records(this):
    """The accounts, the quarantine and the repairs of the newest migration, by asset."""
    return (
        this.rows(f"select asset, legacy_column, fact_kind, facts_read, kept, merged, repaired, quarantined, archived"
                  f" from mediabase_ops.row_account where migration_id = {NEWEST} order by 1, 2, 3"),
        this.rows(f"select asset, reason, outcome, sum(facts) from mediabase_ops.reason_account where migration_id = {NEWEST}"
                  " group by 1, 2, 3 order by 1, 2, 3"),
        this.rows(f"select asset, reason, count(*), sum(fact_count) from mediabase_ops.quarantine where migration_id = {NEWEST}"
                  " group by 1, 2 order by 1, 2"),
        this.rows(f"select asset, reason, count(*), sum(fact_count) from mediabase_ops.repairs where migration_id = {NEWEST}"
                  " group by 1, 2 order by 1, 2"),
        this.rows(f"select * from mediabase_ops.column_account where migration_id = {NEWEST} order by legacy_column"),
    )  # fmt: skip


def without_id(found):
    *others, columns = found
    return [*others, [row[1:] for row in columns]]


def everything_anew(this):
    """The content and the records of a migration that makes everything; the copy is not used afterwards."""
    result = this.migrate()
    assert result.success, told(result)
    return hashes(this), without_id(records(this))


def test_a_finished_migration_has_nothing_to_do(copy):
    assert copy.work() == {}


def test_a_legacy_table_that_was_rewritten_with_equal_content_makes_nothing_stale(copy):
    execute(copy, f"update {LEGACY} set gene_symbol = gene_symbol")
    execute(copy, f"vacuum full {LEGACY}")
    assert copy.work() == {}
    assert copy.value("select count(*) from mediabase_ops.legacy_contents") == 2


def test_a_changed_value_makes_what_depends_on_it_and_keeps_the_rest(copy):
    drug = '{"9299999": {"name": "newdrugine", "evidence": {"type": "Ki", "score": 8.1}, "mechanism": "1", "action_type": "ANTAGONIST"}}'
    execute(copy, f"update {LEGACY} set drugs = drugs || %s::jsonb where gene_symbol = 'ESR1'", drug)
    work = copy.work()
    assert work["extraction/legacy_rows"] == "legacy/cancer_transcript_base changed"
    result = copy.rerun()
    assert result.success, told(result)
    # tables that read the snapshot are made again, with equal content: what shows them is kept
    assert {"views/pathway_gene_counts", "views/publication_summary_view"} <= harness.kept(result)
    assert {"normalized/gene_drug_interactions", "views/drug_gene_summary", registry.RELEASE} <= harness.made(result)
    assert copy.value("select count(*) from drug_interactions where drug_name = 'newdrugine'") == 1
    content, noted = hashes(copy), without_id(records(copy))
    assert copy.work() == {}
    assert everything_anew(copy) == (content, noted)


def test_a_changed_setting_makes_what_reads_it(migrated, pipeline_home):
    with copy_of(migrated, pipeline_home, symbol_conflicts="qualify") as copy:
        work = copy.work()
        assert work["extraction/gene_candidates"] == "the setting symbol_conflicts changed from keep_best to qualify"
        assert not {"extraction/legacy_rows", "extraction/gene_identities", "extraction/transcript_candidates"} & work.keys()
        result = copy.rerun()
        assert result.success, told(result)
        assert "normalized/genes" in harness.made(result)
        content, noted = hashes(copy), without_id(records(copy))
        assert everything_anew(copy) == (content, noted)
        copy.environment.pop("MEDIABASE_CONFIG")
        keeps_the_policy_of_the_live_release(copy)
        assert hashes(copy) == content


def keeps_the_policy_of_the_live_release(copy):
    """Nobody names a policy any more: a plain migration keeps that of the live release; another one has to be named."""
    plain = load_settings(home=copy.settings.home, database={"name": copy.settings.database.name}, backup_dir=copy.settings.backup_dir)
    named = plain.model_copy(update={"symbol_conflicts": "keep_best"})
    with copy.connect() as conn:
        assert with_live_policy(conn, plain).symbol_conflicts == "qualify"
        assert work_to_do(conn, with_live_policy(conn, plain), seen=legacy_seen(copy.instance)) == {}
        assert with_live_policy(conn, named).symbol_conflicts == "keep_best"
        assert "extraction/gene_candidates" in work_to_do(conn, with_live_policy(conn, named), seen=legacy_seen(copy.instance))
    assert copy.migrate(tags={KEEP_TAG: KEEP}).success  # as *Materialize all* of the UI


def test_changed_code_makes_its_asset_and_what_then_differs(copy):
    execute(copy, "update mediabase_ops.asset_state set code_version = 'old' where asset = 'extraction/pathway_facts'")
    work = copy.work()
    assert work["extraction/pathway_facts"] == "its code changed"
    assert work["normalized/gene_pathways"] == "extraction/pathway_facts, normalized/pathways are rebuilt"
    assert "normalized/genes" not in work
    result = copy.rerun()
    assert result.success, told(result)
    assert harness.made(result) == FIRST | {"extraction/pathway_facts"}
    assert copy.work() == {}
    checks = {(e.asset_key.to_user_string(), e.check_name): e for e in result.get_asset_check_evaluations()}
    assert (registry.BACKUP, "checksums_match") in checks
    assert (registry.BACKUP, "newest_backup_can_be_restored") not in checks  # a restore has a job of its own
    one = checks["normalized/gene_pathways", "every_key_is_unique"]
    assert one.passed
    assert {"checked at", "keys"} <= one.metadata.keys()


def test_a_failed_audit_costs_what_failed(fresh):
    victim = fresh.value("select min(transcript_id) from cancer_transcript_base where chromosome is not null")
    with spoiled(fresh.connect, [victim]):
        first = fresh.migrate()
        assert harness.failed_steps(first) == ["normalized__transcripts"]
        assert fresh.work()["normalized/transcripts"] == "it was not built yet"
        again = fresh.rerun()
        assert harness.failed_steps(again) == ["normalized__transcripts"]
        assert not harness.made(again) & harness.made(first)
    last = fresh.rerun()
    assert last.success, told(last)
    assert {"normalized/go_terms", "normalized/publications"} <= harness.kept(last)
    assert fresh.work() == {}


def test_a_live_table_that_somebody_changed_is_brought_back(copy):
    before = hashes(copy)
    execute(copy, "update genes set gene_type = 'nonsense' where gene_symbol = 'TP53'")
    work = copy.work()
    assert work["normalized/genes"] == "public.genes was changed outside of a migration"
    assert work.keys() == FIRST | {"normalized/genes", registry.RELEASE}
    result = copy.rerun()
    assert result.success, told(result)
    assert hashes(copy) == before
    assert copy.work() == {}


@pytest.mark.parametrize(
    ("damage", "asset", "reason"),
    [
        ("drop materialized view gene_summary_view", "views/gene_summary_view", "public.gene_summary_view is gone"),
        ("drop index gene_summary_view_key", "views/gene_summary_view", "public.gene_summary_view: its indexes changed"),
        ("drop function refresh_pathway_drug_views", registry.RELEASE, "refresh_pathway_drug_views is gone"),
        ("drop table pharmacogenomic_annotations cascade", "normalized/pharmacogenomic_annotations",
         "public.pharmacogenomic_annotations is gone"),
    ],
)  # fmt: skip
def test_what_is_gone_is_made_again(copy, damage, asset, reason):
    execute(copy, damage)
    assert copy.work()[asset] == reason
    result = copy.rerun()
    assert result.success, told(result)
    assert copy.work() == {}


def test_relations_that_a_crash_emptied_are_made_again_only_where_they_are_read(copy):
    for (name,) in copy.rows("select relname from pg_class where relnamespace = 'mediabase_next'::regnamespace and relpersistence = 'u'"):
        execute(copy, f"truncate mediabase_next.{name}")
    assert copy.work() == {}
    execute(copy, "update mediabase_ops.asset_state set code_version = 'old' where asset = 'normalized/go_terms'")
    work = copy.work()
    assert "was emptied by a crash of the server, and" in work["extraction/go_facts"]
    assert "normalized/drug_interactions" not in work
    before = hashes(copy)
    result = copy.rerun()
    assert result.success, told(result)
    assert hashes(copy) == before


def test_what_was_built_and_not_released_is_released_if_a_backup_is_there(fresh, monkeypatch):
    def refuse(*_args):
        raise ReleaseError("Something is in the way.")

    with monkeypatch.context() as patch:
        patch.setattr("mediabase_assets.release.publish.release_views", refuse)
        assert harness.failed_steps(fresh.migrate()) == ["release__current_release"]
    assert fresh.work().keys() == {registry.RELEASE, *registry.AFTERWARDS}
    aside = fresh.settings.backup_dir.rename(fresh.settings.backup_dir.with_name("aside"))
    with monkeypatch.context() as patch:
        harness.nothing_is_rebuilt_first(patch)
        assert "There is no backup of what is live now." in told(fresh.migrate(registry.RELEASE))
    aside.rename(fresh.settings.backup_dir)
    execute(fresh, "drop materialized view mediabase_next.publication_summary_view")
    assert fresh.work()["views/publication_summary_view"] == "mediabase_next.publication_summary_view is gone"
    result = fresh.rerun()
    assert result.success, told(result)
    assert harness.made(result) == {"views/publication_summary_view", registry.RELEASE, *registry.AFTERWARDS}


def test_a_measurement_needs_no_backup(copy):
    execute(copy, "delete from mediabase_ops.asset_state where asset = 'validation/query_benchmark'")
    missing = "validation/query_benchmark does not exist"
    assert copy.work() == {registry.BENCHMARK: "it was not built yet", registry.VERDICT: missing, registry.REPORT: missing}


def test_a_release_is_refused_where_something_is_stale(copy, monkeypatch):
    harness.nothing_is_rebuilt_first(monkeypatch)
    execute(copy, "update mediabase_ops.asset_state set code_version = 'old' where asset = 'normalized/genes'")
    result = copy.migrate(registry.BACKUP, registry.RELEASE)
    assert "1 of 53 assets must be rebuilt and audited before a release." in told(result)
    assert "normalized/genes: its code changed" in told(result)
