"""Which points there are, what happens at one, and what must be so afterwards."""

import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from mediabase_assets.backup import is_verified, list_backups
from mediabase_assets.planning import registry
from mediabase_assets.runs.cleanup import remove_leftovers
from mediabase_assets.runs.dead_runs import look_at, report_orphans
from mediabase_assets_tests.faults.killing import RELEASE, Point, run_until
from mediabase_assets_tests.faults.places import Content, assert_as_uninterrupted, content_of
from mediabase_assets_tests.pipeline import copies, harness


def chosen(points: Sequence[Point]) -> list[Point]:
    """Before, during and after the build of each asset, and every statement of the release."""
    by_place: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        by_place[point.place].append(point)
    result: list[Point] = []
    for place, found in sorted(by_place.items()):
        statements = [p for p in found if p.when == "at"]
        commits = [p for p in found if p.when == "after"]
        wanted = statements if place == RELEASE else [statements[0], statements[len(statements) // 2], statements[-1]]
        result += dict.fromkeys([*wanted, *commits[-1:]])
    return result


def sample(points: Sequence[Point], number: int, seed: int) -> list[Point]:
    """Some of them, of every kind that there is: builds and the release by turns."""
    drawn = random.Random(seed)
    kinds = (
        [p for p in points if p.place != RELEASE and p.when == "at"],
        [p for p in points if p.place == RELEASE],
        [p for p in points if p.place != RELEASE and p.when == "after"],
    )
    there = [kind for kind in kinds if kind]
    return [drawn.choice(there[n % len(there)]) for n in range(number)]


def finished(this: harness.Project) -> set[str]:
    """The assets that Dagster's event log tells to be made."""
    keys = (dg.AssetKey(name.split("/")) for name in registry.definitions())
    return {key.to_user_string() for key in keys if this.instance.get_latest_materialization_event(key)}


def committed(this: harness.Project) -> set[str]:
    """The assets whose transaction was committed, whether Dagster was told or not."""
    there = this.value("select to_regclass('mediabase_ops.asset_state') is not null")
    return {asset for (asset,) in this.rows("select asset from mediabase_ops.asset_state")} if there else set()


def go_on(this: harness.Project, told: set[str]) -> None:
    """Do what `mediabase migrate` does, and see that exactly what was not finished was made.

    Args:
        this: The project.
        told: The assets that were finished when the run was killed, by Dagster's event log.
    """
    left = {*registry.definitions()} - told - committed(this)
    if any(map(is_verified, list_backups(this.settings.backup_dir))):  # a verified backup stands, whether anybody was told or not
        left.discard(registry.BACKUP)
    assert this.work().keys() == left
    if not left:
        return
    run = this.rerun()
    assert run.success, copies.told(run)
    assert harness.executed(run) == left
    assert this.work() == {}


def die_and_go_on(template: harness.Project, home: Path, point: Point, expected: Content) -> str:
    """Kill a migration at a point, continue it, and see that all is as if nothing had happened; returns what happened."""
    with copies.copy_of(template, home, on_disk=True) as this:
        if not run_until(this, point):
            assert content_of(this).hashes == expected.hashes
            return "the run ended without coming there"
        told = finished(this)
        orphans = report_orphans(this.instance, this.settings)
        assert len(orphans) == 1, orphans
        assert "is gone" in orphans[0].found
        assert report_orphans(this.instance, this.settings) == []
        removed = remove_leftovers(this.settings, "leftovers-of-a-test", look_at(this.instance))
        assert finished(this) == told | committed(this)
        go_on(this, told)
        assert_as_uninterrupted(this, expected)
        return f"continued{f', removed {len(removed)}' if removed else ''}"
