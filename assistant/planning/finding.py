"""Plans that answer a search: found, only one, the cheapest, how many, filtered out, not stocked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.events import Card
from assistant.planning.reasons import say_reasons
from assistant.planning.scene import PlanBuilder, Planned, Scene, offered
from assistant.planning.talk import plan_out_of_scope
from assistant.records import describe_filters, product_card
from retrieval.query import Filters, Query
from retrieval.recommend.base import Reason
from retrieval.recommend.content import shared_attributes
from retrieval.results import NOTHING_SUCH, WHOLE, Hit, SearchResult
from shop.formats import format_count
from shop.types import Product

SUPERLATIVES = {"price_asc": "cheapest", "price_desc": "most expensive", "popular": "most popular"}
MANY = 12  # more matches than this and the shopper is asked to narrow down
NEAREST_CARDS = 3
GAPS = {
    "price": "prices for these",
    "rating": "ratings",
    "stock": "stock levels",
    "brand": "brands for these",
    "colour": "colours for these",
    "popular": "sales figures",
}

LIMITS = {
    "price": "the price limit",
    "rating": "the rating",
    "stock": "the wish for stock",
    "without": "what is left out",
}
"""Filters as one would say that they are dropped; the rest by their own name ("the colour")."""


def plan_find(scene: Scene) -> Planned:
    """The plan for a search and its result."""
    result = scene.evidence.result
    query = scene.evidence.query
    if result is None or not (query.topic or query.filters or query.sort or "similar" in scene.said.asks):
        return _clarify(scene)
    if result.outcome == "failed":
        builder = PlanBuilder(scene)
        builder.say("search_failed")
        return builder.finish()
    if result.outcome == "found" and result.hits:
        return _found(scene, result)
    asks = scene.said.asks
    if result.outcome in NOTHING_SUCH and "general_question" in asks and "wants" not in asks:
        # A question about the world, not about what the shop has.
        return plan_out_of_scope(scene)
    turned = (query.cheaper or query.dearer) and result.outcome not in NOTHING_SUCH
    if scene.said.intent.name == "followup" and ("more" in scene.said.asks or turned):
        return _end_of_list(scene)
    return _not_found(scene, result)


def _clarify(scene: Scene) -> Planned:
    builder = PlanBuilder(scene)
    builder.say("clarify")
    starters = [f"Show me {name.lower()}" for name in list(scene.vocabulary.categories.values())[:3]]
    return builder.finish(quick_replies=[*starters, "What's popular right now?"])


def _name_query(builder: PlanBuilder, scene: Scene, query: Query) -> dict[str, str]:
    """Put topic and filters into the `ask` record; the slots that say them."""
    words = _said_filters(scene, query)
    builder.name("ask", topic=query.topic, filters=words)
    slots = {"topic": "[ask.topic]"} if query.topic else {}
    return slots | ({"filters": "[ask.filters]"} if words else {})


def _said_filters(scene: Scene, query: Query) -> str:
    """The shopper's own filters in words; a bound that "cheaper" set is not theirs to hear as a figure."""
    filters = query.filters
    if scene.evidence.below:
        filters = replace(filters, max_price=None)
    if scene.evidence.above:
        filters = replace(filters, min_price=None)
    return describe_filters(filters, scene.settings.currency, scene.locale)


def _mention_corrections(builder: PlanBuilder, query: Query) -> None:
    if query.corrections:
        typed, used = query.corrections[0]
        builder.name("ask", typed=typed, used=used)
        builder.say("corrected", ("typed", "used"), typed="[ask.typed]", used="[ask.used]")


def _mention_missing(builder: PlanBuilder, result: SearchResult) -> None:
    """Say which of the shopper's words no product's page holds: what is shown is not claimed to be that."""
    if result.missing:
        builder.name("ask", missing=", ".join(result.missing))
        builder.say("not_mentioned", ("missing",), missing="[ask.missing]")


def _as_typed(query: Query) -> Query:
    """The query in the shopper's own spelling: a correction that finds nothing was none."""
    topic = query.topic
    for typed, used in query.corrections:
        topic = topic.replace(used, typed)
    return replace(query, topic=topic, corrections=())


def _cards(products: Sequence[Product], hits: Sequence[Hit], scene: Scene, query: Query) -> list[Card]:
    """Cards whose reason is what was asked; the evidence names the words that matched."""
    filters = _said_filters(scene, query)
    why = " ".join(part for part in (f"Matches “{query.topic}”" if query.topic else "Is", filters) if part)
    matched = {hit.product.id: hit.matched for hit in hits}
    cards = []
    if "similar" in scene.said.asks and scene.evidence.subjects:
        return [_like_card(product, scene.evidence.subjects[0], scene.locale) for product in products]
    for product in products:
        held = ", ".join(matched.get(product.id, ()))
        detail = f"Its page holds: {held}." if held else ""
        cards.append(product_card(product, why if query.topic or filters else "", detail))
    return cards


