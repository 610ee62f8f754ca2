"""The same legacy table in databases of other locales: every released relation, quarantine and repair is the same.

The texts of the table are such that the locales disagree about them (see `awkward_texts.py`), and one database has
collations of its own that take different letters for equal. Here are the fewest databases that show it; all of them on
every server: `python -m mediabase_assets_tests.servers.matrix --locales`.
"""

import re
from pathlib import Path

import pytest

import mediabase_assets
from mediabase_assets_tests.servers.awkward_texts import VARIANTS, varied
from mediabase_assets_tests.servers.locales import LOCALES, REFERENCE, awkward_archive, contents_in
from mediabase_assets_tests.servers.running import installed

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end, pytest.mark.timeout(1800)]
#: On the oldest server here the locales that disagree most, on the newest the usual one.
CHOSEN = {"ICU tr, own collations": min, "tr_TR": min, "C.UTF-8": max}
_PACKAGE = Path(mediabase_assets.__file__).parent
#: Legacy queries are measured, not migrated; the index on upper(gene_symbol) is asked for as it is.
_SQL = sorted(
    path for layer in ("extraction", "normalized", "validation", "views") for path in (_PACKAGE / layer).rglob("*.sql")
    if not path.name.endswith(".legacy.sql")
)  # fmt: skip


@pytest.fixture(scope="module")
def chosen(server):
    """The locales that are tested on this server."""
    names = [name for name, which in CHOSEN.items() if server.version == which(installed()) and LOCALES[name].why_not(server) is None]
    if not names:
        pytest.skip(f"PostgreSQL {server.version} is neither the oldest nor the newest here")
    return names


@pytest.fixture(scope="module")
def archive(server, chosen):
    """The legacy table as an archive of pg_dump."""
    with awkward_archive(server) as file:
        yield file


@pytest.fixture(scope="module")
def in_c(server, archive, tmp_path_factory):
    """The contents in a database of locale C."""
    return contents_in(server, archive, tmp_path_factory.mktemp("home"), LOCALES[REFERENCE])


def test_every_locale_gives_the_same(server, chosen, archive, in_c, tmp_path):
    for name in chosen:
        found = contents_in(server, archive, tmp_path / name, LOCALES[name])
        assert {relation: (name, found[relation]) for relation in in_c if found[relation] != in_c[relation]} == {}
    assert in_c["drug_interactions"].rows > 0
    assert in_c["quarantine"].rows > 0


def test_texts_are_awkward_and_the_same_each_time():
    made = {varied("signaling by Insulin", str(salt)) for salt in range(200)}
    assert len(made) == len(VARIANTS)
    assert varied("signaling by Insulin", "7") == varied("signaling by Insulin", "7")


@pytest.mark.parametrize("file", _SQL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_statement_asks_the_locale_about_letters(file):
    code = "\n".join(line.split("--")[0] for line in file.read_text().splitlines())
    found = re.findall(r"~\*|\bilike\b|\binitcap\(|\b(?:lower|upper)\((?![^()]*collate \"C\")|\\[swdSWD]|\[\[:", code)
    assert found == []
