"""What many customers bought lately, one score for all, leaning to the customer's own country.

Where days are unknown it is plain popularity. Knows nothing of the single customer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from retrieval.recommend.histories import Histories
from retrieval.recommend.purchases import NO_DAY
from retrieval.recommend.scorers import Floats

LOCAL_SHARE = 0.5
LOCAL_CUSTOMERS = 15
"""A country with fewer customers than this says nothing of its own."""


@dataclass(frozen=True)
class Popularity:
    """`table`: row 0 all customers; row c + 1 half that, half country c where enough buy there."""

    name: str
    table: Floats

    def scores_many(self, histories: Histories) -> Floats:
        """The row of the customer's country."""
        row = np.where(histories.country + 1 < len(self.table), histories.country + 1, 0)
        if len(row) == 1:
            return self.table[row[0] : row[0] + 1]  # nothing is copied
        return np.asarray(self.table[row])


def fit_popularity(log: Histories, half_life_days: float, name: str = "popularity") -> Popularity:
    """Each customer counts once a product, by their latest purchase; half as much every half-life."""
    fade = 0.5 ** (log.age / half_life_days)
    key = log.row * log.products + log.item
    pairs, place = np.unique(key, return_inverse=True)
    value = np.zeros(len(pairs), dtype=np.float32)
    np.maximum.at(value, place, (fade * log.weight).astype(np.float32))
    row, item = pairs // max(log.products, 1), pairs % max(log.products, 1)
    everyone = np.bincount(item, weights=value, minlength=log.products)
    rows = [everyone]
    for country in range(int(log.country.max(initial=-1)) + 1):
        here = log.country[row] == country
        local = np.bincount(item[here], weights=value[here], minlength=log.products)
        rows.append(local if len(np.unique(row[here])) >= LOCAL_CUSTOMERS else everyone)
    table = np.array(rows, dtype=np.float32)
    table /= np.maximum(table.max(axis=1, keepdims=True, initial=0.0), 1e-9)
    return Popularity(name, (1 - LOCAL_SHARE) * table[0] + LOCAL_SHARE * table)


@dataclass(frozen=True)
class Recent:
    """Buyers of the last `days` days (of all where no day is known): the baseline to beat."""

    name: str
    counts: Floats

    def scores_many(self, histories: Histories) -> Floats:
        """The same for everybody."""
        return np.broadcast_to(self.counts, (len(histories), len(self.counts)))


def fit_recent(log: Histories, days: int, name: str) -> Recent:
    """Different customers a product in the last `days`."""
    known = log.day != NO_DAY
    kept = (log.age < days) if known.any() else np.ones(len(log.item), dtype=bool)
    bought = sparse.csr_matrix(
        (np.ones(int(kept.sum()), dtype=np.float32), (log.row[kept], log.item[kept])),
        shape=(len(log), log.products),
    )
    bought.sum_duplicates()
    return Recent(name, np.bincount(bought.indices, minlength=log.products).astype(np.float32))
