"""The score of every product for one query: candidates by a first guess, then the ranker.

Collects what the ranker's signals need of a query's rows and hands it to `signals.py`. Knows the
catalogue; knows nothing of relevance, or of where a score is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retrieval import english
from retrieval.catalogue import Catalogue
from retrieval.choosing import Chosen
from retrieval.query import Query
from retrieval.ranker import Ranker
from retrieval.signals import Candidates, first_guess, read_signals
from retrieval.sorting import first_by
from retrieval.words import stem, stems, words

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

WIDTH = 400
"""Candidates taken from the first guess: on ESCI's queries they hold 97 % of what is right."""


@dataclass(frozen=True, slots=True)
class View:
    """One query's candidates as the ranker sees them: `rows` are places among the chosen rows, by first
    guess, a row of signals each.
    """

    rows: Rows
    table: Floats
    guess: Floats
    """First guess of every chosen row."""


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


_FUNCTION_STEMS = frozenset(stem(word) for word in english.FUNCTION_WORDS)


class Scorer:
    """Immutable; safe to share between threads."""

    def __init__(self, ranker: Ranker) -> None:
        self.ranker = ranker

    def view(self, query: Query, catalogue: Catalogue, chosen: Chosen, cosine: Floats | None) -> View:
        """The candidates of `query` among the rows of `chosen`, to what is typed as near as `cosine`."""
        lexical, size = catalogue.lexical, len(chosen.rows)
        typed = list(dict.fromkeys(stems(asked_text(query))))
        asked = [word for word in typed if word not in _FUNCTION_STEMS] or typed
        text = lexical.text_scores(typed, chosen.place, size)
        held = [lexical.holders(word) for word in asked]
        weights = [np.log(1 + lexical.size / (1 + len(rows))) for rows in held]
        total = float(sum(weights)) or 1.0
        shares = {word: float(weight) / total for word, weight in zip(asked, weights, strict=True)}
        mentioned = np.zeros(size, dtype=np.float32)
        for share, holders in zip(shares.values(), held, strict=True):
            mentioned[chosen.places(holders)] += np.float32(share)
        guess = first_guess(chosen.lexical, text, cosine)
        best = first_by([-guess.astype(np.float64)], WIDTH)
        rows = chosen.rows[best]
        order = np.argsort(rows, kind="stable")
        fits = np.zeros(len(rows), dtype=np.bool_)
        # Judged queries hold products that only partly fit, so here a filter is a preference.
        fits[order] = catalogue.keeps(query.filters, rows[order])
        paths = catalogue.categories(rows)
        found = Candidates(
            words=chosen.lexical[best],
            text=text[best],
            mentioned=mentioned[best],
            fits=fits,
            titles=lexical.titles(rows),
            brands=[_brand_stems(brand) for brand in catalogue.brands(rows)],
            category=_numbered([path[-1] if path else "" for path in paths]),
            department=_numbered([" > ".join(path[:2]) for path in paths]),
            cosine=cosine[best] if cosine is not None else None,
            vectors=catalogue.vectors(rows) if cosine is not None else None,
        )
        return View(best, read_signals(shares, found), guess)

    def score(self, view: View) -> Floats:
        """0 to 1 for every chosen row, comparable within one query: candidates above 0.5 in the ranker's
        order, the others below it by first guess.
        """
        score = view.guess * np.float32(0.5)
        order = self.ranker.order(view.table)
        score[view.rows[order]] = np.linspace(1.0, 0.5, len(order), endpoint=False, dtype=np.float32)
        return score


@lru_cache(maxsize=50_000)
def _brand_stems(brand: str) -> frozenset[str]:
    return frozenset(stems(brand))


def _numbered(names: Sequence[str]) -> NDArray[np.int32]:
    numbers: dict[str, int] = {"": -1}
    return np.array([numbers.setdefault(name, len(numbers) - 1) for name in names], dtype=np.int32)
