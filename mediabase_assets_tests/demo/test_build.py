import pytest

from mediabase_assets.demo import build
from mediabase_assets.demo.build import MINIMUM_TRANSCRIPTS, build_demo
from mediabase_assets.legacy.table import add_keys_and_indexes
from mediabase_assets.model.errors import ConfigurationError, LegacyTableExistsError
from mediabase_assets.model.legacy import LEGACY_COLUMNS, LEGACY_TABLE
from mediabase_assets.postgres.content_hash import content_hash

pytestmark = pytest.mark.pg

ANNOTATION = "go_terms, pathways, drugs, source_references, pharmgkb_pathways, uniprot_ids, alt_gene_ids"


def value(conn, query):
    return conn.execute(query).fetchone()[0]


@pytest.mark.parametrize("transcripts", [MINIMUM_TRANSCRIPTS, 2_003, 4_999])
def test_the_table_has_exactly_as_many_rows_as_were_asked_for(conn, transcripts):
    report = build_demo(conn, schema="exact", transcripts=transcripts)
    found = conn.execute(
        "select count(*), count(distinct transcript_id), count(distinct gene_id) filter (where trim(gene_id) <> '')"
        " from exact.cancer_transcript_base"
    ).fetchone()
    assert found == (transcripts, transcripts, report.genes)
    assert report.rows == transcripts
    assert report.genes == round(transcripts * 78_724 / 385_659)


def test_every_gene_has_a_symbol_of_its_own_also_beyond_a_hundred_thousand(conn):
    conn.execute("create temporary table mediabase_demo_known (kind text, ordinal int, id text, name text, aspect text)")
    conn.execute("create temporary table mediabase_demo_size as select 100_500 as genes, 200_000 as transcripts")
    for name in ("dictionaries.sql", "genes.sql"):
        build._run_file(conn, name)
    found = conn.execute(
        "select count(*), count(distinct gene_id), count(distinct symbol), max(symbol) filter (where g < 10) from mediabase_demo_gene"
    )
    assert found.fetchone() == (100_500, 100_500, 100_500, "DEMO00009")


def test_two_builds_hold_the_same_bytes(conn):
    reports = [build_demo(conn, schema=schema, transcripts=3_000) for schema in ("first", "second")]
    hashes = [content_hash(conn, schema, LEGACY_TABLE, include_timestamps=True) for schema in ("first", "second")]
    assert hashes[0] == hashes[1]
    assert hashes[0].rows == 3_000
    assert reports[0] == reports[1]


def test_sizes_below_the_minimum_are_refused_before_anything_is_made(conn):
    with pytest.raises(ConfigurationError, match="too small"):
        build_demo(conn, schema="small", transcripts=MINIMUM_TRANSCRIPTS - 1)
    assert value(conn, "select to_regnamespace('small') is null")


def test_nothing_is_committed_and_no_working_table_is_left(conn, demo_settings):
    build_demo(conn, schema="uncommitted", transcripts=MINIMUM_TRANSCRIPTS)
    left = value(conn, "select count(*) from pg_class where relnamespace = pg_my_temp_schema() and relkind in ('r', 'v')")
    assert left == 0
    conn.rollback()
    assert value(conn, "select to_regnamespace('uncommitted') is null")


def test_an_existing_table_is_left_alone(conn, demo):
    with pytest.raises(LegacyTableExistsError):
        build_demo(conn, schema="demo")


def test_each_stage_is_told(conn):
    told = []
    build_demo(conn, schema="told", transcripts=MINIMUM_TRANSCRIPTS, progress=lambda stage, rows: told.append(stage))
    assert told[0] == "well-known genes"
    assert told[-1] == "transcripts"


def test_the_columns_are_those_of_schema_v0_1_9(conn, demo):
    found = conn.execute(
        "select attname, format_type(atttypid, null) from pg_attribute"
        " where attrelid = 'demo.cancer_transcript_base'::regclass and attnum > 0 order by attnum"
    ).fetchall()
    assert found == [(column.name, column.sql_type) for column in LEGACY_COLUMNS]


