"""The shop's own records: customers, orders, returns, events and policies; products are in products.py.

Knows their queries; knows nothing of conversations (conversations.py) or of file formats.
Every `put_*` is one transaction: all of the rows are written, or none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, or_, select

from shop.errors import StoreError
from shop.store import rows as rows
from shop.store import schema as schema
from shop.store.database import batches
from shop.store.products import QUERY_IDS, Products
from shop.types import Customer, Event, Order, PolicyPassage, Product, Return

ORDER_DIGITS_TYPED = 4
"""From here on the beginning of an order's number finds it, as it is being typed."""
COUNTED = {
    "products": schema.products,
    "customers": schema.customers,
    "orders": schema.orders,
    "returns": schema.returns,
    "events": schema.events,
    "policies": schema.policies,
}
# Asked at every turn, so it is built once.
_CUSTOMER = select(schema.customers).where(schema.customers.c.id == bindparam("id"))


class Records(Products):
    """Reads and writes of the shop's records."""

    # -- writing ---------------------------------------------------------------------------------

    def put_products(self, products: Iterable[Product]) -> int:
        """Insert or replace by id; products given, those that were the same already included."""
        with self.writing() as connection:
            return self._write_products(connection, products)

    def put_customers(self, customers: Iterable[Customer]) -> int:
        """Insert or replace by id; rows written."""
        with self.writing() as connection:
            return self._write_customers(connection, customers)

    def put_orders(self, orders: Iterable[Order]) -> int:
        """Insert or replace by id, lines included; orders written."""
        with self.writing() as connection:
            return self._write_orders(connection, orders)

    def put_returns(self, returns: Iterable[Return]) -> int:
        """Insert or replace by id; rows written."""
        with self.writing() as connection:
            return self._write_returns(connection, returns)

    def put_events(self, events: Iterable[Event]) -> int:
        """Insert; an event already held (same name, customer, time and properties) stays one."""
        with self.writing() as connection:
            return self.upsert(connection, schema.events, map(_event_to_row, events), update=False)

    def put_policies(self, passages: Iterable[PolicyPassage]) -> int:
        """Replace the whole policy, keeping the order given; rows written."""
        with self.writing() as connection:
            return self._write_policies(connection, passages)

    def put_import(
        self,
        *,
        products: Iterable[Product] = (),
        customers: Iterable[Customer] = (),
        orders: Iterable[Order] = (),
        returns: Iterable[Return] = (),
        policies: Iterable[PolicyPassage] = (),
        meta: Mapping[str, str] | None = None,
        keep_known_customers: bool = False,
        removed_products: Iterable[str] = (),
    ) -> None:
        """Everything one file holds, in one transaction, and `removed_products` taken out.

        With `keep_known_customers` a customer already held stays as they are: an orders file knows
        less about them than a customers file.
        """
        with self.writing() as connection:
            self._write_products(connection, products)
            self._remove_products(connection, removed_products)
            self._write_customers(connection, customers, update=not keep_known_customers)
            self._write_orders(connection, orders)
            self._write_returns(connection, returns)
            if passages := list(policies):
                self._write_policies(connection, passages)
            entries = [{"key": key, "value": value} for key, value in (meta or {}).items()]
            self.upsert(connection, schema.meta, entries)

    def _write_customers(
        self, connection: Connection, customers: Iterable[Customer], update: bool = True
    ) -> int:
        return self.upsert(connection, schema.customers, map(rows.customer_to_row, customers), update)

    def _write_orders(self, connection: Connection, orders: Iterable[Order]) -> int:
        written = 0
        for batch in batches(orders, 1_000):
            self._replace_orders(connection, batch)
            written += len(batch)
        return written

    def _replace_orders(self, connection: Connection, batch: Sequence[Order]) -> None:
        known: list[str] = []
        for ids in batches([order.id for order in batch], QUERY_IDS):
            known += connection.scalars(select(schema.orders.c.id).where(schema.orders.c.id.in_(ids)))
        for ids in batches(known, QUERY_IDS):
            connection.execute(delete(schema.order_lines).where(schema.order_lines.c.order_id.in_(ids)))
        self.upsert(connection, schema.orders, map(rows.order_to_row, batch))
        lines = (line for order in batch for line in rows.order_lines_to_rows(order))
        self.upsert(connection, schema.order_lines, lines)

    def _write_returns(self, connection: Connection, returns: Iterable[Return]) -> int:
        return self.upsert(connection, schema.returns, map(rows.return_to_row, returns))

    def _write_policies(self, connection: Connection, passages: Iterable[PolicyPassage]) -> int:
        # A section that was taken out of the policy must not be quoted any more.
        connection.execute(delete(schema.policies))
        numbered = (
            {"id": p.id, "position": position, "heading": p.heading, "text": p.text}
            for position, p in enumerate(passages)
        )
        return self.upsert(connection, schema.policies, numbered)

    # -- policies and counts ---------------------------------------------------------------------

    def policies(self) -> list[PolicyPassage]:
        """Every passage, in the order of the document."""
        query = select(schema.policies).order_by(schema.policies.c.position, schema.policies.c.id)
        with self.reading() as connection:
            return [rows.policy_from_row(row) for row in connection.execute(query).mappings()]

    def count(self, kind: str) -> int:
        """How many "products", "customers", "orders", "returns", "events" or "policies" there are."""
        if kind not in COUNTED:
            raise StoreError(f"nothing called {kind!r} is counted; use one of {', '.join(COUNTED)}")
        with self.reading() as connection:
            return connection.scalar(select(func.count()).select_from(COUNTED[kind])) or 0

    # -- customers -------------------------------------------------------------------------------

    def customer(self, customer_id: str) -> Customer | None:
        """One customer, or None."""
        with self.reading() as connection:
            row = connection.execute(_CUSTOMER, {"id": customer_id}).mappings().first()
        return rows.customer_from_row(row) if row else None

    def customers(self, limit: int = 100, offset: int = 0) -> list[Customer]:
        """A page of all customers, by id."""
        query = select(schema.customers).order_by(schema.customers.c.id).limit(limit).offset(offset)
        with self.reading() as connection:
            return [rows.customer_from_row(row) for row in connection.execute(query).mappings()]

    def find_customers(self, text: str, limit: int = 20) -> list[Customer]:
        """Customers by id, e-mail, name, phone or order id: exact first, then prefix, then any part."""
        wanted = rows.fold(text)
        if not wanted:
            return []
        keys = list(dict.fromkeys(key for key in (wanted, rows.phone_digits(text)) if key))
        search = schema.customers.c.search
        found: dict[str, Customer] = {}
        with self.reading() as connection:
            owners = list(
                connection.scalars(
                    select(schema.orders.c.customer_id)
                    .where(_numbered_like(text), schema.orders.c.customer_id != "")
                    .order_by(schema.orders.c.number)
                    .limit(limit)
                )
            )
            tests: list[ColumnElement[bool]] = [schema.customers.c.id.in_(owners)]
            for form in ("|{}|", "|{}", "{}"):
                tests += [search.contains(form.format(key), autoescape=True) for key in keys]
            for test in tests:
                query = select(schema.customers).where(test).order_by(schema.customers.c.id).limit(limit)
                for row in connection.execute(query).mappings():
                    found.setdefault(row["id"], rows.customer_from_row(row))
                if len(found) >= limit:
                    break
        return list(found.values())[:limit]

    # -- orders ----------------------------------------------------------------------------------

    def order(self, order_id: str) -> Order | None:
        """One order by its id, with or without '#', in any case; or None."""
        exact = self._orders(schema.orders.c.id == order_id.strip())
        found = exact or self._orders(schema.orders.c.number == rows.order_number(order_id))
        return found[0] if found else None

    def orders_of(self, customer_id: str) -> list[Order]:
        """A customer's orders, newest first; those without a date last."""
        return self._orders(schema.orders.c.customer_id == customer_id) if customer_id else []

    def _orders(self, where: ColumnElement[bool]) -> list[Order]:
        lines = schema.order_lines
        orders_query = select(schema.orders).where(where)
        lines_query = (
            select(lines)
            .join(schema.orders, schema.orders.c.id == lines.c.order_id)
            .where(where)
            .order_by(lines.c.order_id, lines.c.position)
        )
        with self.reading() as connection:
            heads = connection.execute(orders_query).mappings().all()
            by_order: dict[str, list[Any]] = {}
            for line in connection.execute(lines_query).mappings():
                by_order.setdefault(line["order_id"], []).append(line)
        found = [rows.order_from_rows(head, by_order.get(head["id"], [])) for head in heads]
        found.sort(key=lambda order: order.id)
        found.sort(
            key=lambda order: order.placed_at.timestamp() if order.placed_at else float("-inf"), reverse=True
        )
        return found

    def returns_of(self, customer_id: str) -> list[Return]:
        """A customer's returns, newest first; those without a date last."""
        query = (
            select(schema.returns)
            .where(schema.returns.c.customer_id == customer_id, schema.returns.c.customer_id != "")
            .order_by(schema.returns.c.at.is_(None), schema.returns.c.at.desc(), schema.returns.c.id)
        )
        with self.reading() as connection:
            return [rows.return_from_row(row) for row in connection.execute(query).mappings()]

    def events_of(self, customer_id: str) -> list[Event]:
        """A customer's events, newest first."""
        query = (
            select(schema.events)
            .where(schema.events.c.customer_id == customer_id, schema.events.c.customer_id != "")
            .order_by(schema.events.c.at.desc(), schema.events.c.id)
        )
        with self.reading() as connection:
            return [rows.event_from_row(row) for row in connection.execute(query).mappings()]


def _numbered_like(text: str) -> ColumnElement[bool]:
    """Orders of this number, or whose number begins so once enough of it is typed."""
    number = rows.order_number(text)
    exact: ColumnElement[bool] = schema.orders.c.number == number
    if len(number) < ORDER_DIGITS_TYPED or " " in number:
        return exact
    return or_(exact, schema.orders.c.number.startswith(number, autoescape=True))


def _placed_at_s(order: Order) -> float:
    return order.placed_at.timestamp() if order.placed_at else float("-inf")


def _event_to_row(event: Event) -> rows.Row:
    content = json.dumps(
        [event.name, event.customer_id, event.at.isoformat(), dict(event.properties)], sort_keys=True
    )
    return {
        "id": hashlib.sha256(content.encode()).hexdigest()[:32],
        "customer_id": event.customer_id,
        "name": event.name,
        "at": event.at,
        "properties": dict(event.properties),
    }
