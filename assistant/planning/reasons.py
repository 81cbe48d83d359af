"""Reasons for a recommendation in words: a short clause and its evidence.

The codes and numbers come from the recommender, which counted them, the words from the phrase bank
(`why_CODE`); nothing is added here.
"""

from __future__ import annotations

from datetime import date

from assistant.plan import Act
from assistant.records import short_name
from assistant.writers.composer import eligible_templates, fill_template, load_phrases
from retrieval.recommend.base import Reason
from shop.formats import format_count, format_date, format_list


def say_reason(reason: Reason, locale: str) -> str:
    """The reason as a clause that follows a colon, e.g. '38 customers bought it as well as …'."""
    values = {name: _show(name, value, locale) for name, value in reason.evidence.items() if value}
    if "rating" in values:
        values["stars"] = f"{values['rating']} out of 5"
    if reason.code == "similar":
        values["shared"] = _say_shared(values, locale)
    act = Act(f"why_{reason.code}", values)
    templates = eligible_templates(act, load_phrases(locale.split("_")[0])[act.kind])
    return fill_template(templates[0], act, locale)


def _show(name: str, value: str | int, locale: str) -> str:
    match name:
        case "title":
            return short_name(str(value))
        case "date":
            return format_date(date.fromisoformat(str(value)), locale)
        case _:
            return format_count(value, locale) if isinstance(value, int) else str(value)


def _say_shared(values: dict[str, str], locale: str) -> str:
    """'called “lunch bag”, in Red and from Retro'."""
    words = {"name": "called “{}”", "colour": "in {}", "brand": "by {}", "category": "in {}"}
    return format_list([form.format(values[name]) for name, form in words.items() if name in values], locale)


def say_reasons(reasons: tuple[Reason, ...], locale: str) -> tuple[str, str]:
    """The leading reason, and all of them one a line for "why this?"."""
    clauses = [say_reason(reason, locale) for reason in reasons]
    lines = [clause[0].upper() + clause[1:] + "." for clause in clauses]
    return (clauses[0] if clauses else "", "\n".join(lines))
