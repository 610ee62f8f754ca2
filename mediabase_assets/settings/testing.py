"""The section `testing`: which parts a self-test (`mediabase migrate --test-only`) has, on how many genes, and what it reports.

The owner's script ran the tests of its own code before a migration. Those of this package are run with pytest.
"""

from pydantic import Field

from mediabase_assets.settings.kinds import Positive, Section, ignored

_PYTEST = "the package's tests are run with pytest"


class TestingSettings(Section):
    """Which parts a self-test has, on how many genes, and what it reports."""

    __test__ = False  # not a test case, whatever pytest thinks of the name

    test_unit: bool = ignored(True, _PYTEST)
    test_integration: bool = Field(
        default=True, description="whether a self-test also migrates twice, restores the backup and rolls back what it migrated"
    )
    test_performance: bool = Field(default=True, description="whether a self-test runs the query benchmark")
    test_data_validation: bool = Field(
        default=True, description="whether a self-test checks that the sample shows every kind of damage of the legacy table"
    )
    generate_report: bool = Field(default=True, description="whether a migration and a self-test end with a report in <home>/reports")
    test_timeout: Positive = Field(default=300, description="seconds that one step of a self-test may take")
    mock_data_size: Positive = Field(
        default=1000, description="a tenth of it is how many genes a self-test takes whatever they show, beside those that show damage"
    )
    performance_threshold_ms: Positive = Field(
        default=1000, description="milliseconds; the log of the query benchmark warns of a question that the views take longer to answer"
    )
    coverage_threshold_percent: float = ignored(80.0, _PYTEST, ge=0, le=100)

    @property
    def sampled_genes(self) -> int:
        """Genes that a self-test takes whatever they show.

        >>> TestingSettings().sampled_genes, TestingSettings(mock_data_size=100).sampled_genes
        (100, 10)
        """
        return -(-self.mock_data_size // 10)
