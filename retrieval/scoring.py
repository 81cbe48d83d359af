"""The score of every product for one query: candidates by a first guess, then the ranker.

Holds the columns that the ranker's signals need and hands slices of them to `signals.py`. Knows the
lexical index and the matrix of vectors; knows nothing of filters' meaning, of relevance, or of where
a score is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from retrieval import english
from retrieval.lexical import Lexical
from retrieval.query import Query
from retrieval.ranker import Ranker
from retrieval.signals import Candidates, first_guess, read_signals
from retrieval.words import stem, stems, words
from shop.types import Product

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Fits = Callable[[Rows], NDArray[np.bool_]]

WIDTH = 400
"""Candidates taken from the first guess: on ESCI's queries they hold 97 % of what is right."""


@dataclass(frozen=True, slots=True)
class View:
    """One query's candidates as the ranker sees them: `rows` by first guess, a row of signals each."""

    rows: Rows
    table: Floats
    guess: Floats
    """First guess of every product."""


def asked_text(query: Query) -> str:
    """What is put to the vectors and to the plain words: a keyword query as typed, a sentence without
    its chatter, and what is to be left out named as such ("planner without dates").
    """
    typed = words(query.text)
    bare = not query.sort and query.filters.min_price is None and query.filters.max_price is None
    if bare and english.TALK.isdisjoint(typed):
        return query.text
    filters = query.filters
    named = [*filters.brands, *filters.colours, *(value for _, value in filters.options), query.topic]
    left_out = ["without", *filters.without] if filters.without else []
    return " ".join([*named, *left_out]).strip() or query.text


_THREADS = ThreadpoolController()
_FUNCTION_STEMS = frozenset(stem(word) for word in english.FUNCTION_WORDS)


class Scorer:
    """Immutable once built; safe to share between threads."""

    def __init__(
        self, products: Sequence[Product], lexical: Lexical, matrix: Floats | None, ranker: Ranker
    ) -> None:
        self.ranker = ranker
        self._lexical, self._matrix = lexical, matrix
        self._brands = [frozenset(stems(product.brand)) for product in products]
        self._category = _numbered([product.category for product in products])
        self._department = _numbered([" > ".join(product.categories[:2]) for product in products])

    def view(self, query: Query, lexical: Floats, cosine: Floats | None, fits: Fits) -> View:
        """The candidates of `query`; arrays have one entry a product, `fits` says which of some rows
        pass the query's filters.
        """
        typed = list(dict.fromkeys(stems(asked_text(query))))
        asked = [word for word in typed if word not in _FUNCTION_STEMS] or typed
        text = self._lexical.text_scores(typed)
        held = [self._lexical.holds_word(word) for word in asked]
        weights = [np.log(1 + len(mask) / (1 + np.count_nonzero(mask))) for mask in held]
        total = float(sum(weights)) or 1.0
        shares = {word: float(weight) / total for word, weight in zip(asked, weights, strict=True)}
        mentioned = np.zeros(len(lexical), dtype=np.float32)
        for share, mask in zip(shares.values(), held, strict=True):
            mentioned += np.float32(share) * mask
        guess = first_guess(lexical, text, cosine)
        rows = _largest(guess, WIDTH)
        found = Candidates(
            words=lexical[rows],
            text=text[rows],
            mentioned=mentioned[rows],
            fits=fits(rows),
            titles=self._lexical.titles(rows),
            brands=[self._brands[row] for row in rows],
            category=self._category[rows],
            department=self._department[rows],
            cosine=cosine[rows] if cosine is not None else None,
            vectors=self._matrix[rows] if cosine is not None and self._matrix is not None else None,
        )
        # Matrices this small cost many times more when threads wait for each other on a busy machine.
        with _THREADS.limit(limits=1, user_api="blas"):
            table = read_signals(shares, found)
        return View(rows, table, guess)

    def score(self, view: View) -> Floats:
        """0 to 1 for every product, comparable within one query: candidates above 0.5 in the ranker's
        order, the others below it by first guess.
        """
        score = view.guess * np.float32(0.5)
        order = self.ranker.order(view.table)
        score[view.rows[order]] = np.linspace(1.0, 0.5, len(order), endpoint=False, dtype=np.float32)
        return score


def _numbered(names: Sequence[str]) -> NDArray[np.int32]:
    numbers: dict[str, int] = {"": -1}
    return np.array([numbers.setdefault(name, len(numbers) - 1) for name in names], dtype=np.int32)


def _largest(values: Floats, count: int) -> Rows:
    """Places of the `count` largest, largest first; ties in order of place."""
    if len(values) > count:
        floor = np.partition(values, len(values) - count)[len(values) - count]
        places = np.flatnonzero(values >= floor)
    else:
        places = np.arange(len(values))
    return np.asarray(places[np.argsort(-values[places], kind="stable")][:count], dtype=np.int64)
