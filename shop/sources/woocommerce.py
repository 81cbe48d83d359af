"""WooCommerce's product export: one row a product, and one a variation of a variable product.

Knows its columns as WooCommerce writes them in English, German, French and Spanish, its lists
("A > B, C\\, D") and what it escapes. Variations point to their product by SKU or as "id:123".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from shop.errors import SourceError
from shop.sources.imported import Doubts, Skips, unused_note
from shop.sources.items import Item, build_product, is_colour, read_availability
from shop.sources.tables import Row, read_rows, unused_columns
from shop.sources.values import decimal_mark, parse_money, parse_time, parse_whole, parse_yes, plain_text
from shop.sources.woocommerce_columns import COLUMNS, NUMBERS, PLAIN, PRIVATE, REQUIRED
from shop.types import Money, Product

NO_CATEGORY = frozenset(
    {"uncategorized", "uncategorised", "unkategorisiert", "non classé", "sin categorizar"}
)
BRAND_NAMES = frozenset({"brand", "brands", "marke", "hersteller", "marque", "marca"})
SHORTCODE = re.compile(r"\[/?(?:vc|et_pb|fusion|su|gallery|caption|embed|video|audio|ux)(?:_\w+)?\b[^\]]*\]")


@dataclass(slots=True)
class _Reading:
    """What reading one file needs at every row."""

    currency: str
    mark: str
    now: datetime
    doubts: Doubts = field(default_factory=Doubts)


@dataclass(slots=True)
class _Group:
    """A product's row and the rows of its variations."""

    first: Row
    variations: list[Row] = field(default_factory=list)


def read_woocommerce_products(path: Path, currency: str, skips: Skips, notes: list[str]) -> list[Product]:
    """The products on sale; drafts, private and hidden ones are skipped with all their variations.

    Prices that cannot be read are left out and noted with their rows.
    """
    rows = list(read_rows(path, COLUMNS, REQUIRED, "a WooCommerce product export"))
    if "sku" not in rows[0].header and "id" not in rows[0].header:
        message = "lacks both 'SKU' and 'ID' of a WooCommerce product export; export it with one of them"
        raise SourceError(message, file=path)
    mark = decimal_mark(row[column] for row in rows for column in ("price", "sale_price"))
    reading = _Reading(currency, mark, datetime.now(UTC))
    groups = _groups(rows, skips)
    products = [_product(key, group, reading) for key, group in groups.items()]
    bare = sum("variable" in _kinds(group.first) and not group.variations for group in groups.values())
    if bare:
        notes.append(f"{bare:,} variable products have no variations in the file, so no price either")
    notes += unused_note("columns", (n for n in unused_columns(rows, PLAIN) if not n.startswith(PRIVATE)))
    notes += reading.doubts.notes(path)
    return products


def _groups(rows: Sequence[Row], skips: Skips) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    known: dict[str, str] = {}  # every way to point to a product; '' where it is skipped
    for row in rows:
        if "variation" in _kinds(row):
            continue
        key = row["sku"] or row["id"]
        if reason := _unwanted(row, key):
            skips.add(reason, _place(row))
            known.update((name, "") for name in _names(row) if name not in known)
        elif key in groups:
            skips.add("product given before", f"{_place(row)}, first on {_place(groups[key].first)}")
        else:
            groups[key] = _Group(row)
            known.update(dict.fromkeys(_names(row), key))
    taken: dict[str, int] = {}
    for row in rows:
        if "variation" not in _kinds(row):
            continue
        parent = known.get(row["parent"].casefold())
        own = (_names(row) or [""])[-1]
        if parent is None:
            skips.add("variation of a product that is not in the file", _place(row))
        elif not parent:
            skips.add("variation of a product that is skipped", _place(row))
        elif _state(row) < 1:
            skips.add("variation that is not published", _place(row))
        elif own and own in taken:
            skips.add("variation given before", f"{_place(row)}, first on row {taken[own]}")
        else:
            taken[own] = row.number
            groups[parent].variations.append(row)
    return groups


