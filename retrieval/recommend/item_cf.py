"""What the same customers bought: item-item cosine over customers, with the count behind it.

Knows order lines; knows nothing of what products are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from retrieval.recommend.base import MIN_SUPPORT
from retrieval.recommend.purchases import Purchases

SHRINKAGE = 10.0
"""Pulls a cosine over few customers towards zero."""
MAX_LINES = 400
"""Customers with more different products than this are resellers: they tie everything to everything."""


@dataclass(frozen=True)
class ItemCF:
    """Neighbours in compressed rows: for product i, `other[start[i]:start[i+1]]` and so on."""

    places: Mapping[str, int]
    products: tuple[str, ...]
    start: NDArray[np.int32]
    other: NDArray[np.int32]
    similarity: NDArray[np.float32]
    customers: NDArray[np.int32]

    def neighbours(self, product_id: str) -> list[tuple[str, float, int]]:
        """(product id, similarity 0..1, customers who bought both), at least 3 customers each."""
        place = self.places.get(product_id)
        if place is None:
            return []
        rows = range(int(self.start[place]), int(self.start[place + 1]))
        return [
            (self.products[self.other[r]], float(self.similarity[r]), int(self.customers[r])) for r in rows
        ]


def fit_item_cf(purchases: Purchases, keep: int = 100) -> ItemCF:
    """Count pairs by customer, weigh by cosine with shrinkage, keep the `keep` nearest of each."""
    size = len(purchases.products)
    rows = purchases.customer >= 0
    pairs = (
        np.unique(np.stack([purchases.customer[rows], purchases.product[rows]]), axis=1)
        if rows.any()
        else np.zeros((2, 0), dtype=np.int32)
    )
    per_customer = (
        np.bincount(pairs[0], minlength=len(purchases.customers)) if pairs.size else np.zeros(0, int)
    )
    bought = sparse.csr_matrix(
        (np.ones(pairs.shape[1], dtype=np.float32), (pairs[0], pairs[1])),
        shape=(len(purchases.customers), size),
    )
    learnt = bought[np.flatnonzero(per_customer <= MAX_LINES)] if size else bought
    both = (learnt.T @ learnt).tocsr()
    # Resellers do not shape what goes with what, but a count that is told is of all customers.
    everyone = (bought.T @ bought).tocsr()
    buyers = np.maximum(np.asarray(learnt.sum(axis=0)).ravel(), 1.0)
    starts, others, similarities, counts = [0], [], [], []
    for place in range(size):
        part = slice(both.indptr[place], both.indptr[place + 1])
        other, count = both.indices[part], both.data[part]
        fit = (count >= MIN_SUPPORT) & (other != place)
        other, count = other[fit], count[fit]
        similarity = count / np.sqrt(buyers[place] * buyers[other]) * (count / (count + SHRINKAGE))
        best = np.argsort(-similarity, kind="stable")[:keep]
        others.append(other[best])
        similarities.append(similarity[best])
        counts.append(everyone[place, other[best]].toarray().ravel())
        starts.append(starts[-1] + len(best))
    return ItemCF(
        places={id_: place for place, id_ in enumerate(purchases.products)},
        products=purchases.products,
        start=np.array(starts, dtype=np.int32),
        other=_joined(others).astype(np.int32),
        similarity=_joined(similarities).astype(np.float32),
        customers=_joined(counts).astype(np.int32),
    )


def _joined(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
