"""What came back: opens, clicks, orders and refusals, imported from the mailing service's file.

They are kept as the customers' events (Segment's names), so that the support desk sees them and
forgetting a customer forgets them too; importing a file twice changes nothing. Also what earlier
campaigns teach about variants.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from assistant.campaign.base import Campaign, load_campaign
from assistant.campaign.checks import CONSENTED
from assistant.campaign.variants import Variant, learned_shares
from shop.errors import NotFound, SourceError
from shop.types import Event

if TYPE_CHECKING:
    from assistant.chat import Assistant

NAMES = {
    "opened": "Email Opened",
    "clicked": "Email Link Clicked",
    "bounced": "Email Bounced",
    "unsubscribed": "Unsubscribed",
    "ordered": "Order Completed",
}
"""What a row may say happened, and the event it is kept as."""
ALIASES = {
    **{word: "opened" for word in ("open", "opens", "view", "views", "opened email", "email opened")},
    **{word: "clicked" for word in ("click", "clicks", "clicked email", "email link clicked")},
    **{word: "bounced" for word in ("bounce", "bounces", "bounced email", "email bounced")},
    **{word: "unsubscribed" for word in ("unsubscribe", "unsubscribes")},
    **{word: "ordered" for word in ("order", "orders", "purchase", "placed order", "order completed")},
}
COLUMNS = {
    "customer_id": ("customer_id", "regulars_customer_id", "customer"),
    "email": ("email", "e-mail", "email address"),
    "event": ("event", "type", "action", "metric", "event name"),
    "at": ("at", "time", "timestamp", "date", "created_at"),
    "order_id": ("order_id", "order", "order id"),
    "amount": ("amount", "value", "revenue", "total"),
    "currency": ("currency",),
}


@dataclass(frozen=True, slots=True)
class ResultsReport:
    """What an import took, by kind, and the rows it passed over, with why."""

    taken: tuple[tuple[str, int], ...]
    skipped: tuple[tuple[int, str], ...]

    def lines(self) -> list[str]:
        """The report for people."""
        found = [", ".join(f"{count:,} {kind}" for kind, count in self.taken) or "nothing taken"]
        found += [f"row {row} passed over: {why}" for row, why in self.skipped[:10]]
        more = len(self.skipped) - 10
        return [*found, f"{more:,} more rows passed over"] if more > 0 else found


def import_results(assistant: Assistant, campaign: Campaign, text: str, name: str) -> ResultsReport:
    """Keep the rows of a CSV: who (customer_id or email), event, and where known when, order, amount.

    An unsubscribe takes the consent away. Raises SourceError naming file, row and column.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    places = _places(reader.fieldnames or (), name)
    members = {member.customer_id for member in campaign.audience}
    by_email = _by_email(assistant, members)
    events: list[Event] = []
    skipped: list[tuple[int, str]] = []
    taken: Counter[str] = Counter()
    try:
        for row, cells in enumerate(reader, 2):
            found = {field: (cells.get(column) or "").strip() for field, column in places.items()}
            who = found.get("customer_id", "") or by_email.get(found.get("email", "").lower(), "")
            kind = found["event"].lower()
            kind = ALIASES.get(kind, kind)
            if who not in members:
                skipped.append((row, "nobody of this campaign"))
            elif kind not in NAMES:
                skipped.append((row, f"event {found['event']!r} is not counted"))
            else:
                events.append(_event(assistant, campaign, who, kind, found, name, row))
                taken[kind] += 1
    except csv.Error as error:
        raise SourceError(f"this is no CSV ({error}); export it again", file=name) from error
    assistant.store.put_events(events)
    for event in events:
        if event.name == NAMES["unsubscribed"]:
            withdraw_consent(
                assistant, event.customer_id, f"unsubscribed from {campaign.name}", campaign.channel
            )
    return ResultsReport(tuple(taken.most_common()), tuple(skipped))


