"""Whether what a rule maps a value to exists: a gene of the legacy table, a chromosome, a biotype, the key of a drug, a GO term.

Contains the question; the functions that read values are those of the extraction.
"""

from typing import LiteralString

from psycopg import sql

from mediabase_assets.curation.file import Rules
from mediabase_assets.curation.rule import Decision, Rule
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.postgres.sql_files import Connection

#: By column: whether the text exists as a target, and what is missing where it does not.
_EXISTS: dict[str, tuple[LiteralString, str]] = {
    "gene_id": ("exists (select from genes_now where gene_id = %s)", "no row of the legacy table names the gene {}"),
    "gene_symbol": ("exists (select from genes_now where symbol = %s)", "no row of the legacy table has the symbol {}"),
    "chromosome": ("chromosome(%s) is not null", "{} is no chromosome"),
    "gene_type": ("biotype(%s) is not null", "{} is no biotype of GENCODE, Ensembl or NCBI"),
    "transcript_id": ("(ensembl_id(%s, 'ENST'))[1] is not null", "{} is no Ensembl transcript id"),
}
_KEYS: dict[str, tuple[LiteralString, str]] = {
    "drugs": ("source_of_drug_key(%s) is not null", "{} is no key of a drug of DrugCentral, ChEMBL or the Repurposing Hub"),
    "go_terms": ("go_id_in(%s) is not null", "{} is no GO id"),
}


def missing_target(conn: Connection, rule: Rule) -> str:
    """What a rule maps to that does not exist, as a sentence without its stop; empty where it exists or cannot be known.

    Args:
        conn: A session with `genes_now` and the functions of the extraction.
        rule: The rule.
    """
    known = (_KEYS if rule.is_key else _EXISTS).get(rule.column)
    if rule.decision is not Decision.MAP_TO or known is None or not isinstance(rule.value, str):
        return ""
    question, sentence = known
    return "" if conn.value(sql.SQL("select {}").format(sql.SQL(question)), rule.value) else sentence.format(rule.value)


def see_targets(conn: Connection, rules: Rules) -> None:
    """Every target exists.

    Raises:
        ConfigurationError: One does not; names all.
    """
    missing = [(rule, what) for rule in rules.of_values if (what := missing_target(conn, rule))]
    if missing:
        told = "; ".join(f"the rule {rule.id!r} maps to what does not exist: {what}" for rule, what in missing)
        raise ConfigurationError(
            f"{told[0].upper()}{told[1:]}.", where=f"{rules.path}, line {missing[0][0].line}",
            next_step="Correct `map to`; `keep as` keeps a value that no other row has.",
        )  # fmt: skip
