"""SVG elements as safe markup: every text escaped, and no style attributes, which the page's policy forbids."""

import re

from markupsafe import Markup, escape

_TAG = re.compile(r"[a-zA-Z][a-zA-Z0-9]*")


def element(tag: str, *children: str, **attributes: str | float | None) -> Markup:
    """An element.

    Args:
        tag: Its name.
        children: Markup as it is, texts escaped.
        attributes: An underscore at the end is left out, others become hyphens; None leaves an attribute out.

    >>> element("text", "a < b", x=1.50, class_="n", text_anchor="end")
    Markup('<text x="1.5" class="n" text-anchor="end">a &lt; b</text>')
    """
    assert _TAG.fullmatch(tag)
    pairs = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_written(value))}"' for name, value in attributes.items() if value is not None
    )
    return Markup(f"<{tag}{pairs}>{''.join(escape(child) for child in children)}</{tag}>")  # noqa: S704  # every part is escaped


def _written(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def picture(width: float, height: float, title: str, description: str, *children: str, name: str) -> Markup:
    """A picture with its alternative text, as wide as its place."""
    return element(
        "svg",
        element("title", title, id=f"picture-{name}-title"),
        element("desc", description, id=f"picture-{name}-desc"),
        *children,
        viewBox=f"0 0 {width:g} {height:g}", role="img",
        aria_labelledby=f"picture-{name}-title picture-{name}-desc", class_=f"picture {name}",
        preserveAspectRatio="xMidYMin meet",
    )  # fmt: skip


def text(x: float, y: float, words: str, class_: str = "", anchor: str | None = None) -> Markup:
    """A text at a place."""
    return element("text", words, x=x, y=y, class_=class_ or None, text_anchor=anchor)


def shortened(words: str, longest: int) -> str:
    """A text that fits.

    >>> shortened("evidence_quality_metrics", 12)
    'evidence_qu…'
    """
    return words if len(words) <= longest else f"{words[: longest - 1]}…"
