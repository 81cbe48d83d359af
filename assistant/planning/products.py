"""Plans for questions about known products: a field, an option, a quoted sentence, a comparison.

Yes and no are decided here: from a stated field only. What the page does not state is said so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from assistant.passages import cut_quote
from assistant.planning.finding import plan_find
from assistant.planning.reviews import say_reviews
from assistant.planning.scene import PlanBuilder, Planned, Scene, finish_about
from assistant.reading import Reading
from assistant.records import product_source
from retrieval.english import FILLER
from retrieval.filters import COLOUR_NAMES
from retrieval.words import stem, stems
from shop.formats import format_list, format_money
from shop.types import Product, Variant

MAX_CHOICES = 8


def plan_product_question(scene: Scene) -> Planned:
    """The plan for a question about one product (the first subject)."""
    if not scene.evidence.subjects:
        return _no_subject(scene)
    product = scene.evidence.subjects[0]
    builder = PlanBuilder(scene)
    handle = builder.add_product(product)
    excerpt = _answer(builder, scene, product, handle)
    sources = [product_source(product, excerpt)]
    return finish_about(builder, [product], sources)


def _no_subject(scene: Scene) -> Planned:
    """No product was pointed at or found: say what the search found, or ask which one is meant."""
    result = scene.evidence.result
    if result is not None and scene.said.query.topic and not scene.said.reference.cue:
        return plan_find(scene)
    builder = PlanBuilder(scene)
    builder.say("clarify_product")
    return builder.finish()


def _answer(builder: PlanBuilder, scene: Scene, product: Product, handle: str) -> str:
    """Add the acts that answer; the excerpt of the page that backs them."""
    asks = scene.said.asks
    reading = scene.evidence.reading
    asked = set(stems(reading.asked)) if reading else set(stems(scene.said.message))
    if "discount" in asks:
        return _say_discount(builder, product, handle)
    if option := _asked_option(scene, product, asked):
        return _say_option(builder, product, handle, *option)
    if "versions" in asks and product.variants:
        available = sum(variant.available is True for variant in product.variants)
        builder.name("versions", total=str(len(product.variants)), available=str(available))
        builder.say(
            "count_options",
            ("product", "total", "available"),
            product=handle,
            total="[versions.total]",
            available="[versions.available]",
        )
        return ""
    if "price" in asks and not (reading and reading.measure):
        return _say_price(builder, product, handle)
    if "stock" in asks:
        return _say_stock(builder, product, handle)
    if "reviews" in asks and scene.evidence.opinions:
        return say_reviews(builder, product, handle, scene.evidence.opinions)
    if "rating" in asks:
        return _say_field(builder, product, handle, "rating", "answer_rating", "ratings")
    if "brand" in asks and not (reading and reading.measure):
        return _say_named(builder, product, handle, "brand", product.brand)
    if "colour" in asks and product.colour and "how_many" not in asks:
        return _say_named(builder, product, handle, "colour", product.colour)
    if stated := _stated_attribute(product, asked):
        return _say_named(builder, product, handle, *stated)
    return _say_reading(builder, scene, product, handle)


def _say_discount(builder: PlanBuilder, product: Product, handle: str) -> str:
    if builder.has(handle, "list_price"):
        price, before = builder.field(handle, "price"), builder.field(handle, "list_price")
        builder.say(
            "answer_list_price",
            ("product", "price", "list_price"),
            product=handle,
            price=price,
            list_price=before,
        )
    elif builder.has(handle, "price"):
        builder.say("no_discount", ("product", "price"), product=handle, price=builder.field(handle, "price"))
    else:
        builder.say("no_offer")
    return ""


def _say_price(builder: PlanBuilder, product: Product, handle: str) -> str:
    if not product.price:
        return _say_field(builder, product, handle, "price", "answer_price", "the price")
    prices = sorted({v.price.amount for v in product.variants if v.price})
    if len(prices) > 1:
        highest = replace(product.price, amount=prices[-1])
        lowest = replace(product.price, amount=prices[0])
        locale = builder.scene.locale
        builder.name("range", lowest=format_money(lowest, locale), highest=format_money(highest, locale))
        builder.say(
            "answer_price_range",
            ("product", "price", "highest"),
            product=handle,
            price="[range.lowest]",
            highest="[range.highest]",
        )
        return ""
    builder.say("answer_price", ("product", "price"), product=handle, price=builder.field(handle, "price"))
    return ""


def _say_stock(builder: PlanBuilder, product: Product, handle: str) -> str:
    if product.in_stock is None:
        return _lacks(builder, handle, "stock")
    builder.say(
        "answer_in_stock" if product.in_stock else "answer_out_of_stock", ("product",), product=handle
    )
    return ""


def _say_field(builder: PlanBuilder, product: Product, handle: str, field: str, act: str, label: str) -> str:
    if not builder.has(handle, field):
        return _lacks(builder, handle, label)
    builder.say(act, ("product", field), product=handle, **{field: builder.field(handle, field)})
    return ""


def _say_named(builder: PlanBuilder, product: Product, handle: str, attribute: str, value: str) -> str:
    if not value:
        return _lacks(builder, handle, attribute)
    builder.name("stated", attribute=attribute, value=value)
    builder.say(
        "answer_value",
        ("product", "attribute", "value"),
        product=handle,
        attribute="[stated.attribute]",
        value="[stated.value]",
    )
    return f"{attribute}: {value}"


def _lacks(builder: PlanBuilder, handle: str, gap: str) -> str:
    """Say that the product's record has no such field, in our words (not the shopper's)."""
    builder.name("ask", gap=gap if " " in gap else f"its {gap}")
    builder.say("not_stated", ("product", "gap"), product=handle, gap="[ask.gap]")
    return ""


def _not_stated(builder: PlanBuilder, handle: str, reading: Reading) -> str:
    """Say that the page is silent, and what it says that comes nearest, so that the shopper can judge."""
    near = reading.near
    if reading.measure and not reading.asked:
        _lacks(builder, handle, reading.measure)
    elif reading.asked:
        builder.name("ask", attribute=reading.asked)
        builder.say("not_stated", ("product", "attribute"), product=handle, attribute="[ask.attribute]")
    else:
        builder.say("not_stated", ("product",), product=handle)
    if near:
        builder.name("page", passage=near)
        builder.say("page_near", ("passage",), passage="[page.passage]")
    return near


def _option_values(product: Product, name: str) -> dict[str, list[Variant]]:
    """Value -> the variants that have it, for the option called `name`."""
    values: dict[str, list[Variant]] = {}
    for variant in product.variants:
        for key, value in variant.options.items():
            if key.lower() == name.lower() or {key.lower(), name.lower()} <= COLOUR_NAMES:
                values.setdefault(value, []).append(variant)
    return values


def _option_names(product: Product) -> Iterable[str]:
    return dict.fromkeys(name for variant in product.variants for name in variant.options)


def _asked_option(scene: Scene, product: Product, core: set[str]) -> tuple[str, str] | None:
    """(option name, value asked for or '') where the question is about one of the product's options.

    `core` are the stems of what is asked, the product's name left out.
    """
    filters = scene.said.query.filters
    asked = [("colour", colour) for colour in filters.colours] + list(filters.options)
    asked_stems = set(stems(scene.said.message))
    for name in _option_names(product):
        values = _option_values(product, name)
        for asked_name, asked_value in asked:
            if asked_name == name or {asked_name, name.lower()} <= COLOUR_NAMES:
                return name, asked_value
        for value in values:
            if len(value) > 1 and set(stems(value)) <= asked_stems:
                return name, value
    for name in _option_names(product):
        if {stem(part) for part in name.lower().split()} <= asked_stems or (
            name.lower() in COLOUR_NAMES and "colour" in scene.said.asks
        ):
            return name, _word_after(name, scene.said.message)
    # "Does it block blue light?" asks for more than a colour.
    colours = {word for colour in filters.colours for word in stems(colour)}
    only_that = core <= colours | COLOUR_NAMES
    asked_colours = [c for c in filters.colours if only_that and set(stems(c)) <= core]
    if not product.variants and asked_colours and product.colour:
        return "colour", asked_colours[0]
    return None


def _word_after(name: str, text: str) -> str:
    """The value in "size 13" or "colour mauve": the word after an option's name, '' for a filler."""
    found = re.search(rf"\b{re.escape(name)}\s+(\w+)", text, re.I)
    return found[1] if found and found[1].lower() not in FILLER else ""


