"""Shopify's order export: one row an order line; only an order's first row has its totals.

Knows its header names. Products are found by SKU, then by title; customers are told apart by their
e-mail address and get an id that does not show it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from shop.sources.tables import Row, read_rows
from shop.sources.values import decimal_mark, parse_price, parse_time, parse_whole, parse_yes
from shop.types import Consent, Customer, Money, Order, OrderLine, Product, Variant

COLUMNS = {
    "name": ("Name", "Order Name", "Order", "Order number"),
    "email": ("Email", "Customer Email", "Contact email"),
    "phone": ("Phone", "Shipping Phone", "Billing Phone"),
    "paid": ("Financial Status", "Payment status"),
    "fulfilled": ("Fulfillment Status", "Order fulfillment status"),
    "marketing": ("Accepts Marketing", "Accepts email marketing"),
    "currency": ("Currency",),
    "created": ("Created at", "Date", "Order date"),
    "cancelled": ("Cancelled at", "Canceled at"),
    "quantity": ("Lineitem quantity", "Line item quantity"),
    "title": ("Lineitem name", "Line item name"),
    "price": ("Lineitem price", "Line item price"),
    "sku": ("Lineitem sku", "Line item sku"),
    "payment": ("Payment Method", "Payment methods"),
    "shipping_name": ("Shipping Name", "Billing Name", "Customer name"),
    "street": ("Shipping Street", "Shipping Address1"),
    "city": ("Shipping City",),
    "zip": ("Shipping Zip",),
    "province": ("Shipping Province",),
    "country": ("Shipping Country", "Billing Country"),
}
REQUIRED = ("name", "created", "quantity", "title", "price")
STATUSES = {"fulfilled": "fulfilled", "partial": "partly fulfilled", "": "unfulfilled"}


@dataclass(slots=True)
class _Group:
    """The rows of one order."""

    first: Row
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Catalogue:
    """Products by what an order line may call them."""

    by_sku: dict[str, tuple[Product, Variant]] = field(default_factory=dict)
    by_title: dict[str, Product] = field(default_factory=dict)
    unknown_lines: int = 0

    @classmethod
    def of(cls, products: Iterable[Product]) -> Catalogue:
        """Index these products."""
        found = cls()
        for product in products:
            found.by_title.setdefault(product.title.casefold(), product)
            for variant in product.variants:
                if variant.sku:
                    found.by_sku.setdefault(variant.sku.casefold(), (product, variant))
        return found

    def find(self, sku: str, name: str) -> tuple[str, str, Variant | None]:
        """(product id, title, variant) of an order line; a made-up id where nothing fits."""
        if match := self.by_sku.get(sku.casefold()):
            return match[0].id, match[0].title, match[1]
        title, _, option = name.rpartition(" - ")
        for candidate, rest in ((name, ""), (title, option)):
            if product := self.by_title.get(candidate.casefold()):
                values = [part.strip() for part in rest.split(" / ")] if rest else []
                variant = next((v for v in product.variants if list(v.options.values()) == values), None)
                return product.id, product.title, variant
        self.unknown_lines += 1
        return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "unknown", name, None


def read_shopify_orders(
    path: Path, currency: str, products: Iterable[Product] = ()
) -> tuple[list[Order], list[Customer], int]:
    """Orders, the customers who placed them, and how many lines name no product of `products`."""
    rows = list(read_rows(path, COLUMNS, REQUIRED, "a Shopify order export"))
    mark = decimal_mark(row["price"] for row in rows)
    catalogue = Catalogue.of(products)
    groups = _groups(rows)
    orders = [_order(name, group, catalogue, mark, currency) for name, group in groups.items()]
    customers: dict[str, Customer] = {}
    dated = [(order, groups[order.id].first) for order in orders if order.customer_id]
    # Oldest first: what the newest order says about a customer wins.
    for order, first in sorted(
        dated, key=lambda pair: pair[0].placed_at.timestamp() if pair[0].placed_at else 0
    ):
        known = customers.get(order.customer_id)
        customers[order.customer_id] = _customer(order, first, known)
    return orders, list(customers.values()), catalogue.unknown_lines


def _placed_at_s(dated: tuple[Order, Row]) -> float:
    return dated[0].placed_at.timestamp() if dated[0].placed_at else 0.0


def _groups(rows: Iterable[Row]) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    last = ""
    for row in rows:
        name = row["name"]
        if not name:
            raise row.error("is empty; every row needs its order's name", "name")
        group = groups.get(name)
        if group is None:
            group = groups[name] = _Group(row)
        elif name != last and row["created"]:
            message = f"order {name} was already on row {group.first.number}; keep one of the two"
            raise row.error(message, "name")
        group.rows.append(row)
        last = name
    return groups


def _order(name: str, group: _Group, catalogue: Catalogue, mark: str, currency: str) -> Order:
    first = group.first
    money = first["currency"].upper() or currency
    try:
        placed_at = parse_time(first["created"])
        cancelled_at = parse_time(first["cancelled"])
    except ValueError as error:
        raise first.error(f"{error}; write it like 2026-03-01 10:00:00 +0000", "created") from error
    fulfilled = first["fulfilled"].casefold()
    return Order(
        id=name,
        customer_id=customer_id_of(first["email"] or first["phone"]),
        lines=tuple(_line(row, catalogue, mark, money) for row in group.rows if row["title"] or row is first),
        placed_at=placed_at,
        status="cancelled" if cancelled_at else STATUSES.get(fulfilled, fulfilled),
        payment_status=first["paid"].replace("_", " ").casefold(),
        country=first["country"],
        payments=(first["payment"],) if first["payment"] else (),
    )


def _line(row: Row, catalogue: Catalogue, mark: str, currency: str) -> OrderLine:
    if not row["title"]:
        raise row.error("is empty; every order needs a line", "title")
    try:
        column = "quantity"
        quantity = parse_whole(row["quantity"])
        column = "price"
        price = parse_price(row["price"], mark)
    except ValueError as error:
        raise row.error(f"{error}; correct it", column) from error
    if quantity is None or quantity <= 0:
        raise row.error("needs a quantity of at least 1; correct it", "quantity")
    if price is None or price < 0:
        raise row.error("needs a price; fill it in", "price")
    product_id, title, variant = catalogue.find(row["sku"].lstrip("'"), row["title"])
    return OrderLine(
        product_id=product_id,
        title=title,
        quantity=quantity,
        unit_price=Money(Decimal(price), currency),
        variant_id=variant.id if variant else "",
        options=dict(variant.options) if variant else {},
    )


def customer_id_of(contact: str) -> str:
    """A stable id for an e-mail address or phone number that does not show it; '' for none."""
    folded = contact.strip().casefold()
    return f"c{hashlib.sha256(folded.encode()).hexdigest()[:12]}" if folded else ""


def _customer(order: Order, first: Row, known: Customer | None) -> Customer:
    address = {key: first[key] for key in ("street", "city", "province", "zip", "country") if first[key]}
    names = first["shipping_name"].split(" ", 1)
    return Customer(
        id=order.customer_id,
        first_name=names[0] or (known.first_name if known else ""),
        last_name=names[1] if len(names) > 1 else (known.last_name if known else ""),
        email=first["email"] or (known.email if known else ""),
        phone=first["phone"] or (known.phone if known else ""),
        country=order.country or (known.country if known else ""),
        address=address or (known.address if known else {}),
        payment_methods=tuple(dict.fromkeys((*(known.payment_methods if known else ()), *order.payments))),
        since=known.since if known else order.placed_at,
        consent=_consent(order, first, known),
    )


def _consent(order: Order, first: Row, known: Customer | None) -> Consent:
    answer: Mapping[bool | None, bool] = {True: True, False: False}
    said = answer.get(parse_yes(first["marketing"]))
    if said is None:
        return known.consent if known else Consent()
    return Consent(marketing_email=said, source=f"Shopify order {order.id}, accepts marketing")
