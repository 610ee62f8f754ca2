"""Which column holds the ids: decided by values; headers only settle what values leave open.

Contains the choice. Order where several kinds stand side by side: Ensembl transcript, Ensembl gene, Entrez, symbol, RefSeq,
UniProt; rows without an id in the chosen column take the next one. Row numbers are never ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mediabase_assets.model.patients import IdKind, PatientFileError, ReadOptions, Role
from mediabase_assets.patients.reading.grid import Grid, plain, words
from mediabase_assets.patients.reading.ids import Ids, classify, cleaned, no_genes
from mediabase_assets.patients.reading.row_numbers import are_row_numbers, is_named_entrez, may_be_entrez

#: The order of kinds where several columns hold ids.
_ORDER = (IdKind.ENSEMBL_TRANSCRIPT, IdKind.ENSEMBL_GENE, IdKind.ENTREZ, IdKind.SYMBOL, IdKind.REFSEQ, IdKind.UNIPROT)
#: Headers under which symbols are expected; the first ones are better.
_SYMBOL_HEADERS = (
    words(
        "gene genes symbol symbols genesymbol genesymbols sym hgncsymbol hugosymbol hgnc genename genenames geneid geneids"
        " externalgenename extgene gname id ids name names rownames row identifier geneidentifier genecode feature features target targetid"
        " approvedsymbol officialgenesymbol hugo symbolname ensembl ensemblid geneshortname primaryid"
    ),
    frozenset(
        ["", "x", "index", "unnamed0", "column1", "transcript", "transcriptid", "testid", "probeid", "idref", "rowid", "variable", "term"]
    ),
)
_SAMPLE = 600


@dataclass(frozen=True)
class IdColumn:
    """A column that holds ids.

    Attributes:
        index: Of the column.
        kind: That most of them have.
        rank: How well its header fits; 0 is best.
        sample: Ids of a sample of its rows.
        filled: Share of rows with an id.
    """

    index: int
    kind: IdKind
    rank: int
    sample: Ids
    filled: float


@dataclass(frozen=True)
class IdChoice:
    """The columns of the ids.

    Attributes:
        columns: The main one first, then those that rows without an id there take.
        kinds: What the others hold; only ids of that kind are taken from them.
        notes: What is to be said of the choice.
    """

    columns: tuple[int, ...]
    kinds: tuple[IdKind, ...] = ()
    notes: tuple[str, ...] = ()


def choose_ids(grid: Grid, options: ReadOptions, used: Sequence[int]) -> IdChoice:
    """Choose the column of the ids.

    Raises:
        PatientFileError: There is none, row numbers only, or two that do not agree.
    """
    if Role.ID in options.columns:
        index = grid.find(options.columns[Role.ID])
        if options.id_kind is None and are_row_numbers(grid.columns[index], strict=True):
            raise _row_numbers(grid, index)
        return IdChoice((index,))
    picked = _sampled(grid.height)
    found = [
        each for index in range(len(grid.headers)) if index not in used and (each := _looked_at(grid, index, picked, options)) is not None
    ]
    usable = [each for each in found if each.kind in _ORDER]
    if options.id_kind is not None:
        usable = [each for each in usable if each.kind is options.id_kind]
    foreign = [each for each in found if each.kind is IdKind.OTHER_SPECIES]
    if foreign and not any(each.kind in (IdKind.ENSEMBL_GENE, IdKind.ENSEMBL_TRANSCRIPT) for each in usable):
        return IdChoice((foreign[0].index,))
    if not usable:
        return _nothing(grid, found, used, options)
    if not grid.has_header and usable[0].index == 0:
        best = usable[0]
    else:
        best = min(usable, key=lambda each: (_ORDER.index(each.kind), each.rank, -round(each.filled, 1), each.index))
    best = _transcript_or_gene(grid, best, usable)
    _check_rivals(grid, best, [each for each in usable if not best.index < min(used, default=0) < each.index])
    others = sorted((each for each in usable if each.kind is not best.kind and each.rank < 2), key=lambda each: _ORDER.index(each.kind))
    is_gene = best.kind is not IdKind.ENSEMBL_TRANSCRIPT
    more = [each for each in others if is_gene and each.kind is not IdKind.ENSEMBL_TRANSCRIPT]
    notes = [f"Ids are in {grid.name(best.index)} ({best.kind.value})."] if len(found) > 1 else []
    notes += [
        f"The rows are {what} ({grid.name(each.index)}); several may be of one gene."
        for each in found
        if each.kind is IdKind.UNKNOWN
        for what in _no_genes(grid, each, picked)
        if "probe" in what
    ]
    return IdChoice((best.index, *(each.index for each in more)), tuple(each.kind for each in more), tuple(notes))


def _no_genes(grid: Grid, column: IdColumn, picked: pa.Array) -> list[str]:
    return list(no_genes(cleaned(grid.columns[column.index].take(picked))))


def _sampled(height: int) -> pa.Array:
    return pa.array(np.unique(np.linspace(0, height - 1, min(height, _SAMPLE)).astype(np.int64)))


def _looked_at(grid: Grid, index: int, picked: pa.Array, options: ReadOptions) -> IdColumn | None:
    """What a column's values are; None if they are no ids of any kind."""
    column = cleaned(grid.columns[index].take(picked))
    there = len(column) - column.null_count
    header = plain(grid.headers[index])
    if not there:
        return None
    rank = next((rank for rank, words in enumerate(_SYMBOL_HEADERS) if header in words), 2)
    filled = there / len(column)
    if _whole_numbers(column):
        if options.id_kind not in (None, IdKind.ENTREZ) or not may_be_entrez(header, grid.columns[index], options.id_kind is IdKind.ENTREZ):
            return None
        return IdColumn(index, IdKind.ENTREZ, 0 if is_named_entrez(header) or rank == 0 else 1, classify(column, IdKind.ENTREZ), filled)
    if (
        pc.sum(pc.match_substring_regex(column, r"^[+-]?\d*[.,]?\d+([eE][+-]?\d+)?$")).as_py() * 2 > there
        and options.id_kind is not IdKind.ENTREZ
    ):
        return None
    ids = classify(column, options.id_kind)
    shares = {kind: ids.share(kind) for kind in IdKind}
    ensembl = max((IdKind.ENSEMBL_TRANSCRIPT, IdKind.ENSEMBL_GENE), key=lambda kind: shares[kind])
    if shares[ensembl] >= 0.05:
        return IdColumn(index, ensembl, 0, ids, filled)
    kind = max(shares, key=lambda kind: shares[kind])
    if kind is IdKind.SYMBOL and not _like_symbols(column, rank):
        return None
    if kind is IdKind.UNKNOWN and rank == 2 and pc.count_distinct(column).as_py() * 2 < there:
        return None
    if kind in (IdKind.UNKNOWN, IdKind.SPREADSHEET_DATE):
        kind = next((other for other in _ORDER if shares[other] >= 0.05 and rank == 0), kind)
    return IdColumn(index, kind, rank, ids, filled)


