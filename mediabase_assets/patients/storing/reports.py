"""The report of an import as JSON, and back: it is kept with the patient and shown whenever it is asked for.

Contains that only; what a report says is in `model/patients`.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from mediabase_assets.model.patients import ImportReport, Level, Scale, Unmatched


def to_json(report: ImportReport) -> dict[str, Any]:
    """A report as values of JSON."""
    return dataclasses.asdict(report)


def from_json(values: Mapping[str, Any], **changes: Any) -> ImportReport:
    """A report from values of JSON.

    Args:
        values: What `to_json` gave.
        changes: Attributes that differ.
    """
    unmatched = tuple(Unmatched(u["reason"], u["rows"], tuple(u["examples"])) for u in values["unmatched"])
    exact = {"unmatched": unmatched, "level": Level(values["level"]), "scale": Scale(values["scale"]), "notes": tuple(values["notes"])}
    return ImportReport(**{**values, **exact, **changes})
