"""What a campaign did: who was written to against who was held out, by variant and by segment.

Orders are the shop's own, placed within `days` days after the messages went out, and those that a
results file tells of besides. Everybody is counted in the group they were drawn for, whether or not
their message went out (intention to treat), because only the draw makes the groups alike.
Intervals: Wilson's for a rate (Wilson 1927), Newcombe's method 10 for the difference of two rates
(Newcombe 1998), percentile bootstrap for revenue. Knows nothing of pages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from assistant.campaign.base import Campaign
from assistant.campaign.results import NAMES
from shop.errors import ConfigError, NotFound
from shop.formats import format_count, format_money
from shop.types import Event, Money

if TYPE_CHECKING:
    from assistant.chat import Assistant

Z = 1.959964
"""The normal distribution's 97.5 % point: all intervals are 95 %."""
DAYS = 14
RESAMPLES = 2_000
OUT = ("exported", "sending", "sent")


@dataclass(frozen=True, slots=True)
class Span:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether zero is outside the interval."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Arm:
    """One group of customers: how many, how many were written to, opened, clicked and ordered, the rate
    of those who ordered, and what they spent in all."""

    name: str
    customers: int
    written: int
    opened: int
    clicked: int
    bounced: int
    unsubscribed: int
    ordered: int
    rate: Span
    revenue: Money


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """`written` against `held_out`, and the parts of `written`. `gain` is the difference of the two rates
    of ordering, `revenue_gain` of revenue a customer; both None without held-out customers. `lift` is
    `gain` as a share of the held-out rate (None where that is 0)."""

    campaign: Campaign
    days: int
    since: datetime
    complete: bool
    written: Arm
    held_out: Arm
    gain: Span | None
    lift: float | None
    revenue_gain: Span | None
    by_variant: tuple[Arm, ...]
    by_segment: tuple[tuple[Arm, Arm], ...]

    def sentence(self, locale: str = "en_GB") -> str:
        """The result in words that claim no more than the interval does."""
        who = format_count(self.written.customers, locale)
        text = f"{self.written.rate.value:.1%} of {who} customers ordered within {self.days} days"
        if not self.complete:
            text += " (the time is not over yet)"
        if self.gain is None:
            return f"{text}. Nobody was held out, so it is not known how many would have ordered anyway."
        held = format_count(self.held_out.customers, locale)
        text += f", against {self.held_out.rate.value:.1%} of {held} held out"
        points = (
            f"{self.gain.value * 100:+.1f} points ({self.gain.low * 100:+.1f} to {self.gain.high * 100:+.1f})"
        )
        if not self.gain.is_clear:
            return f"{text}: {points}. That may be chance: no effect is shown."
        direction = "more" if self.gain.value > 0 else "fewer"
        text += f": {points}, so {direction} ordered because of the campaign."
        extra = self.extra_revenue()
        if self.revenue_gain is not None and self.revenue_gain.is_clear and extra is not None:
            text += f" It brought about {format_money(extra, locale)}."
        elif self.gain.value > 0:
            text += " Whether it brought money is not clear."
        return text

    def arms(self) -> list[Arm]:
        """Every group of the report, the two that are compared first."""
        found = [self.written, *([self.held_out] if self.held_out.customers else [])]
        if len(self.by_variant) > 1:
            found += [replace(arm, name=f"Variant {arm.name}") for arm in self.by_variant]
        for one, other in self.by_segment:
            found.append(one)
            if other.customers:
                found.append(replace(other, name=f"{other.name}, held out"))
        return found

    def as_json(self, locale: str = "en_GB") -> dict[str, object]:
        """JSON-ready: the comparison and every group."""
        extra = self.extra_revenue()
        return {
            "campaign": self.campaign.id,
            "name": self.campaign.name,
            "days": self.days,
            "since": self.since.isoformat(),
            "complete": self.complete,
            "sentence": self.sentence(locale),
            "gain": asdict(self.gain) if self.gain else None,
            "lift": self.lift,
            "revenue_gain": asdict(self.revenue_gain) if self.revenue_gain else None,
            "extra_revenue": float(extra.amount) if extra else None,
            "currency": self.written.revenue.currency,
            "arms": [asdict(arm) | {"revenue": float(arm.revenue.amount)} for arm in self.arms()],
        }

    def extra_revenue(self) -> Money | None:
        """Revenue that the campaign is estimated to have brought, in all."""
        if self.revenue_gain is None:
            return None
        amount = Decimal(str(self.revenue_gain.value * self.written.customers)).quantize(Decimal("0.01"))
        return Money(amount, self.written.revenue.currency)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one customer of a campaign did, for whatever learns from it: `treated` is False for those
    held out; `converted` says whether they ordered in time, `revenue` for how much."""

    customer_id: str
    treated: bool
    variant: str
    segment: str
    converted: bool
    revenue: Money


def report_campaign(assistant: Assistant, campaign: Campaign, days: int = DAYS) -> CampaignReport:
    """The report. Raises NotFound where nothing has gone out, ConfigError for senseless days."""
    if not 1 <= days <= 365:
        raise ConfigError(f"days is {days}; choose 1 to 365 days after sending")
    since = _sent_at(assistant, campaign)
    outcomes = campaign_outcomes(assistant, campaign, days)
    told = _events(assistant, campaign)
    written_to = {m.customer_id for m in assistant.store.messages(campaign.id) if m.status in OUT}
    currency = assistant.settings.currency

    def arm(name: str, members: Iterable[Outcome]) -> Arm:
        return _arm(name, list(members), written_to, told, currency)

    treated = [outcome for outcome in outcomes if outcome.treated]
    control = [outcome for outcome in outcomes if not outcome.treated]
    one, other = arm("Written to", treated), arm("Held out", control)
    gain = difference(one.ordered, one.customers, other.ordered, other.customers) if control else None
    segments = sorted({outcome.segment for outcome in outcomes if outcome.segment})
    end = since + timedelta(days=days)
    return CampaignReport(
        campaign=campaign,
        days=days,
        since=since,
        complete=_is_over(assistant, end),
        written=one,
        held_out=other,
        gain=gain,
        lift=gain.value / other.rate.value if gain and other.rate.value else None,
        revenue_gain=_revenue_gain(treated, control),
        by_variant=tuple(arm(v.name, (o for o in treated if o.variant == v.name)) for v in campaign.variants),
        by_segment=tuple(
            (
                arm(name, (o for o in treated if o.segment == name)),
                arm(name, (o for o in control if o.segment == name)),
            )
            for name in segments
        ),
    )


def campaign_outcomes(assistant: Assistant, campaign: Campaign, days: int = DAYS) -> list[Outcome]:
    """What each customer of the audience did within `days` days. Raises NotFound before anything went out."""
    since, currency = _sent_at(assistant, campaign), assistant.settings.currency
    worth: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for customer_id, order_id, money in assistant.store.order_worth(since, since + timedelta(days=days)):
        # What is paid in another currency counts as an order, not as revenue.
        worth[customer_id][order_id] = money.amount if money.currency == currency else Decimal(0)
    for number, event in enumerate(_events(assistant, campaign)[NAMES["ordered"]]):
        order_id = event.properties.get("order_id", "") or f"told {number}"
        worth[event.customer_id].setdefault(order_id, Decimal(event.properties.get("amount", "0")))
    return [
        Outcome(
            member.customer_id,
            not member.held_out,
            member.variant,
            member.segment,
            member.customer_id in worth,
            Money(sum(worth[member.customer_id].values(), Decimal(0)), currency)
            if member.customer_id in worth
            else Money(Decimal(0), currency),
        )
        for member in campaign.audience
    ]


def variant_counts(assistant: Assistant, campaign: Campaign) -> Mapping[str, tuple[int, int]]:
    """(ordered, written to) by `Variant.settings`; empty until the time for orders is over.

    A mail of this morning that nobody has ordered after yet says nothing against its variant.
    """
    try:
        end = _sent_at(assistant, campaign) + timedelta(days=DAYS)
        outcomes = campaign_outcomes(assistant, campaign) if _is_over(assistant, end) else []
    except NotFound:
        outcomes = []
    if not outcomes:
        return {}
    found = {}
    for variant in campaign.variants:
        own = [outcome for outcome in outcomes if outcome.treated and outcome.variant == variant.name]
        found[variant.settings] = sum(outcome.converted for outcome in own), len(own)
    return found


def _sent_at(assistant: Assistant, campaign: Campaign) -> datetime:
    times = [m.at for m in assistant.store.messages(campaign.id) if m.status in OUT]
    if not times:
        raise NotFound(f"nothing of campaign {campaign.name} has gone out yet; export or send it first")
    return min(times)


def _is_over(assistant: Assistant, end: datetime) -> bool:
    """Whether all orders up to `end` are known: that day has come, or later orders are there."""
    times = assistant.store.order_times()
    return end.date() <= assistant.settings.current_date or (bool(times) and times[-1][1] >= end)


def _events(assistant: Assistant, campaign: Campaign) -> Mapping[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in assistant.store.events_named(NAMES.values()):
        if event.properties.get("campaign") == campaign.id:
            found[event.name].append(event)
    return found


def _arm(
    name: str,
    outcomes: Sequence[Outcome],
    written_to: set[str],
    told: Mapping[str, Sequence[Event]],
    currency: str,
) -> Arm:
    ids = {outcome.customer_id for outcome in outcomes}

    def count(kind: str) -> int:
        return len({event.customer_id for event in told.get(NAMES[kind], ())} & ids)

    ordered = sum(outcome.converted for outcome in outcomes)
    revenue = sum((outcome.revenue.amount for outcome in outcomes), Decimal(0))
    return Arm(
        name,
        len(ids),
        len(ids & written_to),
        count("opened"),
        count("clicked"),
        count("bounced"),
        count("unsubscribed"),
        ordered,
        wilson(ordered, len(ids)),
        Money(revenue, currency),
    )


def wilson(won: int, of: int) -> Span:
    """A rate with Wilson's score interval; (0, 0, 1) of nobody."""
    if not of:
        return Span(0.0, 0.0, 1.0)
    rate, share = won / of, Z * Z / of
    centre = (rate + share / 2) / (1 + share)
    half = Z * sqrt(rate * (1 - rate) / of + share / (4 * of)) / (1 + share)
    return Span(rate, max(0.0, centre - half), min(1.0, centre + half))


def difference(won: int, of: int, other_won: int, other_of: int) -> Span:
    """The first rate less the second, with Newcombe's interval (his method 10)."""
    one, other = wilson(won, of), wilson(other_won, other_of)
    gap = one.value - other.value
    low = sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    high = sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Span(gap, gap - low, gap + high)


def _revenue_gain(treated: Sequence[Outcome], control: Sequence[Outcome]) -> Span | None:
    """Mean revenue a customer, written to less held out, with a bootstrap interval (fixed seed)."""
    if not treated or not control:
        return None
    rng = np.random.default_rng(0)
    one = np.array([float(outcome.revenue.amount) for outcome in treated])
    other = np.array([float(outcome.revenue.amount) for outcome in control])
    draws = np.array(
        [rng.choice(one, len(one)).mean() - rng.choice(other, len(other)).mean() for _ in range(RESAMPLES)]
    )
    low, high = np.percentile(draws, (2.5, 97.5))
    return Span(float(one.mean() - other.mean()), float(low), float(high))
