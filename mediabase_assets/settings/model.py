"""Every setting of the project: its name, type, range, default, and what it does here.

Contains the values only. Where they are read from, in which order, and how a mistake is reported is in `load`. All keys of the
owner's configuration files are accepted, so that such a file loads; `WITHOUT_EFFECT` lists those that have nothing to act on here.
"""

import re
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, Field, PrivateAttr, SecretStr, field_validator, model_validator

from mediabase_assets.model.workspace import MIGRATIONS, PLAN, SELF_TEST, Workspace, is_reserved
from mediabase_assets.settings.cron import cron
from mediabase_assets.settings.ignored import PerformanceSettings, TestingSettings
from mediabase_assets.settings.kinds import IGNORED, Port, Positive, Section, Whole, absolute, ignored

RESERVED_SCHEMAS = (
    *(name for workspace in (MIGRATIONS, PLAN, SELF_TEST) for name in Workspace(workspace).schemas),
    "mediabase_dagster",
    "information_schema",
)
"""Schemas that the project or PostgreSQL keeps for itself, never a target."""


class DatabaseSettings(Section):
    """Which server, and where in it. Without `host` and `service` the embedded server is started and used."""

    host: str | None = Field(default=None, min_length=1, description="host name or socket directory of a server")
    service: str | None = Field(default=None, min_length=1, description="section of libpq's pg_service.conf")
    port: Port | None = Field(default=None, description="port of the server; 5432")
    name: str = Field(default="", description="database; mbase, in the embedded server mediabase")
    user: str = Field(default="", description="role; mbase_user, in the embedded server postgres")
    password: SecretStr | None = Field(default=None, description="password of the role; else libpq's password file")
    connection_timeout: Positive = Field(default=30, description="seconds to wait for the server's answer")
    max_connections: Positive = ignored(10, "the project opens as many sessions as it needs, at most about ten")
    backup_database: str | None = ignored(None, "backups are files, not databases")
    schema_name: str = Field(default="public", description="schema that holds what is released; key `schema` too")
    legacy_schema: str | None = Field(default=None, description="schema of the legacy table; as schema_name")
    legacy_table: str = Field(default="cancer_transcript_base", description="name of the legacy table, never written")

    @property
    def is_embedded(self) -> bool:
        """True if no server is named, so that the project starts its own."""
        return self.host is None and self.service is None

    @property
    def source_schema(self) -> str:
        """The schema of the legacy table."""
        return self.legacy_schema or self.schema_name

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
    def _defaults_of_the_server(cls, values: Any) -> Any:
        """Port, name and user depend on which server it is; a service brings its own."""
        if not isinstance(values, dict):
            return values
        values = dict(values)
        for alias, key in (("database", "name"), ("schema", "schema_name")):
            if alias in values:
                if values.get(key, values[alias]) != values[alias]:
                    raise ValueError(f"`{alias}` and `{key}` mean the same and differ; keep one of them")
                values[key] = values.pop(alias)
        if values.get("host") and values.get("service"):
            raise ValueError("`host` and `service` both name a server; keep one of them")
        if isinstance(values.get("password"), int) and not isinstance(values["password"], bool):
            values["password"] = str(values["password"])
        if values.get("host"):
            defaults: dict[str, Any] = {"port": 5432, "name": "mbase", "user": "mbase_user"}
        elif values.get("service"):
            defaults = {}
        else:
            defaults = {"name": "mediabase"}
            values |= {"user": "postgres", "port": 5432, "password": None}  # its own role over its own socket
        return defaults | values

    @field_validator("schema_name", "legacy_schema", "legacy_table", "name")
    @classmethod
    def _is_identifier(cls, value: str | None) -> str | None:
        if value and (len(value.encode()) > 63 or "\0" in value):
            raise ValueError("Input should be a name of at most 63 bytes")
        return value

    @field_validator("schema_name", "legacy_schema")
    @classmethod
    def _is_not_reserved(cls, value: str | None) -> str | None:
        if value is not None and (not value or value in RESERVED_SCHEMAS or is_reserved(value) or value.startswith("pg_")):
            raise ValueError("Input should be a schema that neither PostgreSQL nor the project keeps for itself")
        return value


