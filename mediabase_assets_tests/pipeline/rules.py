"""A session that has the rules about single values and the readers of values, for tests that call them one by one."""

from contextlib import contextmanager

from hypothesis import strategies as st

from mediabase_assets.extraction.rules import EXTRACTION, define_rules
from mediabase_assets.postgres.sql_files import read
from mediabase_assets_tests.pipeline import harness

#: Any text that PostgreSQL can hold.
anything = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=30)


@contextmanager
def session_with_rules(home):
    """A session of an empty project."""
    with harness.project(home, demo=None) as this, this.connect() as conn:
        define(conn)
        yield conn


def define(conn):
    """Create the functions in the first schema of the search_path."""
    define_rules(conn)
    conn.execute(read(EXTRACTION / "functions.sql"))


def call(conn, expression, *values):
    """The value of an expression."""
    return conn.execute(f"select {expression}", values).fetchone()[0]
