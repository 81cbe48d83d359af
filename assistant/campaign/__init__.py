"""Who to win back, and one drafted e-mail for each: rules choose, the composer words, checks decide.

Mails only customers who allow it; there is no switch for that. Knows the store, the figures in
insight/ and the recommender; knows nothing of pages, files or how mail is sent (we draft, the
shop's own mailing service sends).
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from assistant.campaign.checks import Check, Fact
from assistant.campaign.message import TONES, Email, write_messages
from insight.segments import lapsed_among, stats_as_of
from shop.errors import ConfigError, NotAllowed, NotFound
from shop.formats import format_count
from shop.store import Store
from shop.types import Customer, Money

if TYPE_CHECKING:
    from assistant.chat import Assistant

GOAL = "win back"
PAGE_ROWS = 2000
TOGETHER = 48
"""Messages worded in one go: many share what the model is asked, and what is saved is safe from a stop."""


@dataclass(frozen=True, slots=True)
class Member:
    """One customer of an audience. A held-out one gets no mail, so that the effect can be measured."""

    customer_id: str
    days_since: int
    orders: int
    spent: Money
    held_out: bool


@dataclass(frozen=True, slots=True)
class Campaign:
    """A planned campaign: the rule, who it reaches, who it leaves out and why."""

    id: str
    name: str
    goal: str
    as_of: date
    days: int
    holdout: float
    considered: int
    eligible: int
    audience: tuple[Member, ...]
    excluded: tuple[tuple[str, int], ...]

    @property
    def recipients(self) -> tuple[Member, ...]:
        """Those who get an e-mail."""
        return tuple(member for member in self.audience if not member.held_out)

    @property
    def held_out(self) -> tuple[Member, ...]:
        """Those who deliberately get none."""
        return tuple(member for member in self.audience if member.held_out)

    def sentence(self, locale: str = "en_GB") -> str:
        """The audience in words."""
        if not self.considered:
            return "This shop's data holds no customers."
        eligible, considered = format_count(self.eligible, locale), format_count(self.considered, locale)
        text = (
            f"{eligible} of {considered} customers have not ordered in the last {self.days} days "
            "and allow marketing e-mail."
        )
        if len(self.audience) < self.eligible:
            text += f" The {format_count(len(self.audience), locale)} who spent most are chosen."
        if self.held_out:
            held = format_count(len(self.held_out), locale)
            get = "gets" if len(self.held_out) == 1 else "get"
            text += f" {held} of them {get} no mail, so that the effect can be measured."
        return text


@dataclass(frozen=True, slots=True)
class DraftProduct:
    """A product in a message: as shown, and the reason given for it."""

    id: str
    title: str
    price: str
    why: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One customer's message, ready to be looked at. `status` is "draft" or "refused"."""

    customer_id: str
    subject: str
    preheader: str
    body: str
    cta: str
    facts: tuple[Fact, ...]
    products: tuple[DraftProduct, ...]
    checks: tuple[Check, ...]
    handled_by: str
    tone: str = TONES[0]

    @property
    def ok(self) -> bool:
        """Whether every check is green."""
        return all(check.ok for check in self.checks)

    @property
    def status(self) -> str:
        """ "draft" where it may be exported, "refused" where a check is red."""
        return "draft" if self.ok else "refused"

    def as_json(self) -> dict[str, Any]:
        """JSON-ready form; `read_draft` takes it back."""
        return {
            "customer_id": self.customer_id,
            "subject": self.subject,
            "preheader": self.preheader,
            "body": self.body,
            "cta": self.cta,
            "facts": [[fact.label, fact.value, fact.source] for fact in self.facts],
            "products": [[p.id, p.title, p.price, p.why] for p in self.products],
            "checks": [[check.name, check.ok, check.detail] for check in self.checks],
            "handled_by": self.handled_by,
            "tone": self.tone,
        }


