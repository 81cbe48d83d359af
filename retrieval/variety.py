"""Not ten sizes of one shoe on the first page: versions of one thing stand back behind other things.

Two products are versions of one thing where their brand is the same and their titles differ in
colours and numbers only. Knows titles; knows nothing of how products were found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from retrieval.english import COLOURS, MAYBE_COLOURS
from retrieval.words import words

SAME_AT_MOST = 2
"""Of one thing among the first that are shown."""
_COLOURS = COLOURS | MAYBE_COLOURS


def thing(title: Sequence[str], colour: str, brand: str) -> Hashable:
    """The same for all versions of one thing; `title` is its words."""
    own = {word for word in words(colour) if word.isalpha()}
    kept = (word for word in title if word.isalpha() and word not in _COLOURS and word not in own)
    return brand.lower(), frozenset(kept)


def vary(rows: Sequence[int], thing_of: Callable[[int], Hashable], k: int) -> list[int]:
    """`rows` (best first) with at most two of one thing among the first `k`, as long as there are
    others; the ones held back follow in their order.
    """
    shown: list[int] = []
    held_back: list[int] = []
    seen: Counter[Hashable] = Counter()
    for place, row in enumerate(rows):
        if len(shown) == k:
            return [*shown, *held_back, *rows[place:]]
        what = thing_of(row)
        seen[what] += 1
        (shown if seen[what] <= SAME_AT_MOST else held_back).append(row)
    return shown + held_back
