"""What each check of the project says: a sentence when it passes, and one with a number when it fails.

Contains texts only. Names and descriptions of the checks are where the checks are declared; who writes these sentences is `runs.results`.
"""

from dataclasses import dataclass

from mediabase_assets.model.quantities import number
from mediabase_assets.model.release_checks import CHECKS


@dataclass(frozen=True)
class CheckText:
    """The sentences of one check. `{count}` in them is the number of failures, `{relation}` the relation or asset that was checked.

    Attributes:
        passed: What is true when it passes.
        one: What is wrong when there is one failure.
        many: What is wrong when there are several; empty for a check that passes or fails as a whole.
    """

    passed: str
    one: str
    many: str = ""

    def failed(self, failures: int, relation: str) -> str:
        """What is wrong, as a sentence with the number of failures.

        >>> CHECK_TEXTS["no_symbols_differ_in_case_only"].failed(2, "symbol_conflicts")
        '2 symbols differ from another one in case only.'
        >>> CHECK_TEXTS["every_row_fits_its_model"].failed(1, "genes")
        '1 value does not fit the model of genes.'
        """
        text = self.one if failures == 1 or not self.many else self.many
        return text.format(count=number(failures), relation=relation)


#: The prerequisites: a failed one says what it found instead, where it found something.
_PREREQUISITES = {
    "server_is_recent_enough": CheckText("The server is recent enough.", "The server is older than PostgreSQL 14."),
    "encoding_is_utf8": CheckText("The database stores text as UTF-8.", "The database does not store text as UTF-8."),
    "role_may_create_schemas": CheckText(
        "The role may create schemas and relations.", "The role lacks privileges on the database or on the live schema."
    ),
    "ddl_is_allowed": CheckText("DDL is allowed.", "An event trigger forbids the creation of schemas, tables or views."),
    "tablespace_is_open": CheckText(
        "The role may create tables in its default_tablespace.", "The role may not create tables in its default_tablespace."
    ),
    "foreign_keys_are_checked": CheckText(
        "Foreign keys are checked in the sessions of the role.", "Foreign keys are not checked in the sessions of the role."
    ),
    "sessions_are_enough": CheckText("The role may open enough sessions.", "The role may not open enough sessions for a migration."),
    "legacy_table_is_there": CheckText("The legacy table exists.", "The legacy table does not exist, or it is not an ordinary table."),
    "legacy_table_is_not_ours": CheckText(
        "The legacy table is not a relation of a release.", "The legacy table is a relation that a release would rewrite."
    ),
    "legacy_table_is_readable": CheckText("The role may read the legacy table.", "The role may not read the legacy table."),
    "no_rows_are_hidden": CheckText("No rows of the legacy table are hidden.", "Row-level security hides rows of the legacy table."),
    "required_columns_are_there": CheckText(
        "The required columns exist.", "Columns of the legacy table are missing or of types that cannot be read."
    ),
    "legacy_table_has_rows": CheckText("The legacy table has rows.", "The legacy table is empty."),
    "transcript_ids_are_unique": CheckText("Transcript ids are unique.", "Legacy rows share a transcript_id or have none."),
    "disk_has_room": CheckText("The disk has room.", "The disk has less free space than three times the size of the legacy table."),
    "backups_can_be_kept": CheckText("Backups can be kept in their place.", "Backups cannot be written to their place, or not read."),
    "no_other_migration_runs": CheckText("No other migration is running.", "Another migration into the same schema is running."),
    "target_names_are_free": CheckText("The target names are free.", "Other relations have the names of tables or views of a release."),
}

_BACKUP = {
    "files_are_complete": CheckText(
        "Every file of the backup is complete.",
        "1 file of the backup is missing or has another size than the manifest says.",
        "{count} files of the backup are missing or have another size than the manifest says.",
    ),
    "checksums_match": CheckText(
        "The checksums match.",
        "1 file of the backup does not have the checksum of the manifest.",
        "{count} files of the backup do not have the checksum of the manifest.",
    ),
    "archives_name_every_relation": CheckText(
        "The archives list every relation.",
        "1 relation is missing from the archives, or 1 archive cannot be listed.",
        "{count} relations are missing from the archives, or their archives cannot be listed.",
    ),
    "archives_can_be_read_whole": CheckText(
        "Every archive can be read to its end.",
        "1 archive cannot be read to its end.",
        "{count} archives cannot be read to their end.",
    ),
    "row_counts_match": CheckText(
        "The row counts match.",
        "The backup holds another number of rows of 1 table than there were.",
        "The backup holds other numbers of rows of {count} tables than there were.",
    ),
    "newest_backup_can_be_restored": CheckText(
        "Everything was restored as it was backed up.", "The newest backup cannot be restored as it was backed up."
    ),
}


