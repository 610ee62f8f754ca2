"""What is made from what: every relation that an asset's SQL reads is among its inputs, so that nothing stale is kept."""

import re

import pytest

from mediabase_assets.definitions import defs
from mediabase_assets.lib import accounts, catalogue, check_overview, edges, extraction_asset, leaf_census, round_trip_parts, tables, views
from mediabase_assets.lib.snapshot import PAYLOADS_VIEW, SNAPSHOT_RELATIONS, UNDER_THE_VIEW
from mediabase_assets.lib.statements import DEFS, EXTRACTION
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS

defs()
from mediabase_assets.defs.extraction.assets import EXTRACTIONS  # noqa: E402
from mediabase_assets.defs.normalized.assets import CHECKS  # noqa: E402

DEFINITIONS = catalogue.definitions()
SHOWN = {s.key.to_user_string(): [d.asset_key.to_user_string() for d in s.deps] for s in defs().resolve_all_asset_specs()}
VALIDATION = DEFS / "validation" / "sql"
FILES = {
    **{f"extraction/{n}": [EXTRACTION / f"{n}.sql"] for n in SNAPSHOT_RELATIONS},
    **{f"extraction/{e.name}": [EXTRACTION / f"{e.name}.sql", *extraction_asset._other_files(e)] for e in EXTRACTIONS},
    **{
        f"normalized/{t.name}": [*tables.definition_paths(t), *accounts.account_paths(t), *(c.path(t) for c in CHECKS.get(t.name, ()))]
        for t in TABLES
    },
    **{f"views/{v.name}": [views.QUERIES / f"{v.name}.sql", views.QUERIES / "checks" / f"{v.name}.sql"] for v in VIEWS},
    catalogue.ROUND_TRIP: [*round_trip_parts.SQL.glob("*.sql")],
    catalogue.CENSUS: leaf_census.files(),
    catalogue.REPORT: [VALIDATION / "column_account.sql", VALIDATION / "columns_unaccounted.sql"],
}
OWNERS = {relation: {key} for key, d in DEFINITIONS.items() for relation in d.relations}
OWNERS |= {t.name: {f"normalized/{t.name}"} for t in TABLES}
OWNERS |= {PAYLOADS_VIEW: {f"extraction/{name}" for name in UNDER_THE_VIEW}}


#: The snapshot makes both of its relations, the round trip makes the compatibility view for itself from its file.
OF_THE_SAME_STEP = {("extraction/legacy_payloads", "legacy_rows"), (catalogue.ROUND_TRIP, "cancer_transcript_base_compat")}


def read_by(path):
    text = re.sub(r"'[^']*'", "''", re.sub(r"--.*", "", path.read_text()))
    return set(re.findall(r"\b(?:from|join|references)\s+([a-z_]+)", text))


def test_every_asset_is_known():
    keys = {spec.key.to_user_string() for spec in defs().resolve_all_asset_specs()} - {check_overview.KEY.to_user_string()}
    assert keys == DEFINITIONS.keys()


@pytest.mark.parametrize("key", sorted(FILES))
def test_every_relation_that_is_read_is_an_input(key):
    for path in FILES[key]:
        for name in read_by(path) & OWNERS.keys():
            own = OWNERS[name] - {key}
            if (key, name) in OF_THE_SAME_STEP:
                continue
            assert own <= {*DEFINITIONS[key].inputs}, f"{path.name} reads {name}"


@pytest.mark.parametrize("key", sorted(DEFINITIONS))
def test_dagster_knows_every_input(key):
    deps = edges.before(key, SHOWN)
    # one step makes both relations of the snapshot
    assert {i.replace("legacy_payloads", "legacy_rows") for i in DEFINITIONS[key].inputs} <= deps | (
        {"extraction/legacy_rows"} if "extraction/legacy_payloads" in deps else set()
    )


def test_settings_that_sql_reads_make_an_asset_stale():
    assert DEFINITIONS["extraction/gene_candidates"].settings == ("invalid_symbol_patterns", "max_gene_symbol_length", "symbol_conflicts")
    assert DEFINITIONS["extraction/drug_facts"].settings == ("drug_name_min_length",)
    assert DEFINITIONS[catalogue.ROUND_TRIP].settings == ("drug_name_min_length",)
    assert DEFINITIONS["normalized/genes"].settings == ()


def test_a_rule_of_the_model_is_part_of_the_code_of_a_table():
    genes, transcripts = (tables.table_named(n) for n in ("genes", "transcripts"))
    assert "str_matches" in genes.audited
    assert genes.audited != transcripts.audited
