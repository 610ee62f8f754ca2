"""The lineage of every relation of the project, from its SQL files, and of every asset that has columns.

A relation's column leads to the columns of the relations that its query reads; an asset's column to those of other assets. What is
approximated:
- A column of a fact leads to the column of legacy_rows that holds the digest of the value (`drugs`), not to `legacy_payloads.value`,
  where all large values are: so it leads back to one legacy column. Where a query does not say of which column a value is, it leads to
  `legacy_payloads.value`.
- `count(*)` leads to what decides which rows are counted; of a whole relation, to its first column.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import sqlglot
from sqlglot import exp

from mediabase_assets.extraction.rules import EXTRACTION
from mediabase_assets.model.extraction import EXTRACTION_VIEWS, EXTRACTIONS
from mediabase_assets.model.legacy import LEGACY_COLUMNS, OTHER_VERSIONS_COLUMNS, Fate
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.normalized.tables import NORMALIZED
from mediabase_assets.schema.tables import VERSION
from mediabase_assets.views.definition import QUERIES
from mediabase_assets_tests.lineage.reading import PAYLOAD, Reader, Shape, Source, Sources, union

LEGACY = "legacy/cancer_transcript_base"
SOURCE = "legacy_source"
#: Columns of the temporary view of the legacy table that are no columns of the table.
_OF_THE_ROW = ("legacy_ctid", "row_digest")
CARRIED = tuple(c.name for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS) if c.fate is Fate.CARRIED)
ARCHIVED = tuple(c.name for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS) if c.fate is not Fate.CARRIED)
#: Asset and column.
Column = tuple[str, str]


@dataclass(frozen=True)
class Read:
    """One relation as it was read.

    Attributes:
        columns: Its columns with their sources.
        deciding: What decides which rows there are.
        mentioned: Every column that its SQL names.
    """

    columns: Mapping[str, Sources]
    deciding: Sources = frozenset()
    mentioned: Sources = frozenset()


@dataclass
class Project:
    """Everything that was read.

    Attributes:
        relations: By name; those of the extraction, then those of tables, then views.
        fields: Relations of facts with the legacy columns that their facts are of.
    """

    relations: dict[str, Read] = field(default_factory=dict)
    fields: dict[str, frozenset[str]] = field(default_factory=dict)

    def shapes(self) -> dict[str, Shape]:
        """What a query sees: a view of the extraction is seen through, every other relation is what it is."""
        shapes = {SOURCE: Shape({name: _of(SOURCE, name) for name in _source_columns()})}
        for name, read in self.relations.items():
            if name in EXTRACTION_VIEWS:
                shapes[name] = Shape(read.columns, read.deciding)
            else:
                shapes[name] = Shape({column: _of(name, column) for column in read.columns})
        return shapes

    def read(self, name: str, sql: str, columns: list[str] | None = None, *, others: Mapping[str, Sources] | None = None) -> None:
        """Read the query of a relation; with `columns`, of an INSERT into these, `others` are the rest of the table."""
        statement = sqlglot.parse_one(sql, dialect="postgres")
        reader = Reader(self.shapes(), self.fields)
        shape = reader.query(statement.expression if isinstance(statement, exp.Create | exp.Insert) else statement)
        found = dict(shape.columns) if columns is None else dict(zip(columns, shape.columns.values(), strict=True))
        found = {column: frozenset(map(_plain, sources)) for column, sources in found.items()}
        mentioned = frozenset(s._replace(fields=None) for s in reader.mentioned)
        self.relations[name] = Read({**(others or {}), **found}, frozenset(s._replace(fields=None) for s in shape.deciding), mentioned)
        payload = found.get(PAYLOAD, frozenset())
        if name != "legacy_payloads" and any(s.fields for s in payload):
            self.fields[name] = frozenset[str]().union(*(s.fields or frozenset() for s in payload))


def _plain(source: Source) -> Source:
    """Without the key of a row that a value was in."""
    return source if source.relation == "legacy_payloads" else source._replace(fields=None)


def _of(relation: str, column: str) -> Sources:
    return frozenset([Source(relation, column)])


def _source_columns() -> list[str]:
    return [*CARRIED, *(f"{name}__md5" for name in CARRIED), *_OF_THE_ROW]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def read_project() -> Project:
    """Read all SQL files, each after those that it reads."""
    project = Project()
    for name in ("legacy_rows", "legacy_payloads", *(e.name for e in EXTRACTIONS)):
        project.read(name, _text(EXTRACTION / f"{name}.sql"))
    for table in TABLES:
        definitions = {r: list(columns) for r, columns in _definitions(_text(VERSION / "tables" / f"{table.name}.sql")).items()}
        for statement in sqlglot.parse(_text(NORMALIZED / f"{table.name}.sql"), dialect="postgres"):
            if isinstance(statement, exp.Insert):
                name, columns = statement.this.this.name, [c.name for c in statement.this.expressions]
                others = {c: g for c, g in _definitions(_text(VERSION / "tables" / f"{table.name}.sql"))[name].items() if c not in columns}
                project.read(name, statement.sql(dialect="postgres"), columns, others=others)
                order = definitions[name]
                read = project.relations[name]
                project.relations[name] = replace(read, columns={c: _through(read.columns, name, read.columns[c]) for c in order})
        if table.is_view:
            project.read(table.name, _text(VERSION / "views" / f"{table.name}.sql"))
    for view in VIEWS:
        project.read(view.name, _text(QUERIES / f"{view.name}.sql"))
    return project


def _definitions(sql: str) -> dict[str, dict[str, Sources]]:
    """The columns that CREATE TABLE defines, with the sources of generated ones: columns of the same table."""
    found: dict[str, dict[str, Sources]] = {}
    for statement in sqlglot.parse(sql, dialect="postgres"):
        assert isinstance(statement, exp.Create), sql
        name = statement.this.this.name
        found[name] = {
            c.name: frozenset(Source(name, used.name) for g in c.find_all(exp.ComputedColumnConstraint) for used in g.find_all(exp.Column))
            for c in statement.this.expressions
            if isinstance(c, exp.ColumnDef)
        }
    return found


def _through(columns: Mapping[str, Sources], relation: str, sources: Sources) -> Sources:
    """Sources with those of the relation itself followed to what they are made of."""
    return union(columns[s.column] if s.relation == relation else frozenset([s]) for s in sources)


#: Which column of legacy_rows holds the digest of the values of a field of legacy_payloads.
@cache
def digests() -> dict[str, str]:
    """Fields of legacy_payloads with the column of legacy_rows that has the digest of their values."""
    statement = sqlglot.parse_one(_text(EXTRACTION / "legacy_payloads.sql"), dialect="postgres")
    groups = next(c for c in statement.expression.ctes if c.alias == "groups")
    branches = [s.expressions for s in groups.this.find_all(exp.Select)]
    return {e[0].unalias().name: e[2].unalias().name for e in branches}


@cache
def lineage() -> dict[str, dict[str, list[Column]]]:
    """For every asset with columns: what each column is made of, as columns of other assets, in order."""
    project = read_project()
    assets = {f"extraction/{n}": n for n in ("legacy_rows", "legacy_payloads", *(e.name for e in EXTRACTIONS if e.kind == "table"))}
    assets |= {f"normalized/{t.name}": t.name for t in TABLES} | {f"views/{v.name}": v.name for v in VIEWS}
    return {
        asset: {
            column: sorted(union_of(_asset_columns(project, asset, source) for source in sources))
            for column, sources in project.relations[relation].columns.items()
        }
        for asset, relation in assets.items()
    }


def union_of(parts) -> set[Column]:
    return set[Column]().union(*parts)


def _asset_columns(project: Project, asset: str, source: Source) -> set[Column]:
    """The columns of assets that a source is, seen from an asset."""
    if source.relation == SOURCE:
        name = source.column.removesuffix("__md5")
        return {(LEGACY, name)} if name in CARRIED else {(LEGACY, c) for c in CARRIED} if name == "row_digest" else set()
    if source.relation == "legacy_payloads" and source.fields and source.column not in ("identity", "first_transcript_id"):
        return {("extraction/legacy_rows", digests()[f]) for f in source.fields}
    owner = owner_of(source.relation)
    shown = project.relations[owner.partition("/")[2]].columns
    stored_elsewhere = source.relation != owner.partition("/")[2]
    if owner != asset and (not stored_elsewhere or Source(source.relation, source.column) in shown.get(source.column, ())):
        return {(owner, source.column)}
    return union_of(_asset_columns(project, asset, s) for s in project.relations[source.relation].columns[source.column])


@cache
def owner_of(relation: str) -> str:
    """The asset whose relation it is."""
    for table in TABLES:
        if relation == table.name or relation in [r.name for r in table.relations]:
            return f"normalized/{table.name}"
    return f"views/{relation}" if relation in {v.name for v in VIEWS} else f"extraction/{relation}"


def roots(asset: str, column: str) -> set[Column]:
    """The columns at the beginning that a column leads back to."""
    found, seen, waiting = set[Column](), set[Column](), [(asset, column)]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        beneath = lineage().get(one[0], {}).get(one[1])
        if beneath is None:
            found.add(one)
        else:
            waiting += beneath
    return found
