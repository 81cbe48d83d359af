"""What to expect of a customer from the days since their last order alone.

The rule that stands in where there is no trained model, and the level that trained ones are held to.
Read from the shop's own past where it is long enough, else from the giftware sample's. Knows one
feature; knows no models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from insight.history import Floats, History
from insight.outcomes import examples_at, training_cuts

LATEST_CUTS = 4
"""A month of weekly cuts."""
CUSTOMERS_AT_LEAST = 100
SAMPLE_DAYS = (0.0, 7.0, 21.0, 45.0, 80.0, 130.0)
SAMPLE_RATES = (0.68, 0.65, 0.62, 0.55, 0.42, 0.28)
"""Of the giftware sample's customers, the share that bought within 90 days, by days since their last order
(cuts to 2011-06-11)."""
SAMPLE_HORIZON_DAYS = 90


@dataclass(frozen=True, slots=True)
class RecencyRule:
    """The probability to buy within a horizon at certain days since the last order, straight between."""

    days: tuple[float, ...]
    rates: tuple[float, ...]
    own: bool

    def buys(self, days_since: Floats) -> Floats:
        """One probability a customer."""
        return np.asarray(np.interp(days_since, self.days, self.rates), np.float64)


def recency_rule(history: History, end: float, horizon_days: int) -> RecencyRule:
    """The rule as of `end`, from the latest cuts whose horizon is over by then.

    Isotonic regression: the longer the silence, the smaller the chance. A shop of fewer than
    CUSTOMERS_AT_LEAST customers then gets the sample's, as if its rate were steady over the horizon.
    """
    from sklearn.isotonic import IsotonicRegression

    past = history.before(end)
    parts = [
        examples_at(past, cut, horizon_days) for cut in training_cuts(past, end, horizon_days)[:LATEST_CUTS]
    ]
    if not parts or len(parts[0].bought) < CUSTOMERS_AT_LEAST:
        silent = (1 - np.array(SAMPLE_RATES)) ** (horizon_days / SAMPLE_HORIZON_DAYS)
        return RecencyRule(SAMPLE_DAYS, tuple(map(float, 1 - silent)), own=False)
    days = np.concatenate([part.column("days_since") for part in parts])
    bought = np.concatenate([part.bought for part in parts]).astype(np.float64)
    curve = IsotonicRegression(increasing=False, out_of_bounds="clip").fit(days, bought)
    knots, rates = curve.X_thresholds_, curve.y_thresholds_
    return RecencyRule(tuple(map(float, knots)), tuple(map(float, rates)), own=True)
