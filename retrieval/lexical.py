"""Words in products: BM25 scores and which products hold a term.

Works on stems and row numbers, over one or several word tables laid end to end; knows nothing of
vectors, filters or of what a product is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from math import log

import numpy as np
from numpy.typing import NDArray

from retrieval.postings import Rows
from retrieval.vocabulary import ProductText, Term
from retrieval.wordtable import NAMING, OTHER, WordTable, WordTableBuilder

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
TITLE_SHARE = 0.7
"""Title and everything, weighted as measured best on ESCI (NOTES: .7 title + .3 all)."""
WEAK_WEIGHT = 0.5
"""A term in a description says less than one in the name: "fits your laptop" is no laptop."""
CARRIED_WEIGHT = 0.6
"""What is left of the asked noun in a title where it only says what another thing is for."""
K1, B = 1.5, 0.75
"""Robertson's BM25, in Lucene's form (Kamphuis et al., 2020)."""


@dataclass(frozen=True, slots=True)
class Held:
    """The rows that hold a term, ascending, and how well, 0 to 1: in naming fields, and anywhere."""

    rows: Rows
    strong: Floats
    both: Floats


def read_words(texts: Sequence[ProductText]) -> WordTable:
    """The word table of a few texts."""
    builder = WordTableBuilder()
    for text in texts:
        builder.add(text)
    return WordTable(*builder.finish())


class Lexical:
    """Immutable after building; safe to share between threads. Rows in `dead` hold nothing."""

    def __init__(self, tables: Sequence[WordTable], dead: Mask | None = None) -> None:
        self._tables = list(tables)
        self._offsets = np.cumsum([0, *(table.size for table in tables)])
        self._dead = np.flatnonzero(dead).astype(np.int32) if dead is not None and dead.any() else None
        self.rows = int(self._offsets[-1])
        self.size = self.rows - (len(self._dead) if self._dead is not None else 0)
        self._named: dict[str, int] = {}
        lengths = (
            np.concatenate([table.lengths for table in tables]) if tables else np.zeros((0, 2), np.int32)
        )
        alive = lengths if self._dead is None else np.delete(lengths, self._dead, axis=0)
        # Per row what BM25 adds to a word's count: for the naming fields, and for all of the text.
        self._added = [
            K1 * ((1 - B) + B * own[0] / (own[1].mean() or 1.0)) if len(alive) else own[0].astype(np.float64)
            for own in ((lengths[:, NAMING], alive[:, NAMING]), (lengths.sum(axis=1), alive.sum(axis=1)))
        ]

    def _of(self, group: str, word: str) -> tuple[Rows, NDArray[np.uint8]]:
        found = []
        for table, offset in zip(self._tables, self._offsets, strict=False):
            rows, counts = getattr(table, group).of(table.id_of(word))
            if len(rows):
                found.append((rows + np.int32(offset) if offset else rows, counts))
        if not found:
            return np.zeros(0, dtype=np.int32), np.zeros((0, 2), dtype=np.uint8)
        rows, counts = found[0]
        if len(found) > 1:
            rows, counts = (np.concatenate(parts) for parts in zip(*found, strict=True))
        if self._dead is not None:
            at = np.minimum(np.searchsorted(rows, self._dead), len(rows) - 1)
            at = at[rows[at] == self._dead]
            if len(at):
                rows, counts = np.delete(rows, at), np.delete(counts, at, axis=0)
        return rows, counts

    def scores(self, stems: Sequence[str], place: NDArray[np.int32] | None = None, size: int = 0) -> Floats:
        """BM25 for `stems`, the naming fields and all of the text in their shares: of every row, or of
        `size` rows where `place` says each row's place (or -1).
        """
        title, everything = self._scores(stems, place, size)
        return TITLE_SHARE * title + (1 - TITLE_SHARE) * everything

    def text_scores(
        self, stems: Sequence[str], place: NDArray[np.int32] | None = None, size: int = 0
    ) -> Floats:
        """BM25 of the whole text alone, otherwise as `scores`."""
        return self._scores(stems, place, size)[1]

    def _scores(
        self, stems: Sequence[str], place: NDArray[np.int32] | None, size: int
    ) -> tuple[Floats, Floats]:
        title = np.zeros(self.rows if place is None else size, dtype=np.float32)
        everything = np.zeros_like(title)
        for word in stems:
            rows, counts = self._of("text", word)
            if not len(rows):
                continue
            everywhere = len(rows)
            named = self._named.get(word, -1)
            if named < 0:
                named = self._named[word] = int(np.count_nonzero(counts[:, NAMING]))
            at: NDArray[np.integer] = rows
            if place is not None:
                known = np.flatnonzero(place[rows] >= 0)
                rows, counts = rows[known], counts[known]
                at = place[rows]
            naming = np.flatnonzero(counts[:, NAMING])
            in_naming = counts[naming, NAMING].astype(np.float32)
            title[at[naming]] += self._bm25(named, in_naming, self._added[0][rows[naming]])
            total = (counts[:, NAMING].astype(np.int32) + counts[:, OTHER]).astype(np.float32)
            everything[at] += self._bm25(everywhere, total, self._added[1][rows])
        return title, everything

    def holders(self, word: str) -> Rows:
        """Rows that hold the stem `word` anywhere, ascending."""
        return self._of("text", word)[0]

    def titles(self, rows: NDArray[np.integer]) -> list[tuple[str, ...]]:
        """The stems of the titles of some rows, in order."""
        found = []
        for row in rows:
            at = int(np.searchsorted(self._offsets, row, side="right")) - 1
            found.append(self._tables[at].title(int(row - self._offsets[at])))
        return found

    def _bm25(self, holders: int, counts: Floats, added: NDArray[np.float64]) -> Floats:
        rarity = np.float32(log(1 + (self.size - holders + 0.5) / (holders + 0.5)))
        return np.asarray(rarity * (counts / (added + counts)), dtype=np.float32)

    def holds(self, term: Term) -> Held:
        """The rows that hold `term`, and how well."""
        found = [self._alternative(stems, weight) for stems, weight in term.alternatives]
        found = [held for held in found if len(held.rows)]
        if len(found) == 1:
            return found[0]
        if not found:
            return Held(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.float32))
        held_by_any = np.zeros(self.rows, dtype=np.bool_)
        for held in found:
            held_by_any[held.rows] = True
        rows = np.flatnonzero(held_by_any).astype(np.int32)
        strong, both = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
        for held in found:
            at = np.searchsorted(rows, held.rows)
            strong[at] = np.maximum(strong[at], held.strong)
            both[at] = np.maximum(both[at], held.both)
        return Held(rows, strong, both)

    def _alternative(self, stems: frozenset[str], weight: float) -> Held:
        """All of `stems` have to be held: in naming fields, or else in the other ones."""
        rows, counts = None, None
        for word in sorted(stems):
            own_rows, own_counts = self._of("text", word)
            if rows is None or counts is None:
                rows, counts = own_rows, own_counts
                continue
            rows, mine, other = np.intersect1d(rows, own_rows, assume_unique=True, return_indices=True)
            counts = np.minimum(counts[mine], own_counts[other])
        if rows is None or counts is None:
            return Held(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.float32))
        named, described = counts[:, NAMING] > 0, counts[:, OTHER] > 0
        strong = np.where(named, np.float32(weight), np.float32(0))
        both = np.maximum(strong, np.where(described, np.float32(weight * WEAK_WEIGHT), np.float32(0)))
        held = both > 0
        return Held(rows[held], strong[held], both[held])

    def named(self, stems: frozenset[str]) -> Rows:
        """Rows called all of `stems`: by their title or the last part of their category."""
        own = [self._of("names", word)[0] for word in sorted(stems)]
        if not own:
            return np.zeros(0, dtype=np.int32)
        return reduce(lambda a, b: np.intersect1d(a, b, assume_unique=True), own)

    def titled(self, stems: frozenset[str]) -> Mask:
        """Which rows have all of `stems` in their title."""
        masks = ([table.title_mask(word) for word in sorted(stems)] for table in self._tables)
        return np.concatenate([np.logical_and.reduce(own) for own in masks])

    def carried(self, term: Term, rows: NDArray[np.integer], late_only: bool = False) -> Mask:
        """Those of `rows` (ascending; a mask over them) that have `term` only in passing; see WordTable."""
        asked = frozenset(word for stems, _ in term.alternatives for word in stems)
        found = np.zeros(len(rows), dtype=np.bool_)
        for table, (start, end) in zip(self._tables, pairwise(self._offsets), strict=True):
            own = slice(*np.searchsorted(rows, [start, end]))
            if own.start < own.stop:
                found[own] = table.carried(asked, rows[own] - start, late_only)
        return found


LIGHT = 0.4
"""How much less a number, or a word that only says for whom, weighs than another word."""


def weigh(
    terms: Sequence[Term], lexical: Lexical, light: frozenset[str] = frozenset()
) -> tuple[list[float], list[Held], list[Term]]:
    """Each term's share of the whole (idf), who holds it, and the terms that nobody holds.

    Numbers and the words of `light` weigh less.
    """
    held = [lexical.holds(term) for term in terms]
    missing = [term for term, found in zip(terms, held, strict=True) if not len(found.rows)]
    raw = [
        np.log(1 + lexical.size / (1 + len(found.rows)))
        * (LIGHT if term.words[0].isdigit() or light.issuperset(term.words) else 1.0)
        for term, found in zip(terms, held, strict=True)
    ]
    total = float(sum(raw)) or 1.0
    return [float(weight) / total for weight in raw], held, missing
