"""What a person says of a patient's file in the launchpad of the UI, and the order that it becomes.

Contains the configuration; which file a patient has otherwise (that of the inbox, or the one that is recorded) is decided here, too.
"""

from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.patients import Duplicates, PatientError, ReadOptions, checked_patient_id
from mediabase_assets.patients.loading import Order, recorded_order
from mediabase_assets.patients.options import duplicates_of, read_options
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.runs.patients.inbox import files_by_id
from mediabase_assets.settings.load import Settings


class PatientFile(dg.Config):
    """Where a patient's data come from, and what their headers do not say. Left empty, it is what was imported last."""

    path: str = Field(default="", description="The file, on the machine that runs Dagster. Empty: the file that was imported last.")
    from_inbox: bool = Field(default=False, description="The file of the folder `patients.inbox` whose name is that of the partition.")
    columns: dict[str, str] = Field(
        default={}, description="Headers by role, such as log2_fold_change: FC; roles are those that --column takes."
    )
    scale: str = Field(default="", description="Of the effect column: log2, ln, linear or signed_linear.")
    contrast: str = Field(default="", description="Which of several contrasts or groups.")
    sheet: str = Field(default="", description="Which sheet of a workbook.")
    id_kind: str = Field(default="", description="Kind of the ids, where several fit.")
    delimiter: str = Field(default="", description="Of the fields; found by itself.")
    decimal: str = Field(default="", description="Sign before the decimals; found by itself.")
    duplicates: str = Field(default="", description="Several rows of one gene that differ: error, best-padj or mean.")
    minimum_match_rate: float | None = Field(default=None, description="Another smallest share of known ids than that of the settings.")

    @property
    def options(self) -> ReadOptions:
        """What it says of the file.

        Raises:
            ConfigurationError: A role, scale or kind is unknown.
        """
        return read_options(
            self.columns, scale=self.scale, contrast=self.contrast, sheet=self.sheet, id_kind=self.id_kind, delimiter=self.delimiter,
            decimal=self.decimal,
        )  # fmt: skip


def order_of(conn: Connection, settings: Settings, patient_id: str, config: PatientFile) -> Order:
    """What a run imports.

    Args:
        conn: A session.
        settings: Where the inbox is.
        patient_id: Key of the partition.
        config: Of the run.

    Raises:
        ConfigurationError: The configuration names something that there is not.
        PatientError: The id is not allowed, or there is no file for it.
    """
    checked_patient_id(patient_id)
    source = config.path or (_of_inbox(settings, patient_id) if config.from_inbox else "")
    if not source:
        return _recorded(conn, patient_id, config)
    return Order(
        patient_id, _absolute(source), config.options, duplicates_of(config.duplicates or Duplicates.ERROR), config.minimum_match_rate
    )


def _recorded(conn: Connection, patient_id: str, config: PatientFile) -> Order:
    if config != PatientFile():
        raise ConfigurationError(
            "The configuration says how a file is read, and not which.", where="run configuration",
            next_step="Give `path`, too, or leave it empty to read the file again that was imported last, as it was.",
        )  # fmt: skip
    order = recorded_order(conn, patient_id)
    if order is None:
        raise PatientError(
            f"There are no data of {patient_id} yet.", where="run configuration",
            next_step="Name the file in the launchpad: ops: patients__expression: config: path.",
        )  # fmt: skip
    return order


def _of_inbox(settings: Settings, patient_id: str) -> str:
    inbox = settings.patients.inbox
    if inbox is None:
        raise ConfigurationError("There is no inbox.", where="patients.inbox", next_step="Set patients.inbox, or give `path`.")
    file = files_by_id(inbox).get(patient_id)
    if file is None:
        raise PatientError(f"The inbox holds no file of {patient_id}.", where="patients.inbox", next_step="Put the file there again.")
    return str(file)


def _absolute(source: str) -> str:
    if not Path(source).is_absolute():
        raise ConfigurationError(
            "The path has to begin at the root, for Dagster runs in a folder of its own.", where="run configuration, path",
            next_step="Give the whole path.",
        )  # fmt: skip
    return source


def run_config(step: str, **values: Any) -> dict[str, Any]:
    """The configuration of a run of the asset.

    >>> run_config("patients__expression", from_inbox=True)
    {'ops': {'patients__expression': {'config': {'from_inbox': True}}}}
    """
    return {"ops": {step: {"config": values}}}
