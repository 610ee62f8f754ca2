"""The section of the settings about decisions of curators: where their rules are."""

from pathlib import Path

from pydantic import Field, field_validator

from mediabase_assets.settings.kinds import Section, absolute


class CurationSettings(Section):
    """What curators decided about single values."""

    rules_file: Path | None = Field(
        default=None, description="YAML file of curators' decisions (keep as, map to, drop, accept); none. `mediabase quarantine rules`"
    )

    @field_validator("rules_file")
    @classmethod
    def _is_absolute(cls, value: Path | None) -> Path | None:
        return absolute(value)
