"""The settings that SQL files read, in one place: their values, their text as session settings, and which change the extraction.

An SQL file reads such a setting as `current_setting('mediabase.<name>')`.
"""

import json
from collections.abc import Callable

from mediabase_assets.settings.load import Settings

#: Settings that change what the extraction makes of the same legacy table, by the name under which SQL reads them.
OF_THE_EXTRACTION: dict[str, Callable[[Settings], object]] = {
    "symbol_conflicts": lambda s: s.symbol_conflicts,
    "invalid_symbol_patterns": lambda s: s.validation.invalid_symbol_patterns,
    "max_gene_symbol_length": lambda s: s.validation.max_gene_symbol_length,
    "drug_name_min_length": lambda s: s.validation.drug_name_min_length,
}
#: All settings that SQL reads.
SQL_SETTINGS: dict[str, Callable[[Settings], object]] = OF_THE_EXTRACTION | {
    "max_validation_errors": lambda s: s.validation.max_validation_errors,
    "max_validation_error_share": lambda s: s.validation.max_validation_error_share,
}


def session_values(settings: Settings) -> dict[str, str]:
    """The settings as PostgreSQL's session settings: names with their prefix, lists as JSON.

    >>> from mediabase_assets.settings.load import load_settings
    >>> session_values(load_settings())["mediabase.symbol_conflicts"]
    'keep_best'
    """
    values = {f"mediabase.{name}": value(settings) for name, value in SQL_SETTINGS.items()}
    return {name: json.dumps(value) if isinstance(value, list | tuple) else str(value) for name, value in values.items()}


def settings_digest(settings: Settings) -> str:
    """The settings that change what the extraction makes of the same legacy table, as JSON."""
    return json.dumps({name: value(settings) for name, value in OF_THE_EXTRACTION.items()}, sort_keys=True)
