"""Orders with dates, cut in two: what is in each customer's first basket on or after the cut.

Scorers are fitted on orders before the cut. Weights are chosen on earlier cuts, each with its own
scorers fitted before it and baskets that end before the real one. Guests' orders are left out: nobody
can be asked about them. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from retrieval.recommend.evaluation.tasks import Task
from retrieval.recommend.histories import Histories
from retrieval.recommend.lessons import log_before, next_baskets, shop_lessons
from retrieval.recommend.purchases import as_date, days_since_epoch
from shop.errors import SourceError
from shop.sources import read_orders
from shop.types import Order


def read_baskets(path: Path, cut: date) -> Task:
    """The next-basket task of a file of orders in any format `import` reads."""
    return basket_task(read_orders(path).orders, cut, path)


def basket_task(orders: Sequence[Order], cut: date, path: Path) -> Task:
    """The same from orders; SourceError where there is too little before or after the cut."""
    log, texts = orders_log(orders)
    if not len(log.day):
        raise SourceError("has no order with both a customer and a date", file=path)
    day, first, last = days_since_epoch(cut), int(log.day.min()), int(log.day.max())
    span = f"its orders run from {as_date(first)} to {as_date(last)}"
    if not first < day <= last:
        raise SourceError(f"has no orders on both sides of {cut}; {span}", file=path)
    tests, answers = next_baskets(log, day, last + 1)
    if not len(tests):
        raise SourceError(f"has no customer who ordered both before and after {cut}; {span}", file=path)
    known = log_before(log, day)
    lessons = shop_lessons(known, day)
    if not lessons:
        raise SourceError(
            f"has too few orders before {cut} to choose weights by; name a later cut, {span}", file=path
        )
    return Task(
        products=log.products,
        texts=texts,
        lessons=lessons,
        log=known,
        refit=None,
        tests=tests,
        answers=answers,
        again=True,
        next_basket=True,
        notes=[
            f"Fitted on orders before {cut}, weights chosen on {len(lessons)} earlier cuts; "
            "the next basket is what a customer bought on their first day of orders from then on."
        ],
    )


def orders_log(orders: Sequence[Order]) -> tuple[Histories, list[str]]:
    """One row a customer, oldest first, a product once a day; and the products' titles."""
    customers: dict[str, int] = {}
    columns: dict[str, int] = {}
    countries: dict[str, int] = {}
    titles: list[str] = []
    rows: set[tuple[int, int, int, int]] = set()
    for order in orders:
        if not order.customer_id or order.placed_at is None or order.is_cancelled:
            continue
        who = customers.setdefault(order.customer_id, len(customers))
        where = countries.setdefault(order.country, len(countries))
        on = days_since_epoch(order.placed_at.date())
        for line in order.lines:
            column = columns.setdefault(line.product_id, len(columns))
            if column == len(titles):
                titles.append(line.title)
            rows.add((who, on, column, where))
    table = np.array(sorted(rows), dtype=np.int32).reshape(-1, 4)
    sizes = np.bincount(table[:, 0], minlength=len(customers))
    country = np.full(len(customers), -1, dtype=np.int32)
    country[table[:, 0]] = table[:, 3]
    log = Histories(
        len(columns),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        table[:, 2].copy(),
        table[:, 1].copy(),
        np.ones(len(table), dtype=np.float32),
        np.full(len(customers), -1, dtype=np.int32),
        country,
    )
    return log, titles
