"""The order in which found products are shown: best first, or as the shopper asked.

Knows products and scores; knows nothing of how they were found. Products that do not state what is
sorted by come last.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shop.types import Product

Floats = NDArray[np.float32]


def sort_rows(
    rows: Sequence[int], products: Sequence[Product], sort: str, score: Floats, popularity: Floats
) -> list[int]:
    """`rows` (places in `products`, `score` and `popularity`) sorted by "price_asc", "price_desc",
    "rating", "popular" or, for anything else, by score; ties by score.
    """

    def key(row: int) -> tuple[float, float, float]:
        product, relevance = products[row], -float(score[row])
        match sort:
            case "price_asc" | "price_desc":
                if product.price is None:
                    return (1.0, relevance, 0.0)
                sign = 1 if sort == "price_asc" else -1
                return (0.0, sign * float(product.price.amount), relevance)
            case "rating":
                if product.rating is None:
                    return (1.0, relevance, 0.0)
                return (-product.rating.value, -float(product.rating.count), relevance)
            case "popular":
                return (-float(popularity[row]), relevance, 0.0)
            case _:
                return (relevance, 0.0, 0.0)

    return sorted(rows, key=key)
