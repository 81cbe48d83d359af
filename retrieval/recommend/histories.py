"""Many histories as one table: what the scorers are fitted on, and what they score in batches.

Knows columns of products and rows of customers, not their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from retrieval.recommend.purchases import NO_DAY
from retrieval.recommend.scorers import Floats, History, Ints

Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Histories:
    """Row r is `item[start[r]:start[r+1]]`, oldest first, with day and weight beside it.

    products: how many columns there are; today and country: one a row. See History.
    """

    products: int
    start: Longs
    item: Ints
    day: Ints
    weight: Floats
    today: Ints
    country: Ints

    def __len__(self) -> int:
        return len(self.start) - 1

    @cached_property
    def row(self) -> Longs:
        """The row of each entry."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    @cached_property
    def visit(self) -> Longs:
        """Which visit of its row an entry belongs to, from 0: one day is one visit, and where days are
        unknown every entry is one."""
        if not len(self.item):
            return np.zeros(0, dtype=np.int64)
        new = np.ones(len(self.item), dtype=np.int64)
        same_row = self.row[1:] == self.row[:-1]
        new[1:] = ~(same_row & (self.day[1:] == self.day[:-1]) & (self.day[1:] != NO_DAY))
        counted = np.cumsum(new)
        filled = self.start[:-1][np.diff(self.start) > 0]
        first = np.zeros(len(self), dtype=np.int64)
        first[self.row[filled]] = counted[filled]
        return counted - first[self.row]

    @cached_property
    def back(self) -> Longs:
        """How many visits before its row's last one an entry lies; 0 is the last."""
        ends = self.start[1:] - 1
        last = np.zeros(len(self), dtype=np.int64)
        filled = np.diff(self.start) > 0
        last[filled] = self.visit[ends[filled]]
        return last[self.row] - self.visit

    @cached_property
    def age(self) -> Floats:
        """Days from an entry to its row's today, 0 where either is unknown."""
        today = self.today[self.row]
        known = (today != NO_DAY) & (self.day != NO_DAY)
        return np.where(known, np.maximum(0, today - self.day), 0).astype(np.float32)

    def matrix(self, weight: Floats | None = None) -> sparse.csr_matrix:
        """Rows by products, entries of one product summed; all 1 before that where no weight is given."""
        values = np.ones(len(self.item), dtype=np.float32) if weight is None else weight.astype(np.float32)
        found = sparse.csr_matrix(
            (values, self.item, self.start), shape=(len(self), self.products), copy=True
        )
        found.sum_duplicates()
        return found

    def sum_of(self, table: sparse.csr_matrix, weight: Floats) -> Floats:
        """Rows by the columns of `table`: its rows of a history's products, weighted and added up."""
        if len(self) == 1:
            return add_rows(table, self.item, weight)
        return np.asarray((self.matrix(weight) @ table).toarray(), dtype=np.float32)

    def part(self, first: int, last: int) -> Histories:
        """Rows `first` to before `last`."""
        entries = slice(int(self.start[first]), int(self.start[min(last, len(self))]))
        return Histories(
            self.products,
            self.start[first : last + 1] - self.start[first],
            self.item[entries],
            self.day[entries],
            self.weight[entries],
            self.today[first:last],
            self.country[first:last],
        )

    def take(self, rows: Longs) -> Histories:
        """Those rows, in that order."""
        sizes = np.diff(self.start)[rows]
        start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        entries = np.repeat(self.start[:-1][rows] - start[:-1], sizes) + np.arange(start[-1])
        return Histories(
            self.products,
            start,
            self.item[entries],
            self.day[entries],
            self.weight[entries],
            self.today[rows],
            self.country[rows],
        )


def add_rows(table: sparse.csr_matrix, places: Ints, weights: Floats) -> Floats:
    """Some rows of `table`, weighted and added up, as one row. For one customer this is several times as fast
    as a product of sparse matrices."""
    known = np.flatnonzero(weights)
    return np.asarray(table[places[known]].T @ weights[known].astype(np.float32), dtype=np.float32)[None]


def stack(histories: Sequence[History], products: int) -> Histories:
    """One table of several histories."""
    none = History.of([])
    several = [none, *histories]  # so that there is something to join
    return Histories(
        products,
        np.concatenate([[0], np.cumsum([len(one) for one in histories])]).astype(np.int64),
        np.concatenate([one.items for one in several]),
        np.concatenate([one.days for one in several]),
        np.concatenate([one.weights for one in several]),
        np.array([one.today for one in histories], dtype=np.int32),
        np.array([one.country for one in histories], dtype=np.int32),
    )
