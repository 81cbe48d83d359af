"""Plans that recommend, each product with the reason that the recommender computed."""

from __future__ import annotations

from assistant.planning.finding import avoided_after, plan_find, say_turned_down
from assistant.planning.reasons import say_reasons
from assistant.planning.scene import PlanBuilder, Planned, Scene
from assistant.records import product_card

EXPLAINED = 3
SPOKEN = 2  # more than two reasons read out are a list, and the cards show the rest


def plan_recommendation(scene: Scene) -> Planned:
    """A search result where the shopper named a thing, else the recommender's picks."""
    if scene.evidence.result is not None and not scene.evidence.recommendations:
        return plan_find(scene)
    builder = PlanBuilder(scene)
    picks = scene.evidence.recommendations
    say_turned_down(builder, scene)
    if not picks:
        builder.say("no_recommendation")
        return builder.finish(quick_replies=["What's popular right now?"])
    cards = []
    for position, pick in enumerate(picks):
        why, detail = say_reasons(pick.reasons, scene.locale)
        cards.append(product_card(pick.product, why[:1].upper() + why[1:], detail))
        if position >= SPOKEN or not why:
            continue
        handle = builder.add_product(pick.product, why)
        reason = builder.field(handle, "why")
        if position == 0:
            kind = "recommend_gift" if "gift" in scene.said.asks else "recommend"
            builder.say(kind, ("product", "why"), product=handle, why=reason, **builder.price_slots(handle))
        else:
            builder.say("recommend_also", ("product", "why"), product=handle, why=reason)
    ids = tuple(pick.product.id for pick in picks)
    return builder.finish(
        cards=cards,
        quick_replies=["Something else", "What goes with the first one?", "Tell me more about the first one"],
        shown=ids,
        seen=tuple(dict.fromkeys((*scene.state.seen, *ids))),
        focus=ids[:1],
        searched=(),
        wished=(*scene.state.wished, scene.said.message)[-6:]
        if scene.said.goes_on
        else (scene.said.message,),
        below=scene.evidence.below,
        above=scene.evidence.above,
        avoided=avoided_after(scene),
    )


def plan_explanation(scene: Scene) -> Planned:
    """Why a product on show was shown: what stood on its card, in the order it stood there."""
    builder = PlanBuilder(scene)
    if not scene.evidence.subjects:
        builder.say("clarify_product")
        return builder.finish()
    product = scene.evidence.subjects[0]
    shown = dict(zip(scene.state.shown, scene.state.why, strict=False))
    clauses = [line for line in shown.get(product.id, "").split("\n") if line]
    handle = builder.add_product(product)
    if not clauses:
        builder.say("explain_none", ("product",), product=handle)
    for place, clause in enumerate(clauses[:EXPLAINED], start=1):
        key = f"why{place}"
        builder.name(key, name=clause[0].lower() + clause[1:])
        if place == 1:
            kind = "explain_other" if scene.state.searched else "explain"
            builder.say(kind, ("product", "why"), product=handle, why=f"[{key}]")
        else:
            builder.say("explain_also", ("why",), why=f"[{key}]")
    card = product_card(product, clauses[0] if clauses else "", shown.get(product.id, ""))
    replies = ["Not for me", "Something else"]
    return builder.finish(cards=[card], quick_replies=replies, focus=(product.id,))
