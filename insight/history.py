"""What all customers did, as columns of numbers sorted by customer and time.

One `History` holds a whole shop in a few arrays (an order is about 60 bytes), so that features of
every customer at many past dates are sums over arrays. What an order row says was known when it was
placed: "products new to the customer" looks back only, and so does the usual price of a product.
Knows times as days since 1970-01-01 UTC (a cut is the first moment that is not seen) and worth as
floats for statistics; what is shown as money is made elsewhere. Knows no store's tables and no model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shop.store import RETURN, Store, moment_to_days
from shop.types import Event, Order, Return

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Rows = Sequence[Sequence[Any]]

BATCH_ROWS = 50_000
EPOCH = date(1970, 1, 1)
BARGAIN = 0.9
"""A line is a bargain where its unit price is below this share of the product's mean price until then."""


@dataclass(frozen=True, slots=True)
class Orders:
    """One entry an order, sorted by customer and time; cancelled and undated ones are left out.

    `worth` is 0 where the order is in another currency than the shop's. `fresh` counts its products
    that the customer had not bought before, `bargains` its lines below the usual price.
    """

    customer: Ints
    at: Floats
    worth: Floats
    lines: Ints
    units: Ints
    products: Ints
    fresh: Ints
    bargains: Ints
    country: Ints

    def where(self, keep: NDArray[np.bool_]) -> Orders:
        """The entries of a mask."""
        return Orders(*(getattr(self, name)[keep] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Acts:
    """Everything else, sorted by time: what customers did (`kind` indexes `History.act_names`) and, in
    `worth`, what a return was worth (0 otherwise)."""

    customer: Ints
    at: Floats
    kind: Ints
    worth: Floats

    def where(self, keep: NDArray[np.bool_]) -> Acts:
        """The entries of a mask."""
        return Acts(self.customer[keep], self.at[keep], self.kind[keep], self.worth[keep])


@dataclass(frozen=True, slots=True)
class History:
    """All customers' pasts. Entries of `orders` and `acts` index `customers` (ids, sorted)."""

    customers: tuple[str, ...]
    currency: str
    countries: tuple[str, ...]
    act_names: tuple[str, ...]
    orders: Orders
    acts: Acts

    def before(self, cut: float) -> History:
        """The same with nothing at or after `cut` (days) in it; customers keep their places."""
        return replace(
            self,
            orders=self.orders.where(self.orders.at < cut),
            acts=self.acts.where(self.acts.at < cut),
        )

    def of_customers(self, keep: NDArray[np.bool_]) -> History:
        """The same with only the orders and acts of customers (by place) in a mask."""
        return replace(
            self,
            orders=self.orders.where(keep[self.orders.customer]),
            acts=self.acts.where(keep[self.acts.customer]),
        )

    @property
    def first_day(self) -> date | None:
        """The day of the first order, None where there is none."""
        return from_days(self.orders.at.min()) if len(self.orders.at) else None

    @property
    def last_day(self) -> date | None:
        """The day of the last order, None where there is none."""
        return from_days(self.orders.at.max()) if len(self.orders.at) else None


def cut_of(day: date) -> float:
    """The cut at the beginning of `day`: that day itself is not seen."""
    return float((day - EPOCH).days)


def from_days(at: float) -> date:
    """The day of a moment in days."""
    return EPOCH + timedelta(days=int(at // 1))


class _Codes(dict[str, int]):
    """Texts to consecutive numbers, in the order met."""

    def __missing__(self, text: str) -> int:
        self[text] = len(self)
        return self[text]

    def column(self, texts: Sequence[str]) -> Ints:
        return np.fromiter(map(self.__getitem__, texts), np.int32, len(texts))


def read_history(store: Store) -> History:
    """The history of a whole shop."""
    return _build(store.sale_batches(), store.act_batches())


def history_of(
    orders: Iterable[Order], returns: Iterable[Return] = (), events: Iterable[Event] = ()
) -> History:
    """The history of records that are in no store."""
    return _build(_sale_rows(orders), _act_rows(returns, events))


def _sale_rows(orders: Iterable[Order]) -> Iterator[Rows]:
    for order in orders:
        if order.customer_id and order.placed_at is not None and not order.is_cancelled:
            yield [
                (
                    order.customer_id,
                    order.id,
                    moment_to_days(order.placed_at),
                    order.country,
                    line.product_id,
                    line.quantity,
                    float(line.unit_price.amount),
                    line.unit_price.currency,
                )
                for line in order.lines
            ]


def _act_rows(returns: Iterable[Return], events: Iterable[Event]) -> Iterator[Rows]:
    for item in returns:
        if item.customer_id and item.at is not None:
            worth = float(item.amount.amount)
            yield [(item.customer_id, RETURN, moment_to_days(item.at), worth, item.amount.currency)]
    for event in events:
        if event.customer_id:
            yield [(event.customer_id, event.name, moment_to_days(event.at), 0.0, "")]


def _build(sales: Iterable[Rows], acts: Iterable[Rows]) -> History:
    """Columns from rows; customers are numbered by id, whoever only acted included."""
    customers, invoices, countries, products, currencies, names = (_Codes() for _ in range(6))
    parts: list[tuple[NDArray[Any], ...]] = []
    for batch in _merged(sales):
        ids, numbers, at, lands, goods, units, prices, coins = zip(*batch, strict=True)
        parts.append(
            (
                customers.column(ids),
                invoices.column(numbers),
                np.array(at, np.float64),
                countries.column(lands),
                products.column(goods),
                np.array(units, np.int32),
                np.array(prices, np.float64),
                currencies.column(coins),
            )
        )
    act_parts: list[tuple[NDArray[Any], ...]] = []
    for batch in _merged(acts):
        ids, kinds, at, worth, coins = zip(*batch, strict=True)
        act_parts.append(
            (
                customers.column(ids),
                np.array(at, np.float64),
                names.column(kinds),
                np.array(worth, np.float64),
                currencies.column(coins),
            )
        )
    sold = _stacked(parts, 8)
    currency = _usual(sold[7], currencies)
    main = currencies.get(currency, -1)
    ranks, ordered = _ranked(customers)
    orders = _orders(sold, ranks, main, len(products))
    who, at_, kind, worth_, coin = _stacked(act_parts, 5)
    place = np.argsort(at_, kind="stable")
    kept = Acts(
        ranks[who][place].astype(np.int32),
        at_.astype(np.float64)[place],
        kind[place].astype(np.int32),
        np.where((coin == main) | (worth_ == 0), worth_, 0.0)[place].astype(np.float64),
    )
    return History(ordered, currency, tuple(countries), tuple(names), orders, kept)


def _merged(rows: Iterable[Rows]) -> Iterator[list[Any]]:
    """Row lists joined to batches of some size: numpy is slow on tiny ones."""
    batch: list[Any] = []
    for part in rows:
        batch.extend(part)
        if len(batch) >= BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _stacked(parts: Sequence[tuple[NDArray[Any], ...]], width: int) -> list[NDArray[Any]]:
    if not parts:
        return [np.zeros(0, np.int32) for _ in range(width)]
    return [np.concatenate([part[i] for part in parts]) for i in range(width)]


def _usual(coins: NDArray[Any], codes: _Codes) -> str:
    names = list(codes)
    counted = Counter({names[i]: int(n) for i, n in enumerate(np.bincount(coins, minlength=0)) if n})
    return counted.most_common(1)[0][0] if counted else ""


def _ranked(codes: _Codes) -> tuple[Ints, tuple[str, ...]]:
    """Each code's place among the sorted texts, and those."""
    ordered = tuple(sorted(codes))
    ranks = np.zeros(max(1, len(codes)), np.int32)
    for rank, text in enumerate(ordered):
        ranks[codes[text]] = rank
    return ranks, ordered


def _orders(sold: Sequence[NDArray[Any]], ranks: Ints, main: int, products: int) -> Orders:
    """Order lines to one entry an order."""
    who, invoice, at, country, product, units, price, coin = sold
    count = int(invoice.max()) + 1 if len(invoice) else 0
    head = np.zeros(count, np.int64)
    head[invoice[::-1]] = np.arange(len(invoice) - 1, -1, -1)  # the first line of each
    customer = ranks[who]

    pairs = customer.astype(np.int64) * max(1, products) + product
    by_time = np.lexsort((invoice, at, pairs))
    new_pair = np.diff(pairs[by_time], prepend=-1) != 0
    new_line = new_pair | (np.diff(invoice[by_time], prepend=-1) != 0)
    fresh = np.bincount(invoice[by_time], weights=new_pair, minlength=count)
    distinct = np.bincount(invoice[by_time], weights=new_line, minlength=count)

    by_product = np.lexsort((at, product))
    ordered = price[by_product]
    starts = np.flatnonzero(np.diff(product[by_product], prepend=-1))
    seen = np.arange(len(ordered)) - np.repeat(starts, np.diff(np.append(starts, len(ordered))))
    total = np.cumsum(ordered) - ordered
    total -= np.repeat(total[starts], np.diff(np.append(starts, len(ordered))))
    cheap = (seen > 0) & (ordered * seen < BARGAIN * total)

    order = np.lexsort((at[head], customer[head]))

    def summed(weights: NDArray[Any], of: NDArray[Any] = invoice) -> NDArray[Any]:
        return np.bincount(of, weights=weights, minlength=count)[order]

    return Orders(
        customer[head][order].astype(np.int32),
        at[head][order].astype(np.float64),
        summed(np.where(coin == main, units * price, 0.0)).astype(np.float64),
        summed(np.ones(len(invoice))).astype(np.int32),
        summed(units).astype(np.int32),
        distinct[order].astype(np.int32),
        fresh[order].astype(np.int32),
        summed(cheap, invoice[by_product]).astype(np.int32),
        country[head][order].astype(np.int32),
    )
