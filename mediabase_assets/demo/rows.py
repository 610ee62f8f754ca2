"""One legacy row as Python values, and how such rows get into the table.

Contains the clean row in the shape of id era E3 that everything small starts from (well-known genes and planted
damage), the ids that made-up genes and transcripts get, and the COPY. The bulk of the table never passes through
Python: it is in `sql/`.

Id formats: made-up ids are eleven digits like Ensembl's, from 90000000001 (bulk), 91… (transcripts of well-known genes)
and 99ccvvggggg / 99ccvvgggtt (planted: code, variant, gene, transcript), which Ensembl's never reach.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from psycopg import sql

from mediabase_assets.model.legacy import LEGACY_COLUMNS
from mediabase_assets.postgres.connection import Session

Values = dict[str, Any]
"""Legacy columns by name; JSON columns as Python values, an absent column gets its default."""

_JSON_COLUMNS = frozenset(column.name for column in LEGACY_COLUMNS if column.is_json)
_ASPECTS = ("molecular_function", "cellular_component", "biological_process")
_METRICS = {
    "overall_confidence": 0.0,
    "evidence_count": 0,
    "source_diversity": 0,
    "clinical_evidence_ratio": 0.0,
    "publication_support_ratio": 0.0,
    "last_assessment": "2025-06-18T10:00:00+00:00",
}


@dataclass(frozen=True)
class JsonText:
    """JSON that is written as it is, for values that Python cannot hold, such as JSON null.

    Attributes:
        text: The JSON text.
    """

    text: str


JSON_NULL = JsonText("null")
"""The JSON value null, which is not the SQL NULL that None becomes."""


@dataclass(frozen=True)
class PlantedGene:
    """A made-up gene that damage is planted on.

    Attributes:
        code: Number of the kind of damage, 1 to 28; 90 for what is only odd.
        variant: Number of the variant within the code.
        number: Number of the gene within the variant.
        symbol: Its symbol.
        gene_type: GENCODE biotype.
        chromosome: With `chr`.
    """

    code: int
    variant: int
    number: int
    symbol: str
    gene_type: str = "protein_coding"
    chromosome: str = "chr1"

    @property
    def serial(self) -> int:
        """A number of its own, which its coordinates and facts are derived from."""
        return (self.code * 100 + self.variant) * 100 + self.number

    @property
    def gene_id(self) -> str:
        """Unversioned.

        >>> PlantedGene(6, 3, 1, "X").gene_id
        'ENSG99060300001'
        """
        return f"ENSG99{self.code:02d}{self.variant:02d}{self.number:05d}"

    def transcript_id(self, number: int = 1) -> str:
        """Unversioned.

        >>> PlantedGene(6, 3, 1, "X").transcript_id(2)
        'ENST99060300102'
        """
        return f"ENST99{self.code:02d}{self.variant:02d}{self.number:03d}{number:02d}"

    def named(self, symbol: str) -> "PlantedGene":
        """The same gene under another symbol."""
        return replace(self, symbol=symbol)


def clean_row(gene: PlantedGene, transcript: int = 1, **changes: Any) -> Values:
    """An undamaged row; transcripts of a gene differ only in their ids, features and coordinates.

    Args:
        gene: Whose transcript.
        transcript: Its number, from 1.
        changes: Columns with other values.
    """
    serial, transcript_id = gene.serial, gene.transcript_id(transcript)
    start = 1_000_000 + serial * 60
    terms = made_up_go(serial)
    row: Values = {
        "transcript_id": transcript_id,
        "gene_symbol": gene.symbol,
        "gene_id": gene.gene_id,
        "gene_type": gene.gene_type,
        "chromosome": gene.chromosome,
        "coordinates": {"start": start, "end": start + 4_999, "strand": 1},
        "product_type": ["enzyme"],
        "go_terms": terms,
        "pathways": [f"Demo pathway of {serial} [Reactome:R-HSA-99{serial:07d}]"],
        "drugs": {"92" + f"{serial:07d}": made_up_drug(f"demozumab {serial}")},
        "expression_fold_change": 1.0,
        "features": clean_features(gene.gene_id, transcript_id),
        "molecular_functions": go_names(terms, "molecular_function"),
        "cellular_location": go_names(terms, "cellular_component"),
        "alt_transcript_ids": {
            "HAVANA": f"OTTHUMT{transcript_id[4:]}.1",
            "RefSeq_protein": f"ENSP{transcript_id[4:]}.1",
            "transcript_name": f"{gene.symbol}-{200 + transcript}",
        },
        "alt_gene_ids": {
            "HAVANA": f"OTTHUMG{gene.gene_id[4:]}.1",
            "HGNC": f"HGNC:95{serial:07d}",
            "Ensembl": f"{gene.gene_id}.1",
        },
        "uniprot_ids": [f"Z8Z{serial // 100 % 1000:03d}Z{serial % 100:02d}{serial // 100_000 % 10}"],
        "ncbi_ids": [f"95{serial:07d}"],
        "refseq_ids": [f"NP_95{serial:07d}.1", f"NM_95{serial:07d}.1"],
        "source_references": references([reference(f"97{serial:06d}"), reference(f"98{serial:06d}")]),
        "evidence_quality_metrics": _METRICS,
    }
    return row | changes


def clean_features(gene_id: str, transcript_id: str, **changes: Any) -> dict[str, Any]:
    """`features` as era E3 wrote them; the versions live here."""
    features: dict[str, Any] = {
        "TSL": "1",
        "annotation_level": "2",
        "annotation_tags": "basic",
        "gene_id_versioned": f"{gene_id}.1",
        "transcript_id_versioned": f"{transcript_id}.1",
    }
    return features | changes


def made_up_go(serial: int) -> dict[str, Any]:
    """Three GO terms, one of each aspect, that no other serial has."""
    return {
        f"GO:{3_000_000 + serial * 3 + n}": {"term": f"demo term {serial}.{n}", "evidence": "IDA", "aspect": aspect}
        for n, aspect in enumerate(_ASPECTS)
    }


def made_up_drug(name: str, **changes: Any) -> dict[str, Any]:
    """A DrugCentral value as the old programs wrote it."""
    return {
        "name": name,
        "mechanism": "1",
        "action_type": "INHIBITOR",
        "evidence": {"type": "IC50", "score": 7.25},
    } | changes


def go_names(terms: dict[str, Any], aspect: str) -> list[str]:
    """What `molecular_functions` and `cellular_location` hold: names of one aspect."""
    return sorted(term["term"] for term in terms.values() if term["aspect"] == aspect)


def with_go_names(row: Values) -> Values:
    """The row with the columns of GO names as the old program derived them: NULL without terms, empty if unreadable."""
    terms = row["go_terms"]
    if terms is None:
        return row | {"molecular_functions": None, "cellular_location": None}
    readable = {}
    if isinstance(terms, dict):
        readable = {i: t for i, t in terms.items() if isinstance(t, dict) and {"term", "aspect"} <= t.keys()}
    return row | {
        "molecular_functions": go_names(readable, "molecular_function"),
        "cellular_location": go_names(readable, "cellular_component"),
    }


def reference(pmid: Any, **changes: Any) -> dict[str, Any]:
    """A reference to a publication."""
    url = f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
    return {"pmid": pmid, "evidence_type": "literature", "source_db": "pubmed", "url": url} | changes


def references(publications: list[Any], **sections: Any) -> dict[str, Any]:
    """`source_references` with its sections."""
    empty: dict[str, Any] = {name: [] for name in ("go_terms", "uniprot", "drugs", "pathways", "publications", "pharmgkb_pathways")}
    return empty | {"publications": publications} | sections


def write_rows(conn: Session, schema: str, table: str, rows: Iterable[Values]) -> None:
    """Append rows to the legacy table by COPY, one COPY for each set of columns that rows name."""
    by_columns: dict[tuple[str, ...], list[Values]] = {}
    for row in rows:
        by_columns.setdefault(tuple(sorted(row)), []).append(row)
    for columns, group in by_columns.items():
        statement = sql.SQL("copy {} ({}) from stdin").format(
            sql.Identifier(schema, table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with conn.cursor() as cursor, cursor.copy(statement) as copy:
            for row in group:
                copy.write_row(list(_encoded(row, columns)))


def _encoded(row: Values, columns: Iterable[str]) -> Iterator[Any]:
    for name in columns:
        value = row[name]
        if isinstance(value, JsonText):
            yield value.text
        elif name in _JSON_COLUMNS and value is not None:
            yield json.dumps(value, ensure_ascii=False)
        else:
            yield value
