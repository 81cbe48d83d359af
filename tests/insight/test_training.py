"""Learning who buys: nothing from after the date, reproducible, explained exactly, measured right."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from insight.evaluation import evaluate_predictions
from insight.explain import explain, global_importance
from insight.history import History, cut_of, from_days
from insight.kept_models import load_model, save_model, versions
from insight.learners import Boosted, read_model
from insight.metrics import best_threshold, calibration_error, reliability_bins, score
from insight.outcomes import examples_at, stack_examples, training_cuts
from insight.rules import SAMPLE_RATES, recency_rule
from insight.training import Trained, train, train_all
from insight.value import BgNbd, Buying, GammaGamma, fit_bg_nbd, fit_gamma_gamma
from shop.errors import ConfigError

CUT = date(2021, 8, 1)
END = cut_of(CUT)


@pytest.fixture(scope="module")
def models(history: History) -> dict[str, Trained]:
    return train_all(history, END, 30)


def test_learns_from_before_the_date_only(history: History, models: dict[str, Trained]) -> None:
    known = history.before(END)
    again = train_all(known, END, 30)
    assert list(again) == list(models)
    for name, model in models.items():
        assert again[name].model.as_json() == model.model.as_json()
        assert (again[name].slope, again[name].intercept) == (model.slope, model.intercept)
        assert again[name].thresholds == model.thresholds


def test_cuts_end_a_horizon_before(history: History) -> None:
    cuts = training_cuts(history, END, 30)
    assert cuts[0] == END - 30 and cuts == sorted(cuts, reverse=True)
    examples = stack_examples(history, cuts, 30, seed=0)
    assert examples.cut.max() + 30 <= END
    assert examples.weight.mean() == pytest.approx(1)
    assert examples.weight[examples.cut == cuts[0]][0] > examples.weight[examples.cut == cuts[-1]][0]


def test_labels_are_orders_within_the_horizon(history: History) -> None:
    found = examples_at(history, END, 30)
    for row in range(0, len(found.bought), 17):
        at = history.orders.at[history.orders.customer == found.customer[row]]
        assert found.bought[row] == ((at >= END) & (at < END + 30)).any()


def test_effects_add_up_to_the_log_odds(history: History, models: dict[str, Trained]) -> None:
    values = examples_at(history, END, 30).values
    for name in ("rfm", "bg_nbd", "logistic", "boosting", "blend"):
        model = models[name].model
        rest = model.log_odds(values) - model.effects(values).sum(axis=1)
        # What is left is the same for everybody: the typical customer's log-odds.
        np.testing.assert_allclose(rest, rest[0], atol=1e-5)
    blend = models["blend"]
    shares = global_importance(blend.features, blend.effects(values))
    assert sum(one.share for one in shares) == pytest.approx(1)
    reasons = explain(blend.features, values[0], blend.effects(values[:1])[0], "EUR")
    assert len({reason.feature for reason in reasons}) == len(reasons) > 1
    assert [abs(one.effect) for one in reasons] == sorted((abs(one.effect) for one in reasons), reverse=True)


def test_models_survive_json(history: History, models: dict[str, Trained]) -> None:
    values = examples_at(history, END, 30).values
    for trained in models.values():
        again = read_model(trained.model.as_json())
        np.testing.assert_allclose(again.log_odds(values), trained.model.log_odds(values), rtol=1e-12)
    with pytest.raises(ValueError, match="no model of kind"):
        read_model({"kind": "pickle"})


def test_mean_probability_is_that_of_recency(history: History, models: dict[str, Trained]) -> None:
    now = examples_at(history, END, 30)
    rule = recency_rule(history, END, 30)
    wanted = rule.buys(now.column("days_since").astype(np.float64)).mean()
    for trained in models.values():
        assert trained.buys(now.values).mean() == pytest.approx(wanted, abs=1e-6)


def test_small_shops_are_refused_and_get_the_sample_rule(history: History) -> None:
    early = cut_of(date(2021, 2, 1))
    assert train(history, early, 90) is None
    rule = recency_rule(history, early, 90)
    assert not rule.own and rule.buys(np.array([0.0, 1e9])).tolist() == [SAMPLE_RATES[0], SAMPLE_RATES[-1]]
    assert (recency_rule(history, early, 30).buys(np.array([0.0])) < SAMPLE_RATES[0]).all()


def test_kept_models_are_versioned_and_reproducible(
    history: History, models: dict[str, Trained], tmp_path: Path
) -> None:
    best = next(iter(models.values()))
    kept = save_model(best, tmp_path)
    assert kept.version.startswith("20210731-")
    again = train(history, END, 30)
    assert again is not None and save_model(again, tmp_path).version == kept.version
    assert versions(tmp_path, 30) == [kept.version]
    later = train(history, END + 14, 30)
    assert later is not None
    newest = save_model(later, tmp_path)
    assert versions(tmp_path, 30) == [kept.version, newest.version]
    loaded, notice = load_model(tmp_path, 30, from_days(END + 14))
    assert loaded is not None and (loaded.version, notice) == (newest.version, "")
    values = examples_at(history, END, 30).values
    np.testing.assert_allclose(loaded.trained.buys(values), later.buys(values), rtol=1e-12)
    assert loaded.trained.reliability == later.reliability
    past, _ = load_model(tmp_path, 30, CUT)
    assert past is not None and past.version == kept.version


def test_models_that_will_not_serve_say_why(models: dict[str, Trained], tmp_path: Path) -> None:
    assert "no model is trained yet" in load_model(tmp_path, 30, CUT)[1]
    version = save_model(models["logistic"], tmp_path).version
    assert load_model(tmp_path, 30, CUT - timedelta(days=1))[0] is not None
    # A model that has seen later days does not serve a past one.
    for day, words in ((CUT + timedelta(days=70), "71 days old"), (CUT - timedelta(days=9), "no model is")):
        found, notice = load_model(tmp_path, 30, day)
        assert found is None and words in notice and "regulars predict" in notice
    file = tmp_path / "models" / "buys-30" / f"{version}.json"
    whole = file.read_text()
    for text in (whole[:99], "[]", "{}", whole.replace('"days_since"', '"days_until"')):
        file.write_text(text)
        found, notice = load_model(tmp_path, 30, CUT)
        assert found is None and version in notice


def test_evaluation_scores_what_validation_chose(history: History) -> None:
    report = evaluate_predictions(history, date(2021, 7, 1), 60)
    assert list(report.parts) == ["churn", "churn_active", "purchase"] and not report.notices
    for part in report.parts.values():
        best = part["best"]
        assert best["model"] == next(iter(part["models"]))
        assert {"auroc", "aupr", "f1", "brier", "ece", "precision", "recall", "lift_10"} <= set(best)
        low, high = best["ci95"]["auroc"]
        assert low < best["auroc"] < high
        constant = part["models"]["majority"]
        assert constant["auroc"] == 0.5 and constant["lift_10"] < best["lift_10"]
        assert best["brier"] < constant["brier"] and best["aupr"] > constant["aupr"]
        assert sum(one["count"] for one in best["reliability"]) == best["customers"]


def test_evaluation_leaves_out_what_the_data_do_not_reach(history: History) -> None:
    last = history.last_day
    assert last is not None
    report = evaluate_predictions(history, last - timedelta(days=40), 60)
    assert list(report.parts) == ["purchase"] and "churn is left out" in report.notices[0]
    with pytest.raises(ConfigError, match="use a cut up to"):
        evaluate_predictions(history, last - timedelta(days=3), 60)
    with pytest.raises(ConfigError, match="too little before"):
        evaluate_predictions(history, date(2021, 2, 1), 60)
    with pytest.raises(ConfigError, match="not before the cut"):
        evaluate_predictions(history, date(2021, 7, 1), 60, [date(2021, 7, 1)])
    given = [date(2021, 7, 1) - timedelta(days=n) for n in (20, 60, 70, 80, 90)]
    report = evaluate_predictions(history, date(2021, 7, 1), 60, given)
    # Twenty days before, neither horizon was over.
    assert report.parts["churn"]["best"]["trained_on"]["cuts"] == 4
    assert report.parts["purchase"]["best"]["trained_on"]["cuts"] == 4


def test_figures_by_hand() -> None:
    chance = np.array([0.9, 0.8, 0.35, 0.2, 0.1])
    happened = np.array([True, False, True, False, False])
    figures = score(chance, happened, 0.35)
    assert figures["precision"] == pytest.approx(2 / 3) and figures["recall"] == 1
    assert figures["f1"] == pytest.approx(0.8) and figures["accuracy"] == pytest.approx(0.8)
    assert figures["brier"] == pytest.approx((0.01 + 0.64 + 0.4225 + 0.04 + 0.01) / 5)
    assert figures["auroc"] == pytest.approx(5 / 6) and figures["lift_10"] == pytest.approx(2.5)
    assert best_threshold(chance, happened) == 0.35
    bins = reliability_bins(np.array([0.31, 0.39, 0.8]), np.array([True, False, True]))
    assert [(b.count, b.observed) for b in bins] == [(2, 0.5), (1, 1.0)]
    assert calibration_error(bins) == pytest.approx((2 * 0.15 + 0.2) / 3)


def test_bg_nbd_and_gamma_gamma_find_a_known_truth() -> None:
    draw = np.random.default_rng(3)
    truth = BgNbd(0.9, 6.0, 0.8, 2.4)
    repeats, last, weeks, later = [], [], draw.uniform(20, 60, 3000), []
    for span in weeks:
        rate, leaves, at, count, seen, after = draw.gamma(0.9, 1 / 6), draw.beta(0.8, 2.4), 0.0, 0, 0.0, 0
        while True:
            at += draw.exponential(1 / rate)
            if at > span + 13:
                break
            count, seen, after = (count + 1, at, after) if at <= span else (count, seen, after + 1)
            if draw.random() < leaves:
                break
        repeats.append(count)
        last.append(seen)
        later.append(after)
    buying = Buying(np.array(repeats, float), np.array(last), weeks)
    fitted = fit_bg_nbd(buying, 0.0001)
    for model in (truth, fitted):
        bought = np.array(later) > 0
        assert model.buys_within(buying, 91).mean() == pytest.approx(bought.mean(), abs=0.02)
        assert model.purchases_within(buying, 91).mean() == pytest.approx(np.mean(later), rel=0.08)
    assert fitted.alive(buying).min() >= 0 and fitted.alive(buying).max() <= 1

    mean = draw.gamma(4, 10, 2000)
    orders = draw.integers(1, 6, 2000).astype(float)
    worth = np.array([draw.gamma(5, m / 5, int(n)).mean() for m, n in zip(mean, orders, strict=True)])
    model = fit_gamma_gamma(orders, worth)
    assert model.mean_order(orders, worth).mean() == pytest.approx(mean.mean(), rel=0.05)
    # One order says less than five: it is drawn further towards the shop's mean.
    once, often = model.mean_order(np.array([1.0, 5.0]), np.array([200.0, 200.0]))
    assert worth.mean() < once < often < 200
    assert isinstance(fit_gamma_gamma(np.ones(2), np.zeros(2)), GammaGamma)


def test_boosting_text_is_data_only() -> None:
    assert Boosted("x").as_json() == {"kind": "boosted", "text": "x"}
