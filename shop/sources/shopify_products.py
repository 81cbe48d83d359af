"""Shopify's product export: one row a variant, further pictures as rows of their own.

Knows the header names of 2012–2024 ("Handle", "Body (HTML)") and those since ("URL handle",
"Description"). The first row of a handle describes the product, the rows after it continue it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from shop.sources.colours import tidy_colour
from shop.sources.imported import Skips, unused_note
from shop.sources.items import best_price, one_colour, stock_of
from shop.sources.tables import Row, read_rows, unused_columns
from shop.sources.values import decimal_mark, parse_price, parse_whole, parse_yes, plain_text
from shop.types import Money, Product, Variant

COLUMNS = {
    "handle": ("Handle", "URL handle"),
    "title": ("Title",),
    "body": ("Body (HTML)", "Description", "Body HTML"),
    "vendor": ("Vendor",),
    "category": ("Product Category", "Standard Product Type", "Category"),
    "type": ("Type", "Custom Product Type", "Product Type"),
    "tags": ("Tags",),
    "published": ("Published", "Published on online store"),
    "status": ("Status",),
    **{f"name{n}": (f"Option{n} Name",) for n in (1, 2, 3)},
    **{f"value{n}": (f"Option{n} Value",) for n in (1, 2, 3)},
    "sku": ("Variant SKU", "SKU"),
    "price": ("Variant Price", "Price"),
    "list_price": ("Variant Compare At Price", "Compare-at price", "Compare At Price"),
    "tracker": ("Variant Inventory Tracker", "Inventory tracker"),
    "quantity": ("Variant Inventory Qty", "Inventory quantity"),
    "policy": ("Variant Inventory Policy", "Continue selling when out of stock"),
    "image": ("Image Src", "Product image URL", "Image URL"),
    "variant_image": ("Variant Image", "Variant image URL"),
    "colour": ("Color (product.metafields.shopify.color-pattern)",),
}
# Columns that say nothing to a shopper; any other that is not read is reported.
PLAIN = (
    "Variant Grams;Variant Fulfillment Service;Variant Requires Shipping;Variant Taxable;Variant Barcode;"
    "Variant Weight Unit;Variant Tax Code;Cost per item;Image Position;Image Alt Text;Gift Card;SEO Title;"
    "SEO Description;Barcode;Charge tax;Tax code;Weight value (grams);Weight unit for display;"
    "Requires shipping;Fulfillment service;Image position;Image alt text;SEO title;SEO description;"
    "Unit price total measure;Unit price total measure unit;Unit price base measure;"
    "Unit price base measure unit"
).split(";")
PLAIN_STARTS = ("Google Shopping /", "Included /", "Price /", "Compare At Price /", "Option1 L", "Option2 L")
REQUIRED = ("handle", "title", "price")


@dataclass(slots=True)
class _Group:
    """The rows of one handle."""

    first: Row
    rows: list[Row] = field(default_factory=list)


def read_shopify_products(path: Path, currency: str, skips: Skips, notes: list[str]) -> list[Product]:
    """The products that are on sale; drafts, archived and unpublished ones are skipped."""
    rows = list(read_rows(path, COLUMNS, REQUIRED, "a Shopify product export"))
    notes += unused_note(
        "columns", (n for n in unused_columns(rows, PLAIN) if not n.startswith(PLAIN_STARTS))
    )
    mark = decimal_mark(row["price"] for row in rows)
    products = []
    for handle, group in _groups(rows).items():
        first = group.first
        if first["status"].casefold() in {"draft", "archived"}:
            skips.add(f"product that is {first['status'].casefold()}", handle)
        elif parse_yes(first["published"]) is False:
            skips.add("product that is not published", handle)
        else:
            products.append(_product(handle, group, mark, currency))
    return products


def _groups(rows: Iterable[Row]) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    for row in rows:
        handle, title = row["handle"], row["title"]
        if not handle:
            raise row.error("is empty; every row needs its product's handle", "handle")
        group = groups.get(handle)
        if group is None:
            if not title:
                raise row.error(f"product {handle!r} starts without a title; fill it in", "title")
            group = groups[handle] = _Group(row)
        elif title and title != group.first["title"]:
            message = (
                f"handle {handle!r} was already used on row {group.first.number} "
                f"for {group.first['title']!r}; give each product its own"
            )
            raise row.error(message, "handle")
        group.rows.append(row)
    return groups


def _product(handle: str, group: _Group, mark: str, currency: str) -> Product:
    first = group.first
    variants: list[tuple[Variant, Money | None]] = []
    rows_of: dict[tuple[tuple[str, str], ...], int] = {}
    for row in group.rows:
        if row is not first and not (row["value1"] or row["price"] or row["sku"]):
            continue  # one more picture
        variant = _variant(row, first, mark, currency)
        options = tuple(variant.options.items())
        if options in rows_of:
            message = f"variant {variant.id!r} was already on row {rows_of[options]}; keep one of the two"
            raise row.error(message, "value1" if row["value1"] else "handle")
        rows_of[options] = row.number
        variants.append((variant, _money(row, "list_price", mark, currency)))
    price, list_price = best_price(variants)
    return Product(
        id=handle,
        title=" ".join(plain_text(first["title"]).split()),
        description=plain_text(first["body"]),
        brand=first["vendor"],
        colour=_colour(first, [v for v, _ in variants]),
        categories=_categories(first),
        price=price,
        list_price=list_price,
        in_stock=stock_of(v for v, _ in variants),
        image_url=next((row["image"] for row in group.rows if row["image"]), ""),
        variants=tuple(v for v, _ in variants),
        attributes={"tags": first["tags"]} if first["tags"] else {},
    )


def _variant(row: Row, first: Row, mark: str, currency: str) -> Variant:
    options = {(first[f"name{n}"] or f"Option {n}"): row[f"value{n}"] for n in (1, 2, 3) if row[f"value{n}"]}
    if list(options.values()) == ["Default Title"]:
        options = {}
    quantity = _quantity(row)
    return Variant(
        id="/".join((row["handle"], *options.values())),
        options=options,
        price=_money(row, "price", mark, currency),
        available=_available(row, quantity),
        sku=row["sku"].lstrip("'"),
        quantity=quantity,
    )


def _quantity(row: Row) -> int | None:
    try:
        return parse_whole(row["quantity"])
    except ValueError as error:
        raise row.error(f"{error}; write it like 12", "quantity") from error


def _available(row: Row, quantity: int | None) -> bool | None:
    goes_on = row["policy"].casefold() in {"continue", "true", "yes"}
    if "tracker" in row.header and not row["tracker"]:
        return True  # Shopify sells what it does not count
    if quantity is None:
        return True if goes_on else None
    return quantity > 0 or goes_on


def _money(row: Row, column: str, mark: str, currency: str) -> Money | None:
    try:
        amount = parse_price(row[column], mark)
    except ValueError as error:
        raise row.error(f"{error}; write it like 12.50", column) from error
    if amount is None:
        return None
    if amount < 0:
        raise row.error(f"{row[column]!r} is less than nothing; correct it", column)
    return Money(amount, currency) if amount or column == "price" else None


def _categories(first: Row) -> tuple[str, ...]:
    path = [part.strip() for part in plain_text(first["category"]).split(">") if part.strip()]
    kind = first["type"]
    if kind and kind.casefold() not in {part.casefold() for part in path}:
        path.append(kind)
    return tuple(path)


def _colour(first: Row, variants: list[Variant]) -> str:
    if first["colour"]:
        return tidy_colour(first["colour"].replace(";", "/"))
    return one_colour(variants)
