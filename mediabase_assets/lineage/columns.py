"""The lineage of columns as it was read from the SQL: a file that is part of the package, so that nothing is parsed at run time.

`python -m mediabase_assets_tests.lineage.write` writes the file; a test compares it with the SQL. What is approximated is said there, in
`mediabase_assets_tests/lineage/project.py`. No code version depends on it.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

#: The file: asset, its columns, and of each the columns of other assets that its values are made of, by asset.
FILE = Path(__file__).parent / "columns.json"

#: For each column the columns of other assets, as `layer/relation` and name.
Lineage = Mapping[str, Sequence[tuple[str, str]]]


@cache
def lineage() -> Mapping[str, Lineage]:
    """The lineage of every asset that has columns."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        asset: {column: [(other, name) for other, names in made_of.items() for name in names] for column, made_of in columns.items()}
        for asset, columns in content.items()
    }


def lineage_of(asset: str) -> Lineage:
    """The lineage of one asset; empty where it has no columns, or only those of its source.

    >>> lineage_of("views/gene_summary_view")["avg_expression_fold_change"]
    [('normalized/transcripts', 'expression_fold_change')]
    """
    return lineage().get(asset, {})
