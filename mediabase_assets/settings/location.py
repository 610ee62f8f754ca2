"""The place of the backups as a setting: a folder, or a URL of S3.

Contains its form only; how backups get there is in the package `backup`. No message quotes the text: it may hold a key.
"""

import difflib
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from mediabase_assets.settings.kinds import absolute

#: What may stand behind the `?` of such a URL.
OPTIONS = ("endpoint_override", "region", "scheme", "force_virtual_addressing")
_CREDENTIALS = ("access_key", "secret_key", "session_token", "aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_SCHEMES = {"scheme": ("http", "https"), "force_virtual_addressing": ("true", "false")}


def place_of_backups(value: str) -> str:
    """A place for backups: empty, the whole path of a folder, or the URL of a bucket of S3 without a slash at its end.

    Args:
        value: What the setting holds.

    Raises:
        ValueError: It is neither.

    >>> place_of_backups("s3://lab/backups/?region=eu-central-1"), place_of_backups("file:///srv/backups")
    ('s3://lab/backups?region=eu-central-1', '/srv/backups')
    """
    if not value:
        return ""
    scheme, colon, _ = value.partition("://")
    if not colon:
        return str(_folder(value))
    if scheme == "file":
        return str(_folder(unquote(value.removeprefix("file://"))))
    if scheme != "s3":
        raise ValueError("it should be a folder, or a URL that begins with s3:// or file://")
    try:
        parts = urlsplit(value)
        options = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError("it should be a URL such as s3://bucket/prefix?region=eu-central-1") from None
    _require_no_credentials(parts.netloc, [name for name, _ in options])
    if not parts.netloc or parts.fragment or ":" in parts.netloc:
        raise ValueError("it should name a bucket, such as s3://bucket/prefix?region=eu-central-1")
    for name, text in options:
        _require_known(name, text)
    path = "/".join(part for part in parts.path.split("/") if part)
    return f"s3://{parts.netloc}{'/' if path else ''}{path}{'?' if parts.query else ''}{parts.query}"


def is_url(value: str) -> bool:
    """Whether a place that was checked is no folder."""
    return "://" in value


def _folder(value: str) -> Path:
    if re.match(r"[A-Za-z0-9+.-]{2,}:", value):
        raise ValueError("it should be a folder, or a URL such as s3://bucket/prefix")
    path = absolute(Path(value))
    assert path is not None
    return path


def _require_no_credentials(authority: str, names: list[str]) -> None:
    if "@" in authority or any(name.lower() in _CREDENTIALS for name in names):
        raise ValueError(
            "credentials do not belong into it; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with AWS_PROFILE"
        )


def _require_known(name: str, text: str) -> None:
    if name not in OPTIONS:
        near = difflib.get_close_matches(name, OPTIONS, n=1)
        raise ValueError(f"its options are {', '.join(OPTIONS)}{f'; did you mean {near[0]}?' if near else ''}")
    if text not in _SCHEMES.get(name, (text,)) or not text:
        raise ValueError(f"its option {name} should be {' or '.join(_SCHEMES.get(name, ('a text',)))}")
