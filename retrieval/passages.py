"""Finding policy passages: few, so every one is compared, words and vectors together.

Knows nothing of products or of queries: a question is a text and, where there is one, its vector.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from retrieval import english
from retrieval.lexical import Lexical, read_words, weigh
from retrieval.nearest import Vectors
from retrieval.ranking import fuse
from retrieval.results import PolicyHit
from retrieval.vocabulary import ProductText, Term
from retrieval.words import stem, stems, words
from shop.types import PolicyPassage


class Passages:
    """Immutable; safe to share between threads."""

    def __init__(self, passages: Sequence[PolicyPassage], vectors: Vectors | None) -> None:
        """`vectors` beside the passages, or None."""
        self.passages, self.vectors = list(passages), vectors
        texts = [
            ProductText(
                title=tuple(stems(p.heading)),
                kind=frozenset(),
                strong=tuple(stems(f"{p.heading} {p.text}")),
                weak=(),
            )
            for p in self.passages
        ]
        self._lexical = Lexical([read_words(texts)])

    def nearest(self, text: str, vector: Vectors | None, k: int) -> list[PolicyHit]:
        """The passages nearest to `text`, best first."""
        if not self.passages:
            return []
        asked = [stem(w) for w in words(text) if w not in english.FILLER]
        terms = [Term((s,), ((frozenset((s,)), 1.0),)) for s in dict.fromkeys(asked)]
        weights, held, _ = weigh(terms, self._lexical)
        coverage = np.zeros(len(self.passages))
        for weight, found in zip(weights, held, strict=True):
            coverage[found.rows] += weight * found.both
        cosine = None
        if self.vectors is not None and vector is not None:
            cosine = np.asarray(self.vectors @ vector, dtype=np.float32)
        score = fuse(self._lexical.scores(asked), cosine)
        best = np.argsort(-score, kind="stable")[:k]
        return [
            PolicyHit(
                self.passages[row],
                float(score[row]),
                float(cosine[row]) if cosine is not None else 0.0,
                float(coverage[row]),
            )
            for row in best
        ]