def withdraw_consent(assistant: Assistant, customer_id: str, source: str, channel: str = "email") -> bool:
    """Take back a customer's consent to marketing on a channel; whether there was any such customer."""
    customer = assistant.store.customer(customer_id)
    if customer is None:
        return False
    withdrawn: dict[str, Any] = {CONSENTED[channel][1]: False}
    consent = replace(customer.consent, source=source, **withdrawn)
    assistant.store.put_customers([replace(customer, consent=consent)])
    return True


def _places(header: Sequence[str], name: str) -> dict[str, str]:
    known = {column.strip().lower(): column for column in header if column}
    places = {
        field: next(known[alias] for alias in aliases if alias in known)
        for field, aliases in COLUMNS.items()
        if any(alias in known for alias in aliases)
    }
    if "event" not in places or not {"customer_id", "email"} & set(places):
        raise SourceError(
            "the first row must name the columns event and customer_id (or email); add them", file=name, row=1
        )
    return places


def _by_email(assistant: Assistant, members: set[str]) -> Mapping[str, str]:
    found = {}
    for customer_id in members:
        customer = assistant.store.customer(customer_id)
        if customer is not None and customer.email:
            found[customer.email.lower()] = customer_id
    return found


def _event(
    assistant: Assistant,
    campaign: Campaign,
    who: str,
    kind: str,
    cells: Mapping[str, str],
    name: str,
    row: int,
) -> Event:
    # A row without a time gets one that is the same at each import, so that it stays one event.
    midnight = datetime.combine(campaign.as_of, datetime.min.time(), UTC)
    at = _time(cells.get("at", ""), name, row) or midnight
    properties = {"campaign": campaign.id}
    if kind == "ordered":
        amount = cells.get("amount", "")
        try:
            properties["amount"] = str(Decimal(amount or "0"))
        except InvalidOperation:
            raise SourceError(
                f"{amount!r} is no amount; write it as 12.50", file=name, row=row, column="amount"
            ) from None
        properties["currency"] = cells.get("currency", "") or assistant.settings.currency
        properties["order_id"] = cells.get("order_id", "")
    return Event(NAMES[kind], who, at, properties)


def _time(text: str, name: str, row: int) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise SourceError(
            f"{text!r} is no time; write it as 2026-05-01 14:30", file=name, row=row, column="at"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def read_results_file(content: bytes, name: str) -> str:
    """The text of an uploaded or named file. Raises SourceError where it is none."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError("this is no text in UTF-8; save it as CSV (UTF-8)", file=name) from error


def learn_shares(
    assistant: Assistant, goal: str, channel: str, variants: Sequence[Variant]
) -> tuple[tuple[float, ...], str]:
    """Each variant's share, from how many customers ordered after earlier campaigns of this goal and
    channel that used just these settings; and the reason in words."""
    from assistant.campaign.report import variant_counts

    counts: Counter[str] = Counter()
    won: Counter[str] = Counter()
    for campaign in _earlier(assistant, goal, channel):
        for variant, (ordered, sent) in variant_counts(assistant, campaign).items():
            counts[variant] += sent
            won[variant] += ordered
    known = {variant.settings: (won[variant.settings], counts[variant.settings]) for variant in variants}
    if not any(sent for _, sent in known.values()):
        share = round(1 / len(variants), 4)
        return tuple(share for _ in variants), "Equal shares: no earlier campaign like this has results yet."
    shares = learned_shares(variants, known)
    told = "; ".join(
        f"{variant.name} {known[variant.settings][0]:,} orders of {known[variant.settings][1]:,}"
        for variant in variants
    )
    return shares, f"Shares by how likely each variant is the best, from earlier campaigns ({told})."


def _earlier(assistant: Assistant, goal: str, channel: str) -> Iterator[Campaign]:
    for stored in assistant.store.campaigns():
        if stored.goal == goal and stored.document.get("channel") == channel:
            try:
                yield load_campaign(assistant, stored.id)
            except NotFound:
                continue
