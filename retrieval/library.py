"""Where a search gets its catalogue from: the contract, and the one that never changes.

Knows vector stores and what is embedded; the library that follows a shop is `shop_library.py`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np

from retrieval.catalogue import Catalogue
from retrieval.embedding import Embedder, Vectors
from retrieval.passages import Passages
from retrieval.shelf import Shelf, build_shelf
from retrieval.tally import Tally
from retrieval.vectors import VectorIndex
from retrieval.vocabulary import Vocabulary
from shop.errors import SearchError
from shop.types import PolicyPassage, Product


class Library(Protocol):
    """Holds the catalogue of the moment. Safe to share between threads."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What does not work, one sentence each."""
        ...

    @property
    def latest(self) -> Catalogue:
        """The catalogue as last looked at."""
        ...

    def current(self) -> Catalogue:
        """The catalogue as it is now."""
        ...


class Fixed:
    """A catalogue that does not change."""

    def __init__(self, catalogue: Catalogue, notes: tuple[str, ...] = ()) -> None:
        self.latest, self.notes = catalogue, notes

    def current(self) -> Catalogue:
        """See Library."""
        return self.latest


def product_text(product: Product) -> str:
    """What a product is embedded as: its name, then what kind it is. The model cuts it at 64 tokens."""
    title = " ".join(product.title.split()[:40])
    title = title.lower() if title.isupper() else title
    parts = [title, product.brand, " ".join(product.categories[-2:]), product.colour]
    return ", ".join(part for part in parts if part)


def policy_text(passage: PolicyPassage) -> str:
    """What a passage is embedded as."""
    return f"{passage.heading}: {passage.text}"


def content_hash(embedder: Embedder, text: str) -> str:
    """Digest of a text and of what embeds it: a new model makes every vector new."""
    return hashlib.blake2b(f"{embedder.name}\n{text}".encode(), digest_size=12).hexdigest()


def vector_key(embedder: Embedder) -> Callable[[Product], int]:
    """What tells whether a product's vector may be used again: its content hash, shortened."""
    return lambda product: int(content_hash(embedder, product_text(product))[:16], 16)


def note_missing(shelf: Shelf) -> tuple[str, ...]:
    """What is to be said where products have no vector."""
    if not shelf.without_vector:
        return ()
    return (f"product vectors: {shelf.without_vector} not indexed; run `regulars index`",)


def shelve(
    products: Sequence[Product],
    embedder: Embedder,
    vectors: VectorIndex | SearchError,
    popularity: Mapping[str, float] | None = None,
) -> tuple[Catalogue, tuple[str, ...]]:
    """(a catalogue of products in memory, what does not work)."""
    tally = Tally()
    shelf, notes = shelve_stored(products, embedder, vectors, tally)
    known = {product.id: product for product in products}

    def fetch(ids: Sequence[str]) -> dict[str, Product]:
        return {id_: known[id_] for id_ in ids if id_ in known}

    return Catalogue([shelf], Vocabulary(tally=tally), fetch, popularity), notes


def shelve_stored(
    products: Iterable[Product], embedder: Embedder, vectors: VectorIndex | SearchError, tally: Tally
) -> tuple[Shelf, tuple[str, ...]]:
    """(a shelf in memory of `products` with the vectors stored for them, what does not work)."""
    notes: tuple[str, ...] = ()

    def vectors_of(ids: Sequence[str]) -> Mapping[str, Vectors]:
        nonlocal notes
        try:
            if isinstance(vectors, SearchError):
                raise vectors
            return vectors.get(ids)
        except SearchError as error:
            notes = (f"product vectors: {error}",)
            return {}

    shelf = build_shelf(products, vectors_of, embedder.dimensions, key=vector_key(embedder), tally=tally)
    return shelf, notes or note_missing(shelf)


def read_policies(
    policies: Iterable[PolicyPassage], embedder: Embedder, vectors: VectorIndex | SearchError
) -> tuple[Passages, tuple[str, ...]]:
    """(passages with the vectors stored for them, what does not work)."""
    passages = list(policies)
    if not passages:
        return Passages([], None), ()
    try:
        if isinstance(vectors, SearchError):
            raise vectors
        stored = vectors.get([passage.id for passage in passages])
    except SearchError as error:
        return Passages(passages, None), (f"policy vectors: {error}",)
    return lay_policies(passages, stored, embedder)


def lay_policies(
    passages: Sequence[PolicyPassage], stored: Mapping[str, Vectors], embedder: Embedder
) -> tuple[Passages, tuple[str, ...]]:
    """(passages beside their vectors, what does not work); those without one are zero."""
    missing = len(passages) - len(stored)
    notes = (f"policy vectors: {missing} not indexed; run `regulars index`",) if missing else ()
    if not stored:
        return Passages(passages, None), notes
    matrix = np.zeros((len(passages), embedder.dimensions), dtype=np.float32)
    for row, passage in enumerate(passages):
        if passage.id in stored:
            matrix[row] = stored[passage.id]
    return Passages(passages, matrix), notes
