"""What failed in a run, from Dagster's events: which asset or check, the message for people, sample rows.

Contains the reading of events; printing is in `mediabase_assets.cli.summary`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from dagster import DagsterEvent

#: Sample rows kept of a failed check.
SAMPLE_ROWS = 5
_CLASS_PREFIX = re.compile(r"^(?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*: ")


@dataclass(frozen=True)
class Failure:
    """Something that failed.

    Attributes:
        asset: The asset `layer/relation`, empty for the run as a whole.
        check: The check, empty if it is the asset itself that failed.
        message: What happened, for people.
        is_warning: It was reported and did not stop the run.
        sample: Rows that show it.
        stack: The stack of the innermost error, for the log file.
        is_interruption: It is a Ctrl-C, which Dagster reports as a failure.
        is_unexpected: It is not an error of the project: its message is not written for people.
    """

    asset: str
    check: str
    message: str
    is_warning: bool = False
    sample: tuple[Mapping[str, Any], ...] = ()
    stack: str = ""
    is_interruption: bool = False
    is_unexpected: bool = False


def failures_of(event: "DagsterEvent", asset: str) -> Iterator[Failure]:
    """The failure that an event reports, if it reports one.

    Args:
        event: Dagster's event.
        asset: The asset that its step builds.
    """
    data: Any = event.event_specific_data
    if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        if not data.passed:
            yield Failure(
                asset=data.asset_key.to_user_string(),
                check=data.check_name,
                message=data.description or "The check failed.",
                is_warning=data.severity is dg.AssetCheckSeverity.WARN,
                sample=_sample(data.metadata),
            )
    elif event.event_type is dg.DagsterEventType.STEP_FAILURE:
        message = data.user_failure_data.description if data.user_failure_data else None
        failure = _failure(asset or event.step_key or "", data.error)
        yield replace(failure, message=message, is_unexpected=False) if message else failure
    elif event.event_type is dg.DagsterEventType.RUN_FAILURE and getattr(data, "error", None):
        yield _failure("", data.error)


def _failure(asset: str, error: Any) -> Failure:
    return Failure(
        asset, "", _message(error), stack=_stack(error), is_interruption=_was_interrupted(error), is_unexpected=not _is_ours(error)
    )


def _innermost(error: Any) -> Any:
    while error is not None and error.cause is not None:
        error = error.cause
    return error


def _was_interrupted(error: Any) -> bool:
    inner = _innermost(error)
    return inner is not None and inner.cls_name in ("DagsterExecutionInterruptedError", "KeyboardInterrupt")


def _is_ours(error: Any) -> bool:
    """Whether the innermost error is one of the project, or a failure that one of its steps raised."""
    inner = _innermost(error)
    return inner is None or str(inner.message).startswith(("mediabase_assets.", "dagster._core.definitions.events.Failure"))


def _message(error: Any) -> str:
    """The innermost error's message, without the name of its class where that is one of the project."""
    inner = _innermost(error)
    if inner is None:
        return "The step failed without a message."
    text = str(inner.message).strip()
    if text.startswith("mediabase_assets."):
        text = _CLASS_PREFIX.sub("", text)
    return text


def _stack(error: Any) -> str:
    inner = _innermost(error)
    return "" if inner is None else f"{''.join(inner.stack)}{inner.message}".strip()


def _sample(metadata: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The rows of the entry whose name begins with `sample`: a table, or JSON."""
    for name, value in metadata.items():
        if not name.lower().startswith("sample"):
            continue
        if isinstance(value, dg.TableMetadataValue):
            return tuple(record.data for record in value.records[:SAMPLE_ROWS])
        content = getattr(value, "value", None)
        if isinstance(content, list):
            return tuple(row if isinstance(row, dict) else {"value": row} for row in content[:SAMPLE_ROWS])
    return ()
