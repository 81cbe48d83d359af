"""Cross-validation of a table's models against the majority: AUROC, AUPR, F1, Brier, calibration.

Every figure is over the out-of-fold predictions of all rows together, each row predicted once by models
that never saw it. The threshold of F1 is chosen inside each training part. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from insight.metrics import best_threshold, ranking, score
from insight.table import FOLDS, SEED, Array, Places, Table, add_counts, table_models

BLEND = "blend"
Progress = Callable[[int, int], None]


def evaluate_table(table: Table, progress: Progress | None = None, folds: int = FOLDS) -> dict[str, Any]:
    """JSON-ready figures of every model, of their blend and of the majority; `best` by AUROC.

    `auroc_folds` and `aupr_folds` are the means over folds, which others publish.
    """
    from sklearn.model_selection import StratifiedKFold

    makers = table_models(table)
    truth, rows = table.target == 1, len(table.target)
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
            cuts[name][test] = best_threshold(tried, truth[choose])
            chosen.append(tried)
            scores[name][test] = _predict(make(), table, train, test)
            done += 1
            if progress is not None:
                progress(done, len(parts) * len(makers))
        scores[BLEND][test] = np.mean([scores[name][test] for name in makers], axis=0)
        cuts[BLEND][test] = best_threshold(np.mean(chosen, axis=0), truth[choose])
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


def _predict(model: Any, table: Table, train: Places, test: Places) -> Array:
    # Trees this small gain nothing from threads, which on a busy machine wait for each other.
    with threadpool_limits(1, "openmp"):
        model.fit(add_counts(table, train, train), table.target[train])
        return cast(Array, model.predict_proba(add_counts(table, train, test))[:, 1])


def _figures(
    truth: NDArray[np.bool_],
    scores: Array,
    cuts: Array,
    parts: list[tuple[Places, Places]],
) -> Mapping[str, float]:
    found = score(scores, truth, 0.5) | decisions(scores >= cuts, truth)
    each = [ranking(scores[test], truth[test]) for _, test in parts]
    found |= {f"{name}_folds": float(np.mean([fold[name] for fold in each])) for name in ("auroc", "aupr")}
    return {name: round(float(value), 4) for name, value in found.items() if name != "threshold"}


def decisions(called: NDArray[np.bool_], truth: NDArray[np.bool_]) -> dict[str, float]:
    """Accuracy, precision, recall and F1 of yes-or-no calls."""
    hits = int((called & truth).sum())
    return {
        "accuracy": float((called == truth).mean()),
        "precision": hits / max(1, int(called.sum())),
        "recall": hits / max(1, int(truth.sum())),
        "f1": 2 * hits / max(1, int(called.sum()) + int(truth.sum())),
    }
