"""What speaks for each candidate of one query, as columns of numbers.

Arrays over any set of rows go in, one row of numbers a candidate comes out; what the numbers are worth
is decided by `ranker.py`. Every column is comparable between catalogues: shares from 0 to 1, or
standard deviations from the mean of the candidates. Knows nothing of products or of how candidates
were found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from retrieval.english import FOR_ANOTHER

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

NEIGHBOURS = 8
"""Nearest other candidates whose own evidence speaks for one."""
CENTRE = 10
"""Best candidates whose mean vector says what the query is about."""
SHELF = 20
"""Best candidates whose categories say where the answer stands."""
LATE = 30
PRIOR = 20
"""So many ratings of the catalogue's mean a product has before its own count."""

NAMES = (
    "words",
    "text",
    "meaning",
    "covered",
    "spelled",
    "mentioned",
    "whole",
    "pairs",
    "late",
    "for_another",
    "brand",
    "by_brand",
    "fits",
    "neighbours",
    "centre",
    "category",
    "rating",
)
"""words: BM25 with synonyms and corrections · text: BM25 of the words as typed · meaning: cosine ·
covered: share of the terms, by weight, held anywhere · spelled, mentioned: share of the typed words, by
weight, in the title and anywhere · whole: all of them are in the title · pairs: share of neighbouring
words that are neighbours there · late: how far behind the first one stands · for_another: behind
"compatible with", "for" · brand: share of the typed words that its brand has · by_brand: its whole brand
is among them · fits: passes the filters read from the sentence · neighbours: the evidence for products
like it · centre: cosine to the middle of the best · category: share of the best that stand in its
category · rating: stars above the mean, held back where ratings are few.
"""


@dataclass(frozen=True, slots=True)
class Candidates:
    """One query's candidates; every array and sequence has one entry a candidate.

    `titles` and `brands` are stems in order, `category` a number (-1: none), `rating` the mean from 0 to
    5 (0: none) of `ratings` customers. `cosine` and `vectors` are None where there are no vectors.
    """

    words: Floats
    text: Floats
    covered: Floats
    mentioned: Floats
    fits: Mask
    titles: Sequence[Sequence[str]]
    brands: Sequence[Sequence[str]]
    category: NDArray[np.int32]
    rating: Floats
    ratings: Floats
    cosine: Floats | None = None
    vectors: Floats | None = None


def first_guess(words: Floats, text: Floats, cosine: Floats | None) -> Floats:
    """0 to 1: the words' and the vectors' evidence in equal parts; what picks candidates out of many."""
    guess = 0.5 * (_of_best(words) + _of_best(text))
    if cosine is not None:
        guess = 0.5 * guess + 0.5 * _of_best(np.maximum(cosine, 0))
    return np.asarray(guess, dtype=np.float32)


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
    columns["covered"][:] = found.covered
    columns["mentioned"][:] = found.mentioned
    columns["fits"][:] = found.fits
    columns["category"][:] = _shelf(found.category, guess, best[:SHELF])
    columns["rating"][:] = _ratings(found.rating, found.ratings)
    _read_titles(columns, asked, found)
    columns["neighbours"][:] = guess
    if found.cosine is not None and found.vectors is not None and size > 1:
        columns["meaning"][:] = _standard(found.cosine)
        columns["neighbours"][:] = _neighbours(found.vectors, guess)
        columns["centre"][:] = _standard(found.vectors @ _middle(found.vectors, guess, best[:CENTRE]))
    return table


def _read_titles(columns: dict[str, Floats], asked: Mapping[str, float], found: Candidates) -> None:
    order = tuple(asked)
    pairs = set(pairwise(order))
    for row, (title, brand) in enumerate(zip(found.titles, found.brands, strict=True)):
        columns["brand"][row] = sum(asked.get(word, 0.0) for word in set(brand))
        columns["by_brand"][row] = bool(brand) and asked.keys() >= set(brand)
        columns["late"][row] = 1.0
        held = asked.keys() & title
        if not held:
            continue
        first = next(at for at, word in enumerate(title) if word in held)
        columns["spelled"][row] = sum(asked[word] for word in held)
        columns["whole"][row] = len(held) == len(asked)
        columns["late"][row] = min(first, LATE) / LATE
        columns["for_another"][row] = not FOR_ANOTHER.isdisjoint(title[:first])
        if pairs:
            columns["pairs"][row] = len(pairs.intersection(pairwise(title))) / len(pairs)


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
    count = min(NEIGHBOURS, len(guess) - 1)
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


def _ratings(rating: Floats, ratings: Floats) -> Floats:
    """Stars above the candidates' mean; nothing where there are none."""
    rated = rating > 0
    if not rated.any():
        return np.zeros(len(rating), dtype=np.float32)
    mean = float(rating[rated].mean())
    held_back = (rating - mean) * ratings / (ratings + PRIOR)
    return np.asarray(np.where(rated, held_back, 0), dtype=np.float32)
