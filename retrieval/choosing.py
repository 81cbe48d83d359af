"""Which rows a query is measured on: all of a small catalogue, of a large one those that can matter.

Words choose every row whose share of the asked terms could still count, so that counts and
superlatives stay exact; the lexically best and the nearest vectors are added, the nearest among those
that pass the filters too. Knows row numbers and scores; knows nothing of products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.catalogue import Catalogue, Floats
from retrieval.filters import Filters
from retrieval.lexical import CARRIED_WEIGHT, Held, Lexical
from retrieval.nearest import Vectors
from retrieval.vocabulary import Term

NEAREST = 1_000
"""Rows taken by likeness alone; beyond them no cosine comes near the gate's."""
LEXICAL = 1_000
LEAST_COVERAGE = 0.3
"""The least share that the gate (`ranking.Gate`) looks at."""
BEHIND = 0.38
"""How far behind the best share a row may lie: the gate's slack at its widest."""
COMPARED = 8_000
"""Rows whose cosine is computed; those with more words first. The others count as unlike (0)."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows, ascending, with their BM25 and cosines; `place` is each row's place among them, or -1, and
    None where all rows are chosen.
    """

    rows: NDArray[np.int64]
    place: NDArray[np.int32] | None
    lexical: Floats
    cosine: Floats | None

    def places(self, rows: NDArray[np.integer]) -> NDArray[np.integer]:
        """Where those of `rows` that are chosen stand."""
        if self.place is None:
            return rows
        at = self.place[rows]
        return np.asarray(at[at >= 0])

    def spread(self, held: Held) -> tuple[Floats, Floats]:
        """What is held in naming fields and anywhere, for each chosen row."""
        strong = np.zeros(len(self.rows), dtype=np.float32)
        both = np.zeros_like(strong)
        if self.place is None:
            strong[held.rows], both[held.rows] = held.strong, held.both
        else:
            at = self.place[held.rows]
            known = at >= 0
            strong[at[known]], both[at[known]] = held.strong[known], held.both[known]
        return strong, both


def choose_rows(
    catalogue: Catalogue,
    weights: Sequence[float],
    held: Sequence[Held],
    stems: Sequence[str],
    vector: Vectors | None,
    asked: Vectors | None,
    filters: Filters,
) -> Chosen:
    """The rows to measure a query of these terms, stems and vectors on: the vector of its topic, and
    that of what was typed.
    """
    if not catalogue.is_large:
        cosine = catalogue.cosines(vector) if vector is not None else None
        rows = catalogue.alive_rows()
        lexical = catalogue.lexical.scores(stems)
        if len(rows) == catalogue.rows:
            return Chosen(rows, None, lexical, cosine)
        cosine = cosine[rows] if cosine is not None else None
        return Chosen(rows, _places(catalogue, rows), lexical[rows], cosine)
    if not held:
        rows = catalogue.alive_rows()
        place = None if len(rows) == catalogue.rows else _places(catalogue, rows)
        return Chosen(rows, place, np.zeros(len(rows), dtype=np.float32), None)
    near = np.zeros(0, dtype=np.int64)
    if vector is not None:
        alike = [vector] if asked is None or asked is vector else [vector, asked]
        near = catalogue.nearest_any(np.stack(alike), NEAREST)
        if filters:
            near = np.union1d(near, catalogue.nearest(vector, NEAREST, catalogue.mask(filters))[0])
    rows, lexical = _by_words(catalogue, weights, held, stems, near)
    place = _places(catalogue, rows)
    cosine = _cosines(catalogue, vector, rows, near, place, lexical) if vector is not None else None
    return Chosen(rows, place, lexical, cosine)


def compare(catalogue: Catalogue, chosen: Chosen, vector: Vectors) -> Floats:
    """Cosines of the chosen rows with another vector; of the many that only share words, 0."""
    if chosen.place is None or len(chosen.rows) <= COMPARED or not catalogue.is_large:
        return catalogue.cosines(vector, None if chosen.place is None else chosen.rows)
    return _cosines(catalogue, vector, chosen.rows, chosen.rows[:0], chosen.place, chosen.lexical)


def _places(catalogue: Catalogue, rows: NDArray[np.int64]) -> NDArray[np.int32]:
    place = np.full(catalogue.rows, -1, dtype=np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    return place


def _by_words(
    catalogue: Catalogue,
    weights: Sequence[float],
    held: Sequence[Held],
    stems: Sequence[str],
    near: NDArray[np.int64],
) -> tuple[NDArray[np.int64], Floats]:
    """(rows with enough of the terms, with the best BM25 or among `near`; their BM25)."""
    touched = np.zeros(catalogue.rows, dtype=np.bool_)
    touched[near] = True
    for found in held:
        touched[found.rows] = True
    rows = np.flatnonzero(touched)
    place = _places(catalogue, rows)
    coverage = np.zeros(len(rows), dtype=np.float32)
    for weight, found in zip(weights, held, strict=True):
        coverage[place[found.rows]] += np.float32(weight) * found.both
    best = float(coverage.max()) if len(rows) else 0.0
    kept = coverage >= max(LEAST_COVERAGE, best - BEHIND)
    kept[place[near]] = True
    lexical = catalogue.lexical.scores(stems, place, len(rows))
    if len(rows) > LEXICAL:
        kept[np.argpartition(-lexical, LEXICAL)[:LEXICAL]] = True
    else:
        kept[:] = True
    return np.asarray(rows[kept]), lexical[kept]


def _cosines(
    catalogue: Catalogue,
    vector: Vectors,
    rows: NDArray[np.int64],
    near: NDArray[np.int64],
    place: NDArray[np.int32],
    lexical: Floats,
) -> Floats:
    if len(rows) <= COMPARED:
        return catalogue.cosines(vector, rows)
    wanted = np.zeros(len(rows), dtype=np.bool_)
    wanted[np.argpartition(-lexical, COMPARED)[:COMPARED]] = True
    wanted[place[near]] = True
    found = np.zeros(len(rows), dtype=np.float32)
    found[wanted] = catalogue.cosines(vector, rows[wanted])
    return found


def take_head(
    lexical: Lexical, term: Term, chosen: Chosen, held: tuple[Floats, Floats], lenient: bool
) -> NDArray[np.bool_]:
    """Chosen rows that are called the head noun; where they only carry its name, what they hold of it
    counts less from here on.
    """
    strong, both = held
    naming = np.flatnonzero(strong)
    carried = naming[lexical.carried(term, chosen.rows[naming], late_only=lenient)]
    head = strong > 0
    head[carried] = False
    strong[carried] *= CARRIED_WEIGHT
    both[carried] *= CARRIED_WEIGHT
    return np.asarray(head)


def add_up(weights: Sequence[float], held: Sequence[Floats], size: int) -> Floats:
    """The weighted sum over terms of what each of `size` rows holds."""
    found = np.zeros(size, dtype=np.float32)
    for weight, one in zip(weights, held, strict=True):
        found += weight * one
    return found
