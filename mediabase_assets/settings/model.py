"""Every setting of the project: its name, type, range, default, and what it does here.

Contains the values only; sections are in modules beside this one. Where they are read from, in which order, and how a mistake is
reported is in `load`. All keys of the owner's configuration files are accepted, so that such a file loads; `WITHOUT_EFFECT` lists those
that have nothing to act on here.
"""

import re
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, Field, PrivateAttr, SecretStr, field_validator, model_validator

from mediabase_assets.model.workspace import MIGRATIONS, PLAN, SELF_TEST, Workspace
from mediabase_assets.settings.alerts import AlertSettings, is_address
from mediabase_assets.settings.curation import CurationSettings
from mediabase_assets.settings.database import DatabaseSettings
from mediabase_assets.settings.floors import FloorSettings
from mediabase_assets.settings.kinds import IGNORED, Minutes, Section, Whole, absolute, ignored
from mediabase_assets.settings.location import is_url, place_of_backups
from mediabase_assets.settings.monitoring import MonitoringSettings
from mediabase_assets.settings.performance import PerformanceSettings, interval_cron
from mediabase_assets.settings.retention import RetentionSettings
from mediabase_assets.settings.sections import BackupSettings, PatientSettings, ValidationSettings, ViewSettings
from mediabase_assets.settings.testing import TestingSettings

#: Defaults that an environment changes, by key. They are weaker than whatever is set.
OF_ENVIRONMENTS: dict[str, dict[str, Any]] = {
    "testing": {"require_user_confirmation": False, "debug_mode": True, "auto_cleanup": True, "testing.mock_data_size": 100},
}
#: Sessions that a run has beside those that build: of the lock, the look-outs for locks, the journal and the command.
OTHER_SESSIONS = 6


