"""Plots of one patient's values: a volcano plot and a histogram, PNGs as bytes, drawn without a display.

Contains the drawing. Nothing is written to a file, and matplotlib's global state is not touched, so that threads can draw side by side.
Colours are those of Okabe and Ito, which colour-blind people can distinguish.
"""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from psycopg import sql

from mediabase_assets.audit.arrow import iter_arrow
from mediabase_assets.model.patients import DOWN, UP
from mediabase_assets.patients.questions.asking import SIGNIFICANT, require_patient, statement
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

Floats = npt.NDArray[np.float64]
_UP, _DOWN, _OTHER, _INK = "#D55E00", "#0072B2", "#B0B0B0", "#222222"
_SCHEMA = pa.schema([("log2_fold_change", pa.float64()), ("p_value", pa.float64())])
#: P values of 0 and those below it are drawn at it.
_SMALLEST_P = 1e-300


def values_of(conn: Connection, settings: Settings, patient_id: str) -> tuple[Floats, Floats]:
    """Log2 fold changes of a patient, and their adjusted p values (p values where the file gives no adjusted one), NaN where there is none.

    Args:
        conn: A session that may read the patient.
        settings: Which live schema.
        patient_id: Whose.

    Raises:
        PatientError: There is no such patient.
    """
    require_patient(conn, patient_id)
    query = statement(conn, settings, "facts/plotted", patient_id=sql.Literal(patient_id))
    table = pa.Table.from_batches(iter_arrow(conn, query, _SCHEMA), _SCHEMA)
    return table["log2_fold_change"].to_numpy(), table["p_value"].to_numpy()


def volcano(changes: Floats, p_values: Floats) -> bytes | None:
    """Significance against change, a point for each gene or transcript; None where the file gives no p values.

    Args:
        changes: Log2 fold changes.
        p_values: Adjusted where the file gives that, NaN for none.
    """
    given = ~np.isnan(p_values)
    if not given.any():
        return None
    x, y = changes[given], -np.log10(np.maximum(p_values[given], _SMALLEST_P))
    is_up, is_down = _regulated(x)
    significant = p_values[given] < SIGNIFICANT
    axes, figure = _axes("log2 fold change", "-log10 p value (adjusted where given)")
    for colour, chosen, label in (
        (_OTHER, ~(significant & (is_up | is_down)), "other"),
        (_DOWN, significant & is_down, "down"),
        (_UP, significant & is_up, "up"),
    ):
        axes.scatter(
            x[chosen], y[chosen], s=5, color=colour, linewidths=0, alpha=0.7, rasterized=True, label=f"{label}: {int(chosen.sum()):,}"
        )
    axes.axhline(-np.log10(SIGNIFICANT), color=_INK, linewidth=0.6, linestyle=":")
    _limits(axes)
    axes.legend(frameon=False, fontsize=8, markerscale=2.5)
    return _png(figure)


def histogram(changes: Floats) -> bytes | None:
    """How many genes or transcripts have which log2 fold change; None without values.

    Args:
        changes: Log2 fold changes.
    """
    if not len(changes):
        return None
    axes, figure = _axes("log2 fold change", "genes or transcripts")
    reach = max(3.0, float(np.quantile(np.abs(changes), 0.999)))
    edges = np.linspace(-reach, reach, 81)
    counts, _ = np.histogram(np.clip(changes, -reach, reach), edges)
    centres = (edges[:-1] + edges[1:]) / 2
    is_up, is_down = _regulated(centres)
    colours = np.where(is_up, _UP, np.where(is_down, _DOWN, _OTHER))
    axes.bar(centres, counts, width=edges[1] - edges[0], color=list(colours))
    axes.set_yscale("symlog", linthresh=10)
    _limits(axes)
    return _png(figure)


def _regulated(changes: Floats) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    return changes > np.log2(UP), changes < np.log2(DOWN)


def _axes(x: str, y: str) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # loaded where it is needed: it takes a second
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.2), dpi=96, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_xlabel(x, fontsize=9, color=_INK)
    axes.set_ylabel(y, fontsize=9, color=_INK)
    axes.tick_params(labelsize=8, colors=_INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return axes, figure


def _limits(axes: Any) -> None:
    """Lines at the limits of regulation."""
    for change in (np.log2(UP), np.log2(DOWN)):
        axes.axvline(change, color=_INK, linewidth=0.6, linestyle=":")


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
