"""The well-known genes of the demonstration database, from `core_genes.json`, as clean legacy rows.

Contains what turns that file into rows: true identifiers where the file has them, made-up ones in ranges of our own
for what it leaves out (most transcript ids, spans, versions). No damage and no bulk.
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from mediabase_assets.demo.rows import Values, clean_features, go_names, reference, references

_EVIDENCE = ("IDA", "IEA", "TAS", "IMP", "", "IPI", "ISS", "NAS")
_METRICS_STAMP = "2025-06-18T10:00:00"


@cache
def core_file() -> dict[str, Any]:
    """The whole of `core_genes.json`."""
    content: dict[str, Any] = json.loads((files("mediabase_assets.demo") / "core_genes.json").read_text(encoding="utf-8"))
    return content


def core_rows() -> list[Values]:
    """One row per transcript of every well-known gene."""
    return [row for number, gene in enumerate(core_file()["genes"], start=1) for row in _gene_rows(number, gene)]


def known_terms() -> Iterator[tuple[str, int, str, str, str | None]]:
    """The real GO terms, pathways and drugs as (kind, ordinal, id, name, aspect), for the dictionaries of the bulk."""
    content = core_file()
    for ordinal, (go_id, (name, aspect)) in enumerate(content["go_terms"].items()):
        yield "go", ordinal, go_id, name, aspect
    for ordinal, (pathway_id, name) in enumerate(content["pathways"].items()):
        yield "pathway", ordinal, pathway_id, name, None
    for ordinal, (name, drug) in enumerate(content["drugs"].items()):
        yield "drug", ordinal, drug["key"], name, None


def _gene_rows(number: int, gene: dict[str, Any]) -> Iterator[Values]:
    shared = _shared_values(number, gene)
    synthetic = [f"ENST91{number:05d}{n:04d}" for n in range(1, gene["transcripts"] + 1)]
    ids = [gene["canonical"], *synthetic[1:]] if "canonical" in gene else synthetic
    start = int(gene["megabase"] * 1_000_000)
    for n, transcript_id in enumerate(ids, start=1):
        alternative = {
            "HAVANA": f"OTTHUMT91{number:05d}{n:04d}.1",
            "transcript_name": f"{gene['symbol']}-{200 + n}",
            "Ensembl": f"{ids[0]}.1",
        }
        if gene["gene_type"] == "protein_coding":
            alternative["RefSeq_protein"] = f"ENSP91{number:05d}{n:04d}.1"
        if "refseq" in gene:
            alternative["RefSeq"] = f"{gene['refseq']}.1"
        tags = "basic,Ensembl_canonical,MANE_Select" if n == 1 else "basic"
        yield shared | {
            "transcript_id": transcript_id,
            "coordinates": {"start": start + 37 * n, "end": start + 20_000 + 101 * n, "strand": gene["strand"]},
            "features": clean_features(gene["gene_id"], transcript_id, TSL=str(1 + (n - 1) % 5), annotation_tags=tags),
            "alt_transcript_ids": alternative,
        }


def _shared_values(number: int, gene: dict[str, Any]) -> Values:
    content = core_file()
    terms = {
        go_id: {
            "term": content["go_terms"][go_id][0],
            "evidence": _EVIDENCE[(number + n) % len(_EVIDENCE)],
            "aspect": content["go_terms"][go_id][1],
        }
        for n, go_id in enumerate(gene.get("go", ()))
    }
    ids = {"HAVANA": f"OTTHUMG91{number:09d}.1", "HGNC": f"HGNC:{gene['hgnc']}", "Ensembl": f"{gene['gene_id']}.1"}
    pharmgkb = _pharmgkb(gene["symbol"])
    drugs = _drugs(gene)
    scores: dict[str, Any] = dict.fromkeys(drugs, 50.5)
    return {
        "gene_symbol": gene["symbol"],
        "gene_id": gene["gene_id"],
        "gene_type": gene["gene_type"],
        "chromosome": gene["chromosome"],
        "product_type": gene.get("product_type", []),
        "go_terms": terms or None,
        "pathways": [f"{content['pathways'][p]} [Reactome:{p}]" for p in gene.get("pathways", ())],
        "drugs": drugs | ({"pharmgkb_data": pharmgkb} if pharmgkb else {}),
        "expression_fold_change": 1.0,
        "molecular_functions": go_names(terms, "molecular_function") if terms else None,
        "cellular_location": go_names(terms, "cellular_component") if terms else None,
        "drug_scores": scores,
        "alt_gene_ids": ids | {"KEGG": f"hsa:{gene['entrez']}"},
        "uniprot_ids": [gene["uniprot"]] if "uniprot" in gene else [],
        "ncbi_ids": [gene["entrez"]],
        "refseq_ids": [f"{gene['refseq']}.1"] if "refseq" in gene else [],
        "source_references": references(_publications(number, gene)),
        "pharmgkb_pathways": pharmgkb.get("pathway_data", {}),
    }


def _drugs(gene: dict[str, Any]) -> dict[str, Any]:
    known, drugs = core_file()["drugs"], {}
    for n, (name, action, kind, score) in enumerate(gene.get("drugs", ()), start=1):
        evidence = {"type": kind, "score": score}
        drugs[known[name]["key"]] = {"name": name, "mechanism": "1", "action_type": action, "evidence": evidence}
        if action == "INHIBITOR" and n <= 2:
            drugs[f"repurposing_{n}"] = {
                "name": name,
                "clinical_phase": "Launched",
                "mechanism_of_action": f"{gene['symbol']} inhibitor",
                "disease_area": "oncology",
                "indication": "cancer",
                "clinical_score": 5,
                "source": "Drug_Repurposing_Hub",
            }
    return drugs


def _publications(number: int, gene: dict[str, Any]) -> list[dict[str, Any]]:
    known = core_file()["references"]
    publications = []
    for pmid in gene.get("pmids", ()):
        entry = reference(pmid)
        if pmid in known:
            title, journal, year, doi, authors = known[pmid]
            entry |= {"title": title, "journal": journal, "year": year, "doi": doi, "authors": authors}
        publications.append(entry)
    return publications + [reference(f"91{number:03d}{n:03d}") for n in range(1, 20 + number % 30)]


def _pharmgkb(symbol: str) -> dict[str, Any]:
    content = core_file()
    annotations = [
        _clinical_annotation(f"{symbol}-{n}", *fields) for n, fields in enumerate(content["clinical_annotations"].get(symbol, ()), start=1)
    ]
    pathways = {
        pathway_id: _pathway(name, pathway_id, drug, genes)
        for name, (pathway_id, drug, genes) in content["pharmgkb_pathways"].items()
        if symbol in genes
    }
    if not annotations and not pathways:
        return {}
    payload: dict[str, Any] = {"source": "PharmGKB", "processed_date": _METRICS_STAMP}
    if annotations:
        payload["clinical_annotations"] = annotations
    if pathways:
        payload["pathway_data"] = pathways
    return payload


def _clinical_annotation(key: str, variant: str, drug: str, category: str, phenotypes: str, level: str) -> dict[str, Any]:
    rank = ("4", "3", "2B", "2A", "1B", "1A").index(level)
    number = sum(ord(letter) * 31**n for n, letter in enumerate(key)) % 900_000_000
    return {
        "annotation_id": f"99{number:09d}",
        "variant": variant,
        "drug": drug,
        "phenotype_category": category,
        "phenotypes": phenotypes,
        "evidence_level": level,
        "level_modifiers": "",
        "score": rank * 10.5,
        "evidence_score": rank,
        "pmid_count": 2 * rank,
        "evidence_count": 3 * rank,
        "url": f"https://www.pharmgkb.org/clinicalAnnotation/99{number:09d}",
        "specialty_population": "",
        "source": "PharmGKB_Clinical_Annotations",
    }


def _pathway(name: str, pathway_id: str, drug: str, genes: list[str]) -> dict[str, Any]:
    kind = name.rsplit(" ", 1)[1]
    reactions = [
        {
            "from": drug,
            "to": f"{drug} product {n}",
            "reaction_type": "Biochemical Reaction",
            "controller_genes": [symbol],
            "control_type": "Catalysis",
            "cell_type": "hepatocyte",
            "pmids": [f"9{pathway_id[-3:]}{n:04d}"],
            "drugs": [drug],
            "diseases": [],
            "summary": "",
        }
        for n, symbol in enumerate(genes, start=1)
    ]
    roles = {
        symbol: {"role": "enzyme", "reactions": [f"{drug} -> {drug} product {n}"], "importance": "critical"}
        for n, symbol in enumerate(genes, start=1)
    }
    return {
        "pathway_name": name,
        "pathway_id": pathway_id,
        "drug_focus": drug,
        "pathway_type": kind,
        "reactions": reactions,
        "gene_roles": roles,
        "clinical_relevance": {
            "cancer_relevance": True,
            "drug_interactions": False,
            "genetic_variants": True,
            "clinical_implications": "Demonstration only.",
        },
        "statistics": {
            "total_reactions": len(reactions),
            "unique_genes": len(genes),
            "pmid_count": len(reactions),
            "drug_mentions": len(reactions),
        },
    }
