"""Who is moved by a message: the difference it makes to each customer, learnt from a randomised test.

    model = fit_uplift(features, mailed, came)
    model.predict(features)          # expected extra visits (or orders) per customer mailed

Needs a test in which chance decided who was written to; somebody likely to come anyway is no reason to
write. Learners: two models (one a group), class transformation (Jaskowski and Jaroszewicz 2012), the
X-learner (Kuenzel et al. 2019) and two boosted models; which one is chosen by cross-validated Qini.
Knows tables of numbers; knows nothing of campaigns, consent or files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from insight.uplift_curve import qini_area

Array = NDArray[np.float64]
Flags = NDArray[np.int64]

LEAST_IN_GROUP = 200
LEAST_CAME = 30
"""Fewer customers, or fewer who came, in either group: effects would be noise."""
FOLDS = 3
SEED = 0
PENALTY = 0.03
"""Inverse penalty of the logistic models over standardised columns."""
RIDGE = 1000.0
ROUNDS = 60


class Learner(Protocol):
    """Fitted: expected difference per row of a table."""

    def __call__(self, table: Array) -> Array:
        """One value a row; higher is moved more."""
        ...


Fit = Callable[[Array, Flags, Flags], Learner]


class TooFew(ValueError):
    """A test too small to learn from; the message is a sentence for the marketer."""


@dataclass(frozen=True, slots=True)
class UpliftModel:
    """The chosen learner over standardised columns. `qini` is each candidate's cross-validated area."""

    chosen: str
    qini: Mapping[str, float]
    centre: Array
    spread: Array
    learner: Learner

    def predict(self, table: Array) -> Array:
        """Expected difference that a message makes, one value a row."""
        return self.learner((table - self.centre) / self.spread)


def fit_uplift(table: Array, mailed: Flags, came: Flags) -> UpliftModel:
    """Fit every learner, choose by cross-validation, fit the chosen one to all rows.

    `table` has a row a customer and no gaps, `mailed` says whom chance chose, `came` who then did what
    was hoped for (0 or 1). Raises TooFew where either group is too small.
    """
    require_enough(mailed, came)
    centre, spread = table.mean(axis=0), table.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    scaled = (table - centre) / spread
    qini = {
        name: qini_area(cross_fit(fit, scaled, mailed, came), mailed, came) for name, fit in LEARNERS.items()
    }
    chosen = max(qini, key=lambda name: qini[name])
    return UpliftModel(chosen, qini, centre, spread, LEARNERS[chosen](scaled, mailed, came))


def require_enough(mailed: Flags, came: Flags) -> None:
    """Raise TooFew, with what is lacking, where a test cannot teach whom to write to."""
    for flag, name in ((1, "were written to"), (0, "were held out")):
        group = came[mailed == flag]
        if len(group) < LEAST_IN_GROUP or group.sum() < LEAST_CAME:
            raise TooFew(
                f"{len(group):,} customers {name} and {int(group.sum()):,} of them came; from "
                f"{LEAST_IN_GROUP} and {LEAST_CAME} on it can be learnt who is moved by a message, so go on "
                "holding customers out."
            )


def choose_moved(uplift: Array, share: float) -> NDArray[np.int64]:
    """Positions of the `share` (0 to 1) of customers moved most, never one who is moved away."""
    order = np.argsort(-uplift, kind="stable")[: round(share * len(uplift))]
    return order[uplift[order] > 0]


def cross_fit(
    fit: Fit, table: Array, mailed: Flags, came: Flags, *, folds: int = FOLDS, seed: int = SEED
) -> Array:
    """Each row's value by a learner that never saw the row; folds stratified by group and outcome."""
    from sklearn.model_selection import StratifiedKFold

    found = np.zeros(len(came))
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=seed).split(
        table, 2 * mailed + came
    ):
        found[test] = fit(table[train], mailed[train], came[train])(table[test])
    return found


def _chance(model: Any) -> Learner:
    return lambda table: cast(Array, model.predict_proba(table)[:, 1])


def _logistic(table: Array, came: Flags, weight: Array | None = None) -> Learner:
    from sklearn.linear_model import LogisticRegression

    return _chance(LogisticRegression(C=PENALTY, max_iter=500).fit(table, came, sample_weight=weight))


def _boosting(table: Array, came: Flags) -> Learner:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=ROUNDS, max_leaf_nodes=6, min_samples_leaf=200, random_state=SEED
    )
    # Trees this small gain nothing from threads, which on a busy machine wait for each other.
    with threadpool_limits(1, "openmp"):
        return _chance(model.fit(table, came))


def _two(base: Callable[[Array, Flags], Learner]) -> Fit:
    """One model of those written to, one of the others: the difference of what they expect."""

    def fit(table: Array, mailed: Flags, came: Flags) -> Learner:
        with_mail = base(table[mailed == 1], came[mailed == 1])
        without = base(table[mailed == 0], came[mailed == 0])
        return lambda rows: with_mail(rows) - without(rows)

    return fit


def fit_class_transformation(table: Array, mailed: Flags, came: Flags) -> Learner:
    """One model of "came if mailed, stayed away if not", both groups weighing the same."""
    share = mailed.mean()
    weight = np.where(mailed == 1, 0.5 / share, 0.5 / (1 - share))
    agrees = _logistic(table, (mailed == came).astype(np.int64), weight)
    return lambda rows: 2 * agrees(rows) - 1


def fit_x_learner(table: Array, mailed: Flags, came: Flags) -> Learner:
    """Ridge over each group's imputed effects, weighed by the other group's share."""
    from sklearn.linear_model import Ridge

    with_mail = _logistic(table[mailed == 1], came[mailed == 1])
    without = _logistic(table[mailed == 0], came[mailed == 0])
    moved = Ridge(RIDGE).fit(table[mailed == 1], came[mailed == 1] - without(table[mailed == 1]))
    missed = Ridge(RIDGE).fit(table[mailed == 0], with_mail(table[mailed == 0]) - came[mailed == 0])
    share = float(mailed.mean())
    return lambda rows: cast(Array, share * missed.predict(rows) + (1 - share) * moved.predict(rows))


LEARNERS: dict[str, Fit] = {
    "two_models": _two(_logistic),
    "class_transformation": fit_class_transformation,
    "x_learner": fit_x_learner,
    "two_boosted": _two(_boosting),
}


def likely_anyway(table: Array, mailed: Flags, came: Flags) -> Learner:
    """Not uplift: the chance to come without a message, what a purchase model knows."""
    return _logistic(table[mailed == 0], came[mailed == 0])


def likely_mailed(table: Array, mailed: Flags, came: Flags) -> Learner:
    """Not uplift: the chance to come once written to, the response model of direct marketing."""
    return _logistic(table[mailed == 1], came[mailed == 1])
