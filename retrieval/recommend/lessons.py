"""What weights are learned from: earlier days, and what each customer bought in the weeks after.

A lesson's scorers see nothing on or after its day, so that weights are learned for predicting what is
yet unknown. Knows columns and days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from retrieval.recommend.histories import Histories, Longs
from retrieval.recommend.purchases import NO_DAY

LESSON_DAYS = 30
LESSONS = 4
FEWEST = 30
"""An earlier day after which fewer customers bought says too little to choose weights by."""


@dataclass(frozen=True)
class Lesson:
    """Scorers are fitted on `log`, then asked what came after `histories`; row by row the answers."""

    log: Histories
    histories: Histories
    answers: sparse.csr_matrix


def answers_of(wanted: Sequence[Sequence[int]], products: int) -> sparse.csr_matrix:
    """Rows by products, 1 for each answer."""
    row = np.repeat(np.arange(len(wanted)), [len(one) for one in wanted])
    column = np.concatenate([np.asarray(one, dtype=np.int64) for one in wanted] or [np.zeros(0, np.int64)])
    found = sparse.csr_matrix(
        (np.ones(len(row), dtype=np.float32), (row, column)), shape=(len(wanted), products)
    )
    found.data[:] = 1.0
    return found


def next_baskets(log: Histories, cut: int, end: int) -> tuple[Histories, sparse.csr_matrix]:
    """Histories before day `cut` of those who bought from then to before `end`, and their first baskets.

    All that a customer bought on one day is one basket.
    """
    later = (log.day >= cut) & (log.day < end)
    first = np.full(len(log), np.iinfo(np.int32).max)
    np.minimum.at(first, log.row[later], log.day[later])
    wanted = later & (log.day == first[log.row])
    before = np.bincount(log.row[known_before(log, cut)], minlength=len(log))
    asked = np.flatnonzero((first < np.iinfo(np.int32).max) & (before > 0))
    place = np.full(len(log), -1)
    place[asked] = np.arange(len(asked))
    kept = wanted & (place[log.row] >= 0)
    answers = sparse.csr_matrix(
        (np.ones(int(kept.sum()), dtype=np.float32), (place[log.row[kept]], log.item[kept])),
        shape=(len(asked), log.products),
    )
    answers.data[:] = 1.0
    return log_before(log, cut).take(asked), answers


def known_before(log: Histories, cut: int) -> np.ndarray:
    """Which entries lie on a known day before `cut`."""
    return np.asarray((log.day != NO_DAY) & (log.day < cut))


def log_before(log: Histories, cut: int) -> Histories:
    """The same rows with only what lies before `cut`, asked on that day."""
    kept = known_before(log, cut)
    sizes: Longs = np.bincount(log.row[kept], minlength=len(log))
    return Histories(
        log.products,
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        log.item[kept],
        log.day[kept],
        log.weight[kept],
        np.full(len(log), cut, dtype=np.int32),
        log.country,
    )


def shop_lessons(log: Histories, today: int) -> list[Lesson]:
    """The weeks before `today`: where too few bought in them, none."""
    found = []
    for back in range(1, LESSONS + 1):
        cut = today - back * LESSON_DAYS
        histories, answers = next_baskets(log, cut, cut + LESSON_DAYS)
        if len(histories) >= FEWEST:
            found.append(Lesson(log_before(log, cut), histories, answers))
    return found
