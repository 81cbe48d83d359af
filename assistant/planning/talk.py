"""Plans for everything that is not about a product, an order or a policy."""

from __future__ import annotations

from dataclasses import replace

from assistant.events import Handoff
from assistant.plan import Act
from assistant.planning.scene import PlanBuilder, Planned, Scene

STARTERS = ("What's popular right now?", "What would you recommend for me?", "I need a gift")


def plan_talk(scene: Scene) -> Planned:
    """Greeting, thanks, goodbye, who are you, hand-off, out of scope, refusal."""
    match scene.said.intent.name:
        case "handoff":
            return plan_handoff(scene)
        case "out_of_scope":
            return plan_out_of_scope(scene)
        case _:
            return _small_talk(scene)


def plan_handoff(scene: Scene) -> Planned:
    """The conversation goes to a person, with a summary."""
    builder = PlanBuilder(scene)
    if "anger" in scene.said.asks:
        builder.say("apologise")
    contact = scene.settings.contact
    builder.name("shop", contact=contact)
    builder.say("handoff", **({"contact": "[shop.contact]"} if contact else {}))
    return builder.finish(handoff=describe_handoff(scene, "The shopper asked for a person."))


def offer_person(planned: Planned, scene: Scene) -> Planned:
    """The same answer, an apology before it and a person after it: the shopper is upset and presses."""
    plan, mood = planned.plan, scene.said.mood
    if plan.handoff is not None or scene.said.intent.name == "out_of_scope":
        return planned
    contact = scene.settings.contact
    sorry = () if any(act.kind == "apologise" for act in plan.acts) else (Act("apologise"),)
    offer = Act("handoff", {"contact": "[shop.contact]"} if contact else {})
    records = tuple(
        replace(record, fields={**record.fields, "contact": contact})
        if record.key == "shop" and contact
        else record
        for record in plan.records
    )
    words = ", ".join(f"“{text}”" for text in mood.urgent_words[:3])
    reason = (
        f"The shopper may be in danger or robbed: {words}."
        if mood.alarm
        else (f"The shopper is upset and presses for an answer: {words}.")
    )
    return Planned(
        replace(
            plan,
            acts=(*sorry, *plan.acts, offer),
            records=records,
            handoff=describe_handoff(scene, reason),
        ),
        planned.state,
    )


def describe_handoff(scene: Scene, reason: str) -> Handoff:
    """What the person taking over needs to know: who, what was asked, what was on show."""
    customer = scene.evidence.customer
    lines = [
        f"Customer: {customer.name or customer.id}" if customer else "Customer: guest, not signed in",
        f"Last message: {scene.said.message}",
    ]
    if scene.state.searched:
        lines.append("Was looking for: " + "; ".join(scene.state.searched))
    if scene.state.order_id:
        lines.append(f"Order: {scene.state.order_id}")
    return Handoff(reason, scene.settings.contact, "\n".join(lines))


def plan_out_of_scope(scene: Scene) -> Planned:
    """What the shop's assistant does not do; refused outright where it was an attack."""
    builder = PlanBuilder(scene)
    builder.say("refuse" if scene.said.intent.cue == "injection" else "out_of_scope")
    return builder.finish(quick_replies=STARTERS)


def _small_talk(scene: Scene) -> Planned:
    builder = PlanBuilder(scene)
    customer = scene.evidence.customer
    shop = "[shop]"
    match scene.said.intent.cue:
        case "greeting" if customer and customer.first_name:
            builder.say("greet_by_name", ("name",), name="[customer.first_name]", shop=shop)
        case "greeting":
            builder.say("greet", shop=shop)
        case "thanks":
            builder.say("thanks")
        case "goodbye":
            builder.say("goodbye", shop=shop)
        case "about_self":
            builder.say("introduce", shop=shop)
        case "no words":
            builder.say("clarify")
        case _:
            builder.say("chat")
    replies = () if scene.said.intent.cue in {"thanks", "goodbye"} else STARTERS
    return builder.finish(quick_replies=replies)
