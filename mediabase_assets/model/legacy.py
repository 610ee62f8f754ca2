"""The legacy table `cancer_transcript_base`, column by column, and the indexes that the old code made on it.

Source: the legacy schema history v0.1.0 to v0.1.9. Here belong names, types and what becomes of each column; how the
values are taken apart belongs to the extraction layer's SQL.
"""

from dataclasses import dataclass
from enum import StrEnum

LEGACY_TABLE = "cancer_transcript_base"


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
        fate: Whether it is carried or archived.
        why: For an archived column, the reason why it has no target.
        default: SQL text of its default in schema v0.1.9, None for none.
    """

    name: str
    sql_type: str
    fate: Fate = Fate.CARRIED
    why: str = ""
    default: str | None = None

    @property
    def is_json(self) -> bool:
        """Whether values are JSONB."""
        return self.sql_type == "jsonb"

    @property
    def is_array(self) -> bool:
        """Whether values are text arrays."""
        return self.sql_type == "text[]"


def _json(name: str, default: str | None = "{}", **kwargs: str | Fate) -> LegacyColumn:
    sql_default = None if default is None else f"'{default}'::jsonb"
    return LegacyColumn(name, "jsonb", default=sql_default, **kwargs)  # type: ignore[arg-type]


def _array(name: str, **kwargs: str | Fate) -> LegacyColumn:
    return LegacyColumn(name, "text[]", default="'{}'::text[]", **kwargs)  # type: ignore[arg-type]


_REFERENCES = '{"go_terms": [], "uniprot": [], "drugs": [], "pathways": [], "publications": [], "pharmgkb_pathways": []}'
_METRICS = (
    '{"overall_confidence": 0.0, "evidence_count": 0, "source_diversity": 0, '
    '"clinical_evidence_ratio": 0.0, "publication_support_ratio": 0.0, "last_assessment": null}'
)

#: The columns of schema v0.1.9 in their physical order, then those that other schema versions held.
LEGACY_COLUMNS: tuple[LegacyColumn, ...] = (
    LegacyColumn("transcript_id", "text"),
    LegacyColumn("gene_symbol", "text"),
    LegacyColumn("gene_id", "text"),
    LegacyColumn("gene_type", "text"),
    LegacyColumn("chromosome", "text"),
    _json("coordinates", None),
    _array("product_type"),
    _json("go_terms"),
    _array("pathways"),
    _json("drugs"),
    LegacyColumn("expression_fold_change", "double precision", default="1.0"),
    _json(
        "expression_freq",
        '{"high": [], "low": []}',
        fate=Fate.ARCHIVED,
        why="a constant that no program ever filled",
    ),
    _array("cancer_types", fate=Fate.ARCHIVED, why="never written by any program"),
    _json("features"),
    _array("molecular_functions"),
    _array("cellular_location"),
    _json("drug_scores", fate=Fate.ARCHIVED, why="four incompatible score shapes; drug scoring was removed by v0.3.0"),
    _json("alt_transcript_ids"),
    _json("alt_gene_ids"),
    _array("uniprot_ids"),
    _array("ncbi_ids"),
    _array("refseq_ids"),
    _json("source_references", _REFERENCES),
    _array("pdb_ids"),
    _json("pharmgkb_pathways"),
    _json(
        "evidence_quality_metrics",
        _METRICS,
        fate=Fate.ARCHIVED,
        why="computed from the other columns, never from sources",
    ),
    _json("pharmgkb_variants"),
)

#: Columns of other schema versions: `publications` until v0.1.3, `clinical_trials` only in the old documentation.
OTHER_VERSIONS_COLUMNS: tuple[LegacyColumn, ...] = (
    _json("publications", "[]"),
    _json("clinical_trials", None, fate=Fate.ARCHIVED, why="documented but never created by any schema version"),
)

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
