"""What is due for a refresh, what the views hold, and another query of a view."""

from contextlib import contextmanager

from mediabase_assets.model.views import MATERIALIZED
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets.views import definition
from mediabase_assets.views.due import due_views


def view_hashes(this):
    with this.connect() as conn:
        return {v.name: content_hash(conn, "public", v.name) for v in MATERIALIZED}


def due(this):
    return due_views(this.settings)


@contextmanager
def other_query(tmp_path, monkeypatch, name, old, new):
    """Another query of a view, as a new version of the project would bring."""
    folder = tmp_path / "sql"
    (folder / "checks").mkdir(parents=True)
    (folder / "functions").mkdir()
    for path in definition.QUERIES.glob("**/*.sql"):
        (folder / path.relative_to(definition.QUERIES)).write_text(path.read_text())
    text = (folder / f"{name}.sql").read_text()
    assert old in text
    (folder / f"{name}.sql").write_text(text.replace(old, new))
    with monkeypatch.context() as patch:
        patch.setattr(definition, "QUERIES", folder)
        yield
