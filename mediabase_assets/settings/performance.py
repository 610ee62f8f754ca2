"""The section `performance`: how much a migration does at the same time, in how much memory, and how long a statement may take.

No key of it changes what is made, so that none makes an asset stale.
"""

import os

from pydantic import Field

from mediabase_assets.settings.kinds import Positive, Section, Whole, ignored

#: Bytes of rows that are one batch in Python, where the memory is not limited to less.
BLOCK_BYTES = 4 << 20
#: The least memory that is planned with: a row has to fit into a batch, and PostgreSQL's sorts into their memory.
_LEAST_BLOCK, _LEAST_WORK_MEM = 2 << 20, 4
#: The part of the memory that is one batch, and how often work_mem fits into it for each asset that is built.
_BLOCKS, _WORK_MEMS = 512, 4


class PerformanceSettings(Section):
    """How much is done at the same time, in how much memory, and how long a statement may take."""

    batch_size: Positive | None = Field(
        default=None, description="rows that are audited, exported or stored as one batch at most; as many as 4 MB hold (of files 50,000)"
    )
    index_creation_parallel: bool = Field(default=True, description="whether several processes of PostgreSQL may build one index")
    materialized_view_refresh_interval: Whole = Field(
        default=0, ge=0, description="seconds between two scheduled refreshes, in place of views.refresh_schedule; 0: as that says"
    )
    query_timeout: Whole = Field(
        default=0, ge=0, le=2_000_000, description="seconds that one statement of a step may take; 0: as long as the step"
    )
    memory_limit_mb: Positive = Field(
        default=2048, description="MB that a migration plans with: size of batches, and work_mem of the sessions that build"
    )
    parallel_workers: Positive = Field(
        default=4,
        description="assets built at the same time, at most one for each core (but two); processes of PostgreSQL for one query",
    )
    enable_query_optimization: bool = ignored(True, "views and indexes are always built")
    cache_size_mb: Whole = ignored(512, "nothing is cached outside the database", ge=0)

    @property
    def builders(self) -> int:
        """How many assets may be built at the same time: as configured, and no more than there are cores (but two)."""
        return min(self.parallel_workers, max(2, os.cpu_count() or 1))

    @property
    def block_bytes(self) -> int:
        """Bytes of one batch.

        >>> PerformanceSettings().block_bytes >> 20, PerformanceSettings(memory_limit_mb=1024).block_bytes >> 20
        (4, 2)
        """
        return min(BLOCK_BYTES, max(_LEAST_BLOCK, (self.memory_limit_mb << 20) // _BLOCKS))

    @property
    def most_work_mem(self) -> int:
        """MB that work_mem of a session may be: four times of it for each builder fit into the memory.

        >>> PerformanceSettings(memory_limit_mb=512, parallel_workers=2).most_work_mem
        64
        """
        return max(_LEAST_WORK_MEM, self.memory_limit_mb // (_WORK_MEMS * self.builders))


def interval_cron(seconds: int) -> str:
    """The cron expression that fires at least as often as every so many seconds, and at most each minute.

    >>> interval_cron(3600), interval_cron(5000), interval_cron(7200), interval_cron(90), interval_cron(200_000)
    ('0 * * * *', '0 * * * *', '0 */2 * * *', '* * * * *', '0 0 * * *')
    """
    minutes = max(1, seconds // 60)
    if minutes >= 24 * 60:
        return "0 0 * * *"
    if minutes >= 60:
        hours = max(n for n in (1, 2, 3, 4, 6, 8, 12) if n <= minutes // 60)
        return "0 * * * *" if hours == 1 else f"0 */{hours} * * *"
    step = max(n for n in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30) if n <= minutes)
    return "* * * * *" if step == 1 else f"*/{step} * * * *"
