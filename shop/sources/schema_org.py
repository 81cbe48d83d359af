"""Products in schema.org's vocabulary, as JSON-LD in files and in saved pages of a shop.

Knows Product and ProductGroup and which nodes are forms of one product, on one page or on several.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from shop.sources.imported import Skips, unused_note
from shop.sources.items import build_product
from shop.sources.json_ld import as_list, read_pages
from shop.sources.schema_items import OPTIONS, items_of, term_of
from shop.sources.schema_nodes import FIELDS, PLAIN, Reading, Record
from shop.types import Product

MENTIONED = "product that a page only mentions"


@dataclass(slots=True)
class _Group:
    """A ProductGroup, where one is given, and its forms by id."""

    parent: Record | None = None
    forms: dict[str, Record] = field(default_factory=dict)


def read_schema_org(path: Path, currency: str, skips: Skips, notes: list[str]) -> list[Product]:
    """The products of a JSON-LD file, a page, or a folder of them.

    Of a product met twice the fuller node counts; one without a name or any id, or that a page only
    mentions, is skipped. Prices that cannot be read are left out and noted.
    """
    reading = Reading(currency, skips)
    groups: dict[str, _Group] = {}
    for page in read_pages(path, skips):
        # Groups first: then a form is known for one wherever it stands.
        numbered = enumerate(page.products, start=1)
        for position, node in sorted(numbered, key=lambda one: "hasVariant" not in one[1]):
            place = page.place or f"product {position:,}"
            _sort_in(Record(node, page, place), groups, reading)
    products = []
    for key, group in groups.items():
        product = _product(key, group, reading)
        if not product.title:
            skips.add("product without a name", key)
        elif group.parent and not group.forms and not _is_sold(group.parent):
            skips.add(MENTIONED, f"{group.parent.place} ({product.title})")
        else:
            products.append(product)
    notes += unused_note("fields", reading.unused)
    notes += reading.doubts.notes(path)
    return products


def _sort_in(record: Record, groups: dict[str, _Group], reading: Reading) -> None:
    """Puts a node to the product it is (a form of)."""
    known = {name for names in FIELDS.values() for name in names} | PLAIN
    reading.unused.update(dict.fromkeys(name for name in record.node if name not in known))
    if record.is_group:
        key = record.text("group_id") or record.id
        if not key:
            reading.skips.add("product without a name", record.place)
            return
        group = groups.setdefault(key, _Group())
        group.parent = _fuller(group.parent, record)
        for form in as_list(record["forms"]):
            node = record.page.resolved(form)
            if isinstance(node, dict) and (name := Record(node, record.page, record.place).id):
                group.forms[name] = _fuller(group.forms.get(name), Record(node, record.page, record.place))
        return
    if not record.text("title"):
        reading.skips.add("product without a name", record.place)
    elif not _is_sold(record) and not any(record[name] for name in ("description", "brand")):
        reading.skips.add(MENTIONED, f"{record.place} ({record.text('title')})")
    else:
        _add_form(record, groups, reading)


def _is_sold(record: Record) -> bool:
    """Whether it has an offer or a number; lists of categories have neither."""
    return any(record[name] for name in ("offers", "sku", "product_id", "group_id"))


def _add_form(record: Record, groups: dict[str, _Group], reading: Reading) -> None:
    whole = record["form_of"]
    parent = Record(whole, record.page, record.place) if isinstance(whole, dict) else None
    key = record.text("group_id") or (parent.text("group_id") or parent.id if parent else "")
    holder = next((name for name, one in groups.items() if record.id in one.forms), "") if not key else ""
    group = groups.setdefault(key or holder or record.id, _Group())
    if parent and parent.text("title"):
        group.parent = _fuller(group.parent, parent)
    before = group.forms.get(record.id)
    if before and before.node is not record.node:
        reading.skips.add("product given before", f"{record.place} ({record.id})")
    group.forms[record.id] = _fuller(before, record)


def _fuller(first: Record | None, second: Record) -> Record:
    return second if first is None or len(second.node) > len(first.node) else first


def _product(key: str, group: _Group, reading: Reading) -> Product:
    forms = [item for form in group.forms.values() for item in items_of(form, reading)]
    if group.parent is None:
        return build_product(key, forms)
    own = items_of(group.parent, reading)
    if not forms:
        return build_product(key, own)
    varied = {term_of(text) for text in as_list(group.parent["vary"])}
    return build_product(key, forms, own[0], {OPTIONS[name] for name in varied if name in OPTIONS})
