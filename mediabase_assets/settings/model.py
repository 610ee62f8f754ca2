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
from mediabase_assets.settings.database import DatabaseSettings
from mediabase_assets.settings.ignored import PerformanceSettings, TestingSettings
from mediabase_assets.settings.kinds import IGNORED, Positive, Section, Whole, absolute, ignored
from mediabase_assets.settings.sections import BackupSettings, PatientSettings, ValidationSettings, ViewSettings


class Settings(Section):
    """All settings, checked. Paths are absolute."""

    home: Path = Field(default=Path(".mediabase"), description="folder of the embedded server, backups and Dagster")
    backup_dir: Path = Field(default=Path(), description="folder of the backups; <home>/backups")
    checkpoints_dir: Path | None = ignored(None, "what is done is known to Dagster's storage and to the schema mediabase_ops")
    temp_dir: Path | None = ignored(None, "work in progress is kept in the database")
    log_dir: Path | None = ignored(None, "logs are kept by Dagster")
    environment: Literal["development", "testing", "production"] = Field(
        default="development", description="`testing` does not ask before it writes unless require_user_confirmation"
    )
    require_user_confirmation: bool = Field(default=True, description="ask before anything is written")
    verbose_logging: bool = ignored(False, "the log file of a run holds every event, and PostgreSQL's own log_statement every statement")
    debug_mode: bool = ignored(False, "errors always name what, where and what to do next")
    auto_cleanup: bool = ignored(False, "nothing temporary is left behind")
    max_retry_attempts: Whole = Field(
        default=3, ge=0, description="how often a step that lost its connection, or a run that was killed, is done again by itself"
    )
    stage_timeout_minutes: Positive = ignored(60, "a stage takes as long as it needs")
    enable_rollback: bool = ignored(True, "a migration can always be rolled back")
    symbol_conflicts: Literal["keep_best", "qualify"] = Field(
        default="keep_best",
        description="one symbol, many genes: keep the best and quarantine the others, or name these SYMBOL@GENE_ID",
    )
    owners: list[str] = Field(
        default=["team:mediabase"], description="who answers for the assets, as the UI shows it: addresses, or teams as team:name"
    )
    database: DatabaseSettings = Field(default_factory=DatabaseSettings, description="which server, and where in it")
    performance: PerformanceSettings = Field(default_factory=PerformanceSettings, description="without effect")
    validation: ValidationSettings = Field(default_factory=ValidationSettings, description="what is valid")
    backup: BackupSettings = Field(default_factory=BackupSettings, description="when a restore is proved")
    views: ViewSettings = Field(default_factory=ViewSettings, description="when views are brought up to date")
    alerts: AlertSettings = Field(default_factory=AlertSettings, description="who is told when something is wrong")
    patients: PatientSettings = Field(default_factory=PatientSettings, description="which files of patients are taken")
    testing: TestingSettings = Field(default_factory=TestingSettings, description="without effect")

    _workspace: str = PrivateAttr(default=MIGRATIONS)

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
        if values.get("environment") == "testing":
            defaults["require_user_confirmation"] = False
        return defaults | values

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
