"""The rules about single values of rows and genes, against what they promise: for every text, and in databases of several locales."""

import re
from contextlib import contextmanager, suppress

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import sql

from mediabase_assets.model.vocabulary import BIOTYPE, CHROMOSOME, ENSEMBL_PROTEIN
from mediabase_assets.postgres.connect import connect
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.rules import anything, call, define

pytestmark = pytest.mark.pg
slow = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

#: A database of the usual locale, and one in which lower() and ranges mean other things: the first that the server can make.
#: https://github.com/metabase/metabase/pull/41584
LOCALES = {
    "C": ("locale 'C'",),
    "other": ("locale_provider icu icu_locale 'tr-TR' locale 'C'", "locale_provider builtin builtin_locale 'PG_UNICODE_FAST' locale 'C'"),
}


def create_database(conn, name, locales):
    """Create a database of the first locale that the server knows."""
    for locale in locales[:-1]:
        with suppress(psycopg.errors.FeatureNotSupported):
            return conn.execute(f"create database {name} template template0 encoding 'UTF8' {locale}")
    return conn.execute(f"create database {name} template template0 encoding 'UTF8' {locales[-1]}")


@contextmanager
def database(home, locale):
    """A session in a database of that locale, with the rules."""
    with harness.project(home, demo=None) as this:
        name = f"{this.settings.database.name}_l"
        with connect(this.settings, autocommit=True, dbname="postgres") as conn:
            create_database(conn, name, LOCALES[locale])
            try:
                with connect(this.settings, autocommit=True, dbname=name) as session:
                    define(session)
                    yield session
            finally:
                conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="module", params=LOCALES)
def rules(request, pipeline_home):
    with database(pipeline_home, request.param) as session:
        yield session


# ------------------------------------------------------------------------------------------------------------- chromosomes
primary = st.sampled_from([*map(str, range(1, 23)), "X", "Y", "M"])
spelled = st.builds(
    lambda prefix, name, case: case(prefix + name), st.sampled_from(["", "chr"]), primary, st.sampled_from([str, str.upper, str.lower])
)
contig = st.one_of(
    st.from_regex(r"\Achr([1-9]|1[0-9]|2[0-2]|X|Y|Un)_[A-Za-z]{2}[0-9]{6}v[0-9]_(alt|fix|random)\Z"),
    st.from_regex(r"\Achr[1-9]_[a-z]{3,4}_hap[1-9]\Z"),
    st.from_regex(r"\A(CHR_)?HSCHR[1-9]_[0-9]_CTG[0-9]{1,2}\Z"),
    st.from_regex(r"\A(CHR_)?HG[0-9]{1,4}_PATCH\Z"),
    st.from_regex(r"\A(GL|KI|KN|KQ|KV|KZ|ML|MU|JH)[0-9]{6}\.[0-9]\Z"),
    st.from_regex(r"\AN[TW]_[0-9]{6,9}\.[0-9]{1,2}\Z"),
)


@given(value=spelled)
@slow
def test_every_spelling_of_a_primary_chromosome_is_read(rules, value):
    name = value.upper().removeprefix("CHR")
    assert call(rules, "chromosome(%s)", value) == f"chr{name}"


@given(value=contig)
@slow
def test_contigs_are_kept_as_written(rules, value):
    assert call(rules, "chromosome(%s)", value) == value


@given(value=anything | spelled | contig | st.from_regex(r"\A[A-Za-z_]{1,6}[0-9]{1,8}([._][A-Za-z0-9]{1,8})?\Z"))
@slow
@example("chr99")
@example("NC_000025.1")
@example("\uff17")
def test_the_model_accepts_exactly_what_the_rule_returns(rules, value):
    found = call(rules, "chromosome(%s)", value)
    assert found is None or re.fullmatch(CHROMOSOME, found)
    cleaned = call(rules, "clean_id(%s)", value) or ""
    if re.fullmatch(CHROMOSOME, cleaned) and len(cleaned) <= 60 and cleaned.isascii():
        assert found == cleaned
    reason = call(rules, "chromosome_reason(%s)", value)
    assert (reason is None) == (found is not None or call(rules, "clean_text(%s)", value) is None)


