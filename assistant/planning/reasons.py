"""Reasons for a recommendation in words: a short clause and its evidence.

The codes and numbers come from the recommender, which computed them; nothing is added here.
"""

from __future__ import annotations

from retrieval.recommend.base import Reason

from assistant.records import short_name
from shop.formats import format_count


def say_reason(reason: Reason, locale: str) -> str:
    """The reason as a clause that follows a colon, e.g. '38 customers bought it together with …'."""
    facts = reason.evidence
    title = short_name(str(facts.get("title", "")))
    count = format_count(int(facts.get("customers", 0) or 0), locale)
    match reason.code:
        case "bought_together":
            return f"{count} customers bought it as well as {title}"
        case "because_bought":
            return f"it goes with {title}, which you bought on {facts['date']}"
        case "popular":
            where = f" in {facts['country']}" if facts.get("country") else ""
            return f"{count} customers{where} bought it in the last {facts['days']} days"
        case "similar":
            shared = f" ({facts['shared']})" if facts.get("shared") else ""
            return f"it's close to {title}{shared}"
        case "due_again":
            return f"you've bought it before, last on {facts['date']}, and may need it again"
        case _:
            return "it fits what you asked for"


def say_reasons(reasons: tuple[Reason, ...], locale: str) -> tuple[str, str]:
    """The leading reason, and all of them one a line for "why this?"."""
    clauses = [say_reason(reason, locale) for reason in reasons]
    lines = [clause[0].upper() + clause[1:] + "." for clause in clauses]
    return (clauses[0] if clauses else "", "\n".join(lines))
