"""The grammar of the legacy table as values: for each column and JSON path what is read there, and what becomes of it.

Source: the writers of the old programs, read at the commits that the legacy contract names, and what real tables hold.
The census of leaves compares every scalar of the legacy table with it; `README.md` beside is made from it by
`python -m mediabase_assets.model.grammar`.
"""

from mediabase_assets.model.grammar import annotation, drugs, identity
from mediabase_assets.model.grammar.base import Fate, Kind, Leaf, Match, Place

#: Every column that is carried, with its grammar.
GRAMMAR: dict[str, Place] = {**identity.COLUMNS, **annotation.COLUMNS, **drugs.COLUMNS}


def described() -> str:
    """All that the grammar says, as text: it changes when a rule does."""
    return repr([
        (column, path, leaf.fate, leaf.to, sorted(leaf.kinds), leaf.form, leaf.longest, leaf.reason, leaf.match)
        for column, place in sorted(GRAMMAR.items())
        for path, leaf in place.leaves()
    ])  # fmt: skip


__all__ = ["GRAMMAR", "Fate", "Kind", "Leaf", "Match", "Place", "described"]