@pytest.mark.parametrize("number", range(1, 25))
def test_accessions_of_every_chromosome(rules, number):
    expected = f"chr{'XY'[number - 23] if number > 22 else number}"
    assert call(rules, "chromosome(%s)", f"NC_0000{number:02d}.11") == expected
    assert call(rules, "chromosome(%s)", f"NC_0609{number + 24:02d}.1") == expected
    assert call(rules, "chromosome(%s)", f"CM000{number + 662}.2") == expected


# ----------------------------------------------------------------------------------------------------------- ids of Ensembl
@given(
    digits=st.from_regex(r"\A[0-9]{11}\Z"), version=st.integers(0, 999999), lift=st.none() | st.integers(0, 9999), par=st.booleans(),
    prefix=st.sampled_from(["ENSG", "ENST"]), hidden=st.sampled_from(["", "\u200b", "\u00ad", " ", "\ufeff", "\u2060\u200e"]),
)  # fmt: skip
@slow
def test_every_spelling_of_an_ensembl_id_is_read(rules, digits, version, lift, par, prefix, hidden):
    written = f"{prefix}{digits}.{version}{'' if lift is None else f'_{lift}'}{'_PAR_Y' if par else ''}{hidden}"
    expected = [prefix + digits, str(version) if version else None, "par" if par else None]
    assert call(rules, "ensembl_id(%s, %s)", written, prefix) == expected
    assert call(rules, "is_lifted(%s)", written) == (lift is not None)
    assert not call(rules, "names_other_species(%s)", written)


#: What a rule returns, if anything.
FORMS = {
    "biotype": BIOTYPE,
    "havana_id": r"OTTHUMT[0-9]+(\.[0-9]+)?",
    "ccds_id": r"CCDS[0-9]+(\.[0-9]+)?",
    "ensembl_protein_id": ENSEMBL_PROTEIN,
    "transcript_name": r"(?s).{1,200}",
}


@given(value=anything | st.from_regex(r"\AENS[A-Z]{0,4}G[0-9]{11}(\.[0-9])?\Z") | st.from_regex(r"\A(FBgn|MGI:|OTTHUMT)[0-9]{6,8}\Z"))
@slow
def test_no_text_breaks_a_rule(rules, value):
    gene = call(rules, "ensembl_id(%s, 'ENSG')", value)
    assert gene is None or re.fullmatch("ENSG[0-9]{11}", gene[0])
    assert gene is None or not call(rules, "names_other_species(%s)", value)
    resolved = call(rules, "gene_of_row(%s, null, null, null)", value)
    assert resolved[1] in ("gene_id", "other_species", "bad_gene_id", "missing")
    assert (resolved[0] is None) == (resolved[1] != "gene_id")
    for rule, form in FORMS.items():
        found = call(rules, f"{rule}(%s)", value)
        assert found is None or re.fullmatch(form, found)
    assert call(rules, "support_level(%s)", value) in (None, 1, 2, 3, 4, 5)
    assert call(rules, "annotation_level(%s)", value) in (None, 1, 2, 3)
    assert call(rules, "strand_of(%s)", value) in (None, 1, -1)
    cleaned = call(rules, "clean_id(%s)", value)
    assert call(rules, "clean_id(%s)", cleaned) == cleaned
    assert (call(rules, "cleaning(%s)", value) is None) == (cleaned is None or cleaned == value)
    for authority in ("UniProt", "RefSeq", "NCBI", "OMIM", "PDB", None):
        plain = call(rules, "plain_identifier(%s, %s)", value, authority)
        assert plain is None or not re.search("[\u200b-\u200f\u00ad\u2060\ufeff]", plain)
        call(rules, "authority_of(%s, %s)", plain, authority)