def _say_option(builder: PlanBuilder, product: Product, handle: str, name: str, wanted: str) -> str:
    locale = builder.scene.locale
    values = _option_values(product, name)
    if not values and product.colour:
        return _say_own_colour(builder, product, handle, wanted)
    listed = format_list(list(values)[:MAX_CHOICES], locale)
    builder.name("option", attribute=name, values=listed)
    if not wanted:
        builder.say(
            "answer_options",
            ("product", "attribute", "values"),
            product=handle,
            attribute="[option.attribute]",
            values="[option.values]",
        )
        return f"{name}: {listed}"
    fitting = [
        v for value, variants in values.items() if set(stems(wanted)) <= set(stems(value)) for v in variants
    ]
    if not fitting:
        builder.name("option", wanted=wanted)
        builder.say(
            "answer_option_no",
            ("product", "wanted", "values"),
            product=handle,
            wanted="[option.wanted]",
            attribute="[option.attribute]",
            values="[option.values]",
        )
        return f"{name}: {listed}"
    value = next(value for value in values if set(stems(wanted)) <= set(stems(value)))
    builder.name("option", value=value)
    available = [variant for variant in fitting if variant.available is not False]
    if not available:
        builder.say("answer_option_sold_out", ("product", "value"), product=handle, value="[option.value]")
        return f"{name}: {value}"
    prices = [variant.price for variant in available if variant.price]
    price = {}
    if prices:
        builder.name("option", price=format_money(min(prices), locale))
        price = {"price": "[option.price]"}
    builder.say("answer_option_yes", ("product", "value"), product=handle, value="[option.value]", **price)
    return f"{name}: {value}"