def read_draft(document: dict[str, Any]) -> Draft:
    """A draft out of its stored form."""
    return Draft(
        customer_id=document["customer_id"],
        subject=document["subject"],
        preheader=document["preheader"],
        body=document["body"],
        cta=document["cta"],
        facts=tuple(Fact(*row) for row in document["facts"]),
        products=tuple(DraftProduct(*row) for row in document["products"]),
        checks=tuple(Check(*row) for row in document["checks"]),
        handled_by=document["handled_by"],
        tone=document.get("tone", TONES[0]),
    )


def is_held_out(name: str, customer_id: str, share: float) -> bool:
    """Whether the campaign `name` leaves this customer out: the same answer every time it is asked."""
    digest = hashlib.sha256(f"{name}\n{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share


def plan_campaign(assistant: Assistant, *, days: int = 90, limit: int = 50, holdout: float = 0.1) -> Campaign:
    """Plan and save a win-back campaign: no order in `days` days as of the shop's date.

    Takes the `limit` biggest spenders among those who allow marketing e-mail, and holds the share
    `holdout` (0 to 0.5) of them out. Raises ConfigError for values that make no sense.
    """
    if not 1 <= days <= 3650:
        raise ConfigError(f"days is {days}; choose 1 to 3650 days without an order")
    if not 1 <= limit <= 100_000:
        raise ConfigError(f"limit is {limit}; choose 1 to 100,000 customers")
    if not 0 <= holdout <= 0.5:
        raise ConfigError(f"holdout is {holdout}; choose a share from 0 to 0.5")
    today = assistant.settings.current_date
    name = f"win-back-{days}d-{today.isoformat()}"
    customers = {customer.id: customer for customer in all_customers(assistant.store)}
    stats = [row for row in stats_as_of(assistant.store, today) if row.customer_id in customers]
    gone = lapsed_among(stats, today, days)
    allowed = [row for row in gone if customers[row.customer_id].consent.marketing_email]
    audience = tuple(
        Member(
            customer_id=row.customer_id,
            days_since=(today - row.last_at.date()).days if row.last_at else 0,
            orders=row.orders,
            spent=row.spent,
            held_out=is_held_out(name, row.customer_id, holdout),
        )
        for row in allowed[:limit]
    )
    reasons = (
        ("no dated order on record", len(customers) - len(stats)),
        (f"ordered in the last {days} days", len(stats) - len(gone)),
        ("do not allow marketing e-mail", len(gone) - len(allowed)),
        (f"beyond the limit of {limit}, smaller spenders", len(allowed) - len(audience)),
    )
    campaign = Campaign(
        id="",
        name=name,
        goal=GOAL,
        as_of=today,
        days=days,
        holdout=holdout,
        considered=len(customers),
        eligible=len(allowed),
        audience=audience,
        excluded=tuple((reason, count) for reason, count in reasons if count),
    )
    return replace(campaign, id=assistant.store.save_campaign(name, GOAL, _campaign_json(campaign)))


def load_campaign(assistant: Assistant, campaign_id: str) -> Campaign:
    """A saved campaign. Raises NotFound."""
    stored = assistant.store.campaign(campaign_id)
    if stored is None:
        raise NotFound(f"there is no campaign {campaign_id!r}; plan one first")
    kept = stored.document
    return Campaign(
        id=stored.id,
        name=stored.name,
        goal=stored.goal,
        as_of=date.fromisoformat(kept["as_of"]),
        days=kept["days"],
        holdout=kept["holdout"],
        considered=kept["considered"],
        eligible=kept["eligible"],
        audience=tuple(
            Member(row[0], row[1], row[2], Money(Decimal(row[3]), row[4]), row[5]) for row in kept["audience"]
        ),
        excluded=tuple((reason, count) for reason, count in kept["excluded"]),
    )


def draft_message(
    assistant: Assistant, campaign: Campaign, customer_id: str, *, tone: str = TONES[0]
) -> Draft:
    """One e-mail, drafted, checked and saved; what is saved in this tone already stays as it is.

    Raises NotFound, or NotAllowed without consent or if held out, ConfigError for an unknown tone.
    """
    customer = _recipient(assistant, campaign, customer_id)
    saved = drafts_of(assistant, campaign.id).get(customer_id)
    if saved is not None and saved.tone == tone:
        return saved
    return _save_drafts(assistant, campaign, [customer], tone)[0]


def _recipient(assistant: Assistant, campaign: Campaign, customer_id: str) -> Customer:
    customer = assistant.store.customer(customer_id)
    if customer is None:
        raise NotFound(f"there is no customer {customer_id!r}; choose one of the audience")
    member = next((row for row in campaign.audience if row.customer_id == customer_id), None)
    if not customer.consent.marketing_email:
        raise NotAllowed(f"customer {customer_id} does not allow marketing e-mail; leave them out")
    if member is None:
        raise NotAllowed(f"customer {customer_id} is not in this campaign's audience; choose one who is")
    if member.held_out:
        raise NotAllowed(f"customer {customer_id} is held out to measure the effect; choose another one")
    return customer


def _save_drafts(
    assistant: Assistant, campaign: Campaign, customers: Sequence[Customer], tone: str
) -> list[Draft]:
    if tone not in TONES:
        raise ConfigError(f"there is no tone {tone!r}; choose one of {', '.join(TONES)}")
    drafts = []
    for customer, email in zip(customers, write_messages(assistant, customers, tone), strict=True):
        draft = _as_draft(customer.id, email, tone)
        assistant.store.put_draft(campaign.id, customer.id, draft.as_json(), draft.status)
        drafts.append(draft)
    return drafts


def drafts_of(assistant: Assistant, campaign_id: str) -> dict[str, Draft]:
    """The drafts saved so far, by customer id."""
    return {row.customer_id: read_draft(row.document) for row in assistant.store.drafts(campaign_id)}


def draft_campaign(
    assistant: Assistant,
    campaign: Campaign,
    progress: Callable[[int, int], None] | None = None,
    *,
    tone: str = TONES[0],
) -> list[Draft]:
    """A draft for every recipient; those saved by an earlier run in the same tone are kept.

    A customer who has since withdrawn consent or been deleted is passed over. Some are worded together;
    `progress` is called with how many are done of how many.
    """
    saved = {who: one for who, one in drafts_of(assistant, campaign.id).items() if one.tone == tone}
    found: list[Draft] = []
    recipients = campaign.recipients
    for at in range(0, len(recipients), TOGETHER):
        together = recipients[at : at + TOGETHER]
        wanted: list[Customer] = []
        for member in together:
            if member.customer_id not in saved:
                with contextlib.suppress(NotAllowed, NotFound):
                    wanted.append(_recipient(assistant, campaign, member.customer_id))
        fresh = {draft.customer_id: draft for draft in _save_drafts(assistant, campaign, wanted, tone)}
        drafts = saved | fresh
        found.extend(drafts[m.customer_id] for m in together if m.customer_id in drafts)
        if progress is not None:
            progress(at + len(together), len(recipients))
    return found


def all_customers(store: Store) -> Iterator[Customer]:
    """Every customer, a page at a time."""
    offset = 0
    while page := store.customers(PAGE_ROWS, offset):
        yield from page
        offset += len(page)


def _as_draft(customer_id: str, email: Email, tone: str) -> Draft:
    return Draft(
        customer_id=customer_id,
        subject=email.subject,
        preheader=email.preheader,
        body=email.body,
        cta=email.cta,
        facts=email.facts,
        products=tuple(DraftProduct(*row) for row in email.products),
        checks=email.checks,
        handled_by=email.handled_by,
        tone=tone,
    )


def _campaign_json(campaign: Campaign) -> dict[str, Any]:
    return {
        "as_of": campaign.as_of.isoformat(),
        "days": campaign.days,
        "holdout": campaign.holdout,
        "considered": campaign.considered,
        "eligible": campaign.eligible,
        "audience": [
            [m.customer_id, m.days_since, m.orders, str(m.spent.amount), m.spent.currency, m.held_out]
            for m in campaign.audience
        ],
        "excluded": [list(pair) for pair in campaign.excluded],
    }
