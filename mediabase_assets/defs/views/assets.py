"""The views layer: one asset per view. Only declarations belong here; an asset's life is `lib/view_asset.py`."""

from mediabase_assets.lib.view_asset import view_asset
from mediabase_assets.model.views import VIEWS

view_assets = [view_asset(view) for view in VIEWS]
