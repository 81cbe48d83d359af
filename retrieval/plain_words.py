"""BM25 and nothing else: the yardstick that every better search is held against.

Built for one evaluation and thrown away. Knows no synonyms, corrections, compounds or filters.
"""

from __future__ import annotations

from collections.abc import Sequence

import bm25s
import numpy as np

from retrieval.words import stems
from shop.types import Product

TITLE_SHARE = 0.7
"""Title and all text, weighted as measured best on ESCI for BM25 alone."""


class PlainWords:
    """Stems of the title and of all text; see the module."""

    def __init__(self, products: Sequence[Product]) -> None:
        self._ids = [product.id for product in products]
        titles = [stems(product.title) for product in products]
        texts = [
            stems(
                " ".join(
                    [
                        p.title,
                        p.brand,
                        p.colour,
                        *p.categories,
                        *p.bullets,
                        p.description,
                        *p.attributes.values(),
                    ]
                )
            )
            for p in products
        ]
        self._indexes = [(TITLE_SHARE, _build(titles)), (1 - TITLE_SHARE, _build(texts))]

    def rank(self, text: str, k: int) -> list[str]:
        """Ids of the `k` best products, best first."""
        asked = stems(text)
        scores = np.zeros(len(self._ids))
        for share, index in self._indexes:
            known = [word for word in asked if word in index.vocab_dict]
            if known:
                scores += share * np.asarray(index.get_scores(known))
        return [self._ids[row] for row in np.argsort(-scores, kind="stable")[:k]]


def _build(texts: Sequence[list[str]]) -> bm25s.BM25:
    index = bm25s.BM25()
    index.index([text or [""] for text in texts], show_progress=False)
    return index
