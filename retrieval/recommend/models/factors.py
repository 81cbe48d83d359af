"""Matrix factorisation by alternating least squares on implicit feedback (Hu, Koren, Volinsky 2008).

A new history is folded in by solving for its own factors, so nothing is refitted for it. NumPy's batched
solver does it in seconds for a shop, so no compiled library is needed. Knows nothing of what products are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from retrieval.recommend.histories import Histories
from retrieval.recommend.scorers import Floats

RANK = 32
CONFIDENCE = 10.0
"""How much more an observed pair counts than an unobserved one, for weight 1."""
REGULARISATION = 5.0
SWEEPS = 6
FADE = 0.9
CELLS = 1 << 22
"""Numbers in memory at a time while solving."""


@dataclass(frozen=True)
class Factors:
    """`products`: one row of factors a product; `gram`: their products summed, for folding in."""

    name: str
    products: Floats
    gram: Floats

    def scores_many(self, histories: Histories) -> Floats:
        """Predicted preference, 0 about "no sign", 1 about "bought"."""
        return np.asarray(self.fold_in(histories) @ self.products.T, dtype=np.float32)

    def fold_in(self, histories: Histories) -> Floats:
        """The factors of each history, float32 (rows, rank)."""
        return _solve(_observed(histories), self.products, self.gram)


def fit_factors(log: Histories, seed: int = 1) -> Factors:
    """Alternate between customers' and products' factors."""
    observed = _observed(log)
    turned = observed.T.tocsr()
    products = (np.random.default_rng(seed).normal(size=(log.products, RANK)) / RANK).astype(np.float32)
    for _ in range(SWEEPS):
        customers = _solve(observed, products, _gram(products))
        products = _solve(turned, customers, _gram(customers))
    return Factors("factors", products, _gram(products))


def _observed(log: Histories) -> sparse.csr_matrix:
    return log.matrix((log.weight * FADE ** log.back.clip(max=100)).astype(np.float32))


def _gram(factors: Floats) -> Floats:
    return np.asarray(factors.T @ factors + REGULARISATION * np.eye(factors.shape[1]), dtype=np.float32)


def _solve(observed: sparse.csr_matrix, other: Floats, gram: Floats) -> Floats:
    """Each row's factors: (gram + c other'other over its entries) x = sum of (1 + c) other."""
    found = np.zeros((observed.shape[0], other.shape[1]), dtype=np.float32)
    sizes = np.diff(observed.indptr)
    rank, inverse = other.shape[1], np.linalg.inv(gram)
    # Rows of one length are solved together; a row without entries is zero.
    for size in np.unique(sizes[sizes > 0]).tolist():
        rows = np.flatnonzero(sizes == size)
        at_once = max(1, CELLS // (max(size, rank) * rank))
        for first in range(0, len(rows), at_once):
            some = rows[first : first + at_once]
            at = observed.indptr[some][:, None] + np.arange(size)
            those, confidence = other[observed.indices[at]], CONFIDENCE * observed.data[at][:, :, None]
            if size < rank:
                # The same x as inverse other' z: a system of the row's entries, fewer than there are factors.
                turned = those @ inverse
                systems = turned @ those.swapaxes(1, 2) + np.eye(size, dtype=np.float32) / confidence
                z = np.linalg.solve(systems, (1.0 + confidence) / confidence)
                found[some] = (turned * z).sum(axis=1)
            else:
                systems = gram + (confidence * those).swapaxes(1, 2) @ those
                right = ((1.0 + confidence) * those).sum(axis=1)
                found[some] = np.linalg.solve(systems, right[:, :, None])[:, :, 0]
    return found
