"""What every view must show, computed from the tables in plain Python: loops and dictionaries, no SQL but `select *`.

Lists are compared in the order that the view's description promises. Timestamps are left out.
"""

from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from statistics import mean

TABLES = [
    "genes", "transcripts", "gene_cross_references", "go_terms", "go_term_sets", "go_term_set_members", "pathways", "gene_pathways",
    "drug_interactions", "gene_drug_interactions", "publications", "gene_publications", "transcript_products",
]  # fmt: skip
PHASES = ["Approved", "Withdrawn", "Phase III", "Phase II", "Phase I", "Preclinical"]


def read(conn, name, schema="public"):
    """The rows of a relation as dictionaries."""
    cursor = conn.execute(f'select * from "{schema}"."{name}"')
    names = [d.name for d in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def grouped(rows, *key):
    found = defaultdict(list)
    for row in rows:
        found[tuple(row[k] for k in key) if len(key) > 1 else row[key[0]]].append(row)
    return found


def known(values):
    return [v for v in values if v is not None]


def average(values):
    values = known(values)
    return mean(values) if values else None


def highest(values):
    return max(known(values), default=None)


class Oracle:
    """The tables of a database, and what the views must be over them."""

    def __init__(self, conn):
        tables = {name: read(conn, name) for name in TABLES}
        self.genes = {g["gene_id"]: g for g in tables["genes"]}
        self.transcripts = tables["transcripts"]
        self.of_gene = grouped(self.transcripts, "gene_id")
        self.references = tables["gene_cross_references"]
        self.terms = {t["go_id"]: t for t in tables["go_terms"]}
        self.members = grouped(tables["go_term_set_members"], "go_set_id")
        self.pathways = {p["pathway_id"]: p for p in tables["pathways"]}
        self.links = tables["gene_pathways"]
        self.drugs = {d["drug_interaction_id"]: d for d in tables["drug_interactions"]}
        self.interactions = tables["gene_drug_interactions"]
        self.publications = {p["publication_id"]: p for p in tables["publications"]}
        self.citations = tables["gene_publications"]
        self.products = grouped(tables["transcript_products"], "transcript_id")

    def symbol(self, gene_id):
        return self.genes[gene_id]["gene_symbol"]

    def by_symbol(self, gene_ids):
        return sorted(set(gene_ids), key=lambda g: (self.symbol(g), g))

    def annotations(self, transcript, *, denied=False):
        """The GO annotations of a transcript: those with a term, or those that deny one."""
        members = self.members[transcript["go_set_id"]] if transcript["go_set_id"] is not None else []
        return [m for m in members if ((m["qualifier"] or "").split("|")[0] == "NOT") == denied]

    def denied_list(self, found):
        """What views show of (id, code, qualifier) that deny a term."""
        return [
            {"go_id": i, "term": self.terms[i]["term_name"], "category": self.terms[i]["category"], "evidence": code, "qualifier": said}
            for i, code, said in sorted(found, key=lambda d: (d[0], d[1] is None, d[1] or "", d[2]))
        ]

    def gene_summary_view(self):
        references, links = grouped(self.references, "gene_id"), grouped(self.links, "gene_id")
        drugs, citations = grouped(self.interactions, "gene_id"), grouped(self.citations, "gene_id")
        for gene_id, g in self.genes.items():
            transcripts = self.of_gene[gene_id]
            go = {(m["go_id"], m["evidence_code"]) for t in transcripts for m in self.annotations(t)}
            denied = {(m["go_id"], m["evidence_code"], m["qualifier"]) for t in transcripts for m in self.annotations(t, denied=True)}
            cited = grouped(citations[gene_id], "publication_id")
            folds = [t["expression_fold_change"] for t in transcripts]
            lists = {
                "cross_references": [
                    {"database": r["external_db"], "id": r["external_id"], "description": None}
                    for r in sorted(references[gene_id], key=lambda r: (r["external_db"], r["external_id"]))
                ],
                "go_terms": [
                    {"go_id": i, "term": self.terms[i]["term_name"], "category": self.terms[i]["category"], "evidence": code}
                    for i, code in sorted(go, key=lambda pair: (pair[0], pair[1] is None, pair[1] or ""))
                ],
                "pathways": [
                    {"pathway_id": p, "name": w["pathway_name"], "database": w["source_database"], "species": w["species"]}
                    for p in sorted({row["pathway_id"] for row in links[gene_id]})
                    for w in [self.pathways[p]]
                ],
                "drug_interactions": [
                    {
                        "drug_name": d["drug_name"], "mechanism": d["mechanism_of_action"], "target_type": d["target_type"],
                        "indication": d["indication"], "source": d["source_database"],
                    }
                    for d in sorted(
                        (self.drugs[i["drug_interaction_id"]] for i in drugs[gene_id]), key=lambda d: (d["drug_name"],
                        d["drug_interaction_id"])
                    )
                ],
                "publications": [
                    {
                        "pmid": p["pmid"], "title": p["title"], "year": p["publication_year"],
                        "relevance_score": highest(c["relevance_score"] for c in cited[i]),
                    }
                    for i in sorted(cited)
                    for p in [self.publications[i]]
                ],
            }  # fmt: skip
            yield {
                **{k: g[k] for k in ("gene_id", "gene_symbol", "gene_name", "gene_type", "chromosome", "strand")},
                "start_pos": g["start_position"], "end_pos": g["end_position"], "transcript_count": len(transcripts),
                "transcript_ids": sorted(t["transcript_id"] for t in transcripts), **lists,
                **{f"has_{name}": bool(members) for name, members in lists.items()}, "denied_go_terms": self.denied_list(denied),
                "avg_expression_fold_change": average(folds), "max_expression_fold_change": highest(folds),
                "min_expression_fold_change": min(known(folds), default=None),
            }  # fmt: skip

    def transcript_enrichment_view(self):
        for t in self.transcripts:
            g, fold = self.genes[t["gene_id"]], t["expression_fold_change"]
            go = []
            for m in sorted(self.annotations(t), key=lambda m: m["go_id"]):
                term = self.terms[m["go_id"]]
                entry = {"go_id": m["go_id"], "term": term["term_name"], "category": term["category"], "evidence": m["evidence_code"]}
                go.append(entry | ({"qualifier": m["qualifier"]} if m["qualifier"] is not None else {}))
            names = ("product_id", "uniprot_id", "protein_name", "product_type", "function_description")
            products = sorted(self.products[t["transcript_id"]], key=lambda p: (p["product_type"], p["product_id"]))
            yield {
                "transcript_id": t["transcript_id"], "transcript_name": t["transcript_name"], "transcript_type": None,
                "transcript_support_level": t["support_level"],
                **{k: g[k] for k in ("gene_id", "gene_symbol", "gene_name", "gene_type", "chromosome")},
                "go_annotations": go,
                "denied_go_annotations": self.denied_list(
                    (m["go_id"], m["evidence_code"], m["qualifier"]) for m in self.annotations(t, denied=True)),
                "products": [{k: p[k] for k in names if p[k] is not None} for p in products],
                "expression_fold_change": fold,
                "expression_status": None if fold is None else "upregulated" if fold > 2 else "downregulated" if fold < 0.5 else "normal",
            }  # fmt: skip

    def patient_query_optimized_view(self):
        references = {r["gene_id"] for r in self.references}
        links, drugs, citations = (grouped(rows, "gene_id") for rows in (self.links, self.interactions, self.citations))
        for t in self.transcripts:
            gene_id = t["gene_id"]
            g = self.genes[gene_id]
            cited = grouped(citations[gene_id], "publication_id")
            counts = {
                "go_term_count": len(self.annotations(t)), "pathway_count": len({row["pathway_id"] for row in links[gene_id]}),
                "drug_interaction_count": len(drugs[gene_id]), "publication_count": len(cited),
            }  # fmt: skip
            folds = known(o["expression_fold_change"] for o in self.of_gene[gene_id])
            has = [gene_id in references, *(bool(n) for n in counts.values())]
            yield {
                "transcript_id": t["transcript_id"], **{k: g[k] for k in ("gene_id", "gene_symbol", "gene_name", "gene_type",
                "chromosome")},
                "transcript_name": t["transcript_name"], "transcript_type": None, "transcript_support_level": t["support_level"],
                **dict(zip(("has_cross_references", "has_go_terms", "has_pathways", "has_drug_interactions", "has_publications"),
                has, strict=True)),
                "has_products": bool(self.products[t["transcript_id"]]), **counts,
                "denied_go_term_count": len(self.annotations(t, denied=True)),
                "expression_fold_change": t["expression_fold_change"], "patient_id": None,
                "avg_publication_relevance": average(highest(c["relevance_score"] for c in rows) for rows in cited.values()),
                "data_completeness_score": Decimal(sum(has) * 2) / 10, "transcript_count": len(self.of_gene[gene_id]),
                "avg_expression": average(folds), "max_expression": highest(folds), "min_expression": min(folds, default=None),
                "has_significant_expression_change": (max(folds) > 2 or min(folds) < 0.5) if folds else None,
            }  # fmt: skip

    def drug_interaction_summary_view(self):
        targets = grouped(self.interactions, "drug_interaction_id")
        for key, d in self.drugs.items():
            genes = self.by_symbol(i["gene_id"] for i in targets[key])
            names = ("drug_interaction_id", "drug_name", "mechanism_of_action", "target_type", "indication", "source_database")
            details = [{k: self.genes[g][k] for k in ("gene_id", "gene_symbol", "gene_name", "chromosome")} for g in genes]
            yield {
                **{k: d[k] for k in names}, "target_gene_count": len(genes), "target_genes": [self.symbol(g) for g in genes],
                "target_gene_ids": genes, "target_gene_details": details,
            }  # fmt: skip

    def pathway_coverage_view(self):
        links = grouped(self.links, "pathway_id")
        for key, p in self.pathways.items():
            genes = self.by_symbol(row["gene_id"] for row in links[key])
            details = [{k: self.genes[g][k] for k in ("gene_id", "gene_symbol", "gene_name", "gene_type")} for g in genes]
            yield {
                **{k: p[k] for k in ("pathway_id", "pathway_name", "source_database", "species", "pathway_url")},
                "gene_count": len(genes), "pathway_genes": [self.symbol(g) for g in genes], "pathway_gene_ids": genes,
                "transcript_count": sum(len(self.of_gene[g]) for g in genes), "pathway_gene_details": details,
            }  # fmt: skip

    def publication_summary_view(self):
        citations = grouped(self.citations, "publication_id")
        for key, p in self.publications.items():
            cited = grouped(citations[key], "gene_id")
            genes = self.by_symbol(cited)
            scores = {g: highest(c["relevance_score"] for c in cited[g]) for g in genes}
            details = [
                {"gene_id": g, "gene_symbol": self.symbol(g), "mention_count": sum(c["mention_count"] for c in cited[g])}
                | ({"relevance_score": scores[g]} if scores[g] is not None else {})
                for g in genes
            ]
            yield {
                **{k: p[k] for k in ("publication_id", "pmid", "title", "authors", "journal", "publication_year", "doi")},
                "associated_gene_count": len(genes), "associated_genes": [self.symbol(g) for g in genes],
                "avg_relevance_score": average(scores.values()), "max_relevance_score": highest(scores.values()),
                "gene_associations": details,
            }  # fmt: skip

    def go_term_hierarchy_view(self):
        held, denied = defaultdict(list), defaultdict(list)
        for t in self.transcripts:
            for pairs, is_denied in ((held, False), (denied, True)):
                for m in self.annotations(t, denied=is_denied):
                    pairs[m["go_id"]].append((t, m))
        general = defaultdict(set)
        for pairs in (*held.values(), *denied.values()):
            for _, m in pairs:
                if m["inherited_from"] is not None:
                    general[m["inherited_from"]].add(m["go_id"])
        for key, term in self.terms.items():
            pairs, every = held[key], held[key] + denied[key]
            genes = self.by_symbol(t["gene_id"] for t, _ in pairs)
            others = self.by_symbol(t["gene_id"] for t, _ in denied[key])
            yield {
                **{k: term[k] for k in ("go_id", "term_name", "category", "definition")},
                "associated_gene_count": len(genes), "associated_genes": [self.symbol(g) for g in genes],
                "associated_transcript_count": len(pairs), "direct_transcript_count": sum(not m["is_inherited"] for _, m in pairs),
                "evidence_distribution": dict(Counter(m["evidence_code"] or "unknown" for _, m in pairs)),
                "qualifiers": sorted({m["qualifier"] for _, m in every} - {None}),
                "more_specific_terms": sorted({m["inherited_from"] for _, m in every} - {None}),
                "more_general_terms": sorted(general[key]), "denied_gene_count": len(others),
                "denied_genes": [self.symbol(g) for g in others],
            }  # fmt: skip

    def cross_reference_lookup_view(self):
        for r in self.references:
            g = self.genes[r["gene_id"]]
            ids = sorted(t["transcript_id"] for t in self.of_gene[r["gene_id"]])
            yield {
                "external_id": r["external_id"], "database_name": r["external_db"], "external_description": None,
                **{k: g[k] for k in ("gene_id", "gene_symbol", "gene_name", "gene_type")}, "transcript_ids": ids,
                "transcript_count": len(ids),
            }  # fmt: skip

    def pathway_gene_counts(self):
        for (pathway_id, source), rows in grouped(self.links, "pathway_id", "pathway_source").items():
            codes = [r["evidence_code"] for r in rows]
            yield {
                "pathway_id": pathway_id, "pathway_source": source,
                **{k: most_said(r[k] for r in rows) for k in ("pathway_name", "pathway_category", "parent_pathway_id", "pathway_level")},
                "gene_count": len({r["gene_id"] for r in rows}), "gene_members": sorted(r["gene_id"] for r in rows),
                "gene_symbols": sorted(self.symbol(r["gene_id"]) for r in rows),
                "avg_confidence": average(r["confidence_score"] for r in rows),
                "experimental_evidence_count": sum(c in {"IDA", "IMP", "IPI", "IGI", "IEP"} for c in codes),
                "computational_evidence_count": codes.count("IEA"), "evidence_codes": sorted(set(codes) - {None}),
            }  # fmt: skip

    def pathway_druggability(self):
        drugs = grouped(self.interactions, "gene_id")
        for (pathway_id, source), rows in grouped(self.links, "pathway_id", "pathway_source").items():
            genes = {r["gene_id"] for r in rows}
            found = [i for g in genes for i in drugs[g]]
            druggable = {i["gene_id"] for i in found}
            yield {
                "pathway_id": pathway_id, "pathway_source": source,
                **{k: most_said(r[k] for r in rows) for k in ("pathway_name", "pathway_category")},
                "total_genes": len(genes), "druggable_genes": len(druggable),
                "druggability_percentage": percent(len(druggable), len(genes)),
                "unique_drugs": len({i["drug_name"] for i in found}),
                "approved_drugs": sorted({i["drug_name"] for i in found if i["clinical_phase"] == "Approved"}),
                "drug_classes": sorted({i["drug_class"] for i in found} - {None}),
                "avg_evidence_strength": average(Decimal(i["evidence_strength"]) for i in found),
                "avg_pathway_confidence": average(r["confidence_score"] for r in rows),
            }  # fmt: skip

    def drug_gene_summary(self):
        links = grouped(self.links, "gene_id")
        for name, rows in grouped(self.interactions, "drug_name").items():
            ranked = sorted(
                rows,
                key=lambda i: (
                    PHASES.index(i["clinical_phase"]) if i["clinical_phase"] else len(PHASES), -i["evidence_strength"], i["source"],
                    i["drug_id"], i["gene_id"],
                ),
            )  # fmt: skip
            of_pathways = [p for g in {i["gene_id"] for i in rows} for p in links[g]]
            genes = {i["gene_id"] for i in rows}
            firsts = ("drug_id", "drug_chembl_id", "drugbank_id", "drug_class", "drug_type", "clinical_phase", "approval_status")
            yield {
                "drug_name": name, **{k: next(iter(known(i[k] for i in ranked)), None) for k in firsts},
                "target_gene_count": len(genes), "target_genes": sorted(self.symbol(g) for g in genes),
                "interaction_types": sorted({i["interaction_type"] for i in rows} - {None}),
                "avg_evidence_strength": average(Decimal(i["evidence_strength"]) for i in rows),
                "high_confidence_interactions": sum(i["evidence_strength"] >= 4 for i in rows),
                "affected_pathways": sorted({p["pathway_name"] for p in of_pathways} - {None}),
                "pathway_count": len({p["pathway_id"] for p in of_pathways}),
            }  # fmt: skip

    def pathway_annotation_coverage(self):
        genes = {r["gene_id"] for r in self.links}
        yield {
            "total_genes": len(self.genes), "genes_with_pathways": len(genes),
            "pathway_coverage_percentage": percent(len(genes), len(self.genes)),
            "unique_pathways": len({r["pathway_id"] for r in self.links}), "total_pathway_annotations": len(self.links),
            "avg_confidence_score": average(r["confidence_score"] for r in self.links),
        }  # fmt: skip

    def drug_interaction_coverage(self):
        genes = {i["gene_id"] for i in self.interactions}
        yield {
            "total_genes": len(self.genes), "genes_with_drugs": len(genes),
            "drug_coverage_percentage": percent(len(genes), len(self.genes)),
            "unique_drugs": len({i["drug_name"] for i in self.interactions}), "total_drug_interactions": len(self.interactions),
            "avg_evidence_strength": average(Decimal(i["evidence_strength"]) for i in self.interactions),
            "clinical_stage_interactions": sum(i["clinical_phase"] in {"Approved", "Phase III"} for i in self.interactions),
            "high_confidence_interactions": sum(i["evidence_strength"] >= 4 for i in self.interactions),
        }  # fmt: skip


def most_said(values):
    """The most frequent known value, then the first in order."""
    counts = Counter(known(values))
    return min(counts, key=lambda v: (-counts[v], v), default=None)


def percent(part, whole):
    """A percentage with two digits, halves rounded up."""
    return (Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP) if whole else None


def same(expected, shown):
    """Whether two values are the same: averages up to the last digits, everything else exactly."""
    if isinstance(expected, bool) or isinstance(shown, bool):
        return expected is shown
    if isinstance(expected, (float, Decimal)) or isinstance(shown, (float, Decimal)):
        return expected is not None and shown is not None and abs(float(expected) - float(shown)) <= 1e-9 * max(1, abs(float(expected)))
    return expected == shown
