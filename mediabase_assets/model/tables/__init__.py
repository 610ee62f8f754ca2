"""The fifteen normalized tables as values, in an order in which parents come before children."""

from mediabase_assets.model.tables.annotations import (
    GENE_ANNOTATIONS,
    GENE_PATHWAYS,
    GENE_PUBLICATIONS,
    GO_TERMS,
    PATHWAYS,
    PUBLICATIONS,
    TRANSCRIPT_GO_TERMS,
)
from mediabase_assets.model.tables.base import Reference, Relation, Table, TableModel
from mediabase_assets.model.tables.drugs import (
    DRUG_INTERACTIONS,
    GENE_DRUG_INTERACTIONS,
    PHARMACOGENOMIC_ANNOTATIONS,
    PHARMGKB_PATHWAY_REACTIONS,
)
from mediabase_assets.model.tables.genes import GENE_CROSS_REFERENCES, GENES, TRANSCRIPT_PRODUCTS, TRANSCRIPTS

TABLES: tuple[Table, ...] = (
    GENES,
    TRANSCRIPTS,
    GENE_CROSS_REFERENCES,
    GO_TERMS,
    TRANSCRIPT_GO_TERMS,
    PATHWAYS,
    GENE_PATHWAYS,
    DRUG_INTERACTIONS,
    GENE_DRUG_INTERACTIONS,
    PUBLICATIONS,
    GENE_PUBLICATIONS,
    TRANSCRIPT_PRODUCTS,
    GENE_ANNOTATIONS,
    PHARMGKB_PATHWAY_REACTIONS,
    PHARMACOGENOMIC_ANNOTATIONS,
)

#: Every stored relation, parents first: the order in which a release inserts (and, reversed, deletes).
#: go_term_sets comes before transcripts, whose rows name a set.
RELATIONS: tuple[Relation, ...] = tuple(
    sorted(
        (relation for table in TABLES for relation in table.relations),
        key=lambda r: {"go_terms": 0, "go_term_sets": 1, "genes": 2}.get(r.name, 3),
    )
)

__all__ = ["RELATIONS", "TABLES", "Reference", "Relation", "Table", "TableModel"]
