"""The legacy table `cancer_transcript_base`, column by column, and the indexes that the old code made on it.

Source: the legacy schema history v0.1.0 to v0.1.9. Contains names, types and what becomes of each column; how the
values are taken apart is in the extraction layer's SQL.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LEGACY_TABLE = "cancer_transcript_base"
_UNKNOWN = "A column that no schema version of MEDIABASE had. Archived: its values stay in the backup."


class Fate(StrEnum):
    """What the migration does with a legacy column as a whole."""

    CARRIED = "carried"
    """Taken apart into the normalized tables, fact by fact."""
    ARCHIVED = "archived"
    """No target; every value stays in the backup."""


@dataclass(frozen=True)
class LegacyColumn:
    """One column of the legacy table.

    Attributes:
        name: Its name.
        sql_type: Its PostgreSQL type as `format_type` prints it.
        description: What its values are and how they are written.
        fate: Whether it is carried or archived.
        why: For an archived column, the reason why it has no target.
        default: SQL text of its default in schema v0.1.9, None for none.
    """

    name: str
    sql_type: str
    description: str = ""
    fate: Fate = Fate.CARRIED
    why: str = ""
    default: str | None = None

    @property
    def explained(self) -> str:
        """The description; of an archived column with the reason why it has no target."""
        return self.description if self.fate is Fate.CARRIED else f"{self.description} Archived: {self.why}."

    @property
    def is_json(self) -> bool:
        """Whether values are JSONB."""
        return self.sql_type == "jsonb"

    @property
    def is_array(self) -> bool:
        """Whether values are text arrays."""
        return self.sql_type == "text[]"


def _json(name: str, description: str, default: str | None = "{}", **kwargs: str | Fate) -> LegacyColumn:
    sql_default = None if default is None else f"'{default}'::jsonb"
    return LegacyColumn(name, "jsonb", description, default=sql_default, **kwargs)  # type: ignore[arg-type]


def _array(name: str, description: str, **kwargs: str | Fate) -> LegacyColumn:
    return LegacyColumn(name, "text[]", description, default="'{}'::text[]", **kwargs)  # type: ignore[arg-type]


_REFERENCES = '{"go_terms": [], "uniprot": [], "drugs": [], "pathways": [], "publications": [], "pharmgkb_pathways": []}'
_METRICS = (
    '{"overall_confidence": 0.0, "evidence_count": 0, "source_diversity": 0, '
    '"clinical_evidence_ratio": 0.0, "publication_support_ratio": 0.0, "last_assessment": null}'
)

#: The columns of schema v0.1.9 in their physical order, then those that other schema versions held.
LEGACY_COLUMNS: tuple[LegacyColumn, ...] = (
    LegacyColumn("transcript_id", "text", "Ensembl transcript id, with or without version, at times with _PAR_Y; the primary key."),
    LegacyColumn("gene_symbol", "text", "Gene name of the GENCODE GTF as written there; an unnamed gene has its gene id here."),
    LegacyColumn("gene_id", "text", "Ensembl gene id, with or without version, at times with _PAR_Y."),
    LegacyColumn("gene_type", "text", "Gene biotype of GENCODE, such as protein_coding or lncRNA."),
    LegacyColumn("chromosome", "text", "Sequence name of the GTF, such as chr7 or chrM."),
    _json("coordinates", "Span of the transcript: start and end (1-based, inclusive) and strand (1 or -1).", None),
    _array("product_type", "Product types of the gene, from a list of 21 (kinase, receptor, secreted ...); in no order."),
    _json("go_terms", "GO annotation of the gene: GO id -> term, evidence, aspect. NULL or {} where it has none."),
    _array("pathways", "Reactome pathways of the gene, each as `name [Reactome:stable id]`; all levels of the hierarchy, in no order."),
    _json(
        "drugs",
        "Drugs of the gene: DrugCentral id, ChEMBL id or repurposing_N -> entry; and, under pharmgkb_data, PharmGKB records, which "
        "are no drugs.",
    ),
    LegacyColumn(
        "expression_fold_change", "double precision", "Linear fold change of the patient; 1.0 in a database without patient data.",
        default="1.0",
    ),
    _json(
        "expression_freq",
        "Cancer types with high and with low expression.",
        '{"high": [], "low": []}',
        fate=Fate.ARCHIVED,
        why="a constant that no program ever filled",
    ),
    _array("cancer_types", "Cancer types of the transcript.", fate=Fate.ARCHIVED, why="never written by any program"),
    _json(
        "features",
        "GTF attributes of the transcript (TSL, annotation_level, annotation_tags, versioned ids); in some versions pathways and UniProt "
        "features, too.",
    ),
    _array("molecular_functions", "Names of the gene's GO terms whose aspect is molecular_function. NULL where it has no GO annotation."),
    _array("cellular_location", "Names of the gene's GO terms whose aspect is cellular_component. NULL where it has no GO annotation."),
    _json(
        "drug_scores",
        "Scores of the gene's drugs, by drug key or by use case.",
        fate=Fate.ARCHIVED,
        why="four incompatible score shapes; drug scoring was removed by v0.3.0",
    ),
    _json(
        "alt_transcript_ids",
        "Other ids of the transcript by authority (CCDS, HAVANA, transcript_name); RefSeq_protein holds the Ensembl protein id of the GTF.",
    ),
    _json("alt_gene_ids", "One id of the gene per authority (HGNC, HAVANA, Ensembl, OMIM, KEGG)."),
    _array("uniprot_ids", "UniProt accessions of the gene, of Swiss-Prot and TrEMBL; may repeat."),
    _array("ncbi_ids", "NCBI (Entrez) gene ids."),
    _array("refseq_ids", "RefSeq ids of the gene with version: proteins first, then mRNA."),
    _json("source_references", "Publications that the gene's annotation cites: section -> list of references.", _REFERENCES),
    _array("pdb_ids", "PDB ids; no program ever wrote any."),
    _json("pharmgkb_pathways", "PharmGKB pathways of the gene; a copy of drugs.pharmgkb_data.pathway_data."),
    _json(
        "evidence_quality_metrics",
        "Figures of the evidence: confidence, counts, ratios.",
        _METRICS,
        fate=Fate.ARCHIVED,
        why="computed from the other columns, never from sources",
    ),
    _json("pharmgkb_variants", "PharmGKB variant annotations of the gene in three lists (high impact, CYP450, relevant to cancer)."),
)  # fmt: skip

#: Columns of other schema versions: `publications` until v0.1.3, `clinical_trials` only in the old documentation.
OTHER_VERSIONS_COLUMNS: tuple[LegacyColumn, ...] = (
    _json("publications", "References of the gene; source_references took its place in v0.1.4.", "[]"),
    _json(
        "clinical_trials", "Clinical trials.", None, fate=Fate.ARCHIVED, why="documented but never created by any schema version"
    ),
)  # fmt: skip

#: Each of these sets needs at least one of its columns; every other column that is absent counts as empty.
REQUIRED_COLUMNS: tuple[tuple[str, ...], ...] = (("transcript_id",), ("gene_id", "gene_symbol"))

#: The 18 indexes of schema v0.1.9 beside the primary key: (method, columns).
LEGACY_INDEXES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("btree", ("gene_symbol",)),
    ("btree", ("gene_id",)),
    ("gin", ("product_type",)),
    ("gin", ("pathways",)),
    ("gin", ("drugs",)),
    ("gin", ("features",)),
    ("gin", ("molecular_functions",)),
    ("gin", ("cellular_location",)),
    ("gin", ("alt_transcript_ids",)),
    ("gin", ("alt_gene_ids",)),
    ("gin", ("uniprot_ids",)),
    ("gin", ("ncbi_ids",)),
    ("gin", ("refseq_ids",)),
    ("gin", ("source_references",)),
    ("gin", ("uniprot_ids", "ncbi_ids", "refseq_ids", "pdb_ids")),
    ("gin", ("pharmgkb_pathways",)),
    ("gin", ("drugs", "pharmgkb_pathways")),
    ("gin", ("pharmgkb_variants",)),
)


def legacy_column(name: str) -> LegacyColumn | None:
    """The known column of that name, or None for one that no schema version had.

    >>> legacy_column("drugs").sql_type
    'jsonb'
    """
    return next((c for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS) if c.name == name), None)


def described_columns(names: Iterable[str]) -> dict[str, str]:
    """Columns that a legacy table holds, each with its description.

    >>> described_columns(["gene_type", "notes"])["notes"]
    'A column that no schema version of MEDIABASE had. Archived: its values stay in the backup.'
    """
    known = {c.name: c.explained for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS)}
    return {name: known.get(name, _UNKNOWN) for name in names}
