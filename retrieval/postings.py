"""Which rows hold a word: arrays sorted by word, that memory maps as well as holds.

Built in one pass over rows in chunks, so that a million rows need no more memory than one chunk and
the result. Knows numbers only: neither texts nor products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]
Rows = NDArray[np.int32]
MOST = 255
"""Counts are kept in one byte; BM25 hardly tells 255 occurrences from more."""


@dataclass(frozen=True, slots=True)
class Postings:
    """Rows of word w, ascending: rows[starts[w]:starts[w + 1]]; `counts` beside, one column a field."""

    starts: NDArray[np.int64]
    rows: Rows
    counts: NDArray[np.uint8]

    @classmethod
    def of_arrays(cls, arrays: Arrays, name: str) -> Postings:
        """The postings saved as `name`."""
        return cls(*(arrays[f"{name}_{part}"] for part in ("starts", "rows", "counts")))  # type: ignore[arg-type]

    def as_arrays(self, name: str) -> dict[str, NDArray[np.generic]]:
        """What `of_arrays` reads."""
        return {f"{name}_starts": self.starts, f"{name}_rows": self.rows, f"{name}_counts": self.counts}

    def of(self, word: int) -> tuple[Rows, NDArray[np.uint8]]:
        """(rows, counts) of a word; none where the word is newer than these postings."""
        if word < 0 or word + 1 >= len(self.starts):
            return self.rows[:0], self.counts[:0]
        part = slice(int(self.starts[word]), int(self.starts[word + 1]))
        return self.rows[part], self.counts[part]


class PostingsBuilder:
    """Takes chunks of rows in order; `scratch` is a folder for what does not need to stay in memory."""

    def __init__(self, name: str, fields: int, scratch: Path | None = None) -> None:
        self._name, self._fields, self._scratch = name, fields, scratch
        self._chunks: list[tuple[NDArray[np.int32], Rows, NDArray[np.uint8]] | Path] = []
        self._next_row = 0

    def add(self, fields: Sequence[Sequence[Sequence[int]]]) -> None:
        """One chunk: for each field the word ids of each row. Every field has the same rows."""
        count = len(fields[0])
        keys, places = [], []
        for place, rows in enumerate(fields):
            lengths = [len(row) for row in rows]
            flat = np.fromiter((word for row in rows for word in row), np.int64, sum(lengths))
            keys.append(flat * count + np.repeat(np.arange(count), lengths))
            places.append(np.full(len(flat), place))
        unique, inverse = np.unique(np.concatenate(keys), return_inverse=True)
        marks = inverse * len(fields) + np.concatenate(places)
        counts = np.bincount(marks, minlength=len(unique) * len(fields)).reshape(-1, len(fields))
        words, rows_ = np.divmod(unique, count)
        chunk = (
            words.astype(np.int32),
            (rows_ + self._next_row).astype(np.int32),
            np.minimum(counts, MOST).astype(np.uint8),
        )
        self._next_row += count
        self._chunks.append(self._put_aside(chunk) if self._scratch else chunk)

    def _put_aside(self, chunk: tuple[NDArray[np.int32], Rows, NDArray[np.uint8]]) -> Path:
        assert self._scratch is not None
        path = self._scratch / f"{self._name}-{len(self._chunks)}.npz"
        np.savez(path, *chunk)
        return path

    def _chunk(self, number: int) -> tuple[NDArray[np.int32], Rows, NDArray[np.uint8]]:
        chunk = self._chunks[number]
        if not isinstance(chunk, Path):
            return chunk
        with np.load(chunk) as saved:
            return saved["arr_0"], saved["arr_1"], saved["arr_2"]

    def finish(self, words: int, folder: Path | None = None) -> Postings:
        """The postings of `words` words; with `folder` in files there, mapped."""
        sizes = np.zeros(words + 1, dtype=np.int64)
        for number in range(len(self._chunks)):
            sizes[1:] += np.bincount(self._chunk(number)[0], minlength=words)
        starts = np.cumsum(sizes)
        total = int(starts[-1])
        rows = _empty(folder, f"{self._name}_rows", (total,), np.int32)
        counts = _empty(folder, f"{self._name}_counts", (total, self._fields), np.uint8)
        free = starts[:-1].copy()
        for number in range(len(self._chunks)):
            ids, own_rows, own_counts = self._chunk(number)
            present, first, lengths = np.unique(ids, return_index=True, return_counts=True)
            target = np.repeat(free[present] - first, lengths) + np.arange(len(ids))
            rows[target] = own_rows
            counts[target] = own_counts
            free[present] += lengths
            chunk = self._chunks[number]
            if isinstance(chunk, Path):
                chunk.unlink()
        self._chunks.clear()
        return Postings(starts, rows, counts)


def _empty(folder: Path | None, name: str, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
    if folder is None or shape[0] == 0:
        return np.empty(shape, dtype=dtype)
    return np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=dtype, shape=shape)


class Runs:
    """Values of each row one after another (a title's words); grows in a file where `file` is given."""

    def __init__(self, dtype: type, file: Path | None = None) -> None:
        self._dtype, self._path = dtype, file
        self._file = file.open("wb") if file else None
        self._parts: list[NDArray[np.generic]] = []
        self._starts: list[NDArray[np.int64]] = [np.zeros(1, dtype=np.int64)]
        self._end = 0

    def add(self, rows: Sequence[Sequence[int]]) -> None:
        """The values of the next rows."""
        lengths = np.fromiter((len(row) for row in rows), np.int64, len(rows))
        values = (value for row in rows for value in row)
        flat: NDArray[np.generic] = np.fromiter(values, self._dtype, int(lengths.sum()))
        self._starts.append(self._end + np.cumsum(lengths))
        self._end += len(flat)
        if self._file:
            self._file.write(flat.tobytes())
        else:
            self._parts.append(flat)

    def finish(self) -> tuple[NDArray[np.int64], NDArray[np.generic]]:
        """(starts, values): row r has values[starts[r]:starts[r + 1]]."""
        starts = np.concatenate(self._starts)
        if self._file is None or self._path is None:
            return starts, np.concatenate(self._parts) if self._parts else np.zeros(0, dtype=self._dtype)
        self._file.close()
        if self._end == 0:
            return starts, np.zeros(0, dtype=self._dtype)
        return starts, np.memmap(self._path, dtype=self._dtype, mode="r")


def gather(
    starts: NDArray[np.int64], rows: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(places of all values of `rows`, for each of them the place of its row in `rows`)."""
    lengths = starts[rows + 1] - starts[rows]
    owner = np.repeat(np.arange(len(rows)), lengths)
    before = np.cumsum(lengths) - lengths
    return np.arange(len(owner)) + np.repeat(starts[rows] - before, lengths), owner
