"""How a customer's message as read, and the suggested reply to it, look: values in, escaped HTML out."""

from __future__ import annotations

from html import escape

from assistant.support.case import Request
from assistant.support.reply import SuggestedReply, describe_options
from assistant.support.verdicts import say_verdict
from shop.settings import Settings
from shop.types import Money
from ui.staff import badge, notice, panel, show_amount, source_tag, stacked

NAMES = {
    "cancel": "Cancel",
    "return": "Send back",
    "exchange": "Exchange",
    "modify": "Change",
    "address": "New address",
}
SOURCES_SHOWN = 6


def reading_html(found: SuggestedReply, settings: Settings) -> str:
    """What the message asks for, request by request, each with the policy's verdict and its reason."""
    requests = found.case.requests
    if not requests:
        text = (
            "No request to cancel, send back, exchange or change an order was found in it."
            if found.answers
            else "Nothing in it could be matched with their orders or the policy; the reply only holds on."
        )
        return stacked(panel("What they ask for", f"<p>{escape(text)}</p>"))
    items = "".join(_request_item(request, settings) for request in requests)
    return stacked(panel("What they ask for", f'<ul class="rs-checks">{items}</ul>'))


def _request_item(request: Request, settings: Settings) -> str:
    sign, kind = ("✓", "") if request.possible else ("✗", "rs-red")
    if request.verdict.allowed is None:
        sign = "?"
    goods = ", ".join(spot.line.title for spot in request.spots)
    head = f"<b>{NAMES[request.action]}</b> · order {escape(request.order.id)} · {escape(goods)}"
    notes = [say_verdict(request.verdict, settings, request.action)]
    notes += _notes(request, settings)
    below = "".join(f"<small>{escape(note)}</small>" for note in notes)
    return f'<li class="{kind}"><span class="rs-sign">{sign}</span><div>{head}{below}</div></li>'


def _notes(request: Request, settings: Settings) -> list[str]:
    """Replacement, difference, refund, and what stands in the way."""
    notes = []
    for spot, one in request.replacements.items():
        if one is None:
            notes.append(f"{spot.line.title}: no version that fits the words is available.")
            continue
        more = f" ({len(one.equally_good)} more fit as well)" if one.equally_good else ""
        notes.append(f"{spot.line.title} → {describe_options(one.variant.options)}{more}")
    if request.difference is not None:
        notes.append(_difference(request.difference, settings))
    if request.refund is not None and request.verdict.allowed:
        notes.append(f"Paid for it: {show_amount(request.refund, settings)}.")
    if request.partial:
        notes.append("Only part of the order was meant; the policy speaks of whole orders.")
    if request.gives_way:
        notes.append("Another request on this order changes its status first, so both cannot be done.")
    if request.refund_to and request.refund_allowed is False:
        notes.append(f"The refund cannot go where they ask ({request.refund_to}).")
    return notes


def _difference(money: Money, settings: Settings) -> str:
    shown = show_amount(Money(abs(money.amount), money.currency), settings)
    if money.amount == 0:
        return "Same price."
    return f"They pay {shown} more." if money.amount > 0 else f"They get {shown} back."


def suggestion_html(found: SuggestedReply) -> str:
    """The suggested words and what they were read from."""
    sources = "".join(source_tag(source.label) for source in list(found.sources)[:SOURCES_SHOWN])
    tone = badge(found.tone) if found.tone != "plain" else ""
    read = f"<p><small>From: </small>{sources}</p>" if sources else ""
    return (
        f'<div class="rs" role="status"><div class="rs-answer{"" if found.answers else " rs-denied"}">'
        f'<p class="rs-draft">{escape(found.text)}</p>{read}{tone}</div></div>'
    )


def empty_reply() -> str:
    """What stands there before anything was suggested."""
    return stacked(notice("A suggested reply appears here. Nothing is ever sent from this page.", "empty"))
