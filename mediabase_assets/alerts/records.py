"""Which alerts are known: rows of `alerts` in the records of the database, and a file of the home.

The file has what cannot be in the database: that its server does not answer, and, before the first migration, everything.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from mediabase_assets.alerts.condition import Condition, Kind
from mediabase_assets.alerts.ledger import Alert, Told
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.settings.load import Settings

FILE = "alerts.json"
TABLE = "alerts"
_COLUMNS = ("alert", "kind", "what", "place", "next_step", "command", "version", "since", "ended_at", "told")


def read_alerts(settings: Settings, conn: Connection | None) -> list[Alert]:
    """All known alerts: those of the database, where it can be read, and those of the file.

    Args:
        settings: Whose file.
        conn: A session; None where the server does not answer.
    """
    alerts = {alert.key: alert for alert in _read_file(settings.home / FILE)}
    if conn is not None and exists(conn, TABLE):
        rows = conn.execute("select alert, kind, what, place, next_step, command, version, since, ended_at, told from alerts").fetchall()
        alerts |= {alert.key: alert for alert in (_alert(dict(zip(_COLUMNS, row, strict=True))) for row in rows)}
    return list(alerts.values())


def write_alerts(settings: Settings, conn: Connection | None, alerts: Iterable[Alert]) -> None:
    """Replace what is known.

    Args:
        settings: Whose file.
        conn: A session; None where the server does not answer.
        alerts: All alerts.

    Raises:
        OSError: The file cannot be written.
    """
    alerts = list(alerts)
    has_table = conn is not None and exists(conn, TABLE)
    if conn is not None and has_table:
        rows = [_row(a) for a in alerts if a.condition.kind is not Kind.SERVER]
        with conn.transaction(), conn.cursor() as cursor:
            cursor.execute("delete from alerts where alert <> all(%s)", ([r["alert"] for r in rows],))
            cursor.executemany(
                """insert into alerts (alert, kind, what, place, next_step, command, version, since, ended_at, told)
                   values (%(alert)s, %(kind)s, %(what)s, %(place)s, %(next_step)s, %(command)s, %(version)s, %(since)s, %(ended_at)s,
                           %(told)s)
                   on conflict (alert) do update set kind = excluded.kind, what = excluded.what, place = excluded.place,
                     next_step = excluded.next_step, command = excluded.command, version = excluded.version, since = excluded.since,
                     ended_at = excluded.ended_at, told = excluded.told""",
                [{**r, "told": Jsonb(r["told"])} for r in rows],
            )
    # without a session the table cannot be changed: what the file does not hold is not looked at either
    _write_file(settings.home / FILE, [a for a in alerts if a.condition.kind is Kind.SERVER or not has_table])


def _read_file(path: Path) -> list[Alert]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [_alert(row) for row in rows]
    except (FileNotFoundError, ValueError, TypeError, KeyError):  # a file that was cut off by a full disk says nothing
        return []


def _write_file(path: Path, alerts: list[Alert]) -> None:
    if not alerts:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps([_row(a) for a in alerts], default=datetime.isoformat, indent=1), encoding="utf-8")
    beside.replace(path)


def _row(alert: Alert) -> dict[str, Any]:
    """An alert as a row."""
    c = alert.condition
    told = {way: {"at": t.at.isoformat(), "knows_end": t.knows_end} for way, t in alert.told.items()}
    return {
        "alert": c.key, "kind": str(c.kind), "what": c.what, "place": c.where, "next_step": c.next_step, "command": c.command,
        "version": c.version, "since": alert.since, "ended_at": alert.ended_at, "told": told,
    }  # fmt: skip


def _alert(row: dict[str, Any]) -> Alert:
    """An alert from a row."""
    since, ended_at = (_time(row[name]) for name in ("since", "ended_at"))
    assert since is not None
    told = {way: Told(datetime.fromisoformat(t["at"]), bool(t["knows_end"])) for way, t in row["told"].items()}
    condition = Condition(
        row["alert"], Kind(row["kind"]), row["what"], row["place"], row["next_step"], row["command"], since, row["version"]
    )
    return Alert(condition, since, ended_at, told)


def _time(value: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
