"""Floors: at its boundaries a loss warns or stops, acceptances are taken by name, and a planted loss does so in real migrations."""

import pytest
import yaml

from mediabase_assets.model.release_checks import Outcome
from mediabase_assets.settings.load import load_settings
from mediabase_assets.validation.suites import counts
from mediabase_assets.validation.suites.floors import STOPS, WARNS, Meaning, how_to_accept, losses, measures
from mediabase_assets.validation.suites.judging import judge
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.copies import copy_of, hashes, told

RELEASE = "20260101_120000"
GROUP = "genes/biotype=lncRNA"


def settings_with(**floors):
    return load_settings(floors=floors)


def meanings(before, now, **floors):
    return {loss.group: loss.meaning for loss in losses(before, now, settings_with(**floors).floors, release=RELEASE)}


def outcomes(before, now, **floors):
    settings = settings_with(**floors)
    found = losses(before, now, settings.floors, release=RELEASE)
    return {
        m.check: judge(m, settings) for m in measures(found, release=RELEASE, groups=len(before), floors=settings.floors)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (1000, 1000, None), (1000, 1200, None), (1000, 991, Meaning.SMALL), (1000, 990, Meaning.WARNS), (1000, 951, Meaning.WARNS),
        (1000, 950, Meaning.STOPS), (1000, 0, Meaning.STOPS), (100, 95, Meaning.STOPS), (99, 0, Meaning.WARNS), (99, 98, Meaning.WARNS),
    ],
)  # fmt: skip
def test_the_meaning_of_a_loss_at_the_boundaries(before, now, expected):
    assert meanings({GROUP: before}, {GROUP: now}).get(GROUP) is expected


def test_a_group_that_is_gone_lost_everything_and_a_new_one_nothing():
    assert meanings({GROUP: 500}, {"genes/biotype=new": 9}) == {GROUP: Meaning.STOPS}
    (loss,) = losses({GROUP: 500}, {}, settings_with().floors, release=RELEASE)
    assert loss.in_words == f"{GROUP} lost 100 % of its rows (500 → 0)"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ({GROUP: 0.1}, Meaning.ACCEPTED),
        ({GROUP: 0.0999}, Meaning.STOPS),
        ({"genes": 0.1}, Meaning.STOPS),
        ({"genes*": 0.1}, Meaning.ACCEPTED),
        ({"genes*": 0.9, GROUP: 0.01}, Meaning.STOPS),
        ({GROUP: {"share": 0.1, "reason": "retired", "against": RELEASE}}, Meaning.ACCEPTED),
        ({GROUP: {"share": 0.1, "reason": "retired", "against": "20250101_120000"}}, Meaning.STOPS),
    ],
)
def test_an_acceptance_is_by_name_share_and_release(accept, expected):
    assert meanings({GROUP: 1000}, {GROUP: 900}, accept=accept) == {GROUP: expected}


def test_shares_and_the_smallest_group_are_settings():
    assert meanings({GROUP: 1000}, {GROUP: 900}, stop_share=0.2) == {GROUP: Meaning.WARNS}
    assert meanings({GROUP: 1000}, {GROUP: 900}, stop_share=0.2, warn_share=0.15) == {GROUP: Meaning.SMALL}
    assert meanings({GROUP: 20}, {GROUP: 10}, smallest_group=20) == {GROUP: Meaning.STOPS}


def test_what_is_told_of_losses():
    found = outcomes({GROUP: 1000, "genes": 5000, "transcripts": 100}, {GROUP: 900, "genes": 4900, "transcripts": 100})
    stops, warns = found[STOPS], found[WARNS]
    assert (stops.outcome, stops.measured, warns.outcome, warns.measured) == (Outcome.FAILED, 10, Outcome.WARNED, 2)
    assert stops.explanation == f"3 groups of rows compared with release {RELEASE}: {GROUP} lost 10 % of its rows (1,000 → 900)."
    assert "genes lost 2 % of its rows (5,000 → 4,900)" in warns.explanation
    accepted = outcomes({GROUP: 1000}, {GROUP: 900}, accept={GROUP: {"share": 0.1, "reason": "retired"}, "pathways": 0.5})[STOPS]
    assert accepted.outcome is Outcome.PASSED
    assert f"Accepted by name: {GROUP} lost 10 % of its rows (1,000 → 900): retired." in accepted.explanation
    assert accepted.finding.examined["acceptances that were not needed"] == ["pathways"]
    many = {f"genes/biotype={n}": 1000 for n in range(14)}
    assert "and 4 more." in outcomes(many, {})[STOPS].explanation


