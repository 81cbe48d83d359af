"""How a customer's brief, orders, timeline, chats and answers look: values in, escaped HTML out.

Knows nothing of events or stores, nor of who is looking.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from html import escape

from assistant.support import Answer, Brief, Conversation, CustomerProfile, is_open
from assistant.support.records import address_line
from assistant.support.signals import MESSAGE_EVENTS
from shop.formats import format_date, format_list
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
TIMELINE_KINDS = {
    "order": "Orders",
    "return": "Returns",
    "chat": "Chats",
    "event": "Events",
    "message": "Messages sent",
}
"""What the timeline may show, by the kind of its entries."""


def label_customer(customer: Customer) -> str:
    """How a customer stands in a list of results; the e-mail address is masked."""
    parts = [customer.name or f"Customer {customer.id}"]
    if customer.name:
        parts.append(customer.id)
    known = (mask_email(customer.email), customer.country)
    return " · ".join([*parts, *(value for value in known if value)])


def mask_email(email: str) -> str:
    """ "a•••@example.org": enough to tell two apart, not to write to either."""
    name, at, domain = email.partition("@")
    return f"{name[:1]}•••{at}{domain}" if at else ""


def mask_digits(text: str) -> str:
    """The last two digits of a phone number."""
    digits = [letter for letter in text if letter.isdigit()]
    return f"••• {''.join(digits[-2:])}" if digits else ""


def show_day_of(day: date, settings: Settings) -> str:
    """A date without a time, as people read it."""
    return format_date(day, settings.locale)


class SupportView:
    """The page's pieces in one shop's locale."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def overview(self, found: Brief, *, shows_contact: bool = False) -> str:
        """Essentials, the written brief and the next step; contact data masked unless asked for."""
        sentences = "".join(
            f"<li>{escape(sentence.text)} {source_tag(sentence.source)}</li>" for sentence in found.summary
        )
        step = found.next_step
        advice = f"<p>{escape(step.text)}</p><small>Because: {escape(step.rule)}.</small>"
        short = panel("In short", f'<ul class="rs-brief">{sentences}</ul>')
        below = f'<div class="rs-two">{short}{panel("Suggested next step", advice, "step")}</div>'
        essentials = self._essentials(found, shows_contact)
        return stacked(essentials, below)

    def insight(self, found: Brief) -> str:
        """Next best action, mood, oddities, risk, segment and value, each with its reason."""
        if found.profile is None or found.signals is None:
            return stacked(notice("Working out what to expect of this customer …"))
        return stacked(signals_panel(found.signals, self.settings), self._expected(found, found.profile))

    def _expected(self, found: Brief, profile: CustomerProfile) -> str:
        """Segment, what is expected of them, what they come back for; each with its reason."""
        settings = self.settings
        rows = [
            (one.name, f"{one.sentence}{f', since {show_day_of(one.since, settings)}' if one.since else ''}")
            for one in profile.segments
        ]
        segments = self._facts(rows) or "<p>No segment holds them yet.</p>"
        risk = "<p>Not known yet: no dated order to judge by.</p>"
        if profile.churn is not None:
            churn = profile.churn
            reasons = "".join(f"<li>{escape(reason.words)}</li>" for reason in churn.reasons[:3])
            notice_ = f"<small>{escape(churn.notice)}</small>" if churn.notice else ""
            risk = (
                f"<p><b>{churn.probability:.0%}</b> that no order comes within {churn.horizon_days} days</p>"
                f'<ul class="rs-brief">{reasons}</ul>{notice_}'
            )
        worth = []
        if profile.expected_value is not None:
            worth.append((f"Next {profile.value_days} days", show_amount(profile.expected_value, settings)))
        if profile.engagement is not None:
            worth.append(("Engagement", profile.engagement.words))
        loves = [(one.text, one.source) for one in found.affinities]
        likes = self._facts(loves) or "<p>Too few orders to tell.</p>"
        return (
            '<div class="rs-signals">'
            + panel("Risk of losing them", risk)
            + panel("Segment and value", segments + self._facts(worth))
            + panel("Comes back for", likes)
            + "</div>"
        )

    def _facts(self, rows: Sequence[tuple[str, str]]) -> str:
        cells = "".join(table_row(escape(name), escape(text)) for name, text in rows)
        return f'<table class="rs-facts">{cells}</table>' if rows else ""

    def _essentials(self, found: Brief, shows_contact: bool) -> str:
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
            f'<p class="rs-contact">{escape(self._contact(customer, shows_contact))}</p></div>'
            f'<div class="rs-badges">{self._badges(found)}</div></div>'
            f'<dl class="rs-figures">{figures}</dl></section>'
        )

    def _contact(self, customer: Customer, shows_contact: bool) -> str:
        place = address_line(customer) or customer.country
        paying = (
            format_list(customer.payment_methods, self.settings.locale) if customer.payment_methods else ""
        )
        number = f"No. {customer.id}" if customer.name else ""
        since = f"customer since {show_day(customer.since, self.settings)}" if customer.since else ""
        language = f"writes {customer.language}" if customer.language else ""
        if shows_contact:
            private = (customer.email, customer.phone, place)
        else:
            private = (mask_email(customer.email), mask_digits(customer.phone), customer.country)
        return " · ".join(value for value in (number, *private, language, since, paying) if value)

    def _badges(self, found: Brief) -> str:
        consent = found.customer.consent
        badges = [badge(each) for each in found.facts.top_categories]
        mail = "yes" if consent.marketing_email else "no"
        badges.append(badge(f"Marketing e-mail: {mail}", "yes" if consent.marketing_email else ""))
        badges.append(
            badge(f"SMS: {'yes' if consent.marketing_sms else 'no'}", "yes" if consent.marketing_sms else "")
        )
        badges.append(
            badge(
                f"Learning from chats: {'yes' if consent.training else 'no'}",
                "yes" if consent.training else "",
            )
        )
        if not consent.personalisation:
            badges.append(badge("No personalisation", "warn"))
        return "".join(badges)

    def orders(self, found: Brief, allowed: Mapping[str, str]) -> str:
        """Orders newest first with their lines, then returns; `allowed`: what may be done, by order."""
        if not found.orders:
            return stacked(notice("No orders are on record for this customer.", "empty"))
        shown = found.orders[:ORDERS_SHOWN]
        items = "".join(
            self._order(order, allowed.get(order.id, ""), is_first=n == 0) for n, order in enumerate(shown)
        )
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

    def _order(self, order: Order, allowed: str, *, is_first: bool) -> str:
        rows = "".join(self._line(line) for line in order.lines[:LINES_SHOWN])
        more = len(order.lines) - LINES_SHOWN
        rows += table_row(f"and {more} more lines", "", "") if more > 0 else ""
        kind = "yes" if is_open(order) else "warn" if order.is_cancelled else ""
        badges = badge(order.status, kind) if order.status else ""
        badges += badge(f"payment: {order.payment_status}") if order.payment_status else ""
        notes = [f"Tracking: {', '.join(order.tracking)}"] if order.tracking else []
        notes += [f"Goes to {city}"] if (city := order.ship_to.get("city", "")) else []
        notes += [f"Paid with {', '.join(order.payments)}"] if order.payments else []
        below = f'<p class="rs-small">{escape(" · ".join(notes))}</p>' if notes else ""
        below += f'<p class="rs-small">Under the policy: {escape(allowed)}</p>' if allowed else ""
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

    def timeline(self, found: Brief, kinds: Collection[str] = tuple(TIMELINE_KINDS)) -> str:
        """Orders, returns, chats, events and messages sent by date, newest first; only of `kinds`."""
        every = list(self._entries(found))
        entries = [entry for entry in every if entry[1] in kinds]
        if not entries:
            text = "Nothing of what is ticked is on record." if every else "Nothing is on record yet."
            return stacked(notice(text, "empty"))
        entries.sort(key=lambda entry: -entry[0].timestamp() if entry[0] else float("inf"))
        rows = "".join(
            f'<li class="rs-{kind}"><time{f" datetime={at.date().isoformat()}" if at else ""}>'
            f"{escape(show_day(at, self.settings))}</time><span>{escape(text)}</span></li>"
            for at, kind, text in entries[:TIMELINE_SHOWN]
        )
        more = len(entries) - TIMELINE_SHOWN
        older = f"{count_of(more, 'older entry', 'older entries', self.settings)} not shown."
        return stacked(
            f'<section class="rs-panel"><ol class="rs-time">{rows}</ol></section>',
            notice(older) if more > 0 else "",
        )

    def _entries(self, found: Brief) -> Iterator[tuple[datetime | None, str, str]]:
        """When (None: the data has no date), what kind, and in words."""
        for order in found.orders:
            status = f", {order.status}" if order.status else ""
            total = show_amount(order.total, self.settings)
            yield order.placed_at, "order", f"Order {order.id}, {total}{status}"
        for item in found.returns:
            amount = show_amount(item.amount, self.settings)
            yield item.at, "return", f"Sent back {item.quantity} × {item.title}, {amount}"
        for chat in found.conversations:
            handed = ", handed to a person" if chat.handed_off else ""
            yield chat.head.started_at, "chat", f"Chat with the assistant{handed}"
        for event in found.events:
            detail = event.properties.get("title") or event.properties.get("name") or ""
            kind = "message" if event.name in MESSAGE_EVENTS else "event"
            yield event.at, kind, f"{event.name} {detail}".strip()
        for message in found.messages:
            subject = f": {message.document['subject']}" if message.document.get("subject") else ""
            yield message.at, "message", f"{message.channel.capitalize()} {message.status}{subject}"

    def chats(self, found: Brief) -> str:
        """Conversations with the assistant, newest first, and what they told us they like."""
        likes = self._memories(found)
        if not found.conversations:
            return stacked(likes, notice("This customer has not chatted with the assistant yet.", "empty"))
        items = "".join(self._chat(chat, is_first=n == 0) for n, chat in enumerate(found.conversations))
        return stacked(likes, f'<ul class="rs-list">{items}</ul>')

    def _memories(self, found: Brief) -> str:
        """What the assistant remembers, each with the message it was learnt from."""
        said = {turn.id: turn for chat in found.conversations for turn in chat.turns}
        rows = []
        for memory in found.memories:
            turn = said.get(memory.source)
            where = f"chat of {show_day(memory.at, self.settings)}"
            where += f": “{turn.message}”" if turn else ""
            rows.append((f"{memory.kind} {memory.value}", where))
        return panel("What the assistant remembers, and from where", self._facts(rows)) if rows else ""

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
