"""Which pathways are hit in a patient: counted once per content of the file and of the pathways, and stored.

Contains the choice of genes and the writing; the tests themselves are in `pathway_tests`, what the columns mean in
`sql/pathway_enrichment.sql`. Nothing of it is in a materialized view.

Background: genes that were measured, which are those with a fold change and, where the file gives adjusted p values, with one of these:
a gene that could not have been selected does not count against a pathway. Selected: those that are up (down) and, where there are
adjusted p values, under 0.05. Ranked: by -log10 of the p value with the sign of the change, where the file gives p values for at least
half of the genes, else by the log2 fold change.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from mediabase_assets.audit.arrow import iter_arrow
from mediabase_assets.model.patients import DOWN, UP
from mediabase_assets.patients.questions.asking import SIGNIFICANT, places, statement
from mediabase_assets.patients.questions.deploy import deploy_questions
from mediabase_assets.patients.questions.pathway_tests import Bools, Floats, Members, adjusted, over_representation, rank_test
from mediabase_assets.patients.storing.listing import unknown_patient
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

#: Pathways with fewer measured genes are not tested: they could hardly be found, and each would cost the others power.
FEWEST_GENES = 5
_MEASURED = pa.schema(
    [
        ("gene_id", pa.string()),
        ("log2_fold_change", pa.float64()),
        ("fold_change", pa.float64()),
        ("p_value", pa.float64()),
        ("adjusted_p_value", pa.float64()),
    ]
)
_MEMBERS = pa.schema([("pathway_id", pa.string()), ("gene_id", pa.string())])
_BY_P, _BY_CHANGE = "-log10(p value) with the sign of the change", "log2 fold change"
_kept: dict[str, pa.Table] = {}


@dataclass(frozen=True)
class Enrichment:
    """What was tested in a patient.

    Attributes:
        patient_id: Whose.
        background: Genes that could have been selected.
        up_genes: Selected genes that are up.
        down_genes: Selected genes that are down.
        ranked_genes: Genes that were ranked.
        ranked_by: By what.
        tested: Pathways with at least `FEWEST_GENES` measured genes.
        up_pathways: Those over-represented among up-regulated genes, at a false discovery rate of 5 %.
        down_pathways: The same for down-regulated genes.
        shifted_pathways: Those whose genes rank higher or lower than others, at the same rate.
        is_unchanged: Whether nothing was counted, for file and pathways are as they were.
    """

    patient_id: str
    background: int
    up_genes: int
    down_genes: int
    ranked_genes: int
    ranked_by: str
    tested: int
    up_pathways: int
    down_pathways: int
    shifted_pathways: int
    is_unchanged: bool = False


@dataclass(frozen=True)
class Counted:
    """The tests of all pathways of a patient, before they are stored.

    Attributes:
        facts: Columns of `stored_enrichments` that follow from them.
        hits: Columns of `stored_pathway_hits`, one entry per tested pathway.
    """

    facts: dict[str, Any]
    hits: dict[str, Any]


def enrich(conn: Connection, settings: Settings, patient_id: str) -> Enrichment:
    """Test every pathway for a patient, and store the outcome in place of an earlier one, in one transaction.

    Args:
        conn: A session that may write.
        settings: Which live schema.
        patient_id: Whose.

    Raises:
        PatientError: There is no such patient.
    """
    deploy_questions(conn, settings)
    find = sql.SQL("select patient_key, content_hash, matched_against from {patients}.stored_patients where patient_id = %s for update")
    with conn.transaction():
        patient = conn.execute(find.format(**places(conn, settings)), (patient_id,)).fetchone()
        if patient is None:
            raise unknown_patient(patient_id)
        key, *state = patient
        state.append(str(conn.value(statement(conn, settings, "pathways_hash"))))
        if is_changed := _stored_state(conn, settings, key) != state:
            members = _members(conn, settings, state[-1])
            measured = _table(conn, statement(conn, settings, "measured_genes", patient_id=sql.Literal(patient_id)), _MEASURED)
            _store(conn, settings, key, state, count_pathways(measured, members))
        facts = conn.execute(statement(conn, settings, "enrichment_summary"), (patient_id,)).fetchone()
    return Enrichment(*[patient_id, *(facts or ()), not is_changed])


def count_pathways(measured: pa.Table, members: pa.Table) -> Counted:
    """Test pathways.

    Args:
        measured: gene_id (each once), log2_fold_change, fold_change, p_value, adjusted_p_value; no fold change is NULL.
        members: pathway_id and gene_id, each pair once.
    """
    change, fold = _floats(measured["log2_fold_change"]), _floats(measured["fold_change"])
    p_value, corrected = _floats(measured["p_value"]), _floats(measured["adjusted_p_value"])
    has_corrected = bool(np.any(~np.isnan(corrected)))
    background = ~np.isnan(corrected) if has_corrected else np.ones(len(fold), dtype=np.bool_)
    significant = background & (corrected < SIGNIFICANT) if has_corrected else background
    up, down = significant & (fold > UP), significant & (fold < DOWN)
    pathways, links = _numbered(members, measured["gene_id"])
    sizes = links.genes_of(background)
    tested = np.flatnonzero(sizes >= FEWEST_GENES)
    ranked_by, ranked, score = _ranking(change, p_value)
    ranks = _ranks_of(links, ranked, score)
    hits: dict[str, Any] = {"pathway_id": pathways.take(pa.array(tested)).to_pylist(), "measured_genes": sizes[tested]}
    for name, chosen in (("up", up), ("down", down)):
        found = links.genes_of(chosen)[tested]
        p = over_representation(int(background.sum()), int(chosen.sum()), sizes[tested], found)
        hits |= {f"{name}_genes": found, f"{name}_p_value": p, f"{name}_adjusted_p_value": adjusted(p)}
    p = ranks.p_value[tested]
    hits |= {"ranked_above": ranks.above[tested], "rank_p_value": p, "rank_adjusted_p_value": adjusted(p)}
    facts = {
        "background": int(background.sum()), "up_genes": int(up.sum()), "down_genes": int(down.sum()),
        "ranked_genes": int(ranked.sum()), "ranked_by": ranked_by, "tested": len(tested),
    }  # fmt: skip
    return Counted(facts, hits)


def _ranking(change: Floats, p_value: Floats) -> tuple[str, Bools, Floats]:
    """By what genes are ranked, which genes are, and their scores; a p value of 0 ranks outermost."""
    given = ~np.isnan(p_value)
    if not len(change) or given.mean() < 0.5:
        return _BY_CHANGE, np.ones(len(change), dtype=np.bool_), change
    with np.errstate(divide="ignore"):
        return _BY_P, given, np.sign(change) * -np.log10(p_value)


def _ranks_of(links: Members, ranked: Bools, score: Floats) -> Any:
    """The rank test over the genes that are ranked, for every pathway."""
    place = np.cumsum(ranked) - 1
    kept = ranked[links.gene]
    return rank_test(score[ranked], Members(links.pathway[kept], place[links.gene[kept]], links.pathways))


def _numbered(members: pa.Table, genes: pa.ChunkedArray) -> tuple[pa.Array, Members]:
    """Ids of pathways, and the pairs by number; genes that were not measured are left out."""
    gene = pc.index_in(members["gene_id"], value_set=genes.combine_chunks())
    coded = members["pathway_id"].combine_chunks().dictionary_encode()
    known = pc.is_valid(gene).to_numpy(zero_copy_only=False)
    numbers = gene.fill_null(0).to_numpy().astype(np.int64)
    return coded.dictionary, Members(coded.indices.to_numpy().astype(np.int64)[known], numbers[known], len(coded.dictionary))


def _floats(column: pa.ChunkedArray) -> Floats:
    """Numbers, NaN for NULL."""
    values: Floats = column.to_numpy().astype(np.float64)
    return values


def _table(conn: Connection, query: sql.Composable, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_batches(iter_arrow(conn, query, schema), schema).combine_chunks()


def _members(conn: Connection, settings: Settings, content: str) -> pa.Table:
    """The pathways and their genes; those of the last content are kept, for who imports many patients."""
    if content not in _kept:
        _kept.clear()
        _kept[content] = _table(conn, statement(conn, settings, "pathway_members"), _MEMBERS)
    return _kept[content]


def _stored_state(conn: Connection, settings: Settings, key: int) -> list[Any]:
    """Of what the stored rows were counted: content of the file, what it was matched against, content of the pathways."""
    text = sql.SQL("select content_hash, matched_against, pathways_hash from {patients}.stored_enrichments where patient_key = %s")
    return list(conn.execute(text.format(**places(conn, settings)), (key,)).fetchone() or ())


def _store(conn: Connection, settings: Settings, key: int, state: list[Any], counted: Counted) -> None:
    """Replace what was stored."""
    names = places(conn, settings)
    for table in ("stored_pathway_hits", "stored_enrichments"):
        conn.execute(sql.SQL("delete from {patients}.{table} where patient_key = %s").format(table=sql.Identifier(table), **names), (key,))
    facts = {"patient_key": key, **dict(zip(("content_hash", "matched_against", "pathways_hash"), state, strict=True)), **counted.facts}
    insert = sql.SQL("insert into {patients}.stored_enrichments ({columns}) values ({values})").format(
        columns=sql.SQL(", ").join(map(sql.Identifier, facts)), values=sql.SQL(", ").join(sql.Placeholder() for _ in facts), **names
    )
    conn.execute(insert, list(facts.values()))
    copy_in = sql.SQL("copy {patients}.stored_pathway_hits ({columns}) from stdin").format(
        columns=sql.SQL(", ").join(map(sql.Identifier, ("patient_key", *counted.hits))), **names
    )
    with conn.cursor() as cursor, cursor.copy(copy_in) as copy:
        for row in zip(*(list(values) if isinstance(values, list) else values.tolist() for values in counted.hits.values()), strict=True):
            copy.write_row((key, *row))
