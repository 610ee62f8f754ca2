"""Views in a release: they appear with the tables, follow them, take the place of old ones, and hold the release up if wrong."""

import pytest
from psycopg import sql

from mediabase_assets.backup import list_backups
from mediabase_assets.model.errors import ReleaseError
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import MATERIALIZED, VIEWS
from mediabase_assets.views import functions
from mediabase_assets_tests.pipeline import copies, harness
from mediabase_assets_tests.pipeline.changes import change_legacy
from mediabase_assets_tests.pipeline.refreshes import due, other_query, view_hashes
from mediabase_assets_tests.pipeline.view_oracle import Oracle
from mediabase_assets_tests.pipeline.view_rows import SHOWN, differences

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


@pytest.fixture
def live(migrated, pipeline_home):
    """A migrated project of its own."""
    with copies.copy_of(migrated, pipeline_home) as this:
        yield this


def how(this):
    """What the newest release did to each view."""
    return dict(
        this.rows(
            "select view, how from mediabase_ops.release_views where release_id = (select max(release_id) from mediabase_ops.releases)"
        )
    )


def look_ups(this):
    """How a relation's keys are looked up: the kind of scan, and the rows for which the index alone did not do."""
    found = {}
    with this.connect() as conn:
        conn.execute("set enable_seqscan = off; set enable_bitmapscan = off; set max_parallel_workers_per_gather = 0")
        for shown in (*MATERIALIZED, *RELATIONS):
            keys = sql.SQL(", ").join(map(sql.Identifier, shown.key))
            query = sql.SQL("explain (analyze, format json) select {0} from {1} order by {0}").format(keys, sql.Identifier(shown.name))
            plan = conn.execute(query).fetchone()[0][0]["Plan"]
            found[shown.name] = plan["Node Type"], plan["Heap Fetches"]
    return found


def test_the_first_release_moves_every_view_into_place(migrated):
    assert how(migrated) == {v.name: "moved" for v in VIEWS}
    # the extraction stays for re-runs, no view and no table does
    assert not copies.relations(migrated, "mediabase_next") & {v.name for v in VIEWS}


def test_what_is_dropped_again_is_not_vacuumed_and_what_is_live_is(migrated):
    rows = migrated.rows(
        """select relnamespace::regnamespace::text, count(*), count(*) filter (where 'autovacuum_enabled=false' = any (reloptions))
           from pg_class where relkind in ('r', 'm') and relnamespace::regnamespace::text in ('mediabase_next', 'public') group by 1"""
    )
    found = {schema: (there, without) for schema, there, without in rows}
    there, without = found["mediabase_next"]
    assert there - 1 == without > 0  # that one holds the one row about the snapshot
    assert found["public"][1] == 0


def test_views_follow_changed_tables_and_what_people_built_on_them_survives(live):
    with live.connect() as conn:
        conn.execute("create view mine as select gene_symbol, transcript_count from gene_summary_view")
        conn.execute("grant select on gene_summary_view, mine to public")
        identity = conn.execute("select 'gene_summary_view'::regclass::oid, 'mine'::regclass::oid").fetchone()
    change_legacy(live)
    result = live.migrate()
    assert result.success, copies.told(result)
    done = how(live)
    assert done["gene_summary_view"] == "refreshed"
    assert set(done.values()) <= {"refreshed", "kept"}
    with live.connect() as conn:
        oracle = Oracle(conn)
        for view in SHOWN:
            assert differences(conn, oracle, view) == []
        assert conn.execute("select 'gene_summary_view'::regclass::oid, 'mine'::regclass::oid").fetchone() == identity
        assert conn.execute("select has_table_privilege('public', 'mine', 'select')").fetchone() == (True,)
    assert due(live).reasons == {}


