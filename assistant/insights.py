"""What the studio shows of all customers at once: segments, engagement, models, who may be lost, what is odd.

Figures only; who may see them is the caller's business. Everything is as of the shop's date, and where no
model was trained it says so. Knows the store and insight; knows nothing of pages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from insight.anomalies import Anomaly, watch_of
from insight.customers import AT_RISK, Insight, open_insight
from insight.explain import say_feature
from insight.profile import CustomerProfile, Importance, ModelCard, ReliabilityBin, SegmentCount, Target
from shop.settings import Settings
from shop.store import CustomerStats, Store
from shop.types import Money

__all__ = [
    "Anomaly",
    "AtRisk",
    "Importance",
    "ModelCard",
    "Overview",
    "ReliabilityBin",
    "SegmentCount",
    "read_overview",
]

TARGETS: tuple[Target, ...] = ("churn", "purchase")
MONTHS = 12
MOVE_DAYS = 30
CURVE_WEEKS = 39
SHOWN = 20
REASONS = 2
ANOMALIES = 12


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A customer who may be lost, with what they spent, why, and whether they may be written to."""

    customer_id: str
    name: str
    probability: float
    spent: Money
    orders: int
    days_since: int
    reasons: tuple[str, ...]
    may_write: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The shop's customers as of a date; `at_risk` have not been gone for `horizon_days` yet.

    `moves` compares with MOVE_DAYS before; lists may be empty. `anomalies` are the furthest of a customer
    each, with how many more that customer has.
    """

    as_of: date
    horizon_days: int
    customers: int
    active: int
    at_risk_count: int
    moves: tuple[SegmentCount, ...]
    history: tuple[SegmentCount, ...]
    engagement: tuple[tuple[date, float], ...]
    cards: tuple[ModelCard, ...]
    at_risk: tuple[AtRisk, ...]
    anomalies: tuple[tuple[Anomaly, int], ...]
    anomaly_count: int
    notice: str


def read_overview(store: Store, settings: Settings) -> Overview:
    """Everything the studio's insight page shows; reads every customer once."""
    insight, today = open_insight(store, settings), settings.current_date
    horizon = settings.churn_days
    after = datetime.combine(today + timedelta(days=1), time.min, tzinfo=UTC)
    stats = {row.customer_id: row for row in store.order_stats(before=after) if row.last_at is not None}
    first = min((row.first_at.date() for row in stats.values() if row.first_at), default=today)
    days_since = {who: (today - row.last_at.date()).days for who, row in stats.items() if row.last_at}
    _, buys = insight.chances(horizon)
    odd = watch_of(store).all(today, settings.locale)
    dates = _month_ends(first, today)
    return Overview(
        as_of=today,
        horizon_days=horizon,
        customers=len(stats),
        active=sum(days <= MOVE_DAYS for days in days_since.values()),
        at_risk_count=sum(
            1 - p >= AT_RISK and days_since.get(who, horizon + 1) <= horizon for who, p in buys
        ),
        moves=_moves(insight, today),
        history=tuple(insight.segment_history(dates)) if len(dates) > 1 else (),
        engagement=tuple(insight.engagement_curve(_weeks(first, today))),
        cards=tuple(card for target in TARGETS if (card := insight.model_card(target)) is not None),
        at_risk=tuple(
            _at_risk(store, profile, stats[profile.customer_id], days_since[profile.customer_id])
            for profile in insight.at_risk(SHOWN)
            if profile.customer_id in stats
        ),
        anomalies=_by_customer(odd),
        anomaly_count=len(odd),
        notice=insight.notice(horizon),
    )


def _at_risk(store: Store, profile: CustomerProfile, row: CustomerStats, days: int) -> AtRisk:
    assert profile.churn is not None
    customer = store.customer(profile.customer_id)
    reasons = tuple(reason.words for reason in profile.churn.reasons if reason.effect > 0)[:REASONS]
    return AtRisk(
        customer_id=profile.customer_id,
        name=customer.name if customer is not None else "",
        probability=profile.churn.probability,
        spent=row.spent,
        orders=row.orders,
        days_since=days,
        reasons=reasons or (say_feature("days_since", days),),
        may_write=customer is not None and customer.consent.marketing_email,
    )


def _moves(insight: Insight, today: date) -> tuple[SegmentCount, ...]:
    counted: Sequence[SegmentCount] = insight.segment_history((today - timedelta(days=MOVE_DAYS), today))
    return tuple(count for count in counted if count.at == today)


def _by_customer(odd: Sequence[Anomaly]) -> tuple[tuple[Anomaly, int], ...]:
    """The first anomaly of each customer and how many more there are; the list comes in order."""
    first: dict[str, Anomaly] = {}
    count = Counter(one.customer_id for one in odd)
    for one in odd:
        first.setdefault(one.customer_id, one)
    return tuple((one, count[who] - 1) for who, one in first.items())[:ANOMALIES]


def _month_ends(first: date, today: date) -> list[date]:
    """Today and the same day of up to MONTHS months before it, as far as there were customers."""
    found = [today - timedelta(days=round(30.44 * back)) for back in range(MONTHS, -1, -1)]
    return [day for day in found if day >= first]


def _weeks(first: date, today: date) -> list[date]:
    found = [today - timedelta(weeks=back) for back in range(CURVE_WEEKS, -1, -1)]
    return [day for day in found if day >= first]
