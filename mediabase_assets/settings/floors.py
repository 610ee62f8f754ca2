"""The section `floors`: how many rows a table, biotype or source may lose against the release before."""

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mediabase_assets.settings.kinds import Positive, Section


class Accepted(BaseModel):
    """A loss that is wanted: its largest share, why, and against which release, if only against that one."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    share: float = Field(ge=0, le=1)
    reason: str = ""
    against: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_a_share(cls, value: object) -> object:
        """A number alone is the share."""
        return {"share": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class FloorSettings(Section):
    """When a release that has fewer rows than the one before warns, and when it is stopped."""

    warn_share: float = Field(default=0.01, ge=0, le=1, description="share of rows; a group that lost so many, or more, warns")
    stop_share: float = Field(default=0.05, ge=0, le=1, description="share of rows; a group that lost so many, or more, stops the release")
    smallest_group: Positive = Field(default=100, description="rows; a group that had fewer only warns, whatever it lost")
    accept: dict[str, Accepted] = Field(
        default={},
        description="wanted losses, by the name of the group as a check tells it: a share, or share, reason and against (a release)",
    )

    @field_validator("accept")
    @classmethod
    def _are_groups(cls, value: dict[str, Accepted]) -> dict[str, Accepted]:
        for name in value:
            relation, slash, group = name.partition("/")
            if not relation or (slash and "=" not in group and "*" not in name):
                raise ValueError(f"{name!r} is not the name of a group, such as genes or gene_pathways/source=Reactome")
        return value

    @model_validator(mode="after")
    def _warns_first(self) -> "FloorSettings":
        if self.warn_share > self.stop_share:
            raise ValueError("Input should have a warn_share that is not above the stop_share")
        return self
