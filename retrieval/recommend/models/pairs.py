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
from retrieval.recommend.scorers import Floats

REACH = 30
"""Pairs further apart in a row than this many entries are not counted: bulk buyers tie all to all."""
KEEP = 300
"""Strongest pairs kept a product."""


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
        return np.asarray((histories.matrix(weight) @ self.matrix).toarray(), dtype=np.float32)


def fit_transitions(
    log: Histories, name: str = "transitions", near: float = 0.6, fade: float = 0.7
) -> PairScorer:
    """Ordered pairs: i, then j `g` visits later, counts near^(g-1)."""
    first, second, gap = _pairs(log)
    later = gap > 0
    counts = _counted(log, first[later], second[later], near ** (gap[later] - 1))
    return PairScorer(name, _keep(_scale(counts, 0.25, 0.0)), fade, 10)


def fit_item_knn(
    log: Histories, name: str = "item_knn", near: float = 0.85, fade: float = 0.85
) -> PairScorer:
    """Unordered pairs, `g` visits apart counting near^g, cosine-scaled."""
    first, second, gap = _pairs(log)
    counts = _counted(log, first, second, near**gap)
    return PairScorer(name, _keep(_scale(counts + counts.T, 0.5, 0.5)), fade, 30)


def fit_baskets(log: Histories) -> PairScorer:
    """Pairs of one visit, cosine-scaled; only the last visit counts."""
    first, second, gap = _pairs(log)
    same = gap == 0
    counts = _counted(log, first[same], second[same], np.ones(int(same.sum())))
    return PairScorer("basket", _keep(_scale(counts + counts.T, 0.5, 0.5)), 0.5, 2)


def _pairs(log: Histories) -> tuple[Longs, Longs, NDArray[np.int64]]:
    """Entries at most REACH apart in one row: places of the earlier and the later, visits between."""
    firsts, seconds = [], []
    for gap in range(1, REACH + 1):
        if gap >= len(log.item):
            break
        together = np.flatnonzero(log.row[gap:] == log.row[:-gap])
        if not len(together):
            break
        firsts.append(together)
        seconds.append(together + gap)
    first = np.concatenate(firsts or [np.zeros(0, dtype=np.int64)])
    second = np.concatenate(seconds or [np.zeros(0, dtype=np.int64)])
    return first, second, log.visit[second] - log.visit[first]


def _counted(log: Histories, first: Longs, second: Longs, value: NDArray[np.floating]) -> sparse.csr_matrix:
    shape = (log.products, log.products)
    weight = value * log.weight[first] * log.weight[second]
    found = sparse.coo_matrix(
        (weight.astype(np.float32), (log.item[first], log.item[second])), shape=shape
    ).tocsr()
    found.setdiag(0)
    found.eliminate_zeros()
    return found


def _scale(counts: sparse.csr_matrix, rows: float, columns: float) -> sparse.csr_matrix:
    """Divide by the row's total^rows and the column's total^columns."""
    out = np.maximum(np.asarray(counts.sum(axis=1)).ravel(), 1.0) ** -rows
    into = np.maximum(np.asarray(counts.sum(axis=0)).ravel(), 1.0) ** -columns
    return (sparse.diags(out) @ counts @ sparse.diags(into)).tocsr()


def _keep(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """The KEEP largest of each row."""
    if len(matrix.data) == 0 or int(np.diff(matrix.indptr).max()) <= KEEP:
        return matrix.astype(np.float32)
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((-matrix.data, row))
    place = np.arange(len(order)) - matrix.indptr[row[order]]
    kept = order[place < KEEP]
    return sparse.csr_matrix(
        (matrix.data[kept], (row[kept], matrix.indices[kept])), shape=matrix.shape
    ).astype(np.float32)
