"""The views layer: one asset per view. Contains declarations only; how an asset runs is in `runs/factories/view.py`."""

from mediabase_assets.model.views import VIEWS
from mediabase_assets.runs.factories.view import view_asset

view_assets = [view_asset(view) for view in VIEWS]
