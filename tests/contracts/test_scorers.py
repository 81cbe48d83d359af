"""Every scorer keeps the contract: finite numbers, for anybody, the same alone and in a batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.recommend.fitting import fit_recommender, fit_scorers
from retrieval.recommend.histories import stack
from retrieval.recommend.keeping import load_blend, save_blend
from retrieval.recommend.lessons import Lesson, answers_of, shop_lessons
from retrieval.recommend.models.blending import Blend
from retrieval.recommend.models.content import content_of_texts
from retrieval.recommend.scorers import History, Scorer
from tests.retrieval.rows_of_purchases import PRODUCTS, TODAY, baskets, walks

TEXTS = [f"lamp number{n // 4} colour{n % 4}" for n in range(PRODUCTS)]
LOGS = {"one by one": walks(), "in baskets": baskets()}
SCORERS: dict[str, Scorer] = {
    f"{scorer.name}, {form}": scorer
    for form, log in LOGS.items()
    for scorer in fit_scorers(log, [content_of_texts(TEXTS)])[0]
}
ASKED = {
    "nobody": History.of([]),
    "one product": History.of([3]),
    "again and again": History.of([3, 3, 3, 4], [TODAY - 90, TODAY - 60, TODAY - 30, TODAY - 2], today=TODAY),
    "a view": History.of([7], [TODAY], [0.2], TODAY),
    "everything": History.of(list(range(PRODUCTS)), today=TODAY, country=0),
    "a country without purchases": History.of([1], [TODAY - 1], today=TODAY, country=99),
}


def test_all_kinds_are_fitted_where_the_data_allow() -> None:
    names = {scorer.name for scorer in SCORERS.values()}
    assert names >= {
        "popularity", "item_knn", "transitions", "user_knn", "factors", "sequential", "content",
        "repurchase", "frequency", "due", "basket",
    }  # fmt: skip


@pytest.mark.parametrize("scorer", SCORERS.values(), ids=SCORERS)
def test_finite_and_the_same_alone_and_in_a_batch(scorer: Scorer) -> None:
    together = scorer.scores_many(stack(list(ASKED.values()), PRODUCTS))
    assert together.shape == (len(ASKED), PRODUCTS)
    assert together.dtype == np.float32
    assert np.isfinite(together).all()
    for row, history in zip(together, ASKED.values(), strict=True):
        alone = scorer.scores_many(stack([history], PRODUCTS))[0]
        np.testing.assert_allclose(alone, row, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("scorer", SCORERS.values(), ids=SCORERS)
def test_who_did_nothing_gets_only_what_is_popular(scorer: Scorer) -> None:
    found = scorer.scores_many(stack([History.of([])], PRODUCTS))[0]
    assert found.any() == scorer.name.startswith("popularity")


@pytest.mark.parametrize("name", ["transitions, one by one", "sequential, one by one"])
def test_what_follows_is_learned(name: str) -> None:
    scores = SCORERS[name].scores_many(stack([History.of([n]) for n in range(PRODUCTS)], PRODUCTS))
    best = scores.argmax(axis=1)
    assert (best == (np.arange(PRODUCTS) + 1) % PRODUCTS).mean() > 0.9


def test_an_event_changes_the_next_scores() -> None:
    for name, scorer in SCORERS.items():
        if not name.startswith("popularity"):
            before = scorer.scores_many(stack([History.of([1], [TODAY - 50], today=TODAY)], PRODUCTS))
            after = scorer.scores_many(
                stack([History.of([1, 30, 30], [TODAY - 50, TODAY - 8, TODAY - 1], today=TODAY)], PRODUCTS)
            )
            assert not np.array_equal(before, after), name


@pytest.fixture(scope="module")
def blends() -> dict[str, Blend]:
    rows = walks(200)
    log = rows.part(0, 400)
    shorter = stack(
        [History.of(log.item[a : b - 1]) for a, b in zip(log.start, log.start[1:], strict=False)], PRODUCTS
    )
    last = answers_of([[int(log.item[b - 1])] for b in log.start[1:]], PRODUCTS)
    orders = baskets()
    return {
        "one by one": fit_recommender(shorter, [Lesson(shorter, shorter, last)], TEXTS, again=False),
        "in baskets": fit_recommender(orders, shop_lessons(orders, TODAY), TEXTS, again=True),
        "nothing to learn from": fit_recommender(orders, [], TEXTS, again=True),
        "nothing at all": fit_recommender(stack([], PRODUCTS), [], [], again=True),
    }


def test_blends_are_finite_and_learned_where_there_are_lessons(blends: dict[str, Blend]) -> None:
    assert len(set(blends["in baskets"].weights.tolist())) > 1
    assert set(blends["nothing to learn from"].weights.tolist()) == {1.0}
    for blend in blends.values():
        found = blend.scores_many(stack(list(ASKED.values()), PRODUCTS))
        assert found.shape == (len(ASKED), PRODUCTS)
        assert np.isfinite(found).all()


def test_a_blend_that_was_kept_is_the_same(blends: dict[str, Blend], tmp_path: Path) -> None:
    asked = stack(list(ASKED.values()), PRODUCTS)
    for name, blend in blends.items():
        save_blend(blend, tmp_path, name)
        again = load_blend(tmp_path, name)
        assert again is not None
        np.testing.assert_array_equal(again.scores_many(asked), blend.scores_many(asked))
    assert load_blend(tmp_path, "another state") is None
    (tmp_path / name / "manifest.json").write_text("{")
    assert load_blend(tmp_path, name) is None


def test_fitting_twice_gives_the_same_scores() -> None:
    again = fit_scorers(LOGS["one by one"], [content_of_texts(TEXTS)])[0]
    asked = stack([History.of([3, 4])], PRODUCTS)
    for scorer in again:
        first = SCORERS[f"{scorer.name}, one by one"]
        # Threads add up in any order, so the network's last digits differ.
        np.testing.assert_allclose(scorer.scores_many(asked), first.scores_many(asked), rtol=1e-3, atol=1e-4)
