"""Orders and returns that look like abuse or a slip of the keyboard, each with its reason.

Shown to people, never acted on: a bulk buyer is no thief. Five patterns: far more units of a product
than it or this customer ever sells by; such a line called off at once; a price far from the product's
own; the same basket twice within the hour; returns far above what chance explains among this shop's
customers. Knows dated orders of known customers; knows nothing of payments, addresses or intent.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple, cast
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from shop.formats import format_count, format_money
from shop.store import Store
from shop.types import Money

Kind = Literal["called_off", "quantity", "price", "duplicate", "returns"]
Floats = NDArray[np.float64]

LEAST_LINES = 12
"""A product or customer with fewer lines has no usual range yet."""
TIMES = 10
"""A quantity below ten times the usual, or a price within a quarter to four times, is nobody's business."""
PRICE_TIMES = 4
Z = 5.0
"""Robust standard deviations from the median, on logarithms."""
LEAST_SPREAD = 0.35
HOUR = 1 / 24
DUPLICATE_LINES = 2
"""Two single-line orders alike are common; two baskets alike are not."""
LEAST_RETURNED = 5
CHANCE = 0.001
"""A return rate is shown where fewer than one customer in a thousand would have it by chance."""
STALE_S = 3600.0


class Sale(NamedTuple):
    """One line of an order; `at` in days since 1970 (UTC)."""

    customer: str
    order: str
    at: float
    product: str
    quantity: int
    price: float
    currency: str = "GBP"


class Refund(NamedTuple):
    """Units that came back or were called off; `order` '' where it is not known, `at` None likewise."""

    customer: str
    product: str
    quantity: int
    at: float | None
    order: str


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One thing worth a look. `reason` is a whole sentence; `times` is how far outside it is (ranking)."""

    kind: Kind
    customer_id: str
    order_id: str
    product_id: str
    at: date | None
    reason: str
    times: float


def find_anomalies(sales: Sequence[Sale], refunds: Sequence[Refund], locale: str = "en_GB") -> list[Anomaly]:
    """Everything worth a look in these records, the furthest outside first."""
    if not sales:
        return []
    found = [
        *_odd_quantities(sales, refunds, locale),
        *_odd_prices(sales, locale),
        *_duplicates(sales),
        *_returners(sales, refunds),
    ]
    return sorted(found, key=lambda one: (-one.times, one.order_id, one.product_id))


class _Usual:
    """The usual range of a figure, by group: median and robust spread of its logarithms."""

    def __init__(self, groups: Iterable[str], values: Floats) -> None:
        codes: dict[str, int] = {}
        self.of = np.fromiter((codes.setdefault(group, len(codes)) for group in groups), np.int64)
        logs = np.log(values)
        order = np.lexsort((logs, self.of))
        starts = np.searchsorted(self.of[order], np.arange(len(codes) + 1))
        self.count = np.diff(starts)
        parts = [logs[order[a:b]] for a, b in pairwise(starts)]
        self.median = np.array([part[len(part) // 2] for part in parts])
        mad = np.array([np.median(np.abs(part - part[len(part) // 2])) for part in parts])
        self.spread = np.maximum(1.4826 * mad, LEAST_SPREAD)
        self.low = np.exp([part[int(0.05 * (len(part) - 1))] for part in parts])
        self.high = np.exp([part[int(0.95 * (len(part) - 1))] for part in parts])

    def distance(self, values: Floats) -> Floats:
        """How many spreads each value lies above its group's median; 0 where the group is small."""
        apart = (np.log(values) - self.median[self.of]) / self.spread[self.of]
        return cast(Floats, np.where(self.count[self.of] >= LEAST_LINES, apart, 0.0))

    def ratio(self, values: Floats) -> Floats:
        """Each value as a multiple of its group's median."""
        return cast(Floats, values / np.exp(self.median[self.of]))


def _odd_quantities(sales: Sequence[Sale], refunds: Sequence[Refund], locale: str) -> Iterator[Anomaly]:
    quantity = np.array([sale.quantity for sale in sales], dtype=float)
    product = _Usual((sale.product for sale in sales), quantity)
    customer = _Usual((sale.customer for sale in sales), quantity)
    times = product.ratio(quantity)
    # A wholesaler's usual line is no slip, however much it is for others.
    is_own = (customer.count[customer.of] >= LEAST_LINES) & (customer.distance(quantity) < Z)
    odd = (product.distance(quantity) > Z) & (times >= TIMES) & ~is_own
    back = {(refund.customer, refund.product, refund.quantity): refund for refund in refunds}
    for place in np.flatnonzero(odd).tolist():
        sale, group = sales[place], product.of[place]
        usual = f"{_whole(product.low[group], locale)} to {_whole(product.high[group], locale)}"
        units = _whole(sale.quantity, locale)
        reason = f"{units} units in one line; nine in ten lines of this product are {usual}."
        refund = back.get((sale.customer, sale.product, sale.quantity))
        minutes = -1.0
        if refund is not None and refund.at is not None and refund.order in ("", sale.order):
            minutes = (refund.at - sale.at) * 24 * 60
        if 0 <= minutes <= 24 * 60:
            yield _anomaly(
                "called_off",
                sale,
                f"{reason} All were called off {_span(minutes)} later.",
                float(times[place]),
            )
        else:
            yield _anomaly("quantity", sale, reason, float(times[place]))


def _odd_prices(sales: Sequence[Sale], locale: str) -> Iterator[Anomaly]:
    paid = [sale for sale in sales if sale.price > 0]
    price = np.array([sale.price for sale in paid])
    usual = _Usual((sale.product for sale in paid), price)
    times = usual.ratio(price)
    far = np.maximum(times, 1 / times)
    for place in np.flatnonzero((np.abs(usual.distance(price)) > Z) & (far >= PRICE_TIMES)).tolist():
        sale, group = paid[place], usual.of[place]
        yield _anomaly(
            "price",
            sale,
            f"Sold at {_price(sale.price, sale, locale)}; nine in ten lines of this product are at "
            f"{_price(usual.low[group], sale, locale)} to {_price(usual.high[group], sale, locale)}.",
            float(far[place]),
        )


