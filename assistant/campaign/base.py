"""What a campaign is, and how it is kept: its rule, its members, its variants; who allows which channel.

Knows the store's shape of a campaign; decides nothing about who is chosen (plan.py does).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from assistant.campaign.variants import Variant
from shop.errors import NotFound
from shop.formats import format_count
from shop.settings import Settings
from shop.types import Consent, Money

if TYPE_CHECKING:
    from assistant.chat import Assistant

CHANNELS: Mapping[str, str] = {"email": "marketing e-mail", "sms": "marketing texts", "push": "push messages"}
CAP_HOURS: Mapping[str, int] = {"email": 16, "sms": 24, "push": 16}
"""Nobody hears from us twice within so many hours on one channel."""


@dataclass(frozen=True, slots=True)
class Member:
    """One customer of an audience. A held-out one gets no message, so that the effect can be measured.
    `offer` is the text of theirs, '' for none; `offer_why` says why this one or none."""

    customer_id: str
    days_since: int | None
    orders: int
    spent: Money | None
    held_out: bool
    variant: str = "A"
    segment: str = ""
    offer: str = ""
    offer_why: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A planned campaign: the rule, who it reaches, who it leaves out and why."""

    id: str
    name: str
    goal: str
    as_of: date
    channel: str
    rule: str
    holdout: float
    considered: int
    eligible: int
    audience: tuple[Member, ...]
    excluded: tuple[tuple[str, int], ...]
    variants: tuple[Variant, ...] = (Variant("A"),)
    shares: tuple[float, ...] = (1.0,)
    shares_why: str = ""
    products: tuple[str, ...] = ()
    cap_hours: int = CAP_HOURS["email"]
    notices: tuple[str, ...] = ()
    created_at: datetime | None = field(default=None, compare=False)

    @property
    def recipients(self) -> tuple[Member, ...]:
        """Those who get a message."""
        return tuple(member for member in self.audience if not member.held_out)

    @property
    def held_out(self) -> tuple[Member, ...]:
        """Those who deliberately get none."""
        return tuple(member for member in self.audience if member.held_out)

    def variant(self, name: str) -> Variant:
        """The variant called `name`. Raises NotFound."""
        for variant in self.variants:
            if variant.name == name:
                return variant
        raise NotFound(f"this campaign has no variant {name!r}; it has {_names(self.variants)}")

    def sentence(self, locale: str = "en_GB") -> str:
        """The audience in words."""
        if not self.considered:
            return "This shop's data holds no customers."
        eligible, considered = format_count(self.eligible, locale), format_count(self.considered, locale)
        text = f"{eligible} of {considered} customers {self.rule} and allow {CHANNELS[self.channel]}."
        if len(self.audience) < self.eligible:
            text += f" The {format_count(len(self.audience), locale)} who spent most are chosen."
        if self.held_out:
            held = format_count(len(self.held_out), locale)
            get = "gets" if len(self.held_out) == 1 else "get"
            text += f" {held} of them {get} no message, so that the effect can be measured."
        return text


def moment_of(settings: Settings) -> datetime:
    """The present moment on the shop's date: samples live in the past, and so do their messages."""
    now = datetime.now(UTC)
    return datetime.combine(settings.today, now.time(), UTC) if settings.today else now


def allows(consent: Consent, channel: str) -> bool:
    """Whether a customer agreed to marketing on this channel. Nothing else decides."""
    return bool(
        {
            "email": consent.marketing_email,
            "sms": consent.marketing_sms,
            "push": consent.marketing_push,
        }[channel]
    )


def save_campaign(assistant: Assistant, campaign: Campaign) -> Campaign:
    """Keep a new campaign; the same with its id."""
    members = [(member.customer_id, _member_json(member)) for member in campaign.audience]
    document = _campaign_json(campaign)
    id_ = assistant.store.save_campaign(campaign.name, campaign.goal, document, members)
    return replace(campaign, id=id_)


def load_campaign(assistant: Assistant, campaign_id: str) -> Campaign:
    """A saved campaign. Raises NotFound."""
    stored = assistant.store.campaign(campaign_id)
    if stored is None:
        raise NotFound(f"there is no campaign {campaign_id!r}; plan one first")
    kept = stored.document
    if "channel" not in kept:
        raise NotFound(f"campaign {stored.name} was planned by an older Regulars; plan it again")
    return Campaign(
        id=stored.id,
        name=stored.name,
        goal=stored.goal,
        as_of=date.fromisoformat(kept["as_of"]),
        channel=kept["channel"],
        rule=kept["rule"],
        holdout=kept["holdout"],
        considered=kept["considered"],
        eligible=kept["eligible"],
        audience=tuple(_member(*row) for row in assistant.store.members(campaign_id)),
        excluded=tuple((reason, count) for reason, count in kept["excluded"]),
        variants=tuple(Variant(*row) for row in kept["variants"]),
        shares=tuple(kept["shares"]),
        shares_why=kept["shares_why"],
        products=tuple(kept["products"]),
        cap_hours=kept["cap_hours"],
        notices=tuple(kept["notices"]),
        created_at=stored.created_at,
    )


def _names(variants: Sequence[Variant]) -> str:
    return ", ".join(variant.name for variant in variants)


def _campaign_json(campaign: Campaign) -> dict[str, Any]:
    return {
        "as_of": campaign.as_of.isoformat(),
        "channel": campaign.channel,
        "rule": campaign.rule,
        "holdout": campaign.holdout,
        "considered": campaign.considered,
        "eligible": campaign.eligible,
        "excluded": [list(pair) for pair in campaign.excluded],
        "variants": [[v.name, v.tone, v.products, v.subject, v.offer] for v in campaign.variants],
        "shares": list(campaign.shares),
        "shares_why": campaign.shares_why,
        "products": list(campaign.products),
        "cap_hours": campaign.cap_hours,
        "notices": list(campaign.notices),
    }


def _member_json(member: Member) -> list[Any]:
    spent = [str(member.spent.amount), member.spent.currency] if member.spent else None
    held = [member.held_out, member.variant, member.segment, member.offer, member.offer_why]
    return [member.days_since, member.orders, spent, *held]


def _member(customer_id: str, kept: Sequence[Any]) -> Member:
    days, orders, spent, *rest = kept
    return Member(customer_id, days, orders, Money(Decimal(spent[0]), spent[1]) if spent else None, *rest)
