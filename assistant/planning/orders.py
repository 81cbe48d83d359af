"""Plans about the signed-in customer's own orders; nobody else's are ever in the evidence.

Counting, sums and "which was the last" are done here, from the records.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.events import Source
from assistant.planning.policies import PERSON, find_rule, quote_rule
from assistant.planning.scene import PlanBuilder, Planned, Scene
from assistant.planning.talk import describe_handoff
from assistant.records import order_record, order_source, short_name
from retrieval.words import stems
from shop.formats import format_count, format_money
from shop.types import Order, OrderLine

LISTED = 3
NAMED_SHARE = 0.5


def plan_orders(scene: Scene) -> Planned:
    """The plan for a question about orders."""
    builder = PlanBuilder(scene)
    said, evidence = scene.said, scene.evidence
    if said.intent.cue == "other_person" and not evidence.asked_orders:
        builder.say("not_yours_person")
        return builder.finish(quick_replies=["Show me my orders"] if evidence.signed_in else [])
    if not evidence.signed_in:
        builder.say("sign_in")
        return builder.finish(quick_replies=["What's popular right now?", PERSON])
    if said.orders and not evidence.asked_orders:
        builder.say("not_yours")
        return builder.finish(quick_replies=["Show me my orders", PERSON])
    if not evidence.orders:
        builder.say("no_orders")
        return builder.finish(quick_replies=["What's popular right now?"])
    if evidence.asked_orders:
        return _one_order(builder, evidence.asked_orders[0])
    return _many_orders(builder)


def _many_orders(builder: PlanBuilder) -> Planned:
    scene = builder.scene
    asks, orders = scene.said.asks, scene.evidence.orders
    about = _named_lines(scene)
    if {"change", "complaint"} & asks:
        if about:
            return _one_order(builder, about[0][0])
        remembered = [order for order in orders if order.id == scene.state.order_id]
        if remembered or len(orders) == 1:
            return _one_order(builder, (remembered or orders)[0])
        builder.say("clarify_order")
        return builder.finish(quick_replies=[f"Order {order.id}" for order in orders[:LISTED]])
    if about:
        bought = {"when", "spent"} & asks
        return _say_purchase(builder, *about[0]) if bought else _one_order(builder, about[0][0])
    if "when" in asks and scene.said.query.terms and "order_list" not in asks:
        builder.name("ask", topic=scene.said.query.topic)
        builder.say("never_bought", ("topic",), topic="[ask.topic]")
        return builder.finish(quick_replies=["Show me my orders"])
    if "spent" in asks and "latest" not in asks and len(orders) > 1:
        spent = sum((order.total for order in orders[1:]), orders[0].total)
        builder.name(
            "search", count=format_count(len(orders), scene.locale), spent=format_money(spent, scene.locale)
        )
        builder.say("order_spent", ("count", "spent"), count="[search.count]", spent="[search.spent]")
        return builder.finish(sources=_sources(orders[:LISTED], scene), quick_replies=["Show me my orders"])
    if {"order_list", "how_many"} & asks and "latest" not in asks:
        return _list_orders(builder, orders)
    remembered = [order for order in orders if order.id == scene.state.order_id]
    return _one_order(builder, remembered[0] if remembered and "latest" not in asks else orders[0])


def _named_lines(scene: Scene) -> list[tuple[Order, OrderLine]]:
    """The customer's order lines that hold most of the topic's words (at least half), newest first."""
    # Words no product here is called ("tracking number") say nothing about which line is meant.
    wanted = {term for term in scene.said.query.terms if scene.vocabulary.strong_counts[term]}
    if not wanted:
        return []
    shares = []
    for order in scene.evidence.orders:
        for line in order.lines:
            held = wanted & set(stems(f"{line.title} {' '.join(line.options.values())}"))
            shares.append((len(held) / len(wanted), order, line))
    most = max(share for share, _, _ in shares)
    return [(order, line) for share, order, line in shares if share == most and share >= NAMED_SHARE]


def _list_orders(builder: PlanBuilder, orders: Sequence[Order]) -> Planned:
    scene = builder.scene
    handles = tuple(
        builder.add_record(order_record(builder.number("order", order.id), order, scene.locale))
        for order in orders[:LISTED]
    )
    if len(orders) == 1:
        builder.say("order_list_one", ("orders",), orders=handles)
    else:
        builder.name("search", count=format_count(len(orders), scene.locale))
        builder.say("order_list", ("count", "orders"), count="[search.count]", orders=handles)
    return builder.finish(
        sources=_sources(orders[:LISTED], scene),
        quick_replies=[f"What's in order {order.id}?" for order in orders[:2]],
        order_id=orders[0].id,
    )


def _one_order(builder: PlanBuilder, order: Order) -> Planned:
    scene = builder.scene
    asks = scene.said.asks
    handle = builder.add_record(order_record(builder.number("order", order.id), order, scene.locale))
    if {"anger", "complaint"} & asks:
        builder.say("apologise")
    slots = {
        name: builder.field(handle, name)
        for name in ("placed", "status", "items")
        if builder.has(handle, name)
    }
    builder.say("order_status", ("order", *slots), order=handle, **slots)
    if builder.has(handle, "tracking") and "tracking" in asks:
        builder.say("order_tracking", ("tracking",), tracking=builder.field(handle, "tracking"))
    if "spent" in asks:
        builder.say("order_total", ("total",), total=builder.field(handle, "total"))
    if builder.has(handle, "returned"):
        builder.say("order_returned", ("returned",), returned=builder.field(handle, "returned"))
    sources = [order_source(order, scene.locale)]
    wants_change = bool({"change", "complaint"} & asks)
    if wants_change:
        rule = find_rule(scene)
        if rule:
            sources.append(quote_rule(builder, *rule))
        builder.say("order_action")
    return builder.finish(
        sources=sources,
        quick_replies=[PERSON, "Show me my orders"] if wants_change else ["Show me my orders", PERSON],
        handoff=describe_handoff(scene, f"A change to order {order.id} was asked for.")
        if wants_change
        else None,
        order_id=order.id,
        focus=tuple(line.product_id for line in order.lines[:1]),
    )


def _say_purchase(builder: PlanBuilder, order: Order, line: OrderLine) -> Planned:
    scene = builder.scene
    handle = builder.add_record(order_record(builder.number("order", order.id), order, scene.locale))
    builder.name("line", name=short_name(line.title), price=format_money(line.unit_price, scene.locale))
    slots = {"placed": builder.field(handle, "placed")} if builder.has(handle, "placed") else {}
    builder.say("last_purchase", ("product", "order"), product="[line]", order=handle, **slots)
    if "spent" in scene.said.asks:
        builder.say("paid_price", ("price",), price="[line.price]")
    if "when" in scene.said.asks and not slots:
        builder.name("ask", gap="order dates")
        builder.say("not_known", ("gap",), gap="[ask.gap]")
    return builder.finish(
        sources=[order_source(order, scene.locale)],
        quick_replies=["Show me my orders", f"Show me {short_name(line.title)}"],
        order_id=order.id,
        focus=(line.product_id,),
    )


def _sources(orders: Sequence[Order], scene: Scene) -> list[Source]:
    return [order_source(order, scene.locale) for order in orders]
