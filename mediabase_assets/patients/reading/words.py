"""What a header says: the words of DESeq2, edgeR, limma, sleuth, Cuffdiff, Seurat, scanpy, GEO2R and of the old formats.

Contains the vocabulary and how a header is taken apart; which column is used is decided in `roles`. Case, blanks, `_`, `.` and
brackets do not matter, with one exception: `b` (sleuth) and `B` (limma's log odds, never an effect) differ by case only.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from mediabase_assets.patients.reading.grid import words


class Meaning(StrEnum):
    """What a header means."""

    LOG2 = "log2 fold change"
    LN = "natural log fold change"
    LINEAR = "fold change"
    SIGNED = "signed fold change"
    UNCLEAR = "effect of unclear scale"
    P = "p value"
    ADJUSTED = "adjusted p value"
    NEG_LOG_P = "-log10 of p"
    NEG_LOG_ADJUSTED = "-log10 of adjusted p"
    BASE_MEAN = "base mean"
    AVERAGE = "average expression"
    ERROR = "standard error"
    S_VALUE = "s value"
    OTHER = "other"


@dataclass(frozen=True)
class Heading:
    """A header, understood.

    Attributes:
        what: Its meaning.
        contrast: The words of it that are not part of the meaning; empty if there are none.
        qualifier: A word that makes it second best (`abs`, `validation`); empty if there is none.
    """

    what: Meaning
    contrast: str = ""
    qualifier: str = ""


def _table(meaning: Meaning, text: str) -> dict[str, Meaning]:
    return dict.fromkeys(text.split(), meaning)


#: Words that mean something wherever they stand in a header, longest first; joined from neighbouring parts of it.
_WORDS: dict[str, Meaning] = {
    **_table(
        Meaning.LOG2,
        "log2foldchange log2foldchanges log2fc log2fcs log2fold l2fc lfc logfc logfoldchange logfoldchanges avglog2fc avglog2foldchange"
        " meanlog2fc fclog2 foldchangelog2 log2ratio log2fcshrunk shrunklog2fc shrunklfc shrunkenlfc log2foldchangemle"
        " log2foldchangemap foldlog2 log2fchange log2foldchangeshrunk log2fcratio",
    ),
    **_table(Meaning.LN, "avglogfc lnfc lnfoldchange logefc logefoldchange naturallogfc naturallogfoldchange"),
    **_table(
        Meaning.LINEAR,
        "foldchange foldchanges fc cancerfold expressionfoldchange linearfc linearfoldchange fclinear foldchangelinear postfc realfc"
        " rawfc rawfoldchange ratiofc",
    ),
    **_table(
        Meaning.SIGNED,
        "signedfoldchange signedfc symmetricalfoldchange symmetricfoldchange symmetricalrawfoldchange symmetricalfc foldchangesigned"
        " signedlinearfoldchange signedlinearfc fcsigned",
    ),
    **_table(
        Meaning.P,
        "pvalue pvalues pval pvals p praw rawp rawpvalue rawpval pvalueraw nominalp nominalpvalue nominalpval pnominal prf prt przt prz"
        " punadjusted unadjustedp unadjustedpvalue",
    ),
    **_table(
        Meaning.ADJUSTED,
        "padj padjusted padjust padjvalue adjp adjpval adjpvals adjpvalue adjpvalues adjustedp adjustedpval adjustedpvalue"
        " adjustedpvalues pvaladj pvalsadj pvalueadj pvalueadjusted pvaladjusted fdr fdrp fdrpvalue fdrpval fdradjpval fdradjpvalue"
        " fdradjustedp adjfdr fdrbh bhfdr bh padjbh bhpadj bhadjpval padjfdr fdrpadj qval qvals qvalue qvalues padjhoc pfdr pvalfdr"
        " pvaluefdr benjaminihochberg",
    ),
    **_table(Meaning.BASE_MEAN, "basemean"),
    **_table(
        Meaning.AVERAGE, "aveexpr averageexpression avgexpr meanexpr aveexp averageexpr avgexpression logcpm avelogcpm logmean avglogcpm"
    ),
    **_table(
        Meaning.ERROR,
        "lfcse selfc selogfc selog2fc se stderr standarderror seb log2fcse logfcse selog2foldchange log2foldchangese stderror"
        " selogfoldchange",
    ),
    **_table(Meaning.S_VALUE, "svalue sval"),
}  # fmt: skip
#: Words that mean something only as a whole header, and without a stated scale.
_UNCLEAR = words(
    "beta betas coef coefficient coefficients estimate effect effectsize change ratio m difference diff avgdiff meandiff logchange"
    " logratio lr2 log10fc log10foldchange log10fold"
)
#: Words that mean something only as a whole header.
_WHOLE = {"q": Meaning.ADJUSTED, "fold": Meaning.LINEAR}
#: Beside a word of a value these make it another thing, neither effect nor p; the second ones only where no other word stands there.
_SPOILING = words(
    "significant significance sig issig threshold cutoff pass passed rank ranking direction flag is locfdr cilower ciupper ci ci95"
    " color colour sign label percentile score zscore enrichment"
)
_SPOILING_ALONE = words("status deg degs de lower upper low high hi lo l r left right z stat t")
#: Beside an effect these make it second best, not another contrast.
_SECOND = words("abs absolute validation shrunk shrunken unshrunk shrink raw moderated apeglm ashr normal mle map")
_LOG10 = re.compile(
    r"(-|minus|neg|negative|\bn|\bm)[\s_.]*log[\s_]*10|\b[nm]log10|^log10[\s_.(]*p|neglog10|-\s*log[\s_.(]*(p|q|fdr|adj)|minuslog",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[^\W_]+")


@lru_cache(maxsize=4096)
def meaning(header: str) -> Heading:
    """What a header means.

    >>> meaning("adj.P.Val").what.value, meaning("logFC_dxEffect"), meaning("B").what.value
    ('adjusted p value', Heading(what=<Meaning.LOG2: 'log2 fold change'>, contrast='dxEffect', qualifier=''), 'other')
    """
    text = unicodedata.normalize("NFKC", header).strip()
    parts = _PARTS.findall(text)
    folded = [part.casefold() for part in parts]
    if not parts:
        return Heading(Meaning.OTHER)
    if text == "b" or "".join(folded) in _UNCLEAR:
        return Heading(Meaning.UNCLEAR)
    if "".join(folded) in _WHOLE:
        return Heading(_WHOLE["".join(folded)])
    if _LOG10.search(text):
        return _negative_log(folded, parts)
    found, used = _windows(folded)
    if not found:
        return Heading(Meaning.OTHER)
    what = _strongest(found, folded)
    rest = [part for index, part in enumerate(parts) if index not in used]
    beside = {part.casefold() for part in rest}
    if what in _EFFECTS and any(re.fullmatch(r"log\d+|ln|log", word) for word in beside):
        return Heading(Meaning.UNCLEAR, " ".join(rest))
    if beside & _SPOILING or (len(beside) == 1 and beside <= _SPOILING_ALONE):
        return Heading(Meaning.OTHER)
    if rest and beside <= _SECOND:
        return Heading(what, "", " ".join(rest))
    return Heading(what, " ".join(rest), "abs" if beside & {"abs", "absolute"} else "")


_EFFECTS = (Meaning.LOG2, Meaning.LN, Meaning.LINEAR, Meaning.SIGNED)
_ORDER = (Meaning.S_VALUE, Meaning.ERROR, Meaning.ADJUSTED, Meaning.P, Meaning.SIGNED, Meaning.LN, Meaning.LOG2, Meaning.LINEAR)


def _windows(folded: list[str]) -> tuple[list[Meaning], set[int]]:
    """Meanings of neighbouring parts, longest first, and which parts they use."""
    found: list[Meaning] = []
    used: set[int] = set()
    for length in range(min(6, len(folded)), 0, -1):
        for start in range(len(folded) - length + 1):
            window = range(start, start + length)
            if used.intersection(window):
                continue
            word = _WORDS.get("".join(folded[index] for index in window))
            if word is not None:
                found.append(word)
                used.update(window)
    return found, used


def _strongest(found: list[Meaning], folded: list[str]) -> Meaning:
    if Meaning.ERROR in found and "pval" not in "".join(folded):
        return Meaning.ERROR
    return next((what for what in _ORDER if what in found), found[0])


def _negative_log(folded: list[str], parts: list[str]) -> Heading:
    """A column of -log10 p: of which p, and of which contrast."""
    noise = {"neg", "negative", "minus", "log10", "neglog10", "nlog10", "mlog10", "minuslog10", "log", "10", "n"}
    kept = [index for index, part in enumerate(folded) if part not in noise]
    text = "".join(folded)
    adjusted = any(word in text for word in ("adj", "fdr", "qval", "bh"))
    what = Meaning.NEG_LOG_ADJUSTED if adjusted else Meaning.NEG_LOG_P
    rest = [
        parts[index]
        for index in kept
        if not re.fullmatch(
            r"n?e?g?(log10)?(p|q|pval|pvals|pvalue|pvalues|padj|adj|fdr|qval|qvalue|adjpval|value|val|adjusted|bh)", folded[index]
        )
    ]
    return Heading(what, " ".join(rest)) if adjusted or re.search(r"p", text) else Heading(Meaning.OTHER)
