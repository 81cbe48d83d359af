"""Engagement value: how much a customer does with the shop, as frequency times intensity.

frequency = acts, an act half a half-life old counting less (0.5 ** (age / half-life));
intensity = their mean weight (an order weighs more than a look). The product is the sum of
weight x fading over all acts. Weights and half-life are the shop's settings. Knows no predictions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from insight.history import Floats, History, cut_of
from insight.profile import Engagement
from shop.settings import ORDER

TREND_DAYS = 30


@dataclass(frozen=True, slots=True)
class EngagementTable:
    """Per customer (in History.customers' order) the fading acts and the value; see the module."""

    frequency: Floats
    value: Floats

    @property
    def intensity(self) -> Floats:
        """Mean weight of an act; 0 without acts."""
        return self.value / np.maximum(self.frequency, 1e-12)


def compute_engagement(
    history: History, day: date, weights: Mapping[str, float], half_life_days: float
) -> EngagementTable:
    """Everybody's engagement as of `day`, that day included and nothing after it."""
    cut = cut_of(day + timedelta(days=1))
    past = history.before(cut)
    size = len(past.customers)
    per_act = np.array([weights.get(name, 0.0) for name in (ORDER, *past.act_names)])
    who = np.concatenate([past.orders.customer, past.acts.customer])
    kind = np.concatenate([np.zeros(len(past.orders.at), np.int64), past.acts.kind + 1])
    at = np.concatenate([past.orders.at, past.acts.at])
    weight = per_act[kind]
    fading = np.where(weight > 0, 0.5 ** ((cut - at) / half_life_days), 0.0)
    return EngagementTable(
        np.bincount(who, weights=fading, minlength=size).astype(np.float64),
        np.bincount(who, weights=fading * weight, minlength=size).astype(np.float64),
    )


def describe_engagement(
    now: EngagementTable, before: EngagementTable, place: int, ranks: Floats
) -> Engagement:
    """One customer's engagement with its trend over TREND_DAYS and its rank."""
    value, then = float(now.value[place]), float(before.value[place])
    trend = value / then - 1 if then > 0 else None
    if value <= 0:
        words = "nothing done so far"
    elif trend is None:
        words = f"new in the last {TREND_DAYS} days"
    elif abs(trend) < 0.1:
        words = f"as active as {TREND_DAYS} days ago"
    else:
        words = f"{abs(trend):.0%} {'more' if trend > 0 else 'less'} active than {TREND_DAYS} days ago"
    return Engagement(value, float(ranks[place]), trend, words)


def rank_shares(values: Floats) -> Floats:
    """For each value the share of values below it."""
    return np.asarray(np.searchsorted(np.sort(values), values, side="left") / max(1, len(values)), np.float64)


def engagement_curve(
    history: History, days: Sequence[date], weights: Mapping[str, float], half_life_days: float
) -> list[tuple[date, float]]:
    """The shop's engagement (all customers' values added up) on each day."""
    return [
        (day, float(compute_engagement(history, day, weights, half_life_days).value.sum())) for day in days
    ]
