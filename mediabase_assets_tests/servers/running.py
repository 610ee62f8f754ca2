"""Servers of other versions than the embedded one: found, started as an account that is not root, stopped and removed.

Here belong servers, their databases and roles; what is run on them is in `commands.py`.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import sql

from mediabase_assets.postgres.connection import Session
from mediabase_assets.postgres.embedded.binaries import DEBIAN, major_version, server_bin_dir
from mediabase_assets.postgres.embedded.os_account import server_account
from mediabase_assets_tests.fixtures.environment import clean_environment

#: The oldest and the newest major version that the project supports.
OLDEST, NEWEST = 14, 18
ORDINARY = "mb_ordinary"
PASSWORD = "only for tests"
_CONFIGURATION = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = off
full_page_writes = off
shared_buffers = 64MB
max_connections = 50
"""


@dataclass(frozen=True)
class RunningServer:
    """A server that answers on a socket.

    Attributes:
        bin_dir: Its programs.
        folder: Its socket and data.
        version: Major version.
        locales: Locales of the system that it knows beside C and C.UTF-8.
    """

    bin_dir: Path
    folder: Path
    version: int
    locales: tuple[str, ...] = ()
    databases: list[str] = field(default_factory=list)

    def connect(self, dbname: str = "postgres", user: str = "postgres") -> Session:
        """A session that commits each statement."""
        return Session.connect(host=str(self.folder), dbname=dbname, user=user, password=PASSWORD, autocommit=True)

    def create_database(self, name: str, *options: str) -> str:
        """A database from template0 with these options, on which the ordinary role may do what the README asks for."""
        with self.connect() as conn:
            conn.execute(sql.SQL("create database {} template template0 {}").format(sql.Identifier(name), sql.SQL(" ".join(options))))
            conn.execute(
                sql.SQL("grant create, temporary, connect on database {} to {}").format(sql.Identifier(name), sql.Identifier(ORDINARY))
            )
        self.databases.append(name)
        with self.connect(name) as conn:
            conn.execute(sql.SQL("grant create, usage on schema public to {}").format(sql.Identifier(ORDINARY)))
        return name

    def drop_database(self, name: str) -> None:
        """Drop it whoever is in it."""
        with self.connect() as conn:
            conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def has_icu(self) -> bool:
        """Whether it was built with ICU."""
        with self.connect() as conn:
            return (conn.execute("select count(*) > 1 from pg_collation where collprovider = 'i'").fetchone() or (False,))[0]

    def environment(self, database: str, home: Path, **more: str) -> dict[str, str]:
        """Variables under which the project works there, as the role that is no superuser."""
        kept = clean_environment()
        return kept | {
            "MEDIABASE_HOME": str(home),
            "MB_POSTGRES_HOST": str(self.folder),
            "MB_POSTGRES_USER": ORDINARY,
            "MB_POSTGRES_PASSWORD": PASSWORD,
            "MB_POSTGRES_DB": database,
            "COLUMNS": "200",
            **more,
        }


def installed() -> dict[int, Path]:
    """Folders of server programs on this machine by major version: Debian's, and the wheel's."""
    found = {int(p.parent.name): p for p in DEBIAN.glob("*/bin") if p.parent.name.isdigit() and (p / "postgres").is_file()}
    wheel = server_bin_dir(server_account())
    return {version: path for version, path in {**found, major_version(wheel): wheel}.items() if OLDEST <= version <= NEWEST}


@contextmanager
def running(bin_dir: Path, prepare: Callable[[Path], str] = lambda data: "", *, password: str = PASSWORD) -> Iterator[RunningServer]:
    """Start a server of these programs with a cluster of its own; both are gone afterwards.

    Args:
        bin_dir: The programs.
        prepare: Writes files into the folder of the cluster before it starts; returns lines of its configuration.
        password: Of the ordinary role.
    """
    account = server_account()
    folder = Path(tempfile.mkdtemp(prefix="mediabase-server-", dir="/tmp"))
    account.own(folder)
    folder.chmod(0o711)  # whoever runs the tests reaches the socket
    data, log = folder / "data", folder / "log"
    locales = _generate_locales(folder / "locales")
    try:
        initdb = ["-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        account.run([str(bin_dir / "initdb"), *initdb], check=True, stdout=subprocess.DEVNULL)
        configuration = (data / "postgresql.conf").read_text() + _CONFIGURATION.format(folder=folder) + prepare(data)
        account.write(data / "postgresql.conf", configuration)
        start = [str(bin_dir / "pg_ctl"), "-D", str(data), "-l", str(log), "-w", "-t", "60", "start"]
        account.run(["/usr/bin/env", f"LOCPATH={folder / 'locales'}", *start], check=True, stdout=subprocess.DEVNULL)
        try:
            this = RunningServer(bin_dir, folder, major_version(bin_dir), locales)
            with this.connect() as conn:
                conn.execute(
                    sql.SQL("create role {} login password {} nosuperuser nocreatedb nocreaterole noreplication nobypassrls").format(
                        sql.Identifier(ORDINARY), sql.Literal(password)
                    )
                )
            yield this
        finally:
            account.run([str(bin_dir / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop"], stdout=subprocess.DEVNULL)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _generate_locales(folder: Path) -> tuple[str, ...]:
    """Locales of the system in a folder of our own, as far as this machine can make them."""
    folder.mkdir()
    folder.chmod(0o755)
    made = []
    target = folder / "tr_TR.utf8"
    with suppress(OSError):
        done = subprocess.run(["localedef", "-i", "tr_TR", "-f", "UTF-8", str(target)], capture_output=True, check=False)
        if done.returncode == 0:
            made.append(target.name)
    return tuple(made)