def _unwanted(row: Row, key: str) -> str:
    """Why a product is left out, or ''."""
    if not key:
        return "row without a SKU or an ID"
    if not row["name"]:
        return "product without a name"
    if _state(row) < 0:
        return "product that is a draft"
    if _state(row) == 0:
        return "product that is not published"
    if row["visibility"].casefold() == "hidden":
        return "product that is hidden in the catalogue"
    if "grouped" in _kinds(row):
        return "group of products that are sold one by one"
    return ""


def _product(key: str, group: _Group, reading: _Reading) -> Product:
    first, rows = group.first, group.variations
    choices = {name for row in rows for name in _options(row)}
    own = _item(key, first, reading, {name.casefold() for name in choices})
    if not rows:
        return build_product(key, [], own) if "variable" in _kinds(first) else build_product(key, [own])
    return build_product(key, [_variation(row, own, reading) for row in rows], own, choices)


def _item(key: str, row: Row, reading: _Reading, chosen: Collection[str]) -> Item:
    """A product's own row; attributes in `chosen` are what its variations differ in."""
    stated = {name: value for name, value in _stated(row).items() if name not in chosen}
    colours = {name: value.replace(", ", "/") for name, value in stated.items() if is_colour(name)}
    brand = next((value for name, value in stated.items() if name in BRAND_NAMES), "")
    paths = _categories(row)
    main = max(paths, key=len, default=())
    others = [" > ".join(path) for path in paths if path != main[: len(path)]]
    price, list_price = (None, None) if "variable" in _kinds(row) else _prices(row, reading)
    return Item(
        id=key,
        title=" ".join(plain_text(_cell(row, "name")).split()),
        sku=row["sku"],
        description=_description(row),
        brand=plain_text(", ".join(_listed(row["brand"]))) or brand,
        categories=main,
        price=price,
        list_price=list_price,
        available=read_availability(_stock_word(row))[0],
        quantity=_quantity(row, reading),
        image_url=next(iter(_listed(row["images"])), ""),
        url=row["url"],
        options=colours,
        attributes={
            name: value
            for name, value in {
                **stated,
                **_facts(row, reading),
                "tags": plain_text(row["tags"]),
                "also in": "; ".join(others),
            }.items()
            if value and name not in colours and name not in BRAND_NAMES
        },
    )


def _variation(row: Row, product: Item, reading: _Reading) -> Item:
    price, list_price = _prices(row, reading)
    stock = _stock_word(row)
    return Item(
        id=row["sku"] or row["id"],
        title=product.title,
        sku=row["sku"],
        price=price,
        list_price=list_price,
        available=read_availability(stock)[0] if stock else product.available,
        quantity=product.quantity if row["quantity"] == "parent" else _quantity(row, reading),
        image_url=next(iter(_listed(row["images"])), ""),
        options=_options(row),
        attributes={name: value for name, value in _facts(row, reading).items() if value},
    )


def _options(row: Row) -> dict[str, str]:
    """What a variation is; an empty value is WooCommerce's "any"."""
    pairs = ((_option_name(row, n), ", ".join(_listed(row[f"values{n}"]))) for n in NUMBERS)
    return {name: plain_text(value) for name, value in pairs if name and value}


def _stated(row: Row) -> dict[str, str]:
    """The attributes the product's page shows, and its colour, by name in small letters."""
    found = {}
    for n in NUMBERS:
        name, values = _option_name(row, n).casefold(), _listed(row[f"values{n}"])
        if name and values and (parse_yes(row[f"visible{n}"]) is not False or is_colour(name)):
            found[name] = plain_text(", ".join(values))
    return found


def _facts(row: Row, reading: _Reading) -> dict[str, str]:
    """What else a product's or variation's row says; '' where it does not."""
    facts = {name: _measure(row, name, reading.mark) for name in ("weight", "length", "width", "height")}
    return facts | {"gtin": row["gtin"], "availability": read_availability(_stock_word(row))[1]}


