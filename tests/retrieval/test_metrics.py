from __future__ import annotations

import random

import pytest

from retrieval.metrics import ndcg, recall, reciprocal_rank


def test_by_hand() -> None:
    gains = {"a": 1.0, "b": 0.1, "c": 0.0}
    assert ndcg(["a", "b", "c"], gains, 10) == 1.0
    assert ndcg(["c", "a"], gains, 1) == 0.0
    assert ndcg(["x"], {"a": 0.0}, 10) == 0.0
    assert recall(["c", "a"], gains, 1) == 0.0
    assert recall(["c", "a"], gains, 2) == 1.0
    assert recall(["b"], {"b": 0.1}, 10) is None
    assert reciprocal_rank(["c", "a"], gains) == 0.5
    assert reciprocal_rank(["c"], gains) == 0.0
    assert reciprocal_rank(["b"], {"b": 0.1}) is None


def test_as_ir_measures_counts() -> None:
    ir_measures = pytest.importorskip("ir_measures")
    chance = random.Random(5)
    qrels, run, ours = {}, {}, {"ndcg": 0.0, "recall": 0.0, "rr": 0.0}
    for number in range(40):
        gains = {f"p{i}": chance.choice([0.0, 0.01, 0.1, 1.0]) for i in range(30)} | {"sure": 1.0}
        ranked = chance.sample([*gains, *(f"unjudged{i}" for i in range(120))], 140)
        # trec_eval takes whole numbers; NDCG with linear gains does not change with their scale.
        qrels[f"q{number}"] = {id_: round(100 * gain) for id_, gain in gains.items()}
        run[f"q{number}"] = {id_: float(-place) for place, id_ in enumerate(ranked)}
        ours["ndcg"] += ndcg(ranked, gains, 10) / 40
        ours["recall"] += (recall(ranked, gains, 100) or 0.0) / 40
        ours["rr"] += (reciprocal_rank(ranked, gains) or 0.0) / 40
    wanted = {
        "ndcg": ir_measures.nDCG @ 10,
        "recall": ir_measures.R(rel=100) @ 100,
        "rr": ir_measures.RR(rel=100),
    }
    theirs = ir_measures.calc_aggregate(wanted.values(), qrels, run)
    for name, measure in wanted.items():
        assert ours[name] == pytest.approx(theirs[measure], abs=1e-9), name