def _duplicates(sales: Sequence[Sale]) -> Iterator[Anomaly]:
    baskets: dict[tuple[str, str], list[Sale]] = {}
    for sale in sales:
        baskets.setdefault((sale.customer, sale.order), []).append(sale)
    seen: dict[tuple[str, frozenset[tuple[str, int]]], Sale] = {}
    for lines in sorted(baskets.values(), key=lambda lines: (lines[0].at, lines[0].order)):
        goods = frozenset((line.product, line.quantity) for line in lines)
        if len(goods) < DUPLICATE_LINES:
            continue
        first, key = lines[0], (lines[0].customer, goods)
        before = seen.get(key)
        if before is not None and first.at - before.at <= HOUR:
            minutes = (first.at - before.at) * 24 * 60
            reason = (
                f"The same {len(goods)} products as order {before.order}, placed {_span(minutes)} earlier."
            )
            yield replace(_anomaly("duplicate", first, reason, float(len(goods))), product_id="")
        seen[key] = first


def _returners(sales: Sequence[Sale], refunds: Sequence[Refund]) -> Iterator[Anomaly]:
    """Customers whose share of lines sent back chance does not explain.

    Shares differ among honest customers, so chance is beta-binomial with the shop's own mean and variance.
    """
    from scipy.stats import betabinom  # type: ignore[import-untyped]

    lines: dict[str, int] = {}
    for sale in sales:
        lines[sale.customer] = lines.get(sale.customer, 0) + 1
    back: dict[str, int] = {}
    for refund in refunds:
        back[refund.customer] = back.get(refund.customer, 0) + 1
    who = [customer for customer in lines if lines[customer] >= LEAST_LINES]
    n = np.array([lines[customer] for customer in who], dtype=float)
    k = np.minimum(np.array([back.get(customer, 0) for customer in who], dtype=float), n)
    if len(who) < LEAST_LINES or not 0 < k.sum() < n.sum():
        return
    # What is usual among all others: one who sends everything back must not make that usual.
    rest = n.sum() - n
    mean = np.maximum((k.sum() - k) / rest, 0.5 / rest)
    square = (k**2 / n).sum() - k**2 / n
    within = mean * (1 - mean) * (len(who) - 1) / rest
    spread = np.maximum(square / rest - mean**2 - within, 1e-6)
    size = np.maximum(mean * (1 - mean) / spread - 1, 1.0)
    chance = betabinom.sf(k - 1, n, mean * size, (1 - mean) * size)
    for place in np.flatnonzero((chance < CHANCE) & (k >= LEAST_RETURNED)).tolist():
        share = k[place] / n[place]
        yield Anomaly(
            "returns",
            who[place],
            "",
            "",
            None,
            f"{int(k[place])} of {int(n[place])} lines sent back or called off ({share:.0%}); "
            f"{mean[place]:.1%} is the mean of the others.",
            float(share / mean[place]),
        )


def _anomaly(kind: Kind, sale: Sale, reason: str, times: float) -> Anomaly:
    day = datetime.fromtimestamp(sale.at * 86_400, UTC).date()
    return Anomaly(kind, sale.customer, sale.order, sale.product, day, reason, times)


def _price(value: float, sale: Sale, locale: str) -> str:
    return format_money(Money(Decimal(f"{value:.2f}"), sale.currency), locale)


def _whole(value: float, locale: str) -> str:
    return format_count(round(value), locale)


def _span(minutes: float) -> str:
    if minutes < 1:
        return "less than a minute"
    whole = round(minutes)
    if whole < 120:
        return f"{whole} minute{'' if whole == 1 else 's'}"
    return f"{round(minutes / 60)} hours"


class AnomalyWatch:
    """The anomalies of one shop, found in one pass over its orders and kept for an hour."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: tuple[date, float, dict[str, list[Anomaly]]] | None = None

    def all(self, today: date, locale: str = "en_GB") -> list[Anomaly]:
        """Everything worth a look as of `today`, the furthest outside first."""
        found = [one for group in self._by_customer(today, locale).values() for one in group]
        return sorted(found, key=lambda one: -one.times)

    def of(self, customer_id: str, today: date, locale: str = "en_GB") -> list[Anomaly]:
        """One customer's."""
        return list(self._by_customer(today, locale).get(customer_id, ()))

    def _by_customer(self, today: date, locale: str) -> dict[str, list[Anomaly]]:
        now = time.monotonic()
        if self._found is None or self._found[0] != today or now - self._found[1] > STALE_S:
            until = float((today + timedelta(days=1) - date(1970, 1, 1)).days)
            sales = [
                Sale(who, order, at, product, quantity, price, currency)
                for batch in self._store.sale_batches()
                for who, order, at, _, product, quantity, price, currency in batch
                if at < until and quantity > 0
            ]
            refunds = [Refund(*row) for row in self._store.refunds() if row[3] is None or row[3] < until]
            found: dict[str, list[Anomaly]] = {}
            for one in find_anomalies(sales, refunds, locale):
                found.setdefault(one.customer_id, []).append(one)
            self._found = (today, now, found)
        return self._found[2]


_WATCHES: WeakKeyDictionary[Store, AnomalyWatch] = WeakKeyDictionary()


def watch_of(store: Store) -> AnomalyWatch:
    """The store's watch, one for all who ask."""
    return _WATCHES.setdefault(store, AnomalyWatch(store))
