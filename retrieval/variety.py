"""Not ten sizes of one shoe on the first page: versions of one thing stand back behind other things.

Two products are versions of one thing where their brand is the same and their titles differ in
colours and numbers only. Knows titles; knows nothing of how products were found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from retrieval.english import COLOURS, MAYBE_COLOURS
from retrieval.words import words
from shop.types import Product

SAME_AT_MOST = 2
"""Of one thing among the first that are shown."""
_COLOURS = COLOURS | MAYBE_COLOURS


def thing(product: Product) -> Hashable:
    """The same for all versions of one thing."""
    own = {word for word in words(product.colour) if word.isalpha()}
    kept = (w for w in words(product.title) if w.isalpha() and w not in _COLOURS and w not in own)
    return product.brand.lower(), frozenset(kept)


def vary(rows: Sequence[int], products: Sequence[Product], k: int) -> list[int]:
    """`rows` (places in `products`, best first) with at most two of one thing among the first `k`, as
    long as there are others; the ones held back follow in their order.
    """
    shown: list[int] = []
    held_back: list[int] = []
    seen: Counter[Hashable] = Counter()
    for place, row in enumerate(rows):
        if len(shown) == k:
            return [*shown, *held_back, *rows[place:]]
        what = thing(products[row])
        seen[what] += 1
        (shown if seen[what] <= SAME_AT_MOST else held_back).append(row)
    return shown + held_back
