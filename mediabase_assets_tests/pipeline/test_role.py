"""Everything as an ordinary role: one that may create schemas in one database, and in the schema where people read."""

import pytest

from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets_tests.pipeline import copies, harness
from mediabase_assets_tests.pipeline.roles import CREATE_IN_DATABASE, CREATE_IN_PUBLIC, OWN, READ, as_role

pytestmark = pytest.mark.pg


@pytest.mark.end_to_end
@pytest.mark.parametrize("right_to_read", [READ, OWN], ids=["may read the legacy table", "owns the legacy table"])
def test_an_ordinary_role_migrates(migrated, fresh, right_to_read):
    with as_role(fresh, CREATE_IN_DATABASE, CREATE_IN_PUBLIC, right_to_read) as this:
        name = this.settings.database.user
        assert this.rows("select current_user, rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user") == [
            (name, False, False, False)
        ]
        result = this.migrate()
        assert result.success, copies.told(result)
        assert harness.failed_checks(result) == {}
        assert copies.hashes(this) == copies.hashes(migrated)
        ours = [r.name for r in RELATIONS] + [t.name for t in TABLES]
        owners = this.rows("select distinct tableowner from pg_tables where schemaname = 'public' and tablename = any(%s)", ours)
        assert owners == [(name,)]
        audit = this.migrate(job="audit")
        assert audit.success, copies.told(audit)
        again = this.migrate()
        assert again.success, copies.told(again)


@pytest.mark.parametrize(
    ("grants", "check", "words"),
    [
        ([CREATE_IN_PUBLIC, READ], "role_may_create_schemas", "grant create on database {database} to {role};"),
        ([CREATE_IN_DATABASE, READ], "role_may_create_schemas", "grant create on schema public to {role};"),
        ([READ], "role_may_create_schemas", "grant create on database {database} to {role}; grant create on schema public to {role};"),
        (
            ["revoke temporary on database {database} from public", CREATE_IN_DATABASE, CREATE_IN_PUBLIC, READ],
            "role_may_create_schemas",
            "grant temporary on database {database} to {role};",
        ),
        ([CREATE_IN_DATABASE, CREATE_IN_PUBLIC], "legacy_table_is_readable", "grant select on public.cancer_transcript_base to {role}"),
    ],
    ids=["no create on the database", "no create on the schema", "neither", "no temporary tables", "may not read"],
)
def test_a_role_that_lacks_a_grant_is_told_which(pipeline_home, grants, check, words):
    with harness.project(pipeline_home, demo=None) as small:
        with small.connect() as conn:
            conn.execute("create table cancer_transcript_base (transcript_id text primary key, gene_id text)")
            conn.execute("insert into cancer_transcript_base values ('ENST00000269305', 'ENSG00000141510')")
        with as_role(small, *grants) as this:
            result = this.migrate()
            assert harness.failed_steps(result) == ["legacy__cancer_transcript_base"]
            assert set(harness.failed_checks(result)) == {f"legacy/cancer_transcript_base:{check}"}
            text = copies.told(result)
            assert words.format(database=this.settings.database.name, role=this.settings.database.user) in text
            assert this.settings.database.user in text
        assert small.rows("select nspname from pg_namespace where nspname like 'mediabase%%'") == []
        assert not small.settings.backup_dir.exists()
