"""Breaks a rule of the extraction and sees that no value is lost in silence: nothing is released, or quarantine holds the value.

    python -m mediabase_assets_tests.faults.mutations

migrates a small table with rich entries once, then for each mutation a copy of the package whose SQL was changed, and prints what caught
it; about 20 seconds each. A mutation takes a rule away, narrows a column or drops a part of a value.
"""
# ruff: noqa: E501  # a mutation is one line, so that the list can be read

import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

import mediabase_assets
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.embedded import server
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.environment import clean_environment

PACKAGE = Path(mediabase_assets.__file__).parent
SQL = Path("extraction/sql")
ROWS = 1500


@dataclass(frozen=True)
class Mutation:
    """A rule that is broken.

    Attributes:
        name: What is broken.
        file: The file.
        text: A regular expression for the text of the rule.
        becomes: What it becomes.
        lost: Text of the planted entries that the mutation loses.
    """

    name: str
    file: str
    text: str
    becomes: str
    lost: str


#: Entries of every kind in which each text is there once, for one gene.
PLANTED: dict[str, object] = {
    "drugs": {
        "990001": {"name": "mutadrugA", "mechanism": "1", "action_type": "INHIBITOR", "evidence": {"type": "IC50", "score": 6.25},
                   "target_name": "mutatarget", "indication": "mutaindication", "disease_area": "mutaarea", "synonyms": ["mutasynonym"],
                   "references": [{"pmid": "31000001"}, {"pmid": "31000002"}]},
        "CHEMBL990002": {"name": "mutadrugB", "score": "12.5", "activity_units": "mutaunit", "activity_type": "mutatype", "max_phase": 3},
        "pharmgkb_data": {"source": "PharmGKB", "processed_date": "2025-06-18T10:00:00", "clinical_annotations": [
            {"annotation_id": "990001", "variant": "rsmuta1", "drug": "mutadrugC", "phenotype_category": "mutacategory", "phenotypes":
             "mutaphenotype", "evidence_level": "3", "score": 1.5, "url": "mutaurl", "specialty_population": "mutapopulation",
             "pmid": "31000003", "extra": "mutaextra"}]},
    },
    "pharmgkb_pathways": {"PA990009": {"pathway_name": "mutapathway", "pathway_id": "PA990009", "drug_focus": "mutafocus", "reactions": [
        {"from": "mutafrom", "to": "mutato", "reaction_type": "mutareaction", "control_type": "mutacontrol", "cell_type": "mutacell",
         "controller_genes": ["mutagene"], "drugs": ["mutareactant"], "diseases": ["mutadisease"], "pmids": ["31000004"],
         "summary": "mutasummary"}], "gene_roles": {"mutaother": {"role": "mutarole", "reactions": ["mutarest"]}}}},
    "source_references": {"publications": [
        {"pmid": "31000005", "title": "mutatitle", "abstract": "mutaabstract", "journal": "mutajournal", "authors": ["mutaauthor"], "year": 2004,
         "doi": "10.1000/mutadoi", "url": "https://example.org/muta", "evidence_type": "mutaevidence", "source_db": "mutasource",
         "note": "mutanote"}]},
    "go_terms": {"GO:0099901": {"term": "muta term with a name of some length", "evidence": "IDA", "aspect": "molecular_function", "qualifier": "mutaqualifier",
                                "definition": "mutadefinition", "pmid": "PMID:31000006"}},
    "features": {"TSL": "1", "annotation_level": "2", "annotation_tags": "mutatag", "pathways": {"R-HSA-9900001": {"name": "mutareactome"}}},
    "alt_transcript_ids": {"transcript_name": "MUTANAME-201", "CCDS": "CCDS99001.1", "RefSeq": "NM_990001.2"},
    "alt_gene_ids": {"HGNC": "HGNC:990001", "OMIM": "990001", "KEGG": "hsa:990001"},
    "ncbi_ids": ["990002"],
    "molecular_functions": ["muta molecular function of a length that a narrow column would refuse"],
}  # fmt: skip

