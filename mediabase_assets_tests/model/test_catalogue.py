"""What is made from what: every relation that an asset's SQL reads is among its inputs, so that nothing stale is kept."""

import re

import pytest

from mediabase_assets.definitions import defs
from mediabase_assets.extraction.relations import other_paths
from mediabase_assets.extraction.rules import EXTRACTION
from mediabase_assets.extraction.snapshot import SNAPSHOT_RELATIONS
from mediabase_assets.model.extraction import EXTRACTION_VIEWS, EXTRACTIONS, made_with, tables_of
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.normalized import tables
from mediabase_assets.normalized.accounts import account_paths
from mediabase_assets.planning import registry
from mediabase_assets.runs import check_overview, edges, migration_metrics
from mediabase_assets.runs.patients import partitions
from mediabase_assets.schema import tables as ddl
from mediabase_assets.validation import census, column_account
from mediabase_assets.validation.round_trip import parts
from mediabase_assets.views import definition

defs()
from mediabase_assets.defs.normalized.assets import CHECKS  # noqa: E402

DEFINITIONS = registry.definitions()
SHOWN = {s.key.to_user_string(): [d.asset_key.to_user_string() for d in s.deps] for s in defs().resolve_all_asset_specs()}
FILES = {
    **{f"extraction/{n}": [EXTRACTION / f"{n}.sql"] for n in SNAPSHOT_RELATIONS},
    **{f"extraction/{e.name}": [EXTRACTION / f"{e.name}.sql", *other_paths(e)] for e in EXTRACTIONS if e.kind == "table"},
    **{f"normalized/{t.name}": [*ddl.definition_paths(t), *account_paths(t), *(c.path(t) for c in CHECKS.get(t.name, ()))] for t in TABLES},
    **{f"views/{v.name}": [definition.QUERIES / f"{v.name}.sql", definition.QUERIES / "checks" / f"{v.name}.sql"] for v in VIEWS},
    registry.ROUND_TRIP: [*parts.SQL.glob("*.sql")],
    registry.CENSUS: census.files(),
    registry.COLUMN_ACCOUNT: [*column_account.FILES],
}
OWNERS = {relation: {key} for key, d in DEFINITIONS.items() for relation in d.relations}
OWNERS |= {t.name: {f"normalized/{t.name}"} for t in TABLES}
OWNERS |= {view: {f"extraction/{name}" for name in tables_of([view])} for view in EXTRACTION_VIEWS}


#: The snapshot makes both of its relations, the round trip makes the compatibility view for itself from its file.
OF_THE_SAME_STEP = {("extraction/legacy_payloads", "legacy_rows"), (registry.ROUND_TRIP, "cancer_transcript_base_compat")}


def read_by(path):
    text = re.sub(r"'[^']*'", "''", re.sub(r"--.*", "", path.read_text()))
    return set(re.findall(r"\b(?:from|join|references)\s+([a-z_]+)", text))


def test_every_asset_is_known():
    outside = {key.to_user_string() for key in (check_overview.KEY, migration_metrics.KEY, *partitions.KEYS)}  # no migration builds them
    assert {spec.key.to_user_string() for spec in defs().resolve_all_asset_specs()} - outside == DEFINITIONS.keys()


@pytest.mark.parametrize("key", sorted(FILES))
def test_every_relation_that_is_read_is_an_input(key):
    for path in FILES[key]:
        for name in read_by(path) & OWNERS.keys():
            own = OWNERS[name] - {key}
            if (key, name) in OF_THE_SAME_STEP:
                continue
            assert own <= {*DEFINITIONS[key].inputs}, f"{path.name} reads {name}"


@pytest.mark.parametrize("view", sorted(EXTRACTION_VIEWS))
def test_a_view_of_the_extraction_is_created_with_a_table_that_is_built_after_all_that_it_shows(view):
    maker = f"extraction/{made_with(view)}"
    assert {f"extraction/{name}" for name in tables_of([view])} == {maker, *DEFINITIONS[maker].inputs} & OWNERS[view]
    assert EXTRACTION / f"{view}.sql" in FILES[maker]


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
    assert DEFINITIONS[registry.ROUND_TRIP].settings == ("drug_name_min_length",)
    assert DEFINITIONS["normalized/genes"].settings == ()


def test_a_rule_of_the_model_is_part_of_the_code_of_a_table():
    genes, transcripts = (tables.table_named(n) for n in ("genes", "transcripts"))
    assert "str_matches" in genes.audited
    assert genes.audited != transcripts.audited
