"""Plans that compare two products: by price, by rating, by what their pages say, or by all both state.

Rows come from records and hold only what both products state; what a page says is quoted. Says which
has more only where both give a number.
"""

from __future__ import annotations

from dataclasses import replace

from assistant.events import Card
from assistant.planning.scene import PlanBuilder, Planned, Scene, finish_about
from assistant.reading import Contrast, Reading
from assistant.records import product_card, product_source
from shop.formats import format_list, format_money
from shop.types import Product

MAX_TOLD = 3
"""Differences that are said; the cards hold all of them."""
Pair = tuple[Product, Product]


def plan_comparison(scene: Scene) -> Planned:
    """Two products side by side, by what the question asks."""
    builder = PlanBuilder(scene)
    if len(scene.evidence.subjects) < 2:
        builder.say("clarify_compare")
        return builder.finish(quick_replies=["Compare the first two"] if len(scene.state.shown) > 1 else [])
    pair = (scene.evidence.subjects[0], scene.evidence.subjects[1])
    handles = (builder.add_product(pair[0]), builder.add_product(pair[1]))
    contrast = scene.evidence.contrast or Contrast()
    excerpts = ("", "")
    match contrast.kind:
        case "price":
            _compare_prices(builder, pair, handles)
        case "rating":
            _compare_ratings(builder, pair, handles) or _lack_ratings(builder, pair, handles)
        case "which" | "more" | "aspect":
            excerpts = _compare_pages(builder, contrast, handles)
        case _:
            _compare_all(builder, pair, handles)
    sources = [product_source(product, said) for product, said in zip(pair, excerpts, strict=True)]
    return finish_about(builder, list(pair), sources, cards=_cards(builder, pair, handles))


def _compare_all(builder: PlanBuilder, pair: Pair, handles: tuple[str, str]) -> None:
    """Price, rating and the first rows that differ; what only one states is left out."""
    told = 0
    if pair[0].price and pair[1].price:
        told += _compare_prices(builder, pair, handles)
    told += _compare_ratings(builder, pair, handles)
    rows = _rows(builder, pair, handles)
    differing = [(name, values) for name, values in rows if values[0] != values[1] and name not in SAID_APART]
    for number, (name, values) in enumerate(differing[: MAX_TOLD - told]):
        key = f"row{number}"
        builder.name(
            key, attribute=name.lower(), attribute_title=name, first_value=values[0], second_value=values[1]
        )
        builder.say(
            "compare_attribute",
            ("first_value", "second_value"),
            attribute=f"[{key}.attribute]",
            attribute_title=f"[{key}.attribute_title]",
            first=handles[0],
            second=handles[1],
            first_value=f"[{key}.first_value]",
            second_value=f"[{key}.second_value]",
        )
    if not (told or differing):
        builder.say("compare_little", ("first", "second"), first=handles[0], second=handles[1])
    if (pair[0].price is None) != (pair[1].price is None):
        _lack_prices(builder, pair, handles)


SAID_APART = frozenset({"Price", "Rating", "Brand", "Category"})
"""Rows with a sentence of their own, or that names and cards tell anyway."""


def _rows(builder: PlanBuilder, pair: Pair, handles: tuple[str, str]) -> list[tuple[str, tuple[str, str]]]:
    """What both products state, by name, in words."""
    rows: list[tuple[str, tuple[str, str]]] = []
    fields = [next(r.fields for r in builder.records if f"[{r.key}]" == handle) for handle in handles]
    for name in ("price", "rating", "brand", "colour", "category"):
        one, other = fields[0].get(name, ""), fields[1].get(name, "")
        if one and other:
            rows.append((name.capitalize(), (one, other)))
    first, second = (_stated(product, builder.scene.locale) for product in pair)
    rows += [(name, (value, second[name])) for name, value in first.items() if name in second]
    return rows


def _stated(product: Product, locale: str) -> dict[str, str]:
    """Attributes and options of a product by their names as shown."""
    found = {
        name.replace("_", " ").capitalize(): value for name, value in product.attributes.items() if value
    }
    options: dict[str, list[str]] = {}
    for variant in product.variants:
        for name, value in variant.options.items():
            if value not in options.setdefault(name.capitalize(), []):
                options[name.capitalize()].append(value)
    return found | {name: format_list(values[:8], locale) for name, values in options.items()}


