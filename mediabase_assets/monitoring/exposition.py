"""Metrics for Prometheus: what there is, as text, as a file for node_exporter, and over HTTP. No name of a patient is in any of them.

Everything is read when it is asked for, and kept for some seconds, so that several collectors cost one reading. Contains the forms and the
metrics of files and disks; those of the database are in `families`.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import psycopg
from prometheus_client import generate_latest, start_http_server, write_to_textfile
from prometheus_client.core import CollectorRegistry, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mediabase_assets.model.errors import ConfigurationError, MediabaseError
from mediabase_assets.monitoring.families import Facts, gauge, of_dagster, of_database, of_disks
from mediabase_assets.settings.load import Settings

#: Seconds for which what was read is told again.
KEPT = 10.0
Ask = Callable[[], Facts]


class MediabaseCollector(Collector):
    """Reads the metrics when Prometheus asks.

    Args:
        settings: Which database.
        ask: Asks Dagster's storage, where that is known.
        kept: Seconds for which what was read is told again.
    """

    def __init__(self, settings: Settings, ask: Ask | None = None, kept: float = KEPT) -> None:
        self.settings, self.ask, self.kept = settings, ask, kept
        self._guard = threading.Lock()
        self._read_at = float("-inf")
        self._families: Sequence[Metric] = ()

    def describe(self) -> Iterable[Metric]:
        """Nothing: which metrics there are depends on what there is, and registering reads no database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """All metrics."""
        with self._guard:
            if time.monotonic() - self._read_at > self.kept:
                self._families = [*self._read()]
                self._read_at = time.monotonic()
            families = self._families
        yield from families

    def _read(self) -> Iterator[Metric]:
        began = time.monotonic()
        try:
            yield from of_database(self.settings)
            up = 1
        except (MediabaseError, psycopg.Error):  # also a statement that took too long
            up = 0
        yield gauge("mediabase_up", "Whether the database answers.", up)
        facts = self.ask() if self.ask is not None and up else None
        if facts is not None:
            yield from of_dagster(facts)
        yield from of_disks(self.settings)
        seconds = GaugeMetricFamily("mediabase_scrape_duration_seconds", "Seconds that reading these metrics took.")
        seconds.add_metric([], time.monotonic() - began)
        yield seconds


def registry_of(settings: Settings, ask: Ask | None = None, kept: float = KEPT) -> CollectorRegistry:
    """A registry with the metrics of a database and nothing else."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(MediabaseCollector(settings, ask, kept))
    return registry


def exposition(settings: Settings, ask: Ask | None = None) -> str:
    """The metrics as text, in the format of Prometheus."""
    return generate_latest(registry_of(settings, ask)).decode()


def write_file(settings: Settings, ask: Ask | None = None) -> Path | None:
    """Write the file for node_exporter, at once or not at all; None where none is configured.

    Raises:
        ConfigurationError: It cannot be written.
    """
    file = settings.monitoring.prometheus_file
    if file is None:
        return None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_to_textfile(str(file), registry_of(settings, ask))
    except OSError as error:
        raise ConfigurationError(
            f"The metrics cannot be written: {error.strerror}.",
            where=f"{file}, monitoring.prometheus_file",
            next_step="Name a file in a folder that you may write to, that of node_exporter's textfile collector.",
        ) from error
    return file


def serve(settings: Settings, host: str, port: int, ask: Ask | None = None) -> Callable[[], None]:
    """Answer Prometheus over HTTP in threads of this process, until what is returned is called.

    Raises:
        ConfigurationError: The port is taken, or the address is none of this machine.
    """
    try:
        server, thread = start_http_server(port, addr=host, registry=registry_of(settings, ask))
    except OSError as error:
        raise ConfigurationError(
            f"Prometheus cannot be answered there: {error.strerror or error}.",
            where=f"{host}, port {port}, monitoring.metrics_port",
            next_step="Name a port that is free: `mediabase ui --metrics-port 9464`.",
        ) from error

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join(5)

    return stop
