"""The twelve stages of the owner's migration process, in which progress is reported.

Contains the stages as values; which asset is in which stage is a tag on the asset.
"""

from enum import IntEnum

#: The asset tag that carries the stage number.
STAGE_TAG = "mediabase/stage"


class Stage(IntEnum):
    """One of the twelve stages, numbered as the owner numbers them.

    >>> Stage.GENE_EXTRACTION.title
    'Gene Data Extraction'
    """

    PREREQUISITES = 1
    BACKUP = 2
    SCHEMA = 3
    GENE_EXTRACTION = 4
    DRUG_EXTRACTION = 5
    PATHWAY_GO_EXTRACTION = 6
    CROSS_VALIDATION = 7
    POPULATION = 8
    INDEXES = 9
    VALIDATION = 10
    VIEWS = 11
    PERFORMANCE = 12

    @property
    def title(self) -> str:
        """The owner's name of the stage."""
        return _TITLES[self]


_TITLES = {
    Stage.PREREQUISITES: "Prerequisites Validation",
    Stage.BACKUP: "Backup Creation",
    Stage.SCHEMA: "Schema Creation",
    Stage.GENE_EXTRACTION: "Gene Data Extraction",
    Stage.DRUG_EXTRACTION: "Drug Data Extraction",
    Stage.PATHWAY_GO_EXTRACTION: "Pathway/GO Extraction",
    Stage.CROSS_VALIDATION: "Cross-Validation",
    Stage.POPULATION: "Table Population",
    Stage.INDEXES: "Index Creation",
    Stage.VALIDATION: "Migration Validation",
    Stage.VIEWS: "Materialized Views",
    Stage.PERFORMANCE: "Performance Testing",
}
