"""One step of a patient's run: errors that people understand, and another attempt after a lost connection.

Contains that only. Unlike a step of a migration (`runs.step`) it takes no lock of migrations, for patients' rows are none of theirs, and
writes no journal.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import psycopg

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.postgres.connect import Session, connect
from mediabase_assets.postgres.foreign_errors import explained
from mediabase_assets.postgres.transient_errors import is_transient, wait_for_server
from mediabase_assets.settings.load import Settings


@contextmanager
def patient_step(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[Session]:
    """A session for the body of an asset; each statement is its own transaction.

    Args:
        context: Dagster's.
        settings: The settings.

    Raises:
        dagster.Failure: The body raised an error of the project.
        dagster.RetryRequested: It lost its connection.
    """
    try:
        with connect(settings, autocommit=True, application_name="mediabase patients") as conn:
            yield conn
    except (MediabaseError, psycopg.Error, OSError) as raised:
        error = explained(raised)
        if error is None:
            raise
        if is_transient(raised) and context.retry_number < settings.max_retry_attempts and wait_for_server(settings):
            raise dg.RetryRequested(max_retries=settings.max_retry_attempts, seconds_to_wait=2**context.retry_number) from raised
        metadata = {"what": error.what, "where": error.where, "next step": error.next_step}
        raise dg.Failure(str(error), metadata=metadata, allow_retries=False) from raised
