"""The SQL files of this package, with the names of schemas and tables in their places, and the two grains that they are run for.

Contains reading and composing only.
"""

from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from mediabase_assets.model.patients import Level
from mediabase_assets.postgres.sql_files import Connection, read
from mediabase_assets.settings.load import Settings

_SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True)
class Grain:
    """Where the rows of one level are.

    Attributes:
        stored: The table of values.
        ids: The table that numbers genes or transcripts.
        id: Its id.
        key: Its number.
        letter: Of the kind of Ensembl id that files of the level hold (`codes.KINDS`).
    """

    stored: str
    ids: str
    id: str
    key: str
    letter: str

    @property
    def names(self) -> dict[str, sql.Composable]:
        """What takes the places in the SQL files."""
        return {
            **{name: sql.Identifier(getattr(self, name)) for name in ("stored", "ids", "id", "key")},
            "grain": sql.Literal(self.letter),
        }


GRAINS = {
    Level.GENE: Grain("stored_gene_values", "gene_ids", "gene_id", "gene_key", "g"),
    Level.TRANSCRIPT: Grain("stored_transcript_values", "transcript_ids", "transcript_id", "transcript_key", "t"),
}


def statement(conn: Connection, settings: Settings, name: str, level: Level | None = None, **more: sql.Composable) -> sql.Composed:
    """The text of a file with names in their places.

    Args:
        conn: Whose workspace.
        settings: Which live schema.
        name: The file below `sql`, without suffix.
        level: The grain, where the file is run for one of two.
        **more: What else takes a place.
    """
    names: dict[str, sql.Composable] = {
        "patients": sql.Identifier(conn.workspace.patients),
        "operations": sql.Identifier(conn.workspace.operations),
        "live": sql.Identifier(settings.database.schema_name),
    }
    grain = GRAINS[level].names if level else {}
    return sql.SQL(read(_SQL / f"{name}.sql")).format(**(names | grain | more))
