"""The self-test: the whole migration of a sample that holds every kind of damage of the legacy table, then removed."""

from mediabase_assets.rehearsal.self_test.components import Component, Report
from mediabase_assets.rehearsal.self_test.run import self_test

__all__ = ["Component", "Report", "self_test"]
