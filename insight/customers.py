"""What the shop knows of its customers today: profiles, segments, engagement and the models behind.

    insight = open_insight(store, settings)
    insight.profile("17850").churn.probability

Reads the store and the shop's trained models once a day (and again when orders came in); trains
nothing. Where no model will serve, a rule over recency does, and the predictions say so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit  # type: ignore[import-untyped]

from insight.engagement import describe_engagement, engagement_curve
from insight.explain import explain, global_importance, say_feature
from insight.feature_table import compute_features
from insight.history import Floats, cut_of
from insight.kept_models import trained_to
from insight.profile import (
    CustomerProfile,
    Driver,
    Membership,
    ModelCard,
    Prediction,
    ReliabilityBin,
    SegmentCount,
    Target,
)
from insight.segments import Segment, members_of
from insight.snapshot import SHORT_DAYS, VALUE_DAYS, Snapshot, horizons, take_snapshot
from shop.settings import Settings
from shop.store import Store
from shop.types import Money

BATCH_ROWS = 2_000
AT_RISK = 0.5
"""From this probability to lapse on a customer may be lost."""
FAR_DAYS = 365
"""A next purchase further away than this is not given a date."""


class Insight:
    """Everything insight knows, as of the settings' date; build with `open_insight`. Thread-safe."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self.settings = settings
        self._lock = threading.Lock()
        self._kept: tuple[tuple[date, int, int], Snapshot] | None = None

    @property
    def today(self) -> date:
        """The shop's date, which is the last day known."""
        return self._settings.current_date

    @property
    def horizons(self) -> tuple[int, ...]:
        """The horizons of the shop's predictions, in days."""
        return horizons(self._settings)

    def profile(self, customer_id: str) -> CustomerProfile:
        """One customer's profile; that of a customer without a dated order says little."""
        snapshot = self._snapshot()
        row = snapshot.rows.get(customer_id)
        if row is None:
            return CustomerProfile(
                customer_id, self.today, None, None, None, None, None, VALUE_DAYS, (), None
            )
        return next(self._profiles(snapshot, np.array([row])))

    def profiles(self) -> Iterator[CustomerProfile]:
        """All customers with a dated order, by id."""
        snapshot = self._snapshot()
        return self._profiles(snapshot, np.arange(len(snapshot.table.customer)))

    def chances(self, horizon_days: int) -> tuple[str, list[tuple[str, float]]]:
        """The model in use (or RULES) and every customer's probability to buy within one of `horizons`."""
        snapshot = self._snapshot()
        outlook = snapshot.outlooks[horizon_days]
        return outlook.model, list(zip(snapshot.rows, map(float, outlook.buys), strict=True))

    def notice(self, horizon_days: int) -> str:
        """Why the rules do for a horizon; '' where a model does."""
        return self._snapshot().outlooks[horizon_days].notice

    def at_risk(self, most: int = 50) -> list[CustomerProfile]:
        """Customers with the most worth to lose: probability of churn times what they spent so far, among
        those who have not lapsed yet and are more likely than not to."""
        snapshot = self._snapshot()
        lost = 1 - snapshot.outlooks[self._settings.churn_days].buys
        here = snapshot.table.column("days_since") <= self._settings.churn_days
        risk = np.where(here & (lost >= AT_RISK), lost * snapshot.table.column("spent"), -1.0)
        rows = np.argsort(-risk, kind="stable")[:most]
        return list(self._profiles(snapshot, rows[risk[rows] >= 0]))

    # -- segments --------------------------------------------------------------------------------

    def segments(self) -> tuple[Segment, ...]:
        """The named segments, the shop's own, and the clusters found, each with its customers."""
        snapshot = self._snapshot()
        named = members_of(snapshot.rules, snapshot.table, snapshot.history.customers)
        return (*named, *self._clusters(snapshot))

    def segment_history(self, days: Sequence[date]) -> list[SegmentCount]:
        """The named segments on each of `days` (ascending), with who joined and left in between."""
        snapshot = self._snapshot()
        found: list[SegmentCount] = []
        before: dict[str, set[str]] = {}
        for day in days:
            table = compute_features(snapshot.history, cut_of(day + timedelta(days=1)))
            for one in members_of(snapshot.rules, table, snapshot.history.customers):
                now, then = set(one.customer_ids), before.get(one.name)
                joined, left = (0, 0) if then is None else (len(now - then), len(then - now))
                found.append(SegmentCount(one.name, one.sentence, day, len(now), joined, left))
                before[one.name] = now
        return found

    def _clusters(self, snapshot: Snapshot) -> Iterator[Segment]:
        if snapshot.clusters is None:
            return
        for number, name in enumerate(snapshot.clusters.names):
            places = snapshot.table.customer[snapshot.clusters.labels == number]
            ids = tuple(snapshot.history.customers[place] for place in places)
            yield Segment(name, snapshot.clusters.sentences[number], ids)

    # -- the shop and its models -----------------------------------------------------------------

    def engagement_curve(self, days: Sequence[date]) -> list[tuple[date, float]]:
        """The shop's engagement value (all customers' added up) on each of `days`."""
        own = self._settings
        return engagement_curve(
            self._snapshot().history, days, own.act_weights, own.engagement_half_life_days
        )

    def model_card(self, target: Target, horizon_days: int | None = None) -> ModelCard | None:
        """The card of the model in use, None where the rules are; churn's horizon is the shop's."""
        days = horizon_days or (self._settings.churn_days if target == "churn" else SHORT_DAYS)
        snapshot = self._snapshot()
        kept = snapshot.outlooks[days].kept if days in snapshot.outlooks else None
        if kept is None:
            return None
        trained = kept.trained
        bins = trained.reliability
        if target == "churn":
            bins = tuple(ReliabilityBin(1 - b.predicted, 1 - b.observed, b.count) for b in reversed(bins))
        return ModelCard(
            target,
            days,
            kept.version,
            trained.name,
            trained_to(trained),
            {
                "judged_on": trained.judged_on,
                "log_loss": dict(trained.losses),
                "ece": trained.ece,
                "rows": trained.rows,
                "cuts": trained.cuts,
                "seed": trained.seed,
            },
            bins,
            global_importance(trained.features, trained.effects(snapshot.table.values)),
        )

    # -- one day's figures -----------------------------------------------------------------------

    def _snapshot(self) -> Snapshot:
        key = (self.today, self._store.count("orders"), self._store.count("events"))
        with self._lock:
            if self._kept is None or self._kept[0] != key:
                self._kept = (key, take_snapshot(self._store, self._settings))
            return self._kept[1]

    def refresh(self) -> None:
        """Read everything anew at the next question: a model was trained, or orders were corrected."""
        with self._lock:
            self._kept = None

    # -- one customer ----------------------------------------------------------------------------

    def _profiles(self, snapshot: Snapshot, rows: NDArray[np.int64]) -> Iterator[CustomerProfile]:
        """Profiles of rows of the table, in batches: a model explains many at once in the time of a few."""
        for start in range(0, len(rows), BATCH_ROWS):
            batch = rows[start : start + BATCH_ROWS]
            effects = {
                days: outlook.kept.trained.effects(snapshot.table.values[batch])
                for days, outlook in snapshot.outlooks.items()
                if outlook.kept
            }
            for place, row in enumerate(batch):
                yield self._profile(snapshot, int(row), {days: own[place] for days, own in effects.items()})

    def _profile(self, snapshot: Snapshot, row: int, effects: dict[int, Floats]) -> CustomerProfile:
        place = int(snapshot.table.customer[row])
        worth, currency = snapshot.worth, snapshot.history.currency
        amount = None if worth is None else Decimal(f"{worth[row]:.2f}")
        return CustomerProfile(
            customer_id=snapshot.history.customers[place],
            as_of=self.today,
            churn=self._predict(snapshot, row, "churn", self._settings.churn_days, effects),
            buy_30=self._predict(snapshot, row, "purchase", SHORT_DAYS, effects),
            buy_90=self._predict(snapshot, row, "purchase", VALUE_DAYS, effects),
            next_purchase=next_purchase(
                self.today,
                float(snapshot.outlooks[SHORT_DAYS].buys[row]),
                float(snapshot.outlooks[VALUE_DAYS].buys[row]),
            ),
            expected_value=None if amount is None or not currency else Money(amount, currency),
            value_days=VALUE_DAYS,
            segments=tuple(self._segments_of(snapshot, row, place)),
            engagement=describe_engagement(snapshot.engaged, snapshot.engaged_before, place, snapshot.ranks),
        )

    def _predict(
        self, snapshot: Snapshot, row: int, target: Target, days: int, effects: dict[int, Floats]
    ) -> Prediction:
        outlook = snapshot.outlooks[days]
        buys = float(outlook.buys[row])
        values = snapshot.table.values[row]
        sign = -1 if target == "churn" else 1
        if outlook.kept:
            trained = outlook.kept.trained
            currency = snapshot.history.currency
            reasons = explain(trained.features, values, sign * effects[days], currency, self._settings.locale)
        else:
            since = float(snapshot.table.column("days_since")[row])
            usual = float(np.clip(outlook.buys.mean(), 1e-3, 1 - 1e-3))
            effect = sign * float(logit(np.clip(buys, 1e-3, 1 - 1e-3)) - logit(usual))
            reasons = (Driver("days_since", say_feature("days_since", since), effect),)
        chance = 1 - buys if target == "churn" else buys
        return Prediction(target, chance, days, reasons, outlook.model, outlook.notice)

    def _segments_of(self, snapshot: Snapshot, row: int, place: int) -> Iterator[Membership]:
        for number, rule in enumerate(snapshot.rules):
            if snapshot.members[number, row]:
                since = self.today
                for day, held in snapshot.past:
                    if not held[number, place]:
                        break
                    since = day
                yield Membership(rule.name, rule.sentence, since)
        if snapshot.clusters is not None:
            number = int(snapshot.clusters.labels[row])
            yield Membership(snapshot.clusters.names[number], snapshot.clusters.sentences[number])


def next_purchase(today: date, within_30: float, within_90: float) -> date | None:
    """The day by which it is as likely as not that the customer has ordered; None beyond FAR_DAYS.

    A Weibull waiting time through the two probabilities: -ln(1 - P(t)) = (t / scale) ** shape.
    """
    near, far = (-float(np.log1p(-min(max(p, 1e-4), 1 - 1e-4))) for p in (within_30, within_90))
    # A chance that hardly grows from 30 to 90 days would put the date nowhere.
    shape = max(0.2, float(np.log(max(far, near * 1.01) / near) / np.log(VALUE_DAYS / SHORT_DAYS)))
    days = SHORT_DAYS * (float(np.log(2)) / near) ** (1 / shape)
    return today + timedelta(days=max(1, round(days))) if days <= FAR_DAYS else None


_OPEN: WeakKeyDictionary[Store, Insight] = WeakKeyDictionary()


def open_insight(store: Store, settings: Settings) -> Insight:
    """The shop's insight as of the settings' date; the same one for all who ask with the same settings."""
    kept = _OPEN.get(store)
    if kept is None or kept.settings is not settings:
        kept = _OPEN[store] = Insight(store, settings)
    return kept
