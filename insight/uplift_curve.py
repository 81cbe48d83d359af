"""How good a choice of recipients is: Qini curve, its area, and visits gained by the best share.

Everything is read off a randomised test: among the customers ranked highest, how much more often
those written to came than those held out. Radcliffe 2007 ("Using control groups to target on
predicted lift") for the curve. Knows rankings; knows nothing of how one was made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.int64]

SHARE = 0.3
DRAWS = 1000
SEED = 0
POINTS = 101
PER = 1000
"""Figures are given per this many customers."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the middle 95 % of its bootstrap draws."""

    value: float
    low: float
    high: float


def curve_of(score: Array, mailed: Flags, came: Flags, points: int = POINTS) -> Array:
    """Extra visits per 1,000 customers when the best share is written to, from nobody to everybody.

    At share p: p times the difference of visiting rates of those written to and those held out among
    the p ranked highest. Equal scores are kept in the order of the rows.
    """
    order = np.argsort(-score, kind="stable")
    treated, came_ranked = mailed[order], came[order]
    n_mailed = np.concatenate([[0], np.cumsum(treated)])
    n_held = np.arange(len(order) + 1) - n_mailed
    with_mail = np.concatenate([[0], np.cumsum(came_ranked * treated)])
    without = np.concatenate([[0], np.cumsum(came_ranked * (1 - treated))])
    at = np.round(np.linspace(0, len(order), points)).astype(np.int64)
    rate = with_mail[at] / np.maximum(n_mailed[at], 1) - without[at] / np.maximum(n_held[at], 1)
    return cast(Array, PER * (at / len(order)) * rate)


def qini_area(score: Array, mailed: Flags, came: Flags) -> float:
    """The curve's mean height above the straight line of choosing at random (the Qini coefficient)."""
    curve = curve_of(score, mailed, came)
    return float(curve.mean() - curve[-1] / 2)


def gain_at(score: Array, mailed: Flags, came: Flags, share: float = SHARE) -> float:
    """The curve at one share: extra visits per 1,000 customers when that share of them is written to."""
    chosen = np.argsort(-score, kind="stable")[: round(share * len(score))]
    treated, came_chosen = mailed[chosen] == 1, came[chosen]
    if not treated.any() or treated.all():
        return 0.0
    return float(PER * share * (came_chosen[treated].mean() - came_chosen[~treated].mean()))


def gain_at_random(mailed: Flags, came: Flags, share: float = SHARE) -> float:
    """What that share gains when chance chooses it: its part of what writing to everybody gains."""
    return float(PER * share * (came[mailed == 1].mean() - came[mailed == 0].mean()))


def draw_figures(
    scores: Mapping[str, Array],
    mailed: Flags,
    came: Flags,
    share: float = SHARE,
    draws: int = DRAWS,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, dict[str, Array]]:
    """Gain and Qini of every ranking over the same bootstrap draws of customers, so that they pair.

    {"gain": {ranking: one value a draw, …, "random": …}, "qini": {…}}
    """
    rng = np.random.default_rng(SEED)
    gain = {name: np.zeros(draws) for name in (*scores, "random")}
    qini = {name: np.zeros(draws) for name in scores}
    for draw in range(draws):
        rows = rng.integers(0, len(came), len(came))
        mail, visit = mailed[rows], came[rows]
        for name, score in scores.items():
            ranked = score[rows]
            gain[name][draw] = gain_at(ranked, mail, visit, share)
            qini[name][draw] = qini_area(ranked, mail, visit)
        gain["random"][draw] = gain_at_random(mail, visit, share)
        if progress is not None:
            progress(draw + 1, draws)
    return {"gain": gain, "qini": qini}


def interval(value: float, draws: Array) -> Estimate:
    """`value` with the middle 95 % of its draws."""
    low, high = np.quantile(draws, (0.025, 0.975))
    return Estimate(value, float(low), float(high))


def curve_band(
    score: Array, mailed: Flags, came: Flags, draws: int = 200, points: int = POINTS
) -> tuple[Array, Array, Array]:
    """The curve and the middle 95 % of its draws at every point: (curve, low, high)."""
    rng = np.random.default_rng(SEED)
    found = np.zeros((draws, points))
    for draw in range(draws):
        rows = rng.integers(0, len(came), len(came))
        found[draw] = curve_of(score[rows], mailed[rows], came[rows], points)
    low, high = np.quantile(found, (0.025, 0.975), axis=0)
    return curve_of(score, mailed, came, points), low, high
