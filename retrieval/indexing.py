"""From the shop's database to a searchable index, embedding only what changed.

Knows the store, the vector store and what is prepared from both; knows nothing of queries.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Protocol

import numpy as np

from retrieval.embedding import Embedder, Vectors, load_embedder
from retrieval.library import content_hash, lay_policies, policy_text, product_text, read_policies
from retrieval.prepared import index_folder, load_policies, prepare, read_manifest, writing_index
from retrieval.search import Search
from retrieval.shop_library import POPULARITY, ShopLibrary
from retrieval.vectors import Metadata, VectorIndex, open_vectors
from shop.errors import SearchError
from shop.settings import Settings
from shop.store import Store
from shop.types import Product

PRODUCTS, POLICIES = "products", "policies"
BATCH = 512
"""Products embedded between two writes: what an interrupted run has to repeat at most."""

CHROMA_MOST = 100_000
"""Products kept in Chroma where the settings leave it open. Beyond, writing takes it too long and it
holds everything in memory: measured in benchmarks/RESULTS.md.
"""

Progress = Callable[[int, int], None]
Entry = tuple[str, str, Metadata]


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one run did; `kept` were unchanged since the last."""

    embedded: int
    kept: int
    removed: int
    seconds: float


def product_metadata(product: Product) -> dict[str, str | int | float | bool]:
    """Flat fields for those who filter in the vector store (Chroma refuses None)."""
    fields: dict[str, str | int | float | bool] = {"title": product.title}
    if product.category:
        fields["category"] = product.category
    if product.brand:
        fields["brand"] = product.brand
    if product.colour:
        fields["colour"] = product.colour
    if product.price is not None:
        fields |= {"price": float(product.price.amount), "currency": product.price.currency}
    if product.in_stock is not None:
        fields["in_stock"] = product.in_stock
    if product.rating is not None:
        fields["rating"] = product.rating.value
    return fields


class Entries(Protocol):
    """What is to be embedded: (id, text, metadata) of each, in full or for some ids."""

    def __iter__(self) -> Iterator[Entry]:
        """All of them."""
        ...

    def several(self, ids: Sequence[str]) -> Iterable[Entry]:
        """Those of `ids`."""
        ...


class ListedEntries:
    """A few, in memory."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = {entry[0]: entry for entry in entries}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def several(self, ids: Sequence[str]) -> Iterable[Entry]:
        """See Entries."""
        return [self._entries[id_] for id_ in ids]


class ProductEntries:
    """The store's products, or `only` those of some ids; never all in memory."""

    def __init__(self, store: Store, only: Sequence[str] | None = None) -> None:
        self._store, self._only = store, only

    def __iter__(self) -> Iterator[Entry]:
        found = self._store.each_product() if self._only is None else self._several(self._only)
        return map(_entry, found)

    def several(self, ids: Sequence[str]) -> Iterable[Entry]:
        """See Entries."""
        return map(_entry, self._several(ids))

    def _several(self, ids: Sequence[str]) -> Iterator[Product]:
        for start in range(0, len(ids), BATCH):
            yield from self._store.products_by_id(ids[start : start + BATCH]).values()


def _entry(product: Product) -> Entry:
    return product.id, product_text(product), product_metadata(product)


def update_vectors(
    index: VectorIndex,
    embedder: Embedder,
    entries: Entries | Sequence[Entry],
    progress: Progress | None = None,
    only: Sequence[str] | None = None,
) -> IndexReport:
    """Bring `index` to `entries`; stopped half-way, it goes on where it was. With `only`, `entries` are
    those of these ids that there still are, and nothing else is looked at.
    """
    started = time.perf_counter()
    if isinstance(entries, Sequence):
        entries = ListedEntries(entries)
    stored = index.hashes()
    before = len(stored)
    gone = set(stored) if only is None else {id_ for id_ in only if id_ in stored}
    todo: list[tuple[int, str]] = []
    for id_, text, _ in entries:
        gone.discard(id_)
        if stored.get(id_) != content_hash(embedder, text):
            todo.append((len(text), id_))
    new = sum(id_ not in stored for _, id_ in todo)
    del stored
    if gone:
        index.delete(sorted(gone))
    # Texts of like length share a batch, so little of it is padding.
    todo.sort(key=itemgetter(0))
    for start in range(0, len(todo), BATCH):
        part = list(entries.several([id_ for _, id_ in todo[start : start + BATCH]]))
        vectors = embedder.embed([text for _, text, _ in part])
        metadatas = [{**metadata, "hash": content_hash(embedder, text)} for _, text, metadata in part]
        index.upsert([id_ for id_, _, _ in part], vectors, metadatas)
        if progress is not None:
            progress(min(start + BATCH, len(todo)), len(todo))
    kept = before - len(gone) + new - len(todo)
    return IndexReport(len(todo), kept, len(gone), time.perf_counter() - started)


