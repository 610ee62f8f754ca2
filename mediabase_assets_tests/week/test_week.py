"""The short form of the simulated week: three days with the faults that need no long waits."""

import pytest

from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.stored import stored
from mediabase_assets_tests.week.afterwards import problems
from mediabase_assets_tests.week.simulation import RETENTION, Week, quiet, server_restarts, table_changed_by_hand

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
pipeline_home = harness.pipeline_home


def test_after_days_with_faults_views_are_fresh_nothing_is_left_and_records_are_bounded(pipeline_home, tmp_path):
    with stored(pipeline_home, tmp_path, retention=RETENTION, temp_dir=tmp_path / "scratch") as project:
        week = Week(project)
        assert project.migrate().success
        week.live(
            [("a table changed by hand", table_changed_by_hand), ("a restart", server_restarts), ("nothing", quiet), ("nothing", quiet)]
        )
        assert problems(week) == []
        assert any(day.deleted.startswith("Deleted:") for day in week.days)
        with project.connect() as conn:  # and what is wrong is found
            conn.execute("delete from gene_drug_interactions where ctid = (select min(ctid) from gene_drug_interactions)")
            conn.execute("create schema mediabase_round_trip_1")
        found = problems(week)
        assert any("gene_summary_view is not fresh" in problem for problem in found)
        assert "the schema mediabase_round_trip_1" in found
