"""Vectors of rows in one matrix, and the rows nearest to a question.

Up to EXACT_ROWS rows every cosine is computed. Beyond that rows lie in cells around k-means centres,
and the cells nearest to the question are read until SCANNED rows that pass the filter were compared:
a filter that keeps fewer is searched exactly, and no filter loses the answers that a search made
first and filtered after would lose. Cosines are always those of the full vectors. Knows nothing of
products.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.postings import Arrays
from retrieval.threads import in_one_thread

Vectors = NDArray[np.float32]
Mask = NDArray[np.bool_]
EXACT_ROWS = 50_000
SCANNED, SCANNED_OF_MASK = 60_000, 30_000
"""Rows compared with a question, and where a filter picks them one by one: recall@10 and time at a
million are in docs/operating.md.
"""
SAMPLE = 40
"""Rows for each centre that k-means is fitted on."""
BLOCK = 20_000


class Matrix:
    """Immutable. Rows without a vector are zero."""

    def __init__(self, arrays: Arrays) -> None:
        column: dict[str, NDArray[Any]] = dict(arrays)
        self.vectors: Vectors = column["vectors"]
        self.size = len(self.vectors)
        self._centres: Vectors | None = column.get("centres")
        if self._centres is not None:
            self._centres = np.array(self._centres)
            self._starts: NDArray[np.int64] = np.array(column["cell_starts"])
            self._row_at: NDArray[np.int32] = np.array(column["cell_rows"])
            self._place = np.empty(self.size, dtype=np.int32)
            self._place[self._row_at] = np.arange(self.size, dtype=np.int32)

    @property
    def in_cells(self) -> bool:
        """Whether rows lie in cells rather than in their own order."""
        return self._centres is not None

    def vector(self, row: int) -> Vectors:
        """One row's."""
        return np.asarray(self.vectors[self._place[row] if self.in_cells else row])

    def rows(self, rows: NDArray[np.integer]) -> Vectors:
        """Some rows', one below the other."""
        return np.asarray(self.vectors[self._place[rows] if self.in_cells else rows])

    @in_one_thread
    def cosines(self, query: Vectors, rows: NDArray[np.integer] | None = None) -> Vectors:
        """With `rows`, or with every row."""
        if rows is None:
            found = np.asarray(self.vectors @ query, dtype=np.float32)
            return found[self._place] if self.in_cells else found
        return self._at(query, self._place[rows] if self.in_cells else rows)

    def _at(self, query: Vectors, places: NDArray[np.integer]) -> Vectors:
        # In order of place, so that a mapped file is read forwards; in blocks, so that they stay in cache.
        order = np.argsort(places)
        found = np.empty((len(places), *query.shape[1:]), dtype=np.float32)
        for start in range(0, len(order), 2_000):
            part = order[start : start + 2_000]
            found[part] = self.vectors[places[part]] @ query
        return found

    @in_one_thread
    def nearest(
        self, query: Vectors, k: int, mask: Mask | None = None, scanned: int | None = None
    ) -> tuple[NDArray[np.int64], Vectors]:
        """(rows, cosines) of the `k` nearest rows of `mask`, nearest first; where rows lie in cells and only
        `scanned` of them are compared, nearly those."""
        rows, cosines = self._compare(query, k, mask, scanned)
        if len(rows) > k:
            best = np.argpartition(-cosines, k)[:k]
            rows, cosines = rows[best], cosines[best]
        order = np.lexsort((rows, -cosines))
        return rows[order], cosines[order]

    @in_one_thread
    def nearest_any(self, queries: Vectors, k: int) -> NDArray[np.int64]:
        """Rows among the `k` nearest of any of some questions that are much alike, shape (n, width): the
        vectors are read once for all of them.
        """
        rows, cosines = self._compare(queries.T, k, None)
        if len(rows) <= k:
            return rows
        return np.unique(rows[np.argpartition(-cosines, k, axis=0)[:k]])

    def _compare(
        self, query: Vectors, k: int, mask: Mask | None, scanned: int | None = None
    ) -> tuple[NDArray[np.int64], Vectors]:
        """(rows, cosines), a column for each of the question's."""
        if not self.in_cells:
            rows = np.arange(self.size) if mask is None else np.flatnonzero(mask)
            return rows, self.cosines(query, None if mask is None else rows)
        budget = scanned or (SCANNED if mask is None else SCANNED_OF_MASK)
        parts = list(self._scan(query, max(budget, 2 * k), mask))
        if not parts:
            return np.zeros(0, np.int64), np.zeros((0, *query.shape[1:]), np.float32)
        places = np.concatenate([places for places, _ in parts])
        return self._row_at[places].astype(np.int64), np.concatenate([own for _, own in parts])

    def _scan(
        self, query: Vectors, budget: int, mask: Mask | None
    ) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        assert self._centres is not None
        if mask is not None and np.count_nonzero(mask) <= budget:
            places = self._place[np.flatnonzero(mask)].astype(np.int64)
            yield places, self._at(query, places)
            return
        close = self._centres @ query
        for cell in np.argsort(-(close if close.ndim == 1 else close.max(axis=1)), kind="stable"):
            start, end = int(self._starts[cell]), int(self._starts[cell + 1])
            if mask is None:
                yield np.arange(start, end), self.vectors[start:end] @ query
                budget -= end - start
            else:
                places = start + np.flatnonzero(mask[self._row_at[start:end]])
                if len(places):
                    yield places, self.vectors[places] @ query
                budget -= len(places)
            if budget <= 0:
                return


def lay_in_cells(vectors: Vectors, folder: Path, name: str = "vectors", seed: int = 7) -> dict[str, Any]:
    """The arrays of a Matrix in cells; the vectors go to a file in `folder`, mapped.

    Spherical k-means on a sample: as many centres as the square root of the rows.
    """
    size, width = vectors.shape
    cells = round(size**0.5)
    chance = np.random.default_rng(seed)
    sample = np.array(vectors[np.sort(chance.choice(size, min(size, SAMPLE * cells), replace=False))])
    centres = sample[chance.choice(len(sample), cells, replace=False)]
    for _ in range(6):
        own = np.concatenate([_nearest_centre(part, centres) for part in _blocks(sample)])
        sums = np.zeros_like(centres)
        np.add.at(sums, own, sample)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.maximum(lengths, 1e-9), centres).astype(np.float32)
    own = np.concatenate([_nearest_centre(part, centres) for part in _blocks(vectors)])
    order = np.argsort(own, kind="stable").astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(np.bincount(own, minlength=cells))]).astype(np.int64)
    path = folder / f"{name}.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (size, width)}
        )
        for start in range(0, size, BLOCK):
            file.write(np.ascontiguousarray(vectors[order[start : start + BLOCK]], dtype="<f4").tobytes())
    laid = np.load(path, mmap_mode="r")
    return {"vectors": laid, "centres": centres, "cell_starts": starts, "cell_rows": order}


def _blocks(rows: Vectors) -> Iterator[Vectors]:
    for start in range(0, len(rows), BLOCK):
        yield np.asarray(rows[start : start + BLOCK])


def _nearest_centre(rows: Vectors, centres: Vectors) -> NDArray[np.int64]:
    return np.asarray(np.argmax(rows @ centres.T, axis=1))
