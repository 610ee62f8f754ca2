"""Sections of the settings that have an effect here: validation, backup, views, patients.

Contains the values; those of the owner's files that have no effect are in `ignored`, the database in `database`.
"""

import re
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from mediabase_assets.settings.cron import cron
from mediabase_assets.settings.kinds import Positive, Section, Whole, absolute, ignored
from mediabase_assets.settings.location import place_of_backups
from mediabase_assets.settings.thresholds import Thresholds


class ValidationSettings(Thresholds):
    """What a valid symbol and a valid name is, and what the suites of the validation require."""

    invalid_symbol_patterns: list[str] = Field(
        default=[
            "^Metazoa_SRP$",
            "(?i)^(unplaced_|unlocalized_)?(scaffold|contig)([_. -]?[A-Za-z0-9]+)*$",
            "(?i)^uncharacterized([_. -].*)?$",
            "^([^_]*_){4,}[^_]*$",
        ],
        description="anchored regular expressions; a gene whose symbol matches one is quarantined",
    )
    max_gene_symbol_length: Positive = Field(default=50, description="characters; longer symbols are quarantined")
    drug_name_min_length: Positive = Field(default=2, description="characters; shorter drug names are quarantined")
    required_gene_fields: list[str] = ignored(["gene_id", "gene_symbol", "gene_type"], "the data model says which columns are required")
    cross_reference_databases: list[str] = ignored(["UniProt", "RefSeq", "Ensembl"], "cross-references of every database are kept")
    go_categories: list[str] = ignored(
        ["molecular_function", "biological_process", "cellular_component"], "the three aspects of GO are fixed"
    )
    enable_strict_validation: bool = Field(
        default=True,
        description="whether too many values set aside, failed suites and lost rows stop the release; otherwise they warn",
    )
    validation_timeout: Whole = Field(
        default=0, ge=0, description="seconds that a step of the layer validation may take; 0: as stage_timeout_minutes says"
    )
    max_validation_errors: Whole = Field(default=1000, ge=0, description="values of one column that may be set aside for one reason")
    max_validation_error_share: float = Field(
        default=0.01, ge=0, le=1, description="share of a column's values that may be, whatever their number"
    )

    @field_validator("invalid_symbol_patterns")
    @classmethod
    def _are_anchored(cls, patterns: list[str]) -> list[str]:
        """They are applied by PostgreSQL's `~`, where an unanchored one would lose real genes."""
        for pattern in patterns:
            if not pattern.startswith(("^", "(?i)^")) or not pattern.endswith("$") or pattern.endswith(r"\$"):
                raise ValueError(f"{pattern!r} should begin with ^ or (?i)^ and end with $")
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return patterns


class BackupSettings(Section):
    """Where backups are, and when it is proved by itself that the newest can be restored; the time zone is that of the views."""

    location: str = Field(
        default="", description="where backups are: a folder, or s3://bucket/prefix?region=…; takes the place of backup_dir"
    )
    proof_schedule: str = Field(default="0 4 * * 0", min_length=1, description="cron expression of the weekly proof")
    _is_cron = field_validator("proof_schedule")(cron)
    _is_location = field_validator("location")(place_of_backups)


class ViewSettings(Section):
    """When views are brought up to date by themselves."""

    refresh_schedule: str = Field(default="0 3 * * *", min_length=1, description="cron expression of the scheduled refresh")
    time_zone: str = Field(default="UTC", description="time zone of the schedule, Europe/Berlin")

    _is_cron = field_validator("refresh_schedule")(cron)

    @field_validator("time_zone")
    @classmethod
    def _is_time_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is not a time zone, such as Europe/Berlin") from error
        return value


class PatientSettings(Section):
    """Which files of patients are taken."""

    # real files match at 17 % and more (private transcripts beside Ensembl ids; Entrez ids where the database knows few), others at 0
    minimum_match_rate: float = Field(
        default=0.1, ge=0, le=1, description="smallest share of a file's ids that must be in the database, or nothing of it is stored"
    )
    inbox: Path | None = Field(default=None, description="folder whose files are imported by themselves; none")
    maximum_file_size: Positive = Field(default=512, description="MB of a file, unpacked; a larger one is refused")

    @field_validator("inbox")
    @classmethod
    def _is_absolute(cls, value: Path | None) -> Path | None:
        return absolute(value)
