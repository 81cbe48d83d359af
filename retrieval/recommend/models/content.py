"""Products whose texts are like those of the history's products: what scores a product nobody bought yet.

Rows are unit vectors of a product's text (TF-IDF of its words here; the shop's embeddings serve as
well). Knows nothing of who bought what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]
from sklearn.feature_extraction.text import TfidfVectorizer

from retrieval.recommend.histories import Histories
from retrieval.recommend.scorers import Floats

FADE = 0.6


@dataclass(frozen=True)
class Content:
    """`vectors`: one row a product, of length one (0 for a product without text)."""

    name: str
    vectors: sparse.csr_matrix | Floats
    fade: float = FADE

    def scores_many(self, histories: Histories) -> Floats:
        """Cosine to the history's products, summed with weights that fall by visit."""
        weight = histories.weight * self.fade ** histories.back.clip(max=50)
        mean = histories.matrix(weight) @ self.vectors
        found = mean @ self.vectors.T
        return np.asarray(found.toarray() if sparse.issparse(found) else found, dtype=np.float32)


def content_of_texts(texts: Sequence[str], name: str = "content") -> Content:
    """Words and word pairs, sublinear TF-IDF; a word of one product only says nothing of another."""
    if not any(text.strip() for text in texts):
        return Content(name, sparse.csr_matrix((len(texts), 1), dtype=np.float32))
    words = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2), dtype=np.float32, max_df=0.3)
    return Content(name, words.fit_transform(texts).tocsr())
