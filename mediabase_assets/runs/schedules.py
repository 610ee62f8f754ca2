"""Schedules from the configuration: an expression that Dagster refuses is reported as a mistake in the configuration."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from mediabase_assets.model.errors import ConfigurationError


@contextmanager
def cron_expression(value: str, *, where: str, example: str) -> Iterator[None]:
    """Define a schedule in the body; a refused expression becomes an error with a next step.

    Args:
        value: Its cron expression.
        where: The setting that it comes from.
        example: A valid expression with its meaning.

    Raises:
        ConfigurationError: Dagster refused it.
    """
    try:
        yield
    except dg.DagsterInvalidDefinitionError as error:
        raise ConfigurationError(
            f"{value!r} is not a cron expression.",
            where=where,
            next_step=f"Five fields: minute, hour, day, month, day of the week; {example}.",
        ) from error