def _like_card(product: Product, other: Product, locale: str) -> Card:
    """A card whose reason is what the product has in common with the one pointed at."""
    shared = shared_attributes(product, other)
    reasons = (Reason("similar", {"title": other.title, **shared}),) if shared else ()
    why, detail = say_reasons(reasons, locale)
    return product_card(product, why[:1].upper() + why[1:], detail)


def say_turned_down(builder: PlanBuilder, scene: Scene) -> None:
    """Confirm that the one product pointed at will not come again, and for how long."""
    customer = scene.evidence.customer
    product = scene.evidence.turned_down
    if product is not None:
        kept = customer is not None and customer.consent.personalisation
        kind = "turned_down" if kept else "turned_down_guest"
        builder.say(kind, ("product",), product=builder.add_product(product))


def _next_replies(scene: Scene, products: Sequence[Product], query: Query) -> list[str]:
    replies = []
    if len(products) > 1:
        replies.append("Compare the first two")
        if any(p.price for p in products):
            replies.append("Something cheaper")
    if len(products) == 1:
        replies.append("Anything similar?")
    replies.append("What goes with the first one?")
    return replies


def _found(scene: Scene, result: SearchResult) -> Planned:
    query = scene.evidence.query
    builder = PlanBuilder(scene)
    products = [offered(hit.product, query.filters) for hit in result.hits]
    say_turned_down(builder, scene)
    _mention_corrections(builder, query)
    slots = _name_query(builder, scene, query)
    builder.name("search", total=format_count(result.total, scene.locale))
    top = builder.add_product(products[0])
    product = {"product": top, **builder.price_slots(top)}
    if "similar" in scene.said.asks and scene.evidence.subjects:
        reference = builder.add_product(scene.evidence.subjects[0])
        builder.say("show_similar", ("product",), reference=reference, **product)
    elif query.sort == "rating" and not any(p.rating for p in products):
        builder.name("ask", gap=GAPS["rating"])
        builder.say("not_known", ("gap",), gap="[ask.gap]")
    elif query.superlative and query.sort:
        products = _say_superlative(builder, query, products, slots)
    elif query.count:
        _say_count(builder, top, slots, result)
    elif result.total == 1:
        _mention_missing(builder, result)
        kind = "show_one_filtered" if "filters" in slots else "show_one"
        builder.say(kind, ("product",), **slots, **product)
    else:
        _mention_missing(builder, result)
        kind = "show_filtered" if "filters" in slots else "show"
        builder.say(kind, ("product",), **slots, **product)
        if result.total > MANY and not query.filters:
            builder.say("ask_narrow")
    return _finish_search(builder, scene, products, _cards(products, result.hits, scene, query))


def _say_superlative(
    builder: PlanBuilder, query: Query, products: list[Product], slots: dict[str, str]
) -> list[Product]:
    """Say which comes first; the cards are it and the next two."""
    top = builder.add_product(products[0])
    topic = _scope(builder, slots)
    if query.sort == "rating" and builder.has(top, "rating"):
        rating = builder.field(top, "rating")
        builder.say("superlative_rated", ("product", "rating"), **topic, product=top, rating=rating)
    elif query.sort in ("price_asc", "price_desc") and builder.has(top, "price"):
        builder.name("search", superlative=SUPERLATIVES[query.sort])
        builder.say(
            "superlative",
            ("product", "price"),
            **topic,
            product=top,
            price=builder.field(top, "price"),
            superlative="[search.superlative]",
        )
    else:
        builder.say("show", ("product",), **topic, product=top, **builder.price_slots(top))
    return products[:3]


def _say_count(builder: PlanBuilder, top: str, slots: dict[str, str], result: SearchResult) -> None:
    if result.total == 1:
        builder.say("count_one", ("product",), product=top, **_scope(builder, slots))
        return
    kind = "count_filtered" if "filters" in slots else "count"
    builder.say(kind, ("total",), total="[search.total]", **slots)


def _scope(builder: PlanBuilder, slots: dict[str, str]) -> dict[str, str]:
    """The slot for what was searched through: the topic with its filters, so that "the cheapest" is not
    said of more than was looked at."""
    if "filters" not in slots:
        return {"topic": slots["topic"]} if "topic" in slots else {}
    asked = next(record.fields for record in builder.records if record.key == "ask")
    builder.name("search", scope=f"{asked.get('topic', 'products')} {asked['filters']}")
    return {"topic": "[search.scope]"}


