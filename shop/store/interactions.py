"""What customers and visitors did with products, one row a deed: bought, sent back, looked at, liked.

Knows the queries over orders, returns, events and visits; weighs nothing. A guest's deeds belong to
their conversation and to nobody's account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from shop.store import schema as schema
from shop.store.conversations import Memory
from shop.store.database import Database, batches
from shop.store.figures import not_cancelled
from shop.store.products import QUERY_IDS

BOUGHT, RETURNED = "Order Completed", "Order Refunded"
VIEWED, ADDED = "Product Viewed", "Product Added"
LIKED, DISLIKED = "Product Liked", "Product Disliked"
DEEDS = (VIEWED, ADDED, LIKED, DISLIKED)
"""Events about one product, named as Segment names them."""
VISIT_ROWS = 200
"""A visit's deeds that are read: the latest."""


class Interaction(NamedTuple):
    """One deed; `at` is None where the source does not say."""

    name: str
    product_id: str
    at: datetime | None


class Interactions(Database):
    """Reads of single customers' deeds, and the deeds of visits."""

    def interactions(self, customer_ids: Sequence[str]) -> dict[str, list[Interaction]]:
        """Everything that some customers did with products, oldest first, undated before all."""
        found: dict[str, list[Interaction]] = defaultdict(list)
        for ids in batches([id_ for id_ in dict.fromkeys(customer_ids) if id_], QUERY_IDS):
            for customer_id, interaction in self._read(ids):
                found[customer_id].append(interaction)
        for rows in found.values():
            rows.sort(key=lambda row: row.at.timestamp() if row.at else float("-inf"))
        return dict(found)

    def _read(self, ids: Sequence[str]) -> Iterator[tuple[str, Interaction]]:
        lines, orders, returns, events = schema.order_lines, schema.orders, schema.returns, schema.events
        bought = (
            select(orders.c.customer_id, lines.c.product_id, orders.c.placed_at, lines.c.returned)
            .join(orders, orders.c.id == lines.c.order_id)
            .where(orders.c.customer_id.in_(ids), not_cancelled())
        )
        sent_back = select(returns.c.customer_id, returns.c.product_id, returns.c.at).where(
            returns.c.customer_id.in_(ids)
        )
        done = select(events.c.customer_id, events.c.name, events.c.properties, events.c.at).where(
            events.c.customer_id.in_(ids), events.c.name.in_(DEEDS)
        )
        with self.reading() as connection:
            for customer_id, product_id, at, returned in connection.execute(bought):
                yield customer_id, Interaction(BOUGHT, product_id, at)
                if returned:
                    yield customer_id, Interaction(RETURNED, product_id, at)
            for customer_id, product_id, at in connection.execute(sent_back):
                yield customer_id, Interaction(RETURNED, product_id, at)
            for customer_id, name, properties, at in connection.execute(done):
                if product_id := str(properties.get("product_id", "")):
                    yield customer_id, Interaction(name, product_id, at)

    def memories_of(self, customer_ids: Sequence[str]) -> Mapping[str, list[Memory]]:
        """What some customers like and dislike, newest first; see `memories`."""
        table = schema.memories
        found: dict[str, list[Memory]] = defaultdict(list)
        for ids in batches([id_ for id_ in dict.fromkeys(customer_ids) if id_], QUERY_IDS):
            query = (
                select(table.c.customer_id, table.c.kind, table.c.value, table.c.at, table.c.source_turn_id)
                .where(table.c.customer_id.in_(ids))
                .order_by(table.c.at.desc(), table.c.value)
            )
            with self.reading() as connection:
                for customer_id, *memory in connection.execute(query):
                    found[customer_id].append(Memory(*memory))
        return found

    def note_visit(self, conversation_id: str, name: str, product_id: str, at: datetime) -> None:
        """Keep what a guest did in a conversation."""
        row = {"conversation_id": conversation_id, "name": name, "product_id": product_id, "at": at}
        with self.writing() as connection:
            connection.execute(schema.visits.insert(), row)

    def visit(self, conversation_id: str) -> list[Interaction]:
        """What a guest did in a conversation, oldest first."""
        table = schema.visits
        query = (
            select(table.c.name, table.c.product_id, table.c.at)
            .where(table.c.conversation_id == conversation_id, table.c.conversation_id != "")
            .order_by(table.c.position.desc())
            .limit(VISIT_ROWS)
        )
        with self.reading() as connection:
            return [Interaction(*row) for row in connection.execute(query)][::-1]
