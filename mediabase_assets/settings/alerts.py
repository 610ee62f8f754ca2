"""Settings of alerts: who is told when something is wrong, by which way, and from when on something counts as wrong.

Contains the values and their rules; nothing is sent unless `email_to` or `webhook_url` is set.
"""

import ipaddress
from email.headerregistry import Address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from mediabase_assets.settings.kinds import Port, Positive, Section, Whole, absolute

#: Ports by `email_security`.
_PORTS = {"tls": 465, "starttls": 587, "none": 25}


class AlertSettings(Section):
    """Who is told when something is wrong. Off unless `email_to` or `webhook_url` is set."""

    email_to: list[str] = Field(default=[], description="addresses that are sent alerts; none")
    email_from: str = Field(default="", description="address of the sender")
    email_host: str = Field(default="", description="host name of the mail server")
    email_port: Port | None = Field(default=None, description="port of the mail server; 587, with tls 465, with none 25")
    email_security: Literal["starttls", "tls", "none"] = Field(default="starttls", description="how the connection is encrypted")
    email_user: str = Field(default="", description="user of the mail server; none")
    email_password: SecretStr | None = Field(default=None, description="its password")
    email_password_file: Path | None = Field(default=None, description="file that holds the password")
    webhook_url: SecretStr | None = Field(default=None, description="address that receives alerts as JSON, by POST; none")
    webhook_format: Literal["generic", "slack", "teams"] = Field(default="generic", description="what the receiver reads")
    webhook_header: str = Field(
        default="X-Mediabase-Secret", pattern=r"^[A-Za-z0-9-]+$", description="name of the header that carries the secret"
    )
    webhook_secret: SecretStr | None = Field(default=None, description="secret by which the receiver knows the sender; none")
    webhook_secret_file: Path | None = Field(default=None, description="file that holds the secret")
    ca_file: Path | None = Field(default=None, description="PEM file of authorities that are trusted, beside those of the system")
    timeout: Positive = Field(default=10, le=30, description="seconds to wait for a receiver's answer")
    repeat_hours: Whole = Field(default=24, ge=0, description="hours after which what is still wrong is told again; 0 for never")
    disk_free_gb: float = Field(default=5, ge=0, description="GB that must be free where home, backups and the server's data are")
    stalled_minutes: Whole = Field(default=60, ge=0, description="minutes without an event after which a run counts as hanging; 0: never")
    backup_proof_days: Positive | None = Field(
        default=None, description="days after which a backup must have been proved; the pause of backup.proof_schedule, and a day"
    )
    warnings: bool = Field(default=False, description="whether checks that only warn are told, too")

    @property
    def is_on(self) -> bool:
        """Whether anybody is told."""
        return bool(self.email_to or self.webhook_url)

    @property
    def port(self) -> int:
        """The port of the mail server."""
        return self.email_port or _PORTS[self.email_security]

    @field_validator("email_to", "email_from")
    @classmethod
    def _are_addresses(cls, value: list[str] | str) -> list[str] | str:
        for address in [value] if isinstance(value, str) else value:
            if address and not is_address(address):
                raise ValueError(f"{address!r} is not an address, such as someone@example.org")
        return value

    @field_validator("webhook_url")
    @classmethod
    def _is_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value.get_secret_value())
            is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            is_url = False
        if not is_url or any(c.isspace() for c in value.get_secret_value()):
            raise ValueError("Input should be an address that begins with https:// or http://")
        return value

    @field_validator("email_password_file", "webhook_secret_file", "ca_file")
    @classmethod
    def _is_absolute(cls, value: Path | None) -> Path | None:
        return absolute(value)

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        """What belongs together is there together, and no password travels in the clear."""
        if self.email_to and not (self.email_host and self.email_from):
            raise ValueError("it should have email_host and email_from where it has email_to")
        for one, other in (("email_password", "email_password_file"), ("webhook_secret", "webhook_secret_file")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise ValueError(f"it should have {one} or {other}, not both")
        has_password = self.email_password is not None or self.email_password_file is not None
        if self.email_user and not has_password:
            raise ValueError("it should have email_password or email_password_file where it has email_user")
        if self.email_user and self.email_security == "none" and not _is_this_machine(self.email_host):
            raise ValueError("it should have email_security starttls or tls where a password is sent to another machine")
        return self


def is_address(text: str) -> bool:
    r"""Whether a text is one address of e-mail without a name.

    >>> is_address("ops@example.org"), is_address("ops"), is_address("a@b.c, d@e.f"), is_address("x@y.z\nBcc: q@r.s")
    (True, False, False, False)
    """
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError):
        return False
    return bool(address.username and address.domain) and text.isprintable() and " " not in text


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
