"""The models that may predict whether a customer buys, behind one contract.

Each learner is fitted on examples and gives a model: log-odds of buying for rows of features, and
where it can, the exact share each feature has in them. Models turn into JSON and back, so that what
a shop keeps on disk is read, never executed. Knows no dates and does not choose among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import product
from operator import itemgetter
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit  # type: ignore[import-untyped]

from insight.history import Floats
from insight.outcomes import Examples
from insight.value import BgNbd, Buying, fit_bg_nbd

Values = NDArray[np.float32]
FLOOR = 1e-4
"""Probabilities are kept this far from 0 and 1 before they become log-odds."""


class Model(Protocol):
    """A fitted learner. `values` are rows of the features it was fitted on, in that order."""

    def log_odds(self, values: Values) -> Floats:
        """Log-odds of buying, one a row."""

    def effects(self, values: Values) -> Floats:
        """Per row and feature its exact share of the log-odds above the typical customer's."""

    def as_json(self) -> Mapping[str, Any]:
        """What `read_model` reads."""


def scaled_logs(values: Values) -> Floats:
    """Counts, days and sums on a logarithmic scale, the sign kept: their tails are long."""
    wide = np.asarray(values, np.float64)
    return np.sign(wide) * np.log1p(np.abs(wide))


@dataclass(frozen=True)
class Linear:
    """Logistic regression over scaled logarithms of the features at `columns`."""

    columns: tuple[int, ...]
    centre: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    width: int

    def log_odds(self, values: Values) -> Floats:
        """Intercept plus the effects."""
        return np.asarray(self.intercept + self.effects(values).sum(axis=1))

    def effects(self, values: Values) -> Floats:
        """Weight times distance from the centre."""
        found = np.zeros((len(values), self.width))
        places = list(self.columns)
        distance = scaled_logs(values[:, places]) - np.asarray(self.centre)
        found[:, places] = distance * np.asarray(self.weights)
        return found

    def as_json(self) -> Mapping[str, Any]:
        """All numbers."""
        return {"kind": "linear", **asdict(self)}


def fit_linear(examples: Examples, names: tuple[str, ...], strength: float) -> Linear:
    """Fit over the named features; `strength` is scikit-learn's C (smaller holds weights closer to 0)."""
    from sklearn.linear_model import LogisticRegression

    columns = tuple(examples.names.index(name) for name in names)
    rate = float(np.clip(examples.bought.mean(), FLOOR, 1 - FLOOR))
    one_sided = examples.bought.all() or not examples.bought.any()
    if not columns or one_sided:
        return Linear((), (), (), float(logit(rate)), len(examples.names))
    logs = scaled_logs(examples.values[:, list(columns)])
    centre, spread = logs.mean(axis=0), np.maximum(logs.std(axis=0), 1e-9)
    fitted = LogisticRegression(C=strength, max_iter=1000)
    fitted.fit((logs - centre) / spread, examples.bought, sample_weight=examples.weight)
    weights = fitted.coef_[0] / spread
    return Linear(
        columns, tuple(map(float, centre)), tuple(map(float, weights)), float(fitted.intercept_[0]),
        len(examples.names),
    )  # fmt: skip


@dataclass(frozen=True)
class Boosted:
    """Gradient-boosted trees of LightGBM, kept as its own text."""

    text: str

    @cached_property
    def _trees(self) -> Any:
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    def log_odds(self, values: Values) -> Floats:
        """The sum of the leaves."""
        return np.asarray(self._trees.predict(values, raw_score=True, num_threads=1), np.float64)

    def effects(self, values: Values) -> Floats:
        """TreeSHAP (Lundberg 2018): exact Shapley values over the trees' own cover."""
        return np.asarray(self._trees.predict(values, pred_contrib=True, num_threads=1), np.float64)[:, :-1]

    def as_json(self) -> Mapping[str, Any]:
        """LightGBM's text."""
        return {"kind": "boosted", "text": self.text}


