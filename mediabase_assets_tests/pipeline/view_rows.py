"""Rows of the live views compared with those of the oracle."""

from mediabase_assets.model.views import VIEWS
from mediabase_assets_tests.pipeline import view_oracle
from mediabase_assets_tests.pipeline.view_oracle import same

STAMPS = {"view_created_at", "last_updated"}


#: The compatibility view is compared with the legacy table by the round trip.
SHOWN = [v for v in VIEWS if v.audits_rows]


def differences(conn, oracle, view):
    """Rows whose values are not those of the oracle: (key, column, expected, shown)."""
    shown = {tuple(row[k] for k in view.key): row for row in view_oracle.read(conn, view.name)}
    expected = {tuple(row[k] for k in view.key): row for row in getattr(oracle, view.name)()}
    assert expected
    wrong = [(key, "row", key in expected, key in shown) for key in expected.keys() ^ shown.keys()]
    for key in expected.keys() & shown.keys():
        assert set(expected[key]) == set(view.columns) - STAMPS
        wrong += [(key, c, v, shown[key][c]) for c, v in expected[key].items() if not same(v, shown[key][c])]
    return wrong