def _restored(one: str, many: str) -> CheckText:
    """The text of a finding about things that a restore has to bring back."""
    return CheckText(
        f"{many.capitalize()} are restored.",
        f"1 {one} was not restored as the manifest describes it.",
        f"{{count}} {many} were not restored as the manifest describes them.",
    )


#: What the proof of a restore found in detail: findings of one check.
_RESTORE_PROOF = {
    "archives_restore_without_errors": CheckText(
        "The archives were restored without errors.",
        "1 error was reported while the archives were restored.",
        "{count} errors were reported while the archives were restored.",
    ),
    "every_relation_is_restored": CheckText(
        "Every relation is restored.", "1 relation was not restored.", "{count} relations were not restored."
    ),
    "every_table_holds_what_was_backed_up": CheckText(
        "Every table holds what was backed up.",
        "1 table does not hold what was backed up.",
        "{count} tables do not hold what was backed up.",
    ),
    "columns_are_restored": _restored("column", "columns"),
    "indexes_are_restored": _restored("index", "indexes"),
    "constraints_are_restored": _restored("constraint", "constraints"),
    "triggers_are_restored": _restored("trigger", "triggers"),
    "views_are_restored": _restored("view", "views"),
    "comments_are_restored": _restored("comment", "comments"),
    "privileges_are_restored": _restored("privilege", "privileges"),
}

_EXTRACTION = {
    "every_symbol_names_one_gene": CheckText(
        "Every symbol names one gene.", "1 symbol names more than one gene.", "{count} symbols name more than one gene."
    ),
    "every_legacy_row_has_one_outcome": CheckText(
        "Every legacy row has one outcome.",
        "1 legacy row has no outcome, or more than one.",
        "{count} legacy rows have no outcome, or more than one.",
    ),
    "kinds_of_facts_add_up": CheckText(
        "The kinds of facts add up.",
        "In 1 column, the kinds of facts do not add up to the facts of the column.",
        "In {count} columns, the kinds of facts do not add up to the facts of the column.",
    ),
    "no_annotation_is_shared_by_different_symbols": CheckText(
        "No annotation is shared by different symbols.",
        "1 annotation is shared by genes with different symbols.",
        "{count} annotations are shared by genes with different symbols.",
    ),
    "no_symbols_differ_in_case_only": CheckText(
        "No symbols differ in case only.",
        "1 symbol differs from another one in case only.",
        "{count} symbols differ from another one in case only.",
    ),
}

_TABLES_AND_VIEWS = {
    "every_row_fits_its_model": CheckText(
        "Every row fits the model of {relation}.",
        "1 value does not fit the model of {relation}.",
        "{count} values do not fit the model of {relation}.",
    ),
    "every_key_is_unique": CheckText(
        "Every key of {relation} is unique.",
        "1 key of {relation} is NULL or occurs more than once.",
        "{count} keys of {relation} are NULL or occur more than once.",
    ),
    "every_reference_exists": CheckText(
        "Every row that {relation} refers to exists.",
        "1 row of {relation} refers to a row that does not exist.",
        "{count} rows of {relation} refer to rows that do not exist.",
    ),
    "every_fact_is_accounted_for": CheckText(
        "Every fact of {relation} is accounted for.",
        "1 line of the account of {relation} does not balance.",
        "{count} lines of the account of {relation} do not balance.",
    ),
    "every_number_agrees_with_the_tables": CheckText(
        "Every number of {relation} agrees with the tables.",
        "1 number of {relation} does not agree with the tables.",
        "{count} numbers of {relation} do not agree with the tables.",
    ),
    "every_gene_id_is_kept_or_quarantined": CheckText(
        "Every gene id is kept or quarantined.",
        "1 gene id of the legacy table is neither kept nor quarantined.",
        "{count} gene ids of the legacy table are neither kept nor quarantined.",
    ),
    "every_transcript_is_kept_merged_or_quarantined": CheckText(
        "Every transcript is kept, merged or quarantined.",
        "1 transcript of the legacy table is neither kept nor merged nor quarantined.",
        "{count} transcripts of the legacy table are neither kept nor merged nor quarantined.",
    ),
    "every_set_of_a_transcript_exists": CheckText(
        "Every set of GO annotations of a transcript exists.",
        "1 transcript refers to a set of GO annotations that does not exist.",
        "{count} transcripts refer to sets of GO annotations that do not exist.",
    ),
    "every_set_has_its_members": CheckText(
        "Every set of GO annotations has its members.",
        "1 set of GO annotations has another number of members than it records.",
        "{count} sets of GO annotations have another number of members than they record.",
    ),
    "no_two_sets_share_an_id": CheckText(
        "No two sets of GO annotations share an id.",
        "1 id is shared by different sets of GO annotations.",
        "{count} ids are shared by different sets of GO annotations.",
    ),
    "drug_entries_yield_interactions": CheckText(
        "The drug entries yield interactions.", "The legacy table holds drugs, but {relation} has no rows."
    ),
    "no_drug_of_a_reaction_alone_is_an_interaction": CheckText(
        "No drug of a reaction alone is an interaction.",
        "1 interaction is based only on a PharmGKB reaction that names the drug.",
        "{count} interactions are based only on a PharmGKB reaction that names the drug.",
    ),
}

