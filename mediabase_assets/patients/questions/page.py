"""One patient on one HTML page that needs nothing else: no script, no file beside it, no address on the network.

Contains the layout. Every text from a file or the database is escaped; the page may be sent on as it is, and holds the patient's values.
"""

import base64
import html
from collections.abc import Iterable, Mapping
from typing import Any

from mediabase_assets.model.patients import DOWN, UP
from mediabase_assets.model.quantities import counted, moment, number
from mediabase_assets.patients.questions.asking import SIGNIFICANT, Answer
from mediabase_assets.patients.questions.enrich import FEWEST_GENES
from mediabase_assets.patients.questions.facts import PatientFacts, facts_of, most_changed
from mediabase_assets.patients.questions.pictures import histogram, values_of, volcano
from mediabase_assets.patients.questions.sota import sota
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#222;max-width:76em;margin:2em auto;padding:0 1em}
h1{font-size:1.6em;margin-bottom:.2em}h2{font-size:1.2em;margin-top:2em}p.note{color:#666;max-width:60em}
table{border-collapse:collapse;font-size:13px;margin:.6em 0}
th,td{padding:.25em .7em;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}
th{background:#f1f4f7}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}img{max-width:100%;margin-right:1em}
dl{display:grid;grid-template-columns:max-content auto;gap:.15em 1.2em}dt{color:#666}dd{margin:0}
@media print{h2{break-after:avoid}tr{break-inside:avoid}}
"""
_NOTE = (
    "For research. Up is a fold change over {up:g}, down one under {down:g}; significant is an adjusted p value under {significant:g}."
    " A candidate is a drug that acts on an up-regulated gene, not advice:"
    " whether it lowers the gene's activity, and what it is approved for, has to be checked."
)
#: Columns of tables, as people read them.
_HEADERS = {
    "expression_fold_change": "fold change", "log2_fold_change": "log2 fold change", "adjusted_p_value": "adjusted p", "p_value": "p",
    "up_adjusted_p_value": "up, adjusted p", "down_adjusted_p_value": "down, adjusted p", "rank_adjusted_p_value": "ranks, adjusted p",
    "gene_symbol": "gene", "drug_names": "drugs, the best five", "mechanism_drugs": "by mechanism", "approved_drugs": "approved",
    "ranked_above": "ranks higher",
}  # fmt: skip


def report_page(conn: Connection, settings: Settings, patient_id: str) -> str:
    """The page of a patient, as text.

    Args:
        conn: A session that may read the patient.
        settings: Which live schema.
        patient_id: Whose.

    Raises:
        PatientError: There is no such patient.
    """
    facts = facts_of(conn, settings, patient_id, limit=50)
    changes, p_values = values_of(conn, settings, patient_id)
    pictures = (("volcano plot", volcano(changes, p_values)), ("histogram of the log2 fold changes", histogram(changes)))
    parts = [
        f"<h1>Patient {_text(patient_id)}</h1>",
        f'<p class="note">{_text(_NOTE.format(up=UP, down=DOWN, significant=SIGNIFICANT))}</p>',
        _list(_file(facts)),
        "".join(_picture(name, png) for name, png in pictures if png is not None),
        f"<h2>Drugs for up-regulated genes</h2><p>{_text(candidates_sentence(facts))}</p>",
        _table(facts.candidates),
        f"<h2>Pathways</h2><p>{_text(pathways_sentence(facts))}</p>",
        _table(facts.pathways),
        "<h2>What changed most</h2>",
        _table(most_changed(conn, settings, patient_id)),
        "<h2>SOTA questions</h2>",
        *(f"<h3>{_text(answer.question)}</h3>{_table(answer)}" for answer in sota(conn, settings, patient_id)),
    ]
    head = (
        '<meta charset="utf-8"><meta http-equiv="Content-Security-Policy"'
        " content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        f'<meta name="referrer" content="no-referrer"><title>Patient {_text(patient_id)}</title><style>{_STYLE}</style>'
    )
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(parts) + "\n</body></html>\n"


def candidates_sentence(facts: PatientFacts) -> str:
    """How many up-regulated genes have drugs, in a sentence."""
    if not facts.druggable_genes:
        return "No drug in the database acts on an up-regulated gene."
    approved = sum(bool(row["approved_drugs"]) for row in facts.candidates)
    known = f"{counted(approved, 'gene')} of those listed with a drug that a source calls approved."
    unknown = "No source in the database names the phase of these drugs; DrugCentral, which lists approved drugs, never does."
    return (
        f"{counted(facts.druggable_genes, 'up-regulated gene')} of {number(facts.counts['up'])} with"
        f" {counted(facts.candidate_drugs, 'drug')}; {known if approved else unknown}"
    )


def pathways_sentence(facts: PatientFacts) -> str:
    """What was tested and what was found, in a sentence."""
    tested = facts.enrichment
    if not tested:
        return "Pathways were not tested yet."
    if not tested["tested"]:
        return f"No pathway has at least {FEWEST_GENES} measured genes among {counted(tested['background'], 'gene')}, so none was tested."
    old = "" if tested["is_current"] else " The file or its matching changed since; the test has to be repeated."
    return (
        f"{number(facts.pathways_hit)} of {counted(tested['tested'], 'pathway')} with at least {FEWEST_GENES} measured genes"
        f" {'is' if facts.pathways_hit == 1 else 'are'} hit"
        f" (false discovery rate {SIGNIFICANT:g}, Benjamini and Hochberg): over-representation of {number(tested['up_genes'])} up- and"
        f" {counted(tested['down_genes'], 'down-regulated gene')} among {counted(tested['background'], 'measured one')}"
        f" (hypergeometric test), or ranks by {tested['ranked_by']} (Mann-Whitney test; ranks higher over 0.5 means up).{old}"
    )


def _file(facts: PatientFacts) -> dict[str, str]:
    """What is said about the file and the counts."""
    file, counts, thing = facts.file, facts.counts, f"{facts.file['level']}s"
    significant = counts["up_significant"] is not None
    return {
        "file": f"{file['file_name']}, {file['tool'] or 'unknown tool'}, {file['level']}s, {file['scale']}",
        "rows": f"{number(file['rows_read'])} read, {number(file['stored'])} stored, {number(file['unmatched'])} not matched"
        f" ({file['match_rate']:.1%} matched)",
        "imported": moment(file["imported_at"]),
        "up": f"{number(counts['up'])} {thing}" + (f", {number(counts['up_significant'])} significant" if significant else ""),
        "down": f"{number(counts['down'])} {thing}" + (f", {number(counts['down_significant'])} significant" if significant else ""),
        "unchanged": f"{number(counts['unchanged'])} {thing}",
        "without value": f"{number(counts['without_value'])} {thing}",
    }


def _list(entries: Mapping[str, str]) -> str:
    return "<dl>" + "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in entries.items()) + "</dl>"


def _table(answer: Answer) -> str:
    if not len(answer):
        return "<p>None.</p>"
    head = "".join(f"<th>{_text(_HEADERS.get(name, name.replace('_', ' ')))}</th>" for name in answer.columns)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{_rows(answer.rows)}</tbody></table>"


def _rows(rows: Iterable[tuple[Any, ...]]) -> str:
    return "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return "<td></td>"
    if isinstance(value, bool):
        return f"<td>{'yes' if value else 'no'}</td>"
    if isinstance(value, int):
        return f'<td class="n">{value:,}</td>'
    if isinstance(value, float):
        return f'<td class="n">{value:.3g}</td>'
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"<td>{_text(text)}</td>"


def _picture(name: str, png: bytes) -> str:
    return f'<img alt="{_text(name)}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)
