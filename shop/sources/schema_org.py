"""Products in schema.org's vocabulary, as JSON-LD in files and in saved pages of a shop.

Knows Product, ProductGroup, Offer, AggregateOffer and what hangs on them. Where a page states no
category, its breadcrumb trail is taken for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from shop.sources.imported import Doubts, Skips, unused_note
from shop.sources.items import Item, build_product, read_availability
from shop.sources.json_ld import Node, Page, as_list, read_pages, text_of, types_of
from shop.sources.values import parse_money, plain_text
from shop.types import Money, Product, Rating

FIELDS = {
    "title": ("name",),
    "description": ("description",),
    "sku": ("sku",),
    "product_id": ("productID", "identifier"),
    "group_id": ("productGroupID", "inProductGroupWithID"),
    "gtin": ("gtin", "gtin13", "gtin14", "gtin12", "gtin8", "isbn"),
    "mpn": ("mpn",),
    "brand": ("brand", "manufacturer"),
    "category": ("category",),
    "color": ("color",),
    "size": ("size",),
    "material": ("material",),
    "pattern": ("pattern",),
    "image": ("image",),
    "url": ("url",),
    "offers": ("offers",),
    "rating": ("aggregateRating",),
    "properties": ("additionalProperty",),
    "forms": ("hasVariant",),
    "form_of": ("isVariantOf",),
    "vary": ("variesBy",),
    "tags": ("keywords",),
    "condition": ("itemCondition",),
    "weight": ("weight",),
    "length": ("depth",),
    "width": ("width",),
    "height": ("height",),
    "model": ("model",),
    "origin": ("countryOfOrigin",),
    "audience": ("audience",),
}
# Properties about the page, its reviews' texts or delivery; any other that is not read is reported.
PLAIN = frozenset(
    "@id @type @context mainEntityOfPage potentialAction subjectOf isRelatedTo isSimilarTo sameAs "
    "isAccessoryOrSparePartFor hasMerchantReturnPolicy shippingDetails logo slogan thumbnailUrl".split()
)
OPTIONS = {"color": "Color", "size": "Size", "material": "Material", "pattern": "Pattern"}
TEXTS = {"gtin": "gtin", "mpn": "mpn", "tags": "tags", "model": "model", "origin": "country of origin"}
MEASURES = ("weight", "length", "width", "height")
UNITS = {
    "KGM": "kg", "GRM": "g", "LBR": "lb", "ONZ": "oz", "CMT": "cm", "MMT": "mm", "MTR": "m", "INH": "in",
    "FOT": "ft", "LTR": "l", "MLT": "ml", "WTT": "W", "VLT": "V",
}  # fmt: skip
LIST_PRICES = ("ListPrice", "StrikethroughPrice", "MSRP", "SRP", "RegularPrice")


@dataclass(frozen=True, slots=True)
class _Record:
    """One product node, its properties by our names, on its page."""

    node: Node
    page: Page
    place: str

    def __getitem__(self, column: str) -> Any:
        given = (self.node[name] for name in FIELDS[column] if name in self.node)
        return next((self.page.resolved(value) for value in given if value not in (None, "", [])), None)

    def text(self, column: str) -> str:
        """A property as one line of text."""
        return " ".join(plain_text(text_of(self[column])).split())

    @property
    def id(self) -> str:
        """What its source calls it: the shop's own number first."""
        names = ("sku", "product_id", "gtin", "mpn", "url")
        own = next((text for name in names if (text := self.text(name))), "")
        return own or str(self.node.get("@id", ""))

    @property
    def is_group(self) -> bool:
        """Whether it stands for all forms of a product."""
        return "ProductGroup" in types_of(self.node) or "hasVariant" in self.node


@dataclass(slots=True)
class _Group:
    """A ProductGroup, where one is given, and its forms by id."""

    parent: _Record | None = None
    forms: dict[str, _Record] = field(default_factory=dict)


@dataclass(slots=True)
class _Reading:
    """What reading needs at every node, and the properties met that it does not know."""

    currency: str
    skips: Skips
    doubts: Doubts = field(default_factory=Doubts)
    unused: dict[str, None] = field(default_factory=dict)


def read_schema_org(path: Path, currency: str, skips: Skips, notes: list[str]) -> list[Product]:
    """The products of a JSON-LD file, a page, or a folder of them.

    Of a product met twice the fuller node counts; one without a name or any id, or that a page only
    mentions, is skipped. Prices that cannot be read are left out and noted.
    """
    reading = _Reading(currency, skips)
    groups: dict[str, _Group] = {}
    for page in read_pages(path, skips):
        for position, node in enumerate(page.products, start=1):
            place = page.place or f"product {position:,}"
            _sort_in(_Record(node, page, place), groups, reading)
    products = [_product(key, group, reading) for key, group in groups.items() if group.parent or group.forms]
    notes += unused_note("fields", reading.unused)
    notes += reading.doubts.notes(path)
    return products


def _sort_in(record: _Record, groups: dict[str, _Group], reading: _Reading) -> None:
    """Puts a node to the product it is (a form of)."""
    known = {name for names in FIELDS.values() for name in names} | PLAIN
    reading.unused.update(dict.fromkeys(name for name in record.node if name not in known))
    if record.is_group:
        key = record.text("group_id") or record.id
        if not key or not record.text("title"):
            reading.skips.add("product without a name or an id", record.place)
            return
        group = groups.setdefault(key, _Group())
        group.parent = _fuller(group.parent, record)
        for form in as_list(record["forms"]):
            node = record.page.resolved(form)
            if isinstance(node, dict) and (name := _Record(node, record.page, record.place).id):
                group.forms[name] = _fuller(group.forms.get(name), _Record(node, record.page, record.place))
        return
    if not record.text("title") or not record.id:
        reading.skips.add("product without a name or an id", record.place)
    elif not any(record[name] for name in ("offers", "description", "sku", "brand")):
        reading.skips.add("product that a page only mentions", f"{record.place} ({record.text('title')})")
    else:
        _add_form(record, groups, reading)


def _add_form(record: _Record, groups: dict[str, _Group], reading: _Reading) -> None:
    whole = record["form_of"]
    parent = _Record(whole, record.page, record.place) if isinstance(whole, dict) else None
    key = record.text("group_id") or (parent.text("group_id") or parent.id if parent else "")
    holder = next((name for name, one in groups.items() if record.id in one.forms), "") if not key else ""
    group = groups.setdefault(key or holder or record.id, _Group())
    if parent and parent.text("title"):
        group.parent = _fuller(group.parent, parent)
    before = group.forms.get(record.id)
    if before and before.node is not record.node:
        reading.skips.add("product given before", f"{record.place} ({record.id})")
    group.forms[record.id] = _fuller(before, record)


def _fuller(first: _Record | None, second: _Record) -> _Record:
    return second if first is None or len(second.node) > len(first.node) else first


def _product(key: str, group: _Group, reading: _Reading) -> Product:
    forms = list(group.forms.values())
    items = [item for form in forms for item in _items(form, reading)]
    if group.parent is None:
        return build_product(key, items)
    own = _items(group.parent, reading)
    if not items:
        return build_product(key, own)
    varied = [PREFIXLESS(text) for text in map(text_of, as_list(group.parent["vary"]))]
    return build_product(key, items, own[0])
