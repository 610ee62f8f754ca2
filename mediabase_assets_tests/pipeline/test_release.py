"""A release over a live one changes the rows that differ and nothing else, at once, and nobody is in anybody's way."""

import threading
import time

import psycopg
import pytest
from psycopg import sql

from mediabase_assets.definitions import defs
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import VIEWS
from mediabase_assets.planning import registry
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets.release.publish import TIMESTAMPS
from mediabase_assets.schema import tables
from mediabase_assets.views import definition
from mediabase_assets_tests.pipeline import copies, harness
from mediabase_assets_tests.pipeline.changes import change_legacy, healthy

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]

#: What a reader may wait for a lock, as PostgreSQL's setting; every wait beyond it is an error.
LONGEST_WAIT = "2s"


@pytest.fixture
def live(migrated, pipeline_home):
    """A migrated project of its own."""
    with copies.copy_of(migrated, pipeline_home) as this:
        yield this


# --------------------------------------------------------------------------------------------- what the legacy table says next


# -------------------------------------------------------------------------------------------------------- what changed


def contents(this):
    """For every live relation: key to (row, the transaction that wrote it)."""
    found = {}
    with this.connect() as conn:
        for relation in RELATIONS:
            rows = conn.execute(
                sql.SQL("select jsonb_build_array({k})::text, (to_jsonb(r) - %s::text[])::text, r.xmin::text from {r} as r").format(
                    k=sql.SQL(", ").join(map(sql.Identifier, relation.key)), r=sql.Identifier("public", relation.name)
                ),
                (list(TIMESTAMPS),),
            ).fetchall()
            found[relation.name] = {key: (row, xmin) for key, row, xmin in rows}
    return found


def changes_of(before, after):
    """Keys that came, whose rows differ, and that went."""
    return (
        after.keys() - before.keys(),
        {k for k in before.keys() & after.keys() if before[k][0] != after[k][0]},
        before.keys() - after.keys(),
    )


def recorded(this):
    rows = this.rows(
        "select relation, inserted, updated, deleted from mediabase_ops.release_relations"
        " where release_id = (select release_id from mediabase_ops.releases order by released_at desc limit 1)"
    )
    return {name: tuple(numbers) for name, *numbers in rows}


def test_only_the_rows_that_differ_are_written_and_in_one_transaction(live):
    before = contents(live)
    part = change_legacy(live)
    result = live.migrate()
    assert result.success, copies.told(result)
    after = contents(live)
    writers = set()
    for relation in RELATIONS:
        came, differ, went = changes_of(before[relation.name], after[relation.name])
        assert recorded(live)[relation.name] == (len(came), len(differ), len(went)), relation.name
        for key, (_, xmin) in after[relation.name].items():
            if key in came or key in differ:
                writers.add(xmin)
            else:
                assert xmin == before[relation.name][key][1], (relation.name, key)
    assert len(writers) == 1
    changed = {name for name, numbers in recorded(live).items() if any(numbers)}
    assert {"genes", "transcripts", "gene_pathways", "pathways", "gene_annotations", "gene_cross_references"} <= changed
    came, differ, went = changes_of(before["genes"], after["genes"])
    assert (came, went) == ({f'["{part["new"]}"]'}, {f'["{part["deleted"]}"]'})
    assert {f'["{part[name]}"]' for name in ("giver", "taker", "swapped")} <= differ
    assert live.rows("select gene_id from genes where gene_symbol = %s", part["symbol"]) == [(part["taker"],)]
    assert live.rows("select gene_id from gene_pathways where pathway_id = 'R-HSA-9999999'") == [(part["updated"],)]


def test_the_differences_lead_to_what_a_first_migration_makes(live):
    change_legacy(live)
    assert live.migrate().success
    changed = copies.hashes(live)
    with live.connect() as conn:
        conn.execute("drop schema mediabase_next cascade; drop schema mediabase_ops cascade")
        for view in VIEWS:
            definition.drop(conn, "public", view.name, "m" if view.is_materialized else "v")
        conn.execute("drop view transcript_go_terms")
        conn.execute(sql.SQL("drop table {}").format(sql.SQL(", ").join(sql.Identifier(r.name) for r in RELATIONS)))
        conn.execute("drop table schema_version")
    result = live.migrate()
    assert result.success, copies.told(result)
    assert copies.hashes(live) == changed


