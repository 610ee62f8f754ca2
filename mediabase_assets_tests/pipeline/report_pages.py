"""Reading the page of a report as a strict reader of HTML does: its elements, tables and numbers."""

import json
from xml.etree import ElementTree

import html5lib

NAMESPACE = "{http://www.w3.org/1999/xhtml}"


class Page:
    """A page, parsed as the standard says; a fault of its syntax raises."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: ElementTree.Element = html5lib.HTMLParser(strict=True).parse(text)

    def all(self, tag: str) -> list[ElementTree.Element]:
        """Every element of that name."""
        return list(self.root.iter(f"{NAMESPACE}{tag}"))

    def by_id(self, name: str) -> ElementTree.Element:
        """The element of that id."""
        (found,) = [element for element in self.root.iter() if element.get("id") == name]
        return found

    @property
    def words(self) -> str:
        """All text that people read."""
        (body,) = self.all("main")
        return " ".join("".join(body.itertext()).split())

    def numbers(self) -> dict[str, float]:
        """The numbers of the headline and of the times."""
        return {e.get("data-number"): float(e.get("data-v")) for e in self.root.iter() if e.get("data-number")}

    def table(self, name: str) -> dict[str, dict[str, float | str | None]]:
        """A table by the headers of its rows: texts, and numbers as they are behind their texts."""
        found = self.by_id(name)
        head = ["".join(th.itertext()) for th in found.find(f"{NAMESPACE}thead").iter(f"{NAMESPACE}th")]
        rows = {}
        for row in found.find(f"{NAMESPACE}tbody").iter(f"{NAMESPACE}tr"):
            cells = [_value(cell) for cell in row]
            rows[str(cells[0])] = dict(zip(head, cells, strict=True))
        return rows

    def data(self) -> dict:
        """The data inside the page."""
        return json.loads("".join(self.by_id("data").itertext()))


def _value(cell: ElementTree.Element) -> float | str | None:
    value = cell.get("data-v")
    if value is None:
        return "".join(cell.itertext()).strip()
    return float(value) if value else None
