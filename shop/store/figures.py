"""Orders in figures: what recommenders and segments count, read in one go.

Knows the two queries over all orders; single records are in records.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select

from shop.store import schema as schema
from shop.store.database import Database
from shop.types import Money

STREAM_ROWS = 10_000
DAY_S = 86_400
RETURN, CHAT, HANDED_OFF = "Order Refunded", "Message Sent", "Handed Off"
"""What a return, a message in the chat and one handed to a person are called among events."""

Purchase = tuple[str, str, int, datetime | None, str, str]


@dataclass(frozen=True, slots=True)
class CustomerStats:
    """One customer's orders in figures; cancelled orders do not count.

    `spent` is what they kept: returned units are deducted. A customer who paid in several
    currencies has the figures of the one they ordered most in.
    """

    customer_id: str
    orders: int
    first_at: datetime | None
    last_at: datetime | None
    spent: Money
    returns: int


class Figures(Database):
    """Reads over all orders."""

    def purchases(self) -> Iterator[Purchase]:
        """Every order line, streamed: customer, product, quantity, placed_at, order, country.

        Guests ('' as customer) are included; cancelled orders are not.
        """
        lines, orders = schema.order_lines, schema.orders
        query = (
            select(
                orders.c.customer_id,
                lines.c.product_id,
                lines.c.quantity,
                orders.c.placed_at,
                orders.c.id,
                orders.c.country,
            )
            .join(orders, orders.c.id == lines.c.order_id)
            .where(not_cancelled())
        )
        with self.reading() as connection:
            for row in connection.execute(query.execution_options(yield_per=STREAM_ROWS)):
                yield row[0], row[1], row[2], row[3], row[4], row[5]

    def order_times(self) -> list[tuple[str, datetime, str]]:
        """Customer, time and id of every dated order, oldest first; no guests, nothing cancelled."""
        orders = schema.orders
        query = (
            select(orders.c.customer_id, orders.c.placed_at, orders.c.id)
            .where(orders.c.customer_id != "", orders.c.placed_at.is_not(None), not_cancelled())
            .order_by(orders.c.placed_at, orders.c.id)
        )
        with self.reading() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(query)]

    def order_worth(self, since: datetime, before: datetime) -> list[tuple[str, str, Money]]:
        """Customer, order and worth (returned units deducted) of the orders placed in [since, before).

        Cancelled orders and guests' do not count.
        """
        lines, orders = schema.order_lines, schema.orders
        kept = func.sum((lines.c.quantity - lines.c.returned) * lines.c.unit_price)
        query = (
            select(orders.c.customer_id, orders.c.id, lines.c.currency, kept)
            .join(lines, lines.c.order_id == orders.c.id)
            .where(orders.c.customer_id != "", orders.c.placed_at >= since, orders.c.placed_at < before)
            .where(not_cancelled())
            .group_by(orders.c.customer_id, orders.c.id, lines.c.currency)
            .order_by(orders.c.customer_id, orders.c.id)
        )
        with self.reading() as connection:
            found = connection.execute(query).all()
        return [(row[0], row[1], Money(schema.units_to_amount(int(row[3])), row[2])) for row in found]

    def sale_batches(self) -> Iterator[Sequence[Sequence[Any]]]:
        """Every dated order line of a known customer, cancelled orders left out, in batches of rows:
        customer, order, days since 1970 (UTC), country, product, quantity, unit price, currency."""
        lines, orders = schema.order_lines, schema.orders
        heads = select(orders.c.id, orders.c.customer_id, orders.c.placed_at, orders.c.country).where(
            orders.c.customer_id != "", orders.c.placed_at.is_not(None), not_cancelled()
        )
        columns = select(
            lines.c.order_id, lines.c.product_id, lines.c.quantity, lines.c.unit_price, lines.c.currency
        )
        with self.reading() as connection:
            # Looked up here: joined in SQL, every line would carry its order's date as text.
            found = {
                row[0]: (row[1], row[0], schema.moment_to_days(row[2]), row[3])
                for row in connection.execute(heads)
            }
            result = connection.execute(columns.execution_options(yield_per=STREAM_ROWS))
            for rows in result.partitions():
                yield [
                    (*found[order], product, quantity, units / schema.UNITS, currency)
                    for order, product, quantity, units, currency in rows
                    if order in found
                ]

    def act_batches(self) -> Iterator[Sequence[Sequence[Any]]]:
        """Everything else customers did, in batches of rows: customer, name, days since 1970 (UTC), worth
        and currency (of returns; 0 and '' otherwise). Events and returns go by Segment's names, turns of
        a conversation by CHAT and HANDED_OFF."""
        for query in _act_queries():
            with self.reading() as connection:
                result = connection.execute(query.execution_options(yield_per=STREAM_ROWS))
                for rows in result.partitions():
                    yield [
                        (who, name, schema.moment_to_days(at), units / schema.UNITS, currency)
                        for who, name, at, units, currency in rows
                    ]

    def order_stats(self, before: datetime | None = None) -> list[CustomerStats]:
        """Every customer's orders in figures, by customer id; only what happened before `before`.

        Units whose return has no date count as returned at any time.
        """
        later: dict[tuple[str, str], int] = {}
        with self.reading() as connection:
            found = connection.execute(_stats_query(before)).all()
            if before is not None:
                for who, coin, units in connection.execute(_returned_later(before)):
                    later[who, coin] = round(units)
        stats = []
        for customer_id, group in groupby(found, key=lambda row: str(row[0])):
            _, currency, orders, first_at, last_at, spent, returns = max(group, key=lambda row: int(row[2]))
            kept = int(spent) + later.get((customer_id, currency), 0)
            money = Money(schema.units_to_amount(kept), currency)
            stats.append(CustomerStats(customer_id, orders, first_at, last_at, money, returns or 0))
        return stats

    def refunds(self) -> Iterator[tuple[str, str, int, float | None, str]]:
        """Every return of a known customer: customer, product, units, days since 1970 (UTC), order ('' where
        it is not known)."""
        table = schema.returns
        columns = (table.c.customer_id, table.c.product_id, table.c.quantity, table.c.at, table.c.order_id)
        with self.reading() as connection:
            query = select(*columns).where(table.c.customer_id != "").order_by(table.c.id)
            for who, product, quantity, at, order in connection.execute(query):
                yield who, product, quantity, None if at is None else schema.moment_to_days(at), order


def not_cancelled() -> ColumnElement[bool]:
    """Orders that count."""
    return ~schema.orders.c.status.ilike("cancel%")


def _act_queries() -> Iterator[Select[Any]]:
    events, returns, turns = schema.events, schema.returns, schema.turns
    none, no_worth = literal(""), literal(0)
    yield select(events.c.customer_id, events.c.name, events.c.at, no_worth, none).where(
        events.c.customer_id != ""
    )
    yield select(
        returns.c.customer_id, literal(RETURN), returns.c.at, returns.c.amount, returns.c.currency
    ).where(returns.c.customer_id != "", returns.c.at.is_not(None))
    name = case((turns.c.handed_off == 1, HANDED_OFF), else_=CHAT)
    yield select(turns.c.customer_id, name, turns.c.at, no_worth, none).where(turns.c.customer_id != "")


def _returned_later(before: datetime) -> Select[Any]:
    """By customer and currency the worth of units of orders before `before` that came back from then on."""
    lines, orders, returns = schema.order_lines, schema.orders, schema.returns
    # A return names its order and product; the same product may stand on several lines.
    back = (
        select(
            lines.c.order_id,
            lines.c.product_id,
            lines.c.currency,
            func.sum(lines.c.returned * lines.c.unit_price).label("worth"),
            func.sum(lines.c.returned).label("units"),
        )
        .where(lines.c.returned > 0)
        .group_by(lines.c.order_id, lines.c.product_id, lines.c.currency)
        .subquery()
    )
    return (
        select(
            orders.c.customer_id, back.c.currency, func.sum(returns.c.quantity * back.c.worth / back.c.units)
        )
        .join(back, (back.c.order_id == returns.c.order_id) & (back.c.product_id == returns.c.product_id))
        .join(orders, orders.c.id == returns.c.order_id)
        .where(returns.c.at >= before, orders.c.placed_at < before, not_cancelled())
        .group_by(orders.c.customer_id, back.c.currency)
    )


def _stats_query(before: datetime | None) -> Select[Any]:
    lines, orders, returns = schema.order_lines, schema.orders, schema.returns
    sent_back = select(returns.c.customer_id, func.count().label("returns")).group_by(returns.c.customer_id)
    kept = (lines.c.quantity - lines.c.returned) * lines.c.unit_price
    query = (
        select(
            orders.c.customer_id,
            lines.c.currency,
            func.count(orders.c.id.distinct()).label("orders"),
            func.min(orders.c.placed_at),
            func.max(orders.c.placed_at),
            func.sum(kept),
        )
        .join(lines, lines.c.order_id == orders.c.id)
        .where(orders.c.customer_id != "", not_cancelled())
        .group_by(orders.c.customer_id, lines.c.currency)
    )
    if before is not None:
        query = query.where(orders.c.placed_at < before)
        sent_back = sent_back.where(returns.c.at < before)
    bought, back = query.subquery(), sent_back.subquery()
    return (
        select(*bought.c, back.c.returns)
        .outerjoin(back, back.c.customer_id == bought.c.customer_id)
        .order_by(bought.c.customer_id, bought.c.currency)
    )
