"""What to say, decided in code: one family of plans a file, one entry point.

`plan_turn` takes a scene (what was said and found) and gives the plan; no model, no look-ups.
"""

from __future__ import annotations

from assistant.planning import comparing, finding, orders, policies, products, recommending, talk
from assistant.planning.scene import Planned, Scene

__all__ = ["Planned", "Scene", "plan_turn"]


def plan_turn(scene: Scene) -> Planned:
    """The plan for one understood message with its evidence; with a person where its mood wants one."""
    planned = _plan(scene)
    return talk.offer_person(planned, scene) if scene.said.mood.wants_person else planned


def _plan(scene: Scene) -> Planned:
    match scene.said.intent.name:
        case "find" | "followup" if not scene.evidence.recommendations:
            return finding.plan_find(scene)
        case "find" | "followup" | "recommend":
            return recommending.plan_recommendation(scene)
        case "explain":
            return recommending.plan_explanation(scene)
        case "product_question":
            return products.plan_product_question(scene)
        case "compare":
            return comparing.plan_comparison(scene)
        case "order_status":
            return orders.plan_orders(scene)
        case "policy":
            return policies.plan_policy(scene)
        case _:
            return talk.plan_talk(scene)
