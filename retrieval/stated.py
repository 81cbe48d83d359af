"""What products say of themselves, word for word, for "without a lid": who affirms a phrase.

The texts are those of `filters.stated_texts`, one after another as word numbers. Gives for rows what
`filters.holds` gives for a product; knows nothing else of products.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.english import NEGATORS
from retrieval.postings import Arrays, Runs, gather
from retrieval.words import stem, words

Mask = NDArray[np.bool_]
END = -1
BLOCK = 50_000
"""Rows read at a time."""


class Stated:
    """Immutable; safe to share between threads."""

    def __init__(self, arrays: Arrays, spelled: Sequence[str], stems: Sequence[str]) -> None:
        """`stems` are those of the words `spelled`, beside them."""
        self._starts: NDArray[np.int64] = arrays["stated_starts"]  # type: ignore[assignment]
        self._words: NDArray[np.int32] = arrays["stated_words"]  # type: ignore[assignment]
        self._spelled, self._stems = spelled, stems
        self._negators = np.array(
            [number for number, word in enumerate(spelled) if word in NEGATORS], dtype=np.int32
        )
        self._free = next((number for number, word in enumerate(spelled) if word == "free"), -2)
        self._everywhere = lru_cache(maxsize=16)(self._affirming_all)

    def title(self, row: int) -> list[str]:
        """The words of a row's title: the first of its texts."""
        start = int(self._starts[row])
        text = self._words[start : int(self._starts[row + 1])]
        ends = np.flatnonzero(text == END)
        return [self._spelled[word] for word in text[: ends[0] if len(ends) else 0]]

    @cached_property
    def _forms(self) -> dict[str, list[int]]:
        """The words of each stem, read at the first question: a million words take a second."""
        found: dict[str, list[int]] = {}
        for number, form in enumerate(self._stems):
            found.setdefault(form, []).append(number)
        return found

    def affirming(self, phrase: str, rows: NDArray[np.integer]) -> Mask:
        """Which of `rows` affirm `phrase`, as a mask over them."""
        wanted = tuple(stem(word) for word in words(phrase))
        if not wanted:
            return np.zeros(len(rows), dtype=np.bool_)
        if len(rows) > BLOCK:
            return np.asarray(self._everywhere(wanted)[rows])
        places, owner = gather(self._starts, rows)
        return self._affirm(self._words[places], owner, len(rows), wanted)

    def _affirming_all(self, wanted: tuple[str, ...]) -> Mask:
        found = []
        for first in range(0, len(self._starts) - 1, BLOCK):
            starts = self._starts[first : first + BLOCK + 1]
            own = self._words[int(starts[0]) : int(starts[-1])]
            owner = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
            found.append(self._affirm(own, owner, len(starts) - 1, wanted))
        return np.concatenate(found) if found else np.zeros(0, dtype=np.bool_)

    def _affirm(
        self, text: NDArray[np.int32], owner: NDArray[np.int64], rows: int, wanted: tuple[str, ...]
    ) -> Mask:
        # Every text ends with END, so neither a phrase nor a "no" before it reaches across texts.
        at = self._places(text, wanted[0])
        for further, form in enumerate(wanted[1:], start=1):
            near = at + further
            near_text = text[np.minimum(near, len(text) - 1)]
            at = at[(near < len(text)) & np.isin(near_text, self._forms.get(form, []))]
        before = text[np.maximum(at - 1, 0)]
        first_is_end = (at == 0) | (before == END)
        before2 = text[np.maximum(at - 2, 0)]
        negated = ~first_is_end & np.isin(before, self._negators)
        negated |= ~first_is_end & (at > 1) & np.isin(before2, self._negators)
        after = at + len(wanted)
        negated |= (after < len(text)) & (text[np.minimum(after, len(text) - 1)] == self._free)
        found = np.zeros(rows, dtype=np.bool_)
        found[owner[at[~negated]]] = True
        return found

    def _places(self, text: NDArray[np.int32], form: str) -> NDArray[np.int64]:
        forms = self._forms.get(form, [])
        if not forms or not len(text):
            return np.zeros(0, dtype=np.int64)
        if len(forms) > 4:
            return np.flatnonzero(np.isin(text, forms))
        found = text == forms[0]
        for other in forms[1:]:
            found |= text == other
        return np.flatnonzero(found)


class StatedBuilder:
    """Takes the stated texts of rows in order."""

    def __init__(self, scratch: Path | None = None) -> None:
        self._ids: dict[str, int] = {}
        self._runs = Runs(np.int32, scratch / "stated_words.bin" if scratch else None)
        self._waiting: list[list[int]] = []

    def add(self, texts: Sequence[str]) -> None:
        """The next row."""
        ids = self._ids
        row: list[int] = []
        for text in texts:
            row += [ids.setdefault(word, len(ids)) for word in words(text)]
            row.append(END)
        self._waiting.append(row)
        if len(self._waiting) >= BLOCK // 5:
            self._flush()

    def _flush(self) -> None:
        self._runs.add(self._waiting)
        self._waiting = []

    def finish(self) -> tuple[dict[str, NDArray[Any]], list[str], list[str]]:
        """(arrays, words, their stems) of a Stated."""
        self._flush()
        starts, values = self._runs.finish()
        spelled = list(self._ids)
        return {"stated_starts": starts, "stated_words": values}, spelled, [stem(word) for word in spelled]