def _measure(row: Row, column: str, mark: str) -> str:
    """ "0.4 kg": the unit stands in the header, the decimal mark is that of the prices."""
    unit = re.search(r"\((\w+)\)", row.header.name(column))
    number = row[column].replace(",", ".") if mark == "," else row[column]
    number = f"0{number}" if number.startswith(".") else number
    return f"{number} {unit[1]}" if unit and number not in {"", "0"} else ""


def _stock_word(row: Row) -> str:
    word = row["in_stock"].casefold()
    stated = parse_yes(word)
    return word if stated is None else "instock" if stated else "outofstock"


def _quantity(row: Row, reading: _Reading) -> int | None:
    if row["quantity"] == "parent":
        return None
    # Shops that sell by weight have stocks such as 12.5; as a count of pieces that is unknown.
    found = reading.doubts.tried("stock figures", _place(row), _cell(row, "quantity"), parse_whole)
    return None if found is None else max(found, 0)  # below nothing are back orders


def _prices(row: Row, reading: _Reading) -> tuple[Money | None, Money | None]:
    """Price and list price; a sale counts from its first to its last day."""
    parse = partial(parse_money, mark=reading.mark, currency=reading.currency)
    place = _place(row)
    regular = reading.doubts.tried("prices", place, _cell(row, "price"), parse)
    sale = reading.doubts.tried("prices", place, _cell(row, "sale_price"), parse)
    starts = reading.doubts.tried("sale dates", place, row["sale_from"], parse_time)
    ends = reading.doubts.tried("sale dates", place, row["sale_until"], parse_time)
    running = (not starts or starts <= reading.now) and (not ends or reading.now <= ends + timedelta(days=1))
    if sale and running and (regular is None or sale < regular):
        return sale, regular
    return regular, None


def _categories(row: Row) -> list[tuple[str, ...]]:
    """The category paths, widest name first; WooCommerce's own stopgap is none."""
    paths = []
    for text in _listed(row["categories"]):
        path = tuple(part for part in (plain_text(one) for one in text.split(">")) if part)
        if path and path[-1].casefold() not in NO_CATEGORY:
            paths.append(path)
    return paths


def _description(row: Row) -> str:
    short, body = _page_text(row, "short"), _page_text(row, "body")
    return body if short in body else f"{short}\n{body}".strip()


def _page_text(row: Row, column: str) -> str:
    """A description's text: WooCommerce writes line ends as backslash n, page builders leave codes."""
    text = re.sub(r"(?<!\\)\\n", "\n", _cell(row, column))
    return plain_text(SHORTCODE.sub(" ", text))


def _option_name(row: Row, n: int) -> str:
    return plain_text(row[f"name{n}"]).removeprefix("pa_")


def _listed(text: str) -> list[str]:
    """ "A, B" to its parts; a comma inside one is written as backslash comma."""
    parts = re.split(r"(?<!\\),", text)
    return [part.replace("\\,", ",").strip() for part in parts if part.strip()]


def _cell(row: Row, column: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from reading "-1" or "=…" as a formula."""
    return re.sub(r"^'(?=[=+\-@])", "", row[column])


def _kinds(row: Row) -> set[str]:
    """The words of its type; without that column a row that has a parent is a variation."""
    if not row["type"]:
        return {"variation" if row["parent"] else "simple"}
    return {part.strip().casefold() for part in row["type"].split(",")}


def _state(row: Row) -> int:
    """1 published (also where the column is left out), 0 private, -1 draft."""
    text = _cell(row, "published")
    return -1 if text == "-1" else 0 if parse_yes(text) is False else 1


def _names(row: Row) -> list[str]:
    """How a variation may point to this row; also what tells rows apart."""
    return [name.casefold() for name in (row["sku"], row["id"] and f"id:{row['id']}") if name]


def _place(row: Row) -> str:
    return f"row {row.number}"
