"""Whose records a workspace has where nothing but the relations that are live tells it."""

import pytest

from mediabase_assets.model.workspace import Workspace
from mediabase_assets.postgres.content_hash import physical_fingerprint
from mediabase_assets.postgres.sql_files import looking_in, run
from mediabase_assets.postgres.target import Target, targets
from mediabase_assets.records.tables import RECORDS

ROLE = "reader_of_one_copy"


@pytest.fixture
def role(conn):
    """A role that may read what it is given."""
    conn.execute(f"create role {ROLE}")
    yield ROLE
    conn.execute(f"reset role; drop owned by {ROLE}; drop role {ROLE}")


@pytest.mark.pg
@pytest.mark.parametrize("denied", ["grant usage on schema copies to {}", "select 1"], ids=["its tables", "its schema"])
def test_a_copy_that_this_role_may_not_read_is_no_target(conn, role, denied):
    with conn.transaction():
        conn.execute("create schema mediabase_ops")
        with looking_in(conn, "mediabase_ops"):
            run(conn, RECORDS[0])
    for schema in ("copies", "trial"):
        conn.execute(f"create schema {schema}; create table {schema}.genes (gene_id text); create table {schema}.schema_version (v text)")
    conn.execute(
        """insert into mediabase_ops.built_relations
             (relation, asset, snapshot_id, migration_id, row_count, content_hash, code_version, is_live, live_fingerprint)
           values ('genes', 'normalized/genes', '1', '1', 0, '', '1', true, %s)""",
        (physical_fingerprint(conn, "trial", "genes"),),
    )
    conn.execute(
        f"grant usage on schema mediabase_ops, trial to {role}; grant select on all tables in schema mediabase_ops, trial to {role}"
    )
    conn.execute(denied.format(role))
    conn.execute(f"set role {role}")
    assert targets(conn) == (Target(Workspace(), "trial"),)
