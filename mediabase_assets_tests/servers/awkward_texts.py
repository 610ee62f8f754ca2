"""Makes the texts of a legacy table such that locales disagree about them: about order, case, white space and letters.

Genes that name the same thing get it in different letters, so that ties between them are broken by the order of texts.
Ids, keys and words of closed vocabularies stay as they are.
"""

import hashlib
import json
from collections.abc import Callable

import psycopg
from psycopg.types.json import Json

from mediabase_assets.model.legacy import LEGACY_COLUMNS, LEGACY_TABLE

#: Keys whose values are free texts.
FREE_TEXTS = frozenset({
    "term", "name", "mechanism", "mechanism_of_action", "indication", "disease_area", "drug", "title", "journal", "abstract", "phenotypes",
    "pathway_name", "summary", "from", "to", "target_name", "target_type", "definition", "description", "cell_type", "specialty_population",
})  # fmt: skip
#: Keys whose values are lists of free texts.
LISTS = frozenset({"authors", "drugs", "diseases"})
#: What C, ICU, Turkish and German take differently: case first or last, punctuation passed over, i and I, ligatures, digits, spaces.
VARIANTS: tuple[Callable[[str], str], ...] = (
    lambda t: t,
    str.upper,
    str.lower,
    str.swapcase,
    lambda t: t.replace("i", "İ").replace("I", "\u0131"),
    lambda t: "-" + t,
    lambda t: "_" + t.lower(),
    lambda t: t.replace("a", "ä").replace("s", "ß"),
    lambda t: t.replace(" ", "\u00a0"),
    lambda t: t.replace(" ", "-"),
    lambda t: "\u0131" + t,
    lambda t: t + " \u0661\uff11",
    lambda t: "É" + t.title(),
)


def varied(text: str, salt: str) -> str:
    """The text in letters that follow from the salt."""
    number = int(hashlib.md5(f"{salt}\0{text}".encode(), usedforsecurity=False).hexdigest(), 16)
    return VARIANTS[number % len(VARIANTS)](text)


def vary(value: object, salt: str, key: str = "") -> object:
    """A JSON value with its free texts varied."""
    if isinstance(value, dict):
        return {k: vary(v, salt, k) for k, v in value.items()}
    if isinstance(value, list):
        return [varied(v, salt) if isinstance(v, str) and key in LISTS else vary(v, salt, key) for v in value]
    return varied(value, salt) if isinstance(value, str) and key in FREE_TEXTS else value


def _vary_member(column: str, text: str, salt: str) -> str:
    if column == "pathways":
        name, bracket, rest = text.rpartition(" [")
        return varied(name, salt) + bracket + rest if bracket else text
    return varied(text, salt)


def make_awkward(conn: psycopg.Connection) -> int:
    """Vary the rows of the legacy table of `public`; returns how many were changed."""
    columns = [c.name for c in LEGACY_COLUMNS if c.is_json or c.name in ("pathways", "molecular_functions", "cellular_location")]
    rows = conn.execute(f"select transcript_id, gene_symbol, {', '.join(columns)} from {LEGACY_TABLE}").fetchall()
    changes = []
    for transcript, symbol, *values in rows:
        new: list[object] = []
        for column, value in zip(columns, values, strict=True):
            if isinstance(value, list) and column in ("pathways", "molecular_functions", "cellular_location"):
                new.append([v and _vary_member(column, v, symbol or "") for v in value])
            else:
                varied_value = vary(value, symbol or "")
                new.append(None if varied_value is None else Json(varied_value, dumps=lambda v: json.dumps(v, ensure_ascii=False)))
        changes.append((*new, transcript))
    assignments = ", ".join(f"{c} = %s" for c in columns)
    with conn.cursor() as cursor:
        cursor.executemany(f"update {LEGACY_TABLE} set {assignments} where transcript_id = %s", changes)
        return cursor.rowcount
