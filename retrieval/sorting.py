"""The order in which found products are shown: best first, or as the shopper asked.

Knows arrays of facts and scores; knows nothing of how rows were found. Products that do not state
what is sorted by come last.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.catalogue import Catalogue

Floats = NDArray[np.float32]


def sort_rows(
    rows: NDArray[np.int64], catalogue: Catalogue, sort: str, score: Floats, k: int
) -> NDArray[np.int64]:
    """Places in `rows` (and in `score`, beside them) of the first `k` by "price_asc", "price_desc",
    "rating", "popular" or, for anything else, by score; ties by score.
    """
    relevance = -score.astype(np.float64)
    keys: list[NDArray[np.float64]]
    match sort:
        case "price_asc" | "price_desc":
            price = catalogue.price[rows]
            stated = np.where(np.isnan(price), np.inf, price if sort == "price_asc" else -price)
            keys = [stated, relevance]
        case "rating":
            rating = catalogue.rating[rows]
            unrated = np.isnan(rating)
            # 1.0 is above every rated product, whose key is its rating below zero.
            keys = [np.where(unrated, 1.0, -rating), np.where(unrated, 0.0, -catalogue.rating_count[rows])]
            keys.append(relevance)
        case "popular":
            keys = [-catalogue.popularity[rows].astype(np.float64), relevance]
        case _:
            keys = [relevance]
    return first_by(keys, k)


def first_by(keys: Sequence[NDArray[np.floating]], k: int) -> NDArray[np.int64]:
    """Places of the `k` least by the first key, ties by the next, then in order of place."""
    size = len(keys[0])
    left = np.arange(size)
    chosen: list[NDArray[np.int64]] = []
    for key in keys:
        if len(left) <= k:
            break
        own = key[left] if chosen else key
        # Only what is below the k-th value is sure; its equals are decided by the next key.
        bar = np.partition(own, k - 1)[k - 1] if k else -np.inf
        sure = left[own < bar]
        chosen.append(sure)
        k -= len(sure)
        left = left[own == bar]
    chosen.append(left[:k])
    places = np.concatenate(chosen)
    order = np.lexsort((places, *(key[places] for key in reversed(keys))))
    return np.asarray(places[order])
