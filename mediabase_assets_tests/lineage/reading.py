"""Which columns a query's columns are made of, read from its SQL by sqlglot.

For every column of a query there are its *sources*: the columns whose values are in it. What only decides which rows there are (joins,
conditions, groups, the order by which one of several is chosen) is kept apart, as *deciding*. Functions of the project read no tables
(a test sees that): a call is made of its arguments.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sqlglot import exp

#: Columns that name the legacy column that a value is of, and the row of the value.
FIELD, PAYLOAD = "field", "payload_id"


class Source(NamedTuple):
    """A column of a relation.

    `fields`, where the query says so: of legacy_payloads which legacy columns the value is of; of a value that was turned into a row the
    key of that row.
    """

    relation: str
    column: str
    fields: frozenset[str] | None = None


Sources = frozenset[Source]
NONE: Sources = frozenset()


@dataclass(frozen=True)
class Shape:
    """What a part of FROM offers: columns with their sources, and what decides which rows there are.

    A function without a column list has any column (`everything`).
    """

    columns: Mapping[str, Sources]
    deciding: Sources = NONE
    everything: Sources | None = None

    def of(self, name: str) -> Sources | None:
        """The sources of a column; None if there is no such."""
        return self.columns.get(name, self.everything)

    @property
    def all(self) -> Sources:
        """The sources of all columns."""
        return union(self.columns.values()) | (self.everything or NONE)


def union(parts: Iterable[Sources]) -> Sources:
    return frozenset().union(*parts)


@dataclass
class Scope:
    """The relations that the expressions of one SELECT see, and those of the queries around it."""

    outer: "Scope | None" = None
    shapes: dict[str, Shape] = field(default_factory=dict)
    ctes: dict[str, Shape] = field(default_factory=dict)
    windows: dict[str, exp.Window] = field(default_factory=dict)
    deciding: Sources = NONE
    fields: dict[str, frozenset[str]] = field(default_factory=dict)

    def named(self, alias: str) -> Shape | None:
        return self.shapes[alias] if alias in self.shapes else self.outer and self.outer.named(alias)

    def cte(self, name: str) -> Shape | None:
        return self.ctes[name] if name in self.ctes else self.outer and self.outer.cte(name)

    def window(self, name: str) -> exp.Window:
        return self.windows[name]


class Reader:
    """Reads queries.

    Args:
        relations: What is known already: relations with their shape.
        fields: Relations of facts with the legacy columns that their facts are of.
    """

    def __init__(self, relations: Mapping[str, Shape], fields: Mapping[str, frozenset[str]] | None = None) -> None:
        self.relations, self.fields = relations, fields or {}
        #: Every column of a relation that is named anywhere in what was read.
        self.mentioned: set[Source] = set()

    def query(self, node: exp.Expression, scope: Scope | None = None) -> Shape:
        """The shape of a query."""
        inner = Scope(scope)
        for cte in getattr(node, "ctes", ()):
            names = [c.name for c in cte.args["alias"].args.get("columns") or ()]
            inner.ctes[cte.alias] = renamed(self.query(cte.this, inner), names)
        if isinstance(node, exp.Subquery | exp.Paren):
            return self.query(node.this, inner)
        if isinstance(node, exp.SetOperation):
            left, right = self.query(node.left, inner), self.query(node.right, inner)
            pairs = zip(left.columns.items(), right.columns.values(), strict=True)
            return Shape({name: one | other for (name, one), other in pairs}, left.deciding | right.deciding)
        if isinstance(node, exp.Values):
            return self._values(node, inner, [])
        assert isinstance(node, exp.Select), node.sql()
        return self._select(node, inner)

    def _select(self, node: exp.Select, scope: Scope) -> Shape:
        scope.fields = fields_wanted(node)
        if node.args.get("from_"):
            self._add(node.args["from_"].this, scope)
        for join in node.args.get("joins") or ():
            self._join(join, scope)
        scope.windows = {w.this.name: w for w in node.args.get("windows") or ()}
        decided = [scope.deciding]
        for name in ("where", "having", "group"):
            clause = node.args.get(name)
            if clause is not None:
                decided.append(self._all(clause.expressions if name == "group" else [clause.this], scope))
        scope.deciding = union(decided) | union(s.deciding for s in scope.shapes.values())
        columns: dict[str, Sources] = {}
        chosen = NONE
        for n, projection in enumerate(node.expressions, 1):
            for name, sources in self._projected(projection, scope, n):
                columns[name if name not in columns else f"{name}?{n}"] = sources
            chosen |= self._choosing(projection, scope)
        own = replace_scope(scope, columns)
        if node.args.get("distinct") and node.args["distinct"].args.get("on"):
            chosen |= self._all([node.args["distinct"].args["on"]], own)
            chosen |= self._all([node.args["order"]] if node.args.get("order") else [], own)
        elif node.args.get("order"):
            ordered = self._all([node.args["order"]], own)
            chosen |= ordered if node.args.get("limit") else NONE
        return Shape(columns, scope.deciding | chosen)

    def _projected(self, node: exp.Expression, scope: Scope, n: int) -> Iterator[tuple[str, Sources]]:
        """Names and sources of what one item of a SELECT list shows."""
        if isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
            shown = [scope.shapes[node.table]] if isinstance(node, exp.Column) else list(scope.shapes.values())
            seen = set[str]()
            for shape in shown:
                for name, sources in shape.columns.items():
                    if name not in seen:
                        seen.add(name)
                        self._mention(sources)
                        yield name, sources
            return
        is_named = isinstance(node, exp.Alias | exp.Column)
        yield node.alias_or_name if is_named else f"?{n}", self.sources(node.unalias(), scope)

    def _add(self, node: exp.Expression, scope: Scope) -> None:
        """A relation, function or query of FROM, under its alias."""
        alias = node.args.get("alias")
        names = [c.name for c in (alias.args.get("columns") or ())] if alias else []
        name = alias.name if alias else node.name
        offset = node.args.get("offset") if isinstance(node, exp.Unnest) else None
        inner = node.this if isinstance(node, exp.Lateral) else node
        if isinstance(inner, exp.Subquery) and isinstance(inner.this, exp.Values):
            inner = inner.this
        if isinstance(inner, exp.Values):
            shape = self._values(inner, scope, names)
        elif isinstance(inner, exp.Subquery):
            shape = renamed(self.query(inner.this, scope), names)
        elif isinstance(inner, exp.Table) and isinstance(inner.this, exp.Identifier):
            found = scope.cte(inner.name) or self.relations[inner.name]
            shape = renamed(found, names)
        else:
            call = inner.expressions if isinstance(inner, exp.Unnest) else [inner.this if isinstance(inner, exp.Table) else inner]
            sources = self._all(call, scope)
            shape = Shape(dict.fromkeys(names, sources), everything=None if names else sources)
            if offset is not None and isinstance(offset, exp.Expression):
                shape = replace(shape, columns={**shape.columns, offset.name: NONE})
        for join in node.args.get("joins") or ():
            self._join(join, scope)
        fields = scope.fields.get(name) or scope.fields.get("")
        scope.shapes[name] = restricted(shape, fields) if fields and FIELD in shape.columns else shape

    def _join(self, join: exp.Join, scope: Scope) -> None:
        before = list(scope.shapes.values())
        self._add(join.this, scope)
        added = [shape for shape in scope.shapes.values() if shape not in before][-1:]
        for column in join.args.get("using") or ():
            for shape in (*before, *added):
                sources = shape.of(column.name)
                if sources:
                    self._mention(sources)
                    scope.deciding |= sources
            if column.name == PAYLOAD:
                self._restrict(scope)
        if join.args.get("on") is not None:
            scope.deciding |= self._all([join.args["on"]], scope)

    def _values(self, node: exp.Values, scope: Scope, names: list[str]) -> Shape:
        rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
        keys = [row[0].name for row in rows if isinstance(row[0], exp.Literal) and row[0].is_string]
        tags = keys if len(set(keys)) == len(rows) > 1 else [""] * len(rows)
        columns = [
            union(tagged(self.sources(row[n], scope), tag) for row, tag in zip(rows, tags, strict=True)) for n in range(len(rows[0]))
        ]
        return Shape({(names[n] if n < len(names) else f"column{n + 1}"): sources for n, sources in enumerate(columns)})

    def _restrict(self, scope: Scope) -> None:
        """After a join by payload_id: the values are of the legacy columns that the facts are of."""
        known = {alias: self._fields_of(shape) for alias, shape in scope.shapes.items() if PAYLOAD in shape.columns}
        fields = frozenset[str]().union(*known.values())
        for alias, of_alias in known.items():
            if fields and not of_alias:
                scope.shapes[alias] = restricted(scope.shapes[alias], fields)

    def _fields_of(self, shape: Shape) -> frozenset[str]:
        """The legacy columns that the payloads of a relation are of; empty where that is not known."""
        sources = shape.columns.get(PAYLOAD, NONE)
        return frozenset[str]().union(*(s.fields or self.fields.get(s.relation, frozenset()) for s in sources))

    def sources(self, node: exp.Expression, scope: Scope) -> Sources:
        """The columns whose values are in an expression."""
        if isinstance(node, exp.Column):
            return self._column(node, scope)
        if isinstance(node, exp.Lambda):  # `f(v -> 'key')`, which PostgreSQL has no lambdas for
            return self._all([node.this, *(exp.column(e.name) for e in node.expressions)], scope)
        if isinstance(node, exp.Query):
            shape = self.query(node, scope)
            return shape.all or shape.deciding
        if isinstance(node, exp.Exists):
            return self.query(node.this, scope).deciding
        if isinstance(node, exp.Count) and isinstance(node.this, exp.Star):
            return scope.deciding or union(first_of(shape) for shape in scope.shapes.values())
        if isinstance(node, exp.Window):
            return self.sources(node.this, scope) or self._window(node, scope)
        if isinstance(node, exp.Filter):
            of_condition = self._all([node.expression.this], scope)
            counts_rows = isinstance(node.this, exp.Count) and isinstance(node.this.this, exp.Star)
            values = chosen_by(self.sources(node.this, scope), literals_of(node.expression.this))
            return values | of_condition if counts_rows else values or of_condition
        if isinstance(node, exp.Order):
            return self.sources(node.this, scope) if node.this is not None else self._all(node.expressions, scope)
        if isinstance(node, exp.Case):
            return self._case(node, scope)
        return self._all(node.iter_expressions(), scope)

    def _choosing(self, node: exp.Expression, scope: Scope) -> Sources:
        """The columns that an expression names beside its sources: conditions and orders that choose among values."""
        parts: list[exp.Expression] = []
        windows, here = NONE, node.find_ancestor(exp.Query)
        for found in node.find_all(exp.Case, exp.Filter, exp.Window, exp.Order):
            if found.find_ancestor(exp.Query) is not here:
                continue  # of a query inside, which has read them
            if isinstance(found, exp.Window):
                windows |= self._window(found, scope)
            elif isinstance(found, exp.Case):
                parts += [found.this] if found.this is not None else []
                parts += [i.this for i in found.args["ifs"]]
            else:
                parts += [found.expression.this] if isinstance(found, exp.Filter) else found.expressions
        inside = union(self.query(q, scope).deciding for q in self._queries(node))
        return self._all(parts, scope) | windows | inside

    def _queries(self, node: exp.Expression) -> Iterator[exp.Expression]:
        """The outermost queries inside an expression."""
        for child in node.iter_expressions():
            if isinstance(child, exp.Select | exp.SetOperation):
                yield child
            else:
                yield from self._queries(child)

    def _window(self, node: exp.Window, scope: Scope) -> Sources:
        named = node.args.get("alias")
        window = scope.window(named.name) if named is not None else node
        order = window.args.get("order")
        return self._all([*(window.args.get("partition_by") or ()), *(order.expressions if order is not None else ())], scope)

    def _case(self, node: exp.Case, scope: Scope) -> Sources:
        """The values of the branches; where all are constant, the conditions are what is told."""
        ifs, default = node.args["ifs"], node.args.get("default")
        values = self._all([*(i.args["true"] for i in ifs), *([default] if default is not None else [])], scope)
        conditions = self._all([*(i.this for i in ifs), *([node.this] if node.this is not None else [])], scope)
        return values or conditions

    def _all(self, nodes: Iterable[exp.Expression], scope: Scope) -> Sources:
        return union([self.sources(node, scope) for node in nodes])

    def _column(self, node: exp.Column, scope: Scope) -> Sources:
        name = node.name
        if node.table:
            shape = scope.named(node.table)
            if shape is None:
                raise LookupError(f"{node.sql()}: no such relation")
            sources = shape.all if isinstance(node.this, exp.Star) else shape.of(name)
        else:
            sources = self._unqualified(name, scope)
        if sources is None:
            raise LookupError(f"{node.sql()}: no such column")
        self._mention(sources)
        return sources

    def _unqualified(self, name: str, scope: Scope | None) -> Sources | None:
        while scope is not None:
            for shape in scope.shapes.values():
                if name in shape.columns:
                    return shape.columns[name]
            if name in scope.shapes:  # the whole row, or the one column of a function
                return scope.shapes[name].all
            wild = [shape.everything for shape in scope.shapes.values() if shape.everything is not None and not shape.columns]
            if len(wild) == 1:
                return wild[0]
            scope = scope.outer
        return None

    def _mention(self, sources: Sources) -> None:
        self.mentioned |= sources


def replace_scope(scope: Scope, columns: Mapping[str, Sources]) -> Scope:
    """The scope of ORDER BY and DISTINCT ON, which also see what the SELECT list names."""
    return Scope(Scope(scope.outer, {"": Shape(columns)}, scope.ctes), dict(scope.shapes), scope.ctes, scope.windows, scope.deciding)


def renamed(shape: Shape, names: list[str]) -> Shape:
    """A shape under the names of a column list."""
    if not names:
        return shape
    own = list(shape.columns.items())
    return replace(shape, columns={(names[n] if n < len(names) else name): s for n, (name, s) in enumerate(own)})


def first_of(shape: Shape) -> Sources:
    """The sources of the first column: what a count of all rows counts."""
    return next(iter(shape.columns.values()), NONE)


def literals_of(node: exp.Expression) -> frozenset[str]:
    """The texts with which a condition compares a column: `field = 'a'`, `field in ('a', 'b')`."""
    if isinstance(node, exp.EQ) and isinstance(node.expression, exp.Literal):
        return frozenset([node.expression.name])
    if isinstance(node, exp.In) and node.expressions and all(isinstance(e, exp.Literal) for e in node.expressions):
        return frozenset(e.name for e in node.expressions)
    return frozenset()


def fields_wanted(node: exp.Select) -> dict[str, frozenset[str]]:
    """Of which legacy columns the values are by the condition of a query: by alias, empty where the condition names none."""
    where = node.args.get("where")
    parts = [] if where is None else where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    return {part.this.table: literals_of(part) for part in parts if literals_of(part) and part.this.name == FIELD}


def tagged(sources: Sources, key: str) -> Sources:
    """Sources of a value that was turned into a row of that key."""
    is_plain = key and all(s.relation != "legacy_payloads" and s.fields is None for s in sources)
    return frozenset(s._replace(fields=frozenset([key])) for s in sources) if is_plain else sources


def chosen_by(sources: Sources, keys: frozenset[str]) -> Sources:
    """Of values that were turned into rows, those of one key; all others as they are."""
    is_of_rows = keys and any(s.fields and keys & s.fields and s.relation != "legacy_payloads" for s in sources)
    return frozenset(s for s in sources if not s.fields or keys & s.fields) if is_of_rows else sources


def restricted(shape: Shape, fields: frozenset[str]) -> Shape:
    """A shape whose values of legacy_payloads are those of some legacy columns."""

    def of_fields(s: Source) -> Source:
        return s._replace(fields=(s.fields & fields) if s.fields else fields) if s.relation == "legacy_payloads" else s

    return replace(shape, columns={name: frozenset(map(of_fields, sources)) for name, sources in shape.columns.items()})
