"""Cross-validated measurement of uplift learners on a randomised e-mail test (one row a customer).

`chosen` is the learner that cross-validation inside each training part picks, so its figures are not
the best of several looked at afterwards. A customer's score is the mean over several partitions, every
time by a model that never saw the customer: which folds chance makes would otherwise move a gain by as
much as models do. Beside it stand what marketers do without a holdout: choosing by the chance to come
anyway, by the chance to come once mailed, or at random. Knows CSV files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from insight.table import choose_column, read_columns, read_yes_no, spread_columns
from insight.uplift import LEARNERS, Fit, TooFew, fit_uplift, likely_anyway, likely_mailed
from insight.uplift_curve import (
    DRAWS,
    SEED,
    SHARE,
    SHARES,
    Array,
    Flags,
    curve_of,
    draw_figures,
    gain_at,
    gain_at_random,
    interval,
    qini_area,
)
from shop.errors import SourceError

FOLDS, PARTITIONS = 5, 10
TREATMENTS = ("segment", "treatment", "treated", "mailed", "group", "arm")
CONTROLS = ("no e-mail", "no email", "no mail", "control", "holdout", "none", "no", "0", "false")
OUTCOMES = ("visit", "conversion", "spend", "came", "outcome", "exposure")
"""What happened after the mail: one of them is the outcome, the others are never learnt from."""
RIVALS: Mapping[str, Fit] = {"likely_anyway": likely_anyway, "likely_mailed": likely_mailed}
CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class Trial:
    """A randomised test: a table of what was known before, whom chance chose, who came."""

    names: tuple[str, ...]
    table: Array
    mailed: Flags
    came: Flags
    arms: tuple[str, ...]
    control: str
    outcome: str


def read_trial(
    path: Path, *, treatment: str = "", outcome: str = "", arm: str = "", drop: Sequence[str] = ()
) -> Trial:
    """The test in a CSV file; every arm but the control counts as mailed unless `arm` names one.

    Raises SourceError naming the column where one is missing or cannot be told.
    """
    columns = read_columns(path)
    treatment = treatment or _known(columns, TREATMENTS, "who was written to", "--treatment", path)
    groups = choose_column(columns, treatment, path)
    control = next((value for value in sorted(set(groups)) if value.lower() in CONTROLS), None)
    if control is None:
        raise SourceError(
            f"names no group that was left alone; write one of {', '.join(CONTROLS[:5])} for it",
            file=path,
            column=treatment,
        )
    arms = tuple(sorted(set(groups) - {control}))
    if arm and arm not in arms:
        raise SourceError(
            f"has no group {arm!r}; choose one of {', '.join(arms)}", file=path, column=treatment
        )
    outcome = outcome or _known(columns, OUTCOMES, "who came", "--outcome", path)
    came = read_yes_no(choose_column(columns, outcome, path), outcome, path)
    for name in drop:
        choose_column(columns, name, path)
    kept = np.array([group in ((arm, control) if arm else (*arms, control)) for group in groups])
    apart = {treatment, outcome, *drop}
    before = {n: cells for n, cells in columns.items() if n not in apart and n.lower() not in OUTCOMES}
    names, table = spread_columns(before, path)
    mailed = np.array([group != control for group in groups], dtype=np.int64)
    return Trial(names, table[kept], mailed[kept], came[kept], (arm,) if arm else arms, control, outcome)


def _known(columns: Mapping[str, object], known: Sequence[str], what: str, option: str, path: Path) -> str:
    for name in known:
        found = next((column for column in columns if column.lower() == name), None)
        if found is not None:
            return found
    raise SourceError(
        f"has no column that says {what}; name it with {option}, one of {', '.join(map(repr, columns))}",
        file=path,
    )


def score_trial(
    trial: Trial, progress: Callable[[int, int], None] | None = None, partitions: int = PARTITIONS
) -> tuple[dict[str, Array], list[str]]:
    """Out-of-fold scores of every learner, the rivals and `chosen`; and what was chosen in each fold."""
    from sklearn.model_selection import RepeatedStratifiedKFold

    mailed, came = trial.mailed, trial.came
    fits = {**LEARNERS, **RIVALS}
    scores = {name: np.zeros(len(came)) for name in (*fits, CHOSEN)}
    picked: list[str] = []
    splitter = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=partitions, random_state=SEED)
    for train, test in splitter.split(trial.table, 2 * mailed + came):
        try:
            model = fit_uplift(trial.table[train], mailed[train], came[train])
        except TooFew as error:
            raise SourceError(str(error)) from error
        scores[CHOSEN][test] += model.predict(trial.table[test]) / partitions
        scaled = (trial.table - model.centre) / model.spread
        for name, fit in fits.items():
            # The chosen one is fitted already.
            learner = (
                model.learner if name == model.chosen else fit(scaled[train], mailed[train], came[train])
            )
            scores[name][test] += learner(scaled[test]) / partitions
        picked.append(model.chosen)
        if progress is not None:
            progress(len(picked), FOLDS * partitions)
    return scores, picked


def evaluate_uplift(
    trial: Trial,
    share: float = SHARE,
    draws: int = DRAWS,
    progress: Callable[[int, int], None] | None = None,
    partitions: int = PARTITIONS,
) -> dict[str, Any]:
    """JSON-ready figures: per model Qini, AUUC and gain with intervals; `chosen` against each rival."""
    scores, picked = score_trial(trial, progress, partitions)
    mailed, came = trial.mailed, trial.came
    drawn = draw_figures(scores, mailed, came, share, draws)
    at, everybody = f"gain@{round(100 * share)}", gain_at_random(mailed, came, 1.0)
    models: dict[str, Any] = {}
    for name, score in scores.items():
        qini = interval(qini_area(score, mailed, came), drawn.area[name])
        gain = interval(gain_at(score, mailed, came, share), drawn.gain[name])
        models[name] = {
            "qini": round(qini.value, 3),
            "qini_ci": [round(qini.low, 3), round(qini.high, 3)],
            "auuc": round(qini.value + everybody / 2, 3),
            at: round(gain.value, 3),
            "ci": [round(gain.low, 3), round(gain.high, 3)],
        }
    by_chance = interval(gain_at_random(mailed, came, share), drawn.gain["random"])
    models["random"] = {
        "qini": 0.0,
        "auuc": round(everybody / 2, 3),
        at: round(by_chance.value, 3),
        "ci": [round(by_chance.low, 3), round(by_chance.high, 3)],
    }
    against = {}
    for rival in (*RIVALS, "random"):
        apart = drawn.gain[CHOSEN] - drawn.gain[rival]
        against[rival] = _apart("", models[CHOSEN][at] - models[rival][at], apart) | _apart(
            "qini_",
            models[CHOSEN]["qini"] - models[rival]["qini"],
            drawn.area[CHOSEN] - drawn.area.get(rival, 0),
        )
    return {
        "best": CHOSEN,
        "chosen_in_folds": picked,
        "partitions": partitions,
        "models": models,
        "against": against,
        "unit": "extra visits per 1,000 customers",
        "share": share,
        "rows": len(came),
        "mailed": int(mailed.sum()),
        "arms": list(trial.arms),
        "control": trial.control,
        "outcome": trial.outcome,
        "base_rate": round(float(came.mean()), 4),
        "effect": round(everybody, 3),
        "columns": list(trial.names),
        "curves": {name: curve_points(scores[name], trial, drawn.curve[name]) for name in (CHOSEN, *RIVALS)},
    }


def curve_points(score: Array, trial: Trial, drawn: Array) -> dict[str, list[float]]:
    """A Qini curve with the middle 95 % of its draws, at every fifth of SHARES."""
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    curve = curve_of(score, trial.mailed, trial.came)
    parts = {"share": SHARES, "gain": curve, "low": low, "high": high}
    return {name: [round(float(value), 3) for value in values[::5]] for name, values in parts.items()}


def _apart(of: str, difference: float, drawn: Array) -> dict[str, Any]:
    """A difference with its interval, two-sided p and whether it lies above zero in 95 % of the draws."""
    found = interval(difference, drawn)
    return {
        f"{of}difference": round(found.value, 3),
        f"{of}ci": [round(found.low, 3), round(found.high, 3)],
        f"{of}p": round(2 * min(float((drawn <= 0).mean()), float((drawn >= 0).mean())), 4),
        f"{of}significant": found.low > 0,
    }
