"""Which step of Dagster builds which asset: `layer__relation` for `layer/relation`, and one step for the two of the snapshot."""

#: The two assets of the snapshot are one step.
_SNAPSHOT_STEP = "extraction__legacy_snapshot"
_SAME_STEP = {"extraction/legacy_rows": _SNAPSHOT_STEP, "extraction/legacy_payloads": _SNAPSHOT_STEP}


def step_of(key: str) -> str:
    """The step that builds an asset.

    >>> step_of("normalized/gene_symbols"), step_of("extraction/legacy_payloads")
    ('normalized__gene_symbols', 'extraction__legacy_snapshot')
    """
    return _SAME_STEP.get(key, key.replace("/", "__"))


def asset_of(step_key: str) -> str:
    """The asset `layer/relation` that a step builds; of two the first.

    >>> asset_of("normalized__gene_symbols"), asset_of("extraction__legacy_snapshot")
    ('normalized/gene_symbols', 'extraction/legacy_rows')
    """
    return next((asset for asset, step in _SAME_STEP.items() if step == step_key), step_key.replace("__", "/", 1))


def assets_of(step_key: str) -> tuple[str, ...]:
    """All assets that a step builds.

    >>> assets_of("normalized__genes"), assets_of("extraction__legacy_snapshot")
    (('normalized/genes',), ('extraction/legacy_rows', 'extraction/legacy_payloads'))
    """
    return tuple(asset for asset, step in _SAME_STEP.items() if step == step_key) or (asset_of(step_key),)
