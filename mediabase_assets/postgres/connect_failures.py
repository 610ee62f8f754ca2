"""What libpq says where a session does not come about, and what it means to a person. Contains the table; `connect` looks into it."""

from typing import NamedTuple


class Failure(NamedTuple):
    """A phrase of libpq or the server, and what it means to a person."""

    phrase: str
    what: str
    next_step: str


# libpq gives no SQLSTATE for a session that did not come about, so its words are all there is; a server that speaks
# another language falls through to its own words
FAILURES = (
    Failure(
        "certificate verify failed",
        "The server's certificate is of no authority that is trusted.",
        "Check MB_POSTGRES_SSLROOTCERT: it has to be the certificate of the authority that signed the server's.",
    ),
    Failure(
        "does not match host name",
        "The server's certificate is that of another host.",
        "Set MB_POSTGRES_HOST to the name in the certificate, or ask the administrator for one with this name.",
    ),
    Failure(
        "server does not support ssl",
        "The server does not speak TLS.",
        "Ask the administrator to turn ssl on, or set MB_POSTGRES_SSLMODE to prefer.",
    ),
    Failure("root certificate file", "There is no certificate of an authority to check the server's with.", "Set MB_POSTGRES_SSLROOTCERT."),
    Failure(
        "valid client certificate",
        "The server wants a certificate of the client.",
        "Set MB_POSTGRES_SSLCERT and MB_POSTGRES_SSLKEY.",
    ),
    Failure(
        "certificate authentication failed",
        "The client's certificate is not that of this user.",
        "Check MB_POSTGRES_SSLCERT and MB_POSTGRES_USER.",
    ),
    Failure("private key file", "The key of the client's certificate cannot be used.", "Check MB_POSTGRES_SSLKEY; chmod 600 the file."),
    Failure("certificate file", "The client's certificate cannot be read.", "Check MB_POSTGRES_SSLCERT."),
    Failure("pg_hba.conf rejects", "The server does not let this user in from here.", "Ask the administrator for a line in pg_hba.conf."),
    Failure("no encryption", "The server lets this user in over TLS only.", "Set MB_POSTGRES_SSLMODE to require, or better verify-full."),
    Failure("definition of service", "There is no such libpq service.", "Check pg_service.conf and PGSERVICE."),
    Failure("no password supplied", "The server wants a password.", "Set MB_POSTGRES_PASSWORD or MB_POSTGRES_PASSWORD_FILE."),
    Failure(
        "password authentication failed",
        "The server does not accept this user and password.",
        "Check MB_POSTGRES_USER and MB_POSTGRES_PASSWORD.",
    ),
    Failure(
        "authentication failed",
        "The server does not let this user in.",
        "Check MB_POSTGRES_USER, or ask the administrator to check pg_hba.conf.",
    ),
    Failure(
        "pg_hba.conf",
        "The server does not let this user in from here.",
        "Ask the administrator for a line in pg_hba.conf.",
    ),
    Failure("too many c", "The server has no session left.", "Close other sessions, then try again."),
    Failure("remaining connection slots", "The server has no session left.", "Close other sessions, then try again."),
    Failure("starting up", "The server is starting or recovering.", "Wait a moment, then try again."),
    Failure("in recovery mode", "The server is starting or recovering.", "Wait a moment, then try again."),
    Failure("shutting down", "The server is shutting down.", "Start it again, then try again."),
    Failure(
        "permission denied for database",
        "The user may not connect to this database.",
        "Ask the administrator for `grant connect on database ... to ...`.",
    ),
    Failure("translate host name", "There is no such host.", "Check MB_POSTGRES_HOST."),
    Failure("failed to resolve host", "There is no such host.", "Check MB_POSTGRES_HOST."),
    Failure(
        "timeout expired",
        "The server does not answer in time.",
        "Check host, port and firewall, or raise MB_POSTGRES_CONNECTION_TIMEOUT.",
    ),
    Failure("connection refused", "No server listens there.", "Start it, or check MB_POSTGRES_HOST and MB_POSTGRES_PORT."),
    Failure(
        "no such file or directory",
        "No server listens at this socket.",
        "Start it, or check MB_POSTGRES_HOST and MB_POSTGRES_PORT.",
    ),
)
