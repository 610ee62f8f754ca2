"""The benchmark's own arithmetic and words, its scripts, and one run of it at the smallest size."""

import copy
import json

import pytest
from rich.console import Console

from mediabase_assets.demo.build import MINIMUM_TRANSCRIPTS
from mediabase_assets_tests.benchmarks.scale import report
from mediabase_assets_tests.benchmarks.scale.comparing import compare
from mediabase_assets_tests.benchmarks.scale.figures import Work, covered, growth, joined, shares_of, stages_of
from mediabase_assets_tests.benchmarks.scale.measuring import Options, Teller, measure, same_content
from mediabase_assets_tests.benchmarks.scale.picture import draw
from mediabase_assets_tests.benchmarks.scale.script import Step, ordered
from mediabase_assets_tests.benchmarks.scale.sizes import read_sizes


@pytest.mark.parametrize(
    ("intervals", "length"),
    [
        ([], 0),
        ([(3, 4)], 1),
        ([(0, 1), (1, 2)], 2),
        ([(0, 5), (1, 2), (4, 6)], 6),
        ([(7, 8), (0, 1)], 2),
        ([(0, 3), (0, 3)], 3),
    ],
)
def test_union_counts_every_second_once(intervals, length):
    assert covered(intervals) == length


def test_core_leaves_proofs_out_and_counts_orchestration():
    works = [
        Work("backup/legacy_backup", 2, 1, 4, build=2, audit=0.5),
        Work("normalized/genes", 8, 3, 6),
        Work("validation/round_trip", 10, 6, 9),
        Work("validation/query_benchmark", 12, 9, 10),
    ]
    shares = shares_of(works, wall=12)
    assert shares["orchestration"] == 3
    assert shares["work"] == 5
    assert shares["core"] == 8
    assert (shares["round_trip"], shares["query_benchmark"], shares["column_account"]) == (3, 1, 0)
    assert (shares["build"], shares["audit"], shares["rest"]) == (2, 0.5, 0.5)
    assert works[1].rest is None
    assert stages_of(works)["8 Table Population"] == 3


def test_a_step_that_makes_two_assets_is_one():
    rows = [Work("extraction/legacy_payloads", 4, 1, 5, rows=3), Work("extraction/legacy_rows", 4, 1, 4.9, rows=4), Work("a/b", 4, 2, 3)]
    found = joined(rows)
    assert [(w.asset, w.seconds, w.rows) for w in found] == [("extraction/legacy_payloads + legacy_rows", 4, 7), ("a/b", 1, None)]


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.25])
def test_growth_finds_the_exponent(exponent):
    found = growth([(rows, 0.001 * rows**exponent) for rows in (24_000, 96_000, 385_000, 1_157_000)])
    assert found is not None
    assert found.exponent == pytest.approx(exponent, abs=1e-5)
    assert found.at(50_000) == pytest.approx(0.001 * 50_000**exponent, rel=1e-4)


def test_one_size_has_no_growth():
    assert growth([(1000, 3), (1000, 4)]) is None


def test_sizes_are_multiples_of_the_real_table():
    assert [(s.label, s.transcripts) for s in read_sizes("1/16,1/4, 1,3")] == [
        ("1/16", 24_104),
        ("1/4", 96_415),
        ("1", 385_659),
        ("3", 1_156_977),
    ]
    assert read_sizes("none") == ()


