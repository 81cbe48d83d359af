"""One day's figures of all customers, computed when first asked for.

Knows the history up to a day, the shop's settings and its trained models; gives arrays. What they mean
for one customer is put together in customers.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from insight.clusters import Clusters, find_clusters
from insight.engagement import TREND_DAYS, EngagementTable, compute_engagement, rank_shares
from insight.feature_table import FeatureTable, compute_features
from insight.history import Floats, History, cut_of, from_days, read_history
from insight.kept_models import Kept, load_model, load_value
from insight.profile import RULES
from insight.rules import recency_rule
from insight.segments import Rule, segment_rules
from insight.value import Buying
from shop.settings import Settings
from shop.store import Store

SHORT_DAYS, VALUE_DAYS = 30, 90
PAST_WEEKS = 26
"""How far back a membership's beginning is looked for."""


def horizons(settings: Settings) -> tuple[int, ...]:
    """The horizons a shop's predictions have, in days, ascending."""
    return tuple(sorted({SHORT_DAYS, VALUE_DAYS, settings.churn_days}))


@dataclass(frozen=True)
class Outlook:
    """One horizon's probabilities of buying, one a row of the table; `kept` is the model they come from,
    None where the rules do, and `notice` says why."""

    buys: Floats
    kept: Kept | None
    notice: str

    @property
    def model(self) -> str:
        """The model's version, or RULES."""
        return self.kept.version if self.kept else RULES


@dataclass(frozen=True)
class Snapshot:
    """Everything as of `today` (that day included): rows are those of `table`, columns of matrices too.

    Others hold one entry a customer of the history ("place").
    """

    settings: Settings
    today: date
    history: History
    table: FeatureTable
    outlooks: dict[int, Outlook]

    @cached_property
    def rows(self) -> dict[str, int]:
        """Customers who have a row, by id."""
        return {self.history.customers[place]: row for row, place in enumerate(self.table.customer)}

    @cached_property
    def worth(self) -> Floats | None:
        """What each is expected to order for within VALUE_DAYS; None without a trained model."""
        model = load_value(self.settings.shop, self.today)
        if model is None:
            return None
        names = ("order_days", "days_since", "tenure_days", "orders", "mean_order")
        order_days, since, tenure, orders, mean = (self.table.column(n).astype(np.float64) for n in names)
        buying = Buying.of_days(order_days, since, tenure)
        return model.expected(buying, orders, mean, self.outlooks[VALUE_DAYS].buys, VALUE_DAYS)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The named segments' rules and the shop's own."""
        return segment_rules(self.settings.segments, self.settings.churn_days)

    @cached_property
    def members(self) -> NDArray[np.bool_]:
        """For whom each rule holds, one row a rule."""
        return rule_mask(self.rules, self.table)

    @cached_property
    def past(self) -> list[tuple[date, NDArray[np.bool_]]]:
        """The same a week ago, two weeks ago and so on, one column a customer of the history."""
        found = []
        for week in range(1, PAST_WEEKS + 1):
            cut = self.table.cut - 7 * week
            table = compute_features(self.history, cut)
            held = np.zeros((len(self.rules), len(self.history.customers)), np.bool_)
            held[:, table.customer] = rule_mask(self.rules, table)
            found.append((from_days(cut - 1), held))
        return found

    @cached_property
    def clusters(self) -> Clusters | None:
        """Groups found by likeness."""
        return find_clusters(self.table)

    @cached_property
    def engaged(self) -> EngagementTable:
        """Engagement now."""
        return self._engagement(self.today)

    @cached_property
    def engaged_before(self) -> EngagementTable:
        """Engagement TREND_DAYS ago."""
        return self._engagement(self.today - timedelta(days=TREND_DAYS))

    @cached_property
    def ranks(self) -> Floats:
        """The share of customers whose engagement is lower."""
        return rank_shares(self.engaged.value)

    def _engagement(self, day: date) -> EngagementTable:
        own = self.settings
        return compute_engagement(self.history, day, own.act_weights, own.engagement_half_life_days)


def take_snapshot(store: Store, settings: Settings) -> Snapshot:
    """Read the store and the models in use, as of the settings' date."""
    today = settings.current_date
    end = cut_of(today + timedelta(days=1))
    history = read_history(store).before(end)
    table = compute_features(history, end)
    outlooks = {}
    for days in horizons(settings):
        kept, notice = load_model(settings.shop, days, today)
        if kept:
            buys = kept.trained.buys(table.values)
        else:
            since = table.column("days_since").astype(np.float64)
            buys = recency_rule(history, end, days).buys(since)
        outlooks[days] = Outlook(buys, kept, notice)
    return Snapshot(settings, today, history, table, outlooks)


def rule_mask(rules: Sequence[Rule], table: FeatureTable) -> NDArray[np.bool_]:
    """One row a rule, one column a row of the table."""
    return np.array([rule.members(table) for rule in rules]).reshape(len(rules), len(table.customer))
