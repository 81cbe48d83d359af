"""Things that can be ordered, each as its source lists it, and the products they are forms of.

Knows how variants make up a product: its price, stock, colour, title and attributes. Knows no file
format; each format makes the items.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from shop.sources.colours import tidy_colour
from shop.types import Money, Product, Rating, Review, Variant

COLOUR_OPTIONS = frozenset({"color", "colour", "farbe", "couleur"})
LISTED_VALUES = 20
KEPT_REVIEWS = 200
"""Reviews of one product that are kept, the source's first; a page seldom holds more than ten."""

AVAILABILITY: Mapping[str, tuple[bool | None, str]] = {
    **dict.fromkeys(("instock", "limitedavailability", "onlineonly", "available"), (True, "")),
    **dict.fromkeys(("outofstock", "soldout", "discontinued", "unavailable"), (False, "")),
    # Neither in stock nor sold out: what is said is what the source says.
    "instoreonly": (True, "in the shop only"),
    "preorder": (None, "can be pre-ordered"),
    "presale": (None, "can be pre-ordered"),
    "backorder": (None, "on back order"),
    "availablefororder": (None, "on back order"),
    "madetoorder": (None, "made to order"),
}
"""Words of feeds and schema.org, letters only, to (in stock, what else to say of it)."""


@dataclass(frozen=True, slots=True)
class Item:
    """One orderable thing. `options` may tell it from other forms of the same product."""

    id: str
    title: str
    sku: str = ""
    description: str = ""
    bullets: tuple[str, ...] = ()
    brand: str = ""
    categories: tuple[str, ...] = ()
    price: Money | None = None
    list_price: Money | None = None
    available: bool | None = None
    quantity: int | None = None
    rating: Rating | None = None
    image_url: str = ""
    url: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    reviews: tuple[Review, ...] = ()


def build_product(
    product_id: str,
    items: Sequence[Item],
    parent: Item | None = None,
    vary: Collection[str] = (),
) -> Product:
    """One product of the forms it comes in; `parent` says what is true of all of them.

    Choices are the options that differ and those that `vary` names. What is no choice is the
    product's own: its colour, or an attribute.
    """
    title = parent.title if parent and parent.title else _shared_title(items, _differing(items).union(vary))
    items = _told_apart(items, title, vary)
    stated = [parent, *items] if parent else list(items)
    choices = _differing(items).union(vary)
    variants = [_variant(item, choices) for item in items]
    own = {name: value for item in reversed(stated) for name, value in item.options.items()}
    own = {name: value for name, value in own.items() if name not in choices}
    priced = list(zip(variants, (item.list_price for item in items), strict=True))
    if parent and not items:
        price, list_price, in_stock = parent.price, parent.list_price, parent.available
    else:
        price, list_price = best_price(priced)
        in_stock = stock_of(variants)
    return Product(
        id=product_id,
        title=title,
        description=_first(item.description for item in stated),
        bullets=next((item.bullets for item in stated if item.bullets), ()),
        brand=_first(item.brand for item in stated),
        colour=one_colour(variants) or tidy_colour(_first(v for n, v in own.items() if is_colour(n))),
        categories=next((item.categories for item in stated if item.categories), ()),
        price=price,
        list_price=list_price,
        rating=_rating(stated),
        in_stock=in_stock,
        image_url=_first(item.image_url for item in stated),
        url=_first(item.url for item in stated),
        variants=tuple(variants),
        attributes=_attributes(stated, own),
        reviews=tuple(dict.fromkeys(review for item in stated for review in item.reviews))[:KEPT_REVIEWS],
    )


def best_price(variants: Sequence[tuple[Variant, Money | None]]) -> tuple[Money | None, Money | None]:
    """Price and list price of the cheapest (variant, list price) that can be ordered, else of all.

    A list price that is not above the price is none.
    """
    priced = [(v.price, was, v.available) for v, was in variants if v.price]
    orderable = [one for one in priced if one[2] is not False] or priced
    price, was, _ = min(orderable, key=lambda one: one[0].amount, default=(None, None, None))
    higher = price and was and was.currency == price.currency and price < was
    return price, was if higher else None