def build_index(store: Store, settings: Settings, progress: Progress | None = None) -> IndexReport:
    """Embed what is new or changed in the store's products and policies, remove what is gone, and
    prepare the search. Stopped half-way and run again, it goes on; SearchError where another process is
    at it already.
    """
    embedder = load_embedder(settings.embedder)
    with writing_index(settings.shop) as folder:
        use_file_where_large(store, settings)
        started = time.perf_counter()
        vectors = open_shop_vectors(settings, PRODUCTS)
        try:
            first = _update_products(store, vectors, embedder, folder, progress)
            second, policies = _update_policies(store, settings, embedder)
            _write_popularity(store, settings.shop)
            prepare(store, folder, embedder, vectors.get, policies, progress)
        finally:
            vectors.close()
    return IndexReport(
        first.embedded + second.embedded,
        first.kept + second.kept,
        first.removed + second.removed,
        time.perf_counter() - started,
    )


def _update_products(
    store: Store, vectors: VectorIndex, embedder: Embedder, folder: Path, progress: Progress | None
) -> IndexReport:
    """Look only at what changed since the last run where that is known and nothing was lost since."""
    known = read_manifest(folder, embedder)
    changed = store.products_changed_since(known.revision, known.mark) if known else None
    if changed is not None:
        report = update_vectors(vectors, embedder, ProductEntries(store, changed), progress, changed)
        if vectors.count() == store.count("products"):
            return report
    return update_vectors(vectors, embedder, ProductEntries(store), progress)


def _update_policies(
    store: Store, settings: Settings, embedder: Embedder
) -> tuple[IndexReport, dict[str, Vectors]]:
    passages = store.policies()
    entries: list[Entry] = [(p.id, policy_text(p), {"heading": p.heading}) for p in passages]
    index = open_shop_vectors(settings, POLICIES)
    try:
        return update_vectors(index, embedder, entries), index.get([p.id for p in passages])
    finally:
        index.close()


_MEMORY: dict[tuple[Path, str], VectorIndex] = {}


def open_shop_vectors(settings: Settings, collection: str) -> VectorIndex:
    """The shop's collection; `memory:` lives as long as the process, so that indexing is not lost."""
    if settings.vectors_spec == "memory:":
        key = (settings.shop.resolve(), collection)
        return _MEMORY.setdefault(key, open_vectors("memory:", collection))
    if not settings.vectors and _vector_file(settings).is_file() and collection == PRODUCTS:
        return open_vectors(f"file:{settings.shop / 'vectors'}", collection)
    return open_vectors(settings.vectors_spec, collection)


def _vector_file(settings: Settings) -> Path:
    return settings.shop / "vectors" / f"{PRODUCTS}.sqlite"


def use_file_where_large(store: Store, settings: Settings) -> None:
    """Where the settings leave it open, keep the vectors of a large catalogue in a file from now on;
    those that Chroma holds are taken over.
    """
    if settings.vectors or _vector_file(settings).is_file() or store.count("products") <= CHROMA_MOST:
        return
    chroma = open_shop_vectors(settings, PRODUCTS)
    hashes = chroma.hashes()
    file = open_vectors(f"file:{settings.shop / 'vectors'}", PRODUCTS)
    try:
        ids = list(hashes)
        for start in range(0, len(ids), BATCH):
            found = chroma.get(ids[start : start + BATCH])
            file.upsert(list(found), np.stack(list(found.values())), [{"hash": hashes[i]} for i in found])
    finally:
        file.close()
        chroma.close()


def open_search(store: Store, settings: Settings) -> Search:
    """Search over what was indexed; where the vector store is down, by words alone (and says so)."""
    embedder = load_embedder(settings.embedder)
    library = ShopLibrary(store, settings.shop, embedder, lambda: _open_or_error(settings, PRODUCTS))
    passages = store.policies()
    manifest = read_manifest(index_folder(settings.shop), embedder)
    stored = load_policies(index_folder(settings.shop), manifest, passages, embedder) if manifest else None
    if stored is not None:
        return Search.over(library, *lay_policies(passages, stored, embedder), embedder)
    index = _open_or_error(settings, POLICIES)
    return Search.over(library, *read_policies(passages, embedder, index), embedder)


def _open_or_error(settings: Settings, collection: str) -> VectorIndex | SearchError:
    try:
        return open_shop_vectors(settings, collection)
    except SearchError as error:
        return error


def _write_popularity(store: Store, folder: Path) -> None:
    """Customers who bought each product, so that "popular" needs no pass over all orders later."""
    buyers = {(customer, product) for customer, product, *_ in store.purchases()}
    counts = Counter(product for _, product in buyers)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / POPULARITY).write_text(json.dumps(counts), encoding="utf-8")
