"""Rows that fail an audit: no legacy value does (it is read, or set aside by itself), so something in the database changes them.

What stands for it here: a person's event trigger that writes into what the extraction has just made.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

#: A chromosome that no rule returns and the model refuses.
BAD = "chr99"

_TRIGGER = """
    create function public.spoil_rows() returns event_trigger language plpgsql as $$
    declare made record;
    begin
      for made in select object_identity from pg_event_trigger_ddl_commands() where object_identity like '%.transcript_candidates' loop
        execute format('update %s set chromosome = {bad} where raw_transcript_id = any ({victims})', made.object_identity);
      end loop;
    end $$;
    create event trigger spoil_rows on ddl_command_end when tag in ('CREATE TABLE AS') execute function public.spoil_rows();
"""
_CHANGE = "update cancer_transcript_base set expression_fold_change = expression_fold_change + %s where transcript_id = any(%s)"


#: 300 chromosomes that are refused, more than `LIMITS` allow: the census fails; and how a person corrects them.
REFUSE = """
    create table kept_aside as select transcript_id, chromosome from cancer_transcript_base where chromosome ~ '^chr[0-9]+$'
      order by transcript_id limit 300;
    update cancer_transcript_base as c set chromosome = 'chr99' from kept_aside as k where k.transcript_id = c.transcript_id;
"""
CORRECT = """
    update cancer_transcript_base as c set chromosome = k.chromosome from kept_aside as k where k.transcript_id = c.transcript_id;
    drop table kept_aside;
"""
LIMITS = {"validation": {"max_validation_errors": 100, "max_validation_error_share": 0.05}}


def _doubled(value: str) -> str:
    """A literal inside of another one."""
    return sql.Literal(value).as_string(None).strip().replace("'", "''")


@contextmanager
def spoiled(connect: Callable[[], "psycopg.Connection[Any]"], transcripts: Sequence[str]) -> Iterator[None]:
    """While this lasts, rows are extracted with a chromosome that there is not; they are changed, so that they are extracted again.

    Args:
        connect: Opens a session that commits each statement, as a superuser.
        transcripts: Ids as the legacy table writes them.
    """
    victims = "{" + ",".join(transcripts) + "}"
    with connect() as conn:
        conn.execute(_TRIGGER.replace("{bad}", _doubled(BAD)).replace("{victims}", _doubled(victims)))
        conn.execute(_CHANGE, (1, list(transcripts)))
    try:
        yield
    finally:
        with connect() as conn:
            conn.execute("drop event trigger spoil_rows")
            conn.execute("drop function public.spoil_rows()")
            conn.execute(_CHANGE, (-1, list(transcripts)))
