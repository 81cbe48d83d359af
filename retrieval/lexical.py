"""Words in products: BM25 scores and which products hold a term.

Works on stems (`vocabulary.ProductText`) and row numbers; knows nothing of vectors, filters or of
what a product is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import bm25s
import numpy as np
from numpy.typing import NDArray

from retrieval.english import CARRIERS
from retrieval.vocabulary import ProductText, Term
from retrieval.words import stem

Floats = NDArray[np.float32]
TITLE_SHARE = 0.7
"""Title and everything, weighted as measured best on ESCI (NOTES: .7 title + .3 all)."""
WEAK_WEIGHT = 0.5
"""A term in a description says less than one in the name: "fits your laptop" is no laptop."""
LATE = 10
"""Titles name the thing first and list what else it may be good for later."""
CARRIED_WEIGHT = 0.6
"""What is left of the asked noun in a title where it only says what another thing is for."""
_CARRIERS = frozenset(stem(word) for word in CARRIERS)


class Lexical:
    """Immutable after building; safe to share between threads."""

    def __init__(self, texts: Sequence[ProductText]) -> None:
        self.size = len(texts)
        self._title = _build([text.strong for text in texts])
        self._all = _build([text.strong + text.weak for text in texts])
        self._strong = _postings([text.strong for text in texts])
        self._weak = _postings([text.weak for text in texts])
        self._titles = [text.title for text in texts]
        self._kinds = [text.kind for text in texts]

    def scores(self, stems: Sequence[str]) -> Floats:
        """BM25 of every row for `stems`; zeros where no stem is known."""
        return TITLE_SHARE * self._score(self._title, stems) + (1 - TITLE_SHARE) * self._score(
            self._all, stems
        )

    def text_scores(self, stems: Sequence[str]) -> Floats:
        """BM25 of every row's whole text for `stems`."""
        return self._score(self._all, stems)

    def holds_word(self, word: str) -> NDArray[np.bool_]:
        """Whether each row has the stem `word` anywhere."""
        held = np.zeros(self.size, dtype=np.bool_)
        for postings in (self._strong, self._weak):
            if (rows := postings.get(word)) is not None:
                held[rows] = True
        return held

    def titles(self, rows: Iterable[int]) -> list[tuple[str, ...]]:
        """The title's stems of each of `rows`."""
        return [self._titles[row] for row in rows]

    def _score(self, index: bm25s.BM25 | None, stems: Sequence[str]) -> Floats:
        known = [] if index is None else [word for word in stems if word in index.vocab_dict]
        if index is None or not known:
            return np.zeros(self.size, dtype=np.float32)
        return np.asarray(index.get_scores(known), dtype=np.float32)

    def holds(self, term: Term) -> tuple[Floats, Floats]:
        """How well each row holds `term`, 0 to 1: (in its naming fields, anywhere)."""
        strong = np.zeros(self.size, dtype=np.float32)
        anywhere = np.zeros(self.size, dtype=np.float32)
        for stems, weight in term.alternatives:
            named = self._rows(self._strong, stems)
            strong[named] = np.maximum(strong[named], weight)
            described = self._rows(self._weak, stems)
            anywhere[described] = np.maximum(anywhere[described], weight * WEAK_WEIGHT)
        return strong, np.maximum(strong, anywhere)

    @staticmethod
    def _rows(postings: dict[str, NDArray[np.int32]], stems: frozenset[str]) -> NDArray[np.int32]:
        found: NDArray[np.int32] | None = None
        for word in stems:
            rows = postings.get(word)
            if rows is None:
                return np.zeros(0, dtype=np.int32)
            found = rows if found is None else np.intersect1d(found, rows, assume_unique=True)
        return found if found is not None else np.zeros(0, dtype=np.int32)

    def carried(self, term: Term, rows: Sequence[int], late_only: bool = False) -> list[int]:
        """Those of `rows` whose title has `term` only in passing, and whose category has it not:
        far behind in a long title or, unless `late_only`, as the first part of another thing's name.
        """
        asked = {word for stems, _ in term.alternatives for word in stems}
        found = []
        for row in rows:
            title = self._titles[row]
            places = [at for at, word in enumerate(title) if word in asked]
            if not places or not asked.isdisjoint(self._kinds[row]):
                continue
            if places[0] >= LATE:
                found.append(row)
                continue
            if late_only:
                continue
            followers = [title[at + 1 : at + 2] for at in places]
            followers = [after for after in followers if not asked.issuperset(after) or not after]
            if followers and all(after and after[0] in _CARRIERS for after in followers):
                found.append(row)
        return found


def _build(rows: Sequence[Sequence[str]]) -> bm25s.BM25 | None:
    if not any(rows):
        return None
    index = bm25s.BM25()
    index.index([list(row) for row in rows], show_progress=False)
    return index


def _postings(rows: Sequence[Sequence[str]]) -> dict[str, NDArray[np.int32]]:
    found: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        for word in set(row):
            found[word].append(number)
    return {word: np.array(numbers, dtype=np.int32) for word, numbers in found.items()}
