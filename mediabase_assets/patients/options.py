"""What a person says of a file in words, on the command line, in a sample sheet or in the UI, as `ReadOptions`.

Contains the words and what is wrong with them.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.patients import Duplicates, IdKind, ReadOptions, Role, Scale

_Word = TypeVar("_Word", bound=StrEnum)


def read_options(
    columns: Mapping[str, str], *, scale: str = "", contrast: str = "", sheet: str = "", id_kind: str = "", delimiter: str = "",
    decimal: str = "",
) -> ReadOptions:  # fmt: skip
    """What a person says of a file; what is empty was not said.

    Raises:
        ConfigurationError: A role, scale or kind is unknown.

    >>> read_options({"log2_fold_change": "FC"}, id_kind="entrez gene").id_kind
    <IdKind.ENTREZ: 'Entrez gene'>
    """
    return ReadOptions(
        columns={word(Role, role, "--column"): header for role, header in columns.items()},
        scale=word(Scale, scale, "--scale") if scale else None,
        contrast=contrast or None,
        sheet=sheet or None,
        id_kind=word(IdKind, id_kind, "--id-kind") if id_kind else None,
        delimiter=_DELIMITERS.get(delimiter, delimiter) or None,
        decimal=decimal or None,
    )


def columns_of(texts: list[str]) -> dict[str, str]:
    """`ROLE=HEADER` of each `--column`.

    Raises:
        ConfigurationError: One is not of this form.

    >>> columns_of(["log2_fold_change=log2(A=B)"])
    {'log2_fold_change': 'log2(A=B)'}
    """
    found = {}
    for text in texts:
        role, equals, header = text.partition("=")
        if not equals or not header:
            raise ConfigurationError(
                f"{text!r} does not say which column.", where="--column", next_step="Give ROLE=HEADER, such as log2_fold_change=FC."
            )
        found[role.strip()] = header
    return found


def duplicates_of(text: str) -> Duplicates:
    """The rule for rows of one gene that differ.

    Raises:
        ConfigurationError: There is no such rule.
    """
    return word(Duplicates, text, "--duplicates")


def word(words: type[_Word], text: str, where: str) -> _Word:
    """One of a set of words, in any case.

    Raises:
        ConfigurationError: It is none of them.
    """
    for member in words:
        if text.strip().lower() in (str(member).lower(), str(member).lower().replace(" ", "-"), member.name.lower()):
            return member
    raise ConfigurationError(f"There is no {text!r}.", where=where, next_step=f"Give one of: {', '.join(map(str, words))}.")


#: Delimiters that are hard to write on a command line.
_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|"}
