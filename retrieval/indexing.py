"""From the shop's database to a searchable index, embedding only what changed.

Knows the store, the vector store and what is prepared from both; knows nothing of queries.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval.embedding import Embedder, Vectors, shop_embedder
from retrieval.library import content_hash, lay_policies, policy_text, product_text, read_policies
from retrieval.prepared import index_folder, load_policies, prepare, read_manifest, writing_index
from retrieval.ranker import read_ranker
from retrieval.search import Search
from retrieval.shop_library import POPULARITY, ShopLibrary
from retrieval.vectors import Metadata, VectorIndex, open_vectors
from shop.errors import SearchError
from shop.settings import Settings
from shop.store import Store
from shop.types import Product

PRODUCTS, POLICIES, HISTORIES = "products", "policies", "histories"
MADE_BY = "embedder"
"""The file that names the embedder of the stored vectors."""
BATCH = 512
"""Products embedded between two writes: what an interrupted run has to repeat at most."""
WINDOW = 16 * BATCH
"""Products sorted by length before they are embedded."""

CHROMA_MOST = 100_000
"""Products kept in Chroma where the settings leave it open. Writing 50,000 vectors took it 71 CPU
seconds and 243 MB of memory, and it scans all of its metadata for a filter.
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


def update_vectors(
    index: VectorIndex,
    embedder: Embedder,
    entries: Iterable[Entry],
    progress: Progress | None = None,
    only: Sequence[str] | None = None,
    total: int | None = None,
) -> IndexReport:
    """Bring `index` to `entries`, of which there are `total`; stopped half-way, it goes on where it was.

    With `only`, `entries` are those of these ids that there still are, and nothing else is looked at.
    """
    started = time.perf_counter()
    stored = index.hashes()
    gone = set(stored) if only is None else {id_ for id_ in only if id_ in stored}
    looked_at, written = 0, 0
    window: list[tuple[Entry, str]] = []

    def write() -> None:
        # Texts of like length share a batch, so little of it is padding.
        window.sort(key=lambda one: len(one[0][1]))
        for start in range(0, len(window), BATCH):
            part = window[start : start + BATCH]
            vectors = embedder.embed([entry[1] for entry, _ in part])
            metadatas = [{**entry[2], "hash": digest} for entry, digest in part]
            index.upsert([entry[0] for entry, _ in part], vectors, metadatas)
            if progress is not None:
                done = looked_at - len(window) + start + len(part)
                progress(done, max(done, total or 0, looked_at))
        window.clear()

    for entry in entries:
        id_, text, _ = entry
        looked_at += 1
        gone.discard(id_)
        digest = content_hash(embedder, text)
        if stored.get(id_) != digest:
            written += 1
            window.append((entry, digest))
            if len(window) == WINDOW:
                write()
    write()
    if gone:
        index.delete(sorted(gone))
    # With `only`, what was not looked at is kept as well.
    unseen = 0 if only is None else len(stored) - sum(id_ in stored for id_ in set(only))
    kept = looked_at - written + unseen
    return IndexReport(written, kept, len(gone), time.perf_counter() - started)


def build_index(store: Store, settings: Settings, progress: Progress | None = None) -> IndexReport:
    """Embed what is new or changed in the store's products and policies, remove what is gone, and
    prepare the search. Stopped half-way and run again, it goes on; SearchError where another process is
    at it already.
    """
    embedder = shop_embedder(settings)
    with writing_index(settings.shop) as folder:
        if _made_by(settings.shop) != embedder.name:
            # Some vectors are of one embedder and some of another until all are made.
            _write_made_by(settings.shop, "")
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
        _write_made_by(settings.shop, embedder.name)
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
        parts = (changed[start : start + BATCH] for start in range(0, len(changed), BATCH))
        products = (product for ids in parts for product in store.products_by_id(ids).values())
        report = update_vectors(
            vectors, embedder, map(_entry, products), progress, changed, total=len(changed)
        )
        if vectors.count() == store.count("products"):
            return report
    every = map(_entry, store.each_product())
    return update_vectors(vectors, embedder, every, progress, total=store.count("products"))


def _entry(product: Product) -> Entry:
    return product.id, product_text(product), product_metadata(product)


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
    spec = settings.histories_spec if collection == HISTORIES else settings.vectors_spec
    return open_vectors(spec, collection)


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
    embedder = shop_embedder(settings)
    own = settings.shop / "ranker.json"
    ranker = read_ranker(own) if own.is_file() else None
    library = ShopLibrary(
        store, settings.shop, embedder, lambda: _open_or_error(settings, PRODUCTS, embedder)
    )
    passages = store.policies()
    manifest = read_manifest(index_folder(settings.shop), embedder)
    stored = load_policies(index_folder(settings.shop), manifest, passages, embedder) if manifest else None
    if stored is not None:
        return Search.over(library, *lay_policies(passages, stored, embedder), embedder, ranker)
    index = _open_or_error(settings, POLICIES, embedder)
    return Search.over(library, *read_policies(passages, embedder, index), embedder, ranker)


def _open_or_error(settings: Settings, collection: str, embedder: Embedder) -> VectorIndex | SearchError:
    """Vectors of another embedder than the one in use say nothing, and are no better than none."""
    if _made_by(settings.shop) not in (None, embedder.name):
        return SearchError("the vectors are not the embedder's in use; run `regulars index`")
    try:
        return open_shop_vectors(settings, collection)
    except SearchError as error:
        return error


def _made_by(folder: Path) -> str | None:
    """The embedder of all stored vectors, '' where there may be several, None where nothing says."""
    try:
        return (folder / MADE_BY).read_text(encoding="utf-8")
    except OSError:
        return None


def _write_made_by(folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MADE_BY).write_text(name, encoding="utf-8")


def _write_popularity(store: Store, folder: Path) -> None:
    """Customers who bought each product, so that "popular" needs no pass over all orders later."""
    buyers = {(customer, product) for customer, product, *_ in store.purchases()}
    counts = Counter(product for _, product in buyers)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / POPULARITY).write_text(json.dumps(counts), encoding="utf-8")
