"""The lines that are printed when a migration has ended."""

import io

from rich.console import Console

from mediabase_assets.cli.summary import print_warnings
from mediabase_assets.runs.failures import Failure

WARNING = Failure("extraction/symbol_conflicts", "no_symbols_differ_in_case_only", "2 symbols differ in case only.", is_warning=True)
FAILURE = Failure("normalized/genes", "every_key_is_unique", "3 keys occur twice.")


def test_a_warning_is_one_line_with_asset_sentence_and_check():
    text = io.StringIO()
    print_warnings(Console(file=text, width=200), [FAILURE, WARNING])
    assert text.getvalue() == (
        "Warning: extraction/symbol_conflicts: 2 symbols differ in case only. (check no_symbols_differ_in_case_only)\n"
    )
