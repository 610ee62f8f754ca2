"""Which limits are crossed, and what is said about them; the section `monitoring` of the settings."""

import psutil
import pytest

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.monitoring.health import health
from mediabase_assets.monitoring.machine import Machine, disks
from mediabase_assets.settings.load import load_settings

MB = 1 << 20


def limits(tmp_path, **values):
    return load_settings(home=tmp_path / "home", backup_dir=tmp_path / "backups", database={"host": "127.0.0.1"}, monitoring=values)


def test_nothing_is_said_below_all_limits(tmp_path):
    wide = limits(tmp_path, disk_warning_percent=100, disk_critical_percent=100)
    if psutil.disk_usage(str(tmp_path)).percent < 100:
        assert health(wide, memory=100 * MB, cpu_percent=10) == []


@pytest.mark.parametrize(("used", "severity", "limit"), [(1600, "warning", 1536), (2048, "critical", 2048)])
def test_memory(tmp_path, used, severity, limit):
    (found, *_) = health(limits(tmp_path, disk_warning_percent=100, disk_critical_percent=100), memory=used * MB, cpu_percent=0)
    assert (found.name, found.severity, found.measured, found.threshold, found.unit) == ("memory", severity, used, limit, "MB")
    assert f"monitoring.memory_{severity}_mb is {limit:,}." in found.explanation


@pytest.mark.parametrize(("used", "severity", "limit"), [(80, "warning", 80), (96, "critical", 95)])
def test_cpu(tmp_path, used, severity, limit):
    (found, *_) = health(limits(tmp_path, disk_warning_percent=100, disk_critical_percent=100), memory=MB, cpu_percent=used)
    assert (found.name, found.severity, found.measured, found.threshold) == ("cpu", severity, used, limit)
    assert f"monitoring.cpu_{severity}_percent is {limit}." in found.explanation


def test_a_disk_is_told_once_for_all_folders_on_it(tmp_path):
    low = limits(tmp_path, disk_warning_percent=0.0001, disk_critical_percent=100)
    (found,) = health(low, memory=MB, cpu_percent=0)
    assert found.name == f"disk of {tmp_path / 'home'}"
    assert found.severity == "warning"
    assert found.measured == pytest.approx(psutil.disk_usage(str(tmp_path)).percent, abs=1)
    assert "Free space there, or delete backups that are not needed." in found.explanation


def test_of_itself_it_measures_this_process_and_this_machine(tmp_path):
    found = {f.name: f for f in health(limits(tmp_path, memory_warning_mb=1, cpu_warning_percent=0.0001))}
    assert found["memory"].measured == pytest.approx(psutil.Process().memory_info().rss / MB, rel=0.2)
    assert 0 <= found["cpu"].measured <= 100 if "cpu" in found else psutil.getloadavg()[1] < 0.01


def test_a_disk_of_a_folder_that_is_not_there_yet_is_that_of_the_one_above(tmp_path):
    (disk,) = disks([tmp_path / "a" / "b"]).values()
    assert disk.size == psutil.disk_usage(str(tmp_path)).total
    use = Machine([tmp_path / "a"]).read()
    assert use.memory > 10 * MB
    assert use.most_memory >= use.memory
    assert abs(use.disk_free - disk.free) < 1 << 30


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("interval_seconds", -1, "monitoring.interval_seconds"),
        ("keep_days", 0, "monitoring.keep_days"),
        ("prometheus_file", "metrics.txt", "should end in .prom"),
        ("metrics_port", 70000, "monitoring.metrics_port"),
        ("memory_warning_mb", 4096, "memory_warning_mb should not be above memory_critical_mb"),
        ("disk_critical_percent", 101, "monitoring.disk_critical_percent"),
    ],
)
def test_a_mistake_is_told_with_its_key(key, value, what):
    with pytest.raises(ConfigurationError) as told:
        load_settings(monitoring={key: value})
    assert what in str(told.value)


def test_the_owners_name_of_the_interval_is_taken(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("monitoring: {monitoring_interval_seconds: 30}\n")
    assert load_settings(file).monitoring.interval_seconds == 30
