"""Features of all customers at a cut: one row a customer who has bought before it, one column a feature.

Strictly from before the cut: everything is computed from `History.before(cut)`, so what is planted
later changes nothing. A row depends on that customer's own records, on when the shop's begin and on which
country is home. What each column means is said in feature_words.toml. Knows no model.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from insight.history import Floats, History, Ints, history_of
from shop.store import RETURN

WINDOWS = (14, 30, 60, 90, 180)
SIGNALS = {
    "viewed": ("Product Viewed", "Product List Viewed", "Products Searched", "Page Viewed"),
    "added": ("Product Added", "Cart Viewed", "Checkout Started", "Product Added to Wishlist"),
    "opened": ("Email Opened", "Email Link Clicked", "Message Opened", "Message Clicked"),
    "chatted": ("Message Sent", "Handed Off"),
}
"""Groups of events counted over SIGNAL_DAYS; a shop without them has zeros."""
SIGNAL_DAYS = 30
YEAR_DAYS, SEASON_DAYS = 365, 90


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """`values[i, j]` is feature `names[j]` of customer `customer[i]` (a place in History.customers)."""

    cut: float
    customer: Ints
    names: tuple[str, ...]
    values: NDArray[np.float32]

    def column(self, name: str) -> NDArray[np.float32]:
        """One feature of every customer."""
        return self.values[:, self.names.index(name)]


def compute_features(history: History, cut: float) -> FeatureTable:
    """The features at `cut` (days since 1970); customers without an order before it have no row."""
    past = _Past(history.before(cut), cut)
    columns = past.columns()
    values = np.column_stack([columns[name].astype(np.float32) for name in columns])
    return FeatureTable(cut, past.who.astype(np.int32), tuple(columns), np.nan_to_num(values, copy=False))


@cache
def feature_names() -> tuple[str, ...]:
    """The columns' names in their order."""
    nothing = history_of([])
    return compute_features(nothing, 0.0).names


