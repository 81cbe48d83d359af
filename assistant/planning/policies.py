"""Plans for questions about the shop's rules: a passage quoted, or an honest "it doesn't say"."""

from __future__ import annotations

from assistant.events import Source
from assistant.passages import Passage
from assistant.planning.scene import PlanBuilder, Planned, Scene
from assistant.records import policy_record, policy_source
from shop.types import PolicyPassage

PERSON = "Talk to a person"


def plan_policy(scene: Scene) -> Planned:
    """The sentence of the policy that answers; else that it says nothing, or that there is none."""
    builder = PlanBuilder(scene)
    topic = scene.said.query.topic or "that"
    builder.name("ask", topic=topic)
    if "discount" in scene.said.asks and not scene.evidence.has_policies:
        builder.say("no_offer")
        return builder.finish(quick_replies=["What's popular right now?"])
    if not scene.evidence.has_policies:
        builder.say("not_known", ("policy",), policy="[ask.topic]")
        builder.say("offer_person")
        return builder.finish(quick_replies=[PERSON])
    answer = find_rule(scene)
    if answer is None:
        builder.say("not_stated", ("attribute",), attribute="[ask.topic]")
        builder.say("offer_person")
        return builder.finish(quick_replies=[PERSON])
    source = quote_rule(builder, *answer)
    return builder.finish(sources=[source], quick_replies=["Where is my order?", PERSON])


def find_rule(scene: Scene) -> tuple[PolicyPassage, Passage] | None:
    """The best sentence of the policy that is evidence enough, or None."""
    return next((pair for pair in scene.evidence.rules if pair[1].answers), None)


def quote_rule(builder: PlanBuilder, section: PolicyPassage, passage: Passage) -> Source:
    """Add the act that quotes `passage`; its source."""
    key = builder.number("policy", section.id)
    handle = builder.add_record(policy_record(key, section, passage.text))
    builder.say("policy", ("passage",), passage=builder.field(handle, "passage"))
    return policy_source(section, passage.text)
