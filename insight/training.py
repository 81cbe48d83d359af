"""Teach a shop's own model whether a customer will buy, from its own past and nothing after a date.

    trained = train(history, end=cut_of(today), horizon_days=90, seed=0)

Every learner is fitted on rolling cuts and judged on later dates (or, where the shop's past is too
short for that, on other customers); the best by log loss is chosen and fitted again on every cut whose
horizon is over. Knows no files; what is kept is in kept_models.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq  # type: ignore[import-untyped]
from scipy.special import expit, logit  # type: ignore[import-untyped]

from insight.history import Floats, History
from insight.learners import FLOOR, LEARNERS, Model, Values, fit_learners, log_losses
from insight.metrics import best_threshold, calibration_error, reliability_bins
from insight.outcomes import Examples, examples_at, stack_examples, training_cuts
from insight.profile import ReliabilityBin
from insight.rules import recency_rule

FOLDS = 5
CUSTOMERS_AT_LEAST = 200
CUTS_AT_LEAST = 3


@dataclass(frozen=True)
class Trained:
    """A fitted and calibrated model of buying within `horizon_days`.

    Probability of buying = expit(slope x log-odds + intercept). `thresholds` are the probabilities from
    which churn, and from which a purchase, is called. `judged_on` says how the learners were judged,
    `losses` their log loss there; `reliability` and `ece` are this one's there. `end` is the first day
    not seen (days since 1970).
    """

    name: str
    model: Model
    features: tuple[str, ...]
    horizon_days: int
    end: float
    slope: float
    intercept: float
    thresholds: Mapping[str, float]
    judged_on: str
    losses: Mapping[str, float]
    reliability: tuple[ReliabilityBin, ...]
    ece: float
    rows: int
    cuts: int
    seed: int

    def buys(self, values: Values) -> Floats:
        """Probability of buying within the horizon, one a row."""
        return np.asarray(expit(self.slope * self.model.log_odds(values) + self.intercept), np.float64)

    def effects(self, values: Values) -> Floats:
        """Exact effects of the features on the calibrated log-odds of buying."""
        return np.asarray(self.slope * self.model.effects(values), np.float64)


def train(history: History, end: float, horizon_days: int, seed: int = 0) -> Trained | None:
    """The best model from what is known before `end`; None where the shop's past is too short or small."""
    trained = train_all(history, end, horizon_days, seed, best_only=True)
    return next(iter(trained.values()), None)


def train_all(
    history: History,
    end: float,
    horizon_days: int,
    seed: int = 0,
    *,
    cuts: list[float] | None = None,
    best_only: bool = False,
) -> dict[str, Trained]:
    """Every learner's model, the best on validation first; empty where there is too little to learn from.

    Only orders before `end` are used, and only cuts whose horizon is over by then: `cuts` (latest first),
    or weekly ones.
    """
    past = history.before(end)
    if cuts is None:
        cuts = training_cuts(past, end, horizon_days)
    if len(cuts) < CUTS_AT_LEAST:
        return {}
    examples = stack_examples(past, cuts, horizon_days, seed)
    now = examples_at(past, end, horizon_days)
    if len(set(examples.customer)) < CUSTOMERS_AT_LEAST or examples.bought.all() or not examples.bought.any():
        return {}
    held, odds, judged_on = _held_out(examples, cuts, horizon_days, seed)
    scaled = {name: fit_scale(values, held.bought) for name, values in odds.items()}
    losses = {
        name: log_losses(slope * odds[name] + shift, held.bought) for name, (slope, shift) in scaled.items()
    }
    best = choose(losses)
    chosen = [best] if best_only else [best, *(name for name in LEARNERS if name != best)]
    # A young shop's records make counts grow: "three orders" says less after a year of records than after a
    # month, so a model of early cuts expects too much of later ones. What customers do so many days after
    # their last order hardly changes (docs/insight.md has the table), so the level is taken from there.
    rate = float(
        recency_rule(past, end, horizon_days).buys(now.column("days_since").astype(np.float64)).mean()
    )
    models = fit_learners(chosen, examples, horizon_days, seed)
    found = {}
    for name in chosen:
        slope, shift = scaled[name]
        model = models[name]
        chance = expit(slope * odds[name] + shift)
        bins = reliability_bins(chance, held.bought)
        found[name] = Trained(
            name=name,
            model=model,
            features=examples.names,
            horizon_days=horizon_days,
            end=end,
            slope=slope,
            intercept=_shift_to(slope * model.log_odds(now.values), rate),
            thresholds={
                "churn": best_threshold(1 - chance, ~held.bought),
                "purchase": best_threshold(chance, held.bought),
            },
            judged_on=judged_on,
            losses={other: float(values.mean()) for other, values in losses.items()},
            reliability=bins,
            ece=calibration_error(bins),
            rows=len(examples.bought),
            cuts=len(cuts),
            seed=seed,
        )
    return found


