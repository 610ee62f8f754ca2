"""One legacy table in databases of other locales and collations: which there are, and what a migration releases and records in one.

Here belong the locales and the migration in one of them; the texts of the table are `awkward_texts.py`.
"""

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from psycopg import sql

from mediabase_assets.demo.build import build_demo
from mediabase_assets.legacy.table import add_keys_and_indexes
from mediabase_assets.model.legacy import LEGACY_TABLE
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.connect import client_tool
from mediabase_assets.postgres.content_hash import ContentHash, content_hash
from mediabase_assets_tests.servers.awkward_texts import make_awkward
from mediabase_assets_tests.servers.commands import ROWS, Place
from mediabase_assets_tests.servers.running import ORDINARY, RunningServer

#: What the records of a migration hold beside what it found.
_OF_THE_RUN = ("migration_id", "created_at", "updated_at")
_OWN_COLLATIONS = f"""
    create collation no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create collation turkish (provider = icu, locale = 'tr');
    alter table {LEGACY_TABLE} alter column gene_symbol type text collate no_case, alter column transcript_id type text collate no_case,
      alter column gene_id type text collate turkish, alter column gene_type type text collate no_case,
      alter column pathways type text[] collate no_case, alter column molecular_functions type text[] collate turkish
"""
_ICU = "locale_provider icu icu_locale '{}' locale 'C.UTF-8'"
#: What every other database is compared with.
REFERENCE = "C"


class Locale(NamedTuple):
    """A database of a locale.

    Attributes:
        oldest: The oldest version that knows the provider.
        options: Of CREATE DATABASE.
        has_own_collations: Whether columns of the legacy table have collations that take different letters for equal.
    """

    oldest: int
    options: str
    has_own_collations: bool = False

    def why_not(self, server: RunningServer) -> str | None:
        """Why a server cannot have such a database."""
        if server.version < self.oldest:
            return f"PostgreSQL {server.version} has no such provider"
        if ("icu" in self.options or self.has_own_collations) and not server.has_icu():
            return "this server was built without ICU"
        if "tr_TR" in self.options and "tr_TR.utf8" not in server.locales:
            return "this machine cannot make the locale tr_TR"
        return None


LOCALES = {
    REFERENCE: Locale(14, "locale 'C'"),
    "C.UTF-8": Locale(14, "lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'"),
    "tr_TR": Locale(14, "lc_collate 'tr_TR.utf8' lc_ctype 'tr_TR.utf8'"),
    "builtin": Locale(17, "locale_provider builtin builtin_locale 'C.UTF-8' locale 'C.UTF-8'"),
    "ICU tr": Locale(15, _ICU.format("tr-TR")),
    "ICU en_US": Locale(15, _ICU.format("en-US")),
    "ICU de": Locale(15, _ICU.format("de-DE")),
    "own collations": Locale(14, "lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'", has_own_collations=True),
    "ICU tr, own collations": Locale(15, _ICU.format("tr-TR"), has_own_collations=True),
}


@contextmanager
def awkward_archive(server: RunningServer) -> Iterator[Path]:
    """The legacy table with texts about which locales disagree, as an archive of pg_dump."""
    name = server.create_database("awkward", LOCALES[REFERENCE].options)
    with server.connect(name) as conn, conn.transaction():
        build_demo(conn, schema="public", transcripts=ROWS)
        add_keys_and_indexes(conn, "public", LEGACY_TABLE)
        assert make_awkward(conn) == ROWS
    with tempfile.TemporaryDirectory(prefix="mediabase-awkward-") as folder:
        file = Path(folder) / "legacy.dump"
        command = [str(client_tool("pg_dump")), "-Fc", f"--host={server.folder}", "--username=postgres", f"--file={file}", name]
        subprocess.run(command, check=True)
        server.drop_database(name)
        yield file


def contents_in(server: RunningServer, archive: Path, home: Path, locale: Locale) -> dict[str, ContentHash]:
    """Migrate in a database of this locale, and tell the content of everything."""
    name = server.create_database("of_a_locale", locale.options)
    try:
        command = [str(client_tool("pg_restore")), f"--host={server.folder}", "--username=postgres", f"--dbname={name}", str(archive)]
        subprocess.run(command, check=False, capture_output=True)  # it complains about a setting that older servers do not know
        with server.connect(name) as conn:
            conn.execute(_OWN_COLLATIONS if locale.has_own_collations else "")
            conn.execute(sql.SQL("grant select on {} to {}").format(sql.Identifier(LEGACY_TABLE), sql.Identifier(ORDINARY)))
        done = Place(server, name, home).run("-m", "mediabase_assets.cli", "migrate", "--skip-confirmation")
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        with server.connect(name) as conn:
            live = {r: content_hash(conn, "public", r) for r in [*(r.name for r in RELATIONS), *(v.name for v in VIEWS)]}
            records = {r: content_hash(conn, "mediabase_ops", r, exclude=_OF_THE_RUN) for r in ("quarantine", "repairs", "column_account")}
        return live | records
    finally:
        server.drop_database(name)


def differing(server: RunningServer, folder: Path, names: Iterable[str] = LOCALES) -> Iterator[tuple[str, list[str]]]:
    """Of each locale that the server can have: the relations whose content is not that of the reference."""
    with awkward_archive(server) as archive:
        expected = contents_in(server, archive, folder / "home_of_reference", LOCALES[REFERENCE])
        for number, name in enumerate(n for n in names if n != REFERENCE and LOCALES[n].why_not(server) is None):
            found = contents_in(server, archive, folder / f"home_{number}", LOCALES[name])
            yield name, sorted(relation for relation in expected if found[relation] != expected[relation])
