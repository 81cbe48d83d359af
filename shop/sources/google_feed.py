"""Google Merchant Center's product data, as table (TSV, CSV) or as RSS or Atom; Meta's is alike.

Knows the attributes of the product data specification. Entries with one `item_group_id` are forms of
one product, wherever they stand in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from shop.sources.feed_xml import read_entries
from shop.sources.files import read_head
from shop.sources.imported import Doubts, Skips, unused_note
from shop.sources.items import Item, build_product, read_availability
from shop.sources.tables import read_rows, unused_columns
from shop.sources.values import decimal_mark, parse_money, parse_time, parse_whole, plain_text
from shop.types import Money, Product

NAMES = {
    "id": ("id",),
    "title": ("title",),
    "description": ("description", "summary", "content"),
    "group": ("item_group_id",),
    "group_title": ("item_group_title",),
    "link": ("link", "canonical_link"),
    "image": ("image_link",),
    "price": ("price",),
    "sale_price": ("sale_price",),
    "sale_dates": ("sale_price_effective_date",),
    "availability": ("availability",),
    "available_from": ("availability_date",),
    "quantity": ("quantity_to_sell_on_facebook", "inventory", "sell_on_google_quantity"),
    "expires": ("expiration_date",),
    "google_category": ("google_product_category",),
    "type": ("product_type",),
    "brand": ("brand",),
    "gtin": ("gtin",),
    "mpn": ("mpn",),
    "condition": ("condition",),
    "age_group": ("age_group",),
    "gender": ("gender",),
    "color": ("color", "colour"),
    "size": ("size",),
    "material": ("material",),
    "pattern": ("pattern",),
    "size_system": ("size_system",),
    "size_type": ("size_type",),
    "highlights": ("product_highlight",),
    "details": ("product_detail",),
    "weight": ("product_weight",),
    "length": ("product_length",),
    "width": ("product_width",),
    "height": ("product_height",),
    "energy_class": ("energy_efficiency_class",),
    "multipack": ("multipack",),
    "measure": ("unit_pricing_measure",),
}
COLUMNS = {ours: tuple(f"{g}{name}" for name in names for g in ("", "g:")) for ours, names in NAMES.items()}
REQUIRED = ("id", "title", "price")
# Attributes for advertising, delivery and tax; any other that is not read is reported.
PLAIN = [
    f"{g}{name}"
    for g in ("", "g:")
    for name in (
        "additional_image_link mobile_link identifier_exists shipping shipping_label shipping_weight tax "
        "shipping_length shipping_width shipping_height ships_from_country transit_time_label tax_category "
        "custom_label_0 custom_label_1 custom_label_2 custom_label_3 custom_label_4 ads_redirect adult "
        "promotion_id excluded_destination included_destination shopping_ads_excluded_country pause "
        "min_handling_time max_handling_time cost_of_goods_sold is_bundle fb_product_category updated "
        "unit_pricing_base_measure energy_efficiency_class_min energy_efficiency_class_max pubDate guid "
        "display_ads_id display_ads_link display_ads_title display_ads_value author published"
    ).split()
]
OPTIONS = {"color": "Color", "size": "Size", "material": "Material", "pattern": "Pattern"}
ATTRIBUTES = ("gtin", "mpn", "gender", "weight", "length", "width", "height", "multipack")


@dataclass(frozen=True, slots=True)
class _Record:
    """One entry: the texts of each of our columns, and where it stands."""

    place: str
    texts: Mapping[str, Sequence[str]]

    def __getitem__(self, column: str) -> str:
        found = self.texts.get(column)
        return found[0].strip() if found else ""


@dataclass(slots=True)
class _Reading:
    """What reading one file needs at every entry, and which names it met that it does not know."""

    currency: str
    mark: str
    now: datetime
    doubts: Doubts = field(default_factory=Doubts)
    unused: dict[str, None] = field(default_factory=dict)
    numbered: int = 0


def read_google_feed(path: Path, currency: str, skips: Skips, notes: list[str]) -> list[Product]:
    """The products of the feed; entries given twice, expired or without id or title are skipped.

    Prices that cannot be read are left out and noted with their rows (lines, in XML).
    """
    is_xml = read_head(path).lstrip().startswith("<")
    reading = _Reading(currency, ".", datetime.now(UTC))
    records = _xml_records(path, reading) if is_xml else _table_records(path, reading)
    products: dict[str, Product | list[Item]] = {}
    titles: dict[str, str] = {}
    places: dict[str, str] = {}
    for record in records:
        own, group = record["id"], record["group"]
        if reason := _unwanted(record, places, reading):
            before = f", first on {places[own]}" if own in places else ""
            skips.add(reason, f"{record.place} ({own}){before}" if own else record.place)
            continue
        places[own] = record.place
        item = _item(record, reading)
        if not group:
            products[own] = build_product(own, [item])
        else:
            titles.setdefault(group, record["group_title"])
            entry = products.setdefault(f"group {group}", [])
            if isinstance(entry, list):
                entry.append(item)
    notes += unused_note("fields", reading.unused)
    if reading.numbered:
        notes.append(
            f"{reading.numbered:,} entries give Google's category only as a number, which names none"
        )
    notes += reading.doubts.notes(path)
    return [
        entry if isinstance(entry, Product) else _group(key.removeprefix("group "), entry, titles)
        for key, entry in products.items()
    ]


def _group(key: str, items: Sequence[Item], titles: Mapping[str, str]) -> Product:
    parent = Item(key, plain_text(titles[key])) if titles.get(key) else None
    return build_product(key, items, parent)


def _table_records(path: Path, reading: _Reading) -> Iterator[_Record]:
    rows = list(read_rows(path, COLUMNS, REQUIRED, "a Google product feed"))
    reading.mark = decimal_mark(re.sub(r"[A-Z\s]", "", row["price"]) for row in rows)
    reading.unused.update(dict.fromkeys(unused_columns(rows, PLAIN)))
    for row in rows:
        texts = {column: [row[column]] for column in row.header.places}
        for column in ("highlights", "details", "type"):
            # Several values stand in one cell, parted by commas, those with commas inside in quotes.
            texts[column] = _cell_values(row[column])
        yield _Record(f"row {row.number}", texts)


def _cell_values(text: str) -> list[str]:
    parts = re.findall(r'"((?:[^"]|"")*)"|([^,]+)', text) if text else []
    return [
        (quoted.replace('""', '"') or plain).strip() for quoted, plain in parts if quoted or plain.strip()
    ]


def _xml_records(path: Path, reading: _Reading) -> Iterator[_Record]:
    column_of = {name: (column, names.index(name)) for column, names in NAMES.items() for name in names}
    plain = set(PLAIN)
    for entry in read_entries(path):
        # Of two names for one column the one earlier in the table counts.
        ranked: dict[str, tuple[int, list[str]]] = {}
        for name, found in entry.texts.items():
            column, rank = column_of.get(name, ("", 0))
            if column and (column not in ranked or rank < ranked[column][0]):
                ranked[column] = (rank, found)
            elif not column and name not in plain:
                reading.unused[name] = None
        texts = {column: found for column, (_, found) in ranked.items()}
        yield _Record(f"line {entry.line:,}", texts)


def _unwanted(record: _Record, places: Mapping[str, str], reading: _Reading) -> str:
    """Why an entry is left out, or ''."""
    if not record["id"]:
        return "entry without an id"
    if record["id"] in places:
        return "entry with an id given before"
    if not record["title"]:
        return "entry without a title"
    expires = reading.doubts.tried("expiry dates", record.place, record["expires"], parse_time)
    if expires and expires < reading.now:
        return "offer that has expired"
    return ""


def _item(record: _Record, reading: _Reading) -> Item:
    price, list_price = _prices(record, reading)
    available, remark = read_availability(record["availability"])
    return Item(
        id=record["id"],
        title=" ".join(plain_text(record["title"]).split()),
        sku=record["id"],
        description=plain_text(record["description"]),
        bullets=tuple(plain_text(text) for text in record.texts.get("highlights", ())),
        brand=plain_text(record["brand"]),
        categories=_categories(record, reading),
        price=price,
        list_price=list_price,
        available=available,
        quantity=reading.doubts.tried("stock figures", record.place, record["quantity"], parse_whole),
        image_url=record["image"],
        url=record["link"],
        options={name: plain_text(record[column]) for column, name in OPTIONS.items() if record[column]},
        attributes=_attributes(record, remark),
    )


def _attributes(record: _Record, remark: str) -> dict[str, str]:
    """What else is stated, by name; '' and what is as usual are left out."""
    sizes = " ".join(part for part in (record["size_system"], record["size_type"]) if part)
    condition = record["condition"].casefold()
    found = {name: record[name] for name in ATTRIBUTES}
    found |= {
        "age group": record["age_group"],
        "energy class": record["energy_class"],
        "contents": record["measure"],
        "size system": sizes if record["size"] else "",
        "condition": "" if condition == "new" else condition,
        "availability": remark,
    }
    if remark and record["available_from"]:
        found["available from"] = record["available_from"][:10]
    for detail in record.texts.get("details", ()):
        *_, name, value = ("", *detail.split(":", 2))  # section:name:value
        if name.strip():
            found[plain_text(name).casefold()] = value
    return {name: plain_text(value) for name, value in found.items() if value}


def _prices(record: _Record, reading: _Reading) -> tuple[Money | None, Money | None]:
    """Price and list price; a price of nothing is none."""
    parse = partial(parse_money, mark=reading.mark, currency=reading.currency)
    regular = reading.doubts.tried("prices", record.place, record["price"], parse)
    sale = reading.doubts.tried("prices", record.place, record["sale_price"], parse)
    regular, sale = (one if one and one.amount else None for one in (regular, sale))
    starts, _, ends = record["sale_dates"].partition("/")
    starts_at = reading.doubts.tried("sale dates", record.place, starts, parse_time)
    ends_at = reading.doubts.tried("sale dates", record.place, ends, parse_time)
    begun = not starts_at or starts_at <= reading.now
    over = ends_at and ends_at + timedelta(days=1) < reading.now
    if sale and begun and not over and (not regular or sale.amount < regular.amount):
        return sale, regular
    return regular, None


def _categories(record: _Record, reading: _Reading) -> tuple[str, ...]:
    """The shop's own path where it has several levels, else Google's with the shop's word for it."""
    google = _path(record["google_category"])
    if google and google[0].isdigit():
        google = ()
        reading.numbered += not record["type"]
    own = max((_path(text) for text in record.texts.get("type", ())), key=len, default=())
    if len(own) > 1 or not google:
        return own
    known = {part.casefold() for part in google}
    return google + tuple(part for part in own if part.casefold() not in known)


def _path(text: str) -> tuple[str, ...]:
    return tuple(part for part in (plain_text(one) for one in text.split(">")) if part)