def test_timestamps_tell_which_rows_a_release_wrote(live):
    before = dict(live.rows("select gene_id, updated_at from genes"))
    part = change_legacy(live)
    assert live.migrate().success
    after = dict(live.rows("select gene_id, updated_at from genes"))
    newer = {gene for gene in before.keys() & after.keys() if after[gene] != before[gene]}
    written = live.rows("select gene_id from genes where xmin = (select xmin from genes where gene_id = %s)", part["new"])
    assert {part["giver"], part["taker"], part["swapped"]} <= newer
    assert newer == {gene for (gene,) in written} - {part["new"]}
    created = dict(live.rows("select gene_id, created_at from genes"))
    assert all(created[gene] == before[gene] for gene in newer)


# ------------------------------------------------------------------------------------------------------------- readers

#: One statement over tables of every kind: what a reader sees of a release.
_READ = """
    select
      (select count(*) from genes), (select count(*) from transcripts), (select count(*) from gene_pathways),
      (select count(*) from transcript_go_terms), (select count(*) from gene_annotations),
      (select md5(string_agg(gene_id || gene_symbol, ',' order by gene_id)) from genes),
      (select md5(string_agg(concat_ws('|', g.gene_symbol, t.transcript_id, p.pathway_id, p.pathway_name), ','
         order by transcript_id, pathway_id))
       from genes g join transcripts t using (gene_id) join gene_pathways p using (gene_id))
"""
#: The same in several statements of one transaction, as pandas or a report would read.
_PARTS = (
    "select count(*), md5(string_agg(gene_id || gene_symbol, ',' order by gene_id)) from genes",
    "select count(*), md5(string_agg(transcript_id || go_id, ',' order by transcript_id, go_id)) from transcript_go_terms",
    "select count(*), md5(string_agg(gene_id || pathway_id, ',' order by gene_id, pathway_id)) from gene_pathways",
)


class Reader:
    """A session that reads: each statement alone, or several in one transaction; once, or again and again in a thread.

    Attributes:
        seen: What it read in the thread, in order.
        error: What ended the thread, if anything did.
    """

    def __init__(self, this, *statements):
        self.statements, self.seen, self.error, self.ended = statements, [], None, threading.Event()
        self.thread = threading.Thread(target=self._read, name="reader", daemon=True)
        self.conn = connect(this.settings, autocommit=True, application_name="a reader")
        self.conn.execute(sql.SQL("set lock_timeout = {}").format(sql.Literal(LONGEST_WAIT)))
        self.conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        if self.thread.ident:
            self.thread.join()
        self.conn.close()

    def look(self):
        """Read once."""
        if len(self.statements) == 1:
            return tuple(self.conn.execute(self.statements[0]).fetchone())
        with self.conn.transaction():
            return tuple(self.conn.execute(statement).fetchone() for statement in self.statements)

    def _read(self):
        try:
            while not self.ended.wait(0.005):
                self.seen.append(self.look())
        except psycopg.Error as error:
            self.error = error

    def see(self, more):
        """Wait until it has read that many times more."""
        enough, end = len(self.seen) + more, time.monotonic() + 60
        while len(self.seen) < enough and self.error is None and time.monotonic() < end:
            time.sleep(0.01)


def test_readers_see_the_old_release_or_the_new_one_and_never_wait(live):
    part = change_legacy(live)
    with Reader(live, _READ) as alone, Reader(live, *_PARTS) as several:
        old = [alone.look(), several.look()]
        for reader in (alone, several):
            reader.thread.start()
            reader.see(1)
        result = live.migrate()
        for reader in (alone, several):
            reader.see(2)
    with Reader(live, _READ) as one, Reader(live, *_PARTS) as two:
        new = [one.look(), two.look()]
    assert result.success, copies.told(result)
    assert live.rows("select gene_id from genes where gene_symbol = %s", part["symbol"]) == [(part["taker"],)]
    for reader, before, after in zip((alone, several), old, new, strict=True):
        assert reader.error is None
        assert before != after
        assert set(reader.seen) == {before, after}
        first_new = reader.seen.index(after)
        assert set(reader.seen[:first_new]) == {before}
        assert set(reader.seen[first_new:]) == {after}


#: Pairs of assets that were made at the same time.
SIDE_BY_SIDE = """
    select count(*) from mediabase_ops.migration_stages as one, mediabase_ops.migration_stages as other
    where one.asset like 'normalized/%' and other.asset > one.asset
      and one.started_at < other.finished_at and other.started_at < one.finished_at"""


