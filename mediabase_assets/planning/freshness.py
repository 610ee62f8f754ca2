"""Which assets have to be rebuilt, and why, in words: missing, of other code, of other settings, of other inputs, damaged.

Everything follows from the records and relations in the database, so that it is the same on every machine and after any crash.
An asset whose input is rebuilt may turn out to be up to date: its own step decides that by the same rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import sql

from mediabase_assets.curation.concern import NAME
from mediabase_assets.extraction.snapshot import SNAPSHOT_RELATIONS
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.planning import registry
from mediabase_assets.planning import state as asset_state
from mediabase_assets.planning.registry import Definition, Place
from mediabase_assets.planning.state import State
from mediabase_assets.postgres.content_hash import content_hash, physical_fingerprint
from mediabase_assets.postgres.sql_files import Connection, is_there
from mediabase_assets.settings.load import Settings
from mediabase_assets.views import definition as views
from mediabase_assets.views import state as view_state
from mediabase_assets.views.functions import missing_functions

_TABLES = {r.name for r in RELATIONS}
_SHOWN = {t.name for t in TABLES if t.is_view}
_VIEWS = {v.name: v for v in VIEWS}


@dataclass(frozen=True)
class _Built:
    """What is recorded about a relation that was built."""

    relation: str
    is_live: bool
    rows: int
    content_hash: str
    fingerprint: str | None


def stale_assets(conn: Connection, settings: Settings, legacy_version: str | None) -> dict[str, str]:
    """Every asset that has to be rebuilt, each after its inputs, with the reason.

    A change makes everything stale that is built from it. A lost or damaged relation is rebuilt as it was, so that nothing else
    has to be rebuilt; a lost relation of the extraction only if an asset that has to be rebuilt reads it.

    Args:
        conn: A session of any kind.
        settings: The current settings.
        legacy_version: Content hash of the legacy table as it is now; None to take the one that was last read.
    """
    known = asset_state.states(conn)
    all_ = registry.built()  # about the other two decides `plan`
    changed: dict[str, str] = {}
    lost: dict[str, str] = {}
    for key, definition in all_.items():
        rebuilt = [i for i in definition.inputs if i in changed]
        reason = why_changed(settings, definition, known, legacy_version=legacy_version)
        if reason or rebuilt:
            changed[key] = reason or f"{_named(rebuilt)} {'is' if len(rebuilt) == 1 else 'are'} rebuilt"
        elif reason := why_damaged(conn, settings, definition):
            lost[key] = reason
    reasons = changed | {k: reason for k, reason in lost.items() if all_[k].place is not Place.BUILD}
    for key in reversed(all_):
        if key in reasons:
            reasons |= {i: f"{lost[i]}, and {key} is built from it" for i in all_[key].inputs if i in lost and i not in reasons}
    snapshot = [f"extraction/{name}" for name in SNAPSHOT_RELATIONS]
    if reasons.keys() & set(snapshot):
        reasons |= {key: "the legacy table is read once for both" for key in snapshot if key not in reasons}
    waiting = [k for k in reasons if all_[k].place is Place.LIVE]
    if waiting and registry.RELEASE not in reasons:
        reasons[registry.RELEASE] = f"{_named(waiting)} {'is' if len(waiting) == 1 else 'are'} rebuilt"
    return {key: reasons[key] for key in all_ if key in reasons}


def why_stale(
    conn: Connection, settings: Settings, definition: Definition, known: dict[str, State], legacy_version: str | None = None
) -> str:  # fmt: skip
    """Why an asset has to be rebuilt; empty if it is up to date. The arguments are those of `why_changed`."""
    return why_changed(settings, definition, known, legacy_version=legacy_version) or why_damaged(conn, settings, definition)


def why_changed(settings: Settings, definition: Definition, known: dict[str, State], *, legacy_version: str | None = None) -> str:
    """Why a build of an asset would give other content; empty if it would not.

    Args:
        settings: The current settings.
        definition: The asset.
        known: The states of all assets.
        legacy_version: Content hash of the legacy table; None to take the one that was last read.
    """
    state = known.get(definition.key)
    if state is None:
        return registry.NOT_BUILT
    if state.code_version != definition.code_version:
        return "its code changed"
    wanted = definition.configuration(settings)
    if state.configuration.get(NAME) != wanted.get(NAME):
        return "the rules of curators that concern it changed"
    differing = [name for name in wanted if state.configuration.get(name) != wanted[name]]
    if differing:
        return "; ".join(f"the setting {name} changed from {state.configuration.get(name)} to {wanted[name]}" for name in differing)
    versions = {key: s.data_version for key, s in known.items()}
    versions[registry.LEGACY] = legacy_version or state.inputs.get(registry.LEGACY, "")
    missing = [key for key in definition.inputs if key not in versions]
    if missing:
        return f"{_named(missing)} {'does' if len(missing) == 1 else 'do'} not exist"
    differing = [key for key in definition.inputs if state.inputs.get(key) != versions[key]]
    return f"{_named(differing)} changed" if differing else ""


def why_damaged(conn: Connection, settings: Settings, definition: Definition) -> str:
    """What is wrong with the relations of an asset; empty if they are as they were built."""
    built = _built(conn, definition.relations)
    live = settings.database.schema_name
    for name in definition.relations:
        reason = _why_relation(conn, name, built.get(name), definition.place, live)
        if reason:
            return reason
    if definition.key == registry.RELEASE:
        return _why_not_released(conn, live)
    return ""


def require_fresh(conn: Connection, settings: Settings, key: str) -> dict[str, str]:
    """The assets below one that have to be rebuilt before it may be built; empty if there are none."""
    known = asset_state.states(conn)
    wanted = registry.below(key) - {registry.LEGACY, registry.BACKUP}
    reasons = {}
    for k, definition in registry.definitions().items():
        if k in wanted:
            reasons[k] = why_changed(settings, definition, known)
        if k in wanted and definition.place is not Place.BUILD:
            reasons[k] = reasons[k] or why_damaged(conn, settings, definition)
    return {k: reason for k, reason in reasons.items() if reason}


def _named(keys: Iterable[str]) -> str:
    """Some keys as a phrase.

    >>> _named(["extraction/a", "extraction/b", "normalized/c", "normalized/d"])
    'extraction/a, extraction/b and 2 more'
    """
    keys = list(keys)
    return ", ".join(keys) if len(keys) <= 3 else f"{', '.join(keys[:2])} and {len(keys) - 2} more"


def _built(conn: Connection, names: Iterable[str]) -> dict[str, _Built]:
    built = conn.rows(
        _Built,
        """select relation, is_live, row_count as rows, content_hash, live_fingerprint as fingerprint
           from built_relations where relation = any(%s)""",
        list(names),
    )
    return {b.relation: b for b in built}


def _why_relation(conn: Connection, name: str, built: _Built | None, place: Place, live: str) -> str:
    if built is None:
        return f"{name} does not exist"
    schema = live if built.is_live and place is Place.LIVE else conn.workspace.build
    if not is_there(conn, schema, name):
        return f"{schema}.{name} is gone"
    if schema != live:
        return f"{schema}.{name} was emptied by a crash of the server" if built.rows and _is_empty(conn, schema, name) else ""
    if name in _VIEWS:
        return _why_view(conn, name, built, live)
    is_as_released = built.fingerprint == physical_fingerprint(conn, live, name)
    if is_as_released or content_hash(conn, live, name).digest == built.content_hash:
        return ""
    return f"{live}.{name} was changed outside of a migration"


def _why_view(conn: Connection, name: str, built: _Built, live: str) -> str:
    view, recorded = _VIEWS[name], view_state.records(conn).get(name)
    differs = views.difference(view, views.describe(conn, live, name), recorded)
    if differs is not views.Difference.NONE:
        return f"{live}.{name}: its {differs.value} changed" if recorded else f"{live}.{name} was not created by a migration"
    if view.is_materialized and recorded is not None and recorded.content_hash != built.content_hash:
        return f"{live}.{name} was refreshed from tables that were changed outside of a migration"
    return ""


def _why_not_released(conn: Connection, live: str) -> str:
    wanted = [*_TABLES, *_VIEWS]
    waiting = conn.value("select count(*) from built_relations where not is_live and relation = any(%s)", wanted)
    if waiting:
        return f"{counted(waiting, 'relation is', 'relations are')} not released yet"
    gone = [*missing_functions(conn, live), *(name for name in _SHOWN if not is_there(conn, live, name))]
    return f"{', '.join(gone)} {'is' if len(gone) == 1 else 'are'} gone" if gone else ""


def _is_empty(conn: Connection, schema: str, name: str) -> bool:
    return bool(conn.value(sql.SQL("select not exists (select from {})").format(sql.Identifier(schema, name))))