def test_keys_and_indexes_fit_on_it(conn):
    build_demo(conn, schema="indexed", transcripts=MINIMUM_TRANSCRIPTS)
    add_keys_and_indexes(conn, "indexed", LEGACY_TABLE)
    assert value(conn, "select count(*) from pg_indexes where schemaname = 'indexed'") == 19


@pytest.mark.parametrize(
    ("symbol", "gene_id", "transcript_id", "hgnc", "entrez", "uniprot"),
    [
        ("TP53", "ENSG00000141510", "ENST00000269305", "HGNC:11998", "7157", "P04637"),
        ("EGFR", "ENSG00000146648", "ENST00000275493", "HGNC:3236", "1956", "P00533"),
        ("ERBB2", "ENSG00000141736", "ENST00000269571", "HGNC:3430", "2064", "P04626"),
        ("KRAS", "ENSG00000133703", "ENST00000311936", "HGNC:6407", "3845", "P01116"),
        ("BRCA1", "ENSG00000012048", "ENST00000357654", "HGNC:1100", "672", "P38398"),
    ],
)
def test_well_known_genes_have_their_identifiers(conn, demo, symbol, gene_id, transcript_id, hgnc, entrez, uniprot):
    found = conn.execute(
        "select gene_symbol, gene_id, alt_gene_ids ->> 'HGNC', ncbi_ids[1], uniprot_ids[1]"
        " from demo.cancer_transcript_base where transcript_id = %s",
        (transcript_id,),
    ).fetchone()
    assert found == (symbol, gene_id, hgnc, entrez, uniprot)


def test_well_known_symbols_that_once_were_filtered_out_are_there(conn, demo):
    found = value(
        conn,
        "select array_agg(distinct gene_symbol order by gene_symbol) from demo.cancer_transcript_base"
        " where gene_symbol in ('CLOCK', 'BLOC1S1', 'C1orf112', 'HLA-DRB1', 'NKX2-1', 'MT-CO1')",
    )
    assert len(found) == 6


def test_the_bulk_is_clean(conn, demo):
    """What no variant planted has unversioned ids, sound intervals and objects where objects belong."""
    bad = value(
        conn,
        r"""select count(*) from demo.cancer_transcript_base
            where transcript_id ~ '^ENST(90|0)\d{9}$' and not (
              gene_id ~ '^ENSG\d{11}$' and gene_symbol ~ '^[A-Za-z0-9-]+$' and chromosome ~ '^chr([0-9]{1,2}|[XYM])$'
              and (coordinates ->> 'start')::bigint < (coordinates ->> 'end')::bigint
              and coordinates ->> 'strand' in ('1', '-1') and jsonb_typeof(drugs) = 'object'
              and coalesce(jsonb_typeof(go_terms), 'object') = 'object'
              and features ->> 'gene_id_versioned' ~ ('^' || gene_id || '\.\d+$')
              and features ->> 'transcript_id_versioned' ~ ('^' || transcript_id || '\.\d+$')
              and expression_fold_change = 1)""",
    )
    assert bad == 0


def test_annotation_repeats_on_every_transcript_of_a_clean_gene(conn, demo):
    differing = value(
        conn,
        f"""select count(*) from (select gene_id from demo.cancer_transcript_base where gene_id ~ '^ENSG[90]0'
            group by gene_id having count(distinct ({ANNOTATION})) > 1) as genes""",
    )
    assert differing == 0


def test_the_proportions_are_those_of_the_real_table(conn, demo):
    unannotated, coding, terms, size = conn.execute(
        """select avg((go_terms is null)::int), avg((gene_type = 'protein_coding')::int),
                  avg(case when jsonb_typeof(go_terms) = 'object'
                           then (select count(*) from jsonb_object_keys(go_terms)) else 0 end),
                  avg(length(to_jsonb(t)::text)) filter (where transcript_id not like 'ENST99%')
           from demo.cancer_transcript_base as t"""
    ).fetchone()
    assert 0.25 < unannotated < 0.45
    assert 0.55 < coding < 0.75
    assert 9 < terms < 15
    assert 4_000 < size < 8_000
