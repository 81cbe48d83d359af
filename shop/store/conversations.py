"""What passes between the shop and its customers: conversations, carts and memory.

Knows their queries; decides nothing about who may read them (that is the assistant's job).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, or_, select, update

from shop.errors import NotFound
from shop.store import rows as rows
from shop.store import schema as schema
from shop.store.database import Database
from shop.types import Turn


class ConversationHead(NamedTuple):
    """One conversation at a glance."""

    conversation_id: str
    started_at: datetime
    turns: int
    last_message: str


class Memory(NamedTuple):
    """Something a customer told us: they like or dislike `value`."""

    kind: str
    value: str
    at: datetime
    source: str


# Asked at every turn, so it is built once.
_MEMORIES = (
    select(
        schema.memories.c.kind,
        schema.memories.c.value,
        schema.memories.c.at,
        schema.memories.c.source_turn_id,
    )
    .where(schema.memories.c.customer_id == bindparam("id"))
    .order_by(schema.memories.c.at.desc(), schema.memories.c.value)
)


def new_id() -> str:
    """A short random id."""
    return uuid.uuid4().hex[:16]


class Conversations(Database):
    """Reads and writes of conversations and what is learnt in them."""

    def start_conversation(self, customer_id: str = "") -> str:
        """Start a conversation with a customer, or a guest (''); its id."""
        conversation_id = new_id()
        values = {"id": conversation_id, "customer_id": customer_id, "started_at": datetime.now(UTC)}
        with self.writing() as connection:
            connection.execute(schema.conversations.insert(), values)
        return conversation_id

    def conversation_customer(self, conversation_id: str) -> str | None:
        """Whose conversation it is ('' for a guest), or None where there is no such conversation."""
        query = select(schema.conversations.c.customer_id).where(schema.conversations.c.id == conversation_id)
        with self.reading() as connection:
            return connection.scalar(query)

    def add_turn(self, turn: Turn) -> None:
        """Append a turn; NotFound where its conversation does not exist."""
        if self.conversation_customer(turn.conversation_id) is None:
            raise NotFound(f"there is no conversation {turn.conversation_id}; start one first")
        with self.writing() as connection:
            connection.execute(schema.turns.insert(), rows.turn_to_row(turn))

    def turns(self, conversation_id: str) -> list[Turn]:
        """A conversation's turns, oldest first."""
        query = (
            select(schema.turns)
            .where(schema.turns.c.conversation_id == conversation_id)
            .order_by(schema.turns.c.position)
        )
        with self.reading() as connection:
            return [rows.turn_from_row(row) for row in connection.execute(query).mappings()]

    def turn(self, turn_id: str) -> Turn | None:
        """One turn, or None."""
        with self.reading() as connection:
            query = select(schema.turns).where(schema.turns.c.id == turn_id)
            row = connection.execute(query).mappings().first()
        return rows.turn_from_row(row) if row else None

    def conversations_of(self, customer_id: str) -> list[ConversationHead]:
        """A customer's conversations, newest first; those without a turn are left out."""
        turns, heads = schema.turns, schema.conversations
        counted = (
            select(
                turns.c.conversation_id, func.count().label("turns"), func.max(turns.c.position).label("last")
            )
            .group_by(turns.c.conversation_id)
            .subquery()
        )
        query = (
            select(heads.c.id, heads.c.started_at, counted.c.turns, turns.c.message)
            .join(counted, counted.c.conversation_id == heads.c.id)
            .join(turns, turns.c.position == counted.c.last)
            .where(heads.c.customer_id == customer_id, heads.c.customer_id != "")
            .order_by(heads.c.started_at.desc(), counted.c.last.desc())
        )
        with self.reading() as connection:
            return [ConversationHead(*row) for row in connection.execute(query)]

    def set_vote(self, turn_id: str, vote: int, reason: str = "") -> None:
        """Keep a shopper's vote (1, -1, or 0 to take it back); NotFound where there is no such turn."""
        change = (
            update(schema.turns).where(schema.turns.c.id == turn_id).values(vote=vote, vote_reason=reason)
        )
        with self.writing() as connection:
            if connection.execute(change).rowcount == 0:
                raise NotFound(f"there is no turn {turn_id}; vote on a turn of this shop")

    def handed_off(self, limit: int = 50) -> list[Turn]:
        """The latest turns that were handed to a person, newest first."""
        query = (
            select(schema.turns)
            .where(schema.turns.c.handed_off == 1)
            .order_by(schema.turns.c.position.desc())
            .limit(limit)
        )
        with self.reading() as connection:
            return [rows.turn_from_row(row) for row in connection.execute(query).mappings()]

    # -- memory and carts ------------------------------------------------------------------------

    def remember(self, customer_id: str, kind: str, value: str, source_turn_id: str = "") -> None:
        """Keep what a customer "likes" or "dislikes"; the newer statement about one value wins."""
        row = {
            "customer_id": customer_id,
            "kind": kind,
            "value": value,
            "at": datetime.now(UTC),
            "source_turn_id": source_turn_id,
        }
        table = schema.memories
        with self.writing() as connection:
            connection.execute(
                delete(table).where(table.c.customer_id == customer_id, table.c.value == value)
            )
            self.upsert(connection, table, [row])

    def memories(self, customer_id: str) -> list[Memory]:
        """What a customer likes and dislikes, newest first."""
        if not customer_id:
            return []
        with self.reading() as connection:
            return [Memory(*row) for row in connection.execute(_MEMORIES, {"id": customer_id})]

    def put_cart(self, conversation_id: str, quantities: Mapping[str, int]) -> None:
        """Replace a conversation's cart: quantity by product id."""
        row = {"conversation_id": conversation_id, "document": dict(quantities)}
        with self.writing() as connection:
            self.upsert(connection, schema.carts, [row])

    def cart(self, conversation_id: str) -> dict[str, int]:
        """A conversation's cart, in the order it was filled; empty where there is none."""
        query = select(schema.carts.c.document).where(schema.carts.c.conversation_id == conversation_id)
        with self.reading() as connection:
            return dict(connection.scalar(query) or {})

    # -- forgetting ------------------------------------------------------------------------------

    def forget(self, customer_id: str) -> dict[str, int]:
        """Delete every row about a customer; how many, by kind.

        Their orders stay for the books, without customer, tracking and payment. Returns all zeros
        where nothing was known.
        """
        if not customer_id:
            return {}
        owned = select(schema.conversations.c.id).where(schema.conversations.c.customer_id == customer_id)
        turns, orders = schema.turns, schema.orders
        deletions = {
            "turns": delete(turns).where(
                or_(turns.c.customer_id == customer_id, turns.c.conversation_id.in_(owned))
            ),
            "carts": delete(schema.carts).where(schema.carts.c.conversation_id.in_(owned)),
            "visits": delete(schema.visits).where(schema.visits.c.conversation_id.in_(owned)),
            "conversations": delete(schema.conversations).where(
                schema.conversations.c.customer_id == customer_id
            ),
        }
        campaigns = (schema.campaign_members, schema.drafts, schema.messages)
        desk = (schema.customer_views, schema.suggestions)
        others = (schema.events, schema.returns, schema.memories, schema.predictions)
        for table in (schema.customers, *others, *campaigns, *desk):
            owner = table.c.id if table is schema.customers else table.c.customer_id
            deletions[table.name] = delete(table).where(owner == customer_id)
        stripped = {
            "customer_id": "",
            "document": {"payment_status": "", "tracking": [], "payments": []},
        }
        with self.writing() as connection:
            counts = {kind: connection.execute(change).rowcount for kind, change in deletions.items()}
            change = update(orders).where(orders.c.customer_id == customer_id).values(stripped)
            counts["orders_kept_without_name"] = connection.execute(change).rowcount
        if self.is_sqlite:
            # Without this the deleted pages would live on in the write-ahead log.
            with self.reading() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
        return counts
