"""The whole catalogue as one row of shelves at one moment: what every search looks at.

Rows are numbered through all shelves. A product on a later shelf replaces the one of the same id on
an earlier shelf, whose row is dead from then on. Knows nothing of queries or of ranking.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from retrieval.filters import Filters
from retrieval.lexical import Lexical
from retrieval.nearest import EXACT_ROWS, Mask, Vectors
from retrieval.shelf import Shelf
from retrieval.vocabulary import Vocabulary
from shop.types import Product

Ints = NDArray[np.integer]
Floats = NDArray[np.float32]
Fetch = Callable[[Sequence[str]], Mapping[str, Product]]
REMEMBERED = 20_000
"""Products kept once fetched: some 50 MB."""


class StoredProducts(Mapping[str, Product]):
    """Products by id, fetched when asked for; some thousand are remembered."""

    def __init__(self, rows: Catalogue, fetch: Fetch) -> None:
        self._rows, self._fetch = rows, fetch
        self._known: dict[str, Product] = {}

    def __getitem__(self, id_: str) -> Product:
        if found := self.several([id_]):
            return found[id_]
        raise KeyError(id_)

    def several(self, ids: Sequence[str]) -> dict[str, Product]:
        """Those of `ids` that are in the catalogue, in one look-up."""
        known = self._known
        if missing := [id_ for id_ in ids if id_ not in known and id_ in self]:
            if len(known) > REMEMBERED:
                known = {id_: known[id_] for id_ in ids if id_ in known}
            known |= self._fetch(missing)
            self._known = known
        return {id_: known[id_] for id_ in ids if id_ in known}

    def __contains__(self, id_: object) -> bool:
        return isinstance(id_, str) and self._rows.row_of(id_) is not None

    def __iter__(self) -> Iterator[str]:
        return self._rows.ids()

    def __len__(self) -> int:
        return self._rows.alive

    def values(self) -> Iterator[Product]:  # type: ignore[override]
        """Every product, fetched some hundred at a time and not remembered."""
        batch: list[str] = []
        for id_ in self:
            batch.append(id_)
            if len(batch) == 500:
                yield from self._fetch(batch).values()
                batch = []
        yield from self._fetch(batch).values()


class Catalogue:
    """Immutable; safe to share between threads."""

    def __init__(
        self,
        shelves: Sequence[Shelf],
        vocabulary: Vocabulary,
        fetch: Fetch,
        popularity: Mapping[str, float] | None = None,
        gone: AbstractSet[str] = frozenset(),
    ) -> None:
        self.shelves, self.vocabulary = tuple(shelves), vocabulary
        self._offsets: list[int] = [0, *accumulate(shelf.size for shelf in shelves)]
        self.rows = self._offsets[-1]
        self.dead = self._find_dead(gone)
        self.alive: int = self.rows - (int(np.count_nonzero(self.dead)) if self.dead is not None else 0)
        self.lexical = Lexical([shelf.words for shelf in shelves], self.dead)
        columns = [shelf.columns for shelf in shelves]
        self.price = np.concatenate([own.price for own in columns])
        self.rating = np.concatenate([own.rating for own in columns])
        self.rating_count = np.concatenate([own.rating_count for own in columns])
        self.popularity = self.rating_count.astype(np.float32)
        for id_, value in (popularity or {}).items():
            row = self.row_of(id_)
            if row is not None:
                self.popularity[row] = value
        self.products = StoredProducts(self, fetch)
        self._placed: tuple[Sequence[str], NDArray[np.int64]] = ((), np.zeros(0, dtype=np.int64))
        self.has_vectors = any(shelf.matrix is not None for shelf in shelves)
        self.without_vector = sum(shelf.without_vector for shelf in shelves)

    def _find_dead(self, gone: AbstractSet[str]) -> Mask | None:
        if len(self.shelves) == 1 and not gone:
            return None
        dead = np.zeros(self.rows, dtype=np.bool_)
        later = set(gone)
        for shelf, offset in zip(reversed(self.shelves), reversed(self._offsets[:-1]), strict=True):
            for id_ in later:
                row = shelf.row_of.get(id_)
                if row is not None:
                    dead[offset + row] = True
            if offset:  # the first shelf's own ids replace nothing
                later |= shelf.row_of.keys()
        return dead

    @property
    def is_large(self) -> bool:
        """Whether a query is measured on chosen rows only rather than on all of them."""
        return self.rows > EXACT_ROWS

    def row_of(self, id_: str) -> int | None:
        """A product's row, None where the catalogue has it not."""
        for shelf, offset in zip(reversed(self.shelves), reversed(self._offsets[:-1]), strict=True):
            row = shelf.row_of.get(id_)
            if row is not None:
                place = offset + row
                return None if self.dead is not None and self.dead[place] else place
        return None

    def rows_of(self, ids: tuple[str, ...]) -> NDArray[np.int64]:
        """The rows of many products, -1 where the catalogue has one not. Remembered for the tuple last asked
        for: whoever ranks asks for all of its products again and again."""
        known, rows = self._placed
        if known is not ids:
            places = (self.row_of(id_) for id_ in ids)
            rows = np.array([-1 if row is None else row for row in places], dtype=np.int64)
            self._placed = ids, rows
        return rows

    def ids(self) -> Iterator[str]:
        """Every product's id, in the order of rows."""
        for shelf, offset in zip(self.shelves, self._offsets, strict=False):
            for row, id_ in enumerate(shelf.ids):
                if self.dead is None or not self.dead[offset + row]:
                    yield id_

    def id_of(self, row: int) -> str:
        """The id of the product in a row."""
        return next(shelf.ids[own] for shelf, own in self._each([row]))

    def _each(self, rows: Iterable[int]) -> Iterator[tuple[Shelf, int]]:
        for row in rows:
            at = bisect_right(self._offsets, row) - 1
            yield self.shelves[at], int(row) - self._offsets[at]

    def _parts(self, rows: Ints) -> Iterator[tuple[Shelf, slice, Ints]]:
        """(shelf, its places in `rows`, its own rows); `rows` ascending."""
        if len(self.shelves) == 1:
            yield self.shelves[0], slice(0, len(rows)), rows
            return
        for shelf, (start, end) in zip(self.shelves, pairwise(self._offsets), strict=True):
            own = slice(*np.searchsorted(rows, [start, end]))
            if own.start < own.stop:
                yield shelf, own, rows[own] - start

    # -- filters -----------------------------------------------------------------------------------

    def mask(self, filters: Filters) -> Mask:
        """Rows alive that meet every filter but `without`."""
        found = np.concatenate([shelf.columns.mask(filters) for shelf in self.shelves])
        return found if self.dead is None else found & ~self.dead

    def keeps(self, filters: Filters, rows: Ints) -> Mask:
        """Which of `rows` (ascending, alive) meet every filter."""
        found = np.zeros(len(rows), dtype=np.bool_)
        for shelf, own, own_rows in self._parts(rows):
            found[own] = shelf.columns.keeps(filters, own_rows)
        return found

    def states(self, name: str, rows: Ints) -> bool:
        """Whether any of `rows` (ascending) says what the filter called `name` asks."""
        return any(shelf.columns.stating(name)[own].any() for shelf, _, own in self._parts(rows))

    def alive_rows(self) -> NDArray[np.int64]:
        """Every row that is in the catalogue."""
        return np.arange(self.rows) if self.dead is None else np.flatnonzero(~self.dead)

    # -- vectors -----------------------------------------------------------------------------------

    def vector(self, row: int) -> Vectors | None:
        """A row's vector, None where it has none."""
        for shelf, _, own in self._parts(np.array([row])):
            if shelf.matrix is not None:
                vector = shelf.matrix.vector(int(own[0]))
                return vector if vector.any() else None
        return None

    def vectors(self, rows: Ints) -> Vectors | None:
        """Those of `rows` (any order), one below the other; None where no row has one."""
        width = next((shelf.matrix.vectors.shape[1] for shelf in self.shelves if shelf.matrix), None)
        if width is None:
            return None
        found = np.zeros((len(rows), width), dtype=np.float32)
        order = np.argsort(rows, kind="stable")
        for shelf, own, own_rows in self._parts(rows[order]):
            if shelf.matrix is not None:
                found[order[own]] = shelf.matrix.rows(own_rows)
        return found

    def version_of(self, row: int) -> Hashable:
        """The same for all versions of one thing; see `variety.thing`."""
        shelf, own = next(self._each([row]))
        return shelf.columns.version_of(own)

    def brands(self, rows: Ints) -> list[str]:
        """The brands of some rows, '' for none."""
        return [shelf.columns.brand(row) for shelf, row in self._each(rows)]

    def categories(self, rows: Ints) -> list[tuple[str, ...]]:
        """The categories of some rows, widest first."""
        return [shelf.columns.categories(row) for shelf, row in self._each(rows)]

    def cosines(self, query: Vectors, rows: Ints | None = None) -> Floats:
        """Of `rows` (ascending), or of every row."""
        if rows is None:
            parts = [
                shelf.matrix.cosines(query) if shelf.matrix else np.zeros(shelf.size, dtype=np.float32)
                for shelf in self.shelves
            ]
            return parts[0] if len(parts) == 1 else np.concatenate(parts)
        found = np.zeros(len(rows), dtype=np.float32)
        for shelf, own, own_rows in self._parts(rows):
            if shelf.matrix is not None:
                found[own] = shelf.matrix.cosines(query, own_rows)
        return found

    def nearest(
        self, query: Vectors, k: int, mask: Mask | None = None, scanned: int | None = None
    ) -> tuple[NDArray[np.int64], Floats]:
        """(rows, cosines) of the `k` nearest rows alive (of `mask`, where given), nearest first; see
        `Matrix.nearest`."""
        rows, cosines = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.float32)]
        wanted = k
        if mask is None and self.dead is not None:
            if np.count_nonzero(self.dead) > k:
                mask = ~self.dead
            else:
                wanted = 2 * k  # a few dead rows are sooner left out afterwards
        for shelf, (start, end) in zip(self.shelves, pairwise(self._offsets), strict=True):
            if shelf.matrix is not None:
                part = None if mask is None else mask[start:end]
                own, close = shelf.matrix.nearest(query, wanted, part, scanned)
                if wanted > k and self.dead is not None:
                    alive = ~self.dead[own + start]
                    own, close = own[alive], close[alive]
                rows.append(own + start)
                cosines.append(close)
        all_rows, all_cosines = np.concatenate(rows), np.concatenate(cosines)
        order = np.argsort(-all_cosines, kind="stable")[:k]
        return all_rows[order], all_cosines[order]

    def nearest_any(self, queries: Vectors, k: int) -> NDArray[np.int64]:
        """Rows alive that are about the `k` nearest of any of some questions that are much alike."""
        rows = [
            shelf.matrix.nearest_any(queries, k if self.dead is None else 2 * k) + start
            for shelf, start in zip(self.shelves, self._offsets, strict=False)
            if shelf.matrix is not None
        ]
        found = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
        return found if self.dead is None else found[~self.dead[found]]