def _say_own_colour(builder: PlanBuilder, product: Product, handle: str, wanted: str) -> str:
    if not wanted:
        return _say_named(builder, product, handle, "colour", product.colour)
    builder.name("stated", attribute="colour", value=product.colour)
    kind = "answer_yes" if set(stems(wanted)) <= set(stems(product.colour)) else "answer_no"
    builder.say(
        kind,
        ("product", "value"),
        product=handle,
        attribute="[stated.attribute]",
        value="[stated.value]",
    )
    return f"colour: {product.colour}"


def _stated_attribute(product: Product, asked: set[str]) -> tuple[str, str] | None:
    """An attribute of the product that the question asks for."""
    for name, value in product.attributes.items():
        if {stem(part) for part in name.lower().replace("_", " ").split()} <= asked:
            return name.replace("_", " "), value
    return None


def _say_reading(builder: PlanBuilder, scene: Scene, product: Product, handle: str) -> str:
    """What the page answers: yes, no, the sentence that tells, or that it does not say."""
    if "describe" in scene.said.asks or scene.said.intent.cue == "picked one":
        first = next(iter(product.bullets), "") or product.description
        return _describe(builder, product, handle, first)
    reading = scene.evidence.reading or Reading("silent")
    if reading.kind == "silent":
        return _not_stated(builder, handle, reading)
    builder.name("page", passage=reading.quote)
    act = {"yes": "page_yes", "no": "page_no"}.get(reading.kind, "answer_passage")
    builder.say(act, ("product", "passage"), product=handle, passage="[page.passage]")
    return reading.quote


def _describe(builder: PlanBuilder, product: Product, handle: str, text: str) -> str:
    slots = {name: builder.field(handle, name) for name in ("price", "category") if builder.has(handle, name)}
    if text:
        builder.name("page", passage=cut_quote(text))
        slots = {**{n: h for n, h in slots.items() if n == "price"}, "passage": "[page.passage]"}
    builder.say("describe", ("product",), product=handle, **slots)
    return cut_quote(text) if text else ""
