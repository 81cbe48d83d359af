"""What the customer bought before, by how often, how lately, and whether it is due again.

Each is a scorer of its own: the blend learns which of them counts in this shop. Knows only the one
customer's history and the shop's usual interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retrieval.recommend.histories import Histories
from retrieval.recommend.purchases import NO_DAY
from retrieval.recommend.scorers import Floats


@dataclass(frozen=True)
class Repurchase:
    """Visits with a product, each counting half as much for every `half_life_days` since; inf: plain
    frequency, the classic strong baseline of next-basket recommendation."""

    name: str
    products: int
    half_life_days: float

    def scores_many(self, histories: Histories) -> Floats:
        """Rows by products, 0 for what was never bought."""
        fade = 0.5 ** (histories.age / self.half_life_days)
        # A product counted once a visit, however many lines it has there.
        key = (histories.row * (int(histories.visit.max(initial=0)) + 1) + histories.visit) * max(
            self.products, 1
        ) + histories.item
        _, first = np.unique(key, return_index=True)
        once = np.zeros(len(key), dtype=np.float32)
        once[first] = 1.0
        return np.asarray(histories.matrix(once * fade * histories.weight).toarray(), dtype=np.float32)


@dataclass(frozen=True)
class Due:
    """How near a product bought twice or more is to its own usual interval: 1 when exactly due, falling
    with the logarithm of the ratio on both sides."""

    name: str
    products: int

    def scores_many(self, histories: Histories) -> Floats:
        """Rows by products, 0 for what was bought on fewer than two known days."""
        found = np.zeros((len(histories), self.products), dtype=np.float32)
        known = np.flatnonzero((histories.day != NO_DAY) & (histories.today[histories.row] != NO_DAY))
        if not len(known):
            return found
        key = histories.row[known] * self.products + histories.item[known]
        pairs, place = np.unique(key, return_inverse=True)
        day = histories.day[known]
        first = np.full(len(pairs), np.iinfo(np.int32).max)
        last = np.full(len(pairs), -1)
        np.minimum.at(first, place, day)
        np.maximum.at(last, place, day)
        days = np.bincount(np.unique(place * np.int64(1 << 20) + day) >> 20, minlength=len(pairs))
        twice = days >= 2
        row, item = pairs[twice] // self.products, pairs[twice] % self.products
        usual = (last[twice] - first[twice]) / (days[twice] - 1)
        since = np.maximum(1, histories.today[row] - last[twice])
        found[row, item] = np.exp(-np.abs(np.log(since / usual)))
        return found
