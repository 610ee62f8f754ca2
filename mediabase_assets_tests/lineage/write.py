"""Writes the file of the package that says which columns each column is made of: `python -m mediabase_assets_tests.lineage.write`."""

import json

from mediabase_assets.lineage.columns import FILE
from mediabase_assets_tests.lineage.project import lineage


def text() -> str:
    """The file, one column a line."""
    assets = []
    for asset, columns in lineage().items():
        lines = []
        for column, made_of in columns.items():
            by_asset: dict[str, list[str]] = {}
            for other, name in made_of:
                by_asset.setdefault(other, []).append(name)
            lines.append(f"    {json.dumps(column)}: {json.dumps(by_asset)}")
        assets.append(f"  {json.dumps(asset)}: {{\n" + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(assets) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
