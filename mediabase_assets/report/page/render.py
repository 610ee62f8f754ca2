"""The document as one HTML page that needs nothing else: style, script, pictures and data inside, every text escaped.

Contains the environment of the templates and the page's policy: no address outside itself, no style or script but its own.
"""

import base64
import re
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mediabase_assets.model.quantities import counted, duration, moment, number, size
from mediabase_assets.report.page.cells import VISIBLE, badge_of, clean
from mediabase_assets.report.page.drawings import flow, plots
from mediabase_assets.report.page.reader import Row, text_of
from mediabase_assets.report.page.tables import sample_tables, tables_of

_TEMPLATES = Path(__file__).parent / "templates"
#: What no page may hold: control characters, and what Unicode keeps for no character.
_NO_CHARACTER = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\U0001fffe-\U0001ffff\U0010fffe-\U0010ffff]")
#: The files that the page is made from.
SOURCES = (*sorted(_TEMPLATES.glob("*.*")),)
#: What stands for the id of the migration in the header of printed pages.
_PLACE = "__MIGRATION__"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "number": number, "size": size, "duration": duration, "clean": clean, "badge_of": badge_of,
        "counted": lambda n, *words: counted(n, *words),
        "moment": lambda value: moment(datetime.fromisoformat(value)) if value else "",
        "map_pair": lambda pair: (pair[0].replace("_", " "), text_of(pair[1])),
    }  # fmt: skip
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": True}
    return environment


def render(document: Row) -> str:
    """The page."""
    style = (
        (_TEMPLATES / "style.css").read_text(encoding="utf-8").replace(_PLACE, re.sub(r"[^\w-]", "", document["migration"]["migration_id"]))
    )
    script = (_TEMPLATES / "script.js").read_text(encoding="utf-8")
    pictures = {
        "flow": flow.draw(document["flows"]), "timeline": plots.timeline(document["steps"], document["times"]["span"]),
        "speed": plots.speed(document["benchmark"]), "sizes": plots.sizes(document["storage_by_group"]),
    }  # fmt: skip
    values: dict[str, Any] = {
        "d": document, "tables": tables_of(document), "samples": sample_tables(document), "pictures": pictures, "policy": policy(style,
        script),
        "style": Markup(style), "script": Markup(script),  # noqa: S704  # our own files
    }  # fmt: skip
    text = _environment().get_template("page.html").render(values)
    return _NO_CHARACTER.sub(lambda found: VISIBLE.get(ord(found[0]), "\ufffd"), text)


def policy(style: str, script: str) -> str:
    """The content security policy of the page: nothing is loaded, and only this style and this script are applied."""
    own = f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    return f"default-src 'none'; {own}; img-src data:; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"