def test_the_first_release_appears_as_a_whole_and_a_selection_of_all_is_built_ahead_too(fresh):
    """As *Materialize all* in the UI selects: by their names."""
    defs()
    every = tuple(registry.definitions())
    assert len(every) > 50
    query = "select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname in ({})"
    statement = sql.SQL(query).format(sql.SQL(", ").join(sql.Literal(r.name) for r in RELATIONS))
    with Reader(fresh, statement) as reader:
        reader.thread.start()
        reader.see(1)
        result = fresh.migrate(*every)
        reader.see(2)
    assert result.success, copies.told(result)
    assert reader.error is None
    assert {count for (count,) in reader.seen} == {0, len(RELATIONS)}
    assert fresh.value(SIDE_BY_SIDE) > 0


# ---------------------------------------------------------------------------------------------- what other people made


def test_views_privileges_comments_and_keys_of_others_survive(live):
    with live.connect() as conn:
        conn.execute("create view my_genes as select gene_id, gene_symbol from genes where chromosome = 'chr17'")
        conn.execute(
            "create materialized view my_counts as select gene_id, count(*) as n"
            " from transcript_go_terms join transcripts using (transcript_id) group by 1"
        )
        conn.execute("grant select on genes to public; grant select (gene_id) on transcripts to public")
        conn.execute("comment on table pathways is 'what our group says about it'")
        conn.execute("create index my_index on genes (lower(gene_symbol))")
        conn.execute("create table my_list (gene_id text references genes, note text)")
        conn.execute("insert into my_list select gene_id, 'mine' from genes where gene_id = %s", [healthy(live, 5)[4][0]])
    query = """
        select (select relacl::text from pg_class where oid = 'genes'::regclass),
          (select attacl::text from pg_attribute where attrelid = 'transcripts'::regclass and attname = 'gene_id'),
          obj_description('pathways'::regclass, 'pg_class'), to_regclass('my_index')::text, 'genes'::regclass::oid,
          (select count(*) from my_list), (select count(*) > 0 from my_counts)
    """
    before = live.rows(query)
    part = change_legacy(live)
    result = live.migrate()
    assert result.success, copies.told(result)
    assert live.rows(query) == before
    assert before[0][0]
    assert before[0][1]
    assert live.rows("select * from my_genes order by 1") == live.rows(
        "select gene_id, gene_symbol from genes where chromosome = 'chr17' order by 1"
    )
    assert live.value("select count(*) from my_list join genes using (gene_id)") == 1
    assert part["deleted"] not in {gene for (gene,) in live.rows("select gene_id from genes")}


def test_a_key_of_somebody_else_that_would_break_stops_the_release(live):
    part = change_legacy(live)
    with live.connect() as conn:
        conn.execute("create table my_list (gene_id text references genes, note text)")
        conn.execute("insert into my_list values (%s, 'mine')", [part["deleted"]])
    before = (copies.hashes(live), copies.fingerprints(live), live.rows("select * from mediabase_ops.releases"))
    result = live.migrate()
    assert harness.failed_steps(result) == ["release__current_release"]
    text = copies.told(result)
    assert "The new content would break a rule of the database" in text
    assert "my_list" in text
    assert "What was live is still live." in text
    assert (copies.hashes(live), copies.fingerprints(live), live.rows("select * from mediabase_ops.releases")) == before
    assert live.rows("select status from mediabase_ops.migration_runs order by started_at desc limit 1") == [("failed",)]
    with live.connect() as conn:
        conn.execute("delete from my_list")
    again = live.migrate("release/current_release")
    assert again.success, copies.told(again)
    assert harness.executed(again) == {"release/current_release"}
    assert live.rows("select count(*) from genes where gene_id = any(%s)", [part["deleted"], part["new"]]) == [(1,)]


def test_a_trigger_of_somebody_else_that_changes_rows_stops_the_release(live):
    change_legacy(live)
    with live.connect() as conn:
        conn.execute("create function shout() returns trigger language plpgsql as $$ begin new.gene_type := 'mine'; return new; end $$")
        conn.execute("create trigger shout before insert or update on genes for each row execute function shout()")
    before = (copies.hashes(live), copies.fingerprints(live))
    result = live.migrate()
    assert harness.failed_steps(result) == ["release__current_release"]
    assert "the live content is not what was audited" in copies.told(result)
    assert "public.genes" in copies.told(result)
    assert (copies.hashes(live), copies.fingerprints(live)) == before


# ------------------------------------------------------------------------------------------------------- refusals, records

