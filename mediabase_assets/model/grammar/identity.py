"""The grammar of what names and places a row: ids, symbol, type, chromosome, coordinates, features, identifiers elsewhere."""

from mediabase_assets.model.grammar.base import Match, Place, archived, either, items, number, text
from mediabase_assets.model.vocabulary import BIOTYPE, CHROMOSOME

#: A version, the suffix of an id that GENCODE lifted to another assembly, and the mark of PAR_Y.
_VERSION = r"(\.[0-9]{1,6}(_[0-9]{1,4})?)?(_PAR_Y(_[0-9]{1,4})?)?"
GENE = rf"ENSG(R[0-9]{{10}}|[0-9]{{11}}){_VERSION}"
TRANSCRIPT = rf"ENST(R[0-9]{{10}}|[0-9]{{11}}){_VERSION}"
_UNIPROT = r"([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2})(-[0-9]+)?"
_REFSEQ = r"[ANXWYZ][CGTWSZMRP]_[0-9]+(\.[0-9]+)?"
_HAVANA = r"OTTHUM[GTP][0-9]{1,14}(\.[0-9]{1,6})?(_[0-9]{1,4})?(_PAR_Y)?"
_TYPED = rf"ENS[GTP][0-9]{{11}}{_VERSION}|HGNC:[0-9]+|{_HAVANA}|CCDS[0-9]+(\.[0-9]+)?|hsa:[0-9]+|{_REFSEQ}|{_UNIPROT}"
_ELSEWHERE = "gene_cross_references.external_id"


def _identifier(own: str = "") -> Place:
    """An identifier of the column's authority, or of another that its form shows."""
    return text(_ELSEWHERE, pattern=f"{own}|{_TYPED}" if own else _TYPED, longest=100, match=Match.STEM)


_ENTREZ = _identifier(r"[0-9]{1,12}")
_GENE_IDS = {
    "HGNC": _identifier(), "HAVANA": _identifier(), "OMIM": _identifier(r"[0-9]{6}"), "KEGG": _identifier(), "Ensembl": _identifier(),
    "RefSeq": _identifier(), "UniProt": _identifier(), "NCBI": _ENTREZ,
}  # fmt: skip
_ANY_KEY = ((r".+", "authority", _identifier()),)
_NO_TARGET = "UniProt features: no table holds them"
_REACTOME = r"[Rr]-[A-Za-z]{2,4}-[0-9]{1,12}(\.[0-9]+)?"
_PATHWAY = Place(
    keys={
        "name": text("pathways.pathway_name", longest=2000),
        **{key: text("pathways.pathway_id", pattern=_REACTOME, match=Match.DERIVED) for key in ("id", "pathway_id", "stId")},
        "source": text(pattern="Reactome", reason="unexpected_value", match=Match.DERIVED),
        "url": text(pattern=r"https?://(www\.)?reactome\.org/[!-~]*R-[A-Z]{2,4}-[0-9]+", reason="unexpected_value", match=Match.DERIVED),
    }
)

COLUMNS: dict[str, Place] = {
    "transcript_id": text("transcripts.transcript_id", pattern=TRANSCRIPT, match=Match.STEM, reason="bad_transcript_id"),
    "gene_id": text("genes.gene_id", pattern=GENE, match=Match.STEM, reason="bad_gene_id"),
    "gene_symbol": text("genes.gene_symbol", longest=120),
    "gene_type": text("genes.gene_type", pattern=BIOTYPE.strip("^$"), reason="unknown_biotype"),
    "chromosome": text("transcripts.chromosome", "genes.chromosome", pattern=CHROMOSOME.strip("^$"), reason="unknown_chromosome"),
    "expression_fold_change": number("transcripts.expression_fold_change", low=0),
    "coordinates": Place(
        keys={
            "start": number("transcripts.coordinates", low=1, high=1e10, match=Match.DERIVED),
            "end": number("transcripts.coordinates", low=1, high=1e10, match=Match.DERIVED),
            "strand": text(
                "transcripts.coordinates", pattern="[+\u2212-]|[+\u2212-]?1(\\.0+)?", reason="bad_coordinates", match=Match.DERIVED
            ),
        }
    ),
    "features": Place(
        keys={
            "TSL": text(
                "transcripts.support_level", pattern=r"0{0,3}[1-5](\.0{0,9})?( .*)?|NA", reason="unreadable_value", match=Match.DERIVED
            ),
            "annotation_level": text(
                "transcripts.annotation_level", pattern=r"0{0,3}[1-3](\.0{0,9})?", reason="unreadable_value", match=Match.DERIVED
            ),
            "annotation_tags": either(text("transcripts.tags", match=Match.MEMBERS), items(text("transcripts.tags"))),
            "gene_id_versioned": text("genes.gene_id", pattern=GENE, match=Match.STEM),
            "transcript_id_versioned": text("transcripts.transcript_id", pattern=TRANSCRIPT, match=Match.STEM),
            "pathways": either(
                Place(others=((_REACTOME, "Reactome id", _PATHWAY),)), items(either(text(pattern=_REACTOME, match=Match.DERIVED), _PATHWAY))
            ),
            **{name: archived(_NO_TARGET) for name in ("protein_length", "domains", "cellular_location", "functions")},
        },
        others=((r"(domain|region|motif)_[0-9]+|[A-Z_]+_[0-9]+", "UniProt feature", archived(_NO_TARGET)),),
    ),
    "alt_transcript_ids": Place(
        keys={
            "transcript_name": text("transcripts.transcript_name", longest=200),
            "CCDS": text("transcripts.ccds_id", pattern=r"CCDS[0-9]{1,9}(\.[0-9]{1,6})?(_[0-9]{1,4})?", match=Match.STEM),
            "HAVANA": text("transcripts.havana_id", pattern=r"OTTHUMT[0-9]{1,14}(\.[0-9]{1,6})?(_[0-9]{1,4})?(_PAR_Y)?", match=Match.STEM),
            "RefSeq_protein": text(
                "transcripts.ensembl_protein_id", _ELSEWHERE, pattern=rf"ENSP[0-9]{{11}}{_VERSION}|{_REFSEQ}", match=Match.STEM
            ),
            **{name: place for name, place in _GENE_IDS.items() if name not in ("HAVANA",)},
        },
        others=_ANY_KEY,
    ),
    "alt_gene_ids": Place(keys=_GENE_IDS, others=_ANY_KEY),
    "uniprot_ids": items(_identifier(_UNIPROT)),
    "ncbi_ids": items(_ENTREZ),
    "refseq_ids": items(_identifier(_REFSEQ)),
    "pdb_ids": items(_identifier(r"[0-9][A-Za-z0-9]{3}")),
}  # fmt: skip
