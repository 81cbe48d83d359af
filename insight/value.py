"""How often a customer will buy and what an order of theirs is worth, by two small statistical models.

BG/NBD (Fader, Hardie, Lee 2005, "Counting your customers the easy way"): customers buy at a steady
rate of their own (gamma over customers) and after each order may leave for good (beta). Gamma-Gamma
(Fader, Hardie 2013): mean order worth, drawn towards the shop's where a customer has few orders. Both
need three columns a customer; time is in weeks. Fitted by scipy with a penalty on the logarithms of
the parameters, without which BG/NBD runs off to infinity on some shops. Knows no features but these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.special import gammaln, hyp2f1, logsumexp  # type: ignore[import-untyped]

from insight.history import Floats

WEEK_DAYS = 7.0


@dataclass(frozen=True, slots=True)
class Buying:
    """Per customer: repeat purchases, weeks from the first to the last, weeks from the first to the cut."""

    repeats: Floats
    last_weeks: Floats
    weeks: Floats

    @classmethod
    def of_days(cls, order_days: Floats, days_since: Floats, tenure_days: Floats) -> Buying:
        """From feature columns; several orders on one day are one purchase."""
        weeks = np.maximum(np.asarray(tenure_days, np.float64), 0) / WEEK_DAYS
        last = np.maximum(weeks - np.asarray(days_since, np.float64) / WEEK_DAYS, 0)
        return cls(np.maximum(np.asarray(order_days, np.float64) - 1, 0), last, weeks)


@dataclass(frozen=True, slots=True)
class BgNbd:
    """Fitted parameters: buying rate ~ gamma(r, alpha), chance to leave after an order ~ beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, buying: Buying) -> Floats:
        """Probability that the customer has not left for good (1 without a repeat: it cannot be told)."""
        odds = np.log(self.a / np.maximum(self.b + buying.repeats - 1, 1e-9)) + (self.r + buying.repeats) * (
            np.log(self.alpha + buying.weeks) - np.log(self.alpha + buying.last_weeks)
        )
        return np.asarray(np.where(buying.repeats > 0, 1 / (1 + np.exp(np.minimum(odds, 500))), 1.0))

    def buys_within(self, buying: Buying, days: float) -> Floats:
        """Probability of at least one purchase within `days`: alive, and not silent by chance.

        Given alive, the rate is gamma(r + x, alpha + T): leaving happens only right after an order.
        """
        span = self.alpha + buying.weeks
        silent = (span / (span + days / WEEK_DAYS)) ** (self.r + buying.repeats)
        return np.asarray(self.alive(buying) * (1 - silent))

    def purchases_within(self, buying: Buying, days: float) -> Floats:
        """Expected number of purchases within `days` (equation 10 of the paper)."""
        x, weeks = buying.repeats, days / WEEK_DAYS
        span = self.alpha + buying.weeks
        tail = hyp2f1(self.r + x, self.b + x, self.a + self.b + x - 1, weeks / (span + weeks))
        silent = (span / (span + weeks)) ** (self.r + x)
        number = (self.a + self.b + x - 1) / (self.a - 1) * (1 - silent * tail)
        return np.asarray(np.maximum(number, 0) * self.alive(buying))


def fit_bg_nbd(buying: Buying, penalty: float) -> BgNbd:
    """The parameters of highest likelihood less `penalty` x sum of squared logarithms."""
    x, last, weeks = buying.repeats, buying.last_weeks, buying.weeks

    def loss(logs: Floats) -> float:
        r, alpha, a, b = np.exp(logs)
        common = (
            gammaln(r + x) - gammaln(r) + r * np.log(alpha)
            + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        )  # fmt: skip
        stays = -(r + x) * np.log(alpha + weeks)
        leaves = np.where(
            x > 0, np.log(a) - np.log(np.maximum(b + x - 1, 1e-9)) - (r + x) * np.log(alpha + last), -np.inf
        )
        likelihood = common + logsumexp(np.vstack([stays, leaves]), axis=0)
        return float(-likelihood.mean() + penalty * (logs**2).sum())

    return BgNbd(*np.exp(_minimum(loss, 4)))


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """Fitted parameters of the worth of orders."""

    p: float
    q: float
    gamma: float

    def mean_order(self, orders: Floats, mean_worth: Floats) -> Floats:
        """Expected worth of a customer's next order; the shop's mean for one without a paid order."""
        x = np.where(mean_worth > 0, orders, 0)
        return np.asarray(self.p * (self.gamma + x * mean_worth) / np.maximum(self.p * x + self.q - 1, 1e-9))


def fit_gamma_gamma(orders: Floats, mean_worth: Floats, penalty: float = 0.001) -> GammaGamma:
    """Fit over the customers with a paid order; worth is scaled to its mean, so currencies fit alike."""
    paid = mean_worth > 0
    x, scale = orders[paid], float(mean_worth[paid].mean()) if paid.any() else 1.0
    m = mean_worth[paid] / scale
    if not len(x):
        return GammaGamma(1.0, 2.0, 1.0)

    def loss(logs: Floats) -> float:
        p, q, gamma = np.exp(logs[0]), 1 + np.exp(logs[1]), np.exp(logs[2])
        likelihood = (
            gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
            + (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(gamma + m * x)
        )  # fmt: skip
        return float(-likelihood.mean() + penalty * (logs**2).sum())

    found = _minimum(loss, 3)
    return GammaGamma(float(np.exp(found[0])), float(1 + np.exp(found[1])), float(np.exp(found[2]) * scale))


def _minimum(loss: Callable[[Floats], float], size: int) -> Floats:
    with np.errstate(all="ignore"):
        found = minimize(loss, np.zeros(size), method="L-BFGS-B", bounds=[(-6.0, 6.0)] * size)
    return np.asarray(found.x, np.float64)


@dataclass(frozen=True, slots=True)
class ValueModel:
    """A shop's two models together."""

    buying: BgNbd
    worth: GammaGamma

    def expected(
        self, buying: Buying, orders: Floats, mean_worth: Floats, chance: Floats, days: int
    ) -> Floats:
        """What each customer is expected to order for within `days`, before returns.

        `chance` is the calibrated probability of buying at all; BG/NBD says how many purchases that is
        worth (at least one), Gamma-Gamma how much one is.
        """
        bought = np.maximum(self.buying.buys_within(buying, days), 1e-9)
        times = np.maximum(self.buying.purchases_within(buying, days) / bought, 1.0)
        per_day = orders / np.maximum(buying.repeats + 1, 1)
        return np.asarray(chance * times * per_day * self.worth.mean_order(orders, mean_worth), np.float64)
