"""Whole numbers beside a result: row numbers or Entrez ids.

Contains the rules that tell them apart. Row numbers ascend from 0 or 1 and end near the number of rows; Entrez ids of a whole
genome reach 100 million. A header that says Entrez is believed unless the numbers are 1, 2, 3 ….
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mediabase_assets.patients.reading.grid import words

_NAMED = ("entrez", "ncbi", "locusid", "locuslink")
#: Headers under which Entrez ids occur without being named so.
_PLAIN = words(
    "id ids gene genes geneid geneids name names row rownames x identifier geneidentifier feature features target targetid index"
    " unnamed0 symbol column1"
) | {""}
#: More rows than this no table of genes or transcripts has; row numbers end below, Entrez ids of a whole genome do not.
_MOST_ROWS = 300_000
#: Genes of Entrez above this number are in every table of more than a few dozen.
_COMMON = 70_000


def is_named_entrez(header: str) -> bool:
    """Whether a plain header says Entrez.

    >>> is_named_entrez("entrezgeneid"), is_named_entrez("geneid")
    (True, False)
    """
    return any(word in header for word in _NAMED)


def may_be_entrez(header: str, column: pa.Array, is_given: bool) -> bool:
    """Whether a column of whole numbers may hold Entrez ids; `is_given` where a person said so."""
    if is_named_entrez(header):
        return is_given or not are_row_numbers(column, strict=True)
    if header not in _PLAIN:
        return False
    return is_given or not are_row_numbers(column, strict=False)


def are_row_numbers(column: pa.Array, *, strict: bool) -> bool:
    """Whether whole numbers are those of rows.

    Args:
        column: As text.
        strict: Only the plain case, 0 or 1 and then one more each time.

    >>> are_row_numbers(pa.array(["1", "2", "4", "5"]), strict=False), are_row_numbers(pa.array(["672", "7157"]), strict=False)
    (True, False)
    """
    text = pc.replace_substring_regex(column, r"\.0+$", "")
    fits = pc.fill_null(pc.match_substring_regex(text, r"^\d{1,9}$"), False)
    numbers = text.filter(fits).cast(pa.int64()).to_numpy(zero_copy_only=False)
    if len(numbers) < 2:
        return False
    steps = np.diff(numbers)
    if strict:
        return bool(numbers[0] <= 1 and (steps == 1).all())
    if (steps > 0).all():
        return bool(numbers[0] <= 1 or len(numbers) >= 20) and int(numbers[-1]) <= _MOST_ROWS
    is_distinct = len(np.unique(numbers)) == len(numbers)
    return is_distinct and len(numbers) >= 50 and int(numbers.max()) <= _COMMON
