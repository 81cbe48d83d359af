from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.fitting import AGAINST, Sample, fit_ranker
from retrieval.ranker import DEPTH, SHIPPED, Ranker, digest, read_ranker
from retrieval.signals import NAMES, Candidates, read_signals
from shop.errors import ConfigError

AT = {name: place for place, name in enumerate(NAMES)}


def candidates(**more: object) -> Candidates:
    flat = np.array([1.0, 0.5, 0.0], dtype=np.float32)
    given = Candidates(
        words=flat,
        text=flat,
        mentioned=flat,
        fits=np.array([True, False, True]),
        titles=[("red", "mug"), ("band", "for", "mug"), ("plate",)],
        brands=[frozenset({"ugg"}), frozenset(), frozenset({"ugg", "kid"})],
        category=np.array([0, 0, -1], dtype=np.int32),
        department=np.array([-1, -1, -1], dtype=np.int32),
    )
    return replace(given, **more)  # type: ignore[arg-type]


def test_signals_by_hand() -> None:
    table = read_signals({"ugg": 0.5, "mug": 0.5}, candidates())
    assert table.shape == (3, len(NAMES))
    assert table[:, AT["for_another"]].tolist() == [0, 1, 0]
    assert table[:, AT["brand"]].tolist() == [0.5, 0, 0.5]
    assert table[:, AT["by_brand"]].tolist() == [1, 0, 0]
    assert table[:, AT["whole"]].tolist() == [0, 0, 0]
    assert table[:, AT["fits"]].tolist() == [1, 0, 1]
    assert table[:, AT["category"]].tolist() == [1, 1, 0]
    assert not table[:, AT["department"]].any() and not table[:, AT["meaning"]].any()
    assert read_signals({"mug": 1.0}, candidates())[:, AT["whole"]].tolist() == [1, 1, 0]


def test_signals_of_vectors() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1]], dtype=np.float32)
    table = read_signals({"mug": 1.0}, candidates(cosine=vectors[:, 0].copy(), vectors=vectors))
    meaning = table[:, AT["meaning"]]
    assert meaning.mean() == pytest.approx(0, abs=1e-6) and meaning[0] > meaning[1] > meaning[2]
    assert table[2, AT["neighbours"]] < table[0, AT["neighbours"]] or np.isfinite(table).all()


@pytest.mark.parametrize("size", [0, 1])
def test_signals_of_hardly_any_candidates(size: int) -> None:
    none = candidates()
    cut = {
        name: getattr(none, name)[:size]
        for name in ("words", "text", "mentioned", "fits", "titles", "brands", "category", "department")
    }
    vectors = np.ones((size, 2), dtype=np.float32)
    table = read_signals({"mug": 1.0}, replace(none, **cut, cosine=vectors[:, 0].copy(), vectors=vectors))
    assert table.shape == (size, len(NAMES)) and np.isfinite(table).all()


def test_fitting_finds_the_signal_that_tells_and_keeps_signs() -> None:
    chance = np.random.default_rng(3)
    samples = []
    for _ in range(20):
        table = chance.random((60, len(NAMES))).astype(np.float32)
        gains = (table[:, AT["words"]] > 0.8).astype(float)
        gains[table[:, AT["for_another"]] < 0.02] = 0.0
        samples.append(Sample(table, gains, 4.5))
    ranker = fit_ranker(samples)
    for weights in (ranker.fused, ranker.ranked):
        assert max(range(len(NAMES)), key=lambda place: weights[place]) == AT["words"]
        assert all(w <= 0 if n in AGAINST else w >= 0 for n, w in zip(NAMES, weights, strict=True))
    order = ranker.order(samples[0].table)
    assert samples[0].gains[order[:5]].all()


def test_nothing_to_fit_on() -> None:
    with pytest.raises(ValueError, match="no query"):
        fit_ranker([Sample(np.zeros((3, len(NAMES)), dtype=np.float32), np.zeros(3), 0.0)])


def test_only_the_first_hundred_are_reordered() -> None:
    weights = [0.0] * len(NAMES)
    fused, ranked = weights.copy(), weights.copy()
    fused[AT["words"]], ranked[AT["words"]] = 1.0, -1.0
    table = np.zeros((DEPTH + 2, len(NAMES)), dtype=np.float32)
    table[:, AT["words"]] = np.arange(DEPTH + 2)
    order = Ranker(tuple(fused), tuple(ranked)).order(table)
    assert order.tolist() == [*range(2, DEPTH + 2), 1, 0]


def test_the_shipped_ranker() -> None:
    ranker = read_ranker()
    assert ranker.fused[AT["neighbours"]] > 0 and ranker.ranked[AT["for_another"]] < 0
    assert ranker.has_seen("mens slippers") and ranker.has_seen(" Mens  Slippers")
    assert not ranker.has_seen("a query that nobody judged")
    assert ranker.card["queries"] == len(ranker.card["queries_seen"]) == 68
    assert json.loads(SHIPPED.read_text())["card"]["command"].startswith("regulars evaluate search")
    assert len(digest("x")) == 8


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nonsense", "is no ranker"),
        ("[]", "is no ranker"),
        ('{"fused": {}}', "is no ranker"),
        ('{"fused": {"charm": 1}, "ranked": {}}', "'charm' is not known"),
        ('{"fused": {"words": "much"}, "ranked": {}}', "is no ranker"),
    ],
)
def test_a_broken_ranker_says_what_to_do(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "ranker.json"
    file.write_text(content)
    with pytest.raises(ConfigError, match=said) as caught:
        read_ranker(file)
    assert "evaluate search" in str(caught.value)