BOOSTING = {
    "objective": "binary",
    "learning_rate": 0.03,
    "num_leaves": 8,
    "min_data_in_leaf": 60,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.4,
    "lambda_l2": 10.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
BOOSTING_ROUNDS = 200


def fit_boosted(examples: Examples, seed: int) -> Model:
    """Small, strongly held trees: the examples of neighbouring cuts are near copies of each other."""
    import lightgbm

    data = lightgbm.Dataset(examples.values, examples.bought.astype(np.int8), weight=examples.weight)
    trees = lightgbm.train(BOOSTING | {"seed": seed}, data, num_boost_round=BOOSTING_ROUNDS)
    return Boosted(trees.model_to_string())


SHAPLEY = (1 / 3, 1 / 6, 1 / 3)
"""What joining none, one or two others counts, of three that share a prediction."""


@dataclass(frozen=True)
class Rhythm:
    """BG/NBD: only how often, how lately and for how long; `typical` has the medians of the three."""

    fitted: BgNbd
    columns: tuple[int, int, int]
    typical: tuple[float, float, float]
    horizon_days: int

    def log_odds(self, values: Values) -> Floats:
        """Of `BgNbd.buys_within`."""
        return self._odds(values[:, list(self.columns)])

    def effects(self, values: Values) -> Floats:
        """Exact Shapley values of the three against the typical customer."""
        own, found = values[:, list(self.columns)], np.zeros(values.shape)
        odds = {
            known: self._odds(np.where(known, own, self.typical))
            for known in product((False, True), repeat=3)
        }
        for place, column in enumerate(self.columns):
            for known in filter(itemgetter(place), odds):
                without = (*known[:place], False, *known[place + 1 :])
                found[:, column] += SHAPLEY[sum(known) - 1] * (odds[known] - odds[without])
        return found

    def _odds(self, three: NDArray[Any]) -> Floats:
        order_days, days_since, tenure = three.T.astype(np.float64)
        chance = self.fitted.buys_within(Buying.of_days(order_days, days_since, tenure), self.horizon_days)
        return np.asarray(logit(np.clip(chance, FLOOR, 1 - FLOOR)), np.float64)

    def as_json(self) -> Mapping[str, Any]:
        """All numbers."""
        return {"kind": "rhythm", **asdict(self)}


PENALTIES = (0.0001, 0.001, 0.01, 0.1)


def fit_rhythm(examples: Examples, horizon_days: int) -> tuple[Rhythm, float]:
    """Fit on the latest cut's customers; its penalty says best who bought then and is given too."""
    latest = examples.where(examples.cut == examples.cut.max())
    names = ("order_days", "days_since", "tenure_days")
    place = {name: examples.names.index(name) for name in names}
    columns = (place[names[0]], place[names[1]], place[names[2]])
    three = [latest.column(name).astype(np.float64) for name in names]
    buying, middle = Buying.of_days(*three), [float(np.median(column)) for column in three]
    typical = (middle[0], middle[1], middle[2])
    fits = [
        (Rhythm(fit_bg_nbd(buying, penalty), columns, typical, horizon_days), penalty)
        for penalty in PENALTIES
    ]
    return min(fits, key=lambda fit: log_losses(fit[0].log_odds(latest.values), latest.bought).mean())


@dataclass(frozen=True)
class Blend:
    """The mean of several models' log-odds."""

    parts: tuple[Model, ...]

    def log_odds(self, values: Values) -> Floats:
        """The mean."""
        return np.asarray(np.mean([part.log_odds(values) for part in self.parts], axis=0), np.float64)

    def effects(self, values: Values) -> Floats:
        """The mean: effects add up, and so does their mean."""
        return np.asarray(np.mean([part.effects(values) for part in self.parts], axis=0), np.float64)

    def as_json(self) -> Mapping[str, Any]:
        """Its parts."""
        return {"kind": "blend", "parts": [part.as_json() for part in self.parts]}


def read_model(raw: Mapping[str, Any]) -> Model:
    """A model from its JSON; KeyError, TypeError or ValueError where it is none."""
    match raw["kind"]:
        case "linear":
            own = {key: value for key, value in raw.items() if key != "kind"}
            lists = {key: tuple(own[key]) for key in ("columns", "centre", "weights")}
            return Linear(**(own | lists))
        case "boosted":
            return Boosted(raw["text"])
        case "rhythm":
            (first, second, third), (often, lately, long) = raw["columns"], raw["typical"]
            places, typical = (first, second, third), (often, lately, long)
            return Rhythm(BgNbd(**raw["fitted"]), places, typical, raw["horizon_days"])
        case "blend":
            return Blend(tuple(read_model(part) for part in raw["parts"]))
    raise ValueError(f"no model of kind {raw['kind']!r}")


def log_losses(log_odds: Floats, happened: NDArray[np.bool_]) -> Floats:
    """Per row the negative logarithm of the probability given to what happened."""
    chance = np.clip(expit(log_odds), FLOOR, 1 - FLOOR)
    return np.asarray(-np.where(happened, np.log(chance), np.log(1 - chance)), np.float64)


BASELINES = ("majority", "recency")
BLENDED = ("logistic", "boosting")
LEARNERS = (*BASELINES, "rfm", "bg_nbd", *BLENDED, "blend")


def fit_learners(names: Iterable[str], examples: Examples, horizon_days: int, seed: int) -> dict[str, Model]:
    """Fit some of LEARNERS; the same seed and examples give the same models."""
    wanted, found = set(names), dict[str, Model]()
    parts = wanted | (set(BLENDED) if "blend" in wanted else set())
    for name in LEARNERS:
        if name in parts:
            found[name] = _fit(name, examples, horizon_days, seed, found)
    return {name: model for name, model in found.items() if name in wanted}


def _fit(name: str, examples: Examples, horizon_days: int, seed: int, fitted: Mapping[str, Model]) -> Model:
    match name:
        case "majority":
            return fit_linear(examples, (), 1.0)
        case "recency":
            return fit_linear(examples, ("days_since",), 1.0)
        case "rfm":
            return fit_linear(examples, ("days_since", "orders", "spent"), 1.0)
        case "bg_nbd":
            return fit_rhythm(examples, horizon_days)[0]
        case "logistic":
            return fit_linear(examples, examples.names, 0.01)
        case "boosting":
            return fit_boosted(examples, seed)
    return Blend(tuple(fitted[part] for part in BLENDED))
