"""Train what a shop needs, keep it, and keep what it predicts: the work of `regulars predict`.

    learn(store, settings)     models for every horizon, as of the shop's date
    record(store, insight)     everybody's probabilities into the database
    score_past(store, today)   what was predicted against what then happened

Knows the order of things; the learning itself is in training.py, the models' files in kept_models.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from insight.customers import Insight
from insight.feature_table import compute_features
from insight.history import History, cut_of, read_history
from insight.kept_models import Kept, save_model, save_value
from insight.learners import fit_rhythm
from insight.metrics import calibration_error, ranking, reliability_bins
from insight.outcomes import examples_at, training_cuts
from insight.snapshot import horizons
from insight.training import train
from insight.value import Buying, ValueModel, fit_bg_nbd, fit_gamma_gamma
from shop.settings import Settings
from shop.store import Store

Progress = Callable[[int, int], None]
VALUE_CUSTOMERS = 20_000
"""More customers than this make the models of worth no better."""


@dataclass(frozen=True, slots=True)
class PastScore:
    """One batch of earlier predictions against what happened; NaN where nobody, or everybody, bought."""

    as_of: date
    horizon_days: int
    model: str
    customers: int
    expected: float
    bought: float
    auroc: float
    brier: float
    ece: float


def learn(
    store: Store, settings: Settings, seed: int = 0, progress: Progress = lambda done, total: None
) -> dict[int, Kept | None]:
    """Train and keep a model for every horizon as of the shop's date; None where the past is too short."""
    wanted = horizons(settings)
    progress(0, len(wanted) + 1)
    history, end = read_history(store), cut_of(settings.current_date + timedelta(days=1))
    found: dict[int, Kept | None] = {}
    for done, horizon_days in enumerate(wanted, 1):
        trained = train(history, end, horizon_days, seed)
        found[horizon_days] = save_model(trained, settings.shop) if trained else None
        progress(done, len(wanted) + 1)
    if value := train_value(history, end, seed):
        save_value(value, end, settings.shop)
    progress(len(wanted) + 1, len(wanted) + 1)
    return found


def train_value(history: History, end: float, seed: int, horizon_days: int = 90) -> ValueModel | None:
    """The models of worth from what is known before `end`; the penalty is chosen at the latest cut whose
    horizon is over. None where there is no such cut."""
    past = history.before(end)
    cuts = training_cuts(past, end, horizon_days)
    if not cuts:
        return None
    _, penalty = fit_rhythm(examples_at(past, cuts[0], horizon_days), horizon_days)
    table = compute_features(past, end)
    rows = np.random.default_rng(seed).permutation(len(table.customer))[:VALUE_CUSTOMERS]
    columns = {
        name: table.column(name)[rows].astype(np.float64)
        for name in ("order_days", "days_since", "tenure_days", "orders", "mean_order")
    }
    buying = Buying.of_days(columns["order_days"], columns["days_since"], columns["tenure_days"])
    return ValueModel(fit_bg_nbd(buying, penalty), fit_gamma_gamma(columns["orders"], columns["mean_order"]))


def record(store: Store, insight: Insight, progress: Progress = lambda done, total: None) -> dict[int, int]:
    """Keep everybody's probability to buy within each horizon, as of insight's date; how many of each."""
    found = {}
    wanted = insight.horizons
    for done, horizon_days in enumerate(wanted, 1):
        model, chances = insight.chances(horizon_days)
        found[horizon_days] = store.put_predictions(insight.today, horizon_days, model, chances)
        progress(done, len(wanted))
    return found


def score_past(store: Store, today: date) -> Sequence[PastScore]:
    """Every kept batch whose horizon is over by `today` (that day included), oldest first."""
    history = read_history(store)
    found = []
    for run in store.prediction_runs():
        start = cut_of(run.as_of + timedelta(days=1))
        if start + run.horizon_days > cut_of(today) + 1:
            continue
        kept = store.predictions(run.as_of, run.horizon_days)
        at = history.orders.at
        inside = (at >= start) & (at < start + run.horizon_days)
        buyers = {history.customers[place] for place in np.unique(history.orders.customer[inside])}
        chance = np.array(list(kept.values()))
        bought = np.array([customer in buyers for customer in kept])
        found.append(
            PastScore(
                run.as_of,
                run.horizon_days,
                run.model,
                len(kept),
                float(chance.mean()),
                float(bought.mean()),
                ranking(chance, bought)["auroc"],
                float(np.mean((chance - bought) ** 2)),
                calibration_error(reliability_bins(chance, bought)),
            )
        )
    return found
