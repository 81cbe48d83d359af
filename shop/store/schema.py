"""The database's tables and column types, the same for SQLite and PostgreSQL.

Knows nothing of queries. Things that are looked up by a value have a column; the rest of a record
is one JSON document. Amounts are whole numbers of 1/10,000 of the currency unit, so that SQL can
add them exactly; times are UTC.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
)

SCHEMA_VERSION = 1
AMOUNT_SCALE = 4
UNITS = 10**AMOUNT_SCALE
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """A timezone-aware time, kept in UTC (SQLite has no time zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; without its zone for SQLite."""
        if value is None:
            return None
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Document(TypeDecorator[Any]):
    """A JSON value as text; ASCII only, so that no database refuses a character in it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str:
        """JSON text; tuples become lists."""
        if value == {}:
            return "{}"  # most order lines have no options
        return json.dumps(value, separators=(",", ":"), default=_plain)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The value again."""
        return None if value is None else json.loads(value)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


class Words(TypeDecorator[str]):
    """Free text typed by people: what no database can hold (NUL, half a surrogate pair) is cut out."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Text that every database takes."""
        if value is None or (value.isascii() and "\x00" not in value):
            return value
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def amount_to_units(amount: Decimal) -> int:
    """Decimal amount to 1/10,000 units; finer fractions are rounded."""
    return round(amount.scaleb(AMOUNT_SCALE))


def units_to_amount(units: int) -> Decimal:
    """1/10,000 units to a Decimal with two decimals where that is exact."""
    if units % 100 == 0:
        return Decimal(units // 100).scaleb(-2)
    return Decimal(units).scaleb(-AMOUNT_SCALE)


def moment_to_days(at: datetime) -> float:
    """Days since 1970-01-01 UTC, with the time as a fraction."""
    return (at - EPOCH).total_seconds() / 86_400


tables = MetaData()

meta = Table("meta", tables, Column("key", String, primary_key=True), Column("value", Words, nullable=False))

products = Table(
    "products",
    tables,
    Column("id", String, primary_key=True),
    Column("title", Words, nullable=False),
    Column("document", Document, nullable=False),
)

# Which products a write changed or removed, one row a batch, so that a search can follow.
product_changes = Table(
    "product_changes",
    tables,
    Column("revision", Integer, primary_key=True, autoincrement=True),
    # Tells this revision from one of the same number in another database.
    Column("mark", String, nullable=False),
    Column("ids", Document, nullable=False),
)

customers = Table(
    "customers",
    tables,
    Column("id", String, primary_key=True),
    # What the customer may be found by, folded: |id|email|first last|last|phone digits|
    Column("search", Words, nullable=False),
    Column("document", Document, nullable=False),
)

orders = Table(
    "orders",
    tables,
    Column("id", String, primary_key=True),
    # The id as people type it: folded, without a leading '#'.
    Column("number", String, nullable=False, index=True),
    Column("customer_id", String, nullable=False, index=True),
    Column("placed_at", Moment),
    Column("status", String, nullable=False),
    Column("country", String, nullable=False),
    Column("document", Document, nullable=False),
)

order_lines = Table(
    "order_lines",
    tables,
    Column("order_id", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("product_id", String, nullable=False),
    Column("title", Words, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("returned", Integer, nullable=False),
    Column("variant_id", String, nullable=False),
    Column("options", Document, nullable=False),
    PrimaryKeyConstraint("order_id", "position"),
)

returns = Table(
    "returns",
    tables,
    Column("id", String, primary_key=True),
    Column("customer_id", String, nullable=False, index=True),
    Column("product_id", String, nullable=False),
    Column("title", Words, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("at", Moment),
    Column("order_id", String, nullable=False),
)

events = Table(
    "events",
    tables,
    Column("id", String, primary_key=True),
    Column("customer_id", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("properties", Document, nullable=False),
)

policies = Table(
    "policies",
    tables,
    Column("id", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("heading", Words, nullable=False),
    Column("text", Words, nullable=False),
)

conversations = Table(
    "conversations",
    tables,
    Column("id", String, primary_key=True),
    Column("customer_id", String, nullable=False, index=True),
    Column("started_at", Moment, nullable=False),
)

turns = Table(
    "turns",
    tables,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("conversation_id", String, nullable=False),
    Column("customer_id", String, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("message", Words, nullable=False),
    Column("reply", Words, nullable=False),
    Column("intent", String, nullable=False),
    Column("handled_by", String, nullable=False),
    Column("handed_off", Integer, nullable=False),
    Column("vote", Integer, nullable=False),
    Column("vote_reason", Words, nullable=False),
    Column("document", Document, nullable=False),
    Index("turns_of_conversation", "conversation_id", "position"),
)

memories = Table(
    "memories",
    tables,
    Column("customer_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("value", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("source_turn_id", String, nullable=False),
    PrimaryKeyConstraint("customer_id", "kind", "value"),
)

carts = Table(
    "carts",
    tables,
    Column("conversation_id", String, primary_key=True),
    Column("document", Document, nullable=False),
)

# What guests did with products, by conversation; a customer's deeds are events.
visits = Table(
    "visits",
    tables,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("product_id", String, nullable=False),
    Column("at", Moment, nullable=False),
)

campaigns = Table(
    "campaigns",
    tables,
    Column("id", String, primary_key=True),
    Column("name", Words, nullable=False),
    Column("goal", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("document", Document, nullable=False),
)

# What was predicted when, so that it can be held against what then happened.
predictions = Table(
    "predictions",
    tables,
    Column("customer_id", String, nullable=False),
    Column("horizon_days", Integer, nullable=False),
    # ISO date: the last day that was known.
    Column("as_of", String, nullable=False),
    # Of buying within the horizon, in millionths.
    Column("buys", Integer, nullable=False),
    Column("model", String, nullable=False),
    PrimaryKeyConstraint("as_of", "horizon_days", "customer_id"),
)

drafts = Table(
    "drafts",
    tables,
    Column("campaign_id", String, nullable=False),
    Column("customer_id", String, nullable=False, index=True),
    Column("status", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("document", Document, nullable=False),
    PrimaryKeyConstraint("campaign_id", "customer_id"),
)

# Who of the staff looked at which customer's data, when, and at what.
customer_views = Table(
    "customer_views",
    tables,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("customer_id", String, nullable=False, index=True),
    Column("staff", Words, nullable=False, index=True),
    # record, contact or question
    Column("what", String, nullable=False),
    Column("at", Moment, nullable=False),
)

# What staff were suggested, and what they made of it.
suggestions = Table(
    "suggestions",
    tables,
    Column("id", String, primary_key=True),
    Column("customer_id", String, nullable=False, index=True),
    # reply, answer, next_step or macro
    Column("kind", String, nullable=False),
    Column("staff", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("asked", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("used_text", Words, nullable=False),
    Column("vote", Integer, nullable=False),
    Column("reason", Words, nullable=False),
)

macros = Table(
    "macros",
    tables,
    Column("name", Words, primary_key=True),
    Column("text", Words, nullable=False),
    Column("tags", Words, nullable=False),
)

# Whom a campaign chose, in its own order; the document is the campaign's.
campaign_members = Table(
    "campaign_members",
    tables,
    Column("campaign_id", String, nullable=False),
    Column("customer_id", String, nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("document", Document, nullable=False),
    PrimaryKeyConstraint("campaign_id", "customer_id"),
)

# What left the house, or is about to: one row per recipient of a campaign.
messages = Table(
    "messages",
    tables,
    Column("campaign_id", String, nullable=False),
    Column("customer_id", String, nullable=False, index=True),
    Column("channel", String, nullable=False),
    Column("variant", String, nullable=False),
    # exported, sending, sent, bounced or failed
    Column("status", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("document", Document, nullable=False),
    PrimaryKeyConstraint("campaign_id", "customer_id"),
)

# Who approved, exported or sent a campaign, and when.
campaign_steps = Table(
    "campaign_steps",
    tables,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("campaign_id", String, nullable=False, index=True),
    Column("step", String, nullable=False),
    Column("by", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("document", Document, nullable=False),
)
