"""What many different customers bought lately, in the shopper's country where enough did.

Knows order lines; knows nothing of what products are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from retrieval.recommend.base import MIN_SUPPORT, Reason
from retrieval.recommend.purchases import NO_DAY, Purchases, days_since_epoch

HALF_LIFE_DAYS = 30
WINDOW_DAYS = 30
COUNTRY_SHARE = 0.5


@dataclass(frozen=True)
class Popular:
    """Decayed scores and counts of different customers per product, all and by country."""

    products: tuple[str, ...]
    score: NDArray[np.float32]
    buyers: NDArray[np.int32]
    days: int
    by_country: dict[str, tuple[NDArray[np.float32], NDArray[np.int32]]]

    def scores(self, country: str) -> dict[str, tuple[float, Reason]]:
        """Every product enough customers bought, with its reason; 1 is the most popular."""
        local = self.by_country.get(country)
        top = float(self.score.max(initial=0.0)) or 1.0
        found: dict[str, tuple[float, Reason]] = {}
        local_top = (float(local[0].max(initial=0.0)) or 1.0) if local else 1.0
        for place, id_ in enumerate(self.products):
            value, buyers, where = float(self.score[place]) / top, int(self.buyers[place]), ""
            if local is not None and local[1][place] >= MIN_SUPPORT:
                value = (1 - COUNTRY_SHARE) * value + COUNTRY_SHARE * float(local[0][place]) / local_top
                buyers, where = int(local[1][place]), country
            elif local is not None:
                value *= 1 - COUNTRY_SHARE
            if buyers >= MIN_SUPPORT:
                evidence: dict[str, str | int] = {"customers": buyers, "country": where, "days": self.days}
                found[id_] = (value, Reason("popular", evidence))
        return found


def fit_popular(purchases: Purchases, today: date) -> Popular:
    """Count different customers (guests' lines say nothing of who) in the last 30 days.

    Without dates, or where nobody bought in that time, all orders count and `days` is 0.
    """
    now = days_since_epoch(today)
    known = purchases.customer >= 0
    recent = known & (purchases.day != NO_DAY) & (purchases.day > now - WINDOW_DAYS)
    days = WINDOW_DAYS if recent.any() else 0
    counted = recent if days else known
    age = np.where(purchases.day == NO_DAY, 0, np.maximum(0, now - purchases.day))
    weight = np.power(0.5, age / HALF_LIFE_DAYS).astype(np.float32)
    score = _sum_per_pair(purchases, known, weight)
    buyers = _buyers(purchases, counted)
    by_country = {}
    for place, country in enumerate(purchases.countries):
        here = purchases.country == place
        if country and len(np.unique(purchases.customer[here & counted])) >= 5 * MIN_SUPPORT:
            by_country[country] = (
                _sum_per_pair(purchases, known & here, weight),
                _buyers(purchases, counted & here),
            )
    return Popular(purchases.products, score, buyers, days, by_country)


def _pairs(purchases: Purchases, rows: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One key per (customer, product), and each row's place among the keys."""
    size = len(purchases.products)
    keys = purchases.customer[rows].astype(np.int64) * size + purchases.product[rows]
    found, places = np.unique(keys, return_inverse=True)
    return found, places


def _buyers(purchases: Purchases, rows: NDArray[np.bool_]) -> NDArray[np.int32]:
    size = len(purchases.products)
    keys, _ = _pairs(purchases, rows)
    return np.bincount(keys % max(size, 1), minlength=size).astype(np.int32)


def _sum_per_pair(
    purchases: Purchases, rows: NDArray[np.bool_], weight: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Each customer counts once per product, by their latest purchase: bulk buyers must not decide."""
    size = len(purchases.products)
    keys, places = _pairs(purchases, rows)
    best = np.zeros(len(keys), dtype=np.float32)
    np.maximum.at(best, places, weight[rows])
    return np.bincount(keys % max(size, 1), weights=best, minlength=size).astype(np.float32)
