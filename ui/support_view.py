"""How a customer's brief, orders, timeline, chats and answers look: values in, escaped HTML out.

Knows nothing of events or stores, nor of who is looking.
"""

from __future__ import annotations

from html import escape
from typing import Any

from assistant.support import Answer, Brief, Conversation, is_open
from insight.features import is_cancelled
from shop.formats import format_list
from shop.settings import Settings
from shop.types import Customer, Order
from ui.staff import count_of, figure, notice, show_amount, show_day, stacked

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
            f'<li>{escape(sentence.text)} <span class="rs-source">{escape(sentence.source)}</span></li>'
            for sentence in found.summary
        )
        return (
            f'<div class="rs rs-stack">{self._essentials(found)}<div class="rs-two">'
            f'<section class="rs-panel"><h3>In short</h3><ul class="rs-brief">{sentences}</ul></section>'
            f'<section class="rs-panel rs-step"><h3>Suggested next step</h3><p>{escape(found.next_step.text)}</p>'
            f"<small>Because: {escape(found.next_step.rule)}.</small></section></div></div>"
        )

    def _essentials(self, found: Brief) -> str:
        customer, facts, settings = found.customer, found.facts, self.settings
        name = customer.name or f"Customer {customer.id}"
        contact = [f"No. {customer.id}" if customer.name else "", customer.email, customer.phone]
        place = ", ".join(value for value in customer.address.values() if value) or customer.country
        contact.append(place)
        contact.append(
            format_list(customer.payment_methods, settings.locale) if customer.payment_methods else ""
        )
        mail = customer.consent.marketing_email
        badges = f'<span class="rs-badge{" rs-yes" if mail else ""}">Marketing e-mail: {"yes" if mail else "no"}</span>'
        if not customer.consent.personalisation:
            badges += '<span class="rs-badge rs-warn">No personalisation</span>'
        since = f"{facts.days_since} days ago" if facts.days_since is not None else ""
        cancelled = f"{facts.cancelled} cancelled" if facts.cancelled else ""
        returned = show_amount(facts.returned, settings) if facts.returned else ""
        figures = (
            figure("Orders", str(facts.orders), cancelled)
            + figure("Ordered for", show_amount(facts.ordered, settings))
            + figure("Average order", show_amount(facts.mean_order, settings))
            + figure("Last order", show_day(facts.last_at, settings) if facts.orders else "none", since)
            + figure("Units returned", str(facts.returns), returned)
        )
        tops = "".join(f'<span class="rs-badge">{escape(each)}</span>' for each in facts.top_categories)
        return (
            '<section class="rs-panel" aria-label="Customer"><div class="rs-who">'
            f'<span class="rs-face" aria-hidden="true">{escape((customer.first_name or "#")[:1])}</span>'
            f"<div><h2>{escape(name)}</h2>"
            f'<p class="rs-contact">{escape(" · ".join(value for value in contact if value))}</p></div>'
            f'<div class="rs-badges">{tops}{badges}</div></div><dl class="rs-figures">{figures}</dl></section>'
        )

    def orders(self, found: Brief) -> str:
        """Orders newest first, each with its lines; returns below."""
        if not found.orders:
            return stacked(notice("No orders are on record for this customer.", "empty"))
        items = [self._order(order, is_first=n == 0) for n, order in enumerate(found.orders[:ORDERS_SHOWN])]
        more = len(found.orders) - len(items)
        tail = notice(
            f"{count_of(more, 'older order', 'older orders', self.settings)} not listed; ask about them above."
        )
        returns = "".join(
            f"<tr><td>{escape(show_day(item.at, self.settings))}</td><td>{item.quantity} × {escape(item.title)}</td>"
            f"<td>{escape(f'Order {item.order_id}' if item.order_id else 'order not known')}</td>"
            f'<td class="rs-num">{escape(show_amount(item.amount, self.settings))}</td></tr>'
            for item in found.returns[:LINES_SHOWN]
        )
        back = (
            f'<section class="rs-panel"><h3>Returns</h3><table class="rs-lines">{returns}</table></section>'
        )
        return stacked(
            f'<ul class="rs-list">{"".join(items)}</ul>', tail if more > 0 else "", back if returns else ""
        )

    def _order(self, order: Order, *, is_first: bool) -> str:
        rows = "".join(
            f"<tr><td>{line.quantity} × {escape(line.title)}"
            + (
                f"<br><small>{escape(', '.join(f'{k}: {v}' for k, v in line.options.items()))}</small>"
                if line.options
                else ""
            )
            + (f' <span class="rs-badge rs-warn">{line.returned} returned</span>' if line.returned else "")
            + f'</td><td class="rs-num">{escape(show_amount(line.unit_price, self.settings))}</td>'
            f'<td class="rs-num">{escape(show_amount(line.unit_price * line.quantity, self.settings))}</td></tr>'
            for line in order.lines[:LINES_SHOWN]
        )
        more = len(order.lines) - LINES_SHOWN
        rows += f'<tr><td colspan="3">and {more} more lines</td></tr>' if more > 0 else ""
        kind = " rs-yes" if is_open(order) else " rs-warn" if is_cancelled(order) else ""
        badges = f'<span class="rs-badge{kind}">{escape(order.status)}</span>' if order.status else ""
        badges += (
            f'<span class="rs-badge">{escape(order.payment_status)}</span>' if order.payment_status else ""
        )
        notes = [f"Tracking: {', '.join(order.tracking)}"] if order.tracking else []
        notes += [f"Paid with {', '.join(order.payments)}"] if order.payments else []
        below = f'<p class="rs-small">{escape(" · ".join(notes))}</p>' if notes else ""
        lines = count_of(len(order.lines), "line", "lines", self.settings)
        return (
            f"<li><details{' open' if is_first else ''}><summary><b>Order {escape(order.id)}</b>"
            f'<span class="rs-soft">{escape(show_day(order.placed_at, self.settings))} · {lines}</span>{badges}'
            f'<span class="rs-end">{escape(show_amount(order.total, self.settings))}</span></summary>'
            f'<div class="rs-inside"><table class="rs-lines">{rows}</table>{below}</div></details></li>'
        )

    def timeline(self, found: Brief) -> str:
        """Orders, returns, chats and events by date, newest first."""
        entries: list[tuple[float, Any, str, str]] = []
        for order in found.orders:
            if order.placed_at:
                text = f"Order {order.id}, {show_amount(order.total, self.settings)}"
                entries.append((order.placed_at.timestamp(), order.placed_at, "order", text))
        for item in found.returns:
            if item.at:
                text = f"Sent back {item.quantity} × {item.title}, {show_amount(item.amount, self.settings)}"
                entries.append((item.at.timestamp(), item.at, "return", text))
        for chat in found.conversations:
            at = chat.head.started_at
            text = f"Chat with the assistant{', handed to a person' if chat.handed_off else ''}"
            entries.append((at.timestamp(), at, "chat", text))
        for event in found.events:
            detail = event.properties.get("title") or event.properties.get("name") or ""
            entries.append((event.at.timestamp(), event.at, "event", f"{event.name} {detail}".strip()))
        entries.sort(key=lambda entry: -entry[0])
        if not entries:
            return stacked(
                notice("Nothing about this customer carries a date, so there is no timeline.", "empty")
            )
        rows = "".join(
            f'<li class="rs-{kind}"><time datetime="{at.date().isoformat()}">{escape(show_day(at, self.settings))}</time>'
            f"<span>{escape(text)}</span></li>"
            for _, at, kind, text in entries[:TIMELINE_SHOWN]
        )
        more = len(entries) - TIMELINE_SHOWN
        tail = (
            notice(f"{count_of(more, 'older entry', 'older entries', self.settings)} not shown.")
            if more > 0
            else ""
        )
        return stacked(f'<section class="rs-panel"><ol class="rs-time">{rows}</ol></section>', tail)

    def chats(self, found: Brief) -> str:
        """Conversations with the assistant, newest first, and what they told us they like."""
        told = "".join(
            f'<span class="rs-badge{" rs-yes" if memory.kind == "likes" else " rs-warn"}">'
            f"{escape(memory.kind)} {escape(memory.value)}</span> "
            for memory in found.memories
        )
        panel = f'<section class="rs-panel"><h3>Told us in chat</h3>{told}</section>' if told else ""
        if not found.conversations:
            return stacked(panel, notice("This customer has not chatted with the assistant yet.", "empty"))
        items = "".join(self._chat(chat, is_first=n == 0) for n, chat in enumerate(found.conversations))
        return stacked(panel, f'<ul class="rs-list">{items}</ul>')

    def _chat(self, chat: Conversation, *, is_first: bool) -> str:
        badge = '<span class="rs-badge rs-warn">handed to a person</span>' if chat.handed_off else ""
        turns = "".join(
            f'<p class="rs-said">{escape(turn.message)}</p><p class="rs-said rs-ours">{escape(turn.reply)}</p>'
            + (
                f"<small>Thumbs down{': ' + escape(turn.vote_reason) if turn.vote_reason else ''}</small>"
                if turn.vote < 0
                else ""
            )
            for turn in chat.turns
        )
        count = count_of(chat.head.turns, "message", "messages", self.settings)
        return (
            f"<li><details{' open' if is_first else ''}><summary><b>{escape(show_day(chat.head.started_at, self.settings))}</b>"
            f'<span class="rs-soft">{count}</span>{badge}</summary><div class="rs-inside">{turns}</div></details></li>'
        )

    def answer(self, found: Answer) -> str:
        """An answer with what it was read from."""
        sources = "".join(
            f'<span class="rs-source">{escape(source.label)}</span>' for source in found.sources[:6]
        )
        more = len(found.sources) - 6
        sources += f'<span class="rs-source">and {more} more</span>' if more > 0 else ""
        return (
            f'<div class="rs" role="status"><div class="rs-answer{" rs-denied" if found.denies else ""}">'
            f"<p>{escape(found.text)}</p><p><small>From: </small>{sources}</p></div></div>"
        )
