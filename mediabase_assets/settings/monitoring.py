"""The section `monitoring`: how often a run is sampled, how long samples are kept, where metrics are exported, what is told as a warning.

Contains the values; what is measured is in the package `monitoring`.
"""

from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from mediabase_assets.settings.kinds import Port, Positive, Section, absolute

#: Keys of the owner's files that this section has under another name.
MONITORING_ALIASES = {"monitoring.monitoring_interval_seconds": "monitoring.interval_seconds"}


class MonitoringSettings(Section):
    """What is measured while a run works, and where it is shown."""

    interval_seconds: float = Field(default=1.0, ge=0, le=3600, description="seconds between two samples of a run; 0 takes none")
    keep_days: Positive = Field(default=90, description="days for which samples are kept; what is known of each asset stays")
    query_timeout_ms: Positive = Field(default=5000, description="milliseconds after which a statement of the monitoring is given up")
    memory_warning_mb: Positive = Field(default=1536, description="MB of memory of a process of ours that are told as a warning")
    memory_critical_mb: Positive = Field(default=2048, description="MB of memory of a process of ours that are told as critical")
    cpu_warning_percent: float = Field(default=80, gt=0, le=100, description="percent of the machine's CPU that are told as a warning")
    cpu_critical_percent: float = Field(default=95, gt=0, le=100, description="percent of the machine's CPU that are told as critical")
    disk_warning_percent: float = Field(default=85, gt=0, le=100, description="percent of a disk in use that are told as a warning")
    disk_critical_percent: float = Field(default=95, gt=0, le=100, description="percent of a disk in use that are told as critical")
    prometheus_file: Path | None = Field(default=None, description="file for node_exporter's textfile collector, ending in .prom; none")
    metrics_port: Port | None = Field(default=None, description="port on which `mediabase ui` answers Prometheus; none")
    metrics_host: str = Field(default="127.0.0.1", min_length=1, description="address of that port; anybody who reaches it may read")

    @field_validator("prometheus_file")
    @classmethod
    def _is_collected(cls, value: Path | None) -> Path | None:
        if value is not None and value.suffix != ".prom":
            raise ValueError(f"{str(value)!r} should end in .prom, or node_exporter does not read it")
        return absolute(value)

    @model_validator(mode="after")
    def _are_in_order(self) -> Self:
        for name, unit in (("memory", "mb"), ("cpu", "percent"), ("disk", "percent")):
            if getattr(self, f"{name}_warning_{unit}") > getattr(self, f"{name}_critical_{unit}"):
                raise ValueError(f"{name}_warning_{unit} should not be above {name}_critical_{unit}")
        return self