def test_old_programs_views_are_replaced_and_stay_in_the_backup_and_the_new_answer_from_indexes_alone(fresh):
    with fresh.connect() as conn:
        conn.execute("create materialized view drug_gene_summary as select gene_symbol as drug_name from cancer_transcript_base")
        conn.execute("create view pathway_annotation_coverage as select count(*) as total_genes from cancer_transcript_base")
        conn.execute(
            """create function get_clinically_relevant_drugs(gene_symbol_filter text) returns table (drug_name varchar)
               language sql as 'select ''old''::varchar'"""
        )
        conn.execute("create function get_pathway_druggability(a text, b text) returns text language sql as 'select a || b'")
    result = fresh.migrate()
    assert result.success, copies.told(result)
    # pages are marked as visible to all, which autovacuum would do some time later; any write, rolled back too, takes the mark away
    assert {name: found for name, found in look_ups(fresh).items() if found != ("Index Only Scan", 0)} == {}
    done = how(fresh)
    assert (done["drug_gene_summary"], done["pathway_annotation_coverage"], done["gene_summary_view"]) == ("replaced", "replaced", "moved")
    assert fresh.value("select count(*) from drug_gene_summary where target_gene_count > 0") > 0
    assert fresh.value("select count(*) from get_clinically_relevant_drugs('EGFR')") > 0
    (backup,) = list_backups(fresh.settings.backup_dir)
    assert {r.relation.name for r in backup.relations} >= {"drug_gene_summary", "pathway_annotation_coverage"}


def test_a_table_under_the_name_of_a_view_is_not_touched(fresh):
    with fresh.connect() as conn:
        conn.execute("create table gene_summary_view (mine text)")
    result = fresh.migrate()
    assert not result.success
    assert "Other relations than ours have these names in public: gene_summary_view." in copies.told(result)


def test_a_view_that_fails_its_audit_holds_the_release_up(live, tmp_path, monkeypatch):
    change_legacy(live)
    before = view_hashes(live)
    versions = copies.fingerprints(live)
    with other_query(tmp_path, monkeypatch, "pathway_gene_counts", "group by", "where p.gene_id > 'ENSG00000100' group by"):
        result = live.migrate()
    assert harness.failed_steps(result) == ["views__pathway_gene_counts"]
    assert "pathway_gene_counts did not pass its audit; it was dropped, and everything live is as it was." in copies.told(result)
    assert view_hashes(live) == before
    assert copies.fingerprints(live) == versions
    assert "pathway_gene_counts" not in copies.relations(live, "mediabase_next")


def test_a_definition_that_changed_is_noticed_and_replaced_by_a_migration_of_unchanged_data(live, tmp_path, monkeypatch):
    with other_query(tmp_path, monkeypatch, "drug_gene_summary", "avg(evidence_strength)", "round(avg(evidence_strength), 4)"):
        result = live.migrate()
        assert result.success, copies.told(result)
        assert {name for name, done in how(live).items() if done != "kept"} >= {"drug_gene_summary"}
        assert how(live)["drug_gene_summary"] == "replaced"
        assert due(live).reasons == {}
    assert live.value("select max(scale(avg_evidence_strength)) from drug_gene_summary") == 4


def test_tables_are_not_released_without_the_views_that_show_them(fresh, monkeypatch):
    harness.nothing_is_rebuilt_first(monkeypatch)
    assert fresh.migrate().success
    before = view_hashes(fresh)
    with fresh.connect() as conn:
        conn.execute("update mediabase_next.gene_candidates set gene_type = 'other' where gene_symbol = 'TP53'")
    assert fresh.migrate("normalized/genes").success
    result = fresh.migrate("release/current_release")
    assert not result.success
    text = copies.told(result)
    assert "assets must be rebuilt and audited before a release." in text
    assert "views/gene_summary_view: normalized/genes changed" in text
    assert "validation/round_trip: normalized/genes changed" in text
    assert view_hashes(fresh) == before


def test_a_release_that_fails_leaves_live_views_alone(live, monkeypatch):
    """Whatever goes wrong after views were refreshed takes the refresh back."""

    def refuse(*_args):
        raise ReleaseError("Something is in the way.")

    change_legacy(live)
    before = view_hashes(live)
    monkeypatch.setattr(functions, "bring", lambda conn, schema: refuse() if schema == "public" else None)
    monkeypatch.setattr("mediabase_assets.schema.versions.FUNCTIONS", {})
    result = live.migrate()
    assert harness.failed_steps(result) == ["release__current_release"]
    assert view_hashes(live) == before
