"""Fitting the ranker's weights to judged queries.

Two linear models, every weight held to the sign that makes sense. `fused` maximises the likelihood of
the answers among all candidates (a softmax over them, Cao et al. 2007, ListNet), which keeps answers
within the first hundred. `ranked` lessens the discounted gain lost by pairs in the wrong order among
these hundred (Burges 2010, LambdaRank), by a few rounds of weighted logistic regression. Knows tables
of signals and gains; knows nothing of products or files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from retrieval.ranker import DEPTH, Ranker
from retrieval.signals import NAMES

Array = NDArray[np.float64]

AGAINST = frozenset({"for_another"})
"""Signals that speak against a product; all others speak for it."""
FUSED_PENALTY = 3.0
RANKED_PENALTY = 0.01
"""Ridge on weights of standardised signals, for sums and for means over queries."""
TOP = 10
TAIL = 0.3
"""What places behind the first ten count of what they would: fitting to ten alone loses the rest."""
ROUNDS = 6
LEAST = 0.003
"""Pairs that matter less than this are left out: most of the pairs, hardly any of the loss."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One judged query: signals and gain of each candidate, and the best discounted gain possible."""

    table: NDArray[np.float32]
    gains: Array
    ideal: float


def fit_ranker(samples: Sequence[Sample]) -> Ranker:
    """The weights for `samples`; those without any gain among the candidates teach nothing."""
    samples = [sample for sample in samples if sample.ideal > 0 and sample.gains.max(initial=0) > 0]
    if not samples:
        raise ValueError("no query has a product with a gain among its candidates")
    fused = _fit_likelihood([(sample.table.astype(np.float64), sample.gains) for sample in samples])
    reordered = []
    for sample in samples:
        first = np.argsort(-(sample.table @ fused), kind="stable")[:DEPTH]
        reordered.append((sample.table[first].astype(np.float64), sample.gains[first], sample.ideal))
    start = _fit_likelihood([(table, gains) for table, gains, _ in reordered])
    ranked = _fit_order(reordered, start)
    return Ranker(tuple(map(float, fused)), tuple(map(float, ranked)))


def _bounds() -> list[tuple[float | None, float | None]]:
    return [(None, 0.0) if name in AGAINST else (0.0, None) for name in NAMES]


def _spread(tables: Sequence[Array]) -> Array:
    spread = np.concatenate(tables).std(axis=0)
    return np.where(spread > 1e-9, spread, np.inf)  # a signal that never varies gets no weight


def _fit_likelihood(lists: Sequence[tuple[Array, Array]]) -> Array:
    spread = _spread([table for table, _ in lists])
    scaled = [(table / spread, gains / gains.sum()) for table, gains in lists if gains.sum() > 0]

    def loss(weights: Array) -> tuple[float, Array]:
        value, slope = 0.5 * FUSED_PENALTY * float(weights @ weights), FUSED_PENALTY * weights
        for table, wanted in scaled:
            scores = table @ weights
            scores -= scores.max()
            share = np.exp(scores)
            total = share.sum()
            value -= float(wanted @ (scores - np.log(total)))
            slope = slope + table.T @ (share / total - wanted)
        return value, slope

    done = minimize(loss, np.zeros(len(NAMES)), jac=True, method="L-BFGS-B", bounds=_bounds())
    return cast(Array, done.x / spread)


def _fit_order(lists: Sequence[tuple[Array, Array, float]], start: Array) -> Array:
    spread = _spread([table for table, _, _ in lists])
    scaled = [(table / spread, gains, ideal) for table, gains, ideal in lists]
    weights = np.where(np.isfinite(spread), start * np.where(np.isfinite(spread), spread, 0), 0)
    for turn in range(ROUNDS):
        found = [_pairs(table, gains, ideal, weights) for table, gains, ideal in scaled]
        ahead = np.concatenate([differences for differences, _ in found])
        worth = np.concatenate([worth for _, worth in found]) / len(lists)

        def loss(candidate: Array, ahead: Array = ahead, worth: Array = worth) -> tuple[float, Array]:
            margin = ahead @ candidate
            value = 0.5 * RANKED_PENALTY * candidate @ candidate + worth @ np.logaddexp(0, -margin)
            wrong = worth / (1 + np.exp(np.clip(margin, -30, 30)))
            return float(value), RANKED_PENALTY * candidate - wrong @ ahead

        done = minimize(loss, weights, jac=True, method="L-BFGS-B", bounds=_bounds(), options={"maxiter": 60})
        # Half a step: what a pair is worth depends on the order, which each round changes.
        weights = done.x if turn == 0 else 0.5 * (weights + done.x)
    return weights / spread


def _pairs(table: Array, gains: Array, ideal: float, weights: Array) -> tuple[Array, Array]:
    """Differences of the signals of every pair with unequal gains, better first, and what NDCG loses
    when the two stand the wrong way round."""
    place = np.empty(len(gains), dtype=np.int64)
    place[np.argsort(-(table @ weights), kind="stable")] = np.arange(len(gains))
    discount = np.where(place < TOP, 1.0, TAIL) / np.log2(place + 2)
    better, worse = np.nonzero(gains[:, None] > gains[None, :])
    worth = (gains[better] - gains[worse]) * np.abs(discount[better] - discount[worse]) / ideal
    kept = worth > LEAST
    return table[better[kept]] - table[worse[kept]], worth[kept]
