"""The SQL files of the extraction, and the rules about single values that it shares with its proof."""

from pathlib import Path

from mediabase_assets.postgres.connection import Session
from mediabase_assets.postgres.sql_files import run

#: Where the SQL of the extraction is.
EXTRACTION = Path(__file__).parent / "sql"
#: Rules about single values that the extraction and its proof share: one SQL function each. The others call those of texts.
RULES = tuple(sorted((EXTRACTION / "rules").glob("*.sql"), key=lambda path: (path.stem != "text", path.name)))


def define_rules(conn: Session) -> None:
    """Create the functions of the shared rules in the first schema of the search_path."""
    for path in RULES:
        run(conn, path)
