"""What schedules have in common: an expression of the configuration that Dagster does not take is told as what it is."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from mediabase_assets.model.errors import ConfigurationError


@contextmanager
def told_as_cron(value: str, *, where: str, example: str) -> Iterator[None]:
    """Make the definition of a schedule in the body.

    Args:
        value: Its cron expression.
        where: The settings that it comes from.
        example: An expression that is one, with what it means.

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
