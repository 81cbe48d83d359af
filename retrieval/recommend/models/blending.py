"""One ranking from all scorers, learned from what customers bought next in a validation period.

Two stages. First every score is divided by the row's largest and weighted; the weights maximise the
likelihood of the next purchases among candidates (a listwise softmax). Then the best CANDIDATES are
ordered by LambdaMART (Burges 2010) over the scores, their ranks and what is known of the history.
Nothing in it names a product, so nothing of a validation purchase is learned but how far to trust whom.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse  # type: ignore[import-untyped]

from retrieval.recommend.histories import Histories, Longs
from retrieval.recommend.scorers import Floats, Scorer

CANDIDATES = 100
BATCH = 256
CELLS = 1 << 22
"""Rows times products that are scored at a time, so that memory does not grow with the catalogue."""
ROWS_AT_MOST = 16000
"""Rows to learn from; more make no measurable difference ..."""
CELLS_AT_MOST = 400_000_000
"""... and of a very large catalogue fewer must do, or learning takes hours: rows times products."""
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
        return self.blend_parts(histories, (scorer.scores_many(histories) for scorer in self.scorers))

    def blend_parts(self, histories: Histories, parts: Iterable[Floats]) -> Floats:
        """The same from each scorer's scores, in the order of the scorers."""
        if not self.again:
            parts = (without_known(histories, part) for part in parts)
        weighed = weigh(parts, self.weights)
        total = weighed.total
        if self.booster is None:
            return total
        found = choose_candidates(histories, weighed, self.again)
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


@dataclass(frozen=True)
class Weighed:
    """Each scorer's scores, the largest of each row as a column, and the weighted sum of all."""

    parts: Sequence[Floats]
    tops: Sequence[Floats]
    total: Floats


def weigh(parts: Iterable[Floats], weights: Floats) -> Weighed:
    """The first stage: scores divided by their row's largest, what is below zero cut off, weighted and added.

    Each part is looked at as it is made: while it still lies in the processor's cache.
    """
    found: list[Floats] = []
    tops: list[Floats] = []
    for part, weight in zip(parts, weights, strict=True):
        if not found:
            total, one = np.zeros(part.shape, dtype=np.float32), np.empty(part.shape, dtype=np.float32)
        top = np.maximum(part.max(axis=1, keepdims=True, initial=0.0), 1e-9).astype(np.float32)
        if weight:
            np.maximum(part, 0.0, out=one)
            one *= weight / top
            total += one
        found.append(part)
        tops.append(top)
    return Weighed(found, tops, total)


def choose_candidates(histories: Histories, weighed: Weighed, again: bool) -> Candidates:
    """The best by the first stage, with all that the trees see of them: of the first stage and of each
    scorer the score and the place by it, then what is known of the history."""
    total = weighed.total
    ranked = total
    if not again:
        ranked = total.copy()
        ranked[histories.row, histories.item] = -np.inf
    width = min(CANDIDATES, total.shape[1])
    columns = np.argpartition(-ranked, width - 1, axis=1)[:, :width]
    rows = np.arange(len(histories))[:, None]
    score = total[rows, columns]
    both = zip(weighed.parts, weighed.tops, strict=True)
    chosen = [np.maximum(part[rows, columns], 0.0) / top for part, top in both]
    scores = np.stack([score, *chosen], axis=1)
    pairs = np.stack([scores, _rank(scores)], axis=2).reshape(len(histories), -1, width)
    times = np.asarray(histories.matrix().toarray()[rows, columns], dtype=np.float32)
    length = np.diff(histories.start).astype(np.float32)[:, None]
    visits = np.zeros(len(histories), dtype=np.float32)
    np.maximum.at(visits, histories.row, histories.visit + np.float32(1))
    known = np.stack(
        [times, np.broadcast_to(length, score.shape), np.broadcast_to(visits[:, None], score.shape)], axis=1
    )
    features = np.ascontiguousarray(np.concatenate([pairs, known], axis=1).swapaxes(1, 2), dtype=np.float32)
    return Candidates(columns, features, score)


def _rank(score: Floats) -> Floats:
    """1 for the best along the last axis, then 2 ...; ties by place."""
    order = np.argsort(-score, axis=-1, kind="stable")
    found = np.empty(score.shape, dtype=np.float32)
    places = np.broadcast_to(np.arange(1, score.shape[-1] + 1, dtype=np.float32), score.shape)
    np.put_along_axis(found, order, places, axis=-1)
    return found


@dataclass(frozen=True)
class Taught:
    """Scorers that know nothing of `answers`, which is what came after `histories`."""

    scorers: Sequence[Scorer]
    histories: Histories
    answers: sparse.csr_matrix


def fit_blend(taught: Sequence[Taught], scorers: Sequence[Scorer], again: bool) -> Blend:
    """Learn how to weigh from `taught`, for `scorers` of the same kinds in the same order."""
    share = min(ROWS_AT_MOST, CELLS_AT_MOST // _products(taught)) // max(1, len(taught))
    taught = [_at_most(one, share) for one in taught]
    weights = _fit_weights(taught, len(scorers), again)
    features, labels = [], []
    for found, gain in _candidates(taught, weights, again):
        features.append(found.features)
        labels.append(gain)
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


def _products(taught: Sequence[Taught]) -> int:
    return max([one.histories.products for one in taught], default=0) or 1


def _at_most(one: Taught, rows: int) -> Taught:
    chosen = np.sort(np.random.default_rng(SEED).permutation(len(one.histories))[:rows])
    return Taught(one.scorers, one.histories.take(chosen), one.answers[chosen])


def _candidates(
    taught: Sequence[Taught], weights: Floats, again: bool
) -> Iterator[tuple[Candidates, NDArray[np.bool_]]]:
    """Batches of rows' candidates, and which of them came; rows for which none did are left out."""
    size = max(1, min(BATCH, CELLS // _products(taught)))
    for one in taught:
        for first in range(0, len(one.histories), size):
            part = one.histories.part(first, first + size)
            wanted = one.answers[first : first + size].toarray() > 0
            parts = (scorer.scores_many(part) for scorer in one.scorers)
            parts = parts if again else (without_known(part, each) for each in parts)
            found = choose_candidates(part, weigh(parts, weights), again)
            gain = wanted[np.arange(len(part))[:, None], found.columns]
            kept = gain.any(axis=1)
            yield Candidates(found.columns[kept], found.features[kept], found.score[kept]), gain[kept]


def _fit_weights(taught: Sequence[Taught], scorers: int, again: bool) -> Floats:
    """Weights of at least 0 that make the answers likeliest among each row's candidates."""
    equal = np.ones(scorers, dtype=np.float32)
    few = [_at_most(one, WEIGHED_AT_MOST // max(1, len(taught))) for one in taught]
    tables, gains = [], []
    for found, came in _candidates(few, equal, again):
        # Of the features those that are scorers' scores: behind the first stage's two, every second.
        tables.append(found.features[:, :, 2 : 2 + 2 * scorers : 2])
        gains.append(came / came.sum(axis=1, keepdims=True))
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
