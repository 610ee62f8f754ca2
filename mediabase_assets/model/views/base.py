"""What every view is as a value: its columns, key, indexes and parents. The query is a file of the views layer.

Contains the types. The views themselves are in the modules beside; how they are created, compared and refreshed is
machinery. Two views are the same if their queries, indexes (with the order of their columns) and comments are.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, LiteralString

from mediabase_assets.model.tables.base import Relation, TableModel, column

#: PostgreSQL cuts longer names silently.
LONGEST_NAME = 63


def members(description: str, **checks: Any) -> Any:
    """A column that holds a list (a JSON array or a text array); audits check its number of members."""
    return column(description, ge=0, **checks)


@dataclass(frozen=True)
class Index:
    """An index of a materialized view.

    Attributes:
        columns: Indexed columns; their order matters.
        method: `btree`, or `hash` for texts of any length that are compared whole.
        is_unique: Whether no two rows agree in all of them.
        label: Used instead of the columns in the name of the index, where they would make it too long.
        where: The rows that it holds, as SQL; empty for all of them.
    """

    columns: tuple[str, ...]
    method: Literal["btree", "hash"] = "btree"
    is_unique: bool = False
    label: str = ""
    where: LiteralString = ""

    def name_on(self, view: str) -> str:
        """The name of the index on a view.

        >>> Index(("gene_symbol",)).name_on("gene_summary_view"), Index(("gene_id",), is_unique=True).name_on("gene_summary_view")
        ('gene_summary_view_gene_symbol_idx', 'gene_summary_view_key')
        """
        return f"{view}_key" if self.is_unique else "_".join([view, *([self.label] if self.label else self.columns), "idx"])


@dataclass(frozen=True)
class View:
    """One view that people query.

    Attributes:
        name: Its name, the owner's.
        model: Its columns, types and meaning; the docstring is its comment.
        key: Columns that identify a row: the grain. Empty for a view of one row.
        parents: Normalized tables that it is made from.
        indexes: Its indexes beside the one of the key.
        is_materialized: Whether its rows are stored, and refreshed; a plain view is computed when it is read.
        audits_rows: Whether all of its rows are audited by the model. Not so for the compatibility view, whose rows are compared
            with the legacy table by validation/round_trip.
        cost: Seconds that it takes in proportion to others, as measured on the real table.
    """

    name: str
    model: type[TableModel]
    key: tuple[str, ...]
    parents: tuple[str, ...]
    indexes: tuple[Index, ...] = field(default=())
    is_materialized: bool = True
    audits_rows: bool = True
    cost: float = 0.5

    def __post_init__(self) -> None:
        """See that no name is longer than PostgreSQL takes, and that rows have a key for a concurrent refresh."""
        for name in (self.name, *(i.name_on(self.name) for i in self.all_indexes)):
            if len(name.encode()) > LONGEST_NAME:
                raise ValueError(f"The name {name} is longer than {LONGEST_NAME} bytes.")
        if self.is_materialized and not self.key:
            raise ValueError(f"{self.name} has no key, so that it could not be refreshed without locking readers out.")

    @property
    def all_indexes(self) -> tuple[Index, ...]:
        """The unique index of the key, which a concurrent refresh needs, and the others."""
        return (Index(self.key, is_unique=True), *self.indexes) if self.is_materialized else ()

    @property
    def relation(self) -> Relation:
        """The view as a relation with a model and a key, as audits check it."""
        return Relation(self.name, self.model, self.key)

    @property
    def relations(self) -> tuple[Relation, ...]:
        """The same in the form of a table's stored relations."""
        return (self.relation,)

    @property
    def description(self) -> str:
        """What one row is, for people."""
        return " ".join((self.model.__doc__ or "").strip().split())

    @property
    def columns(self) -> dict[str, str]:
        """The columns with their descriptions, in order."""
        return self.relation.columns
