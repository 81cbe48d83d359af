"""What customers with a like history bought: the nearest of all customers by recency-weighted cosine.

Works for a history that was never fitted. Knows nothing of what products are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from retrieval.recommend.histories import Histories, add_rows
from retrieval.recommend.scorers import Floats

NEIGHBOURS = 100
FADE = 0.9
"""What an entry's weight falls by with each visit since."""


@dataclass(frozen=True)
class UserKNN:
    """`taste`: customers by products, rows of length one, rare products weighing more; `bought`: what each
    has bought, weighted by how lately."""

    name: str
    by_product: sparse.csr_matrix
    bought: sparse.csr_matrix
    rarity: Floats

    def scores_many(self, histories: Histories) -> Floats:
        """What the nearest customers bought, each weighing as much as it is near."""
        taste = _taste(histories, self.rarity)
        near = (taste @ self.by_product).tocsr()
        weights, columns, starts = [], [], [0]
        for place in range(near.shape[0]):
            part = slice(near.indptr[place], near.indptr[place + 1])
            data, customers = near.data[part], near.indices[part]
            if len(data) > NEIGHBOURS:
                best = np.argpartition(-data, NEIGHBOURS)[:NEIGHBOURS]
                data, customers = data[best], customers[best]
            weights.append(data)
            columns.append(customers)
            starts.append(starts[-1] + len(data))
        if len(histories) == 1:
            return add_rows(self.bought, columns[0], weights[0])
        chosen = sparse.csr_matrix(
            (np.concatenate(weights), np.concatenate(columns), starts), shape=near.shape
        )
        return np.asarray((chosen @ self.bought).toarray(), dtype=np.float32)


def fit_user_knn(log: Histories) -> UserKNN:
    """Keep every customer's taste and purchases."""
    counts = np.bincount(log.item, minlength=log.products)
    rarity = (1.0 / np.sqrt(1.0 + counts)).astype(np.float32)
    bought = log.matrix((log.weight * FADE ** log.back.clip(max=100)).astype(np.float32))
    return UserKNN("user_knn", _taste(log, rarity).T.tocsr(), bought, rarity)


def _taste(histories: Histories, rarity: Floats) -> sparse.csr_matrix:
    weight = histories.weight * FADE ** histories.back.clip(max=100) * rarity[histories.item]
    found = histories.matrix(weight.astype(np.float32))
    row = np.repeat(np.arange(len(histories)), np.diff(found.indptr))
    length = np.sqrt(np.bincount(row, weights=found.data**2, minlength=len(histories)))
    found.data /= np.maximum(length, 1e-9)[row].astype(np.float32)
    return found
