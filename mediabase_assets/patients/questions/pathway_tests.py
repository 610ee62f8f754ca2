"""Which pathways are hit: over-representation and a rank-based test, as pure functions over arrays.

Contains no SQL and no choice of genes; these are in `enrich`. Pathways and genes are numbers from 0; `Members` says which gene is in
which pathway.

- Over-representation: the chance to draw at least as many selected genes, the upper tail of the hypergeometric distribution (one-sided
  test of Fisher), as clusterProfiler and DAVID (without its EASE penalty) count it.
- Ranks: the two-sided Mann-Whitney test (Wilcoxon's rank sum) of the pathway's genes against all others that were measured, by its normal
  approximation with corrections for ties and continuity, as `scipy.stats.mannwhitneyu(method="asymptotic")` and limma's `wilcoxGST`.
  It takes genes as independent; those of a pathway are not, so that its p values are too small. They order pathways, and
  `above` says by how much the genes are shifted.
- Correction over all tested pathways: Benjamini and Hochberg (1995).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Members(NamedTuple):
    """Which gene is in which pathway: pairs, each once.

    Attributes:
        pathway: Number of the pathway, of each pair.
        gene: Number of the gene, of each pair.
        pathways: How many pathways there are.
    """

    pathway: Ints
    gene: Ints
    pathways: int

    def genes_of(self, chosen: Bools) -> Ints:
        """How many of the chosen genes each pathway has.

        Args:
            chosen: By number of the gene.

        >>> Members(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).genes_of(np.array([True, True])).tolist()
        [2, 1]
        """
        return np.bincount(self.pathway, weights=chosen[self.gene], minlength=self.pathways).astype(np.int64)

    def total(self, values: Floats) -> Floats:
        """The sum of a value over the genes of each pathway."""
        sums: Floats = np.bincount(self.pathway, weights=values[self.gene], minlength=self.pathways).astype(np.float64)
        return sums


class RankTest(NamedTuple):
    """Outcome of the rank-based test, by pathway.

    Attributes:
        p_value: Two-sided.
        above: Share of pairs (a gene of the pathway, another gene) in which the pathway's ranks higher, ties half: over 0.5 means up.
    """

    p_value: Floats
    above: Floats


def over_representation(background: int, selected: int, sizes: Ints, hits: Ints) -> Floats:
    """Chance of at least `hits` selected genes in a pathway, were they drawn at random.

    Args:
        background: Genes that could have been selected.
        selected: Those that were.
        sizes: Genes of the background in each pathway.
        hits: Selected genes in each.

    Cell cycle in the breast-cancer example of the clusterProfiler book, 11 of 93 genes where 124 of 7,861 are expected:

    >>> float(over_representation(7861, 93, np.array([124]), np.array([11])).round(13)[0])
    1.966898e-07
    """
    from scipy.stats import hypergeom  # loaded where it is needed: it takes a third of a second

    # many pathways have the same numbers, and each takes a sum over the tail
    pairs, place = np.unique(np.stack([sizes, hits]), axis=1, return_inverse=True)
    return np.asarray(hypergeom.sf(pairs[1] - 1, background, pairs[0], selected), dtype=np.float64)[place.ravel()]


def rank_test(values: Floats, members: Members) -> RankTest:
    """Whether the genes of a pathway rank higher or lower than all other genes.

    Args:
        values: What genes are ranked by; infinite ones rank outermost.
        members: Pathways; each has at least one gene and is without at least one.

    >>> test = rank_test(np.array([19.0, 22, 16, 29, 24, 20, 11, 17, 12]), Members(np.zeros(5, dtype=int), np.arange(5), 1))
    >>> float(test.p_value.round(6)[0]), float(test.above[0])
    (0.111347, 0.85)
    """
    from scipy.stats import norm, rankdata

    total = len(values)
    ranks = np.asarray(rankdata(values), dtype=np.float64)
    sizes = members.genes_of(np.ones(total, dtype=np.bool_)).astype(np.float64)
    others = total - sizes
    u = members.total(ranks) - sizes * (sizes + 1) / 2
    _, ties = np.unique(ranks, return_counts=True)
    ties = ties.astype(np.float64)
    tied = float(np.sum(ties**3 - ties)) / (total * (total - 1)) if total > 1 else 0.0
    spread = np.sqrt(sizes * others / 12 * (total + 1 - tied))
    distance = np.maximum(np.abs(u - sizes * others / 2) - 0.5, 0.0)
    z = np.divide(distance, spread, out=np.zeros_like(distance), where=spread > 0)
    above = np.divide(u, sizes * others, out=np.full_like(u, 0.5), where=sizes * others > 0)
    return RankTest(np.minimum(2 * np.asarray(norm.sf(z), dtype=np.float64), 1.0), above)


def adjusted(p_values: Floats) -> Floats:
    """P values corrected for their number: the false discovery rate of Benjamini and Hochberg.

    >>> adjusted(np.array([0.01, 0.04, 0.03, 0.5])).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p_values), dtype=np.float64) if len(p_values) else p_values
