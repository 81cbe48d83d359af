"""From the shop's database to a searchable index, embedding only what changed.

Decides what text stands for a product or passage. Knows the store and the vector store; knows
nothing of queries.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.embedding import Embedder, load_embedder
from retrieval.library import content_hash, policy_text, product_text
from retrieval.search import Search
from retrieval.vectors import Metadata, VectorIndex, open_vectors
from shop.errors import SearchError
from shop.settings import Settings
from shop.store import Store
from shop.types import Product

PRODUCTS, POLICIES = "products", "policies"
BATCH = 512
"""Products embedded between two writes: what an interrupted run has to repeat at most."""

Progress = Callable[[int, int], None]


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
    entries: Sequence[tuple[str, str, Metadata]],
    progress: Progress | None = None,
) -> IndexReport:
    """Bring `index` to `entries` (id, text, metadata); stopped half-way, it goes on where it was."""
    started = time.perf_counter()
    hashes = {id_: content_hash(embedder, text) for id_, text, _ in entries}
    stored = index.hashes()
    gone = [id_ for id_ in stored if id_ not in hashes]
    if gone:
        index.delete(gone)
    todo = [entry for entry in entries if stored.get(entry[0]) != hashes[entry[0]]]
    # Texts of like length share a batch, so little of it is padding.
    todo.sort(key=lambda entry: len(entry[1]))
    for start in range(0, len(todo), BATCH):
        part = todo[start : start + BATCH]
        vectors = embedder.embed([text for _, text, _ in part])
        metadatas = [{**metadata, "hash": hashes[id_]} for id_, _, metadata in part]
        index.upsert([id_ for id_, _, _ in part], vectors, metadatas)
        if progress is not None:
            progress(min(start + BATCH, len(todo)), len(todo))
    return IndexReport(len(todo), len(entries) - len(todo), len(gone), time.perf_counter() - started)


def build_index(store: Store, settings: Settings, progress: Progress | None = None) -> IndexReport:
    """Embed what is new or changed in the store's products and policies, remove what is gone."""
    embedder = load_embedder(settings.embedder)
    products = [(p.id, product_text(p), product_metadata(p)) for p in store.products()]
    policies: list[tuple[str, str, Metadata]] = [
        (p.id, policy_text(p), {"heading": p.heading}) for p in store.policies()
    ]
    reports = []
    for collection, entries in ((PRODUCTS, products), (POLICIES, policies)):
        index = open_shop_vectors(settings, collection)
        try:
            reports.append(update_vectors(index, embedder, entries, progress))
        finally:
            index.close()
    _write_popularity(store, settings.shop)
    first, second = reports
    return IndexReport(
        first.embedded + second.embedded,
        first.kept + second.kept,
        first.removed + second.removed,
        first.seconds + second.seconds,
    )


_MEMORY: dict[tuple[Path, str], VectorIndex] = {}


def open_shop_vectors(settings: Settings, collection: str) -> VectorIndex:
    """The shop's collection; `memory:` lives as long as the process, so that indexing is not lost."""
    if settings.vectors_spec != "memory:":
        return open_vectors(settings.vectors_spec, collection)
    return _MEMORY.setdefault((settings.shop.resolve(), collection), open_vectors("memory:", collection))


def open_search(store: Store, settings: Settings) -> Search:
    """Search over what was indexed; where the vector store is down, by words alone (and says so)."""
    return Search(
        store.products(),
        store.policies(),
        load_embedder(settings.embedder),
        _open_or_error(settings, PRODUCTS),
        _open_or_error(settings, POLICIES),
        popularity=_read_popularity(settings.shop),
    )


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
    (folder / "popularity.json").write_text(json.dumps(counts), encoding="utf-8")


def _read_popularity(folder: Path) -> dict[str, float] | None:
    try:
        counts = json.loads((folder / "popularity.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return {str(k): float(v) for k, v in counts.items()} if counts else None
