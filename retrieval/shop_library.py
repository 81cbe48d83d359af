"""The library that follows a shop: what is prepared, and what changed in the store since.

A look at the store's revision and at the manifest's file comes before every search, which costs a
fraction of a millisecond. What changed since the prepared shelves were made goes on one more shelf in
memory. Knows nothing of queries.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from retrieval.catalogue import Catalogue
from retrieval.embedding import Embedder, Vectors
from retrieval.library import note_missing, product_text, shelve_stored, vector_key
from retrieval.nearest import EXACT_ROWS
from retrieval.prepared import MANIFEST, index_folder, load_shelves, read_manifest
from retrieval.shelf import Shelf, build_shelf
from retrieval.tally import Tally
from retrieval.vectors import VectorIndex
from retrieval.vocabulary import Vocabulary, read_text
from shop.errors import SearchError
from shop.store import Store
from shop.types import Product

MOST_CHANGED = 3_000
"""Products that changed since the last `regulars index` and are followed without it: about a second."""
MOST_EMBEDDED = 64
"""New texts embedded at a search; more are found by words alone until `regulars index` has run."""
POPULARITY = "popularity.json"
"""Beside the index: customers who bought each product."""
Mark = tuple[tuple[int, str], tuple[int, ...]]
OpenVectors = Callable[[], VectorIndex | SearchError]


class ShopLibrary:
    """See Library. Safe to share between threads."""

    def __init__(self, store: Store, shop: Path, embedder: Embedder, open_vectors: OpenVectors) -> None:
        self._store, self._shop, self._embedder, self._open_vectors = store, shop, embedder, open_vectors
        self._folder = index_folder(shop)
        self._lock = threading.Lock()
        self.notes: tuple[str, ...] = ()
        self._base_notes: tuple[str, ...] = ()
        self._shelves: list[Shelf] = []
        self._overlay: Shelf | None = None
        self._tally = Tally()
        self._vocabulary = Vocabulary()
        self._popularity: Mapping[str, float] | None = None
        self._from: tuple[int, str] = (0, "")
        self._gone: frozenset[str] = frozenset()
        self._counted: set[tuple[str, int]] = set()
        self._seen = self._look()
        self._load()
        self.latest = self._follow()

    def _look(self) -> Mark:
        files = self._folder / MANIFEST, self._shop / POPULARITY
        return self._store.product_revision(), tuple(_changed_at(file) for file in files)

    def current(self) -> Catalogue:
        """See Library. While one thread brings it up to date the others wait: they may be asking for
        what has just changed."""
        mark = self._look()
        if mark != self._seen:
            with self._lock:
                mark = self._look()
                if mark != self._seen:
                    if mark[1] != self._seen[1]:
                        self._load()
                    self.latest = self._follow()
                    self._seen = mark
        return self.latest

    def _load(self) -> None:
        """Open what is prepared; a small shop that is not is read from the store."""
        self._popularity = _read_popularity(self._shop)
        self._counted = set()
        manifest = read_manifest(self._folder, self._embedder)
        if manifest is not None:
            changed = self._store.products_changed_since(manifest.revision, manifest.mark)
            if changed is not None and (len(changed) <= MOST_CHANGED or self._is_large()):
                self._shelves, self._tally = load_shelves(self._folder, manifest)
                self._base_notes = tuple(note for shelf in self._shelves for note in note_missing(shelf))
                self._gone = frozenset(manifest.gone)
                self._from = manifest.revision, manifest.mark
                self._vocabulary = Vocabulary(tally=self._tally)
                return
        self._read_store()

    def _is_large(self) -> bool:
        return self._store.count("products") > EXACT_ROWS

    def _read_store(self) -> None:
        if self._is_large():
            raise SearchError(
                f"the {self._store.count('products'):,} products in {self._store.place} are not prepared for "
                "search, or by another version or embedder; run `regulars index`"
            )
        self._from = self._store.product_revision()
        self._tally = Tally()
        vectors = self._open_vectors()
        shelf, self._base_notes = shelve_stored(
            self._store.each_product(), self._embedder, vectors, self._tally
        )
        if not isinstance(vectors, SearchError):
            vectors.close()
        self._shelves, self._gone = [shelf], frozenset()
        self._vocabulary = Vocabulary(tally=self._tally)

    def _follow(self) -> Catalogue:
        """The shelves, and one more of what the store changed since."""
        changed = self._store.products_changed_since(*self._from)
        if (changed is None or len(changed) > MOST_CHANGED) and not self._is_large():
            self._read_store()
            changed = []
        self.notes = self._base_notes
        if changed is None or len(changed) > MOST_CHANGED:
            count = "many" if changed is None else f"{len(changed):,}"
            self.notes += (f"{count} products changed since they were indexed; run `regulars index`",)
            changed = changed[-MOST_CHANGED:] if changed else []
        shelves, gone = list(self._shelves), self._gone
        if changed:
            products = self._store.products_by_id(changed)
            gone = gone.difference(products).union(id_ for id_ in changed if id_ not in products)
            self._count(products)
            shelves.append(self._shelve(products))
            self._vocabulary = Vocabulary(tally=self._tally)
        return Catalogue(shelves, self._vocabulary, self._fetch, self._popularity, gone)

    def _fetch(self, ids: Sequence[str]) -> dict[str, Product]:
        return self._store.products_by_id(ids)

    def _count(self, products: Mapping[str, Product]) -> None:
        """Add new words to the vocabulary's counts; a product counts once for each form it had."""
        key = vector_key(self._embedder)
        for id_, product in products.items():
            form = (id_, key(product))
            if form not in self._counted:
                self._counted.add(form)
                self._tally.add(product, read_text(product))

    def _shelve(self, products: Mapping[str, Product]) -> Shelf:
        """A shelf in memory; a vector is used again where what was embedded is the same still."""
        key = vector_key(self._embedder)
        known: dict[str, Vectors] = {}
        new: list[str] = []
        # The latest first: what was overlaid before and is the same still need not be embedded again.
        before = [*self._shelves, *([self._overlay] if self._overlay else [])]
        for id_, product in products.items():
            for shelf in reversed(before):
                row = shelf.row_of.get(id_)
                if row is not None and shelf.matrix and int(shelf.keys[row]) == key(product):
                    vector = shelf.matrix.vector(row)
                    if vector.any():
                        known[id_] = vector
                        break
            else:
                new.append(id_)
        if new and any(shelf.matrix for shelf in self._shelves):
            texts = [product_text(products[id_]) for id_ in new[:MOST_EMBEDDED]]
            try:
                known |= dict(zip(new, self._embedder.embed(texts), strict=False))
            except SearchError as error:
                self.notes += (f"embedding: {error}",)
        self._overlay = build_shelf(products.values(), lambda _: known, self._embedder.dimensions, key=key)
        if self._overlay.without_vector:
            self.notes += note_missing(self._overlay)
        return self._overlay


def _changed_at(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _read_popularity(folder: Path) -> dict[str, float] | None:
    try:
        counts = json.loads((folder / POPULARITY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return {str(k): float(v) for k, v in counts.items()} if counts else None
