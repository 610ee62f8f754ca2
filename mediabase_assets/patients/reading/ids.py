"""What an id is, by its text and never by its header: Ensembl, symbol, Entrez, RefSeq, UniProt, another species, a date.

Contains the classification of whole columns. Which column holds the ids is decided in `id_columns`; whether an id exists is
decided by the database.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mediabase_assets.model.patients import IdKind
from mediabase_assets.patients.reading import dates, id_patterns

Objects = npt.NDArray[np.object_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ids:
    """Ids of a column, row by row.

    Attributes:
        kinds: A value of `IdKind` each; NULL where there is no id.
        lookups: What is compared with the database: without version, prefix, blanks; `_PAR_Y` stays. Of a spreadsheet's date the
            symbols that it may have been, split by `|`.
    """

    kinds: pa.Array
    lookups: pa.Array

    def share(self, *kinds: IdKind) -> float:
        """Share of some kinds among the ids that there are."""
        there = len(self.kinds) - self.kinds.null_count
        return self.count(*kinds) / there if there else 0.0

    def count(self, *kinds: IdKind) -> int:
        """How many ids are of some kinds."""
        return int(pc.sum(pc.is_in(self.kinds, pa.array([kind.value for kind in kinds]))).as_py() or 0)


def cleaned(column: pa.Array) -> pa.Array:
    """Ids without blanks and quotes at their ends; NULL where there is none (`-`, `---`, `NA`)."""
    text = column
    if pc.any(pc.match_substring_regex(column, r"^[\s'\"]|[\s'\"]$")).as_py():
        text = pc.utf8_trim(pc.utf8_trim_whitespace(column), " \"'\t")
    nothing = pc.is_in(text, pa.array(["", "-", "--", "---", "NA", "?", ".", "nan"]))
    return pc.if_else(nothing, pa.scalar(None, pa.string()), text) if pc.any(nothing).as_py() else text


def classify(column: pa.Array, assumed: IdKind | None = None) -> Ids:
    """Kinds and lookups of a column of cleaned ids.

    Args:
        column: Cleaned ids.
        assumed: The kind that a person gave; then integers, also as `X476`, are Entrez ids.

    >>> found = classify(pa.array(["ENSG00000141510.18", "TP53", "1-Mar", "ENSMUSG00000059552"]))
    >>> found.kinds.to_pylist()
    ['Ensembl gene', 'symbol', 'spreadsheet date', 'other species']
    >>> found.lookups.to_pylist()[:3]
    ['ENSG00000141510', 'TP53', 'MARCHF1|MARCH1|MTARC1|MARC1']
    """
    whole = _one_kind(column)
    if whole is not None:
        return whole
    work = _Work(column, np.full(len(column), None, object), np.full(len(column), None, object), assumed)
    rest = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    if assumed is IdKind.SYMBOL or (assumed is None and not _are_accessions(column)):
        rest = _plain_symbols(work, rest)
    for step in (_ensembl, _foreign_or_none, _serials, _entrez, _dates, _accessions, _symbols):
        if len(rest):
            rest = step(work, rest)
    work.kinds[rest] = IdKind.UNKNOWN.value
    work.lookups[rest] = work.text(rest).to_numpy(zero_copy_only=False)
    return Ids(pa.array(work.kinds, pa.string()), pa.array(work.lookups, pa.string()))


def _one_kind(column: pa.Array) -> Ids | None:
    """The quick way for a column of plain Ensembl ids, as most are."""
    for word, kind in (("ENSG", IdKind.ENSEMBL_GENE), ("ENST", IdKind.ENSEMBL_TRANSCRIPT)):
        if column.null_count or not len(column) or not column[0].as_py().startswith(word):
            continue
        if not pc.all(pc.match_substring_regex(column, rf"^{word}\d{{11}}(\.\d+)?$")).as_py():
            return None
        return Ids(pa.repeat(kind.value, len(column)), pc.utf8_slice_codeunits(column, 0, 15))
    return None


@dataclass
class _Work:
    """A column, and what is known of its rows so far."""

    column: pa.Array
    kinds: Objects
    lookups: Objects
    assumed: IdKind | None

    def text(self, rows: Rows) -> pa.Array:
        return self.column.take(pa.array(rows)) if len(rows) < len(self.column) else self.column

    def note(self, rows: Rows, fits: pa.Array, kind: IdKind, found: pa.Array) -> Rows:
        """Note the kind of the rows that fit; gives the others."""
        mask: npt.NDArray[np.bool_] = pc.fill_null(fits, False).to_numpy(zero_copy_only=False)
        chosen: Rows = rows[mask]
        others: Rows = rows[~mask]
        self.kinds[chosen] = kind.value
        self.lookups[chosen] = found.filter(pa.array(mask)).to_numpy(zero_copy_only=False)
        return others

    def find(self, rows: Rows, pattern: str) -> pa.Array:
        return pc.struct_field(pc.extract_regex(self.text(rows), pattern), "id")


def _plain_symbols(work: _Work, rows: Rows) -> Rows:
    """The quick way for symbols that can be nothing else."""
    text = work.text(rows)
    fits = pc.match_substring_regex(text, id_patterns.PLAIN_SYMBOL)
    if pc.any(pc.match_substring_regex(text, id_patterns.YEAST)).as_py():
        fits = pc.and_(fits, pc.invert(pc.match_substring_regex(text, id_patterns.YEAST)))
    return work.note(rows, fits, IdKind.SYMBOL, text)


def _ensembl(work: _Work, rows: Rows) -> Rows:
    order = [("ENST", id_patterns.TRANSCRIPT, IdKind.ENSEMBL_TRANSCRIPT), ("ENSG", id_patterns.GENE, IdKind.ENSEMBL_GENE)]
    for word, pattern, kind in order if work.assumed is not IdKind.ENSEMBL_GENE else order[::-1]:
        text = work.text(rows)
        if not pc.any(pc.match_substring(text, word)).as_py():
            continue
        parts = pc.extract_regex(text, pattern)
        found, par = pc.struct_field(parts, "id"), pc.struct_field(parts, "par")
        lookup = pc.binary_join_element_wise(found, par, "")
        old = pc.binary_join_element_wise(pc.replace_substring_regex(found, r"^(ENS[GT])R", r"\10"), "_PAR_Y", "")
        lookup = pc.if_else(pc.match_substring_regex(found, "^ENS[GT]R"), old, lookup)
        fits = pc.and_(pc.equal(pc.utf8_length(found), 15), pc.less_equal(pc.count_substring(text, word), 1))
        rows = work.note(rows, fits, kind, lookup)
        if not len(rows):
            break
    return rows


def _foreign_or_none(work: _Work, rows: Rows) -> Rows:
    text = work.text(rows)
    rows = work.note(rows, pc.match_substring_regex(text, id_patterns.NO_GENE), IdKind.UNKNOWN, text)
    text = work.text(rows)
    return work.note(rows, pc.match_substring_regex(text, id_patterns.FOREIGN), IdKind.OTHER_SPECIES, text)


def _serials(work: _Work, rows: Rows) -> Rows:
    """Among symbols, a number that is the day of a date: 43525 was MARCH1. Where most ids are numbers they are Entrez ids."""
    numbers = work.find(rows, id_patterns.ENTREZ)
    count = len(numbers) - numbers.null_count
    if not count or count * 5 > len(work.column) - work.column.null_count or work.assumed is IdKind.ENTREZ:
        return rows
    for index in np.flatnonzero(numbers.is_valid().to_numpy(zero_copy_only=False)):
        date = dates.from_serial(int(numbers[int(index)].as_py()))
        if date is not None:
            work.kinds[rows[index]] = IdKind.SPREADSHEET_DATE.value
            work.lookups[rows[index]] = "|".join(dates.candidates_of(date))
    return rows[[kind is None for kind in work.kinds[rows]]]


def _entrez(work: _Work, rows: Rows) -> Rows:
    pattern = id_patterns.ENTREZ_MANGLED if work.assumed is IdKind.ENTREZ else id_patterns.ENTREZ
    for each in (pattern, id_patterns.ENTREZ_COMPOUND):
        found = work.find(rows, each)
        rows = work.note(rows, pc.is_valid(found), IdKind.ENTREZ, found)
    return rows


def _dates(work: _Work, rows: Rows) -> Rows:
    fits = pc.fill_null(pc.match_substring_regex(work.text(rows), dates.PATTERN), False).to_numpy(zero_copy_only=False)
    for row in rows[fits]:
        raw = work.column[int(row)].as_py()
        if dates.is_date(raw):
            work.kinds[row] = IdKind.SPREADSHEET_DATE.value
            work.lookups[row] = "|".join(dates.candidates_of(raw)) or raw
    return rows[[kind is None for kind in work.kinds[rows]]] if fits.any() else rows


def _accessions(work: _Work, rows: Rows) -> Rows:
    found = work.find(rows, id_patterns.REFSEQ)
    rows = work.note(rows, pc.is_valid(found), IdKind.REFSEQ, found)
    text = work.text(rows)
    fits = pc.match_substring_regex(text, id_patterns.UNIPROT)
    if work.assumed is IdKind.UNIPROT or (work.assumed is None and _are_accessions(work.column)):
        accession = pc.replace_substring_regex(pc.replace_substring_regex(text, r"^(sp|tr)\|", ""), r"[-|].*$", "")
        return work.note(rows, fits, IdKind.UNIPROT, accession)
    return rows


def _are_accessions(column: pa.Array) -> bool:
    """Whether most ids of a column look like UniProt's; some symbols do (P2RY10), so that one alone says nothing."""
    sample = column.slice(0, 1000).drop_null()
    return bool((pc.sum(pc.match_substring_regex(sample, id_patterns.UNIPROT)).as_py() or 0) * 2 > len(sample))


def _symbols(work: _Work, rows: Rows) -> Rows:
    text = work.text(rows)
    symbol = pc.or_(pc.match_substring_regex(text, id_patterns.SYMBOL), pc.match_substring_regex(text, id_patterns.SYMBOL_RARE))
    return work.note(rows, pc.and_(symbol, pc.match_substring_regex(text, "[A-Za-z]")), IdKind.SYMBOL, text)


def no_genes(column: pa.Array) -> dict[str, int]:
    """How many ids of a column are things that are no genes, by what they are, most first."""
    counts = {what: int(pc.sum(pc.match_substring_regex(column, pattern)).as_py() or 0) for what, pattern in id_patterns.NO_GENES.items()}
    return dict(sorted(((what, count) for what, count in counts.items() if count), key=lambda each: -each[1]))
