"""The three JSON files of tau2-bench's retail shop: products, users and orders, each by id.

Knows their fields. Orders have no dates in this format; card numbers are their last four digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from shop.errors import SourceError
from shop.sources.json_files import check_fields, read_json_object
from shop.types import Customer, Money, Order, OrderLine, Product, Variant

Json = Mapping[str, Any]


def read_tau2_products(path: Path, currency: str) -> list[Product]:
    """Products with their variants; the price is the lowest a shopper can order now."""
    return [_product(key, record, currency, path) for key, record in _records(path)]


def read_tau2_customers(path: Path) -> list[Customer]:
    """The users with name, e-mail, address and how they pay."""
    return [_customer(key, record, path) for key, record in _records(path)]


def read_tau2_orders(path: Path, currency: str) -> list[Order]:
    """Orders with status, tracking and payments."""
    return [_order(key, record, currency, path) for key, record in _records(path)]


def _records(path: Path) -> list[tuple[str, Json]]:
    found: list[tuple[str, Json]] = []
    for key, record in read_json_object(path).items():
        if not isinstance(record, dict):
            raise SourceError(f"{key!r} is no JSON object; export the file again", file=path)
        found.append((key, record))
    return found


def _money(record: Json, name: str, currency: str, path: Path, key: str) -> Money | None:
    value = record.get(name)
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal(-1)
    if isinstance(value, bool) or not amount.is_finite() or amount < 0:
        message = f"{key!r} has the {name} {str(value)[:40]!r}, which is no price; correct it"
        raise SourceError(message, file=path, column=name)
    return Money(amount, currency)


def _product(key: str, record: Json, currency: str, path: Path) -> Product:
    check_fields(record, ("name", "variants"), f"product {key!r}", path)
    if not isinstance(record["variants"], dict):
        raise SourceError(f"product {key!r} has no object of variants; export the file again", file=path)
    variants = []
    for variant_id, variant in record["variants"].items():
        if not isinstance(variant, dict) or not isinstance(variant.get("options", {}), dict):
            message = f"variant {variant_id!r} or its options are no JSON objects; export the file again"
            raise SourceError(message, file=path)
        check_fields(variant, ("options",), f"variant {variant_id!r}", path)
        available = variant.get("available")
        variants.append(
            Variant(
                id=str(variant.get("item_id", variant_id)),
                options={str(name): str(value) for name, value in variant["options"].items()},
                price=_money(variant, "price", currency, path, variant_id),
                available=available if isinstance(available, bool) else None,
            )
        )
    priced = [variant for variant in variants if variant.price]
    orderable = [variant.price for variant in priced if variant.available] or [v.price for v in priced]
    stated = [variant.available for variant in variants if variant.available is not None]
    brands = {variant.options["brand"] for variant in variants if "brand" in variant.options}
    colours = {variant.options["color"] for variant in variants if "color" in variant.options}
    return Product(
        id=str(record.get("product_id", key)),
        title=str(record["name"]),
        brand=brands.pop() if len(brands) == 1 else "",
        colour=colours.pop() if len(colours) == 1 else "",
        price=min((price for price in orderable if price), key=lambda money: money.amount, default=None),
        in_stock=any(stated) if stated else None,
        variants=tuple(variants),
    )


def payment_label(method: Json) -> str:
    """ "credit card ending 9212" or "gift card"; never a whole number."""
    label = str(method.get("source", "")).replace("_", " ") or "payment method"
    label = {"paypal": "PayPal"}.get(label, label)
    return f"{label} ending {method['last_four']}" if method.get("last_four") else label


def _customer(key: str, record: Json, path: Path) -> Customer:
    check_fields(record, ("name", "email"), f"user {key!r}", path)
    name = record["name"] if isinstance(record["name"], dict) else {}
    address = {str(k): str(v) for k, v in (record.get("address") or {}).items()}
    methods = (record.get("payment_methods") or {}).values()
    return Customer(
        id=str(record.get("user_id", key)),
        first_name=str(name.get("first_name", "")),
        last_name=str(name.get("last_name", "")),
        email=str(record["email"]),
        country=address.get("country", ""),
        address=address,
        payment_methods=tuple(payment_label(method) for method in methods),
    )


def _order(key: str, record: Json, currency: str, path: Path) -> Order:
    check_fields(record, ("user_id", "items"), f"order {key!r}", path)
    lines = []
    for item in record["items"]:
        check_fields(item, ("name", "product_id", "price"), f"an item of order {key!r}", path)
        price = _money(item, "price", currency, path, key) or Money(Decimal(0), currency)
        lines.append(
            OrderLine(
                product_id=str(item["product_id"]),
                title=str(item["name"]),
                quantity=1,
                unit_price=price,
                variant_id=str(item.get("item_id", "")),
                options={str(k): str(v) for k, v in (item.get("options") or {}).items()},
            )
        )
    history = record.get("payment_history") or []
    kinds = [str(entry.get("transaction_type", "")) for entry in history]
    fulfilments = record.get("fulfillments") or []
    tracking = [number for part in fulfilments for number in part.get("tracking_id", ())]
    return Order(
        id=str(record.get("order_id", key)),
        customer_id=str(record["user_id"]),
        lines=tuple(lines),
        status=str(record.get("status", "")),
        payment_status="refunded" if "refund" in kinds else "paid" if "payment" in kinds else "",
        country=str((record.get("address") or {}).get("country", "")),
        tracking=tuple(map(str, tracking)),
        payments=tuple(map(_payment, history)),
        ship_to={str(k): str(v) for k, v in (record.get("address") or {}).items()},
    )


def _payment(entry: Json) -> str:
    """ "credit_card_7815826" is a credit card; the number is an internal id and stays out."""
    kind = str(entry.get("payment_method_id", "")).rstrip("0123456789").strip("_")
    label = payment_label({"source": kind})
    return f"refund to {label}" if entry.get("transaction_type") == "refund" else label
