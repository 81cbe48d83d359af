"""How a customer's brief, orders, timeline, chats and answers look: values in, escaped HTML out.

Knows nothing of events or stores, nor of who is looking.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html import escape

from assistant.support import Answer, Brief, Conversation, is_cancelled, is_open
from assistant.support.records import address_line
from shop.formats import format_list
from shop.settings import Settings
from shop.types import Customer, Order, OrderLine, Return
from ui.signals_view import signals_panel
from ui.staff import (
    badge,
    count_of,
    figure,
    foldout,
    notice,
    panel,
    show_amount,
    show_day,
    source_tag,
    stacked,
    table_row,
)

ORDERS_SHOWN = 25
LINES_SHOWN = 30
TIMELINE_SHOWN = 40
SOURCES_SHOWN = 6


def label_customer(customer: Customer) -> str:
    """How a customer stands in a list of results."""
    parts = [customer.name or f"Customer {customer.id}"]
    if customer.name:
        parts.append(customer.id)
    return " · ".join([*parts, *(value for value in (customer.email, customer.country) if value)])


class SupportView:
    """The page's pieces in one shop's locale."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def overview(self, found: Brief) -> str:
        """Essentials, the written brief and the next step."""
        sentences = "".join(
            f"<li>{escape(sentence.text)} {source_tag(sentence.source)}</li>" for sentence in found.summary
        )
        step = found.next_step
        advice = f"<p>{escape(step.text)}</p><small>Because: {escape(step.rule)}.</small>"
        short = panel("In short", f'<ul class="rs-brief">{sentences}</ul>')
        below = f'<div class="rs-two">{short}{panel("Suggested next step", advice, "step")}</div>'
        signals = signals_panel(found.signals, self.settings) if found.signals else ""
        return stacked(self._essentials(found), below, signals)

    def _essentials(self, found: Brief) -> str:
        customer, facts, settings = found.customer, found.facts, self.settings
        since = f"{facts.days_since} days ago" if facts.days_since is not None else ""
        figures = (
            figure("Orders", str(facts.orders), f"{facts.cancelled} cancelled" if facts.cancelled else "")
            + figure("Ordered for", show_amount(facts.ordered, settings))
            + figure("Average order", show_amount(facts.mean_order, settings))
            + figure("Last order", show_day(facts.last_at, settings) if facts.orders else "none", since)
            + figure(
                "Units returned",
                str(facts.returns),
                show_amount(facts.returned, settings) if facts.returned else "",
            )
        )
        face = escape((customer.first_name or "#")[:1])
        return (
            '<section class="rs-panel" aria-label="Customer"><div class="rs-who">'
            f'<span class="rs-face" aria-hidden="true">{face}</span>'
            f"<div><h2>{escape(customer.name or f'Customer {customer.id}')}</h2>"
            f'<p class="rs-contact">{escape(self._contact(customer))}</p></div>'
            f'<div class="rs-badges">{self._badges(found)}</div></div>'
            f'<dl class="rs-figures">{figures}</dl></section>'
        )

    def _contact(self, customer: Customer) -> str:
        place = address_line(customer) or customer.country
        paying = (
            format_list(customer.payment_methods, self.settings.locale) if customer.payment_methods else ""
        )
        number = f"No. {customer.id}" if customer.name else ""
        parts = (number, customer.email, customer.phone, place, paying)
        return " · ".join(value for value in parts if value)

    def _badges(self, found: Brief) -> str:
        consent = found.customer.consent
        badges = [badge(each) for each in found.facts.top_categories]
        mail = "yes" if consent.marketing_email else "no"
        badges.append(badge(f"Marketing e-mail: {mail}", "yes" if consent.marketing_email else ""))
        if not consent.personalisation:
            badges.append(badge("No personalisation", "warn"))
        return "".join(badges)

    def orders(self, found: Brief) -> str:
        """Orders newest first, each with its lines; returns below."""
        if not found.orders:
            return stacked(notice("No orders are on record for this customer.", "empty"))
        shown = found.orders[:ORDERS_SHOWN]
        items = "".join(self._order(order, is_first=n == 0) for n, order in enumerate(shown))
        older = count_of(len(found.orders) - len(shown), "older order", "older orders", self.settings)
        tail = notice(f"{older} not listed; ask about them above.") if len(found.orders) > len(shown) else ""
        rows = "".join(self._return(item) for item in found.returns[:LINES_SHOWN])
        back = panel("Returns", f'<table class="rs-lines">{rows}</table>') if rows else ""
        return stacked(f'<ul class="rs-list">{items}</ul>', tail, back)

    def _return(self, item: Return) -> str:
        order = f"Order {item.order_id}" if item.order_id else "order not known"
        what = f"{item.quantity} × {escape(item.title)}<br><small>{escape(order)}</small>"
        day = escape(show_day(item.at, self.settings))
        return table_row(day, what, escape(show_amount(item.amount, self.settings)), numbers=1)

    def _order(self, order: Order, *, is_first: bool) -> str:
        rows = "".join(self._line(line) for line in order.lines[:LINES_SHOWN])
        more = len(order.lines) - LINES_SHOWN
        rows += table_row(f"and {more} more lines", "", "") if more > 0 else ""
        kind = "yes" if is_open(order) else "warn" if is_cancelled(order) else ""
        badges = badge(order.status, kind) if order.status else ""
        badges += badge(order.payment_status) if order.payment_status else ""
        notes = [f"Tracking: {', '.join(order.tracking)}"] if order.tracking else []
        notes += [f"Paid with {', '.join(order.payments)}"] if order.payments else []
        below = f'<p class="rs-small">{escape(" · ".join(notes))}</p>' if notes else ""
        lines = count_of(len(order.lines), "line", "lines", self.settings)
        when = f"{show_day(order.placed_at, self.settings)} · {lines}"
        title = (
            f"<b>Order {escape(order.id)}</b>"
            f'<span class="rs-soft">{escape(when)}</span>{badges}'
            f'<span class="rs-end">{escape(show_amount(order.total, self.settings))}</span>'
        )
        return foldout(title, f'<table class="rs-lines">{rows}</table>{below}', is_open=is_first)

    def _line(self, line: OrderLine) -> str:
        what = f"{line.quantity} × {escape(line.title)}"
        if line.options:
            options = ", ".join(f"{name}: {value}" for name, value in line.options.items())
            what += f"<br><small>{escape(options)}</small>"
        if line.returned:
            what += f" {badge(f'{line.returned} returned', 'warn')}"
        each = escape(show_amount(line.unit_price, self.settings))
        total = escape(show_amount(line.unit_price * line.quantity, self.settings))
        return table_row(what, each, total, numbers=2)

    def timeline(self, found: Brief) -> str:
        """Orders, returns, chats and events by date, newest first."""
        entries = sorted(self._entries(found), key=lambda entry: -entry[0].timestamp())
        if not entries:
            text = "Nothing about this customer carries a date, so there is no timeline."
            return stacked(notice(text, "empty"))
        rows = "".join(
            f'<li class="rs-{kind}"><time datetime="{at.date().isoformat()}">'
            f"{escape(show_day(at, self.settings))}</time><span>{escape(text)}</span></li>"
            for at, kind, text in entries[:TIMELINE_SHOWN]
        )
        more = len(entries) - TIMELINE_SHOWN
        older = f"{count_of(more, 'older entry', 'older entries', self.settings)} not shown."
        return stacked(
            f'<section class="rs-panel"><ol class="rs-time">{rows}</ol></section>',
            notice(older) if more > 0 else "",
        )

    def _entries(self, found: Brief) -> Iterator[tuple[datetime, str, str]]:
        """When, what kind, and in words."""
        for order in found.orders:
            if order.placed_at:
                total = show_amount(order.total, self.settings)
                yield order.placed_at, "order", f"Order {order.id}, {total}"
        for item in found.returns:
            if item.at:
                amount = show_amount(item.amount, self.settings)
                yield item.at, "return", f"Sent back {item.quantity} × {item.title}, {amount}"
        for chat in found.conversations:
            handed = ", handed to a person" if chat.handed_off else ""
            yield chat.head.started_at, "chat", f"Chat with the assistant{handed}"
        for event in found.events:
            detail = event.properties.get("title") or event.properties.get("name") or ""
            yield event.at, "event", f"{event.name} {detail}".strip()

    def chats(self, found: Brief) -> str:
        """Conversations with the assistant, newest first, and what they told us they like."""
        told = " ".join(
            badge(f"{memory.kind} {memory.value}", "yes" if memory.kind == "likes" else "warn")
            for memory in found.memories
        )
        likes = panel("Told us in chat", told) if told else ""
        if not found.conversations:
            return stacked(likes, notice("This customer has not chatted with the assistant yet.", "empty"))
        items = "".join(self._chat(chat, is_first=n == 0) for n, chat in enumerate(found.conversations))
        return stacked(likes, f'<ul class="rs-list">{items}</ul>')

    def _chat(self, chat: Conversation, *, is_first: bool) -> str:
        turns = ""
        for turn in chat.turns:
            turns += f'<p class="rs-said">{escape(turn.message)}</p>'
            turns += f'<p class="rs-said rs-ours">{escape(turn.reply)}</p>'
            if turn.vote < 0:
                reason = f": {turn.vote_reason}" if turn.vote_reason else ""
                turns += f"<small>Thumbs down{escape(reason)}</small>"
        count = count_of(chat.head.turns, "message", "messages", self.settings)
        title = f"<b>{escape(show_day(chat.head.started_at, self.settings))}</b>"
        title += f'<span class="rs-soft">{count}</span>'
        title += badge("handed to a person", "warn") if chat.handed_off else ""
        return foldout(title, turns, is_open=is_first)

    def answer(self, found: Answer) -> str:
        """An answer with what it was read from."""
        sources = "".join(source_tag(source.label) for source in found.sources[:SOURCES_SHOWN])
        more = len(found.sources) - SOURCES_SHOWN
        sources += source_tag(f"and {more} more") if more > 0 else ""
        return (
            f'<div class="rs" role="status"><div class="rs-answer{" rs-denied" if found.denies else ""}">'
            f"<p>{escape(found.text)}</p><p><small>From: </small>{sources}</p></div></div>"
        )