#: What genes alone needs.
_GENES = ("legacy_rows", "legacy_payloads", "gene_identities", "transcript_candidates", "gene_candidates", "row_states")


def test_tables_of_different_snapshots_are_not_released(live, monkeypatch):
    harness.nothing_is_rebuilt_first(monkeypatch)
    change_legacy(live)
    before = copies.fingerprints(live)
    built = live.migrate(*(f"extraction/{name}" for name in _GENES), "normalized/genes")
    assert built.success, copies.told(built)
    result = live.migrate("release/current_release")
    assert harness.failed_steps(result) == ["release__current_release"]
    text = copies.told(result)
    assert "assets must be rebuilt and audited before a release." in text
    assert "extraction/drug_facts: extraction/" in text
    assert "normalized/genes: " not in text
    assert "mediabase migrate" in text
    assert copies.fingerprints(live) == before
    assert live.migrate().success


def test_a_built_table_of_an_older_snapshot_is_not_released(live, monkeypatch):
    harness.nothing_is_rebuilt_first(monkeypatch)
    change_legacy(live)
    extraction = [f"extraction/{name}" for name in _GENES]
    assert live.migrate(*extraction, "normalized/genes").success
    with live.connect() as conn:
        conn.execute("delete from cancer_transcript_base where gene_id = %s", [healthy(live, 7)[6][0]])
    before = copies.fingerprints(live)
    assert live.migrate(*extraction[:2]).success
    result = live.migrate("release/current_release")
    assert harness.failed_steps(result) == ["release__current_release"]
    assert "extraction/gene_identities: extraction/legacy_rows changed" in copies.told(result)
    assert "normalized/genes: extraction/legacy_rows changed" in copies.told(result)
    assert copies.fingerprints(live) == before


def test_releases_and_the_version_are_recorded(live):
    first = live.rows("select release_id, snapshot_id from mediabase_ops.releases")
    change_legacy(live)
    assert live.migrate().success
    releases = live.rows("select release_id, snapshot_id, schema_version from mediabase_ops.releases order by released_at")
    assert len(releases) == 2
    assert releases[0][:2] == first[0]
    assert releases[1][1] != releases[0][1]
    assert {row[2] for row in releases} == {tables.SCHEMA_VERSION}
    assert live.rows("select version_name from schema_version") == [(tables.SCHEMA_VERSION,)]
    query = "select relation, content_hash from mediabase_ops.release_relations where release_id = %s"
    listed = dict(live.rows(query, releases[1][0]))
    with live.connect() as conn:
        assert listed == {r.name: content_hash(conn, "public", r.name).digest for r in RELATIONS}
    leftovers = copies.relations(live, "mediabase_next") & ({r.name for r in RELATIONS} | {"transcript_go_terms"})
    assert leftovers == set()


def test_a_release_by_itself_belongs_to_a_recorded_migration(live):
    assert live.migrate("backup/legacy_backup", "release/current_release").success
    assert live.value("select count(*) from mediabase_ops.releases") == 2
    unknown = live.rows(
        "select release_id from mediabase_ops.releases where migration_id not in (select migration_id from mediabase_ops.migration_runs)"
    )
    assert unknown == []


@pytest.mark.parametrize(
    "layout",
    [
        "(id serial primary key, version varchar(50) not null, created_at timestamp default now())",
        "(version_name varchar(50) primary key, applied_at timestamp default now(), description text)",
        "(id serial primary key, version_name varchar(50) unique not null, description text, applied_at timestamptz default now())",
    ],
    ids=["of reset()", "of the baseline", "of v0.3.0"],
)
def test_a_migration_adds_its_version_to_an_old_table_of_versions(pipeline_home, layout):
    column = "version" if "version varchar" in layout else "version_name"
    with harness.project(pipeline_home, demo=None) as this:
        with this.connect() as conn:
            conn.execute("create table cancer_transcript_base (transcript_id text primary key, gene_id text, gene_symbol text)")
            conn.execute("insert into cancer_transcript_base values ('ENST00000269305', 'ENSG00000141510', 'TP53')")
            conn.execute(f"create table schema_version {layout}")
            conn.execute(f"insert into schema_version ({column}) values ('v0.1.9')")
        for assets in ((), ("release/current_release",)):
            result = this.migrate(*assets)
            assert result.success, copies.told(result)
        assert this.rows(f"select {column} from schema_version order by 1") == [("v0.1.9",), (tables.SCHEMA_VERSION,)]
