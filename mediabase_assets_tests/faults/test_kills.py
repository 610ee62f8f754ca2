"""Some of the points at which a migration is killed; `python -m mediabase_assets_tests.faults.all_points` does all of them."""

import os

import pytest

from mediabase_assets_tests.faults.killing import Point, recorded
from mediabase_assets_tests.faults.points import chosen, die_and_go_on, sample
from mediabase_assets_tests.pipeline import copies

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]

#: How many points, and which.
NUMBER, SEED = int(os.environ.get("MEDIABASE_FAULT_POINTS", "3")), int(os.environ.get("MEDIABASE_FAULT_SEED", "4"))


@pytest.fixture(scope="session")
def points(template, fault_home, tmp_path_factory):
    with copies.copy_of(template, fault_home) as this:
        return chosen(recorded(this, tmp_path_factory.mktemp("points") / "points.json"))


@pytest.mark.parametrize("number", range(NUMBER))
def test_a_killed_run_is_continued_as_if_nothing_had_happened(template, fault_home, reference, points, number):
    point = sample(points, NUMBER, SEED)[number]
    assert die_and_go_on(template, fault_home, point, reference).startswith("continued"), point


def test_a_sample_is_of_all_kinds_that_there_are():
    builds = [Point("views/gene_summary_view", "at", n) for n in (1, 2)]
    every = [*builds, Point("release/current_release", "at", 1), Point("views/gene_summary_view", "after", 1)]
    assert {(p.place, p.when) for p in sample(every, 3, seed=1)} == {(p.place, p.when) for p in every}
    assert set(sample(builds, 9, seed=1)) <= set(builds)
