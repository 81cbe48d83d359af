"""Uplift on a made-up test whose true effects are known: learners, choice, curve, files, sentences."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from insight.uplift import LEARNERS, TooFew, choose_moved, cross_fit, fit_uplift, likely_anyway
from insight.uplift_curve import PER, curve_of, draw_figures, gain_at, gain_at_random, qini_area
from insight.uplift_evaluation import evaluate_uplift, read_trial
from shop.errors import SourceError

ROWS = 3000


def made_up(rows: int = ROWS, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Half of the customers is moved by mail, half comes anyway: table, mailed, came, effect."""
    rng = np.random.default_rng(seed)
    table = np.column_stack([rng.integers(0, 2, rows), rng.normal(size=rows), rng.normal(size=rows)]).astype(
        float
    )
    mailed = rng.integers(0, 2, rows)
    effect = np.where(table[:, 0] == 1, 0.20, 0.0)
    anyway = np.where(table[:, 0] == 1, 0.05, 0.30) + 0.05 * (table[:, 1] > 0)
    came = (rng.random(rows) < anyway + effect * mailed).astype(np.int64)
    return table, mailed.astype(np.int64), came, effect


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_finds_who_is_moved(name: str) -> None:
    table, mailed, came, effect = made_up()
    scores = cross_fit(LEARNERS[name], (table - table.mean(0)) / table.std(0), mailed, came)
    assert scores[effect > 0].mean() > scores[effect == 0].mean()
    assert gain_at(scores, mailed, came, 0.3) > gain_at_random(mailed, came, 0.3)


def test_likelihood_chooses_those_who_come_anyway() -> None:
    table, mailed, came, _ = made_up()
    likely = cross_fit(likely_anyway, table, mailed, came)
    moved = fit_uplift(table, mailed, came).predict(table)
    assert (
        gain_at(likely, mailed, came, 0.3)
        < gain_at_random(mailed, came, 0.3)
        < gain_at(moved, mailed, came, 0.3)
    )


def test_fitting_is_reproducible_and_says_what_was_chosen() -> None:
    table, mailed, came, effect = made_up()
    one, two = fit_uplift(table, mailed, came), fit_uplift(table, mailed, came)
    assert one.chosen == two.chosen == max(one.qini, key=lambda name: one.qini[name])
    assert np.array_equal(one.predict(table), two.predict(table))
    chosen = choose_moved(one.predict(table), 0.3)
    assert len(chosen) == round(0.3 * ROWS) and (effect[chosen] > 0).mean() > 0.95


def test_nobody_is_chosen_whom_a_message_drives_away() -> None:
    assert choose_moved(np.array([-0.1, 0.2, -0.3, 0.1]), 1.0).tolist() == [1, 3]


@pytest.mark.parametrize("rows", [0, 50, 380])
def test_a_small_test_gets_a_sentence(rows: int) -> None:
    table, mailed, came, _ = made_up(rows)
    with pytest.raises(TooFew, match=r"customers were (written to|held out).*go on holding customers out\.$"):
        fit_uplift(table, mailed, came)


def test_curve_by_hand() -> None:
    # Ranked: mailed came, held stayed, mailed stayed, held came.
    score, mailed, came = np.array([4.0, 3, 2, 1]), np.array([1, 0, 1, 0]), np.array([1, 0, 0, 1])
    curve = curve_of(score, mailed, came, np.linspace(0, 1, 5))
    assert curve.tolist() == [0.0, 250.0, 500.0, 375.0, 0.0]
    assert gain_at(score, mailed, came, 0.5) == PER * 0.5
    assert qini_area(score, mailed, came) > 0 > qini_area(-score, mailed, came)


def test_random_scores_have_no_area_and_draws_pair() -> None:
    _, mailed, came, _ = made_up()
    chance = np.random.default_rng(0).random(ROWS)
    assert abs(qini_area(chance, mailed, came)) < 8
    drawn = draw_figures({"a": chance, "b": chance}, mailed, came, draws=20)
    assert np.array_equal(drawn.gain["a"], drawn.gain["b"]), "the same draws for every ranking"
    assert np.array_equal(drawn.gain["a"], draw_figures({"a": chance}, mailed, came, draws=20).gain["a"])


def write_trial(
    path: Path, head: tuple[str, ...] = ("segment", "womens", "history", "noise", "visit", "spend")
) -> Path:
    table, mailed, came, _ = made_up(2000)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(head)
        for row, mail, visit in zip(table, mailed, came, strict=True):
            arm = ("Mens E-Mail" if row[2] > 0 else "Womens E-Mail") if mail else "No E-Mail"
            out.writerow([arm, int(row[0]), f"{row[1]:.4f}", f"{row[2]:.4f}", visit, 10 * visit])
    return path


def test_evaluation_of_a_file(tmp_path: Path) -> None:
    trial = read_trial(write_trial(tmp_path / "trial.csv"))
    assert trial.arms == ("Mens E-Mail", "Womens E-Mail") and trial.control == "No E-Mail"
    assert "spend" not in trial.names and "visit" not in trial.names, (
        "what came after the mail is never learnt"
    )
    figures = evaluate_uplift(trial, draws=40, partitions=2)
    assert len(figures["chosen_in_folds"]) == 5 * figures["partitions"] == 10
    assert figures["against"]["random"]["significant"] and figures["against"]["likely_anyway"]["significant"]
    assert set(figures["models"]) == {*LEARNERS, "likely_anyway", "likely_mailed", "chosen", "random"}
    assert {"qini", "auuc", "gain@30", "ci"} <= set(figures["models"]["chosen"])
    low, high = figures["models"]["chosen"]["ci"]
    assert low <= figures["models"]["chosen"]["gain@30"] <= high


def test_no_effect_is_not_significant() -> None:
    table, mailed, came, _ = made_up()
    shuffled = np.random.default_rng(1).permutation(came)
    scores = cross_fit(LEARNERS["two_models"], table, mailed, shuffled)
    drawn = draw_figures({"uplift": scores}, mailed, shuffled, draws=100)
    apart = drawn.gain["uplift"] - drawn.gain["random"]
    assert np.quantile(apart, 0.025) < 0 < np.quantile(apart, 0.975)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"treatment": "mail"}, "has no column 'mail'; choose one of 'segment'"),
        ({"outcome": "bought"}, "has no column 'bought'"),
        ({"arm": "Kids E-Mail"}, "has no group 'Kids E-Mail'; choose one of Mens E-Mail, Womens E-Mail"),
        ({"drop": ("age",)}, "has no column 'age'"),
        ({"treatment": "womens", "outcome": "spend"}, "neither yes nor no"),
        ({"treatment": "noise"}, "names no group that was left alone"),
    ],
)
def test_bad_columns_get_one_sentence(tmp_path: Path, options: dict, wanted: str) -> None:
    file = write_trial(tmp_path / "trial.csv")
    with pytest.raises(SourceError, match=re.escape(wanted)):
        read_trial(file, **options)


def test_what_came_after_is_never_learnt_whatever_its_case(tmp_path: Path) -> None:
    head = ("segment", "womens", "history", "noise", "Visit", "SPEND")
    assert read_trial(write_trial(tmp_path / "t.csv", head)).names == ("womens", "history", "noise")


def test_one_arm_alone(tmp_path: Path) -> None:
    file = write_trial(tmp_path / "trial.csv")
    both, one = read_trial(file), read_trial(file, arm="Womens E-Mail")
    assert one.arms == ("Womens E-Mail",) and len(one.came) < len(both.came)
    assert one.mailed.sum() < both.mailed.sum() and (one.mailed == 0).sum() == (both.mailed == 0).sum()
