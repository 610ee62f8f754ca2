"""The grammar of what is said about a gene's function, pathways and publications."""

from mediabase_assets.model.grammar.base import Leaf, Match, Place, either, items, number, text

_GO_ID = r"([Nn][Oo][Tt][ |:_]+)?(https?://purl\.obolibrary\.org/obo/)?[Gg][Oo][:_][0-9]{7}"
_ONE = (
    r"(([Pp][Mm][Ii][Dd]|[Pp][Uu][Bb][Mm][Ee][Dd])( ?[Ii][Dd])?[: ]*)?0*[1-9][0-9]{0,7}(\.0+)?"
    r"|(https?://)?(www\.)?(pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/[1-9][0-9]{0,7}/?"
)
#: One PubMed id or several, or one in the notation of a float.
PUBMED = rf"({_ONE})([ \t]*[|;,][ \t]*({_ONE}))*|[1-9]\.[0-9]{{1,7}}[Ee][+]?0?[1-7]"
_REACTOME = r"[Rr]-[A-Za-z]{2,4}-[0-9]{1,12}"
_ASPECTS = (
    r"[Mm]olecular[_ ][Ff]unction|[Bb]iological[_ ][Pp]rocess|[Cc]ellular[_ ][Cc]omponent|MOLECULAR[_ ]FUNCTION|BIOLOGICAL[_ ]PROCESS"
    r"|CELLULAR[_ ]COMPONENT|[FPCfpc]|MF|BP|CC|mf|bp|cc"
)
_MEMBERS = "go_term_set_members"
_TERM = text("go_terms.term_name", longest=2000)
#: A publication cited, wherever it is cited.
CITED = text("publications.pmid", pattern=PUBMED, reason="bad_pmid", match=Match.DIGITS)

_QUALIFIER = text(f"{_MEMBERS}.qualifier", match=Match.DERIVED)
#: Flags that deny the term.
_FLAGS = ("negated", "Negated", "is_negated", "isNegated", "is_not", "isNot", "not", "NOT", "negation", "Negation")

_GO_KEYS = {
    "term": _TERM,
    "name": _TERM,
    "aspect": text("go_terms.category", pattern=_ASPECTS, reason="unreadable_value", match=Match.DERIVED),
    "namespace": text("go_terms.category", pattern=_ASPECTS, reason="unreadable_value", match=Match.DERIVED),
    "evidence": text(
        f"{_MEMBERS}.evidence_code", f"{_MEMBERS}.inherited_from",
        pattern=r"([Nn][Oo][Tt]([ |:_]+|$))?([A-Za-z]{2,3})?|[Ii]nherited from GO:[0-9]{7}",
        reason="unreadable_value", match=Match.DERIVED,
    ),
    **{key: either(_QUALIFIER, items(_QUALIFIER)) for key in ("qualifier", "qualifiers", "Qualifier", "Qualifiers", "QUALIFIER")},
    **{key: text(f"{_MEMBERS}.qualifier", match=Match.DERIVED) for key in _FLAGS},
    "definition": text("go_terms.definition"),
    "pmid": either(CITED, items(CITED)),
    "pmids": either(CITED, items(CITED)),
}  # fmt: skip
_GO_NAMED = Place(keys={**_GO_KEYS, **{key: text("go_terms.go_id", pattern=_GO_ID) for key in ("go_id", "id", "GO")}})
_CODE_OR_NAME = Place(Leaf(match=Match.DERIVED))
_GO_MEMBERS = items(either(text("go_terms.go_id", pattern=_GO_ID, reason="bad_go_id"), _GO_NAMED))

_OTHERWISE = Leaf(to=("gene_publications.details",))
#: Parts of an author's name in the formats of PubMed, its summaries, CSL-JSON, Crossref and pubmed_parser.
_NAMED = Place(
    keys={
        key: text("publications.authors", match=Match.DERIVED)
        for key in (
            "name", "literal", "collective", "CollectiveName", "collectivename", "family", "last", "lastname", "LastName",
            "last_name", "surname",
            "given", "first", "forename", "ForeName", "first_name", "given_names", "initials", "Initials",
        )
    }
)  # fmt: skip
REFERENCE = Place(
    keys={
        "pmid": CITED,
        "PMID": CITED,
        "evidence_type": text("gene_publications.evidence_type", longest=200),
        "source_db": text("gene_publications.source_db", longest=100),
        "title": text("publications.title"),
        "abstract": text("publications.abstract"),
        "authors": either(text("publications.authors"), _NAMED, items(either(text("publications.authors"), _NAMED))),
        "journal": text("publications.journal"),
        "year": number("publications.publication_year", low=1500, high=2100),
        "citation_count": number("publications.citation_count", low=0, high=1e9),
        "doi": text("publications.doi", pattern=r".*10\.[0-9]{4,9}/[^\s]+", longest=500, reason="bad_pmid", match=Match.DERIVED),
        "url": text("publications.url"),
    },
    rest=_OTHERWISE,
)
_LIST = items(either(CITED, REFERENCE))
_ANNOTATIONS = items(text("gene_annotations.annotation_value", longest=600))

COLUMNS: dict[str, Place] = {
    "go_terms": either(
        Place(
            others=(
                (_GO_ID, "GO id", either(_TERM, Place(keys=_GO_KEYS), items(either(_CODE_OR_NAME, Place(keys=_GO_KEYS))))),
                (_ASPECTS, "aspect", _GO_MEMBERS),
            )
        ),
        _GO_MEMBERS,
    ),
    "molecular_functions": _ANNOTATIONS,
    "cellular_location": _ANNOTATIONS,
    "product_type": items(text("transcript_products.product_type", longest=100, reason="unknown_product_type")),
    "pathways": items(
        text(
            "gene_pathways.pathway_id",
            pattern=rf"(.*[^ ] *)?\[?([Rr][Ee][Aa][Cc][Tt][Oo][Mm][Ee]: *)?{_REACTOME}(\.[0-9]+)? *\]?[.;]?", longest=2000,
            reason="pathway_unparsable", match=Match.DERIVED,
        )
    ),
    "source_references": either(Place(others=((r"(?s).+", "section", _LIST),)), _LIST),
    "publications": either(Place(others=((r"(?s).+", "section", _LIST),)), _LIST),
}  # fmt: skip
