"""What the shop knows of its customers today: profiles, segments, engagement and the models behind.

    insight = open_insight(store, settings)
    insight.profile("17850").churn.probability

Reads the store and the shop's trained models; trains nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from insight.profile import (
    RULES,
    CustomerProfile,
    Driver,
    Membership,
    ModelCard,
    Prediction,
    SegmentCount,
    Target,
)
from insight.segments import Segment, named_segments, stats_as_of
from shop.settings import Settings
from shop.store import CustomerStats, Store

NO_MODEL = (
    "no trained model yet, so this is a rule over the days since the last order; run `regulars predict`"
)
CHURN_DAYS = 90


class Insight:
    """Everything insight knows, as of `today`; build with `open_insight`."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self.today = settings.current_date

    def profile(self, customer_id: str) -> CustomerProfile:
        """One customer's profile; a customer without dated orders has one that says little."""
        return next(
            (found for found in self.profiles() if found.customer_id == customer_id), self._blank(customer_id)
        )

    def profiles(self) -> Iterator[CustomerProfile]:
        """All customers with a dated order, by id."""
        stats = stats_as_of(self._store, self.today)
        groups = named_segments(stats, self.today)
        return (self._profile(row, groups) for row in stats if row.last_at is not None)

    def segments(self) -> Sequence[Segment]:
        """The shop's segments with their customers, the named rules first."""
        return named_segments(stats_as_of(self._store, self.today), self.today)

    def segment_history(self, dates: Sequence[date]) -> Sequence[SegmentCount]:
        """Every segment's size on each of `dates` (ascending), with who joined and left in between."""
        found, before = [], {}
        for at in dates:
            groups = named_segments(stats_as_of(self._store, at), at)
            for group in groups:
                now, then = set(group.customer_ids), before.get(group.name, set())
                found.append(
                    SegmentCount(group.name, group.sentence, at, len(now), len(now - then), len(then - now))
                )
                before[group.name] = now
        return found

    def engagement_curve(self, dates: Sequence[date]) -> Sequence[tuple[date, float]]:
        """The shop's engagement value (sum over customers) on each of `dates`."""
        return []

    def model_card(self, target: Target) -> ModelCard | None:
        """The card of the model in use, None where the rules do."""
        return None

    def _blank(self, customer_id: str) -> CustomerProfile:
        return CustomerProfile(customer_id, self.today, None, None, None, None, None, CHURN_DAYS, (), None)

    def _profile(self, row: CustomerStats, groups: Sequence[Segment]) -> CustomerProfile:
        assert row.last_at is not None
        days = (self.today - row.last_at.date()).days
        memberships = tuple(
            Membership(g.name, g.sentence) for g in groups if row.customer_id in g.customer_ids
        )
        churn = min(0.95, 0.2 + days / 300)
        driver = Driver("days_since", f"last order {days} days ago", 0.0)
        return CustomerProfile(
            row.customer_id,
            self.today,
            Prediction("churn", churn, CHURN_DAYS, (driver,), RULES, NO_MODEL),
            Prediction("purchase", (1 - churn) / 2, 30, (driver,), RULES, NO_MODEL),
            Prediction("purchase", 1 - churn, CHURN_DAYS, (driver,), RULES, NO_MODEL),
            self.today + timedelta(days=1),
            None,
            CHURN_DAYS,
            memberships,
            None,
        )


def open_insight(store: Store, settings: Settings) -> Insight:
    """The shop's insight as of the settings' date."""
    return Insight(store, settings)
