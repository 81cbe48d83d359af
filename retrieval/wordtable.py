"""The words of one shelf of products as arrays: who holds a word where, and titles in order.

Made from stems (`vocabulary.ProductText`); knows neither scores nor products.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.english import CARRIERS
from retrieval.postings import Arrays, Postings, PostingsBuilder, Runs, gather
from retrieval.vocabulary import ProductText
from retrieval.words import stem

Mask = NDArray[np.bool_]
CHUNK = 10_000
"""Rows read before their words are sorted: a few hundred MB at most."""
LATE = 10
"""Titles name the thing first and list what else it may be good for later."""
NAMING, OTHER = 0, 1
"""Columns of the text's counts: the naming fields, and the rest."""
_CARRIERS = frozenset(stem(word) for word in CARRIERS)


class WordTable:
    """Immutable. `text` counts words by field, `names`, `titles` and `kinds` say only who holds them."""

    def __init__(self, arrays: Arrays, stems: Sequence[str]) -> None:
        self.stems = list(stems)
        self._ids = {word: number for number, word in enumerate(self.stems)}
        self.text = Postings.of_arrays(arrays, "text")
        self.names = Postings.of_arrays(arrays, "names")
        self.titles = Postings.of_arrays(arrays, "titles")
        self.kinds = Postings.of_arrays(arrays, "kinds")
        self.lengths: NDArray[np.int32] = arrays["text_lengths"]  # type: ignore[assignment]
        self._title_starts: NDArray[np.int64] = arrays["title_starts"]  # type: ignore[assignment]
        self._title_words: NDArray[np.int32] = arrays["title_words"]  # type: ignore[assignment]
        self.size = len(self.lengths)

    def id_of(self, word: str) -> int:
        """The number of a stem, -1 if no row holds it."""
        return self._ids.get(word, -1)

    def title(self, row: int) -> tuple[str, ...]:
        """The stems of a row's title, in order."""
        part = self._title_words[self._title_starts[row] : self._title_starts[row + 1]]
        return tuple(self.stems[word] for word in part)

    def title_mask(self, word: str) -> Mask:
        """Rows whose title holds the stem `word`."""
        found = np.zeros(self.size, dtype=np.bool_)
        found[self.titles.of(self.id_of(word))[0]] = True
        return found

    def carried(self, asked: frozenset[str], rows: NDArray[np.integer], late_only: bool) -> Mask:
        """Those of `rows` (as a mask over them) whose title has the stems `asked` only in passing, and
        whose category has them not: far behind in a long title or, unless `late_only`, as the first
        part of another thing's name.
        """
        wanted = np.zeros(len(self.stems) + 1, dtype=np.bool_)
        wanted[[self.id_of(word) for word in asked]] = True
        wanted[-1] = False  # where a word is not known here, and behind the end of a title
        carriers = np.zeros_like(wanted)
        carriers[[self.id_of(word) for word in _CARRIERS]] = True
        carriers[-1] = False
        places, owner = gather(self._title_starts, rows)
        words = self._title_words[places]
        at = np.flatnonzero(wanted[words])
        owner, places = owner[at], places[at]
        first = np.full(len(rows), -1, dtype=np.int64)
        held, first_at = np.unique(owner, return_index=True)
        first[held] = places[first_at] - self._title_starts[rows[held]]
        found = first >= LATE
        if not late_only:
            is_last = places + 1 == self._title_starts[rows[owner] + 1]
            after = np.where(
                is_last, -1, self._title_words[np.minimum(places + 1, len(self._title_words) - 1)]
            )
            plain = np.zeros(len(rows), dtype=np.bool_)
            plain[owner[~wanted[after] & ~carriers[after]]] = True
            found |= (first >= 0) & ~plain
        own_kind = np.zeros(self.size, dtype=np.bool_)
        for word in asked:
            own_kind[self.kinds.of(self.id_of(word))[0]] = True
        return np.asarray(found & ~own_kind[rows])


class WordTableBuilder:
    """Takes the texts of rows in order; `scratch` as in PostingsBuilder."""

    def __init__(self, scratch: Path | None = None) -> None:
        self._ids: dict[str, int] = {}
        self._text = PostingsBuilder("text", 2, scratch)
        self._names = PostingsBuilder("names", 1, scratch)
        self._titles = PostingsBuilder("titles", 1, scratch)
        self._kinds = PostingsBuilder("kinds", 1, scratch)
        self._title_runs = Runs(np.int32, scratch / "title_words.bin" if scratch else None)
        self._lengths: list[NDArray[np.int32]] = []
        self._waiting: list[ProductText] = []

    def add(self, text: ProductText) -> None:
        """The next row."""
        self._waiting.append(text)
        if len(self._waiting) == CHUNK:
            self._flush()

    def _number(self, words: Sequence[str] | frozenset[str]) -> list[int]:
        ids = self._ids
        return [ids.setdefault(word, len(ids)) for word in words]

    def _flush(self) -> None:
        texts, self._waiting = self._waiting, []
        if not texts:
            return
        titles = [self._number(text.title) for text in texts]
        strong = [self._number(text.strong) for text in texts]
        weak = [self._number(text.weak) for text in texts]
        self._text.add([strong, weak])
        self._titles.add([titles])
        self._names.add([[self._number(sorted(text.names)) for text in texts]])
        self._kinds.add([[self._number(sorted(text.kind)) for text in texts]])
        self._title_runs.add(titles)
        lengths = [(len(a), len(b)) for a, b in zip(strong, weak, strict=True)]
        self._lengths.append(np.array(lengths, dtype=np.int32).reshape(-1, 2))

    def finish(self, folder: Path | None = None) -> tuple[dict[str, NDArray[Any]], list[str]]:
        """(arrays, stems) of a WordTable."""
        self._flush()
        arrays: dict[str, NDArray[Any]] = {}
        for name, builder in (
            ("text", self._text),
            ("names", self._names),
            ("titles", self._titles),
            ("kinds", self._kinds),
        ):
            arrays |= builder.finish(len(self._ids), folder).as_arrays(name)
        arrays["title_starts"], arrays["title_words"] = self._title_runs.finish()
        lengths = self._lengths or [np.zeros((0, 2), dtype=np.int32)]
        arrays["text_lengths"] = np.concatenate(lengths)
        return arrays, list(self._ids)