_WHOLE = {
    "deployed_schema_is_the_model": CheckText(
        "The deployed schema is that of the model.",
        "The deployed schema differs from the model in 1 place.",
        "The deployed schema differs from the model in {count} places.",
    ),
    "every_column_is_accounted_for": CheckText(
        "Every column of the legacy table is accounted for.",
        "1 account of a legacy column does not balance.",
        "{count} accounts of legacy columns do not balance.",
    ),
    "nobody_wrote_to_the_legacy_table_meanwhile": CheckText(
        "The legacy table did not change between backup and extraction.",
        "The legacy table changed between backup and extraction; the next migration reads the later changes.",
    ),
    "every_difference_is_explained": CheckText(
        "Every difference is explained.",
        "1 difference between the legacy table and the normalized tables is not explained.",
        "{count} differences between the legacy table and the normalized tables are not explained.",
    ),
    "every_derived_value_follows_its_rule": CheckText(
        "Every derived value follows its rule.",
        "1 value of the normalized tables does not follow its rule.",
        "{count} values of the normalized tables do not follow their rules.",
    ),
    "no_column_is_left_out_of_the_comparison": CheckText(
        "No column is left out of the comparison.",
        "1 legacy column that holds values was not compared.",
        "{count} legacy columns that hold values were not compared.",
    ),
    "every_leaf_has_an_account": CheckText(
        "Every value of the legacy table has an account.",
        "1 value of the legacy table has no account and would be lost.",
        "{count} values of the legacy table have no account and would be lost.",
    ),
    "every_value_of_a_row_was_read": CheckText(
        "Every value of a row was read.",
        "The census did not read all values of 1 legacy column.",
        "The census did not read all values of {count} legacy columns.",
    ),
    "what_is_read_is_found_in_the_tables": CheckText(
        "What is read is found in the tables.",
        "1 sampled value of the legacy table is neither in the tables nor in quarantine or repairs.",
        "{count} sampled values of the legacy table are neither in the tables nor in quarantine or repairs.",
    ),
    "no_more_values_are_refused_than_allowed": CheckText(
        "No more values are refused than allowed.",
        "More values of 1 legacy column are refused for the same reason than the settings allow.",
        "In {count} cases, more values of a legacy column are refused for the same reason than the settings allow.",
    ),
    "every_rule_of_curators_matches": CheckText(
        "Every rule of the curators matches what it is about.",
        "1 rule of the curators matches nothing any more, or more than it accepts.",
        "{count} rules of the curators match nothing any more, or more than they accept.",
    ),
    "both_sides_give_the_same_answer": CheckText(
        "Both sides give the same answer.",
        "1 question gets another answer from the views than from the legacy table.",
        "{count} questions get other answers from the views than from the legacy table.",
    ),
    "the_report_was_written": CheckText("The report was written.", "The report was not written."),
}

_PATIENTS = {
    "enough_ids_are_known": CheckText("Enough ids of the file are in the database.", "Too few ids of the file are in the database."),
}

#: The suites of a release: the explanation of a result has the numbers.
_SUITES = {name: CheckText(check.passed, check.problem) for name, check in CHECKS.items()}

#: The text of every check, and of every finding of the proof of a restore, by name.
CHECK_TEXTS: dict[str, CheckText] = {
    **_PREREQUISITES, **_BACKUP, **_RESTORE_PROOF, **_EXTRACTION, **_TABLES_AND_VIEWS, **_WHOLE, **_SUITES, **_PATIENTS,
}  # fmt: skip
