"""`regulars evaluate search` as people run it, over a handful of products."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.cli import app
from assistant.cli.frame import run_app

TITLES = ["Red Mug", "Blue Mug", "Lunch Bag Red", "Lunch Bag Pink", "Vanilla Candle", "Candle Holder"]
JUDGED = """query_id,query,product_id,gain,note
1,red mug,p0,1,exact
1,red mug,p1,0.1,substitute
2,lunch bags,p2,1,
2,lunch bags,p3,1,
3,candle,p4,1,
3,candle,p5,0,
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.setenv("REGULARS_EMBEDDER", "hash:")
    monkeypatch.chdir(tmp_path)
    products, judgements = tmp_path / "products.jsonl", tmp_path / "judged.csv"
    rows = [{"asin": f"p{n}", "title": title, "bullet_points": ""} for n, title in enumerate(TITLES)]
    products.write_text("".join(json.dumps(row) + "\n" for row in rows))
    judgements.write_text(JUDGED)
    return products, judgements


def run(products: Path, judgements: Path, *more: str) -> int:
    return run_app(
        app,
        ["evaluate", "search", "--products", str(products), "--judgements", str(judgements), *more],
    )


def test_json(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    misses = tmp_path / "misses.jsonl"
    assert run(*files, "--json", "--per-query", str(misses)) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["queries"] == 3
    assert found["ndcg@10"] == found["recall@100"] == found["mrr"] == 1.0
    assert set(found["stages"]) == {"bm25", "dense", "fused", "ranked"}
    for stage in found["stages"].values():
        assert {"ndcg@10", "recall@100", "mrr"} <= set(stage)
    assert found["p50_ms"] <= found["p95_ms"] and found["index_s"] >= 0
    assert found["ranker"].startswith("as installed")
    lines = [json.loads(line) for line in misses.read_text().splitlines()]
    assert {line["query"] for line in lines} == {"red mug", "lunch bags", "candle"}
    assert not (tmp_path / "shop-data").exists()


def test_text_and_k(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*files, "--k", "3") == 0
    out = capsys.readouterr().out
    assert "3 queries over 6 products" in out and "ndcg@3" in out and "ranked" in out


def test_it_is_never_scored_on_what_it_was_fitted_on(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    products, judgements = files
    other = tmp_path / "other.csv"
    other.write_text(JUDGED + "4,pink bag,p3,1,\n")
    ranker = tmp_path / "ranker.json"
    assert run(products, judgements, "--json", "--train-judgements", str(other)) == 0
    assert json.loads(capsys.readouterr().out)["ranker"].startswith("fitted on 1 other queries")
    more = ["--json", "--train-judgements", str(judgements), "--save-ranker", str(ranker)]
    assert run(products, judgements, *more) == 0
    assert json.loads(capsys.readouterr().out)["ranker"] == "cross-validated by query in 3 folds"
    card = json.loads(ranker.read_text())["card"]
    assert card["queries"] == 3 and len(card["queries_seen"]) == 3 and "ndcg@10" in card


def test_the_shipped_ranker_is_not_scored_on_its_own_queries(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    products, _ = files
    seen = tmp_path / "seen.csv"
    seen.write_text(JUDGED.replace("candle,", "mens slippers,"))
    assert run(products, seen, "--json") == 0
    assert "cross-validated" in json.loads(capsys.readouterr().out)["ranker"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("query_id,query,gain\n1,mug,1\n", "column 'product_id'"),
        (JUDGED.replace("0.1", "some"), "row 3, column 'gain'"),
        (JUDGED.replace(",p", ",zz").replace("zzroduct", "product"), "none of its products is in"),
    ],
)
def test_bad_judgements(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    products, judgements = files
    judgements.write_text(content)
    assert run(products, judgements) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert said in error and str(judgements) in error


def test_save_without_train(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*files, "--save-ranker", "x.json") == 2
    assert "--train-judgements" in capsys.readouterr().err