def test_losses_within_the_floor_pass_and_are_measured():
    found = outcomes({"genes": 1000}, {"genes": 995})
    assert [(r.outcome, r.measured) for r in found.values()] == [(Outcome.PASSED, 0), (Outcome.PASSED, 0.5)]


def test_the_lines_that_accept_a_loss_accept_it():
    before, now = {GROUP: 1003, 'genes/biotype=a"b': 3000}, {GROUP: 901}
    found = losses(before, now, settings_with().floors, release=RELEASE)
    accept = yaml.safe_load(how_to_accept(found, RELEASE))["floors"]
    assert set(meanings(before, now, **accept).values()) == {Meaning.ACCEPTED}


# ------------------------------------------------------------------------------------------------- real migrations


def lose(this, share):
    """Delete a share of the legacy rows of protein-coding transcripts; returns how many transcripts of that type there were and are."""
    query = "select count(*) from transcripts join genes using (gene_id) where gene_type = 'protein_coding'"
    before = this.value(query)
    with this.connect() as conn:
        conn.execute(
            """delete from cancer_transcript_base where transcript_id in (
                 select transcript_id from transcripts join genes as g using (gene_id)
                 where gene_type = 'protein_coding' and g.source_transcript_count > 3
                   and gene_symbol <> all(%s) order by md5(transcript_id) limit %s)""",
            (["TP53", "EGFR"], round(before * share)),
        )
    return before, before - round(before * share)


def use(this, path, text):
    """From now on the project has this configuration file."""
    path.write_text(text)
    this.environment["MEDIABASE_CONFIG"] = str(path)
    this.settings = load_settings(
        path, home=this.settings.home, database={"name": this.settings.database.name}, backup_dir=this.settings.backup_dir
    )


def rows_of(this, check):
    """Outcome and explanation of a check in the newest migration."""
    query = """select outcome, explanation from mediabase_ops.release_checks where check_name = %s
               and migration_id = (select max(migration_id) from mediabase_ops.release_checks)"""
    return this.rows(query, check)[0]


def releases(this):
    return this.value("select count(*) from mediabase_ops.releases where rolled_back_at is null")


@pytest.mark.pg
@pytest.mark.end_to_end
def test_a_planted_loss_stops_is_accepted_by_name_and_a_smaller_one_warns(migrated, pipeline_home, tmp_path):
    group = "transcripts/biotype=protein_coding"
    with copy_of(migrated, pipeline_home) as this:
        content, first = hashes(this), this.value("select max(migration_id) from mediabase_ops.releases")
        had, left = lose(this, 0.07)
        stopped = this.rerun()
        assert harness.failed_steps(stopped) == ["validation__release_checks"]
        assert (hashes(this), releases(this)) == (content, 1)
        text = told(stopped)
        lost = f"{group} lost {100 * (had - left) / had:.2f}".rstrip("0")
        assert f"{lost} % of its rows ({had:,} → {left:,})" in text
        assert "nothing was released" in text
        assert f'"{group}": {{share: ' in text
        snippet = text[text.index("    floors:") :]
        use(this, tmp_path / "accept.yaml", snippet)
        work = this.work()
        assert not [key for key in work if key.startswith(("extraction/", "normalized/", "views/"))]
        released = this.rerun()
        assert released.success, told(released)
        outcome, explanation = rows_of(this, STOPS)
        assert outcome == "passed"
        assert f"Accepted by name: {lost}" in explanation or f"; {lost}" in explanation
        assert (releases(this), this.work()) == (2, {})
        # the file may stay: it accepts a loss against that one release only
        second = this.value("select max(migration_id) from mediabase_ops.releases")
        had, left = lose(this, 0.02)
        warned = this.rerun()
        assert warned.success, told(warned)
        outcome, explanation = rows_of(this, WARNS)
        assert outcome == "warned"
        assert f"{group} lost " in explanation, explanation
        assert f"({had:,} → {left:,})" in explanation
        assert f"compared with release {second}" in explanation
        (verdict,) = this.rows("select explanation ->> 'costs' from mediabase_ops.verdicts order by migration_id desc limit 1")
        assert WARNS in verdict[0]
        # a release that was rolled back is not compared with
        with this.connect(autocommit=False) as conn:
            newest = this.value("select max(migration_id) from mediabase_ops.releases")
            assert counts.newest_release(conn, "mediabase_ops") == newest
            conn.execute("update mediabase_ops.releases set rolled_back_at = now() where migration_id > %s", (first,))
            assert counts.newest_release(conn, "mediabase_ops") == first
            recorded = counts.of_release(conn, "mediabase_ops", "public", first)
            assert recorded.rows["genes"] == migrated.value("select count(*) from genes")
            conn.rollback()


