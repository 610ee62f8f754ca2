"""How a difference between the legacy table and the compatibility view is explained: a closed list of sentences.

Repairs and quarantine have the codes of `reasons`. Contains the others: facts that are kept elsewhere (merge), parts without a
target (archived), and what a normalized table cannot give back (cannot be inverted).
"""

from mediabase_assets.model.reasons import QUARANTINE_REASONS, REPAIR_REASONS

#: Facts that another row or field of the same gene or transcript holds.
MERGES = {
    "told_by_another_row": "The row is empty here; other rows of the gene hold the value.",
    "version_told_by_the_id": "The version is in the id itself.",
    "version_told_by_another_id": "The version of the gene is in another id or row.",
    "identifier_of_the_gene": "An identifier that is kept for the gene.",
    "pathway_of_the_gene": "A pathway that is shown among the pathways of the gene.",
    "another_spelling_of_the_name": "The same drug, with another spelling of its name, is shown.",
}
#: What no query on the normalized tables can give back, and why that loses nothing that is known.
NOT_INVERTED = {
    "na_is_unknown": "The support level NA means that none was assigned; NULL.",
    "remark_of_support_level": "The remark behind a support level stays in the backup.",
    "white_space_of_a_name": "White space around a name is removed.",
    "id_of_another_transcript": "A versioned id that names another transcript than the row's.",
    "id_of_another_gene": "A versioned id that names another gene than the row's.",
    "newest_version_of_the_gene": "A gene has one version: the newest of its rows.",
    "one_value_of_a_key": "A key that names one identifier shows the first of those in rows of the gene; all are stored.",
}
#: Groups of quarantine reasons that are compared together.
GROUPS = {
    "not a term": "No GO term can be read; each is in quarantine with its own reason.",
    "no identifier": "No identifier of a known form; each is in quarantine with its own reason.",
}


def sentence_for(explanation: str, reason: str) -> str:
    """The sentence that a curator reads.

    Raises:
        KeyError: The reason is not in the list.

    >>> sentence_for("cannot be inverted", "na_is_unknown")
    'The support level NA means that none was assigned; NULL.'
    """
    if explanation == "equal":
        return "The view shows what the legacy row holds."
    if explanation == "archived":
        return "A part without a target; it stays in the backup."
    known = {
        "repair": {r.code: r.sentence for r in REPAIR_REASONS},
        "quarantine": {r.code: r.sentence for r in QUARANTINE_REASONS} | GROUPS,
        "merge": MERGES,
        "cannot be inverted": NOT_INVERTED,
    }
    return known[explanation][reason]
