"""`regulars evaluate recommend` as people run it: a table or JSON, one sentence on bad input."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from assistant.cli import app
from assistant.cli.frame import run_app

HEADING = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    rows = [HEADING]
    for customer in range(40):
        for visit in range(6):
            at = datetime(2011, 1, 3, 12) + timedelta(days=30 * visit + customer % 9)
            for product in {customer % 7, (customer + 1) % 7, visit + 10}:
                order = f"{customer * 10 + visit},P{product},Lamp {product},1"
                rows.append(f"{order},{at:%Y-%m-%d %H:%M},2.50,{customer},Malta")
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def evaluate(*arguments: str) -> int:
    return run_app(app, ["evaluate", "recommend", *arguments])


def test_json_and_table_of_orders(orders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("--transactions", str(orders), "--cut", "2011-05-20", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["users"], found["items"]) == (40, 13)
    assert found["recommenders"]["blend"]["hr@10"] == 1.0
    assert {"blend_refit", "frequency", "popularity_14_days"} <= found["recommenders"].keys()
    assert evaluate("--transactions", str(orders), "--cut", "2011-05-20") == 0
    said = capsys.readouterr().out
    assert "40 tests over 13 products" in said
    assert "95 % of ndcg@10" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "one of three ways"),
        (["--transactions", "ORDERS"], "one of three ways"),
        (["--transactions", "ORDERS", "--cut", "2019-01-01"], "orders run from 2011-01-03"),
        (["--transactions", "ORDERS", "--cut", "2011-01-05"], "too few orders before|who ordered both"),
        (["--sequences", "ORDERS"], "row 2"),
        (["--sequences", "missing.txt"], "no such file"),
        (["--items", "ORDERS", "--train", "ORDERS", "--test", "ORDERS"], "no JSON of products"),
    ],
)
def test_bad_input_is_one_sentence(
    orders: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(orders) if one == "ORDERS" else one for one in arguments]
    assert evaluate(*given) == 2
    said = capsys.readouterr().err
    assert any(part in said for part in sentence.split("|")), said
    assert "Traceback" not in said
