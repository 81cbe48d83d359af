"""Why nothing passed: which filters to drop, and what then comes nearest to what was asked.

Knows rows and filters; knows nothing of words or vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from retrieval.catalogue import Catalogue, Floats
from retrieval.filters import Filters
from retrieval.ranking import MOST, Evidence
from retrieval.sorting import first_by

Rows = NDArray[np.int64]


def relax(
    catalogue: Catalogue, filters: Filters, rows: Rows, unstated: Sequence[str]
) -> tuple[tuple[str, ...], Rows]:
    """(filters dropped, places in `rows` that then pass): as few dropped as leave something, first those
    the data cannot answer.
    """
    names = [name for name, _ in filters.relaxations()]
    for count in range(1, len(names) + 1):
        options: list[tuple[tuple[int, int], tuple[str, ...], Rows]] = []
        for dropped in combinations(names, count):
            left = filters
            for name in dropped:
                left = dict(left.relaxations())[name]
            passing = np.flatnonzero(catalogue.keeps(left, rows))
            if len(passing):
                options.append(((len(set(dropped) & set(unstated)), len(passing)), dropped, passing))
        if options:
            _, dropped, passing = max(options, key=lambda option: option[0])
            return dropped, passing
    return tuple(names), np.arange(len(rows))


def called_first(evidence: Evidence, score: Floats, order: Rows, k: int) -> Rows:
    """`order` with the best `k` rows before it that are called what was asked: they come before those that
    only sound like it."""
    first = np.flatnonzero(evidence.head & (evidence.coverage >= MOST))
    first = first[first_by([-score[first].astype(np.float64)], k)]
    return np.concatenate([first, order[~np.isin(order, first)]])


def sort_near(
    catalogue: Catalogue, rows: Rows, filters: Filters, dropped: Sequence[str], score: Floats, k: int
) -> Rows:
    """Places in `rows` of the `k` nearest: by how far the price lies outside, where that was dropped,
    then by score.
    """
    far = np.zeros(len(rows))
    if "price" in dropped:
        price = catalogue.price[rows]
        over = price - float(filters.max_price) if filters.max_price is not None else far
        under = float(filters.min_price) - price if filters.min_price is not None else far
        both_sides = filters.max_price is not None and filters.min_price is not None
        far = np.maximum(over, under) if both_sides else over + under
        far = np.where(np.isnan(price), np.inf, far)
    return first_by([far, -score.astype(np.float64)], k)
