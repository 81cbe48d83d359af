"""The summary a colleague needs to take a customer over, from the records and the message as read.

Plain text, each line from a record or the policy; nothing is guessed.
"""

from __future__ import annotations

from assistant.support import Brief
from assistant.support.case import Case
from assistant.support.verdicts import DONE, say_verdict
from shop.formats import format_date
from shop.settings import Settings


def summarise(found: Brief, case: Case | None, message: str, settings: Settings) -> str:
    """Who, in what mood, what they ask and what the policy says, where things stand, what comes next."""
    customer = found.customer
    lines = [f"Customer: {customer.name or customer.id} (no. {customer.id})"]
    if message.strip():
        lines.append(f"Their message: “{' '.join(message.split())}”")
    mood = found.signals.mood if found.signals is not None else None
    if mood is not None and mood.label != "neutral":
        words = ", ".join(f"“{cause.text}”" for cause in mood.causes[:3])
        lines.append(f"Mood: {mood.label}" + (f" ({words})" if words else ""))
    for request in case.requests if case else ():
        what = ", ".join(spot.line.title for spot in request.spots)
        answer = say_verdict(request.verdict, settings, request.action)
        lines.append(f"Asks to have {what} {DONE[request.action]}: {answer}")
    lines += [f"- {sentence.text} [{sentence.source}]" for sentence in found.summary[1:]]
    last = found.last_turn
    if last is not None:
        day = format_date(last.at.date(), settings.locale)
        lines.append(f"The assistant last answered on {day}: “{' '.join(last.reply.split())[:300]}”")
    lines.append(f"Next: {found.next_step.text} (because: {found.next_step.rule})")
    return "\n".join(lines)
