"""What the round trip finds after changes that are rolled back."""

from mediabase_assets.postgres.session import prepare
from mediabase_assets.validation.round_trip import compare as round_trip


def compared(this, *statements, live=None):
    """What the proof finds after some statements, all of which are rolled back."""
    with this.connect(autocommit=False) as conn:
        prepare(conn, this.settings, "mediabase_next", "mediabase_ops", "public", migration_id="test", asset="validation/round_trip")
        conn.execute("set local session_replication_role = replica")  # no foreign key gets in the way of a spoiled cell
        for statement in statements:
            assert conn.execute(statement).rowcount != 0, statement
        found = round_trip.compare(conn, this.settings, live, sample_rows=1000)
        conn.rollback()
    return found


def rows_of(found, check):
    return list(next(f for f in found.findings if f.check == check).sample)
