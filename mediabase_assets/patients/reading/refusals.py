"""Ids that cannot be genes or transcripts of human, refused before anything is stored.

Contains the refusals by the ids' text; which ids exist is the database's to say.
"""

import pyarrow as pa
import pyarrow.compute as pc

from mediabase_assets.model.patients import IdKind, PatientFileError, ReadOptions
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.reading import id_patterns
from mediabase_assets.patients.reading.id_patterns import species_of
from mediabase_assets.patients.reading.ids import Ids, no_genes

_KNOWN = (
    IdKind.ENSEMBL_TRANSCRIPT, IdKind.ENSEMBL_GENE, IdKind.SYMBOL, IdKind.ENTREZ, IdKind.REFSEQ, IdKind.UNIPROT, IdKind.SPREADSHEET_DATE,
)  # fmt: skip
#: Transcripts of one assembly, whatever gene stands beside them.
_PRIVATE_TRANSCRIPT = r"^(TCONS_\d+|M?STRG\.\d+\.\d+|CUFF\.\d+\.\d+)$"


def check_ids(raw: pa.Array, ids: Ids, name: str, options: ReadOptions) -> None:
    """Refuse ids of another species, of what is no gene, or mangled ones.

    Raises:
        PatientFileError: Most are of one of these.
    """
    there = len(raw) - raw.null_count
    if not there:
        raise PatientFileError(f"The column {name!r} holds no id.", where="table", next_step="Export the table again with its ids.")
    if ids.share(IdKind.OTHER_SPECIES) >= 0.5:
        first = raw.filter(pc.equal(ids.kinds, IdKind.OTHER_SPECIES.value))[0].as_py()
        species, foreign = species_of(first), ids.count(IdKind.OTHER_SPECIES)
        raise PatientFileError(
            f"{foreign:,} of {counted(there, 'id')} {'is' if foreign == 1 else 'are'} of {species}, for one {first[:40]}.",
            where=f"column {name!r}",
            next_step="Only human genes and transcripts are kept. Map them to human orthologs first, and say so where the result is used.",
        )
    if options.id_kind is None:
        _check_mangled(raw, there, name)
    if ids.share(*_KNOWN) < 0.05:
        kinds = no_genes(raw)
        what, count = next(iter(kinds.items()), ("nothing that is known of genes or transcripts", there))
        first = raw.drop_null()[0].as_py()[:40]
        raise PatientFileError(
            f"{count:,} of {counted(there, 'id')} {'looks' if count == 1 else 'look'} like {what}, for one {first!r}.",
            where=f"column {name!r}",
            next_step="Give a table with Ensembl ids, symbols, Entrez, RefSeq or UniProt ids, one row per gene or transcript.",
        )
    if options.id_kind is None and ids.share(IdKind.SYMBOL) >= 0.5:
        _check_mouse(raw.filter(pc.equal(ids.kinds, IdKind.SYMBOL.value)), name)


def _check_mangled(raw: pa.Array, there: int, name: str) -> None:
    mangled = int(pc.sum(pc.match_substring_regex(raw, r"^X\d{1,9}$")).as_py() or 0)
    if mangled * 2 > there:
        raise PatientFileError(
            f"{mangled:,} of {counted(there, 'id')} {'looks like an Entrez id' if mangled == 1 else 'look like Entrez ids'}"
            " with an X before, as R's make.names writes them.",
            where=f"column {name!r}",
            next_step=f'If they are, give --id-kind "{IdKind.ENTREZ.value}"; if they are symbols, --id-kind {IdKind.SYMBOL.value}.',
        )


def _check_mouse(symbols: pa.Array, name: str) -> None:
    words = symbols.filter(pc.match_substring_regex(symbols, r"[A-Za-z]{2}"))
    if len(words) < 5:
        return
    small = words.filter(pc.match_substring_regex(words, "[a-z]"))
    count = int(pc.sum(pc.match_substring_regex(small, id_patterns.MOUSE)).as_py() or 0)
    if count * 2 > len(words):
        raise PatientFileError(
            f"{count:,} of {counted(len(words), 'symbol')} are written as genes of mouse or rat are (Trp53);"
            " in capitals they would be other genes.",
            where=f"column {name!r}",
            next_step="Only human genes are kept. If they are human symbols, give --id-kind symbol.",
        )


def check_private_transcripts(columns: dict[str, pa.Array], kind: IdKind) -> None:
    """Refuse a table whose rows are transcripts of a private assembly, though a gene stands beside each.

    Raises:
        PatientFileError: It is one.
    """
    if kind is IdKind.ENSEMBL_TRANSCRIPT:
        return
    for name, column in columns.items():
        sample = column.slice(0, 2000).drop_null()
        count = int(pc.sum(pc.match_substring_regex(sample, _PRIVATE_TRANSCRIPT)).as_py() or 0)
        if count * 2 > len(sample):
            raise PatientFileError(
                "The rows are transcripts of a private assembly (StringTie, Cufflinks), which no database knows.",
                where=f"column {name!r}",
                next_step="Give the table of genes, or one made with the transcripts of Ensembl; --column id=HEADER takes another column.",
            )
