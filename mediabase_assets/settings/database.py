"""Settings of the database: which server, and where in it. The other sections are in `sections`."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, SecretStr, ValidationInfo, field_validator, model_validator

from mediabase_assets.model.workspace import MIGRATIONS, PLAN, SELF_TEST, Workspace, is_reserved
from mediabase_assets.settings.kinds import Port, Positive, Section, absolute, ignored
from mediabase_assets.settings.password_file import read_password

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
    password_file: Path | None = Field(default=None, description="file that holds the password of the role, such as a container's secret")
    sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] | None = Field(
        default=None, description="TLS to the server, in libpq's words; prefer, or what PGSSLMODE says"
    )
    sslrootcert: str | None = Field(default=None, min_length=1, description="file of the authorities that are trusted, or system")
    sslcert: Path | None = Field(default=None, description="file of the client's certificate")
    sslkey: Path | None = Field(default=None, description="file of its key, which only its owner may read")
    connection_timeout: Positive = Field(default=30, description="seconds to wait for the server's answer")
    max_connections: Positive = Field(
        default=10, description="sessions of a run at a time, about; six of them do not build. Dagster's storage has six of its own"
    )
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
            values |= {"user": "postgres", "port": 5432, "password": None, "password_file": None}  # its own role over its own socket
        return defaults | values

    @field_validator("password_file")
    @classmethod
    def _agrees_with_the_password(cls, value: Path | None, known: ValidationInfo) -> Path | None:
        """The file can be read, and a password that is given beside it is the same."""
        file = absolute(value)
        password: SecretStr | None = known.data.get("password")
        if file is not None and password not in (None, SecretStr(read_password(file))):
            raise ValueError(f"the password in {file} and the one that is given beside it differ; keep one of them")
        return file

    @model_validator(mode="after")
    def _password_of_the_file(self) -> Self:
        if self.password_file is not None and self.password is None:
            self.__dict__["password"] = SecretStr(read_password(self.password_file))
        return self

    @field_validator("schema_name", "legacy_schema", "legacy_table", "name")
    @classmethod
    def _is_identifier(cls, value: str | None) -> str | None:
        if value and (len(value.encode()) > 63 or "\0" in value):
            raise ValueError("Input should be a name of at most 63 bytes")
        return value

    @field_validator("host")
    @classmethod
    def _is_a_host(cls, value: str | None) -> str | None:
        """A connection string may hold a password, which would then be shown as the server's name."""
        if value and not value.startswith("/") and any(sign in value for sign in ("://", "=", "@")):
            raise ValueError("it should be the name of a host; user, password and the rest have settings of their own")
        return value

    @field_validator("sslrootcert", "sslcert", "sslkey")
    @classmethod
    def _is_a_file(cls, value: str | Path | None) -> str | Path | None:
        if value is None or value == "system":
            return value
        path = absolute(Path(value))
        return path if isinstance(value, Path) else str(path)

    @field_validator("schema_name", "legacy_schema")
    @classmethod
    def _is_not_reserved(cls, value: str | None) -> str | None:
        if value is not None and (not value or value in RESERVED_SCHEMAS or is_reserved(value) or value.startswith("pg_")):
            raise ValueError("Input should be a schema that neither PostgreSQL nor the project keeps for itself")
        return value
