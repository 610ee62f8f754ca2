"""What is known about every asset without asking Dagster: its inputs, its code version, its settings.

Definitions register themselves; `freshness` decides by them which assets are stale. Contains the facts only. Inputs are assets whose
content matters, not those that merely come before.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from hashlib import md5
from pathlib import Path

from mediabase_assets.curation.concern import setting_of
from mediabase_assets.model.stages import Stage
from mediabase_assets.postgres.sql_files import read
from mediabase_assets.settings.load import Settings
from mediabase_assets.settings.sql_settings import SQL_SETTINGS
from mediabase_assets.settings.thresholds import Thresholds

LEGACY = "legacy/cancer_transcript_base"
BACKUP = "backup/legacy_backup"
SCHEMA = "schema/normalized_schema"
SNAPSHOT = "extraction/legacy_rows"
COLUMN_ACCOUNT = "validation/column_account"
ROUND_TRIP = "validation/round_trip"
CENSUS = "validation/leaf_census"
RELEASE = "release/current_release"
BENCHMARK = "validation/query_benchmark"
REPORT = "validation/migration_report"
RELEASE_CHECKS = "validation/release_checks"
VERDICT = "validation/verdict"
#: They measure, judge and describe what was released.
AFTERWARDS = (BENCHMARK, VERDICT, REPORT)

#: The reason of assets that no migration has built.
NOT_BUILT = "it was not built yet"
#: The reason of assets that are rebuilt because a person asked for it.
EVERYTHING = "everything was asked for"
#: Extraction assets that leave records (quarantine, repairs, accounts) or counts, which the validation reads.
RECORDED = tuple(
    f"extraction/{name}"
    for name in (
        "legacy_rows", "gene_candidates", "row_states", "symbol_conflicts", "fact_counts", "drug_facts", "pharmgkb_annotation_facts",
        "pharmgkb_pathway_facts", "go_facts", "pathway_facts", "annotation_facts", "cross_reference_facts", "reference_facts",
        "remaining_facts",
    )
)  # fmt: skip

#: The settings that say when a suite of the validation passes.
THRESHOLDS = tuple(Thresholds.model_fields)
_SETTING = re.compile(r"current_setting\('mediabase\.([a-z_]+)'")
#: Session settings that identify the run and do not change what is built.
_NOT_CONFIGURATION = frozenset({"migration_id", "asset", "counted", "legacy_columns", "refusals"})


def _threshold(name: str, settings: Settings) -> object:
    return getattr(settings.validation, name)


class Place(Enum):
    """Where the relations of an asset are.

    NOWHERE: it does not have relations. BUILD: always in the build schema. LIVE: in the build schema until the release.
    """

    NOWHERE = "nowhere"
    BUILD = "build"
    LIVE = "live"


@dataclass(frozen=True)
class Definition:
    """One asset.

    Attributes:
        key: `layer/relation`.
        stage: Stage of the owner's process.
        inputs: Assets that it is built from.
        code_version: Digest of the code that builds it.
        settings: Settings that change its content.
        relations: Its relations.
        place: Where they are.
    """

    key: str
    stage: Stage
    inputs: tuple[str, ...]
    code_version: str
    settings: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    place: Place = Place.NOWHERE

    def configuration(self, settings: Settings) -> dict[str, object]:
        """The values of its settings, and a digest of the curators' rules that concern it."""
        return {name: _VALUES[name](settings) for name in self.settings} | setting_of(settings, self.key)

    def token(self, configuration: dict[str, object], inputs: dict[str, str]) -> str:
        """The data version of the asset when it is built from these inputs: equal inputs, code and settings give the same."""
        return md5(
            json.dumps([self.key, self.code_version, configuration, inputs], sort_keys=True).encode(), usedforsecurity=False
        ).hexdigest()


_VALUES = SQL_SETTINGS | {
    "enable_strict_validation": lambda s: s.validation.enable_strict_validation,
    **{name: partial(_threshold, name) for name in THRESHOLDS},
}
_definitions: dict[str, Definition] = {}


def register(definition: Definition) -> None:
    """Register an asset; its definition does so once."""
    _definitions[definition.key] = definition


def definitions() -> dict[str, Definition]:
    """All assets by key, each after its inputs."""
    ordered: dict[str, Definition] = {}

    def add(definition: Definition) -> None:
        for key in definition.inputs:
            if key not in ordered and key in _definitions:
                add(_definitions[key])
        ordered.setdefault(definition.key, definition)

    for key in sorted(_definitions):
        add(_definitions[key])
    return ordered


def built() -> dict[str, Definition]:
    """The assets that make something of the legacy table, each after its inputs: without that table and its backup."""
    return {key: definition for key, definition in definitions().items() if key not in (LEGACY, BACKUP)}


def definition(key: str) -> Definition:
    """The asset of that key."""
    return _definitions[key]


def below(key: str) -> set[str]:
    """All assets that an asset is built from, however indirectly."""
    inputs: set[str] = set()
    waiting = list(_definitions[key].inputs)
    while waiting:
        asset = waiting.pop()
        if asset not in inputs:
            inputs.add(asset)
            waiting += _definitions[asset].inputs if asset in _definitions else ()
    return inputs


def settings_in(paths: Iterable[Path]) -> tuple[str, ...]:
    """The settings that SQL files read.

    >>> from mediabase_assets.extraction.rules import EXTRACTION
    >>> settings_in([EXTRACTION / "drug_facts.sql"])
    ('drug_name_min_length',)
    """
    return tuple(sorted({name for path in paths for name in _SETTING.findall(read(path))} - _NOT_CONFIGURATION))
