"""Plans for everything that is not about a product, an order or a policy."""

from __future__ import annotations

from assistant.events import Handoff
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
