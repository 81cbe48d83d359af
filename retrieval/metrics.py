"""How good one ranking is against judged gains; numbers in, numbers out.

Gains are linear (a product of gain 1 counts ten times one of gain .1), as trec_eval counts; products
without a judgement count nothing. A test holds these against ir-measures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2

RELEVANT = 1.0
"""From this gain on a product is an answer, for recall and reciprocal rank."""


def discounted_gain(gains: Sequence[float], k: int) -> float:
    """Sum of the first `k` gains, each divided by the binary logarithm of its place plus one."""
    return sum(gain / log2(place + 2) for place, gain in enumerate(gains[:k]))


def ideal_gain(gains: Mapping[str, float], k: int) -> float:
    """The discounted gain of the best possible ranking."""
    return discounted_gain(sorted(gains.values(), reverse=True), k)


def ndcg(ranked: Sequence[str], gains: Mapping[str, float], k: int) -> float:
    """Discounted gain of the first `k` over the best possible; 0 where nothing has a gain."""
    best = ideal_gain(gains, k)
    return discounted_gain([gains.get(id_, 0.0) for id_ in ranked[:k]], k) / best if best else 0.0


def recall(ranked: Sequence[str], gains: Mapping[str, float], k: int) -> float | None:
    """Share of the answers among the first `k`; None where there is no answer to find."""
    answers = {id_ for id_, gain in gains.items() if gain >= RELEVANT}
    return len(answers.intersection(ranked[:k])) / len(answers) if answers else None


def reciprocal_rank(ranked: Sequence[str], gains: Mapping[str, float]) -> float | None:
    """One over the place of the first answer, 0 if none is ranked; None where there is none to find."""
    if not any(gain >= RELEVANT for gain in gains.values()):
        return None
    places = (place for place, id_ in enumerate(ranked, start=1) if gains.get(id_, 0.0) >= RELEVANT)
    return 1.0 / next(places, float("inf"))
