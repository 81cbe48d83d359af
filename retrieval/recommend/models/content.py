"""Products whose texts are like those of the history's products: what scores a product nobody bought yet.

Rows are TF-IDF vectors of a product's words and word pairs. Knows nothing of who bought what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]
from sklearn.feature_extraction.text import TfidfVectorizer

from retrieval.recommend.histories import Histories, add_rows
from retrieval.recommend.scorers import Floats

FADE = 0.6
MOST = 0.3
"""A word in a larger share of the texts than this tells nothing apart."""


@dataclass(frozen=True)
class Content:
    """`vectors`: one row a product, of length one (0 for a product without text); `turned`: the same with
    one row a word, so that only the words of the history are looked at."""

    name: str
    vectors: sparse.csr_matrix
    turned: sparse.csr_matrix
    fade: float = FADE

    def scores_many(self, histories: Histories) -> Floats:
        """Cosine to the history's products, summed with weights that fall by visit."""
        weight = (histories.weight * self.fade ** histories.back.clip(max=50)).astype(np.float32)
        taste = (histories.matrix(weight) @ self.vectors).tocsr()
        if len(histories) == 1:
            return add_rows(self.turned, taste.indices, taste.data)
        return np.asarray((taste @ self.turned).toarray(), dtype=np.float32)


def content_of_texts(texts: Sequence[str], name: str = "content") -> Content:
    """Words and word pairs, sublinear TF-IDF; a word of one product only says nothing of another."""
    words = TfidfVectorizer(sublinear_tf=True, min_df=2, max_df=MOST, ngram_range=(1, 2), dtype=np.float32)
    try:
        vectors = words.fit_transform(texts).tocsr()
    except ValueError:  # no word is in several texts, but not in most
        vectors = sparse.csr_matrix((len(texts), 1), dtype=np.float32)
    return _content(name, vectors)


def _content(name: str, vectors: sparse.csr_matrix) -> Content:
    return Content(name, vectors, vectors.T.tocsr())