class ValidationSettings(Section):
    """What a valid symbol and a valid name is."""

    invalid_symbol_patterns: list[str] = Field(
        default=[
            "^Metazoa_SRP$",
            "(?i)^(unplaced_|unlocalized_)?(scaffold|contig)([_. -]?[A-Za-z0-9]+)*$",
            "(?i)^uncharacterized([_. -].*)?$",
            "^([^_]*_){4,}[^_]*$",
        ],
        description="anchored regular expressions; a gene whose symbol matches one is quarantined",
    )
    max_gene_symbol_length: Positive = Field(default=50, description="characters; longer symbols are quarantined")
    drug_name_min_length: Positive = Field(default=2, description="characters; shorter drug names are quarantined")
    required_gene_fields: list[str] = ignored(["gene_id", "gene_symbol", "gene_type"], "the data model says which columns are required")
    cross_reference_databases: list[str] = ignored(["UniProt", "RefSeq", "Ensembl"], "cross-references of every database are kept")
    go_categories: list[str] = ignored(
        ["molecular_function", "biological_process", "cellular_component"], "the three aspects of GO are fixed"
    )
    enable_strict_validation: bool = Field(default=True, description="whether more values set aside than allowed stop the release")
    validation_timeout: Positive = ignored(300, "an audit takes as long as it needs")
    max_validation_errors: Whole = Field(default=1000, ge=0, description="values of one column that may be set aside for one reason")
    max_validation_error_share: float = Field(
        default=0.01, ge=0, le=1, description="share of a column's values that may be, whatever their number"
    )

    @field_validator("invalid_symbol_patterns")
    @classmethod
    def _are_anchored(cls, patterns: list[str]) -> list[str]:
        """They are applied by PostgreSQL's `~`, where an unanchored one would lose real genes."""
        for pattern in patterns:
            if not pattern.startswith(("^", "(?i)^")) or not pattern.endswith("$") or pattern.endswith(r"\$"):
                raise ValueError(f"{pattern!r} should begin with ^ or (?i)^ and end with $")
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return patterns


class BackupSettings(Section):
    """When it is proved by itself that the newest backup can be restored; the time zone is that of the views."""

    proof_schedule: str = Field(default="0 4 * * 0", min_length=1, description="cron expression of the weekly proof")
    _is_cron = field_validator("proof_schedule")(cron)


class ViewSettings(Section):
    """When views are brought up to date by themselves."""

    refresh_schedule: str = Field(default="0 3 * * *", min_length=1, description="cron expression of the scheduled refresh")
    time_zone: str = Field(default="UTC", description="time zone of the schedule, Europe/Berlin")

    _is_cron = field_validator("refresh_schedule")(cron)

    @field_validator("time_zone")
    @classmethod
    def _is_time_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is not a time zone, such as Europe/Berlin") from error
        return value


class PatientSettings(Section):
    """Which files of patients are taken."""

    # real files match at 17 % and more (private transcripts beside Ensembl ids; Entrez ids where the database knows few), others at 0
    minimum_match_rate: float = Field(
        default=0.1, ge=0, le=1, description="smallest share of a file's ids that must be in the database, or nothing of it is stored"
    )
    inbox: Path | None = Field(default=None, description="folder whose files are imported by themselves; none")
    maximum_file_size: Positive = Field(default=512, description="MB of a file, unpacked; a larger one is refused")

    @field_validator("inbox")
    @classmethod
    def _is_absolute(cls, value: Path | None) -> Path | None:
        return absolute(value)


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
    database: DatabaseSettings = Field(default_factory=DatabaseSettings, description="which server, and where in it")
    performance: PerformanceSettings = Field(default_factory=PerformanceSettings, description="without effect")
    validation: ValidationSettings = Field(default_factory=ValidationSettings, description="what is valid")
    backup: BackupSettings = Field(default_factory=BackupSettings, description="when a restore is proved")
    views: ViewSettings = Field(default_factory=ViewSettings, description="when views are brought up to date")
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