def _whole_numbers(column: pa.Array) -> bool:
    there = len(column) - column.null_count
    return there > 0 and bool(pc.sum(pc.match_substring_regex(column, r"^\d{1,9}(\.0+)?$")).as_py() >= 0.9 * there)


def _like_symbols(column: pa.Array, rank: int) -> bool:
    """Whether words are symbols: distinct, short, and where the header says nothing of it also in capitals."""
    there = len(column) - column.null_count
    distinct = pc.count_distinct(column).as_py()
    if rank == 0:
        return bool(distinct > 1 or there <= 2)
    if pc.sum(pc.match_substring_regex(column, r"^[A-Z]{1,2}\d{5,8}$")).as_py() * 3 > there:
        return False  # accessions of GenBank
    capitals = pc.sum(pc.match_substring_regex(column, r"^[A-Z0-9][A-Z0-9orf.@-]{1,14}$")).as_py()
    return bool(distinct * 2 >= there and capitals >= 0.7 * there) or (rank == 1 and distinct >= 0.9 * there)


def _transcript_or_gene(grid: Grid, best: IdColumn, usable: list[IdColumn]) -> IdColumn:
    """Of transcripts and genes side by side the one that the rows are about: the first that occurs once in each row."""
    genes = [each for each in usable if each.kind is IdKind.ENSEMBL_GENE]
    if best.kind is not IdKind.ENSEMBL_TRANSCRIPT or not genes:
        return best
    gene = min(genes, key=lambda each: each.index)
    once = pc.count_distinct(grid.columns[gene.index]).as_py() >= 0.98 * grid.height
    if best.filled < 0.9 or best.sample.share(IdKind.ENSEMBL_TRANSCRIPT) < 0.9:
        return gene
    if not once or best.index < gene.index:
        return best
    if not grid.headers[gene.index]:
        return gene
    raise PatientFileError(
        f"Two columns hold ids that occur once each: {grid.listing([gene.index, best.index])}.",
        where="header",
        next_step=f'Say what the rows are: genes, --column "id={grid.name(gene.index)}",'
        f' or transcripts, --column "id={grid.name(best.index)}".',
    )


