"""`regulars predict` and `regulars evaluate predict` as people run them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from assistant.cli import app
from assistant.cli.frame import run_app
from insight import learners, metrics
from tests.insight.conftest import simulate

COLUMNS = "InvoiceNo StockCode Description Quantity InvoiceDate UnitPrice CustomerID Country".split()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated shop as a transaction list."""
    path = tmp_path_factory.mktemp("data") / "sales.csv"
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for number, order in enumerate(simulate(customers=260)[0]):
            for line in order.lines:
                assert order.placed_at
                writer.writerow(
                    [
                        500_000 + number,
                        line.product_id,
                        f"THING {line.product_id}",
                        line.quantity,
                        f"{order.placed_at:%Y-%m-%d %H:%M:%S}",
                        line.unit_price.amount,
                        order.customer_id,
                        "France",
                    ]
                )
    return path


@pytest.fixture(autouse=True)
def _less_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(learners, "BOOSTING_ROUNDS", 10)
    monkeypatch.setattr(metrics, "RESAMPLES", 20)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str | Path) -> int:
    return run_app(app, [str(one) for one in arguments])


def test_evaluate_predict_as_json(file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    where = ("evaluate", "predict", "--transactions", file, "--cut", "2021-08-01", "--horizon-days", "30")
    assert run(*where, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["churn", "churn_active", "purchase"]
    for part in found.values():
        assert list(part) == ["best", "models"]
        assert {"model", "auroc", "aupr", "f1", "brier", "ece", "lift_10"} <= set(part["best"])
        assert part["best"]["model"] in part["models"]
        assert {"majority", "recency", "rfm", "bg_nbd", "logistic", "boosting", "blend"} == set(
            part["models"]
        )
    assert not list(tmp_path.iterdir())


def test_evaluate_predict_says_what_the_file_does_not_reach(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("evaluate", "predict", "--transactions", file, "--cut", "2021-08-10") == 0
    shown = capsys.readouterr()
    assert "churn is left out" in shown.err
    assert shown.out.startswith("Purchase within 30 days:") and "chosen on validation" in shown.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--cut", "soon"), "--cut 'soon' is no date"),
        (("--cut", "2021-09-10"), "use a cut up to 2021-08-"),
        (("--cut", "2021-01-20"), "too little before 2021-01-20"),
        (("--cut", "2021-07-01", "--train-cuts", "2021-08-01"), "not before the cut"),
    ],
)
def test_evaluate_predict_refuses_in_a_sentence(
    file: Path, options: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("evaluate", "predict", "--transactions", file, *options) == 2
    assert words in capsys.readouterr().err


@pytest.mark.slow
def test_predict_trains_keeps_and_scores(
    file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_CHURN_DAYS", "40")
    shop = ("--shop", tmp_path / "shop")
    assert run("predict", "churn", *shop) == 2
    assert "there is no shop" in capsys.readouterr().err
    assert run("import", "orders", file, *shop) == 0
    capsys.readouterr()
    assert run("predict", "purchase", "--as-of", "2021-08-01", *shop, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["target"], found["horizon_days"], found["notice"]) == ("purchase", 30, "")
    assert found["model"].startswith("20210801-")
    chances = [one["probability"] for one in found["customers"]]
    assert chances == sorted(chances, reverse=True) and len(chances) > 200
    assert run("predict", "churn", "--as-of", "2021-08-01", "--keep-model", *shop) == 0
    out = capsys.readouterr().out
    assert "are expected to leave (no order) within 40 days; model 20210801-" in out
    assert run("predict", "score", *shop, "--json") == 0
    month, *longer = json.loads(capsys.readouterr().out)
    assert (month["horizon_days"], [one["horizon_days"] for one in longer]) == (30, [40, 90])
    assert month["as_of"] == "2021-08-01" and 0 <= month["auroc"] <= 1


def test_predict_by_the_rules_says_so(file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shop = ("--shop", tmp_path / "shop")
    assert run("import", "orders", file, *shop) == 0
    assert run("predict", "churn", "--as-of", "2021-02-10", *shop) == 0
    shown = capsys.readouterr()
    assert "A rule over recency does." in shown.err
    assert "No model is trained yet, so this is a rule over recency" in shown.out
    assert "model rules." in shown.out
