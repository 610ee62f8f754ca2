"""Which tool made a table, as its headers show. It names the table in reports and decides what DESeq2's NA and Cuffdiff's fillers mean."""

from collections.abc import Sequence

from mediabase_assets.patients.reading.grid import plain

#: Tool, and plain headers that it writes, all of which must be there; the first that fits.
_SIGNS: tuple[tuple[str, frozenset[str]], ...] = (
    ("NEBULA", frozenset(["logfcintercept"])),
    ("Cuffdiff", frozenset(["testid", "value1", "value2", "log2foldchange"])),
    ("sleuth", frozenset(["targetid", "qval", "seb"])),
    ("DESeq2", frozenset(["basemean", "log2foldchange"])),
    ("DESeq2", frozenset(["log2foldchange", "lfcse"])),
    ("DESeq2", frozenset(["log2foldchange", "pvalue", "padj"])),
    ("Seurat", frozenset(["avglog2fc", "pvaladj"])),
    ("Seurat up to 3", frozenset(["avglogfc", "pvaladj"])),
    ("Seurat", frozenset(["avglog2fc"])),
    ("Seurat up to 3", frozenset(["avglogfc"])),
    ("scanpy", frozenset(["logfoldchanges"])),
    ("edgeR", frozenset(["logfc", "logcpm"])),
    ("limma", frozenset(["logfc", "aveexpr"])),
    ("limma", frozenset(["logfc", "adjpval"])),
    ("Ballgown", frozenset(["feature", "fc", "qval"])),
    ("presto", frozenset(["auc", "pctin", "logfc"])),
    ("EBSeq", frozenset(["postfc", "ppde"])),
    ("MEDIABASE", frozenset(["transcriptid", "cancerfold"])),
    ("MEDIABASE", frozenset(["transcriptid", "expressionfoldchange"])),
)


def tool_of(headers: Sequence[str], contrast: str = "") -> str:
    """The tool, or an empty text.

    Args:
        headers: Of the file.
        contrast: Words to leave out of them, where contrasts stand side by side.

    >>> tool_of(["", "baseMean", "log2FoldChange"]), tool_of(["gene", "fold"])
    ('DESeq2', '')
    """
    label = plain(contrast)
    known = {plain(header) for header in headers}
    known |= {header.removesuffix(label).removeprefix(label) for header in known} if label else set()
    return next((tool for tool, signs in _SIGNS if signs <= known), "")
