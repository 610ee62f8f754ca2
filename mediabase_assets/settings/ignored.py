"""The sections `performance` and `testing` of the owner's files: accepted, so that such a file loads, and without effect."""

from pydantic import Field

from mediabase_assets.settings.kinds import Positive, Section, Whole, ignored


class PerformanceSettings(Section):
    """The owner's settings of speed; PostgreSQL and the design take their place."""

    batch_size: Positive = ignored(10_000, "tables are built by whole-set SQL, not in batches")
    index_creation_parallel: bool = ignored(True, "PostgreSQL decides how many processes build an index")
    materialized_view_refresh_interval: Whole = ignored(
        3600, "the release refreshes views, and views.refresh_schedule says when else", ge=0
    )
    query_timeout: Positive = ignored(300, "a stage takes as long as it needs")
    memory_limit_mb: Positive = ignored(2048, "Python's memory does not grow with the data")
    parallel_workers: Positive = ignored(4, "PostgreSQL decides how many processes run a query")
    enable_query_optimization: bool = ignored(True, "views and indexes are always built")
    cache_size_mb: Whole = ignored(512, "nothing is cached outside the database", ge=0)


class TestingSettings(Section):
    """The owner's settings of the tests that his script ran before a migration."""

    __test__ = False  # not a test case, whatever pytest thinks of the name

    test_unit: bool = ignored(True, "the package's tests are run with pytest")
    test_integration: bool = ignored(True, "the package's tests are run with pytest")
    test_performance: bool = ignored(True, "the package's tests are run with pytest")
    test_data_validation: bool = ignored(True, "audits are part of every migration")
    generate_report: bool = Field(default=True, description="whether a migration ends with its report, a page in <home>/reports")
    test_timeout: Positive = ignored(300, "the package's tests are run with pytest")
    mock_data_size: Positive = ignored(1000, "the demonstration database has its own option")
    performance_threshold_ms: Positive = ignored(1000, "benchmarks are reported as ratios")
    coverage_threshold_percent: float = ignored(80.0, "the package's tests are run with pytest", ge=0, le=100)
