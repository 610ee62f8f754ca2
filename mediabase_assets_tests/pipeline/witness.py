"""A witness that shares nothing with the project: it takes scalars from the legacy table and searches for them.

A scalar is found if its text is somewhere in what the released tables, quarantine or repairs hold about its gene or
transcript, or if it stands under a key that is archived. The search knows which relations lead from a gene to others; it
knows no rule about a value.
"""

import json
import random
import re
from collections import defaultdict
from decimal import Decimal, InvalidOperation

from psycopg import sql

#: Keys without a target, as the legacy contract lists them: they stay in the backup.
ARCHIVED = re.compile(
    r"pharmgkb_data\.(annotation_summary|vip_info|pathway_summary|variant_summary|source|processed_date)|(^|\.)statistics(\.|$)|^summary(\.|$)"
    r"|^(protein_length|domains|cellular_location|functions)(\.|$)|^(domain|region|motif)_\d+|^[A-Z_]+_\d+(\.|$)"
)
#: Words that stand for nothing known (contract 1.5 and C28), and what follows from the id of an entry.
NOTHING = {"", "unknown", "experimental", "na", "none", "null"}
_PARTS = """
  select gene_id, to_jsonb(t)::text from {relation} as t where gene_id = any(%(genes)s)"""
_REACHED = """
  select l.gene_id, to_jsonb(e)::text from {link} as l join {entity} as e using ({key}) where l.gene_id = any(%(genes)s)"""
_LINKS = [
    ("gene_drug_interactions", "drug_interactions", "drug_interaction_id"),
    ("gene_pathways", "pathways", "pathway_id"),
    ("gene_pathways", "pharmgkb_pathway_reactions", "pathway_id"),
    ("gene_publications", "publications", "publication_id"),
    ("gene_pathways", "pathway_members", "pathway_id"),
]
#: Phases in the vocabulary of schema v0.3.0 (contract 4.3).
_PHASES = {"launched": "approved", "4": "approved", "phase 3": "phase iii", "3": "phase iii", "phase 2": "phase ii", "2": "phase ii",
           "phase 1": "phase i", "1": "phase i", "0": "preclinical"}  # fmt: skip
_OF_GENES = [
    "genes", "transcripts", "gene_cross_references", "gene_annotations", "gene_drug_interactions", "gene_pathways", "gene_publications",
    "pharmacogenomic_annotations", "mediabase_ops.quarantine", "mediabase_ops.repairs",
]  # fmt: skip


def scalars(value, path=""):
    """Paths and scalars of a JSON value."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from scalars(each, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for each in value:
            yield from scalars(each, f"{path}[]")
    elif value is not None:
        yield path, value


def sample(conn, columns, *, leaves, seed):
    """Scalars of the legacy table, each with transcript, column and path; rows and scalars are chosen by the seed."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    ids = [t for (t,) in conn.execute('select transcript_id from cancer_transcript_base order by transcript_id collate "C"').fetchall()]
    chance = random.Random(seed)
    chosen = chance.sample(ids, min(len(ids), leaves // 4))
    query = """
      select transcript_id, to_jsonb(r)::text
      from (select {} from cancer_transcript_base where transcript_id = any(%s)) as r"""
    rows = conn.execute(sql.SQL(query).format(names), (chosen,)).fetchall()
    found = []
    for transcript, text in sorted(rows):
        row = json.loads(text, parse_float=Decimal)
        every = [(transcript, column, path, scalar) for column in columns for path, scalar in scalars(row[column])]
        found += chance.sample(every, min(len(every), 8))
    return chance.sample(found, min(len(found), leaves))


def not_found(conn, taken):
    """Scalars that are nowhere: not with their gene, not with their transcript."""
    transcripts = {t for t, *_ in taken}
    stories = _stories(conn, transcripts)
    return [leaf for leaf in taken if not _is_found(leaf, stories[leaf[0]])]


def _stories(conn, transcripts):
    """For each legacy transcript all that the database says about it and its gene, as one text in lower case."""
    genes = defaultdict(set)
    pairs = conn.execute(
        """select raw_transcript_id, gene_id from mediabase_next.row_states where raw_transcript_id = any(%s) and gene_id is not null""",
        (list(transcripts),),
    ).fetchall()
    for transcript, gene in pairs:
        genes[transcript].add(gene)
    # a pathway object is repeated on each of its genes: what it says of another one stands with that one
    conn.execute(
        """create or replace temporary view pathway_members as
           select pathway_id, gene_id as member, gene_role, details from gene_pathways where pathway_source = 'PharmGKB'
           union all
           select substring(json_path from 'PA[0-9]+'), json_path, reason, raw_value from mediabase_ops.quarantine
           where asset = 'validation/leaf_census' and json_path like '%PA%'""",
        prepare=False,
    )
    wanted = {"genes": sorted({g for found in genes.values() for g in found})}
    texts = defaultdict(list)
    queries = [sql.SQL(_PARTS).format(relation=sql.Identifier(*name.split("."))) for name in _OF_GENES]
    queries += [sql.SQL(_REACHED).format(link=sql.Identifier(a), entity=sql.Identifier(b), key=sql.Identifier(c)) for a, b, c in _LINKS]
    queries.append(
        sql.SQL(
            """select distinct t.gene_id, concat(to_jsonb(g), ' ', to_jsonb(p)) from transcripts as t
               left join transcript_go_terms as g using (transcript_id) left join transcript_products as p using (transcript_id)
               where t.gene_id = any(%(genes)s)"""
        )
    )
    for query in queries:
        for gene, text in conn.execute(query, wanted).fetchall():
            texts[gene].append(text)
    own = defaultdict(list)
    for transcript, text in conn.execute(
        """select transcript_id, to_jsonb(q)::text from mediabase_ops.quarantine as q where transcript_id = any(%(t)s)
           union all select transcript_id, to_jsonb(r)::text from mediabase_ops.repairs as r where transcript_id = any(%(t)s)""",
        {"t": list(transcripts)},
    ).fetchall():
        own[transcript].append(text)
    whole = {gene: "\n".join(parts).lower() for gene, parts in texts.items()}
    return {t: "\n".join([whole.get(g, "") for g in sorted(genes[t])] + own[t]).lower() for t in transcripts}


def _is_found(leaf, story):
    _, column, path, scalar = leaf
    text = str(scalar).strip().strip('"').lower()
    if path.endswith("phase") and _PHASES.get(text, text) in story:
        return True
    if text in NOTHING or ARCHIVED.search(path) or (column == "drugs" and path.endswith(".mechanism") and text.isdigit()):
        return True
    escaped = json.dumps(text, ensure_ascii=False)[1:-1]
    if escaped in story or escaped.replace('"', '\\"').replace("\\\\", "\\\\\\\\") in story:
        return True
    stem = re.sub(r"(\.\d+(_\d+)?)?(_par_y)?$", "", text)
    if stem != text and stem in story:
        return True
    if "," in text and all(part.strip() in story for part in text.split(",")):
        return True
    if column == "pathways" or ";" in text:
        return all(part.strip(" ]") in story for part in re.split(r"\[reactome:|;", text))
    return isinstance(scalar, bool) or _is_number_in(text, story)


def _is_number_in(text, story):
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return any(re.search(rf"(?<![\d.]){re.escape(form)}(?![\d])", story) for form in {format(number.normalize(), "f"), str(number)})
