"""Every scorer keeps the contract: finite numbers, for anybody, the same alone and in a batch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.recommend.fitting import fit_recommender, fit_scorers
from retrieval.recommend.histories import stack
from retrieval.recommend.keeping import load_blend, save_blend
from retrieval.recommend.lessons import answers_of, shop_lessons
from retrieval.recommend.models.blending import Blend, Taught, fit_blend
from retrieval.recommend.models.content import content_of_texts
from retrieval.recommend.scorers import History, Scorer
from tests.retrieval.rows_of_purchases import PRODUCTS, TODAY, baskets, walks

TEXTS = [f"lamp number{n // 4} colour{n % 4}" for n in range(PRODUCTS)]
ALWAYS = (
    "popularity", "item_knn", "transitions", "transitions_last", "two_steps", "user_knn", "factors",
    "content",
)  # fmt: skip
DATED = ("popularity_week", "popularity_year", "basket", "frequency", "repurchase", "due")
NAMES = [f"{name}, one by one" for name in (*ALWAYS, "sequential")]
NAMES += [f"{name}, in baskets" for name in (*ALWAYS, *DATED)]
ASKED = {
    "nobody": History.of([]),
    "one product": History.of([3]),
    "again and again": History.of([3, 3, 3, 4], [TODAY - 90, TODAY - 60, TODAY - 30, TODAY - 2], today=TODAY),
    "a view": History.of([7], [TODAY], [0.2], TODAY),
    "everything": History.of(list(range(PRODUCTS)), today=TODAY, country=0),
    "a country without purchases": History.of([1], [TODAY - 1], today=TODAY, country=99),
}


@pytest.fixture(scope="module")
def scorers() -> dict[str, Scorer]:
    logs = {"one by one": walks(), "in baskets": baskets()}
    return {
        f"{scorer.name}, {form}": scorer
        for form, log in logs.items()
        for scorer in fit_scorers(log, [content_of_texts(TEXTS)])[0]
    }


def test_all_kinds_are_fitted_where_the_data_allow(scorers: dict[str, Scorer]) -> None:
    assert sorted(scorers) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_finite_and_the_same_alone_and_in_a_batch(scorers: dict[str, Scorer], name: str) -> None:
    together = scorers[name].scores_many(stack(list(ASKED.values()), PRODUCTS))
    assert together.shape == (len(ASKED), PRODUCTS)
    assert together.dtype == np.float32
    assert np.isfinite(together).all()
    for row, history in zip(together, ASKED.values(), strict=True):
        alone = scorers[name].scores_many(stack([history], PRODUCTS))[0]
        np.testing.assert_allclose(alone, row, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_who_did_nothing_gets_only_what_is_popular(scorers: dict[str, Scorer], name: str) -> None:
    found = scorers[name].scores_many(stack([History.of([])], PRODUCTS))[0]
    assert found.any() == name.startswith("popularity")


@pytest.mark.parametrize("name", ["transitions, one by one", "sequential, one by one"])
def test_what_follows_is_learned(scorers: dict[str, Scorer], name: str) -> None:
    scores = scorers[name].scores_many(stack([History.of([n]) for n in range(PRODUCTS)], PRODUCTS))
    best = scores.argmax(axis=1)
    assert (best == (np.arange(PRODUCTS) + 1) % PRODUCTS).mean() > 0.9


def test_an_event_changes_the_next_scores(scorers: dict[str, Scorer]) -> None:
    for name, scorer in scorers.items():
        if not name.startswith("popularity"):
            before = scorer.scores_many(stack([History.of([1], [TODAY - 50], today=TODAY)], PRODUCTS))
            after = scorer.scores_many(
                stack([History.of([1, 30, 30], [TODAY - 50, TODAY - 8, TODAY - 1], today=TODAY)], PRODUCTS)
            )
            assert not np.array_equal(before, after), name


@pytest.fixture(scope="module")
def blends(scorers: dict[str, Scorer]) -> dict[str, Blend]:
    rows, orders = walks(), baskets()
    one_by_one = [scorer for name, scorer in scorers.items() if name.endswith("one by one")]
    shorter = stack(
        [History.of(rows.item[a : b - 1]) for a, b in zip(rows.start, rows.start[1:], strict=False)], PRODUCTS
    )
    last = answers_of([[int(rows.item[b - 1])] for b in rows.start[1:]], PRODUCTS)
    return {
        "one by one": fit_blend([Taught(one_by_one, shorter, last)], one_by_one, again=False),
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


def test_fitting_twice_gives_the_same_scores(scorers: dict[str, Scorer]) -> None:
    asked = stack([History.of([3, 4], [TODAY - 40, TODAY - 9], today=TODAY)], PRODUCTS)
    for scorer in fit_scorers(baskets(), [content_of_texts(TEXTS)])[0]:
        first = scorers[f"{scorer.name}, in baskets"]
        np.testing.assert_array_equal(scorer.scores_many(asked), first.scores_many(asked), scorer.name)


def test_training_twice_gives_the_same_network() -> None:
    from retrieval.recommend.models.sequential_training import Recipe, train_sequential

    short = Recipe(epochs=1, least_steps=10)
    once, again, other = (
        train_sequential(walks(), recipe) for recipe in (short, short, replace(short, seed=2))
    )
    assert once and again and other
    asked = stack([History.of([3, 4])], PRODUCTS)
    # Threads add up in any order, so the network's last digits may differ.
    np.testing.assert_allclose(again.scores_many(asked), once.scores_many(asked), rtol=1e-3, atol=1e-4)
    assert not np.allclose(other.scores_many(asked), once.scores_many(asked), rtol=1e-3, atol=1e-4)
