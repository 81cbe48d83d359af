"""`regulars evaluate mood|uplift` and `evaluate predict --table` as people run them: figures and exits."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from assistant.cli import app
from assistant.cli.frame import run_app


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    file = tmp_path / "trial.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["segment", "womens", "recency", "visit"])
        for _ in range(1500):
            womens, mailed = rng.integers(0, 2), rng.integers(0, 2)
            came = rng.random() < 0.25 - 0.15 * womens + 0.25 * womens * mailed
            rows.writerow(["E-Mail" if mailed else "No E-Mail", womens, rng.integers(1, 13), int(came)])
    return file


def test_uplift_as_json_and_as_text(trial: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["evaluate", "uplift", "--table", str(trial)]
    assert run_app(app, [*argv, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["best"] == "chosen" and found["rows"] == 1500
    assert {"qini", "auuc", "gain@30", "ci"} <= set(found["models"]["chosen"])
    assert found["against"]["likely_anyway"]["significant"] is True
    assert len(found["curves"]["chosen"]["share"]) == len(found["curves"]["chosen"]["gain"]) == 21
    assert run_app(app, [*argv, "--share", "0.5"]) == 0
    said = capsys.readouterr().out
    assert "gain@50" in said and "Chosen by uplift against random" in said


def test_a_table(trial: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["evaluate", "predict", "--table", str(trial), "--target", "visit", "--drop", "segment", "--json"]
    assert run_app(app, argv) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["best"]["model"] in found["models"] and {"auroc", "aupr", "f1", "brier"} <= set(
        found["best"]
    )
    assert found["rows"] == 1500 and found["dropped"] == ["segment"] and "segment" not in found["columns"]


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (
            ["predict", "--table", "{}", "--target", "bought"],
            "has no column 'bought'; choose one of 'segment'",
        ),
        (["predict", "--table", "{}"], "--table needs --target COLUMN"),
        (["predict", "--table", "{}", "--target", "visit", "--cut", "2011-01-01"], "goes without"),
        (["predict", "--target", "visit"], "go with --table FILE"),
        (["predict"], "name --transactions FILE with --cut DATE, or --table FILE"),
        (["uplift", "--table", "{}", "--outcome", "came"], "has no column 'came'"),
        (["uplift", "--table", "nowhere.csv"], "there is no such file"),
        (["mood", "--reviews", "{}"], "lacks the columns"),
    ],
)
def test_wrong_options_exit_2_with_one_sentence(
    trial: Path, argv: list[str], wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_app(app, ["evaluate", *(part.format(trial) for part in argv)]) == 2
    said = capsys.readouterr().err
    assert wanted in said and said.count("\n") == 1 and "Traceback" not in said