def _held_out(
    examples: Examples, cuts: list[float], horizon_days: int, seed: int
) -> tuple[Examples, dict[str, Floats], str]:
    """Examples that a learner has not seen, and each learner's log-odds for them."""
    latest = examples.where(examples.cut == cuts[0])
    earlier = examples.where(examples.cut <= cuts[0] - horizon_days)
    enough = len(set(earlier.cut)) >= CUTS_AT_LEAST and len(set(earlier.customer)) >= CUSTOMERS_AT_LEAST
    if enough and earlier.bought.any() and not earlier.bought.all():
        models = fit_learners(LEARNERS, earlier, horizon_days, seed)
        odds = {name: model.log_odds(latest.values) for name, model in models.items()}
        return latest, odds, "the latest cut, by models of cuts whose horizon was over by then"
    fold = np.random.default_rng(seed).integers(0, FOLDS, int(examples.customer.max()) + 1)
    odds = {name: np.zeros(len(latest.bought)) for name in LEARNERS}
    for number in range(FOLDS):
        own, theirs = fold[latest.customer] == number, fold[examples.customer] != number
        for name, model in fit_learners(LEARNERS, examples.where(theirs), horizon_days, seed).items():
            odds[name][own] = model.log_odds(latest.values[own])
    return (
        latest,
        odds,
        "the latest cut, by models of other customers (the past is too short for other dates)",
    )


def choose(losses: Mapping[str, Floats]) -> str:
    """The blend, unless another's log loss is smaller by more than a standard error of the difference.

    Between models that the validation cannot tell apart, the mean of two kinds is the safer one.
    """
    best, least = "blend", 0.0
    for name, values in losses.items():
        gain = losses["blend"] - values
        if gain.mean() > gain.std() / np.sqrt(len(gain)) and gain.mean() > least:
            best, least = name, float(gain.mean())
    return best


def fit_scale(odds: Floats, happened: NDArray[np.bool_]) -> tuple[float, float]:
    """Platt's slope and shift from log-odds to calibrated log-odds; slope 0 for a constant."""
    from sklearn.linear_model import LogisticRegression

    rate = float(np.clip(happened.mean(), FLOOR, 1 - FLOOR))
    if np.ptp(odds) < 1e-9 or happened.all() or not happened.any():
        return 0.0, float(logit(rate))
    fitted = LogisticRegression(C=1e6).fit(odds[:, None], happened)
    slope = float(fitted.coef_[0, 0])
    return (slope, float(fitted.intercept_[0])) if slope > 0 else (0.0, float(logit(rate)))


def _shift_to(odds: Floats, rate: float) -> float:
    """What to add to log-odds so that the mean probability is `rate`."""
    rate = float(np.clip(rate, FLOOR, 1 - FLOOR))
    return float(brentq(lambda shift: expit(odds + shift).mean() - rate, -60, 60))
