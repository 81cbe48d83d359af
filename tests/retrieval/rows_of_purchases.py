"""Purchases made up by a rule, so that what comes next is known."""

from __future__ import annotations

import numpy as np

from retrieval.recommend.histories import Histories, stack
from retrieval.recommend.scorers import History

PRODUCTS = 40
TODAY = 15000


def walks(customers: int = 200, seed: int = 1) -> Histories:
    """One product at a time, mostly the next one around a ring; no days."""
    draw = np.random.default_rng(seed)
    rows = []
    for _ in range(customers):
        steps = draw.choice([1, 1, 1, 1, 5], size=int(draw.integers(3, 8)))
        rows.append(History.of((draw.integers(PRODUCTS) + np.cumsum(steps)) % PRODUCTS))
    return stack(rows, PRODUCTS)


def baskets(customers: int = 120, seed: int = 1) -> Histories:
    """Three favourites a customer bought again and again, with their neighbours beside them; days."""
    draw = np.random.default_rng(seed)
    rows = []
    for _ in range(customers):
        mine = draw.choice(PRODUCTS, 3, replace=False)
        day, items, days = TODAY - 200 + int(draw.integers(30)), [], []
        while day < TODAY:
            bought = {int(one) for one in draw.choice(mine, 2, replace=False)}
            bought |= {(one + 1) % PRODUCTS for one in bought}
            items += sorted(bought)
            days += [day] * len(bought)
            day += int(draw.integers(15, 40))
        rows.append(History.of(items, days, today=TODAY, country=0))
    return stack(rows, PRODUCTS)
