"""What a catalogue says of products that are named: by id, what is like one, prices, categories, vectors.

Knows one moment's catalogue; knows nothing of queries or of wording.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from decimal import Decimal
from typing import Self

import numpy as np
from numpy.typing import NDArray

from retrieval.catalogue import Catalogue, StoredProducts
from retrieval.embedding import Vectors
from retrieval.filters import Filters
from retrieval.library import Fixed, Library
from retrieval.ranking import Floats, Mask
from retrieval.results import Hit
from retrieval.sorting import first_by
from retrieval.words import words
from shop.types import Product

Rows = NDArray[np.int64]
LIKE_SCANNED = 3_000
"""Rows of a large catalogue compared for products like one: nearly the nearest are like it as well. Among
100,000 made-up products 99 % of the nearest thirty are found."""


class KnownProducts:
    """Safe to share between threads."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def now(self) -> Self:
        """The same over the catalogue as it is now, for several questions of one moment: whether the
        catalogue changed is looked at once and not for each."""
        found = copy(self)
        found._library = Fixed(self._library.current(), self._library.notes)
        return found

    @property
    def products(self) -> StoredProducts:
        """Every product by id, fetched when asked for."""
        return self._library.latest.products

    def product(self, product_id: str) -> Product | None:
        """The product, or None."""
        return self.products.get(product_id)

    def similar(self, product_id: str, k: int = 8, filters: Filters = Filters()) -> list[Hit]:  # noqa: B008
        """Products like this one by vector (by words where there are none), itself left out."""
        catalogue = self._library.current()
        rows, scores, is_cosine = self._like(catalogue, product_id, k, filters)
        return self._as_hits(catalogue, rows, scores, is_cosine=is_cosine)

    def ids_like(self, product_id: str, k: int, filters: Filters) -> list[tuple[str, float]]:
        """The same as (id, score), without fetching a product."""
        catalogue = self._library.current()
        rows, scores, _ = self._like(catalogue, product_id, k, filters)
        return [
            (catalogue.id_of(row), score) for row, score in zip(rows.tolist(), scores.tolist(), strict=True)
        ]

    def _like(
        self, catalogue: Catalogue, product_id: str, k: int, filters: Filters
    ) -> tuple[Rows, Floats, bool]:
        """(rows, scores, whether those are cosines)."""
        row = catalogue.row_of(product_id)
        if row is None:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32), False
        vector = catalogue.vector(row)
        if vector is not None:
            rows, score = self._nearest(catalogue, vector, k + 1, filters)
        else:
            title = words(catalogue.products[product_id].title)
            terms = catalogue.vocabulary.terms(title)
            stems = [s for term in terms for stems, _ in term.alternatives for s in stems]
            lexical = catalogue.lexical.scores(stems)
            score = lexical / max(float(lexical.max()), 1e-9)
            rows = np.flatnonzero(score > 0.3)
            rows = rows[catalogue.keeps(filters, rows)]
            best = first_by([-score[rows].astype(np.float64)], k + 1)
            rows, score = rows[best], score[rows[best]]
        other = (rows != row) & (score > 0.3)
        return rows[other][:k], score[other][:k], vector is not None

    def near(self, vector: Vectors, k: int, filters: Filters = Filters()) -> list[Hit]:  # noqa: B008
        """The `k` products nearest to a unit vector that pass `filters`, nearest first; of a large catalogue
        nearly those."""
        catalogue = self._library.current()
        return self._as_hits(catalogue, *self._nearest(catalogue, vector, k, filters))

    def by_words(self, stems: Sequence[str], k: int) -> list[Product]:
        """The `k` products whose words say most of `stems`, whatever was meant: for finding what is named."""
        catalogue = self._library.current()
        scores = catalogue.lexical.scores(list(stems))
        rows = np.intersect1d(np.flatnonzero(scores > 0), catalogue.alive_rows())
        best = rows[first_by([-scores[rows].astype(np.float64)], k)]
        return self._products_at(catalogue, best)

    @staticmethod
    def _nearest(catalogue: Catalogue, vector: Vectors, k: int, filters: Filters) -> tuple[Rows, Floats]:
        if not filters:
            return catalogue.nearest(vector, k, None, LIKE_SCANNED)
        # What is to be left out is no mask: it is looked for in what is near.
        wanted = 4 * k + 50 if filters.without else k
        rows, cosines = catalogue.nearest(vector, wanted, catalogue.mask(filters), LIKE_SCANNED)
        order = np.argsort(rows)
        kept = order[catalogue.keeps(filters, rows[order])]
        kept.sort()
        return rows[kept][:k], cosines[kept][:k]

    @staticmethod
    def _as_hits(catalogue: Catalogue, rows: Rows, scores: Floats, *, is_cosine: bool = True) -> list[Hit]:
        ids = [catalogue.id_of(row) for row in rows.tolist()]
        products = catalogue.products.several(ids)
        return [
            Hit(products[id_], score, score if is_cosine else 0.0, 0.0)
            for id_, score in zip(ids, scores.tolist(), strict=True)
            if id_ in products
        ]

    def vectors_of(self, ids: Sequence[str]) -> tuple[list[str], Vectors | None]:
        """(those of `ids` that have a vector, one row each); None where none has."""
        catalogue = self._library.current()
        rows = {id_: row for id_ in ids if (row := catalogue.row_of(id_)) is not None}
        vectors = catalogue.vectors(np.array(list(rows.values()), dtype=np.int64)) if rows else None
        if vectors is None:
            return [], None
        kept = np.asarray(vectors.any(axis=1))
        if not kept.any():
            return [], None
        return [id_ for id_, keep in zip(rows, kept, strict=True) if keep], vectors[kept]

    @staticmethod
    def _products_at(catalogue: Catalogue, rows: Rows) -> list[Product]:
        return list(catalogue.products.several([catalogue.id_of(row) for row in rows.tolist()]).values())

    @staticmethod
    def _rows_of(catalogue: Catalogue, ids: Iterable[str]) -> list[int]:
        return [row for id_ in ids if (row := catalogue.row_of(id_)) is not None]

    def prices_of(self, ids: Iterable[str]) -> list[Decimal]:
        """The prices of those of `ids` that have one, without fetching a product."""
        catalogue = self._library.current()
        prices = catalogue.price[self._rows_of(catalogue, ids)]
        return [Decimal(str(price)) for price in prices[~np.isnan(prices)].tolist()]

    def categories_of(self, ids: Iterable[str]) -> list[str]:
        """The narrowest category of each of `ids` that is in the catalogue, '' for none, without fetching a
        product."""
        catalogue = self._library.current()
        paths = catalogue.categories(np.array(self._rows_of(catalogue, ids), dtype=np.int64))
        return [path[-1] if path else "" for path in paths]

    def passing(self, filters: Filters, ids: tuple[str, ...]) -> Mask:
        """Which of very many `ids` are in the catalogue and meet every filter but `without`."""
        catalogue = self._library.current()
        rows = catalogue.rows_of(ids)
        found = rows >= 0
        found[found] = catalogue.mask(filters)[rows[found]]
        return np.asarray(found)

    def keep(self, filters: Filters, ids: Sequence[str]) -> list[str]:
        """Those of `ids` that are in the catalogue and pass `filters`, in their order."""
        catalogue = self._library.current()
        rows = {id_: row for id_ in ids if (row := catalogue.row_of(id_)) is not None}
        ascending = np.sort(np.array(list(rows.values()), dtype=np.int64))
        passing = set(ascending[catalogue.keeps(filters, ascending)].tolist())
        return [id_ for id_, row in rows.items() if row in passing]

    def most_rated(self, least: float, k: int) -> list[Product]:
        """The `k` products with the most ratings among those rated `least` or better."""
        catalogue = self._library.current()
        rows = np.flatnonzero(catalogue.mask(Filters(min_rating=least)))
        best = rows[first_by([-catalogue.rating_count[rows]], k)]
        return self._products_at(catalogue, best)
