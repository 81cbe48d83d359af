"""Every customer's tastes in the vector store: kept current deed by deed, searched by nearness.

Up to four vectors a customer, ids `CUSTOMER/0` and so on, made from their history (history.py). "Customers
like this one" and "products near this taste" are nearest-neighbour queries over them and over the
products. Customers who decline personalisation have none. Knows nothing of recommendations.
"""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from retrieval.embedding import Vectors
from retrieval.filters import Filters
from retrieval.history import (
    MOST_PRODUCTS,
    MOST_TASTES,
    SAID_WEIGHT,
    CustomerHistory,
    digest_history,
    find_tastes,
    make_history,
    read_history,
    weigh_products,
)
from retrieval.indexing import HISTORIES, IndexReport, Progress, open_shop_vectors
from retrieval.results import Hit
from retrieval.search import Search
from retrieval.vectors import VectorIndex
from shop.settings import Settings
from shop.store import Store
from shop.types import Customer

BUILT = "tastes"
"""The store's note of the embedder that all customers' vectors were made with."""
PAGE = 500
"""Customers read and written at once: what an interrupted run has to repeat at most."""
WIDER = 6
"""So many times the customers wanted are looked at, since filters come after."""


class Tastes:
    """One shop's. Safe to share between threads; every method raises SearchError where the vector store
    cannot answer."""

    def __init__(self, store: Store, search: Search, settings: Settings) -> None:
        self._store, self._search, self._settings = store, search, settings

    @contextmanager
    def _opened(self) -> Iterator[VectorIndex]:
        # Opened anew each time, so that no process holds the right to write for longer than it writes.
        index = open_shop_vectors(self._settings, HISTORIES)
        try:
            yield index
        finally:
            index.close()

    # -- keeping -----------------------------------------------------------------------------------

    def follow(self, customer_id: str) -> None:
        """Bring one customer's vectors to what they did and said so far; a stranger's are removed."""
        customer = self._store.customer(customer_id)
        with self._opened() as index:
            if customer is None:
                index.delete(_ids(customer_id))
            else:
                self._write(index, [customer], dict.fromkeys(index.get(_ids(customer_id)), ""))

    def were_built(self) -> bool:
        """Whether `build` has been through all customers, with the embedder in use."""
        return self._store.meta(BUILT) == self._search.embedder.name

    def count(self) -> int:
        """How many vectors there are."""
        with self._opened() as index:
            return index.count()

    def build(self, progress: Progress | None = None) -> IndexReport:
        """Bring all customers' vectors up to date; those whose history is the same are left as they are.

        Stopped half-way and run again, it goes on. Counts of the report are customers.
        """
        started = time.perf_counter()
        total, done, written = self._store.count("customers"), 0, 0
        with self._opened() as index:
            stored = index.hashes()
            gone = set(stored)
            while page := self._store.customers(PAGE, done):
                done += len(page)
                written += self._write(index, page, stored)
                gone.difference_update(id_ for customer in page for id_ in _ids(customer.id))
                if progress is not None:
                    progress(done, max(done, total))
            if gone:
                index.delete(sorted(gone))
        self._store.set_meta(BUILT, self._search.embedder.name)
        removed = len({_customer_of(id_) for id_ in gone})
        return IndexReport(written, done - written, removed, time.perf_counter() - started)

    def _write(self, index: VectorIndex, page: Sequence[Customer], stored: dict[str, str]) -> int:
        """Write what changed of these customers; how many did."""
        ids = [customer.id for customer in page]
        deeds, memories = self._store.interactions(ids), self._store.memories_of(ids)
        new: list[tuple[str, Vectors, dict[str, str | float]]] = []
        old: list[str] = []
        changed = 0
        for customer in page:
            history = make_history(
                deeds.get(customer.id, ()), memories.get(customer.id, ()), self._settings.current_date
            )
            digest = digest_history(history, self._search.embedder.name)
            own = [id_ for id_ in _ids(customer.id) if id_ in stored]
            allowed = customer.consent.personalisation
            if allowed and own and stored[own[0]] == digest:
                continue
            tastes = self.find(history) if allowed else []
            changed += bool(tastes or own)
            old += own[len(tastes) :]
            for id_, (vector, share) in zip(_ids(customer.id), tastes, strict=False):
                fields = {"hash": digest, "customer": customer.id, "country": customer.country}
                new.append((id_, vector, fields | {"share": round(share, 3)}))
        if old:
            index.delete(old)
        if new:
            names, vectors, metadatas = zip(*new, strict=True)
            index.upsert(names, np.stack(vectors), metadatas)
        return changed

    # -- asking ------------------------------------------------------------------------------------

    def find(self, history: CustomerHistory) -> list[tuple[Vectors, float]]:
        """(unit vector, share) of each interest of a history, the greatest first."""
        weights = weigh_products(history)
        ids, bought = self._search.vectors_of(list(weights)[:MOST_PRODUCTS])
        said = list(history.likes)[:MOST_PRODUCTS]
        parts = [bought] if bought is not None else []
        parts += [self._search.embedder.embed(said)] if said else []
        if not parts:
            return []
        return find_tastes(np.concatenate(parts), [weights[id_] for id_ in ids] + [SAID_WEIGHT] * len(said))

    def customers_like(self, customer_id: str, k: int = 10, country: str = "") -> list[tuple[str, float]]:
        """(customer id, likeness 0..1) of those whose tastes are nearest, themselves left out; with
        `country`, of that country only. Likeness is the mean over this one's tastes, by share, of the
        nearest cosine.
        """
        likeness: dict[str, float] = defaultdict(float)
        tastes = self.find(read_history(self._store, customer_id, self._settings.current_date))
        whole = sum(share for _, share in tastes)
        with self._opened() as index:
            for vector, share in tastes:
                nearest: dict[str, float] = {}
                for id_, cosine in index.query(vector, WIDER * MOST_TASTES * k):
                    nearest.setdefault(_customer_of(id_), cosine)
                for other, cosine in nearest.items():
                    likeness[other] += share / whole * max(0.0, cosine)
        likeness.pop(customer_id, None)
        found = []
        for other in sorted(likeness, key=lambda id_: (-likeness[id_], id_)):
            customer = self._store.customer(other)
            if customer and customer.consent.personalisation and country in ("", customer.country):
                found.append((other, min(1.0, likeness[other])))
            if len(found) == k:
                break
        return found

    def products_near(
        self,
        history: CustomerHistory,
        k: int = 8,
        filters: Filters = Filters(),  # noqa: B008
    ) -> list[Hit]:
        """The products nearest to a history's tastes that pass `filters`, each taste in turn."""
        rows = [self._search.near(vector, k, filters) for vector, _ in self.find(history)]
        found: dict[str, Hit] = {}
        for place in range(max(map(len, rows), default=0)):
            for row in rows:
                if place < len(row):
                    found.setdefault(row[place].product.id, row[place])
        return list(found.values())[:k]


def forget_customer(store: Store, settings: Settings, customer_id: str) -> dict[str, int]:
    """Delete everything about a customer, vectors and fitted tables too; how many rows, by kind.

    The vectors go first: where their store cannot answer, SearchError is raised and nothing is deleted.
    """
    index = open_shop_vectors(settings, HISTORIES)
    try:
        index.delete(_ids(customer_id))
    finally:
        index.close()
    # Tables made from the orders name customers; they are made again from what is left.
    shutil.rmtree(settings.shop / "recommend", ignore_errors=True)
    return store.forget(customer_id)


def _ids(customer_id: str) -> list[str]:
    return [f"{customer_id}/{place}" for place in range(MOST_TASTES)]


def _customer_of(id_: str) -> str:
    return id_.rpartition("/")[0]
