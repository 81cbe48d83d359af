"""One ranking from all scorers, learned from what customers bought next in a validation period.

Two stages. First every score is divided by the row's largest and weighted; the weights maximise the
likelihood of the next purchases among candidates (a listwise softmax). Then the best CANDIDATES are
ordered by LambdaMART (Burges 2010) over the scores, their ranks and what is known of the history.
Nothing in it names a product, so nothing of a validation purchase is learned but how far to trust whom.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse  # type: ignore[import-untyped]

from retrieval.recommend.histories import Histories, Longs
from retrieval.recommend.scorers import Floats, Scorer

CANDIDATES = 100
BATCH = 256
ROWS_AT_MOST = 16000
"""Rows to learn from; more make no measurable difference."""
WEIGHED_AT_MOST = 3000
SEED = 1
TREES: Mapping[str, object] = {
    "objective": "lambdarank",
    "lambdarank_truncation_level": 20,
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": SEED,
}
ROUNDS = 150
TRUSTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
FEWEST = 50
"""With fewer answered rows than this there are no trees, only weights."""


@dataclass(frozen=True)
class Candidates:
    """The best of each row: columns (rows, k), features (rows, k, f), first-stage score (rows, k)."""

    columns: Longs
    features: Floats
    score: Floats


@dataclass(frozen=True)
class Blend:
    """Scorers with the weights and trees learned for them.

    trust: how much the trees count beside the weights; again: whether what a history holds may be
    recommended again.
    """

    scorers: Sequence[Scorer]
    weights: Floats
    booster: lightgbm.Booster | None
    again: bool
    trust: float = 0.0
    name: str = "blend"

    def scores_many(self, histories: Histories) -> Floats:
        """Rows by products. Candidates lie above all others, in the order the trees give them."""
        parts = [scorer.scores_many(histories) for scorer in self.scorers]
        return self.blend_parts(histories, parts)

    def blend_parts(self, histories: Histories, parts: Sequence[Floats]) -> Floats:
        """The same from scores already at hand, in the order of the scorers."""
        if not self.again:
            parts = [without_known(histories, part) for part in parts]
        total = first_stage(parts, self.weights)
        if self.booster is None:
            return total
        found = choose_candidates(histories, parts, total, self.again)
        rows, width, size = found.features.shape
        learned = self.booster.predict(found.features.reshape(-1, size), num_threads=1).reshape(rows, width)
        top = total.max(axis=1, keepdims=True) + 1.0
        total[np.arange(rows)[:, None], found.columns] = top + _positive(self.trust * learned + found.score)
        return total


def _positive(value: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(value - value.min(axis=1, keepdims=True))


def without_known(histories: Histories, part: Floats) -> Floats:
    """0 for what the history holds, so that the best of the rest is the favourite."""
    left = part.copy()
    left[histories.row, histories.item] = 0.0
    return left


def scaled(part: Floats) -> Floats:
    """Divided by the row's largest, what is below zero cut off: 1 is the scorer's favourite."""
    return np.asarray(np.maximum(part, 0.0) / _top(part), dtype=np.float32)


def _top(part: Floats) -> Floats:
    return np.asarray(np.maximum(part.max(axis=1, keepdims=True, initial=0.0), 1e-9), dtype=np.float32)


def first_stage(parts: Sequence[Floats], weights: Floats) -> Floats:
    """Weighted sum of the scaled scores."""
    total = np.zeros(parts[0].shape, dtype=np.float32)
    for part, weight in zip(parts, weights, strict=True):
        if weight:
            total += np.maximum(part, 0.0) * (weight / _top(part))
    return total


def choose_candidates(
    histories: Histories, parts: Sequence[Floats], total: Floats, again: bool
) -> Candidates:
    """The best by the first stage, with all that the trees see of them."""
    ranked = total
    if not again:
        ranked = total.copy()
        ranked[histories.row, histories.item] = -np.inf
    width = min(CANDIDATES, total.shape[1])
    columns = np.argpartition(-ranked, width - 1, axis=1)[:, :width]
    rows = np.arange(len(histories))[:, None]
    score = total[rows, columns]
    features = [score, _rank(score)]
    for part in parts:
        chosen = np.asarray(np.maximum(part[rows, columns], 0.0) / _top(part), dtype=np.float32)
        features += [chosen, _rank(chosen)]
    times = np.asarray(histories.matrix().toarray()[rows, columns], dtype=np.float32)
    length = np.diff(histories.start).astype(np.float32)[:, None]
    visits = np.zeros(len(histories), dtype=np.float32)
    np.maximum.at(visits, histories.row, histories.visit + np.float32(1))
    features += [times, np.broadcast_to(length, score.shape), np.broadcast_to(visits[:, None], score.shape)]
    return Candidates(columns, np.stack(features, axis=2).astype(np.float32), score)


def _rank(score: Floats) -> Floats:
    """1 for the best of a row, then 2 ...; ties by place."""
    order = np.argsort(-score, axis=1, kind="stable")
    found = np.empty(score.shape, dtype=np.float32)
    np.put_along_axis(found, order, np.arange(1, score.shape[1] + 1, dtype=np.float32)[None, :], axis=1)
    return found


@dataclass(frozen=True)
class Taught:
    """Scorers that know nothing of `answers`, which is what came after `histories`."""

    scorers: Sequence[Scorer]
    histories: Histories
    answers: sparse.csr_matrix


def fit_blend(taught: Sequence[Taught], scorers: Sequence[Scorer], again: bool) -> Blend:
    """Learn how to weigh from `taught`, for `scorers` of the same kinds in the same order."""
    share = ROWS_AT_MOST // max(1, len(taught))
    taught = [_at_most(one, share) for one in taught]
    weights = _fit_weights(taught, len(scorers), again)
    features, labels = [], []
    for part, wanted, parts in _scored(taught, again):
        found = choose_candidates(part, parts, first_stage(parts, weights), again)
        gain = wanted[np.arange(len(part))[:, None], found.columns]
        kept = gain.any(axis=1)
        features.append(found.features[kept])
        labels.append(gain[kept])
    if sum(map(len, labels)) < FEWEST:
        return Blend(scorers, weights, None, again)
    table, gain = np.concatenate(features), np.concatenate(labels)
    trust = _choose_trust(table, gain)
    booster = _grow_trees(table, gain) if trust else None
    return Blend(scorers, weights, booster, again, trust)


def _grow_trees(table: Floats, gain: NDArray[np.bool_]) -> lightgbm.Booster:
    rows, width, size = table.shape
    data = lightgbm.Dataset(table.reshape(-1, size), gain.ravel().astype(np.int8), group=[width] * rows)
    return lightgbm.train({**TREES, "num_threads": 1}, data, ROUNDS)


def _choose_trust(table: Floats, gain: NDArray[np.bool_]) -> float:
    """How much trees grown on one half of the rows help on the other half, by NDCG@10; 0: not at all."""
    half = np.random.default_rng(SEED).permutation(len(table))
    grown, held_out = half[: len(half) // 2], half[len(half) // 2 :]
    size = table.shape[2]
    learned = _grow_trees(table[grown], gain[grown]).predict(table[held_out].reshape(-1, size), num_threads=1)
    learned = np.asarray(learned).reshape(len(held_out), -1)
    score, wanted = table[held_out, :, 0], gain[held_out]
    discount = 1.0 / np.log2(np.arange(2, 12))
    ideal = np.cumsum(discount)[np.minimum(wanted.sum(axis=1), 10) - 1]

    def quality(trust: float) -> float:
        order = np.argsort(-(score + trust * learned), axis=1, kind="stable")[:, :10]
        hits = np.take_along_axis(wanted, order, axis=1)
        return float(((hits * discount[: hits.shape[1]]).sum(axis=1) / ideal).mean())

    return max(TRUSTS, key=quality)


def _at_most(one: Taught, rows: int) -> Taught:
    chosen = np.sort(np.random.default_rng(SEED).permutation(len(one.histories))[:rows])
    return Taught(one.scorers, one.histories.take(chosen), one.answers[chosen])


def _scored(
    taught: Sequence[Taught], again: bool
) -> Iterator[tuple[Histories, NDArray[np.bool_], list[Floats]]]:
    """Batches of histories, their answers, and what each scorer says of them."""
    for one in taught:
        for first in range(0, len(one.histories), BATCH):
            part = one.histories.part(first, first + BATCH)
            wanted = one.answers[first : first + BATCH].toarray() > 0
            parts = [scorer.scores_many(part) for scorer in one.scorers]
            yield part, wanted, parts if again else [without_known(part, each) for each in parts]


def _fit_weights(taught: Sequence[Taught], scorers: int, again: bool) -> Floats:
    """Weights of at least 0 that make the answers likeliest among each row's candidates."""
    equal = np.ones(scorers, dtype=np.float32)
    few = [_at_most(one, WEIGHED_AT_MOST // max(1, len(taught))) for one in taught]
    tables, gains = [], []
    for part, wanted, parts in _scored(few, again):
        found = choose_candidates(part, parts, first_stage(parts, equal), again)
        rows = np.arange(len(part))[:, None]
        gain = wanted[rows, found.columns].astype(np.float64)
        kept = gain.any(axis=1)
        tables.append(np.stack([scaled(each)[rows, found.columns] for each in parts], axis=2)[kept])
        gains.append(gain[kept] / gain[kept].sum(axis=1, keepdims=True))
    if not sum(map(len, tables)):
        return equal
    table, gain = np.concatenate(tables).astype(np.float64), np.concatenate(gains)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = table @ weights
        logits -= logits.max(axis=1, keepdims=True)
        chance = np.exp(logits)
        chance /= chance.sum(axis=1, keepdims=True)
        value = -float((gain * np.log(chance + 1e-12)).sum()) / len(table) + 0.001 * float(weights @ weights)
        slope = np.einsum("rk,rkf->f", chance - gain, table) / len(table) + 0.002 * weights
        return value, slope

    bounds = [(0.0, None)] * scorers
    solved = optimize.minimize(loss, np.full(scorers, 2.0), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(solved.x, dtype=np.float32)
