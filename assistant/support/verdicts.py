"""A policy verdict as words for the agent, with the policy's own sentence as its source.

Turns `rules.Verdict` into a sentence; decides nothing.
"""

from __future__ import annotations

from assistant.events import Source
from assistant.plan import Act, Record
from assistant.support.records import say_acts, stable_seed
from assistant.support.rules import Verdict
from shop.formats import format_date, format_list
from shop.settings import Settings

DONE = {
    "cancel": "cancelled",
    "return": "sent back",
    "exchange": "exchanged",
    "modify": "changed",
    "address": "sent elsewhere",
}
"""What has become of an order for which an action was done."""


def verdict_record(key: str, verdict: Verdict, settings: Settings, action: str = "") -> Record:
    """The verdict's facts as display strings; `action` where it is called otherwise than its rule."""
    locale = settings.locale
    fields = {
        "name": f"order {verdict.order_id}",
        "done": DONE[action or verdict.action],
        "status": verdict.status or "without a status",
        "needed": format_list([f"“{each}”" for each in verdict.needed], locale) if verdict.needed else "",
        "plain_needed": format_list(list(verdict.needed), locale) if verdict.needed else "",
        "days": str(verdict.days) if verdict.days is not None else "",
        "until": format_date(verdict.until, locale) if verdict.until else "",
    }
    return Record(key, "verdict", verdict.order_id, {name: text for name, text in fields.items() if text})


def say_verdict(verdict: Verdict, settings: Settings, action: str = "") -> str:
    """One sentence for the agent: whether, and why (not)."""
    record = verdict_record("1", verdict, settings, action)
    kind = _kind(verdict)
    names = ("order", "done", "status", "needed", "days", "until")
    slots = {name: f"[1.{name}]" for name in names if name in record.fields} | {"order": "[1]"}
    act = Act(kind, {name: handle for name, handle in slots.items() if name in _SLOTS[kind]})
    return say_acts([act], [record], settings, stable_seed(verdict.order_id))


def verdict_source(verdict: Verdict) -> Source | None:
    """The policy sentence a verdict follows."""
    rule = verdict.rule
    return Source("policy", rule.passage.id, rule.passage.heading, rule.sentence) if rule else None


_SLOTS = {
    "may_yes": {"order", "done", "status"},
    "may_yes_until": {"order", "done", "until"},
    "may_no_status": {"order", "done", "status", "needed"},
    "may_no_window": {"order", "done", "days"},
    "may_not_known": {"order"},
    "may_no_date": {"order", "days"},
    "may_no_rule": {"done"},
}


def _kind(verdict: Verdict) -> str:
    if verdict.allowed is None:
        return {"no_rule": "may_no_rule", "no_status": "may_not_known"}.get(verdict.cause, "may_no_date")
    if verdict.allowed:
        return "may_yes_until" if verdict.until else "may_yes"
    return "may_no_window" if verdict.cause == "window" else "may_no_status"