class Settings(Section):
    """All settings, checked. Paths are absolute."""

    home: Path = Field(default=Path(".mediabase"), description="folder of the embedded server, backups and Dagster")
    backup_dir: Path = Field(default=Path(), description="folder of the backups; <home>/backups")
    checkpoints_dir: Path | None = ignored(None, "what is done is known to Dagster's storage and to the schema mediabase_ops")
    temp_dir: Path | None = Field(
        default=None, description="folder of the temporary files of a census, a self-test and a backup; that of the system"
    )
    log_dir: Path | None = Field(default=None, description="folder of the logs; <home>/logs")
    environment: Literal["development", "testing", "staging", "production"] = Field(
        default="development",
        description="what the installation is for; `testing` does not ask before it writes, writes detailed logs and cleans up, unless set "
        "otherwise",
    )
    require_user_confirmation: bool = Field(default=True, description="ask before anything is written")
    verbose_logging: bool = Field(default=False, description="print the messages of a run, which its log file always holds")
    debug_mode: bool = Field(
        default=False, description="write to the log file of a run what every step reported, and debug messages of libraries"
    )
    auto_cleanup: bool = Field(default=False, description="clean up as section retention says after each migration that released")
    max_retry_attempts: Whole = Field(
        default=3, ge=0, description="how often a step that lost its connection, or a run that was killed, is done again by itself"
    )
    stage_timeout_minutes: Minutes = Field(default=60, description="minutes after which a step is cancelled and fails")
    enable_rollback: bool = Field(
        default=True,
        description="whether --rollback-on-failure may remove what a failed first migration built; rollback is always possible",
    )
    symbol_conflicts: Literal["keep_best", "qualify"] = Field(
        default="keep_best",
        description="one symbol, many genes: keep the best and quarantine the others, or name these SYMBOL@GENE_ID",
    )
    owners: list[str] = Field(
        default=["team:mediabase"], description="who answers for the assets, as the UI shows it: addresses, or teams as team:name"
    )
    database: DatabaseSettings = Field(default_factory=DatabaseSettings, description="which server, and where in it")
    performance: PerformanceSettings = Field(
        default_factory=PerformanceSettings, description="how much at the same time, in how much memory"
    )
    validation: ValidationSettings = Field(default_factory=ValidationSettings, description="what is valid")
    floors: FloorSettings = Field(default_factory=FloorSettings, description="how many rows a release may lose")
    backup: BackupSettings = Field(default_factory=BackupSettings, description="where backups are, and when a restore is proved")
    views: ViewSettings = Field(default_factory=ViewSettings, description="when views are brought up to date")
    monitoring: MonitoringSettings = Field(default_factory=MonitoringSettings, description="what is measured, and where it is shown")
    alerts: AlertSettings = Field(default_factory=AlertSettings, description="who is told when something is wrong")
    patients: PatientSettings = Field(default_factory=PatientSettings, description="which files of patients are taken")
    curation: CurationSettings = Field(default_factory=CurationSettings, description="what curators decided about single values")
    testing: TestingSettings = Field(default_factory=TestingSettings, description="what a self-test does; whether a migration is reported")
    retention: RetentionSettings = Field(default_factory=RetentionSettings, description="how long what tells of past runs is kept")

    _workspace: str = PrivateAttr(default=MIGRATIONS)

    @property
    def logs(self) -> Path:
        """The folder of the logs."""
        return self.log_dir or self.home / "logs"

    @property
    def working_sessions(self) -> int:
        """How many sessions may share the work of one step, or build at the same time."""
        return max(1, min(self.performance.parallel_workers, self.database.max_connections - OTHER_SESSIONS))

    @property
    def builders(self) -> int:
        """How many assets may be built at the same time."""
        return min(self.working_sessions, self.performance.builders)

    def step_seconds(self, layer: str) -> float:
        """Seconds that a step of a layer may take."""
        limits = [self.stage_timeout_minutes * 60]
        if self.workspace == SELF_TEST:
            limits.append(self.testing.test_timeout)
        if layer == "validation" and self.validation.validation_timeout:
            limits.append(self.validation.validation_timeout)
        return min(limits)

    @property
    def workspace(self) -> str:
        """Whose schemas are used: those of migrations, or those of a rehearsal. No configuration file can set it."""
        return self._workspace

    def for_workspace(self, workspace: str, **changes: Any) -> Self:
        """The same settings for another workspace, as dry runs and self-tests need them.

        Args:
            workspace: Its name.
            changes: Other settings that change, by field; they are not validated.
        """
        other = self.model_copy(update=changes)
        other._workspace = workspace
        return other

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_the_environment(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        home = values.get("home", ".mediabase")
        defaults: dict[str, Any] = {}
        if isinstance(home, str | Path):
            defaults["backup_dir"] = Path(home) / "backups"
        defaults |= _folder_of_location(values)
        merged: dict[str, Any] = {**defaults, **values}
        for key, value in (OF_ENVIRONMENTS.get(str(values.get("environment"))) or {}).items():
            _set_default(merged, key, value)
        interval = _section(merged, "performance").get("materialized_view_refresh_interval")
        if isinstance(interval, int) and not isinstance(interval, bool) and interval > 0:
            _set_default(merged, "views.refresh_schedule", interval_cron(interval))
        return merged

    @field_validator("database")
    @classmethod
    def _is_of_no_rehearsal(cls, value: DatabaseSettings) -> DatabaseSettings:
        """What a dry run or a self-test drops afterwards belongs to no migration."""
        theirs = {schema for name in (PLAN, SELF_TEST) for schema in Workspace(name).stages}
        for name in ("schema_name", "legacy_schema"):
            if getattr(value, name) in theirs:
                raise ValueError(f"it should have a {name} that dry runs and self-tests do not keep for themselves")
        return value

    @field_validator("owners")
    @classmethod
    def _are_owners(cls, value: list[str]) -> list[str]:
        """What Dagster takes for an owner."""
        for owner in value:
            if not (re.fullmatch(r"team:[A-Za-z0-9_-]+", owner) or is_address(owner)):
                raise ValueError(f"{owner!r} is neither an address, such as someone@example.org, nor a team, such as team:mediabase")
        return value

    @field_validator("home", "backup_dir", "checkpoints_dir", "temp_dir", "log_dir")
    @classmethod
    def _is_absolute(cls, value: Path | None) -> Path | None:
        return absolute(value)


def _section(values: dict[str, Any], name: str) -> dict[str, Any]:
    section = values.get(name)
    return section if isinstance(section, dict) else {}


def _set_default(values: dict[str, Any], key: str, value: Any) -> None:
    """Set a key that nothing set; one of a section that is no mapping is left to be refused."""
    section, _, name = key.rpartition(".")
    if not section:
        values.setdefault(name, value)
    elif values.get(section) is None or isinstance(values[section], dict):
        values[section] = {name: value, **(values.get(section) or {})}


def _folder_of_location(values: dict[str, Any]) -> dict[str, Path]:
    """The folder that `backup.location` names, as `backup_dir`; nothing where it names none, or none that is valid.

    Raises:
        ValueError: `backup_dir` names another place.
    """
    backup, folder = values.get("backup"), values.get("backup_dir")
    named = backup.get("location") if isinstance(backup, dict) else getattr(backup, "location", None)
    if not isinstance(named, str) or not named:
        return {}
    try:
        place = place_of_backups(named)
    except ValueError:
        return {}  # the section says what is wrong with it
    if folder is not None and (is_url(place) or not isinstance(folder, str | Path) or absolute(Path(folder)) != Path(place)):
        raise ValueError("`backup.location` and `backup_dir` name different places")
    return {} if is_url(place) else {"backup_dir": Path(place)}


def _without_effect(model: type[BaseModel], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= _without_effect(field.annotation, f"{prefix}{name}.")
        elif (field.description or "").startswith(IGNORED):
            found[f"{prefix}{name}"] = str(field.description).removeprefix(IGNORED)
    return found


#: Settings without effect, by key, with the reason.
WITHOUT_EFFECT = _without_effect(Settings)


def _secrets(model: type[BaseModel], prefix: str = "") -> list[str]:
    found: list[str] = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += _secrets(field.annotation, f"{prefix}{name}.")
        elif SecretStr in (field.annotation, *get_args(field.annotation)):
            found.append(f"{prefix}{name}")
    return found


#: Settings that are secret, by key: never printed, logged, or written to a file.
SECRETS = tuple(_secrets(Settings))


def secrets_of(settings: Settings) -> dict[str, str]:
    """The secrets that are set, by key."""
    values = {key: getattr(getattr(settings, key.partition(".")[0]), key.partition(".")[2]) for key in SECRETS}
    return {key: value.get_secret_value() for key, value in values.items() if value is not None}
