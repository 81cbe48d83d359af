"""What is measured: histories to fit on, lessons to choose weights by, tests to report.

The three files beside this one read a form of data each and make a Task of it; every rule against
leaks is there. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy import sparse  # type: ignore[import-untyped]

from retrieval.recommend.histories import Histories
from retrieval.recommend.lessons import Lesson


@dataclass(frozen=True)
class Task:
    """log: what the measured scorers are fitted on; refit: what `blend_refit` is fitted on instead, None
    where they are the same; tests and answers: row by row, what is asked and what was bought.

    again: whether a product in the history may be recommended; next_basket: whether products never
    bought before are measured apart; texts: one a product, '' unknown; notes: what a reader of the
    figures must know.
    """

    products: int
    texts: Sequence[str]
    lessons: Sequence[Lesson]
    log: Histories
    refit: Histories | None
    tests: Histories
    answers: sparse.csr_matrix
    again: bool
    next_basket: bool = False
    notes: Sequence[str] = ()