class _Past:
    """Sums over one cut's past; `who` are the customers that have a row."""

    def __init__(self, past: History, cut: float) -> None:
        self.past, self.cut = past, cut
        orders = past.orders
        size = len(past.customers)
        counts = np.bincount(orders.customer, minlength=size)
        self.who = np.flatnonzero(counts)
        place = np.zeros(size, np.int64)
        place[self.who] = np.arange(len(self.who))
        self.row = place[orders.customer]
        self.count = counts[self.who].astype(np.float64)
        self.ends = np.cumsum(counts[self.who])
        self.starts = self.ends - counts[self.who]
        self.ago = cut - orders.at

    def total(self, weights: NDArray[np.generic] | None = None, within: float | None = None) -> Floats:
        """Per customer the sum of `weights` (or the number of orders), `within` days before the cut."""
        rows = self.row
        if within is not None:
            near = self.ago <= within
            rows = rows[near]
            weights = None if weights is None else weights[near]
        return np.bincount(rows, weights=weights, minlength=len(self.who)).astype(np.float64)

    @cached_property
    def gaps(self) -> Floats:
        """Days since the customer's order before; NaN for their first."""
        gaps = np.diff(self.past.orders.at, prepend=np.nan)
        gaps[self.starts] = np.nan
        return gaps

    def acted(self, names: tuple[str, ...], within: float | None = None) -> tuple[Floats, Floats]:
        """Per customer the number and worth of acts of these names."""
        acts = self.past.acts
        wanted = [i for i, name in enumerate(self.past.act_names) if name in names]
        keep = np.isin(acts.kind, wanted)
        if within is not None:
            keep &= self.cut - acts.at <= within
        size = len(self.past.customers)
        number = np.bincount(acts.customer[keep], minlength=size)[self.who]
        worth = np.bincount(acts.customer[keep], weights=acts.worth[keep], minlength=size)[self.who]
        return number.astype(np.float64), worth.astype(np.float64)

    def columns(self) -> dict[str, Floats]:
        """Every feature by name."""
        return self.rhythm() | self.worth() | self.baskets() | self.signals()

    def rhythm(self) -> dict[str, Floats]:
        """When they buy."""
        orders, n = self.past.orders, self.count
        recency, tenure = self.ago[self.ends - 1], self.ago[self.starts]
        gaps = self.gaps
        known = ~np.isnan(gaps)
        many = np.maximum(n - 1, 1)
        gap = self.total(np.where(known, gaps, 0)) / many
        squares = self.total(np.where(known, gaps, 0) ** 2) / many
        spread = np.sqrt(np.maximum(squares - gap**2, 0))
        usual = np.where(n > 1, gap, np.maximum(tenure, 1))
        days = np.floor(orders.at)
        new_day = np.diff(days, prepend=np.nan) != 0
        new_day[self.starts] = True
        found = {
            "days_since": recency,
            "tenure_days": tenure,
            # Customers of the records' first days are mostly older than their first order in them.
            "joined_after_days": np.maximum(orders.at[self.starts] - orders.at.min(initial=self.cut), 0),
            "orders": n,
            "order_days": self.total(new_day),
            "mean_gap_days": np.where(n > 1, gap, np.nan_to_num(tenure)),
            "gap_spread": np.where(gap > 0, spread / np.maximum(gap, 1), 0),
            "last_gap_days": np.where(n > 1, np.nan_to_num(gaps[self.ends - 1]), 0),
            "overdue": recency / np.maximum(usual, 1),
            "order_rate": (n - 1) / np.maximum(tenure, 7) * 30,
        }
        for window in WINDOWS:
            found[f"orders_{window}"] = self.total(within=window)
        # The quarter ahead as it was a year ago: who comes back with the season.
        found["season_orders"] = self.total(within=YEAR_DAYS) - self.total(within=YEAR_DAYS - SEASON_DAYS)
        found["trend"] = found["orders_60"] - (self.total(within=120) - found["orders_60"])
        weekday = (np.floor(orders.at).astype(np.int64) + 3) % 7
        hour = (orders.at % 1) * 24
        found["weekend_share"] = self.total(weekday >= 5) / n
        found["mean_hour"] = self.total(hour) / n
        found["last_weekday"] = weekday[self.ends - 1].astype(np.float64)
        return found

    def worth(self) -> dict[str, Floats]:
        """What they spend and send back."""
        orders, n = self.past.orders, self.count
        spent = self.total(orders.worth)
        back, refunded = self.acted((RETURN,))
        lately, _ = self.acted((RETURN,), 90)
        return {
            "spent": spent,
            "mean_order": spent / n,
            "last_order": orders.worth[self.ends - 1],
            "biggest_order": np.maximum.reduceat(orders.worth, self.starts) if len(n) else spent,
            "spent_90": self.total(orders.worth, 90),
            "spent_30": self.total(orders.worth, 30),
            "spend_trend": self.total(orders.worth, 60)
            / np.maximum(self.total(orders.worth, 120), 1e-9).clip(1e-9),
            "returns": back,
            "returns_90": lately,
            "returned_share": np.clip(refunded / np.maximum(spent, 1e-9), 0, 1),
        }

    def baskets(self) -> dict[str, Floats]:
        """What is in their orders."""
        orders, n = self.past.orders, self.count
        lines, units, products = (self.total(c) for c in (orders.lines, orders.units, orders.products))
        fresh = self.total(orders.fresh)
        last = self.ends - 1
        home = np.bincount(orders.country).argmax() if len(orders.country) else 0
        sizes = np.sqrt(
            np.maximum(self.total(orders.lines.astype(np.float64) ** 2) / n - (lines / n) ** 2, 0)
        )
        return {
            "lines_per_order": lines / n,
            "last_lines": orders.lines[last].astype(np.float64),
            "basket_spread": sizes / np.maximum(lines / n, 1),
            "units_per_line": units / np.maximum(lines, 1),
            "unit_price": self.total(orders.worth) / np.maximum(units, 1),
            "different_products": fresh,
            "again_share": 1 - fresh / np.maximum(products, 1),
            "last_fresh_share": orders.fresh[last] / np.maximum(orders.products[last], 1),
            "bargain_share": self.total(orders.bargains) / np.maximum(lines, 1),
            "abroad": (orders.country[last] != home).astype(np.float64),
        }

    def signals(self) -> dict[str, Floats]:
        """What they did besides buying, lately."""
        return {name: self.acted(kinds, SIGNAL_DAYS)[0] for name, kinds in SIGNALS.items()}
