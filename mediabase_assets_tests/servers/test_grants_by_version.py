"""Grants on each version of the server that is installed here, of released relations as a release leaves them."""

import pytest
from psycopg import sql

from mediabase_assets.model.errors import PrerequisiteError
from mediabase_assets.model.workspace import Workspace
from mediabase_assets.records.tables import prepare_schemas
from mediabase_assets.roles import grants
from mediabase_assets.roles.objects import Kind
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.servers.running import ORDINARY

pytestmark = pytest.mark.pg
DATABASE = "grants"


@pytest.mark.parametrize("kind", [Kind.ANALYST, Kind.CURATOR, Kind.PATIENT_READER])
def test_a_role_gets_what_its_work_needs_and_what_is_too_much_is_found(server, tmp_path, kind):
    server.drop_database(DATABASE)
    server.create_database(DATABASE)
    settings = load_settings(home=tmp_path, database={"host": str(server.folder), "user": ORDINARY, "name": DATABASE})
    with server.connect(DATABASE) as admin:
        admin.execute("drop role if exists by_version; create role by_version login")
        may_create = admin.execute("select has_schema_privilege('by_version', 'public', 'create')").fetchone()[0]
        try:
            with server.connect(DATABASE, ORDINARY) as conn:
                conn.workspace = Workspace()
                with pytest.raises(PrerequisiteError, match="Nothing was migrated here yet"):
                    grants.apply(conn, settings, "by_version", kind)
                with conn.transaction():
                    prepare_schemas(conn, "public")
                conn.execute("drop table mediabase_ops.role_grants")  # as records of an earlier version are
                conn.execute("create table genes (a int); create table schema_version (a int); create table cancer_transcript_base (a int)")
                conn.execute("create materialized view gene_summary_view as select * from genes; create table theirs (a int)")
                conn.execute("create schema mediabase_patients; create table mediabase_patients.stored_patients (a int)")
                conn.execute("alter table mediabase_patients.stored_patients enable row level security")
                conn.execute("create table mediabase_patients.inner_part (a int)")
                done = grants.apply(conn, settings, "by_version", kind)
                assert done.missing == ()
                assert grants.recorded(conn) == [("by_version", kind)]
                # before version 15 everybody may create in public; it is told, with the statement that ends it
                assert [r.revoke for r in done.excess] == (["revoke create on schema public from public;"] if may_create else [])
                held = {name for name in _relations(conn) if conn.value("select has_table_privilege('by_version', %s, 'select')", name)}
            expected = {"public.genes", "public.schema_version", "public.gene_summary_view"}
            if kind is Kind.CURATOR:
                expected |= {"public.cancer_transcript_base", "mediabase_ops.quarantine"}
            if kind is Kind.PATIENT_READER:
                expected |= {"mediabase_patients.stored_patients"}
            assert expected <= held
            assert not held & {"public.theirs", "mediabase_patients.inner_part"}
            assert ("mediabase_ops.quarantine" in held) == (kind is Kind.CURATOR)
            assert ("public.cancer_transcript_base" in held) == (kind is Kind.CURATOR)
        finally:
            admin.execute(sql.SQL("drop owned by {0} cascade; drop role {0}").format(sql.Identifier("by_version")))


def _relations(conn):
    return conn.values(
        "select format('%I.%I', n.nspname, c.relname) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'm', 'v') and n.nspname !~ '^(pg_|information_schema)'"
    )
