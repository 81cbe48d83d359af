"""Notes what shoppers do with products, so that the next recommendation knows: events, memory, tastes.

A customer's deeds are events in their account, where they allow personalisation; a guest's belong to
the conversation. Identity is the caller's, who verified it. The taste vectors follow in the background:
nobody waits for the vector store, and where it fails the events are there all the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from assistant.records import short_name
from retrieval.tastes import Tastes
from shop.errors import NotFound, RegularsError, SearchError
from shop.settings import Settings
from shop.store import Store
from shop.store.interactions import DEEDS, DISLIKED
from shop.types import Event

log = logging.getLogger(__name__)


class Deeds:
    """One shop's. Safe to share between threads."""

    def __init__(self, store: Store, tastes: Tastes, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self.tastes = tastes
        self._behind = ThreadPoolExecutor(1, thread_name_prefix="tastes")
        self._closing = threading.Event()

    def close(self) -> None:
        """Wait for what is being written, and write no more; `regulars index` makes up for the rest."""
        self._closing.set()
        self._behind.shutdown(wait=True, cancel_futures=True)

    def note(self, name: str, product_id: str, *, customer_id: str, conversation_id: str) -> None:
        """Keep one deed ("Product Viewed", "Product Added", "Product Liked", "Product Disliked").

        NotFound for a product that the shop has not, ValueError for another name.
        """
        if name not in DEEDS:
            raise ValueError(f"{name!r} is none of {', '.join(DEEDS)}")
        product = self._store.product(product_id)
        if product is None:
            raise NotFound("this product is no longer in the shop; ask for another one")
        now = self._settings.current_time
        if not customer_id:
            self._store.note_visit(conversation_id, name, product_id, now)
            return
        customer = self._store.customer(customer_id)
        if customer is None or not customer.consent.personalisation:
            return
        properties = {"product_id": product_id, "conversation_id": conversation_id}
        self._store.put_events([Event(name, customer_id, now, properties)])
        if name == DISLIKED:
            self._store.remember(customer_id, "dislikes", short_name(product.title))
        self.follow(customer_id)

    def follow(self, customer_id: str) -> None:
        """Bring a customer's taste vectors up to date, in the background."""
        self._submit(self._follow, customer_id)

    def begin(self) -> None:
        """Where taste vectors were never made for all customers, make them, in the background."""
        self._submit(self._begin)

    def _submit(self, work: Callable[..., None], *of: str) -> None:
        with suppress(RuntimeError):  # closed a moment ago
            self._behind.submit(work, *of)

    def _follow(self, customer_id: str) -> None:
        try:
            self.tastes.follow(customer_id)
        except RegularsError as error:
            log.warning("taste vectors not updated, `regulars index` will: %s", error)

    def _begin(self) -> None:
        try:
            if not self.tastes.were_built():
                self.tastes.build(self._go_on)
        except RegularsError as error:
            log.warning("no taste vectors: %s", error)

    def _go_on(self, done: int, total: int) -> None:
        if self._closing.is_set():
            raise SearchError(f"stopped after {done:,} of {total:,} customers")
