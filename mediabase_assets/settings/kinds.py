"""What settings are made of: whole numbers that are not true or false, sections, and the field of a setting without effect."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

#: What begins the description of a setting that is accepted and has nothing to act on.
IGNORED = "accepted, without effect: "


def ignored(default: Any, because: str, **constraints: Any) -> Any:
    """A setting that is accepted, so that the owner's files load, and has nothing to act on here.

    Args:
        default: Its default.
        because: Why, as a clause; a plan shows it to those who set the key.
        **constraints: Those of a `Field`.
    """
    return Field(default=default, description=f"{IGNORED}{because}", **constraints)


def absolute(value: Path | None) -> Path | None:
    """The whole path of a folder that a setting names.

    Raises:
        ValueError: It has none that is UTF-8.
    """
    try:
        path = value and value.expanduser().absolute()
        str(path).encode()
    except RuntimeError as error:
        raise ValueError(f"Input should be a folder; {error}") from error
    except UnicodeEncodeError as error:
        raise ValueError("Input should be a folder whose whole path is UTF-8, also where it is below the current one") from error
    return path


def made(folder: Path | None) -> Path | None:
    """The folder of a setting, created if it does not exist; None as it is.

    Raises:
        OSError: It cannot be created.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("Input should be a number, not true or false")
    return value


Whole = Annotated[int, BeforeValidator(_no_bool)]
#: A number of minutes, also a part of one.
Minutes = Annotated[float, BeforeValidator(_no_bool), Field(gt=0, le=100_000)]
Positive = Annotated[int, BeforeValidator(_no_bool), Field(ge=1)]
Port = Annotated[int, BeforeValidator(_no_bool), Field(ge=1, le=65535)]


class Section(BaseModel):
    """What all sections have in common: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True)
