"""Cross-validation of a table's models against the majority: AUROC, AUPR, F1, Brier, calibration.

Every figure is over the out-of-fold predictions of all rows together, each row predicted once by models
that never saw it. The threshold of F1 is chosen inside each training part. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from insight.table import FOLDS, SEED, Array, Table, table_models

BLEND = "blend"
BINS = 10
Progress = Callable[[int, int], None]


def evaluate_table(table: Table, progress: Progress | None = None, folds: int = FOLDS) -> dict[str, Any]:
    """JSON-ready figures of every model, of their blend and of the majority; `best` by AUROC.

    `auroc_folds` and `aupr_folds` are the means over folds, which others publish.
    """
    from sklearn.model_selection import StratifiedKFold

    makers = table_models(table)
    truth, rows = table.target, len(table.target)
    scores = {name: np.zeros(rows) for name in (*makers, BLEND, "majority")}
    cuts = {name: np.zeros(rows) for name in scores}
    parts = list(StratifiedKFold(folds, shuffle=True, random_state=SEED).split(table.values, truth))
    done = 0
    for train, test in parts:
        inner = next(StratifiedKFold(folds, shuffle=True, random_state=SEED).split(train, truth[train]))
        fit, choose = train[inner[0]], train[inner[1]]
        chosen: list[Array] = []
        for name, make in makers.items():
            # The threshold is chosen on rows this model has not seen, then the model is fitted to all.
            tried = _predict(make(), table, fit, choose)
            cuts[name][test] = best_threshold(truth[choose], tried)
            chosen.append(tried)
            scores[name][test] = _predict(make(), table, train, test)
            done += 1
            if progress is not None:
                progress(done, len(parts) * len(makers))
        scores[BLEND][test] = np.mean([scores[name][test] for name in makers], axis=0)
        cuts[BLEND][test] = best_threshold(truth[choose], np.mean(chosen, axis=0))
        scores["majority"][test] = truth[train].mean()
        cuts["majority"][test] = 0.5
    models = {name: _figures(truth, scores[name], cuts[name], parts) for name in scores}
    best = max((name for name in models if name != "majority"), key=lambda name: models[name]["auroc"])
    return {
        "best": {"model": best, **models[best]},
        "models": models,
        "rows": rows,
        "base_rate": round(float(truth.mean()), 4),
        "columns": list(table.names),
        "folds": folds,
    }


def _predict(model: Any, table: Table, train: NDArray[np.int64], test: NDArray[np.int64]) -> Array:
    model.fit(table.values[train], table.target[train])
    return cast(Array, model.predict_proba(table.values[test])[:, 1])


def best_threshold(truth: NDArray[np.int64], scores: Array) -> float:
    """The score from which on "yes" gives the highest F1 on these rows."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, cuts = precision_recall_curve(truth, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(cuts[int(np.argmax(f1[:-1]))])


def expected_calibration_error(truth: NDArray[np.int64], scores: Array, bins: int = BINS) -> float:
    """Mean distance of predicted and observed rate over `bins` equally large groups of rows."""
    groups = np.array_split(np.argsort(scores, kind="stable"), bins)
    apart = [len(g) * abs(float(truth[g].mean() - scores[g].mean())) for g in groups if len(g)]
    return sum(apart) / len(truth)


def _figures(
    truth: NDArray[np.int64], scores: Array, cuts: Array, parts: list[tuple[NDArray[np.int64], NDArray[np.int64]]]
) -> Mapping[str, float]:
    from sklearn import metrics

    called = scores >= cuts
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        truth, called, average="binary", zero_division=0
    )
    each = [test for _, test in parts]
    found = {
        "auroc": metrics.roc_auc_score(truth, scores),
        "aupr": metrics.average_precision_score(truth, scores),
        "accuracy": (called == truth).mean(),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "brier": float(((scores - truth) ** 2).mean()),
        "ece": expected_calibration_error(truth, scores),
        "auroc_folds": np.mean([metrics.roc_auc_score(truth[t], scores[t]) for t in each]),
        "aupr_folds": np.mean([metrics.average_precision_score(truth[t], scores[t]) for t in each]),
    }
    return {name: round(float(value), 4) for name, value in found.items()}
