"""A product node of schema.org's vocabulary to what can be ordered of it.

Knows offers, prices, ratings, measures and categories in all the shapes pages write them in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from shop.sources.items import Item, is_colour, read_availability
from shop.sources.json_ld import Node, Page, as_list, text_of
from shop.sources.schema_nodes import Reading, Record
from shop.sources.values import parse_money, parse_price, plain_text
from shop.types import Money, Rating, Review

OPTIONS = {"color": "Color", "size": "Size", "material": "Material", "pattern": "Pattern"}
TEXTS = {"gtin": "gtin", "mpn": "mpn", "tags": "tags", "model": "model", "origin": "country of origin"}
MEASURES = ("weight", "length", "width", "height")
UNITS = {
    "KGM": "kg", "GRM": "g", "LBR": "lb", "ONZ": "oz", "CMT": "cm", "MMT": "mm", "MTR": "m", "INH": "in",
    "FOT": "ft", "LTR": "l", "MLT": "ml", "WTT": "W", "VLT": "V",
}  # fmt: skip
START_PAGES = frozenset({"home", "homepage", "start", "startseite", "accueil", "inicio", "shop"})
LIST_PRICES = ("ListPrice", "StrikethroughPrice", "MSRP", "SRP", "RegularPrice")


def items_of(record: Record, reading: Reading) -> list[Item]:
    """The orderable things of one node: one, or one an offer where its offers are its forms."""
    rating = record["rating"]
    properties = _properties(record)
    options = {name: text for column, name in OPTIONS.items() if (text := record.text(column))}
    colour = next((value for name, value in properties.items() if is_colour(name)), "")
    if colour and "Color" not in options:
        options["Color"] = colour
    item = Item(
        id=record.id,
        title=record.text("title"),
        sku=record.text("sku"),
        description=plain_text(text_of(record["description"])),
        brand=record.text("brand"),
        categories=_categories(record),
        rating=_rating(rating, record, reading) if isinstance(rating, dict) else None,
        reviews=_reviews(record, reading),
        image_url=_link(record["image"]),
        url=_link(record["url"]),
        options=options,
        attributes=_attributes(record) | {n: v for n, v in properties.items() if not is_colour(n)},
    )
    offers = _offers(record["offers"], record.page)
    return _offered(item, offers, record, reading) if offers else [item]


def _offered(item: Item, offers: Sequence[Node], record: Record, reading: Reading) -> list[Item]:
    """The item as it is offered. Offers with numbers of their own are forms, others are sellers."""
    made = []
    for offer in offers:
        price, list_price = _prices(offer, record, reading)
        available, remark = read_availability(term_of(offer.get("availability")))
        said = {"availability": remark} if remark else {}
        made.append(
            replace(
                item,
                price=price,
                list_price=list_price,
                available=available,
                url=item.url or _link(offer.get("url")),
                attributes={**item.attributes, **said},
            )
        )
    numbers, names = ([text_of(offer.get(name)) for offer in offers] for name in ("sku", "name"))
    if len(offers) > 1 and "" not in numbers and len(set(numbers)) == len(offers):
        told = len(set(names)) == len(offers) and "" not in names
        return [
            replace(
                one,
                id=number,
                sku=number,
                options={**one.options, "Version": plain_text(name)} if told else one.options,
            )
            for one, number, name in zip(made, numbers, names, strict=True)
        ]
    priced = [one for one in made if one.price] or made
    to_be_had = [one for one in priced if one.available is not False] or priced
    return [min(to_be_had, key=lambda one: one.price.amount if one.price else Decimal(0))]


def _offers(value: Any, page: Page) -> list[Node]:
    """Single offers; of an AggregateOffer those it holds, else itself, its currency passed on."""
    found: list[Node] = []
    for offer in map(page.resolved, as_list(value)):
        if not isinstance(offer, dict):
            continue
        inner = _offers(offer.get("offers"), page)
        currency = {"priceCurrency": offer["priceCurrency"]} if "priceCurrency" in offer else {}
        found += [{**currency, **one} for one in inner] or [offer]
    return found


def _prices(offer: Node, record: Record, reading: Reading) -> tuple[Money | None, Money | None]:
    """Price and list price; a price of nothing is none, and a price per kilogram is not the price."""
    current: list[tuple[Any, Any]] = [(offer.get(name), offer) for name in ("price", "lowPrice")]
    struck: list[tuple[Any, Any]] = []
    for given in as_list(offer.get("priceSpecification")):
        given = record.page.resolved(given)
        if isinstance(given, dict) and "referenceQuantity" not in given:
            kind = term_of(given.get("priceType"))
            price = given.get("price", given.get("minPrice"))
            (struck if kind in LIST_PRICES else current).append((price, given))
    found = []
    for prices in (current, struck):
        price, source = next(((p, s) for p, s in prices if text_of(p)), (None, offer))
        currency = text_of(source.get("priceCurrency")) or text_of(offer.get("priceCurrency"))
        parse = partial(parse_money, mark=".", currency=currency.upper() or reading.currency)
        money = reading.doubts.tried("prices", f"{record.place}, {record.id}", text_of(price), parse)
        found.append(money if money and money.amount else None)
    return found[0], found[1]


def _rating(value: Node, record: Record, reading: Reading) -> Rating | None:
    """A mean over a known number of ratings."""
    mean = _stars(value, record, reading)
    counted = _number(value, ("ratingCount", "reviewCount"), record, reading)
    return None if mean is None or not counted or counted < 1 else Rating(mean, int(counted))


def _stars(value: Node, record: Record, reading: Reading) -> float | None:
    """A rating brought to a scale of 5."""
    given = _number(value, ("ratingValue",), record, reading)
    scale = _number(value, ("bestRating",), record, reading) or 5.0
    return None if given is None or not 0 <= given <= scale else round(given * 5 / scale, 2)


def _number(value: Node, names: Sequence[str], record: Record, reading: Reading) -> float | None:
    def number(text: str) -> float | None:
        amount = parse_price(text)  # also refuses what is no finite number
        return None if amount is None else float(amount)

    said = next((text for name in names if (text := text_of(value.get(name)))), "")
    return reading.doubts.tried("ratings", f"{record.place}, {record.id}", said, number)


def _reviews(record: Record, reading: Reading) -> tuple[Review, ...]:
    """What buyers wrote, title first; a review without words is part of the rating only."""
    found = []
    for node in map(record.page.resolved, as_list(record["reviews"])):
        if not isinstance(node, dict):
            continue
        title, body = (plain_text(text_of(node.get(name))).strip() for name in ("name", "reviewBody"))
        body = body or plain_text(text_of(node.get("description"))).strip()
        if not body:
            continue
        rating = record.page.resolved(node.get("reviewRating"))
        stars = _stars(rating, record, reading) if isinstance(rating, dict) else None
        ended = title if not title or title[-1] in ".!?" else f"{title}."
        found.append(Review(f"{ended} {body}".strip() if title not in body else body, stars))
    return tuple(found)


def _categories(record: Record) -> tuple[str, ...]:
    """The category's path, else the page's breadcrumb trail without its ends."""
    texts = [plain_text(text_of(record.page.resolved(one))) for one in as_list(record["category"])]
    paths = [
        tuple(part for part in re.split(r"\s*[>»›]\s*|\s+/\s+", text) if part)
        for text in texts
        if text and not text.startswith("http") and not text.isdigit()
    ]
    if paths:
        # A list is either several paths, or one path name by name.
        one_path = len(paths) > 1 and all(len(path) == 1 for path in paths)
        return tuple(path[0] for path in paths) if one_path else max(paths, key=len)
    trail = [plain_text(name) for name in record.page.trail]
    if trail and trail[0].casefold() in START_PAGES:
        trail = trail[1:]
    if trail and trail[-1].casefold() == record.text("title").casefold():
        trail = trail[:-1]
    alone = sum("hasVariant" in node for node in record.page.products) or len(record.page.products)
    return tuple(trail) if alone == 1 else ()


def _attributes(record: Record) -> dict[str, str]:
    """What else the node states, by name."""
    found = {name: record.text(column) for column, name in TEXTS.items()}
    found |= {name: _measure(record[name]) for name in MEASURES}
    audience = record["audience"]
    if isinstance(audience, dict):
        found["gender"] = term_of(audience.get("suggestedGender")).casefold()
    condition = term_of(record["condition"]).removesuffix("Condition").casefold()
    found["condition"] = "" if condition == "new" else condition
    return {name: value for name, value in found.items() if value}


def _properties(record: Record) -> dict[str, str]:
    """`additionalProperty`, by name in small letters."""
    found = {}
    for given in as_list(record["properties"]):
        given = record.page.resolved(given)
        if isinstance(given, dict):
            name, value = " ".join(plain_text(text_of(given.get("name"))).split()), _measure(given)
            if name and value:
                found[name.casefold()] = value
    return found


def _measure(value: Any) -> str:
    """ "12 cm" of a text or of a value with its unit; yes and no of a truth value."""
    if not isinstance(value, dict):
        return plain_text(text_of(value))
    given = value.get("value")
    if isinstance(given, bool):
        return "yes" if given else "no"
    text = ", ".join(filter(None, (plain_text(text_of(one)) for one in as_list(given))))
    code = text_of(value.get("unitText")) or text_of(value.get("unitCode"))
    return f"{text} {UNITS.get(code.upper(), code)}".strip() if text else ""


def term_of(value: Any) -> str:
    """A word of the vocabulary ("InStock"), given as text, address or node."""
    named = value.get("@id") if isinstance(value, dict) else None
    return (text_of(value) or text_of(named)).rsplit("/", 1)[-1].removeprefix("schema:")


def _link(value: Any) -> str:
    """An address, also that of the first of several pictures."""
    for one in as_list(value):
        if isinstance(one, dict):
            one = one.get("url") or one.get("contentUrl") or one.get("@id")
        if text := text_of(one):
            return text
    return ""