def _finish_search(
    builder: PlanBuilder, scene: Scene, products: Sequence[Product], cards: Sequence[Card]
) -> Planned:
    ids = tuple(product.id for product in products)
    followup = scene.said.intent.name == "followup"
    before = scene.state if followup else replace(scene.state, searched=(), seen=())
    said = () if scene.said.turned_down else scene.evidence.searched or (scene.said.message,)
    return builder.finish(
        cards=cards,
        quick_replies=_next_replies(scene, products, scene.evidence.query),
        shown=ids,
        seen=tuple(dict.fromkeys((*before.seen, *ids))),
        focus=ids[:1],
        searched=(*before.searched, *said)[-6:],
        wished=(),
        below=scene.evidence.below,
        above=scene.evidence.above,
        avoided=avoided_after(scene),
    )


def avoided_after(scene: Scene) -> tuple[str, ...]:
    """Products the shopper turned down: those pointed at, or all on show, when they say so."""
    if "dislikes" not in scene.said.asks:
        return scene.state.avoided
    turned_down = scene.said.reference.ids or scene.state.shown
    return tuple(dict.fromkeys((*scene.state.avoided, *turned_down)))


def _end_of_list(scene: Scene) -> Planned:
    """Nothing further in the direction asked for: say so and keep what was shown."""
    builder = PlanBuilder(scene)
    query = scene.evidence.query
    direction = "cheaper" if query.cheaper else "dearer" if query.dearer else "more"
    builder.name("search", direction=direction)
    builder.say("end_of_list", ("direction",), direction="[search.direction]")
    return builder.finish(quick_replies=["Anything similar?", "What's popular right now?"])


def _not_found(scene: Scene, result: SearchResult) -> Planned:
    query = scene.evidence.query
    builder = PlanBuilder(scene)
    if result.outcome in NOTHING_SUCH:
        query = _as_typed(query)
    slots = _name_query(builder, scene, query)
    if result.outcome == "filtered_out" and "filters" not in slots:
        # What left nothing is a bound that "cheaper" or "dearer" set.
        return _end_of_list(scene)
    nearest = [
        offered(hit.product, _kept(query.filters, result.relaxed)) for hit in result.nearest[:NEAREST_CARDS]
    ]
    match result.outcome:
        case "not_in_data":
            gap = GAPS.get(_gap(query), "that")
            builder.name("ask", gap=gap)
            builder.say("not_known", ("gap",), gap="[ask.gap]")
        case "filtered_out":
            builder.say("filtered_out", tuple(slots), **slots)
        case "unsure":
            _say_unsure(builder, query, result)
        case _:
            if not query.topic:
                builder.name("ask", topic="that")
            builder.say("not_stocked", ("topic",), topic="[ask.topic]")
    if nearest:
        top = builder.add_product(nearest[0])
        builder.say("nearest", ("product",), product=top, **builder.price_slots(top))
    _say_loosened(builder, scene)
    return _finish_search(builder, scene, nearest, [product_card(p, "The closest we have") for p in nearest])


def _say_unsure(builder: PlanBuilder, query: Query, result: SearchResult) -> None:
    """No denial and no promise: what the pages do not mention, where that is so; the nearest follow."""
    if result.missing or all(hit.coverage < WHOLE for hit in result.nearest):
        builder.name("ask", missing=", ".join(result.missing) or query.topic)
        builder.say("not_mentioned", ("missing",), missing="[ask.missing]")


def _say_loosened(builder: PlanBuilder, scene: Scene) -> None:
    """Which filter to drop and how many products that leaves: the next step from nothing."""
    for name, total in scene.evidence.loosened[:1]:
        limit = LIMITS.get(name, f"the {name}")
        query = scene.evidence.query
        left = dict(query.filters.relaxations()).get(name, query.filters)
        words = describe_filters(left, scene.settings.currency, scene.locale)
        scope = " ".join(part for part in (query.topic or "products", words) if part)
        builder.name("loosen", limit=limit, total=format_count(total, scene.locale), scope=scope)
        kind = "loosen_one" if total == 1 else "loosen"
        slots = {"limit": "[loosen.limit]", "scope": "[loosen.scope]"}
        if total > 1:
            slots["total"] = "[loosen.total]"
        builder.say(kind, tuple(slots), **slots)


def _kept(filters: Filters, relaxed: Sequence[str]) -> Filters:
    """The filters that are still in force once `relaxed` ones are dropped."""
    for name, without in filters.relaxations():
        if name in relaxed:
            return without
    return filters


def _gap(query: Query) -> str:
    if query.sort == "rating" or query.filters.min_rating is not None:
        return "rating"
    if query.sort in ("price_asc", "price_desc") or query.filters.max_price or query.filters.min_price:
        return "price"
    if query.filters.in_stock:
        return "stock"
    if query.filters.colours:
        return "colour"
    return "brand" if query.filters.brands else query.sort
