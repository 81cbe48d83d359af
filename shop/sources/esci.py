"""Product lists in the fields of Amazon's ESCI data set: one JSON object a line."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from shop.errors import SourceError
from shop.sources.colours import tidy_colour
from shop.sources.imported import Skips
from shop.sources.json_files import read_json_lines
from shop.sources.values import plain_text
from shop.types import Money, Product, Rating

REQUIRED = ("asin", "title")


def read_esci_products(path: Path, currency: str, skips: Skips) -> list[Product]:
    """The products of the file, in its order; a price of nothing is no price."""
    products: list[Product] = []
    lines_of: dict[str, int] = {}
    for number, record in read_json_lines(path, REQUIRED, "an ESCI product list"):
        product = _product(record, currency, path, number)
        if not product.title:
            skips.add("product without a title", product.id)
            continue
        if product.id in lines_of:
            raise SourceError(
                f"product {product.id} was already on row {lines_of[product.id]}; keep one of the two",
                file=path,
                row=number,
                column="asin",
            )
        lines_of[product.id] = number
        products.append(product)
    return products


def _product(record: Mapping[str, Any], currency: str, path: Path, number: int) -> Product:
    def text(name: str) -> str:
        value = record.get(name)
        return plain_text(value) if isinstance(value, str) else ""

    def bad(name: str, wanted: str) -> SourceError:
        message = f"{str(record.get(name))[:40]!r} is no {wanted}; correct it or leave it out"
        return SourceError(message, file=path, row=number, column=name)

    categories = record.get("category") or []
    if not isinstance(categories, list):
        raise bad("category", "list of category names")
    bullets = text("bullet_points").split("\n")
    is_book = record.get("is_book")
    return Product(
        id=str(record["asin"]).strip(),
        title=" ".join(text("title").split()),
        description=text("description"),
        bullets=tuple(bullet for bullet in bullets if bullet),
        brand=" ".join(text("brand").split()),
        colour=tidy_colour(text("color")),
        categories=tuple(plain_text(str(part)) for part in categories),
        price=_price(record.get("price"), currency, bad),
        rating=_rating(record, bad),
        image_url=text("image"),
        attributes={"book": "yes" if is_book else "no"} if isinstance(is_book, bool) else {},
    )


def _price(value: object, currency: str, bad: Any) -> Money | None:
    if value is None or value == "":
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise bad("price", "price") from error
    if isinstance(value, bool) or not amount.is_finite() or amount < 0:
        raise bad("price", "price")
    return Money(amount, currency) if amount else None


def _rating(record: Mapping[str, Any], bad: Any) -> Rating | None:
    value, count = record.get("rating"), record.get("rating_count")
    if value is None or not count:
        return None  # a mean of an unknown number of ratings says too little
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 5:
        raise bad("rating", "rating from 0 to 5")
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise bad("rating_count", "whole number")
    return Rating(float(value), count)
