"""What is bought near what in time: three models that sum rows of one sparse matrix of pairs.

item_knn: both directions, cosine; transitions: what follows what; basket: what lies in the same
visit. A row's pairs are counted with a weight that falls with the visits between them, so that the
next purchase weighs more than one much later. Knows nothing of what products are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from retrieval.recommend.histories import Histories, Longs
from retrieval.recommend.scorers import Floats, Ints

REACH = 30
"""Pairs further apart in a row than this many entries are not counted: bulk buyers tie all to all."""
FARTHEST = 64
FOLLOWED = 30
KEEP = 300
"""Strongest pairs kept a product."""
BLOCK = 4000
"""Products that are followed twice at a time."""


@dataclass(frozen=True)
class PairScorer:
    """`matrix` row i: what having i says of each product; `fade`: how much an entry's weight falls with
    each visit since; `depth`: how many visits back count at all."""

    name: str
    matrix: sparse.csr_matrix
    fade: float
    depth: int

    def scores_many(self, histories: Histories) -> Floats:
        """Rows by products: the matrix rows of a history, weighted by how long ago they were."""
        weight = np.where(
            histories.back < self.depth, histories.weight * self.fade ** histories.back.clip(max=100), 0.0
        )
        return histories.sum_of(self.matrix, weight)


@dataclass(frozen=True)
class Pairs:
    """Entries near each other in one row: products of the earlier and the later, visits between, weight."""

    products: int
    first: Ints
    second: Ints
    gap: Longs
    weight: Floats


def find_pairs(log: Histories) -> Pairs:
    """All pairs of entries at most REACH apart; found once for the models below."""
    first, second = _places(log)
    return Pairs(
        log.products,
        log.item[first],
        log.item[second],
        log.visit[second] - log.visit[first],
        log.weight[first] * log.weight[second],
    )


def fit_transitions(pairs: Pairs, name: str, near: float, fade: float) -> PairScorer:
    """Ordered pairs: i, then j `g` visits later, counts near^(g-1)."""
    counts = _counted(pairs, pairs.gap > 0, near, 1)
    return PairScorer(name, keep_largest(_scale(counts, 0.25, 0.0), KEEP), fade, 10)


def fit_two_steps(once: PairScorer) -> PairScorer:
    """What follows what follows: the strongest transitions, followed twice. Reaches products that never
    stood in one row with those of a history, which in thin data are most."""
    strong = keep_largest(once.matrix, FOLLOWED)
    shares = (sparse.diags(1.0 / np.maximum(np.asarray(strong.sum(axis=1)).ravel(), 1e-9)) @ strong).tocsr()
    # In blocks, since before the weakest go it is several times what is kept.
    blocks = [
        keep_largest((shares[first : first + BLOCK] @ shares).tocsr(), KEEP)
        for first in range(0, shares.shape[0], BLOCK)
    ]
    twice = sparse.vstack(blocks, format="csr") if blocks else shares
    return PairScorer("two_steps", twice.astype(np.float32), once.fade, once.depth)


def fit_item_knn(pairs: Pairs) -> PairScorer:
    """Unordered pairs, `g` visits apart counting 0.85^g, cosine-scaled."""
    counts = _counted(pairs, pairs.gap >= 0, 0.85, 0)
    return PairScorer("item_knn", keep_largest(_scale(counts + counts.T, 0.5, 0.5), KEEP), 0.85, 30)


def fit_baskets(pairs: Pairs) -> PairScorer:
    """Pairs of one visit, cosine-scaled; only the last two visits count."""
    counts = _counted(pairs, pairs.gap == 0, 1.0, 0)
    return PairScorer("basket", keep_largest(_scale(counts + counts.T, 0.5, 0.5), KEEP), 0.5, 2)


def _places(log: Histories) -> tuple[Longs, Longs]:
    """Places of the earlier and the later entry of each pair."""
    firsts, seconds = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for apart in range(1, min(REACH + 1, len(log.item))):
        together = np.flatnonzero(log.row[apart:] == log.row[:-apart])
        if not len(together):
            break
        firsts.append(together)
        seconds.append(together + apart)
    return np.concatenate(firsts), np.concatenate(seconds)


def _counted(pairs: Pairs, kept: NDArray[np.bool_], near: float, nearest: int) -> sparse.csr_matrix:
    """Products by products: pairs summed, each counting near^(gap - nearest)."""
    fades = (near ** np.arange(FARTHEST)).astype(np.float32)
    value = pairs.weight[kept] * fades[(pairs.gap[kept] - nearest).clip(max=FARTHEST - 1)]
    found = sparse.coo_matrix(
        (value, (pairs.first[kept], pairs.second[kept])), shape=(pairs.products, pairs.products)
    ).tocsr()
    found.setdiag(0)
    found.eliminate_zeros()
    return found


def _scale(counts: sparse.csr_matrix, rows: float, columns: float) -> sparse.csr_matrix:
    """Divide by the row's total^rows and the column's total^columns."""
    out = np.maximum(np.asarray(counts.sum(axis=1)).ravel(), 1.0) ** -rows
    into = np.maximum(np.asarray(counts.sum(axis=0)).ravel(), 1.0) ** -columns
    return (sparse.diags(out) @ counts @ sparse.diags(into)).tocsr()


def keep_largest(matrix: sparse.csr_matrix, most: int) -> sparse.csr_matrix:
    """The `most` largest of each row; of equal ones the first."""
    starts = matrix.indptr
    kept = np.ones(len(matrix.data), dtype=bool)
    for row in np.flatnonzero(np.diff(starts) > most):
        value = matrix.data[starts[row] : starts[row + 1]]
        least = np.partition(value, len(value) - most)[len(value) - most]
        equal = np.flatnonzero(value == least)
        more = value > least
        more[equal[: most - np.count_nonzero(more)]] = True
        kept[starts[row] : starts[row + 1]] = more
    before = np.concatenate([[0], np.cumsum(kept)])
    parts = (matrix.data[kept].astype(np.float32), matrix.indices[kept], before[starts])
    return sparse.csr_matrix(parts, shape=matrix.shape)
