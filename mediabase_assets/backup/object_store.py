"""Files in a bucket of S3, by the path behind its URL: written, read, listed, copied, deleted; failures in a person's words.

Contains nothing about backups. Credentials come from where AWS's own programs take them (AWS_* variables, ~/.aws, the machine's
role), and are in no text made here.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from mediabase_assets.model.errors import BackupError

if TYPE_CHECKING:
    import pyarrow.fs as pafs

#: Bytes that are handed on at a time.
BLOCK = 1 << 22
#: The largest file that S3 copies by one request.
LARGEST_COPY = 5 * 1024**3
_CONNECT_SECONDS, _ANSWER_SECONDS = 5.0, 60.0
_AWS = re.compile(r"AWS Error ([A-Z_]+) during")


class StoredFile(NamedTuple):
    """A file of the bucket: its path below the prefix, and its size."""

    path: str
    size_bytes: int


# the codes of S3, what they mean, and what to do
_FAILURES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("NO_SUCH_BUCKET", "RESOURCE_NOT_FOUND"), "There is no such bucket.", "Create it, or correct backup.location."),
    (
        ("INVALID_ACCESS_KEY_ID", "SIGNATURE_DOES_NOT_MATCH", "INVALID_CLIENT_TOKEN_ID", "INVALID_SIGNATURE",
         "MISSING_AUTHENTICATION_TOKEN", "UNRECOGNIZED_CLIENT", "REQUEST_EXPIRED"),
        "S3 does not accept the credentials.",
        "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, and the clock of this machine.",
    ),
    (
        ("ACCESS_DENIED",),
        "The credentials do not allow it.",
        "Ask for s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it.",
    ),
    (
        ("NETWORK_CONNECTION", "REQUEST_TIMEOUT", "SERVICE_UNAVAILABLE"),
        "S3 does not answer.",
        "Check endpoint_override, scheme and region in backup.location, and the network; then run it again.",
    ),
)  # fmt: skip


class ObjectStore:
    """A prefix of a bucket. Every failure is a `BackupError` that names the place and the next step."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self.root = f"{parts.netloc}{parts.path}"
        self._files = _file_system(parts.query)

    def __str__(self) -> str:
        return self.url

    def files(self, below: str = "") -> list[StoredFile]:
        """Every file below the prefix.

        Args:
            below: A folder below it.
        """
        import pyarrow.fs as pafs  # 0.2 s, which only those wait for whose backups are in a bucket

        folder = self._path(below)
        with self._reported():
            found = self._files.get_file_info(pafs.FileSelector(folder, recursive=True, allow_not_found=True))
        return [StoredFile(f.path.removeprefix(f"{self.root}/"), f.size) for f in found if f.type == pafs.FileType.File]

    def read(self, path: str) -> bytes:
        """A file as a whole.

        Raises:
            FileNotFoundError: There is none.
        """
        with self._reported(), self._files.open_input_stream(self._path(path)) as stream:
            return bytes(stream.read())

    def blocks(self, path: str) -> Iterator[bytes]:
        """A file in blocks, from its beginning to its end.

        Raises:
            FileNotFoundError: There is none.
        """
        with self._reported(), self._files.open_input_stream(self._path(path)) as stream:
            while block := stream.read(BLOCK):
                yield block

    def write(self, path: str, content: Iterator[bytes]) -> None:
        """Write a file; it is there when its last block is written. One that is cut short has fewer bytes than its manifest says."""
        with self._reported(path), self._files.open_output_stream(self._path(path)) as stream:
            for block in content:
                stream.write(block)

    def copy(self, source: str, target: str) -> None:
        """Copy a file within the bucket, without its bytes coming here."""
        with self._reported(target):
            self._files.copy_file(self._path(source), self._path(target))

    def delete(self, path: str) -> None:
        """Delete a file."""
        with self._reported(path):
            self._files.delete_file(self._path(path))

    def delete_folder(self, path: str) -> None:
        """Delete every file of a folder."""
        with self._reported(path):
            self._files.delete_dir(self._path(path))

    def _path(self, path: str) -> str:
        return f"{self.root}/{path}" if path else self.root

    @contextmanager
    def _reported(self, path: str = "") -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise failure(str(error), f"{self.url}{f', {path}' if path else ''}") from None


def failure(said: str, where: str) -> BackupError:
    """What S3 answered, in a person's words.

    >>> print(failure("AWS Error NO_SUCH_BUCKET during PutObject operation", "s3://lab").what)
    There is no such bucket (NO_SUCH_BUCKET).
    """
    match = _AWS.search(said)
    code = match[1] if match else ""
    for codes, what, next_step in _FAILURES:
        if code in codes:
            return BackupError(f"{what.rstrip('.')} ({code}).", where=where, next_step=next_step)
    known = f"S3 refused ({code})" if code and code != "UNKNOWN" else "S3 cannot be used"
    status = re.search(r"HTTP status (\d+)", said)
    text = f"{known}{f', HTTP status {status[1]}' if status else ''}."
    return BackupError(text, where=where, next_step="Check backup.location and the AWS variables; then run it again.")


@lru_cache(maxsize=8)
def object_store(url: str) -> ObjectStore:
    """The place behind a URL that the settings have checked; one for a process."""
    return ObjectStore(url)


def _file_system(query: str) -> "pafs.S3FileSystem":
    import pyarrow.fs as pafs

    options = dict(parse_qsl(query))
    endpoint = options.get("endpoint_override", "")
    scheme, found, host = endpoint.partition("://")
    return pafs.S3FileSystem(
        region=options.get("region"),
        endpoint_override=(host if found else endpoint).rstrip("/") or None,
        scheme=options.get("scheme") or (scheme if found else "https"),
        connect_timeout=_CONNECT_SECONDS,
        request_timeout=_ANSWER_SECONDS,
        allow_delayed_open=True,
        force_virtual_addressing=options.get("force_virtual_addressing") == "true",
    )
