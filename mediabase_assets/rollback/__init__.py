"""Going back: every relation that a migration touched becomes what it was before, verified by content, or nothing changes."""

from mediabase_assets.rollback.plan import Item, Plan
from mediabase_assets.rollback.records import Candidate, candidates
from mediabase_assets.rollback.roll_back import RollbackResult, preview, roll_back

__all__ = ["Candidate", "Item", "Plan", "RollbackResult", "candidates", "preview", "roll_back"]