MUTATIONS = (
    Mutation("target names are not read", "drug_facts.sql", r"json_text\(v -> 'target_name'\) as target_name", "null::text as target_name", "mutatarget"),
    Mutation("indications are not read", "drug_facts.sql", r"json_text\(v -> 'indication'\) as indication", "null::text as indication", "mutaindication"),
    Mutation("disease areas are not read", "drug_facts.sql", r"json_text\(v -> 'disease_area'\) as disease_area", "null::text as disease_area", "mutaarea"),
    Mutation("what else an entry says is dropped", "drug_facts.sql", r"drug_entry_keys\(\), told\)", "drug_entry_keys(), told) - 'synonyms'", "mutasynonym"),
    Mutation("abstracts are not read", "reference_facts.sql", r"json_text\(told -> 'abstract'\) as abstract", "null::text as abstract", "mutaabstract"),
    Mutation("journals are not read", "reference_facts.sql", r"json_text\(told -> 'journal'\) as journal", "null::text as journal", "mutajournal"),
    Mutation("titles are not read", "reference_facts.sql", r"json_text\(told -> 'title'\) as title", "null::text as title", "mutatitle"),
    Mutation("DOIs are not read", "reference_facts.sql", r"object_of\(raw\) \? 'doi'", "object_of(raw) ? 'no doi'", "mutadoi"),
    Mutation("definitions of GO terms are not read", "go_facts.sql", r"json_text\(v -> 'definition'\) as definition", "null::text as definition", "mutadefinition"),
    Mutation("names of GO terms are narrowed", "go_facts.sql", r"octet_length\(term_said\) <= 2000", "octet_length(term_said) <= 20", "muta term with"),
    Mutation("names of pathways are narrowed", "pathway_facts.sql", r"<= 2000 then coalesce", "<= 5 then coalesce", "mutareactome"),
    Mutation("Entrez ids are narrowed", "rules/identifiers.sql", r"'NCBI' and id ~ '\^\[0-9\]\{1,12\}", "'NCBI' and id ~ '^[0-9]{1,2}", "990002"),
    Mutation("OMIM ids are not read", "rules/identifiers.sql", r"'OMIM' and id ~ '\^\[0-9\]\{6\}", "'OMIM' and id ~ '^[0-9]{7}", "990001"),
    Mutation("summaries of reactions are not read", "pharmgkb_reactions.sql", r"json_text\(v -> 'summary'\) as summary", "null::text as summary", "mutasummary"),
    Mutation("diseases of reactions are not read", "pharmgkb_reactions.sql", r"json_text_array\(v -> 'diseases'\)", "null::text[]", "mutadisease"),
    Mutation("cell types are not read", "pharmgkb_reactions.sql", r"json_text\(v -> 'cell_type'\) as cell_type", "null::text as cell_type", "mutacell"),
    Mutation("phenotypes are not read", "pharmgkb_annotation_facts.sql", r"json_text\(v -> 'phenotypes'\) as phenotype", "null::text as phenotype", "mutaphenotype"),
    Mutation("populations are not read", "pharmgkb_annotation_facts.sql", r"json_text\(v -> 'specialty_population'\) as population", "null::text as population", "mutapopulation"),
    Mutation("annotations are narrowed", "annotation_facts.sql", r"octet_length\(said\) > 600", "octet_length(said) > 40", "muta molecular"),
    Mutation("transcript names are not read", "transcript_candidates.sql", r"transcript_name\(raw_name\) as transcript_name", "null::text as transcript_name", "MUTANAME"),
)  # fmt: skip


def copy_of_package(folder: Path, mutation: Mutation | None) -> Path:
    """The package in a folder, with the rule broken; what to put on the path.

    Raises:
        LookupError: The rule is written otherwise now.
    """
    shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    if (instance := PACKAGE.parent / "dagster.yaml").exists():  # of a checkout; an installed package has it elsewhere
        shutil.copy2(instance, folder)
    if mutation is not None:
        path = folder / PACKAGE.name / SQL / mutation.file
        changed, number = re.subn(mutation.text, mutation.becomes, path.read_text(encoding="utf-8"))
        if not number:
            raise LookupError(f"{mutation.file} does not say {mutation.text!r} any more ({mutation.name}).")
        path.write_text(changed, encoding="utf-8")
    return folder


