"""Reasons for a recommendation in words: a short clause and its evidence.

The codes and numbers come from the recommender, which counted them; nothing is added here.
"""

from __future__ import annotations

from datetime import date

from assistant.records import short_name
from retrieval.recommend.base import Reason
from shop.formats import format_count, format_date


def say_reason(reason: Reason, locale: str) -> str:
    """The reason as a clause that follows a colon, e.g. '38 customers bought it as well as …'."""
    facts = reason.evidence
    title = short_name(str(facts.get("title", "")))
    count = format_count(int(facts.get("customers", 0) or 0), locale)
    bought = f" on {_day(facts['date'], locale)}" if facts.get("date") else ""
    match reason.code:
        case "bought_together":
            return f"{count} customers bought it as well as {title}"
        case "because_bought":
            return f"{count} customers bought it as well as {title}, which you bought{bought}"
        case "popular":
            where = f" in {facts['country']}" if facts.get("country") else ""
            when = f" in the last {facts['days']} days" if facts.get("days") else " so far"
            return f"{count} customers{where} bought it{when}"
        case "well_rated":
            ratings = format_count(int(facts["count"]), locale)
            return f"shoppers rate it {facts['rating']} out of 5 ({ratings} ratings)"
        case "similar":
            shared = f" ({facts['shared']})" if facts.get("shared") else ""
            return f"it's close to {title}{shared}"
        case "due_again":
            every = facts.get("every_days")
            often = f", and usually buy it every {every} days" if every else ""
            return f"you last bought it{bought}{often}"
        case _:
            return "it fits what you asked for"


def _day(text: str | int, locale: str) -> str:
    return format_date(date.fromisoformat(str(text)), locale)


def say_reasons(reasons: tuple[Reason, ...], locale: str) -> tuple[str, str]:
    """The leading reason, and all of them one a line for "why this?"."""
    clauses = [say_reason(reason, locale) for reason in reasons]
    lines = [clause[0].upper() + clause[1:] + "." for clause in clauses]
    return (clauses[0] if clauses else "", "\n".join(lines))
