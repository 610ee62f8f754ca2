"""The rows of a patient's file as a Pandera model: what has to be true of every row before anything of the file is stored.

Contains the model. Reading files makes such rows (`READING_SCHEMA` of `patients`); the audit of an import checks them.
"""

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from mediabase_assets.model.patients import IdKind, NaReason
from mediabase_assets.model.tables.base import Float, Int, Relation, TableModel, column, optional

#: How far a linear fold change may be from two to the power of its log2, as a share: rounding, and nothing else.
ROUNDING = 1e-9


class PatientRows(TableModel):
    """One row per row of a patient's file that has an id."""

    row_number: Series[Int] = column("Line of data in the file, the first is 1", ge=1)
    raw_id: Series[str] = column("The id as the file has it", str_length={"min_value": 1, "max_value": 1000})
    id_kind: Series[str] = column("What the id is, as its text shows", isin=[str(kind) for kind in IdKind])
    lookup_id: Series[str] = column("What is compared: without version, prefix, blanks", str_length={"min_value": 1, "max_value": 1000})
    fold_change: Series[Float] = optional("Linear fold change", gt=0, lt=float("inf"))
    log2_fold_change: Series[Float] = optional("Log2 of the fold change", gt=float("-inf"), lt=float("inf"))
    p_value: Series[Float] = optional("p value", ge=0, le=1)
    adjusted_p_value: Series[Float] = optional("p value, adjusted for multiple tests", ge=0, le=1)
    base_mean: Series[Float] = optional("Mean of normalized counts", ge=0, lt=float("inf"))
    average_expression: Series[Float] = optional("Average expression, in the file's logarithmic unit", gt=float("-inf"), lt=float("inf"))
    standard_error: Series[Float] = optional("Standard error of log2_fold_change", ge=0, lt=float("inf"))
    na_reason: Series[str] = optional("Why there is no effect, or no p", isin=[str(reason) for reason in NaReason])

    @pa.dataframe_check(name="linear_is_two_to_the_power_of_log2")
    def _is_consistent(cls, frame: pd.DataFrame) -> "pd.Series[bool]":  # noqa: N805  # Pandera's way of class methods
        """Both scales of an effect are given, or none, and say the same."""
        linear = frame["fold_change"].to_numpy(dtype=float, na_value=np.nan)
        log2 = frame["log2_fold_change"].to_numpy(dtype=float, na_value=np.nan)
        with np.errstate(over="ignore", under="ignore"):
            expected = np.exp2(log2)
        is_same = np.abs(linear - expected) <= ROUNDING * np.abs(expected)
        return pd.Series(is_same | (np.isnan(linear) & np.isnan(log2)), index=frame.index)

    @pa.dataframe_check(name="a_missing_effect_has_a_reason")
    def _has_reason(cls, frame: pd.DataFrame) -> "pd.Series[bool]":  # noqa: N805
        """Without an effect a row says why."""
        return frame["log2_fold_change"].notna() | frame["na_reason"].notna()


PATIENT_ROWS = Relation("rows of the file", PatientRows, ("row_number",))
