"""What is predicted, and the past cuts it is learnt from.

Both predictions ask one thing of a customer who has bought before: will they place an order within
so many days from the cut? Churn is the answer no. Knows labels and dates; knows no model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from insight.feature_table import FeatureTable, compute_features
from insight.history import Floats, History, Ints, cut_of

STEP_DAYS = 7
WARM_UP_DAYS = 21
"""A shop's first weeks say little: every customer is new. Cuts start after them."""
CUTS_AT_MOST = 40
FADING_DAYS = 31
ROWS_AT_MOST = 200_000
"""More rows than this add time and memory, no accuracy: cuts beyond them hold a sample of customers."""
ACTIVE_DAYS = 90
"""Customers with an order within so many days before the cut are the active ones."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Customers at past cuts and whether they bought: `bought[i]` belongs to row i of `values`.

    `customer` are places in History.customers; `cut` is each row's cut (days since 1970).
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    bought: NDArray[np.bool_]
    customer: Ints
    cut: Floats

    def where(self, keep: NDArray[np.bool_]) -> Examples:
        """The rows of a mask."""
        return Examples(self.names, self.values[keep], self.bought[keep], self.customer[keep], self.cut[keep])

    def column(self, name: str) -> NDArray[np.float32]:
        """One feature of every row."""
        return self.values[:, self.names.index(name)]

    @property
    def weight(self) -> Floats:
        """Later cuts count more: half as much every FADING_DAYS back, 1 on average."""
        found = 0.5 ** ((self.cut.max() - self.cut) / FADING_DAYS)
        return np.asarray(found / found.mean(), np.float64)

    @property
    def active(self) -> NDArray[np.bool_]:
        """The rows of customers who bought within ACTIVE_DAYS before their cut."""
        return self.column("days_since") <= ACTIVE_DAYS


def bought_within(history: History, table: FeatureTable, horizon_days: int) -> NDArray[np.bool_]:
    """Per row of the table whether the customer ordered in [cut, cut + horizon)."""
    at = history.orders.at
    inside = (at >= table.cut) & (at < table.cut + horizon_days)
    found = np.zeros(len(history.customers), np.bool_)
    found[history.orders.customer[inside]] = True
    return found[table.customer]


def examples_at(history: History, cut: float, horizon_days: int) -> Examples:
    """All customers at one cut."""
    table = compute_features(history, cut)
    bought = bought_within(history, table, horizon_days)
    return Examples(table.names, table.values, bought, table.customer, np.full(len(bought), cut))


def training_cuts(history: History, end: float, horizon_days: int) -> list[float]:
    """Cuts whose horizon is over by `end`, latest first, weekly back to the shop's beginning."""
    if history.first_day is None:
        return []
    first = cut_of(history.first_day) + WARM_UP_DAYS
    cuts = np.arange(end - horizon_days, first - 1, -STEP_DAYS)
    return [float(cut) for cut in cuts[:CUTS_AT_MOST]]


def stack_examples(history: History, cuts: list[float], horizon_days: int, seed: int) -> Examples:
    """Customers at all of `cuts` under one another; about ROWS_AT_MOST rows at most, other customers at
    every cut."""
    draw = np.random.default_rng(seed)
    share = ROWS_AT_MOST / max(1, len(cuts) * len(history.customers))
    parts = []
    for cut in cuts:
        some = history
        if share < 1:
            some = history.of_customers(draw.random(len(history.customers)) < share)
        parts.append(examples_at(some, cut, horizon_days))
    return Examples(
        parts[0].names,
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.bought for part in parts]),
        np.concatenate([part.customer for part in parts]),
        np.concatenate([part.cut for part in parts]),
    )
