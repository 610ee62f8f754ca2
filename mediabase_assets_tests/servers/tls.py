"""A server that lets ordinary roles in over TLS only, with certificates of an authority that is made for it."""

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from psycopg import sql

from mediabase_assets.postgres.embedded.os_account import server_account
from mediabase_assets_tests.servers.running import ORDINARY, PASSWORD, RunningServer, installed, running

#: A role that logs in with a certificate and no password.
BY_CERTIFICATE = "mb_by_certificate"


@dataclass(frozen=True)
class TlsServer:
    """A server with TLS.

    Attributes:
        server: The server; tests as its administrator come by its socket.
        host: The address that its certificate is for.
        other_host: One that it is not for.
        certificates: A folder with `ca.pem`, `other-ca.pem`, `client.pem` and `client.key`.
    """

    server: RunningServer
    host: str
    other_host: str
    certificates: Path

    def settings(self, database: str, **more: object) -> dict[str, object]:
        """The section `database` of the settings, for verify-full."""
        return {
            "host": self.host, "port": 5432, "user": ORDINARY, "password": PASSWORD, "name": database,
            "sslmode": "verify-full", "sslrootcert": str(self.certificates / "ca.pem"), **more,
        }  # fmt: skip

    def variables(self, database: str, home: Path, password: str = PASSWORD) -> dict[str, str]:
        """The same as variables of a process."""
        return self.server.environment(
            database, home, MB_POSTGRES_HOST=self.host, MB_POSTGRES_PORT="5432", MB_POSTGRES_PASSWORD=password,
            MB_POSTGRES_SSLMODE="verify-full", MB_POSTGRES_SSLROOTCERT=str(self.certificates / "ca.pem"),
        )  # fmt: skip


def with_tls() -> Path | None:
    """Programs of a server that was built with TLS, the newest; the wheel's was not."""
    for _, bin_dir in sorted(installed().items(), reverse=True):
        said = subprocess.run([str(bin_dir / "pg_config"), "--configure"], capture_output=True, text=True, check=False)
        if "openssl" in said.stdout:
            return bin_dir
    return None


@contextmanager
def running_with_tls(bin_dir: Path, folder: Path, password: str = PASSWORD) -> Iterator[TlsServer]:
    """Start it; it is gone afterwards.

    Args:
        bin_dir: The programs.
        folder: Where the certificates go.
        password: Of the ordinary role.
    """
    chance = random.SystemRandom()
    host, other_host = (f"127.{chance.randint(2, 250)}.{chance.randint(2, 250)}.{last}" for last in (1, 2))  # all of 127/8 is this machine
    authority, other = trustme.CA(), trustme.CA()
    account = server_account()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    other.cert_pem.write_to_path(folder / "other-ca.pem")
    client = authority.issue_cert(f"{BY_CERTIFICATE}@test.example", common_name=BY_CERTIFICATE)
    client.cert_chain_pems[0].write_to_path(folder / "client.pem")
    client.private_key_pem.write_to_path(folder / "client.key")
    (folder / "client.key").chmod(0o600)
    own = authority.issue_cert(host)

    def prepare(data: Path) -> str:
        account.write(data / "server.crt", own.cert_chain_pems[0].bytes().decode())
        account.write(data / "server.key", own.private_key_pem.bytes().decode())
        account.write(data / "ca.crt", authority.cert_pem.bytes().decode())
        account.run(["/bin/chmod", "600", str(data / "server.key")], check=True)
        account.write(
            data / "pg_hba.conf",
            f"local all all trust\nhostssl all {BY_CERTIFICATE} 127.0.0.0/8 cert\nhostssl all all 127.0.0.0/8 scram-sha-256\n",
        )
        return f"\nlisten_addresses = '{host}, {other_host}'\nssl = on\nssl_ca_file = 'ca.crt'\npassword_encryption = 'scram-sha-256'\n"

    with running(bin_dir, prepare, password=password) as server:
        with server.connect() as conn:
            conn.execute(sql.SQL("create role {} login").format(sql.Identifier(BY_CERTIFICATE)))
        yield TlsServer(server, host, other_host, folder)