def _check_rivals(grid: Grid, best: IdColumn, usable: list[IdColumn]) -> None:
    """Refuse two columns of one kind, equally well named, whose ids differ; one behind the results is an annotation and no rival."""
    for rival in usable:
        if rival is best or rival.kind is not best.kind or rival.rank != best.rank or best.rank > 0:
            continue
        if not grid.headers[rival.index] or not grid.headers[best.index]:
            continue
        both = pc.and_(pc.is_valid(best.sample.lookups), pc.is_valid(rival.sample.lookups))
        differ = pc.not_equal(pc.utf8_upper(best.sample.lookups), pc.utf8_upper(rival.sample.lookups))
        count = pc.sum(pc.and_(both, differ)).as_py() or 0
        if count * 20 > (pc.sum(both).as_py() or 1):
            raise PatientFileError(
                f"Two columns hold ids of one kind ({best.kind.value}) and do not agree: {grid.listing([best.index, rival.index])}.",
                where="header",
                next_step=f'Say which one: --column "id={grid.name(best.index)}" or --column "id={grid.name(rival.index)}".',
            )


def _nothing(grid: Grid, found: list[IdColumn], used: Sequence[int], options: ReadOptions) -> IdChoice:
    """No usable ids: the column of what is no gene, so that the refusal can say what it is; else an error."""
    if found:
        return IdChoice((min(found, key=lambda each: (each.rank, each.index)).index,))
    numbers = [
        index
        for index, header in enumerate(grid.headers)
        if index not in used and plain(header) in _SYMBOL_HEADERS[0] | _SYMBOL_HEADERS[1] and _whole_numbers(cleaned(grid.columns[index]))
    ]
    if numbers and grid.columns[numbers[0]].null_count < grid.height:
        raise _row_numbers(grid, numbers[0])
    kind = f" of the kind {options.id_kind.value}" if options.id_kind else ""
    raise PatientFileError(
        f"No column holds ids{kind} of genes or transcripts.",
        where=f"columns {grid.listing()}",
        next_step="Export the table again with its row names, or name the column: --column id=HEADER.",
    )


def _row_numbers(grid: Grid, index: int) -> PatientFileError:
    return PatientFileError(
        f"The column {grid.name(index)!r} holds row numbers, and no other column holds ids: they were lost when the table was written.",
        where="header",
        next_step="Export it again with its row names."
        f' If they are Entrez ids: --column "id={grid.name(index)}" --id-kind "{IdKind.ENTREZ.value}".',
    )