@pytest.mark.parametrize("text", ["x", "1/0", "", "1,1", "0.0001", "-1"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError):
        read_sizes(text)


def test_steps_come_after_what_they_need_and_long_chains_first():
    steps = [Step("view", frozenset({"genes"}), 5, ""), Step("genes", frozenset({"rows"}), 1, ""), Step("rows", frozenset(), 0, ""),
             Step("short", frozenset(), 2, "")]  # fmt: skip
    assert [s.name for s in ordered(steps)] == ["rows", "genes", "view", "short"]


def result(**hashes):
    """A result of one size, as JSON has it."""
    seconds = {"wall": 12.0, "core": 8.0, "work": 5.0, "orchestration": 3.0}
    assets = [{"asset": "normalized/genes", "seconds": 3.0}]
    size = {
        "label": "1/16", "legacy": {"rows": 24_104}, "floor": {"seconds": 7.0}, "hashes": hashes,
        "migration": {"seconds": seconds, "second_migrate_seconds": 4.0, "assets": assets},
    }  # fmt: skip
    return {"machine": {"cores": 2}, "sizes": [size]}


def test_comparison_tells_what_changed():
    before = result(genes={"rows": 9, "hash": "a"}, pathways={"rows": 5, "hash": "b"}, old={"rows": 1, "hash": "c"})
    after = result(genes={"rows": 9, "hash": "x"}, pathways={"rows": 6, "hash": "y"}, new={"rows": 1, "hash": "c"})
    after["sizes"][0]["migration"]["assets"] = [{"asset": "normalized/genes", "seconds": 2.0}, {"asset": "views/v", "seconds": 1.0}]
    (found,) = compare(before, after)
    assert found.contents == (
        "genes has other content", "new is new", "old is missing", "pathways has other content, 5 rows before and 6 now",
    )  # fmt: skip
    assert found.verdict.startswith("4 relations differ: ")
    assert found.seconds["normalized/genes"] == (3.0, 2.0)
    assert found.seconds["views/v"] == (None, 1.0)
    assert "views/v" in report.markdown({"machine": _machine()}, report.comparison([found]))


def test_comparison_says_that_nothing_changed_and_what_is_not_alike():
    before, after = result(genes={"rows": 9, "hash": "a"}), result(genes={"rows": 9, "hash": "a"})
    after["machine"]["cores"] = 8
    (found,) = compare(before, after)
    assert found.verdict == "Every one of 1 relations has the same content."
    assert found.unlike == ("cores 2 and 8",)


def test_sizes_of_only_one_result_are_left_out():
    after = copy.deepcopy(before := result())
    after["sizes"][0]["label"] = "1"
    assert compare(before, after) == []


def _machine():
    return {"cores": 2, "memory_bytes": 8e9, "processor": "p", "postgresql": "18", "python": "3", "dagster": "1", "package": "0",
            "commit": "", "measured_at": "2026-01-01T00:00:00+00:00"}  # fmt: skip


@pytest.mark.pg
@pytest.mark.end_to_end
def test_floor_and_migration_make_the_same(tmp_path):
    (size,) = read_sizes(f"{MINIMUM_TRANSCRIPTS}/385659")
    found = measure(size, Options(out=tmp_path, inside=tmp_path), Teller(Console(quiet=True)))
    found = json.loads(json.dumps(found))
    assert set(found["floor"]["same_content"].values()) == {True}
    assert found["floor"]["same_content"].keys() == found["floor"]["hashes"].keys()
    assert found["migration"]["look_seconds"] < found["migration"]["second_migrate_seconds"] < found["migration"]["seconds"]["wall"]
    seconds = found["migration"]["seconds"]
    assert 0 < seconds["work"] < seconds["core"] < seconds["wall"]
    assert found["migration"]["memory"]["python_peak"] < 600e6
    assert found["migration"]["memory"]["server_peak"] > 0
    assert found["migration"]["traffic"]["wal"] > 0
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"floor-{size.file_name}"], "a temporary folder is left"
    whole = {"machine": _machine(), "sizes": [found]}
    assert "validation/round_trip" in report.markdown(whole, report.tables(whole))
    assert draw(whole).startswith(b"\x89PNG")


def test_a_row_too_few_is_other_content():
    assert same_content({"genes": {"rows": 1, "hash": "a"}}, {"genes": {"rows": 2, "hash": "a"}, "pathways": {"rows": 1, "hash": "b"}}) == {
        "genes": False, "pathways": False,
    }  # fmt: skip
