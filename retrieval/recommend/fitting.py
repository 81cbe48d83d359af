"""Fits all scorers that the data at hand allow, then the blend that combines them.

Which scorers: with days, those that count days; with texts, content; where several products are bought
in one visit, baskets and repurchases, and where they come one by one, the sequential network. Knows no
files and no shop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from retrieval.recommend.histories import Histories
from retrieval.recommend.lessons import Lesson
from retrieval.recommend.models.blending import Blend, Taught, fit_blend
from retrieval.recommend.models.content import Content, content_of_texts
from retrieval.recommend.models.factors import fit_factors
from retrieval.recommend.models.pairs import (
    PairScorer,
    find_pairs,
    fit_baskets,
    fit_item_knn,
    fit_transitions,
    fit_two_steps,
)
from retrieval.recommend.models.popularity import fit_popularity
from retrieval.recommend.models.repurchase import Due, Repurchase
from retrieval.recommend.models.user_knn import fit_user_knn
from retrieval.recommend.purchases import NO_DAY
from retrieval.recommend.scorers import Scorer

Progress = Callable[[int, int], None]
ONE_BY_ONE = 2.0
"""Up to this mean number of products a visit, order says what comes next."""
FEWEST_ENTRIES = 500
"""With fewer purchases than this no network is trained."""


def fit_scorers(
    log: Histories, contents: Sequence[Content], progress: Progress | None = None
) -> tuple[list[Scorer], dict[str, float]]:
    """The scorers and the seconds each took to fit."""
    dated = bool((log.day != NO_DAY).any())
    visits = len(np.unique(log.row * (np.int64(1) << 32) + log.visit))
    baskets = len(log.item) > ONE_BY_ONE * max(1, visits)
    started = time.perf_counter()
    pairs = find_pairs(log)
    pairs_s = time.perf_counter() - started
    makers: list[tuple[str, Callable[[], Scorer | None]]] = [
        ("popularity", lambda: fit_popularity(log, 30.0)),
        ("item_knn", lambda: fit_item_knn(pairs)),
        ("transitions", lambda: fit_transitions(pairs, "transitions", 0.8, 0.8)),
        ("transitions_last", lambda: fit_transitions(pairs, "transitions_last", 0.5, 0.3)),
        ("two_steps", lambda: fit_two_steps(fit_transitions(pairs, "transitions", 0.8, 0.8))),
        ("user_knn", lambda: fit_user_knn(log)),
        ("factors", lambda: fit_factors(log)),
    ]
    if dated:
        makers += [
            ("popularity_week", lambda: fit_popularity(log, 7.0, "popularity_week")),
            ("popularity_year", lambda: fit_popularity(log, 365.0, "popularity_year")),
        ]
    if baskets:
        makers += [
            ("basket", lambda: fit_baskets(pairs)),
            ("frequency", lambda: Repurchase("frequency", log.products, float("inf"))),
            ("repurchase", lambda: Repurchase("repurchase", log.products, 60.0)),
            ("due", lambda: Due("due", log.products)),
        ]
    elif len(log.item) >= FEWEST_ENTRIES:
        makers.append(("sequential", lambda: _train(log, progress)))
    scorers: list[Scorer] = []
    seconds = {}
    for place, (name, make) in enumerate(makers):
        if progress:
            progress(place, len(makers))
        started = time.perf_counter()
        if (made := make()) is not None:
            scorers.append(made)
            seconds[name] = time.perf_counter() - started + (pairs_s if isinstance(made, PairScorer) else 0)
    for content in contents:
        scorers.append(content)
        seconds[content.name] = 0.0
    return scorers, seconds


def _train(log: Histories, progress: Progress | None) -> Scorer | None:
    from retrieval.recommend.models.sequential_training import Recipe, train_sequential

    return train_sequential(log, Recipe(), progress)


def fit_recommender(
    log: Histories,
    lessons: Sequence[Lesson],
    texts: Sequence[str],
    again: bool,
    progress: Progress | None = None,
) -> Blend:
    """Scorers of `log` with the blend learned from `lessons`, each of which has scorers of its own."""
    contents = [content_of_texts(texts)] if any(texts) else []
    scorers, _ = fit_scorers(log, contents, progress)
    return fit_blend(teach(log, scorers, lessons, contents, progress), scorers, again)


def teach(
    log: Histories,
    scorers: Sequence[Scorer],
    lessons: Sequence[Lesson],
    contents: Sequence[Content],
    progress: Progress | None = None,
) -> list[Taught]:
    """Each lesson with scorers that do not know its answers; without those whose data allow only others
    than `log` does."""
    taught = []
    for lesson in lessons:
        same = lesson.log is log
        made = scorers if same else fit_scorers(lesson.log, contents, progress)[0]
        if [one.name for one in made] == [one.name for one in scorers]:
            taught.append(Taught(made, lesson.histories, lesson.answers))
    return taught
