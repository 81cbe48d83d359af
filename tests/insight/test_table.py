"""Tables with one row a case: reading, kinds, folds, baselines, sentences."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from insight.table import Table, read_table
from insight.table_evaluation import decisions, evaluate_table
from insight.table_models import add_counts
from shop.errors import SourceError


def write_table(path: Path, rows: int = 400) -> Path:
    rng = np.random.default_rng(5)
    lines = ["Pages,Month,Browser,Gap,Visitor,Revenue"]
    for n in range(rows):
        pages, month, browser = rng.integers(1, 60), rng.choice(["May", "Nov"]), rng.integers(1, 6)
        bought = rng.random() < (0.75 if month == "Nov" and pages > 20 else 0.08)
        gap = "" if n % 7 == 0 else f"{rng.random():.3f}"
        lines.append(f"{pages},{month},{browser},{gap},id{n},{'TRUE' if bought else 'FALSE'}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_reading_tells_numbers_from_kinds(tmp_path: Path) -> None:
    table = read_table(write_table(tmp_path / "t.csv"), "Revenue")
    assert table.names == ("Pages", "Month", "Browser", "Gap")
    assert table.is_kind == (False, True, True, False)
    assert table.left_out == ("Visitor",), "four hundred names teach nothing"
    assert np.isnan(table.values[0, 3]) and table.target.sum() > 20
    assert read_table(tmp_path / "t.csv", "Revenue", ("Pages",)).names == ("Month", "Browser", "Gap")


def test_equal_amounts_are_counted_among_other_rows_only() -> None:
    amounts = np.array([5.0, 5.0, 7.0, np.nan, 5.0, np.nan, *range(10, 24)])
    kinds = np.arange(20.0) % 3
    table = Table(
        ("amount", "kind"), np.column_stack([amounts, kinds]), (False, True), np.zeros(20, np.int64)
    )
    known, rows = np.arange(5), np.array([0, 2, 3, 4, 5, 6])
    wide = add_counts(table, known, rows)
    assert wide.shape == (6, 3), "kinds are not counted"
    assert np.array_equal(wide[:, :2], table.values[rows], equal_nan=True)
    # Rows 0 and 4 see two other fives; row 5 is not among the known, so it sees the one empty cell there.
    assert np.expm1(wide[:, 2]).round(9).tolist() == [2, 0, 0, 2, 1, 0]


def test_evaluation_beats_the_majority_and_is_reproducible(tmp_path: Path) -> None:
    table = read_table(write_table(tmp_path / "t.csv"), "Revenue")
    figures = evaluate_table(table, folds=2)
    assert figures == evaluate_table(table, folds=2)
    best, majority = figures["best"], figures["models"]["majority"]
    assert best["auroc"] > 0.75 and majority["auroc"] == pytest.approx(0.5, abs=0.03)
    assert best["brier"] < majority["brier"] and best["aupr"] > figures["base_rate"]
    assert best["model"] in figures["models"] and figures["rows"] == 400


def test_noise_is_not_foretold() -> None:
    rng = np.random.default_rng(2)
    table = Table(("a", "b"), rng.random((400, 2)), (False, False), rng.integers(0, 2, 400))
    found = evaluate_table(table, folds=2)["models"]
    assert 0.4 < np.mean([row["auroc"] for row in found.values()]) < 0.6


def test_decisions_by_hand() -> None:
    called, truth = np.array([True, True, False, False]), np.array([True, False, True, False])
    assert decisions(called, truth) == {"accuracy": 0.5, "precision": 0.5, "recall": 0.5, "f1": 0.5}


@pytest.mark.parametrize(
    ("target", "drop", "wanted"),
    [
        (
            "Bought",
            (),
            "has no column 'Bought'; choose one of 'Pages', 'Month', 'Browser', 'Gap', 'Visitor', 'Revenue'",
        ),
        ("Revenue", ("PageValues",), "has no column 'PageValues'"),
        ("Month", (), "row 2, column 'Month': "),
        ("Revenue", ("Pages", "Month", "Browser", "Gap", "Visitor"), "nothing but 'Revenue'"),
    ],
)
def test_bad_columns_get_one_sentence(
    tmp_path: Path, target: str, drop: tuple[str, ...], wanted: str
) -> None:
    with pytest.raises(SourceError, match=re.escape(wanted)):
        read_table(write_table(tmp_path / "t.csv"), target, drop)
