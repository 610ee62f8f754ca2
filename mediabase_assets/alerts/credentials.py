"""Passwords of receivers and the authorities that are trusted: read when a message is sent, never logged."""

import ssl
from pathlib import Path

from pydantic import SecretStr

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings.alerts import AlertSettings


def secret_of(value: SecretStr | None, file: Path | None, key: str) -> str:
    """A secret; empty if there is none.

    Args:
        value: The setting.
        file: The file that holds it, without the line break at its end.
        key: Names the setting of the file.

    Raises:
        ConfigurationError: The file cannot be read, or is empty.
    """
    if value is not None:
        return value.get_secret_value()
    if file is None:
        return ""
    try:
        text = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise ConfigurationError(
            f"The file of a secret cannot be read: {reason}.", where=f"{file}, {key}", next_step=f"Correct {key}, or the file's mode."
        ) from None
    if not text or not text.isprintable():
        raise ConfigurationError("The file of a secret does not hold one line of text.", where=f"{file}, {key}", next_step="Correct it.")
    return text


def trusted_by(alerts: AlertSettings) -> ssl.SSLContext:
    """The authorities that may vouch for a receiver: those of the system, and those of `ca_file`.

    Raises:
        ConfigurationError: The file cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context()
    if alerts.ca_file is not None:
        try:
            context.load_verify_locations(cafile=alerts.ca_file)
        except OSError as error:  # that of ssl is one, too
            reason = error.strerror if not isinstance(error, ssl.SSLError) and error.strerror else "it holds no certificate in PEM"
            raise ConfigurationError(
                f"The file of certificates cannot be read: {reason}.", where=f"{alerts.ca_file}, alerts.ca_file", next_step="Correct it."
            ) from None
    return context
