"""The headline of the report: totals that are those of the accounts, the first reasons, rows against the last release."""

import pytest

from mediabase_assets.validation import headline

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


def test_the_report_opens_with_totals_that_are_those_of_the_accounts(migrated):
    (metadata,) = (
        m.metadata
        for e in migrated.runs[0].all_events
        if e.is_step_materialization
        for m in [e.step_materialization_data.materialization]
        if m.asset_key.path == ["validation", "column_account"]
    )
    assert next(iter(metadata)) == "summary"
    sums = migrated.rows("select sum(facts_read), sum(kept), sum(merged), sum(repaired), sum(quarantined), sum(archived)"
                         " from mediabase_ops.column_account")[0]  # fmt: skip
    names = ("read", *headline.OUTCOMES)
    assert [metadata[f"facts {name}"].value for name in names] == [int(s) for s in sums]
    text = metadata["summary"].value
    assert len(text) < 1000  # Dagster shows longer ones behind a link
    assert max(map(len, text.splitlines())) < 60  # more is cut off on a page of 1440 pixels
    assert "every fact has one account" in text
    reason, facts = migrated.rows(
        "select reason, sum(facts)::bigint from mediabase_ops.reason_account where outcome = 'quarantined' group by 1 order by 2 desc, 1"
    )[0]
    assert f"- {facts:,} {reason}: " in text
    assert "The first release: " in text


def test_an_account_that_does_not_balance_says_so():
    column = {"facts_read": 3, "kept": 1, "merged": 0, "repaired": 0, "quarantined": 1, "archived": 0}
    assert "**the account does not balance**" in headline.text([column], [], [("genes", 2, 2)])
    assert "Every table has as many rows as in the last release." in headline.text([column], [], [("genes", 2, 2)])
