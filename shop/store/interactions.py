"""What customers and visitors did with products, one row a deed: bought, sent back, looked at, liked.

Knows the queries over orders, returns, events and visits; weighs nothing. A guest's deeds belong to
their conversation and to nobody's account.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Select, Text, bindparam, literal, null, select, type_coerce, union_all

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


def _deeds() -> Select[Any]:
    """Customer, name, product (an event's: among its properties), time, units sent back; see `interactions`.

    Made once: building a statement costs more than what SQLite needs to answer it for one customer.
    """
    lines, orders, returns, events = schema.order_lines, schema.orders, schema.returns, schema.events
    ids: BindParameter[Any] = bindparam("ids", expanding=True)
    nothing = type_coerce(null(), Text)
    bought = (
        select(
            orders.c.customer_id,
            literal(BOUGHT).label("name"),
            lines.c.product_id,
            nothing.label("properties"),
            orders.c.placed_at.label("at"),
            lines.c.returned,
            literal(0).label("place"),
        )
        .join(orders, orders.c.id == lines.c.order_id)
        .where(orders.c.customer_id.in_(ids), not_cancelled())
    )
    sent_back = select(
        returns.c.customer_id,
        literal(RETURNED),
        returns.c.product_id,
        nothing,
        returns.c.at,
        literal(0),
        literal(1),
    ).where(returns.c.customer_id.in_(ids))
    done = select(
        events.c.customer_id,
        events.c.name,
        literal(""),
        type_coerce(events.c.properties, Text),
        events.c.at,
        literal(0),
        literal(2),
    ).where(events.c.customer_id.in_(ids), events.c.name.in_(DEEDS))
    deeds = union_all(bought, sent_back, done).subquery().c
    return select(
        deeds.customer_id, deeds.name, deeds.product_id, deeds.properties, deeds.at, deeds.returned
    ).order_by(deeds.at.is_not(None), deeds.at, deeds.place)


_DEEDS_OF = _deeds()
_VISIT = (
    select(schema.visits.c.name, schema.visits.c.product_id, schema.visits.c.at)
    .where(schema.visits.c.conversation_id == bindparam("id"))
    .order_by(schema.visits.c.position.desc())
    .limit(VISIT_ROWS)
)
_MEMORIES_OF = (
    select(
        schema.memories.c.customer_id,
        schema.memories.c.kind,
        schema.memories.c.value,
        schema.memories.c.at,
        schema.memories.c.source_turn_id,
    )
    .where(schema.memories.c.customer_id.in_(bindparam("ids", expanding=True)))
    .order_by(schema.memories.c.at.desc(), schema.memories.c.value)
)


class Interactions(Database):
    """Reads of single customers' deeds, and the deeds of visits."""

    def interactions(self, customer_ids: Sequence[str]) -> dict[str, list[Interaction]]:
        """Everything that some customers did with products, oldest first, undated before all."""
        found: dict[str, list[Interaction]] = defaultdict(list)
        for ids in batches([id_ for id_ in dict.fromkeys(customer_ids) if id_], QUERY_IDS):
            with self.reading() as connection:
                deeds = connection.execute(_DEEDS_OF, {"ids": ids}).all()
            for customer_id, name, product_id, properties, at, returned in deeds:
                if properties is not None:
                    product_id = str(json.loads(properties).get("product_id", ""))
                    if not product_id:
                        continue
                found[customer_id].append(Interaction(name, product_id, at))
                if returned:
                    found[customer_id].append(Interaction(RETURNED, product_id, at))
        return dict(found)

    def memories_of(self, customer_ids: Sequence[str]) -> Mapping[str, list[Memory]]:
        """What some customers like and dislike, newest first; see `memories`."""
        found: dict[str, list[Memory]] = defaultdict(list)
        for ids in batches([id_ for id_ in dict.fromkeys(customer_ids) if id_], QUERY_IDS):
            with self.reading() as connection:
                for customer_id, *memory in connection.execute(_MEMORIES_OF, {"ids": ids}):
                    found[customer_id].append(Memory(*memory))
        return found

    def note_visit(self, conversation_id: str, name: str, product_id: str, at: datetime) -> None:
        """Keep what a guest did in a conversation."""
        row = {"conversation_id": conversation_id, "name": name, "product_id": product_id, "at": at}
        with self.writing() as connection:
            connection.execute(schema.visits.insert(), row)

    def visit(self, conversation_id: str) -> list[Interaction]:
        """What a guest did in a conversation, oldest first."""
        if not conversation_id:
            return []
        with self.reading() as connection:
            return [Interaction(*row) for row in connection.execute(_VISIT, {"id": conversation_id})][::-1]