def migrate(home: Path, mutation: Mutation | None, *options: str) -> subprocess.CompletedProcess[str]:
    """`mediabase migrate` by a copy of the package."""
    with tempfile.TemporaryDirectory(prefix="mediabase-mutation-") as folder:
        path = copy_of_package(Path(folder), mutation)
        environment = clean_environment()
        environment |= {"MEDIABASE_HOME": str(home), "PYTHONPATH": str(path), "COLUMNS": "200"}
        command = [sys.executable, "-m", "mediabase_assets", "migrate", "--skip-confirmation", *options]
        return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


def plant(home: Path) -> None:
    """Give one healthy gene of the demonstration the rich entries."""
    settings = load_settings(home=home)
    columns = ", ".join(
        f"{c} = array[{', '.join(['%s'] * len(v))}]" if isinstance(v, list) else f"{c} = %s::jsonb" for c, v in PLANTED.items()
    )
    values = [each for v in PLANTED.values() for each in (v if isinstance(v, list) else [json.dumps(v)])]
    with connect(settings, autocommit=True) as conn:
        conn.execute(
            f"""update cancer_transcript_base set {columns} where transcript_id = (
                  select min(transcript_id) from cancer_transcript_base where gene_id ~ '^ENSG0[0-9]{{10}}$' and gene_symbol ~ '^[A-Z]'
                    and transcript_id ~ '^ENST0[0-9]{{10}}$' and gene_id in (
                      select gene_id from cancer_transcript_base group by 1 having count(*) = 1))""",
            values,
        )


def caught_by(home: Path, mutation: Mutation, outcome: subprocess.CompletedProcess[str]) -> str:
    """What kept the value from being lost: failed checks, or quarantine; empty for nothing."""
    failed = sorted(set(re.findall(r"check (\w+):", outcome.stdout)))
    if outcome.returncode:
        return ", ".join(failed) or "the run failed"
    with connect(load_settings(home=home), autocommit=True) as conn:
        held = conn.execute(
            "select string_agg(distinct asset || ' ' || reason, ', ') from mediabase_ops.quarantine where strpos(raw_value::text, %s) > 0"
            " and migration_id = (select migration_id from mediabase_ops.releases order by released_at desc limit 1)",
            (mutation.lost,),
        ).fetchone()
    return f"quarantine: {held[0]}" if held and held[0] else ""


def main() -> int:
    """Run all of them; the exit code is how many values were lost."""
    wanted = [m for m in MUTATIONS if not sys.argv[1:] or any(word in m.name for word in sys.argv[1:])]
    home = Path(tempfile.mkdtemp(prefix="mediabase-mutations-"))
    home.chmod(0o755)
    table = Table("mutation", "caught by", box=None, pad_edge=False)
    lost = 0
    try:
        first = migrate(home / "home", None, "--demo", "--demo-transcripts", str(ROWS))
        if first.returncode == 0:
            plant(home / "home")
        second = migrate(home / "home", None)
        if first.returncode or second.returncode:
            print(first.stdout[-2000:], first.stderr[-2000:], second.stdout[-4000:], second.stderr[-2000:])
            return 100
        for mutation in wanted:
            found = caught_by(home / "home", mutation, migrate(home / "home", mutation))
            lost += not found
            table.add_row(mutation.name, found or "[red]NOTHING: the value is lost[/]")
            Console().print(mutation.name, "→", found or "NOTHING")
        Console().print(table)
    finally:
        try:
            server.remove(home / "home")
        except psycopg.Error as error:
            print(f"The server under {home} could not be removed: {error}")
        shutil.rmtree(home, ignore_errors=True)
    return lost


if __name__ == "__main__":
    sys.exit(main())
