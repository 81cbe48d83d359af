"""Figures against ir-measures, and no test purchase in anything that is fitted."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import ir_measures
import numpy as np
import pytest
from scipy import sparse

from retrieval.recommend.evaluation.baskets import basket_task
from retrieval.recommend.evaluation.figures import rank
from retrieval.recommend.evaluation.running import evaluate_recommend
from retrieval.recommend.evaluation.sequences import read_sequences
from retrieval.recommend.evaluation.sessions import continue_row, read_sessions
from retrieval.recommend.histories import Histories
from retrieval.recommend.purchases import days_since_epoch
from shop.errors import SourceError
from shop.types import Money, Order, OrderLine
from tests.retrieval.rows_of_purchases import walks


def rows_of(histories: Histories) -> list[list[int]]:
    return [histories.item[a:b].tolist() for a, b in zip(histories.start, histories.start[1:], strict=False)]


def test_figures_are_those_of_ir_measures() -> None:
    draw = np.random.default_rng(2)
    scores = draw.random((30, 60), dtype=np.float32)
    wanted = draw.random((30, 60)) < 0.08
    wanted[:, 5] = True
    answers = sparse.csr_matrix(wanted.astype(np.float32))
    excluded = sparse.csr_matrix((draw.random((30, 60)) < 0.1).astype(np.float32))
    excluded = (excluded - excluded.multiply(answers > 0)).tocsr()
    found = rank(scores, answers.tocsr(), excluded)
    relevant = {str(r): {str(c): 1 for c in answers[r].tocoo().col} for r in range(30)}
    masked = np.where(excluded.toarray() > 0, -1.0, scores)
    run = {str(r): {str(c): float(masked[r, c]) for c in range(60)} for r in range(30)}
    names = {"ndcg@10": "nDCG@10", "recall@20": "R@20", "hr@5": "Success@5", "mrr": "RR"}
    for ours, theirs in names.items():
        judged = ir_measures.calc_aggregate([ir_measures.parse_measure(theirs)], relevant, run)
        assert found.rows[ours].mean() == pytest.approx(next(iter(judged.values())), abs=1e-6), ours
    assert not (excluded.toarray()[np.arange(30)[:, None], found.top] > 0).any()


def test_equal_scores_earn_no_more_than_chance() -> None:
    answers = sparse.csr_matrix(np.eye(200, dtype=np.float32))
    found = rank(np.zeros((200, 200), dtype=np.float32), answers)
    assert found.rows["hr@10"].mean() == pytest.approx(10 / 200)
    assert found.rows["mrr"].mean() == pytest.approx(np.mean(1 / np.arange(1, 201)))


def test_leave_one_out_fits_on_neither_validation_nor_test(tmp_path: Path) -> None:
    file = tmp_path / "rows.txt"
    file.write_text("1 10 11 12 13\n2 11 10 20\n3 10 11\n")
    task = read_sequences(file)
    ids = [10, 11, 12, 13, 20]
    named = [[ids[column] for column in row] for row in rows_of(task.log)]
    assert named == [[10, 11], [11]]
    (lesson,) = task.lessons
    assert lesson.log is task.log
    assert [ids[c] for c in lesson.answers.indices] == [12, 10]
    assert [[ids[c] for c in row] for row in rows_of(task.tests)] == [[10, 11, 12], [11, 10]]
    assert [ids[c] for c in task.answers.indices] == [13, 20]
    assert rows_of(task.refit) == rows_of(task.tests)
    assert not task.again


@pytest.mark.parametrize(
    ("text", "place"), [("1 2 x\n", "row 1"), ("1 2 -3 4\n", "row 1"), ("1 2 3\n", "three products")]
)
def test_bad_sequences_are_named(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "rows.txt").write_text(text)
    with pytest.raises(SourceError, match=place):
        read_sequences(tmp_path / "rows.txt")


def session_files(folder: Path, train: list[tuple], test: list[tuple], products: int = 30) -> list[Path]:
    paths = [folder / "items.json", folder / "train.csv", folder / "test.csv"]
    paths[0].write_text(json.dumps({str(n): {"title": f"product {n}"} for n in range(products)}))
    for path, rows in zip(paths[1:], (train, test), strict=True):
        with path.open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["user_id", "history_item_id", "item_id"])
            writer.writerows([user, str(history), answer] for user, history, answer in rows)
    return paths


TRAIN = [("a", [1], 2), ("a", [1, 2], 3), ("b", [4, 5], 6), ("c", [7], 8), ("c", [7, 8], 9)]
TEST = [("a", [1, 2, 3], 20), ("a", [1, 2, 3, 20], 21), ("d", [10, 11], 22), ("d", [10, 11, 22], 23)]


def test_no_test_answer_is_ever_fitted(tmp_path: Path) -> None:
    """The trap: 20 and 22 stand in later test histories."""
    task = read_sessions(*session_files(tmp_path, TRAIN, TEST))
    fitted = [task.log, *(lesson.log for lesson in task.lessons)]
    answers = {answer for _, _, answer in TEST}
    for log in fitted:
        assert not answers & set(log.item.tolist())
    assert sorted(rows_of(task.log)) == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11]]
    assert rows_of(task.tests) == [list(history) for _, history, _ in TEST]
    assert task.refit is None


def test_answers_of_a_lesson_are_not_fitted_for_it(tmp_path: Path) -> None:
    task = read_sessions(*session_files(tmp_path, TRAIN, TEST))
    for lesson in task.lessons:
        answers = set(lesson.answers.indices.tolist())
        assert answers
        assert not answers & set(lesson.log.item.tolist())
    asked = sorted(row for lesson in task.lessons for row in rows_of(lesson.histories))
    assert asked == sorted(list(history) for _, history, _ in TRAIN)


def test_rows_cut_to_their_last_ten_are_joined() -> None:
    assert continue_row([1, 2, 3, 4], [3, 4, 5]) == [1, 2, 3, 4, 5]
    assert continue_row([1, 2], [1, 2]) == [1, 2]
    assert continue_row([], [5, 6]) == [5, 6]


def test_bad_rows_are_named(tmp_path: Path) -> None:
    files = session_files(tmp_path, [("a", [1], 99)], TEST)
    with pytest.raises(SourceError, match=r"train\.csv, row 2, column 'item_id'"):
        read_sessions(*files)


def orders() -> list[Order]:
    draw = np.random.default_rng(5)
    found = []
    for customer in range(40):
        for number in range(8):
            at = datetime(2011, 1, 1, 12, tzinfo=UTC) + timedelta(days=customer % 10 + 25 * number)
            lines = tuple(
                OrderLine(f"p{n}", f"product {n}", 1, Money(Decimal(2), "GBP"))
                for n in {int(draw.integers(12)) for _ in range(3)} | {20 + number}
            )
            found.append(Order(f"{customer}-{number}", f"c{customer}", lines, at, country="Malta"))
    return found


def test_nothing_on_or_after_a_cut_is_fitted() -> None:
    cut = date(2011, 6, 1)
    task = basket_task(orders(), cut, Path("orders.csv"))
    assert task.log.day.max() < days_since_epoch(cut)
    assert task.tests.day.max() < days_since_epoch(cut)
    assert len(task.lessons) >= 2
    for back, lesson in enumerate(task.lessons, start=1):
        assert lesson.log.day.max() < days_since_epoch(cut) - 30 * back
        assert (lesson.log.today == days_since_epoch(cut) - 30 * back).all()
    # Whoever bought product 26 the day before the cut buys 27 next, which was never sold before it.
    bought = {task.texts[column] for column in task.answers.indices}
    known = {task.texts[column] for column in task.log.item}
    assert "product 27" in bought - known
    assert len(task.tests) == 40


@pytest.mark.parametrize("cut", [date(2010, 1, 1), date(2012, 1, 1), date(2011, 1, 20)])
def test_a_cut_without_orders_on_both_sides_is_refused(cut: date) -> None:
    with pytest.raises(SourceError, match="orders run from 2011-01-01"):
        basket_task(orders(), cut, Path("orders.csv"))


def test_the_report_has_every_figure() -> None:
    report = evaluate_recommend(basket_task(orders(), date(2011, 6, 1), Path("orders.csv")))
    blend = report.as_json()["recommenders"]["blend"]
    wanted = {
        "hr@10", "ndcg@5", "recall@20", "mrr", "coverage", "novelty", "popularity_bias", "fit_s",
        "p50_ms", "p95_ms", "ndcg@10_95", "hr@10_95", "new_ndcg@10",
    }  # fmt: skip
    assert wanted <= blend.keys()
    low, high = blend["ndcg@10_95"]
    assert low <= blend["ndcg@10"] <= high
    assert {"blend_refit", "frequency", "popularity_14_days"} <= report.recommenders.keys()


@pytest.mark.slow
def test_a_blend_beats_chance_where_there_is_something_to_learn(tmp_path: Path) -> None:
    rows = rows_of(walks(200))
    (tmp_path / "rows.txt").write_text(
        "\n".join(f"{n} {' '.join(str(column + 1) for column in row)}" for n, row in enumerate(rows))
    )
    found = evaluate_recommend(read_sequences(tmp_path / "rows.txt")).recommenders
    assert found["blend"]["hr@5"] > 0.6 > 5 / 40
    assert found["sequential"]["hr@5"] > 0.6