@given(value=st.from_regex(r"\AENS(MUS|RNO|DAR|GAL|SSC|CAFG?|XET)[GTP][0-9]{11}(\.[0-9]{1,2})?\Z") | st.from_regex(r"\AFBgn[0-9]{7}\Z"))
@slow
def test_ids_of_other_species_are_told_as_such(rules, value):
    assert call(rules, "names_other_species(%s)", value)
    assert call(rules, "gene_of_row(%s, 'ENSG00000000001', 'ENSG00000000001', 'ENSG00000000001')", value) == [None, "other_species"]


# ---------------------------------------------------------------------------------------------------------------- symbols
months = st.sampled_from(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"])
dates = st.one_of(
    st.builds(lambda d, m: f"{d}-{m}", st.integers(1, 31), months),
    st.builds(lambda d, m: f"{d:02d}-{m}", st.integers(1, 31), months),
    st.builds(lambda d, m, y: f"{d}-{m}-{y:02d}", st.integers(1, 31), months, st.integers(0, 99)),
    st.builds(lambda m, y: f"{m}-{y:02d}", months, st.integers(0, 99)),
    st.dates().map(str),
    st.dates().map(lambda d: d.strftime("%m/%d/%Y")),
    st.dates().map(lambda d: d.strftime("%d.%m.%Y")),
    st.integers(1, 99999).map(str),
    st.floats(1e5, 1e15).map(lambda f: f"{f:.2E}"),
)
#: What HGNC and GENCODE call genes, among them those that look most like dates. https://www.genenames.org
REAL = [
    "MARCHF1", "MARCH1", "SEPTIN2", "SEPT2", "DEC1", "DELEC1", "OCT4", "MAR1", "APR2", "JUN", "JUND", "MAY1", "NOV", "AUG1", "FEB10", "7SK",
    "5S_rRNA", "5_8S_rRNA", "U6", "T", "A1BG", "NKX2-1", "HLA-DRB1", "MT-CO1", "RP11-34P13.7", "AC004556.3", "C1orf112", "3.8-1.4", "H4-16",
    "H2AC6", "TRA-AGC1-1", "GS1-124K5.4", "XXbac-BPG181M17.5", "KRTAP10-1", "RNU6-2", "Y_RNA", "SNORD115-1", "LOC100506114", "MIR1-1HG",
    "TNFRSF6B", "E2F1", "SPDYE1", "IGHV3-23", "IGHD2-2", "IGKV1D-39", "ERV3-1", "ERVW-1", "CH507-9B2.1", "SETX", "MAGI1", "AGO2", "DECR1",
]  # fmt: skip


@given(value=dates)
@slow
def test_dates_and_numbers_are_no_symbols(rules, value):
    assert call(rules, "is_spreadsheet_value(%s)", value)
    assert call(rules, "symbol_of(%s)", value) is None


@pytest.mark.parametrize("symbol", REAL)
def test_real_symbols_stay(rules, symbol):
    assert call(rules, "symbol_of(%s)", symbol) == symbol
    assert call(rules, "symbol_of(%s)", f" {symbol}\u200b") == symbol


@given(value=st.from_regex(r"\A[A-Z][A-Z0-9]{1,8}(-?[A-Z0-9]{1,3})?[A-Z]\Z"))
@slow
def test_symbols_of_letters_are_never_dates(rules, value):
    assert not call(rules, "is_spreadsheet_value(%s)", value)


# ----------------------------------------------------------------------------------------------------------------- arrays
@given(members=st.lists(st.none() | anything, min_size=1, max_size=6).filter(any), rows=st.integers(1, 3), lower=st.integers(-3, 5))
@slow
def test_arrays_of_any_shape_are_read_flat(rules, members, rows, lower):
    assert call(rules, "flat_json(%s::text[])", [list(members) for _ in range(rows)]) == members * rows
    assert call(rules, "flat_json(%s::text[])", members) == members
    shifted = f"[{lower}:{lower + 1}]={{a,b}}"
    assert call(rules, "flat_json(%s::text[])", shifted) == ["a", "b"]
