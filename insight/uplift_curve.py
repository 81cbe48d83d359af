"""How good a choice of recipients is: Qini curve, its area, and visits gained by the best share.

Everything is read off a randomised test: among the customers ranked highest, how much more often
those written to came than those held out. Radcliffe 2007 ("Using control groups to target on
predicted lift") for the curve. Knows rankings; knows nothing of how one was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.int64]

SHARE = 0.3
DRAWS = 1000
SEED = 0
SHARES = np.linspace(0, 1, 101)
PER = 1000
"""Figures are given per this many customers."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the middle 95 % of its bootstrap draws."""

    value: float
    low: float
    high: float


class Ranking:
    """Customers from the highest score down; equal scores stay in the order of the rows."""

    def __init__(self, score: Array, mailed: Flags, came: Flags) -> None:
        self.order = np.argsort(-score, kind="stable")
        self._mailed, came = mailed[self.order], came[self.order]
        self._with_mail, self._without = came * self._mailed, came * (1 - self._mailed)

    def gains(self, shares: Array, times: Flags | None = None) -> Array:
        """Extra visits per 1,000 customers when each of these shares of the best is written to.

        At share p: p times the difference of the visiting rates of those written to and those held out
        among the p ranked highest. `times` says how often each row counts (a bootstrap draw).
        """
        each = np.ones(len(self.order), np.int64) if times is None else times[self.order]
        people, mailed = np.cumsum(each), np.cumsum(each * self._mailed)
        visits = np.cumsum(each * self._with_mail), np.cumsum(each * self._without)
        wanted = np.round(shares * people[-1])
        at = np.minimum(np.searchsorted(people, wanted), len(people) - 1)
        n_mailed = mailed[at]
        rate = visits[0][at] / np.maximum(n_mailed, 1) - visits[1][at] / np.maximum(people[at] - n_mailed, 1)
        return cast(Array, np.where(wanted > 0, PER * shares * rate, 0.0))


def area(curve: Array) -> float:
    """A curve's mean height above the straight line of choosing at random (the Qini coefficient)."""
    return float(curve.mean() - curve[-1] / 2)


def curve_of(score: Array, mailed: Flags, came: Flags, shares: Array = SHARES) -> Array:
    """Extra visits per 1,000 customers at each share, best customers first."""
    return Ranking(score, mailed, came).gains(shares)


def qini_area(score: Array, mailed: Flags, came: Flags) -> float:
    """The Qini coefficient of a score."""
    return area(curve_of(score, mailed, came))


def gain_at(score: Array, mailed: Flags, came: Flags, share: float = SHARE) -> float:
    """The curve at one share: extra visits per 1,000 customers when that share of them is written to."""
    return float(curve_of(score, mailed, came, np.array([share]))[0])


def gain_at_random(mailed: Flags, came: Flags, share: float = SHARE) -> float:
    """What that share gains when chance chooses it: its part of what writing to everybody gains."""
    return share * gain_at(np.zeros(len(came)), mailed, came, 1.0)


@dataclass(frozen=True, slots=True)
class Draws:
    """Gain at one share, area and whole curve of every ranking, one row a bootstrap draw.

    All rankings see the same draws of customers, so that differences pair. `random` is a gain too.
    """

    gain: Mapping[str, Array]
    area: Mapping[str, Array]
    curve: Mapping[str, Array]


def draw_figures(
    scores: Mapping[str, Array], mailed: Flags, came: Flags, share: float = SHARE, draws: int = DRAWS
) -> Draws:
    """Every ranking over the same bootstrap draws of customers."""
    rankings = {name: Ranking(score, mailed, came) for name, score in scores.items()}
    shares = np.append(SHARES, share)
    curves = {name: np.zeros((draws, len(SHARES))) for name in rankings}
    gain = {name: np.zeros(draws) for name in (*rankings, "random")}
    for draw, times in enumerate(_times(len(came), draws)):
        for name, ranking in rankings.items():
            found = ranking.gains(shares, times)
            curves[name][draw], gain[name][draw] = found[:-1], found[-1]
            gain["random"][draw] = share * found[-2]
    areas = {name: curve.mean(axis=1) - curve[:, -1] / 2 for name, curve in curves.items()}
    return Draws(gain, areas, curves)


def _times(rows: int, draws: int) -> Iterator[Flags]:
    """How often each row is drawn, with replacement."""
    rng = np.random.default_rng(SEED)
    for _ in range(draws):
        yield np.bincount(rng.integers(0, rows, rows), minlength=rows)


def interval(value: float, draws: Array) -> Estimate:
    """`value` with the middle 95 % of its draws."""
    low, high = np.quantile(draws, (0.025, 0.975))
    return Estimate(value, float(low), float(high))
