"""How good predicted probabilities are: ranking, decisions, and whether they mean what they say.

Knows probabilities and outcomes; knows no customers and no models. Definitions: AUROC and average
precision as in scikit-learn; Brier 1950; expected calibration error over ten bins of equal width
(Guo et al. 2017); lift@10 % is the rate among the tenth of highest probability over the whole rate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from insight.profile import ReliabilityBin

Chances = NDArray[np.float64]
Happened = NDArray[np.bool_]

BINS = 10
RESAMPLES = 200


def reliability_bins(chance: Chances, happened: Happened) -> tuple[ReliabilityBin, ...]:
    """Bins of equal width that hold anybody, lowest first."""
    place = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    found = []
    for number in range(BINS):
        inside = place == number
        if inside.any():
            mean, rate = float(chance[inside].mean()), float(happened[inside].mean())
            found.append(ReliabilityBin(mean, rate, int(inside.sum())))
    return tuple(found)


def calibration_error(bins: tuple[ReliabilityBin, ...]) -> float:
    """Mean distance of predicted and observed rates, weighted by the customers in a bin."""
    whole = sum(one.count for one in bins)
    return sum(abs(one.predicted - one.observed) * one.count for one in bins) / max(1, whole)


def best_threshold(chance: Chances, happened: Happened) -> float:
    """The probability from which calling it gives the highest F1."""
    order = np.argsort(-chance, kind="stable")
    hits = np.cumsum(happened[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + max(1, int(happened.sum())))
    # Only between different probabilities can a threshold lie.
    last = np.append(np.diff(chance[order]) != 0, True)
    return float(chance[order][np.argmax(np.where(last, f1, -1.0))])


def score(chance: Chances, happened: Happened, threshold: float) -> dict[str, float]:
    """Every figure; those that need both outcomes are NaN where all customers did the same."""
    called = chance >= threshold
    hits = int((called & happened).sum())
    precision, recall = hits / max(1, int(called.sum())), hits / max(1, int(happened.sum()))
    top = np.argsort(-chance, kind="stable")[: max(1, round(len(chance) / 10))]
    rate = float(happened.mean())
    return {
        **ranking(chance, happened),
        "accuracy": float((called == happened).mean()),
        "precision": precision,
        "recall": recall,
        "f1": 2 * hits / max(1, int(called.sum()) + int(happened.sum())),
        "threshold": threshold,
        "brier": float(np.mean((chance - happened) ** 2)),
        "ece": calibration_error(reliability_bins(chance, happened)),
        "lift_10": float(happened[top].mean()) / rate if rate else float("nan"),
    }


def ranking(chance: Chances, happened: Happened) -> dict[str, float]:
    """AUROC and average precision."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    if happened.all() or not happened.any():
        return {"auroc": float("nan"), "aupr": float("nan")}
    return {
        "auroc": float(roc_auc_score(happened, chance)),
        "aupr": float(average_precision_score(happened, chance)),
    }


def intervals(
    chance: Chances, happened: Happened, threshold: float, seed: int
) -> Mapping[str, tuple[float, float]]:
    """95 % of AUROC, AUPR, F1 and Brier over customers drawn again with replacement (percentiles)."""
    draw = np.random.default_rng(seed)
    measures: dict[str, Callable[[Chances, Happened], float]] = {
        "auroc": lambda p, y: ranking(p, y)["auroc"],
        "aupr": lambda p, y: ranking(p, y)["aupr"],
        "f1": lambda p, y: float(2 * (y & (p >= threshold)).sum() / max(1, (p >= threshold).sum() + y.sum())),
        "brier": lambda p, y: float(np.mean((p - y) ** 2)),
    }
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(RESAMPLES):
        rows = draw.integers(0, len(chance), len(chance))
        for name, measure in measures.items():
            found[name].append(measure(chance[rows], happened[rows]))
    return {
        name: (float(np.nanpercentile(values, 2.5)), float(np.nanpercentile(values, 97.5)))
        for name, values in found.items()
    }