@pytest.mark.pg
@pytest.mark.end_to_end
def test_without_strict_validation_a_loss_only_warns_and_needs_attention(migrated, pipeline_home, tmp_path):
    with copy_of(migrated, pipeline_home) as this:
        use(this, tmp_path / "lenient.yaml", "validation: {enable_strict_validation: false}\n")
        with this.connect() as conn:
            conn.execute("update mediabase_ops.release_counts set row_count = row_count * 2 where group_name = 'genes'")
            again = ["views/pathway_gene_counts", "validation/release_checks"]
            conn.execute("delete from mediabase_ops.asset_state where asset = any(%s)", (again,))
        result = this.rerun()
        assert result.success, told(result)
        assert rows_of(this, STOPS)[0] == "failed"
        found = [e for e in result.get_asset_check_evaluations() if e.check_name == STOPS]
        assert [(e.passed, str(e.severity.value)) for e in found] == [(False, "WARN")]
        assert this.value("select verdict from mediabase_ops.verdicts order by migration_id desc limit 1") == "needs attention"
        assert this.work() == {}


@pytest.mark.pg
@pytest.mark.end_to_end
def test_a_database_that_an_earlier_version_migrated_goes_on(migrated, pipeline_home):
    with copy_of(migrated, pipeline_home) as this:
        with this.connect() as conn:
            conn.execute(
                """drop table mediabase_ops.verdicts, mediabase_ops.release_checks, mediabase_ops.release_counts;
                   delete from mediabase_ops.asset_state where asset in ('validation/release_checks', 'validation/verdict');
                   update mediabase_ops.asset_state set inputs = inputs - 'validation/release_checks'
                     where asset = 'release/current_release'"""
            )
            with conn.transaction():
                release = counts.newest_release(conn, "mediabase_ops")
                found = counts.of_release(conn, "mediabase_ops", "public", release)
        assert found.note == ""
        now = dict(migrated.rows("select group_name, row_count from mediabase_ops.release_counts"))
        assert found.rows == {name: rows for name, rows in now.items() if name != "transcript_go_terms"}
        with this.connect() as conn:  # rows that are gone since: their groups are not known, the table is
            conn.execute("delete from gene_annotations where annotation_type = 'product_type'")
            with conn.transaction():
                changed = counts.of_release(conn, "mediabase_ops", "public", release)
            assert changed.rows["gene_annotations"] == now["gene_annotations"]
            assert "gene_annotations/type=product_type" not in changed.rows
            assert changed.note == "Groups of gene_annotations were not recorded and are not compared."
        built = {key for key in this.work() if key.startswith(("validation/", "release/"))}
        assert {"validation/release_checks", "validation/verdict", "release/current_release"} <= built
        result = this.rerun()
        assert result.success, told(result)
        assert this.work() == {}
        assert this.value("select verdict from mediabase_ops.verdicts") == "good"
