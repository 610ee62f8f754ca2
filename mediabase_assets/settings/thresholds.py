"""Thresholds of the validation that a configuration may change; each is stated beside its check in `model.release_checks`."""

from pydantic import Field

from mediabase_assets.model.release_checks import WELL_KNOWN
from mediabase_assets.settings.kinds import Section


class Thresholds(Section):
    """When a suite of the validation passes; the owner's keys, with what the checks of coverage need."""

    data_accuracy_threshold: float = Field(
        default=99.0, ge=0, le=100, description="% of genes, drug keys and facts that must come back; fewer stop the release"
    )
    missing_data_threshold: float = Field(
        default=1.0, ge=0, le=100, description="% of required values of genes that may be missing without a warning"
    )
    max_duplicate_rate: float = Field(
        default=0.05, ge=0, le=1, description="share of genes that may share a symbol (more stop the release), of drugs a name (warns)"
    )
    max_error_rate: float = Field(default=0.1, ge=0, le=1, description="share of all facts that may be in quarantine without a warning")
    performance_improvement_threshold: float = Field(
        default=2.0, ge=0, description="times that the views should answer faster than the legacy table, as a median; less warns"
    )
    min_drug_coverage: float = Field(default=0.05, ge=0, le=1, description="share of genes that should have drugs; fewer warn")
    min_annotation_coverage: float = Field(
        default=0.3, ge=0, le=1, description="share of genes that should have pathways or annotations; fewer warn"
    )
    min_cross_reference_coverage: float = Field(
        default=0.8, ge=0, le=1, description="share of genes that should have cross-references; fewer warn"
    )
    well_known_genes: list[str] = Field(
        default=list(WELL_KNOWN), description="symbols that a release must hold where the legacy table does; 33 cancer genes"
    )