def _cards(builder: PlanBuilder, pair: Pair, handles: tuple[str, str]) -> list[Card]:
    """The two cards, each with its column of the table."""
    rows = _rows(builder, pair, handles)
    return [
        replace(product_card(product), facts=tuple((name, values[place]) for name, values in rows))
        for place, product in enumerate(pair)
    ]


def _compare_prices(builder: PlanBuilder, pair: Pair, handles: tuple[str, str]) -> bool:
    if _lack_prices(builder, pair, handles):
        return False
    prices = [product.price for product in pair if product.price]
    if prices[0] == prices[1]:
        price = builder.field(handles[0], "price")
        builder.say(
            "compare_same_price",
            ("first", "second", "price"),
            first=handles[0],
            second=handles[1],
            price=price,
        )
        return True
    low, high = (0, 1) if prices[0] < prices[1] else (1, 0)
    builder.name("compare", gap=format_money(prices[high] - prices[low], builder.scene.locale))
    builder.say(
        "compare_price",
        ("cheaper", "dearer", "cheaper_price", "dearer_price"),
        cheaper=handles[low],
        dearer=handles[high],
        cheaper_price=builder.field(handles[low], "price"),
        dearer_price=builder.field(handles[high], "price"),
        gap="[compare.gap]",
    )
    return True


def _lack_prices(builder: PlanBuilder, pair: Pair, handles: tuple[str, str]) -> bool:
    """Say of the first product without a price that it has none, and the other's; whether there is one."""
    for product, handle in zip(pair, handles, strict=True):
        if product.price is None:
            priced = [h for one, h in zip(pair, handles, strict=True) if one.price]
            for other in priced:
                price = builder.field(other, "price")
                builder.say("answer_price", ("product", "price"), product=other, price=price)
            builder.say("compare_unpriced", ("product",), product=handle)
            return True
    return False


def _compare_ratings(builder: PlanBuilder, pair: Pair, handles: tuple[str, str]) -> bool:
    ratings = [product.rating for product in pair]
    if ratings[0] is None or ratings[1] is None:
        return False
    values = {
        f"{name}_rating": builder.field(h, "rating")
        for name, h in zip(("first", "second"), handles, strict=True)
    }
    if ratings[0].value == ratings[1].value:
        must = ("first", "second", "first_rating", "second_rating")
        builder.say("compare_same_rating", must, first=handles[0], second=handles[1], **values)
        return True
    better, other = (0, 1) if ratings[0].value > ratings[1].value else (1, 0)
    builder.say(
        "compare_rating",
        ("better", "other", "better_rating", "other_rating"),
        better=handles[better],
        other=handles[other],
        better_rating=builder.field(handles[better], "rating"),
        other_rating=builder.field(handles[other], "rating"),
    )
    return True


def _lack_ratings(builder: PlanBuilder, pair: Pair, handles: tuple[str, str]) -> bool:
    for product, handle in zip(pair, handles, strict=True):
        if product.rating is None:
            builder.name("ask", gap="ratings")
            builder.say("not_stated", ("product", "gap"), product=handle, gap="[ask.gap]")
            return True
    return False


def _compare_pages(builder: PlanBuilder, contrast: Contrast, handles: tuple[str, str]) -> tuple[str, str]:
    """What each page says to what is asked, the one that has it first; the sentences quoted."""
    readings = contrast.readings
    order = sorted((0, 1), key=lambda place: (contrast.winner != place, STANDING[readings[place].kind]))
    if all(reading.kind == "silent" for reading in readings):
        for place in order:
            asked = readings[place].asked
            builder.name("ask", attribute=asked)
            slots = {"attribute": "[ask.attribute]"} if asked else {}
            builder.say("not_stated", ("product", *slots), product=handles[place], **slots)
        return "", ""
    for number, place in enumerate(order):
        _say_one(builder, readings[place], handles[place], f"page{number}", contrast)
    return readings[0].quote, readings[1].quote


STANDING = {"yes": 0, "tells": 0, "no": 1, "silent": 2}
"""Which page is told first: that which has what is asked, then that which denies it."""


def _say_one(builder: PlanBuilder, reading: Reading, handle: str, key: str, contrast: Contrast) -> None:
    if reading.kind == "silent":
        builder.say("contrast_silent", ("product",), product=handle)
        return
    builder.name(key, passage=reading.quote)
    act = {"yes": "contrast_has", "no": "contrast_lacks"}.get(reading.kind, "contrast_says")
    builder.say(act, ("product", "passage"), product=handle, passage=f"[{key}.passage]")
