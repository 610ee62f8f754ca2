"""What every table of the normalized schema is as a value: its relations, keys, references, and Pandera models.

Contains the types that the tables share. The tables themselves are in the modules beside, what their values may be in `vocabulary`.
"""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pandera.pandas as pa

Int = pd.Int64Dtype
Float = pd.Float64Dtype
Bool = pd.BooleanDtype


class TableModel(pa.DataFrameModel):
    """Base of all table models: every column is described, none is missing, none is extra.

    Arrays and JSON are checked as their JSON text.
    """

    class Config:
        """Pandera's settings."""

        strict = True
        ordered = True


def column(description: str, **checks: Any) -> Any:
    """A column of a table model; `description` is what the UI, the comments and the documentation say."""
    return pa.Field(description=description, **checks)


def optional(description: str, **checks: Any) -> Any:
    """A column that may hold NULL, which means: not known."""
    return pa.Field(description=description, nullable=True, **checks)


def audited(model: type[TableModel]) -> str:
    """What an audit by a model checks, as text: it changes when a type or a rule does, not with a description."""
    schema = model.to_schema()
    columns = [
        (name, str(c.dtype), c.nullable, sorted((str(k.name), str(sorted(k.statistics.items()))) for k in c.checks))
        for name, c in schema.columns.items()
    ]
    return repr((columns, sorted(str(c.name) for c in schema.checks)))


@dataclass(frozen=True)
class Reference:
    """A foreign key: `columns` of this relation name a row of `parent`."""

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]


@dataclass(frozen=True)
class Relation:
    """A stored relation with its key.

    Attributes:
        name: Its name, the owner's where he named it.
        model: Its Pandera model; the model's docstring is the table's comment.
        key: Columns whose values are unique together.
        references: Its foreign keys.
        unique: Further sets of columns whose values are unique.
        later_references: Foreign keys that are checked and added with another table, which is built later.
    """

    name: str
    model: type[TableModel]
    key: tuple[str, ...]
    references: tuple[Reference, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    later_references: tuple[Reference, ...] = ()

    @property
    def comment(self) -> str:
        """What the relation holds: the first paragraph of its model's docstring."""
        return " ".join((self.model.__doc__ or "").strip().split("\n\n")[0].split())

    @property
    def columns(self) -> dict[str, str]:
        """Column names with their descriptions, in order."""
        return {name: str(c.description) for name, c in self.model.to_schema().columns.items()}


@dataclass(frozen=True)
class Table:
    """One table of the normalized schema, as people see it and as it is stored.

    Attributes:
        name: The name that people query.
        relations: What is stored. One relation of the same name, but for a table that is shown by a view.
        inputs: Extraction relations that it is built from.
        shown_as: The model of the view that people query, where that is not a stored relation.
        parents: Tables that it reads or refers to.
        counted: (field, kind) of the legacy facts whose primary place this table is.
        cost: Seconds that it takes in proportion to others, as measured on the real table.
        row_kind: Kind of fact of which one is kept for each row; None where every kept fact is a row.
    """

    name: str
    relations: tuple[Relation, ...]
    inputs: tuple[str, ...]
    shown_as: type[TableModel] | None = None
    parents: tuple[str, ...] = field(default=())
    counted: tuple[tuple[str, str], ...] = field(default=())
    cost: float = 1
    row_kind: str | None = None

    @property
    def audited(self) -> str:
        """What its audit checks, as text: models, keys and references."""
        return repr([(audited(r.model), r.key, r.references, r.unique, r.later_references) for r in self.relations])

    @property
    def is_view(self) -> bool:
        """Whether people query a view over the stored relations."""
        return self.shown_as is not None

    @property
    def description(self) -> str:
        """What one row is, for people."""
        doc = (self.shown_as or self.relations[0].model).__doc__ or ""
        return " ".join(doc.strip().split())

    @property
    def columns(self) -> dict[str, str]:
        """The columns that people query, with their descriptions."""
        model = self.shown_as or self.relations[0].model
        return {name: str(c.description) for name, c in model.to_schema().columns.items()}
