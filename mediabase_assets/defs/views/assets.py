"""The views layer: one asset per view. Only declarations belong here; an asset's life is `runs/factories/view.py`."""

from mediabase_assets.model.views import VIEWS
from mediabase_assets.runs.factories.view import view_asset

view_assets = [view_asset(view) for view in VIEWS]
