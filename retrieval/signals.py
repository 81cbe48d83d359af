"""What speaks for each candidate of one query, as columns of numbers.

Arrays over any set of rows go in, one row of numbers a candidate comes out; what the numbers are worth
is decided by `ranker.py`. Every column is comparable between catalogues: shares from 0 to 1, or
standard deviations from the mean of the candidates. Knows nothing of products or of how candidates
were found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.english import FOR_ANOTHER
from retrieval.threads import in_one_thread

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

NEIGHBOURS, CENTRE, SHELF = 8, 10, 20
"""Of 400 candidates, and in proportion of fewer (a shop of 50 products has no eight that are alike):
nearest others whose evidence speaks for one, best whose middle says what the query is about, best whose
categories say where the answer stands."""
FULL = 400

NAMES = (
    "words",
    "text",
    "meaning",
    "mentioned",
    "whole",
    "for_another",
    "brand",
    "by_brand",
    "fits",
    "neighbours",
    "centre",
    "category",
    "department",
)
"""words: BM25 with synonyms and corrections · text: BM25 of the words as typed · meaning: cosine ·
mentioned: share of the typed words, by weight, held anywhere · whole: all of them are in the title ·
for_another: the title has them behind "compatible with" or "for" · brand: share of the typed words that
its brand has · by_brand: its whole brand is among them · fits: passes the filters read from the sentence ·
neighbours: the evidence for products like it · centre: cosine to the middle of the best · category,
department: share of the best that stand in its narrowest and in its second widest category.

Tried and left out, because they added nothing in cross-validation: BM25 of the title alone, cosine of the
title alone and of passages of the description, pairs of neighbouring words, place of the first word,
mean rating, number of ratings, length of the title.
"""


@dataclass(frozen=True, slots=True)
class Candidates:
    """One query's candidates; every array and sequence has one entry a candidate.

    `titles` are stems in order, `brands` without; `category` and `department` are numbers (-1: none).
    `cosine` and `vectors` are None where there are no vectors.
    """

    words: Floats
    text: Floats
    mentioned: Floats
    fits: Mask
    titles: Sequence[Sequence[str]]
    brands: Sequence[frozenset[str]]
    category: NDArray[np.int32]
    department: NDArray[np.int32]
    cosine: Floats | None = None
    vectors: Floats | None = None


def first_guess(words: Floats, text: Floats, cosine: Floats | None) -> Floats:
    """0 to 1: the words' and the vectors' evidence in equal parts; what picks candidates out of many."""
    guess = 0.5 * (_of_best(words) + _of_best(text))
    if cosine is not None:
        guess = 0.5 * guess + 0.5 * _of_best(np.maximum(cosine, 0))
    return np.asarray(guess, dtype=np.float32)


@in_one_thread
def read_signals(asked: Mapping[str, float], found: Candidates) -> Floats:
    """One row a candidate, columns as in NAMES; `asked` are the stems of the typed words, in order, with
    their shares of the whole.
    """
    size = len(found.words)
    guess = first_guess(found.words, found.text, found.cosine)
    best = np.argsort(-guess, kind="stable")
    table = np.zeros((size, len(NAMES)), dtype=np.float32)
    columns = {name: table[:, at] for at, name in enumerate(NAMES)}
    columns["words"][:] = _of_best(found.words)
    columns["text"][:] = _of_best(found.text)
    columns["mentioned"][:] = found.mentioned
    columns["fits"][:] = found.fits
    top = best[: _in_proportion(SHELF, size)]
    columns["category"][:] = _shelf(found.category, guess, top)
    columns["department"][:] = _shelf(found.department, guess, top)
    _read_titles(columns, asked, found)
    columns["neighbours"][:] = guess
    if found.cosine is not None and found.vectors is not None and size > 1:
        columns["meaning"][:] = _standard(found.cosine)
        columns["neighbours"][:] = _neighbours(found.vectors, guess)
        middle = _middle(found.vectors, guess, best[: _in_proportion(CENTRE, size)])
        columns["centre"][:] = _standard(found.vectors @ middle)
    return table


def _read_titles(columns: dict[str, Floats], asked: Mapping[str, float], found: Candidates) -> None:
    wanted = asked.keys()
    for row, brand in enumerate(found.brands):
        if common := brand & wanted:
            columns["brand"][row] = sum(asked[word] for word in common)
            columns["by_brand"][row] = len(common) == len(brand)
    for row, title in enumerate(found.titles):
        held = wanted & title
        if held:
            columns["whole"][row] = len(held) == len(asked)
            first = next(at for at, word in enumerate(title) if word in held)
            columns["for_another"][row] = not FOR_ANOTHER.isdisjoint(title[:first])


def _in_proportion(count: int, size: int) -> int:
    return max(1, min(count, round(count * size / FULL)))


def _of_best(values: Floats) -> Floats:
    best = float(values.max(initial=0.0))
    return np.asarray(values / best if best > 0 else np.zeros_like(values), dtype=np.float32)


def _standard(values: Floats) -> Floats:
    spread = float(values.std())
    return np.asarray((values - values.mean()) / spread if spread > 1e-6 else values * 0, dtype=np.float32)


def _middle(vectors: Floats, guess: Floats, best: NDArray[np.int64]) -> Floats:
    middle = guess[best] @ vectors[best]
    return np.asarray(middle / max(float(np.linalg.norm(middle)), 1e-9), dtype=np.float32)


def _neighbours(vectors: Floats, guess: Floats) -> Floats:
    """Mean guess of the nearest other candidates."""
    count = min(_in_proportion(NEIGHBOURS, len(guess)), len(guess) - 1)
    like = vectors @ vectors.T
    np.fill_diagonal(like, -2.0)
    nearest = np.argpartition(-like, count - 1, axis=1)[:, :count]
    return np.asarray(guess[nearest].mean(axis=1), dtype=np.float32)


def _shelf(category: NDArray[np.int32], guess: Floats, best: NDArray[np.int64]) -> Floats:
    """Share of the best candidates' weight in each candidate's category."""
    known = category >= 0
    if not known.any():
        return np.zeros(len(category), dtype=np.float32)
    weight = np.where(known[best], guess[best], 0)
    total = np.bincount(np.maximum(category[best], 0), weights=weight, minlength=int(category.max()) + 1)
    share = total / max(float(total.sum()), 1e-9)
    return np.asarray(np.where(known, share[np.maximum(category, 0)], 0), dtype=np.float32)
