"""The same legacy table in databases of other locales: every released relation, quarantine and repair is the same.

The texts of the table are such that the locales disagree about them (see `awkward_texts.py`), and one database has
collations of its own that take different letters for equal.
"""

import re
import subprocess
import tempfile
from pathlib import Path

import pytest
from psycopg import sql

from mediabase_assets.demo.build import build_demo
from mediabase_assets.lib.content_hash import content_hash
from mediabase_assets.lib.database import client_tool
from mediabase_assets.lib.legacy_table import add_keys_and_indexes
from mediabase_assets.lib.statements import DEFS
from mediabase_assets.model.legacy import LEGACY_TABLE
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import VIEWS
from mediabase_assets_tests.servers.awkward_texts import VARIANTS, make_awkward, varied
from mediabase_assets_tests.servers.commands import ROWS, Place
from mediabase_assets_tests.servers.running import ORDINARY

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end, pytest.mark.timeout(1800)]
#: What the records of a migration hold beside what it found.
_OF_THE_RUN = ("migration_id", "created_at", "updated_at")
OWN_COLLATIONS = f"""
    create collation no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create collation turkish (provider = icu, locale = 'tr');
    alter table {LEGACY_TABLE} alter column gene_symbol type text collate no_case, alter column transcript_id type text collate no_case,
      alter column gene_id type text collate turkish, alter column gene_type type text collate no_case,
      alter column pathways type text[] collate no_case, alter column molecular_functions type text[] collate turkish
"""
#: Locale, oldest version that knows the provider, and the options of CREATE DATABASE.
LOCALES = {
    "C.UTF-8": (14, "lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'"),
    "tr_TR": (14, "lc_collate 'tr_TR.utf8' lc_ctype 'tr_TR.utf8'"),
    "builtin": (17, "locale_provider builtin builtin_locale 'C.UTF-8' locale 'C.UTF-8'"),
    "ICU tr": (15, "locale_provider icu icu_locale 'tr-TR' locale 'C.UTF-8'"),
    "ICU en_US": (15, "locale_provider icu icu_locale 'en-US' locale 'C.UTF-8'"),
    "ICU de": (15, "locale_provider icu icu_locale 'de-DE' locale 'C.UTF-8'"),
    "own collations": (14, "lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'"),
}


@pytest.fixture(scope="module")
def archive(server):
    """The legacy table as an archive of pg_dump."""
    name = server.create_database("awkward", "locale 'C'")
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


def contents_in(server, archive, home, options, setup=""):
    """Migrate in a database with these options, and tell the content of everything."""
    name = server.create_database("of_a_locale", options)
    try:
        command = [str(client_tool("pg_restore")), f"--host={server.folder}", "--username=postgres", f"--dbname={name}", str(archive)]
        subprocess.run(command, check=False, capture_output=True)  # it complains about a setting that older servers do not know
        with server.connect(name) as conn:
            conn.execute(setup)
            conn.execute(sql.SQL("grant select on {} to {}").format(sql.Identifier(LEGACY_TABLE), sql.Identifier(ORDINARY)))
        done = Place(server, name, home).run("-m", "mediabase_assets.cli", "migrate", "--skip-confirmation")
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        with server.connect(name) as conn:
            live = {r: content_hash(conn, "public", r) for r in [*(r.name for r in RELATIONS), *(v.name for v in VIEWS)]}
            records = {r: content_hash(conn, "mediabase_ops", r, exclude=_OF_THE_RUN) for r in ("quarantine", "repairs", "column_account")}
        return live | records
    finally:
        server.drop_database(name)


@pytest.fixture(scope="module")
def in_c(server, archive, tmp_path_factory):
    """The contents in a database of locale C."""
    return contents_in(server, archive, tmp_path_factory.mktemp("home"), "locale 'C'")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_locale_gives_the_same(server, archive, in_c, tmp_path, locale):
    oldest, options = LOCALES[locale]
    if server.version < oldest:
        pytest.skip(f"PostgreSQL {server.version} has no such provider")
    if ("ICU" in locale or "own" in locale) and not server.has_icu():
        pytest.skip("this server was built without ICU")
    if locale == "tr_TR" and "tr_TR.utf8" not in server.locales:
        pytest.skip("this machine cannot make the locale tr_TR")
    found = contents_in(server, archive, tmp_path, options, OWN_COLLATIONS if "own" in locale else "")
    assert {name: found[name] for name in in_c if found[name] != in_c[name]} == {}
    assert in_c["drug_interactions"].rows > 0
    assert in_c["quarantine"].rows > 0


def test_texts_are_awkward_and_the_same_each_time():
    made = {varied("signaling by Insulin", str(salt)) for salt in range(200)}
    assert len(made) == len(VARIANTS)
    assert varied("signaling by Insulin", "7") == varied("signaling by Insulin", "7")


@pytest.mark.parametrize("file", sorted((DEFS / "views").rglob("*.sql")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_view_asks_the_locale_about_letters(file):
    code = "\n".join(line.split("--")[0] for line in file.read_text().splitlines())
    found = re.findall(r"~\*|\bilike\b|\binitcap\(|\b(?:lower|upper)\((?![^()]*collate \"C\")|\\[swdSWD]|\[\[:", code)
    assert found == []
