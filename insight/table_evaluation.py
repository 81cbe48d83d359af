"""Cross-validation of a table's models against the majority: AUROC, AUPR, F1, Brier, calibration.

Every figure is over the out-of-fold predictions of all rows together, each row predicted once by models
that never saw it. The threshold of F1 is chosen inside each training part. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from insight.learners import FLOOR, log_losses
from insight.metrics import best_threshold, ranking, score
from insight.table import Array, Table
from insight.table_models import BLENDED, SEED, Places, add_counts, table_models
from insight.training import choose

FOLDS = 5
BLEND, CHOSEN, MAJORITY = "blend", "chosen", "majority"
Progress = Callable[[int, int], None]


def evaluate_table(table: Table, progress: Progress | None = None, folds: int = FOLDS) -> dict[str, Any]:
    """JSON-ready figures of every model, of a blend and of the majority. `best` is `chosen`: in each fold the
    blend, unless another is better on a part of the training rows that was kept aside (`chosen_in_folds`).

    `auroc_folds` and `aupr_folds` are the means over folds, which others publish.
    """
    from sklearn.model_selection import StratifiedKFold

    makers = table_models(table)
    truth, rows = table.target == 1, len(table.target)
    scores = {name: np.zeros(rows) for name in (*makers, BLEND, MAJORITY, CHOSEN)}
    cuts = {name: np.zeros(rows) for name in scores}
    parts = list(StratifiedKFold(folds, shuffle=True, random_state=SEED).split(table.values, truth))
    picked: list[str] = []
    done = 0
    for train, test in parts:
        inner = next(StratifiedKFold(folds, shuffle=True, random_state=SEED).split(train, truth[train]))
        fit, aside = train[inner[0]], train[inner[1]]
        # Thresholds and the model are chosen on rows that no model has seen, then all are fitted to all rows.
        tried, found = dict[str, Array](), dict[str, Array]()
        for name, make in makers.items():
            tried[name] = _predict(make(), table, fit, aside)
            found[name] = _predict(make(), table, train, test)
            done += 1
            if progress is not None:
                progress(done, len(parts) * len(makers))
        tried[BLEND], found[BLEND] = _blend(tried), _blend(found)
        picked.append(
            choose({name: log_losses(log_odds(each), truth[aside]) for name, each in tried.items()})
        )
        tried[CHOSEN], found[CHOSEN] = tried[picked[-1]], found[picked[-1]]
        for name, chance in found.items():
            scores[name][test] = chance
            cuts[name][test] = best_threshold(tried[name], truth[aside])
        scores[MAJORITY][test] = truth[train].mean()
        cuts[MAJORITY][test] = 0.5
    models = {name: _figures(truth, scores[name], cuts[name], parts) for name in scores}
    return {
        "best": {"model": CHOSEN, **models[CHOSEN]},
        "chosen_in_folds": picked,
        "models": models,
        "rows": rows,
        "base_rate": round(float(truth.mean()), 4),
        "columns": list(table.names),
        "folds": folds,
    }


def log_odds(chance: Array) -> Array:
    """Of probabilities, kept FLOOR from 0 and 1."""
    return cast(Array, logit(np.clip(chance, FLOOR, 1 - FLOOR)))


def _blend(chances: Mapping[str, Array]) -> Array:
    """The mean log-odds of BLENDED, as probabilities."""
    return cast(Array, expit(np.mean([log_odds(chances[name]) for name in BLENDED], axis=0)))


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