def stock_of(variants: Iterable[Variant]) -> bool | None:
    """Whether any variant is to be had; None where none says."""
    stated = [variant.available for variant in variants if variant.available is not None]
    return any(stated) if stated else None


def one_colour(variants: Iterable[Variant]) -> str:
    """The colour all variants come in, or ''."""
    values = {value for v in variants for name, value in v.options.items() if is_colour(name)}
    return tidy_colour(values.pop()) if len(values) == 1 else ""


def is_colour(option: str) -> bool:
    """Whether an option's or attribute's name means colour."""
    return option.casefold() in COLOUR_OPTIONS


def read_availability(text: str) -> tuple[bool | None, str]:
    """ "in stock", "in_stock", "https://schema.org/InStock" to (in stock, what else to say of it)."""
    word = re.sub(r"[^a-z]", "", text.casefold().rsplit("/", 1)[-1])
    return AVAILABILITY.get(word, (None, ""))


def _variant(item: Item, choices: Collection[str]) -> Variant:
    return Variant(
        id=item.id,
        options={name: value for name, value in item.options.items() if name in choices},
        price=item.price,
        available=item.available,
        sku=item.sku,
        quantity=item.quantity,
    )


def _differing(items: Sequence[Item]) -> set[str]:
    names = {name for item in items for name in item.options}
    return {name for name in names if len({item.options.get(name, "") for item in items}) > 1}


def _told_apart(items: Sequence[Item], title: str, vary: Collection[str]) -> Sequence[Item]:
    """The items; where only their titles tell them apart ("Tee - Red / S"), that part is an option."""
    if len(items) < 2 or vary or _differing(items):
        return items
    tails = [item.title.removeprefix(title).strip(" -–—|/,:()") for item in items]
    if "" in tails or len(set(tails)) < len(tails):
        return items
    return [
        replace(item, options={**item.options, "Version": tail})
        for item, tail in zip(items, tails, strict=True)
    ]


def _shared_title(items: Sequence[Item], choices: Collection[str]) -> str:
    """What the items' titles share: "Tee - Red / S" and "Tee - Blue / M" are forms of "Tee"."""
    titles = list(dict.fromkeys(item.title for item in items))
    if len(titles) < 2:
        return titles[0] if titles else ""
    bare = {_without_options(item, choices) for item in items}
    if len(bare) == 1 and (title := bare.pop()):
        return title
    split = [title.split() for title in titles]
    same = takewhile(lambda words: len(set(words)) == 1, zip(*split, strict=False))
    shared = [words[0] for words in same]
    enough = len(shared) >= 2 or 2 * len(shared) >= min(map(len, split))
    return (_tidy(" ".join(shared)) if enough else "") or titles[0]


def _without_options(item: Item, choices: Collection[str]) -> str:
    title = item.title
    for name, value in item.options.items():
        if name in choices:
            title = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", " ", title, count=1, flags=re.I)
    return _tidy(title)


def _tidy(title: str) -> str:
    """Blanks and the signs that held options ("Tee - /", "Tee (, )") taken off the end."""
    words = re.sub(r"\(\W*\)", " ", title).split()
    while words and not re.search(r"\w", words[-1]):
        words.pop()
    return " ".join(words).rstrip(" -–—|/,:(")


def _rating(items: Sequence[Item]) -> Rating | None:
    """The rating the items agree on; several are one mean, weighted by their counts."""
    ratings = list(dict.fromkeys(item.rating for item in items if item.rating))
    if len(ratings) < 2:
        return ratings[0] if ratings else None
    count = sum(rating.count for rating in ratings)
    return Rating(round(sum(r.value * r.count for r in ratings) / count, 2), count)


def _attributes(items: Sequence[Item], own: Mapping[str, str]) -> dict[str, str]:
    """Attributes of all items by name; where they differ all values stand, "1 kg; 2 kg"."""
    values: dict[str, dict[str, None]] = {}
    for item in items:
        for name, value in item.attributes.items():
            values.setdefault(name, {})[value] = None
    for name, value in own.items():
        if not is_colour(name):
            values.setdefault(name.casefold(), {})[value] = None
    return {name: "; ".join(list(found)[:LISTED_VALUES]) for name, found in values.items()}


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")
