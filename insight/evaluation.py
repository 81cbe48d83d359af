"""How well a shop's customers could have been predicted at a past date: every model, every figure.

    report = evaluate_predictions(history, date(2011, 6, 11), horizon_days=90)

Models see nothing from the cut on: not in features, training, choice, calibration or threshold. What
happened after it is read only to score. Knows histories; knows no files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insight.history import Floats, History, cut_of
from insight.metrics import intervals, reliability_bins, score
from insight.outcomes import examples_at
from insight.profile import Target
from insight.training import Trained, train_all
from shop.errors import ConfigError

Progress = Callable[[int, int], None]
PURCHASE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Report:
    """`parts` is JSON-ready: for each of churn, churn_active and purchase the best model's figures and all
    models'. `notices` say what could not be measured."""

    parts: dict[str, Any]
    notices: tuple[str, ...]


def evaluate_predictions(
    history: History,
    cut: date,
    horizon_days: int = 90,
    train_cuts: Sequence[date] = (),
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> Report:
    """Score churn within `horizon_days` (all customers and active ones) and purchase within 30 days.

    `train_cuts` are the cuts to learn from; without them, weekly ones from the shop's beginning. What the
    data do not reach is left out and said. Raises ConfigError where nothing can be measured.
    """
    last = history.last_day
    if last is None:
        raise ConfigError("the file has no dated order of a known customer; give one that has")
    late = [day for day in train_cuts if day >= cut]
    if late:
        raise ConfigError(f"training cut {late[0]} is not before the cut {cut}; leave it out")
    parts: dict[str, Any] = {}
    notices = []
    if _reaches(last, cut, horizon_days):
        models = _trained(history, cut, horizon_days, train_cuts, seed)
        progress(1, 2)
        found = examples_at(history, cut_of(cut), horizon_days)
        everybody = np.ones(len(found.bought), np.bool_)
        for name, keep in (("churn", everybody), ("churn_active", found.active)):
            parts[name] = _figures(models, "churn", found.values[keep], found.bought[keep], seed)
    else:
        notices.append(
            f"The file ends on {last}, before {horizon_days} days after {cut} are over, so churn is left out."
        )
    if _reaches(last, cut, PURCHASE_DAYS):
        models = _trained(history, cut, PURCHASE_DAYS, train_cuts, seed)
        found = examples_at(history, cut_of(cut), PURCHASE_DAYS)
        parts["purchase"] = _figures(models, "purchase", found.values, found.bought, seed)
    progress(2, 2)
    if not parts:
        raise ConfigError(
            f"the file ends on {last}, before {PURCHASE_DAYS} days after {cut} are over; "
            f"use a cut up to {last - timedelta(days=PURCHASE_DAYS - 1)}"
        )
    return Report(parts, tuple(notices))


def _reaches(last: date, cut: date, days: int) -> bool:
    """Whether the data cover [cut, cut + days)."""
    return last >= cut + timedelta(days=days - 1)


def _trained(
    history: History, cut: date, horizon_days: int, train_cuts: Sequence[date], seed: int
) -> dict[str, Trained]:
    end = cut_of(cut)
    usable = [cut_of(day) for day in train_cuts if cut_of(day) + horizon_days <= end]
    models = train_all(
        history, end, horizon_days, seed, cuts=sorted(usable, reverse=True) if train_cuts else None
    )
    if not models:
        raise ConfigError(
            f"there is too little before {cut} to learn {horizon_days} days ahead from: it takes 200 "
            "customers and three cuts a horizon earlier; use a later cut or a shorter horizon"
        )
    return models


def _figures(
    models: dict[str, Trained],
    target: Target,
    values: NDArray[np.float32],
    bought: NDArray[np.bool_],
    seed: int,
) -> dict[str, Any]:
    """The best model's figures (the one validation chose, which comes first) and all models'."""
    if not len(bought) or bought.all() or not bought.any():
        raise ConfigError(
            "all customers did the same after the cut, so nothing can be told apart; use another cut"
        )
    happened = ~bought if target == "churn" else bought
    chances: dict[str, Floats] = {
        name: 1 - model.buys(values) if target == "churn" else model.buys(values)
        for name, model in models.items()
    }
    found = {
        name: score(chances[name], happened, model.thresholds[target])
        | {"validation_log_loss": model.losses[name]}
        for name, model in models.items()
    }
    best = next(iter(models))
    trained, chance = models[best], chances[best]
    return {
        "best": {
            "model": best,
            **found[best],
            "customers": len(happened),
            "base_rate": float(happened.mean()),
            "horizon_days": trained.horizon_days,
            "ci95": intervals(chance, happened, trained.thresholds[target], seed),
            "reliability": [asdict(one) for one in reliability_bins(chance, happened)],
            "trained_on": {"rows": trained.rows, "cuts": trained.cuts, "judged_on": trained.judged_on},
        },
        "models": found,
    }
