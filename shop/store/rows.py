"""Values of `shop.types` to database rows and back. Knows no queries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from shop.store.schema import amount_to_units, units_to_amount
from shop.types import (
    Consent,
    Customer,
    Event,
    Money,
    Order,
    OrderLine,
    PolicyPassage,
    Product,
    Rating,
    Return,
    Review,
    Turn,
    Variant,
)

Row = dict[str, Any]


def money_to_json(money: Money | None) -> list[str] | None:
    """Amount as text (never a float) and currency."""
    return None if money is None else [str(money.amount), money.currency]


def money_from_json(value: list[str] | None) -> Money | None:
    """The money again."""
    return None if value is None else Money(Decimal(value[0]), value[1])


def time_to_json(at: datetime | None) -> str | None:
    """ISO 8601."""
    return None if at is None else at.isoformat()


def time_from_json(value: str | None) -> datetime | None:
    """The time again."""
    return None if value is None else datetime.fromisoformat(value)


def product_to_row(product: Product) -> Row:
    """Row of `products`; empty fields are left out of the document."""
    document = {
        "description": product.description,
        "bullets": product.bullets,
        "brand": product.brand,
        "colour": product.colour,
        "categories": product.categories,
        "categories_derived": product.categories_derived,
        "price": money_to_json(product.price),
        "list_price": money_to_json(product.list_price),
        "price_at": time_to_json(product.price_at),
        "rating": [product.rating.value, product.rating.count] if product.rating else None,
        "in_stock": product.in_stock,
        "image_url": product.image_url,
        "url": product.url,
        "variants": [_variant_to_json(variant) for variant in product.variants],
        "attributes": dict(product.attributes),
        "reviews": [[review.text, review.stars] for review in product.reviews],
    }
    kept = {key: value for key, value in document.items() if value not in ("", None, (), [], {})}
    return {"id": product.id, "title": product.title, "document": kept}


def _variant_to_json(variant: Variant) -> Row:
    return {
        "id": variant.id,
        "options": dict(variant.options),
        "price": money_to_json(variant.price),
        "available": variant.available,
        "sku": variant.sku,
        "quantity": variant.quantity,
    }


def product_from_row(row: Mapping[Any, Any]) -> Product:
    """The product again."""
    document = dict(row["document"])
    rating = document.pop("rating", None)
    reviews = tuple(Review(*review) for review in document.pop("reviews", ()))
    variants = tuple(
        Variant(**{**variant, "price": money_from_json(variant["price"])})
        for variant in document.pop("variants", ())
    )
    return Product(
        id=row["id"],
        title=row["title"],
        bullets=tuple(document.pop("bullets", ())),
        categories=tuple(document.pop("categories", ())),
        price=money_from_json(document.pop("price", None)),
        list_price=money_from_json(document.pop("list_price", None)),
        price_at=time_from_json(document.pop("price_at", None)),
        rating=Rating(rating[0], rating[1]) if rating else None,
        variants=variants,
        reviews=reviews,
        **document,
    )


def fold(text: str) -> str:
    """Text as it is compared in look-ups: case and surrounding or doubled blanks do not count."""
    return " ".join(text.casefold().replace("|", " ").split())


def order_number(order_id: str) -> str:
    """An order id as people type it: folded, without '#'."""
    return fold(order_id).lstrip("#").strip()


def phone_digits(text: str) -> str:
    """The digits of something that is a phone number, else ''."""
    digits = re.sub(r"\D", "", text)
    return digits if len(digits) >= 5 and not re.search(r"[^\d\s()+./-]", text) else ""


def customer_to_row(customer: Customer) -> Row:
    """Row of `customers`, with what they can be found by."""
    keys = (
        customer.id,
        customer.email,
        customer.name,
        customer.last_name,
        phone_digits(customer.phone),
    )
    document: Row = {
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
        "phone": customer.phone,
        "country": customer.country,
        "language": customer.language,
        "address": dict(customer.address),
        "payment_methods": customer.payment_methods,
        "since": time_to_json(customer.since),
        "consent": asdict(customer.consent),
        "tags": customer.tags,
    }
    return {
        "id": customer.id,
        "search": "|" + "|".join(fold(key) for key in keys if key) + "|",
        "document": document,
    }


def customer_from_row(row: Mapping[Any, Any]) -> Customer:
    """The customer again."""
    document = dict(row["document"])
    return Customer(
        id=row["id"],
        payment_methods=tuple(document.pop("payment_methods")),
        since=time_from_json(document.pop("since")),
        consent=Consent(**document.pop("consent")),
        tags=tuple(document.pop("tags")),
        **document,
    )


def order_to_row(order: Order) -> Row:
    """Row of `orders`, without its lines."""
    return {
        "id": order.id,
        "number": order_number(order.id),
        "customer_id": order.customer_id,
        "placed_at": order.placed_at,
        "status": order.status,
        "country": order.country,
        "document": {
            "payment_status": order.payment_status,
            "tracking": order.tracking,
            "payments": order.payments,
            "ship_to": dict(order.ship_to),
        },
    }


def order_lines_to_rows(order: Order) -> list[Row]:
    """Rows of `order_lines`."""
    return [
        {
            "order_id": order.id,
            "position": position,
            "product_id": line.product_id,
            "title": line.title,
            "quantity": line.quantity,
            "unit_price": amount_to_units(line.unit_price.amount),
            "currency": line.unit_price.currency,
            "returned": line.returned,
            "variant_id": line.variant_id,
            "options": dict(line.options),
        }
        for position, line in enumerate(order.lines)
    ]


def order_from_rows(row: Mapping[Any, Any], lines: Iterable[Mapping[Any, Any]]) -> Order:
    """The order again; `lines` by position."""
    document = row["document"]
    return Order(
        id=row["id"],
        customer_id=row["customer_id"],
        lines=tuple(
            OrderLine(
                product_id=line["product_id"],
                title=line["title"],
                quantity=line["quantity"],
                unit_price=Money(units_to_amount(line["unit_price"]), line["currency"]),
                variant_id=line["variant_id"],
                options=line["options"],
                returned=line["returned"],
            )
            for line in lines
        ),
        placed_at=row["placed_at"],
        status=row["status"],
        country=row["country"],
        payment_status=document["payment_status"],
        tracking=tuple(document["tracking"]),
        payments=tuple(document["payments"]),
        ship_to=document.get("ship_to", {}),
    )


def return_to_row(returned: Return) -> Row:
    """Row of `returns`."""
    row = {name: getattr(returned, name) for name in ("id", "customer_id", "product_id", "title", "quantity")}
    return row | {
        "amount": amount_to_units(returned.amount.amount),
        "currency": returned.amount.currency,
        "at": returned.at,
        "order_id": returned.order_id,
    }


def return_from_row(row: Mapping[Any, Any]) -> Return:
    """The return again."""
    values = dict(row)
    amount = Money(units_to_amount(values.pop("amount")), values.pop("currency"))
    return Return(amount=amount, **values)


def event_from_row(row: Mapping[Any, Any]) -> Event:
    """The event again."""
    return Event(row["name"], row["customer_id"], row["at"], row["properties"])


def policy_from_row(row: Mapping[Any, Any]) -> PolicyPassage:
    """The passage again."""
    return PolicyPassage(row["id"], row["heading"], row["text"])


TURN_DOCUMENT = ("acts", "cards", "sources", "quick_replies", "state", "trace")


def turn_to_row(turn: Turn) -> Row:
    """Row of `turns`."""
    values = {field.name: getattr(turn, field.name) for field in fields(turn)}
    document = {name: values.pop(name) for name in TURN_DOCUMENT}
    return values | {"handed_off": int("handoff" in turn.acts), "document": document}


def turn_from_row(row: Mapping[Any, Any]) -> Turn:
    """The turn again."""
    document = row["document"]
    plain = {field.name: row[field.name] for field in fields(Turn) if field.name not in TURN_DOCUMENT}
    return Turn(
        **plain,
        acts=tuple(document["acts"]),
        cards=tuple(document["cards"]),
        sources=tuple(document["sources"]),
        quick_replies=tuple(document["quick_replies"]),
        state=document["state"],
        trace=document["trace"],
    )
