"""A simulated shop with a truth that a model can find: rates of their own, and customers who leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from insight import learners, metrics, table_models, uplift
from insight.history import History, history_of
from shop.types import Money, Order, OrderLine, Return

START = date(2021, 1, 1)
DAYS = 260
CUSTOMERS = 320


def simulate(seed: int = 1, customers: int = CUSTOMERS) -> tuple[list[Order], list[Return]]:
    """Orders by a BG/NBD process; half of the products are bought again; some are sent back."""
    draw = np.random.default_rng(seed)
    orders: list[Order] = []
    returns: list[Return] = []
    for number in range(customers):
        rate, leaves = draw.gamma(1.2, 1 / 40), draw.beta(0.6, 2.5)
        worth = draw.lognormal(3, 0.7)
        at = draw.uniform(0, DAYS * 0.7)
        while at < DAYS:
            day = datetime.combine(START, datetime.min.time(), UTC) + timedelta(days=float(at))
            lines = tuple(
                OrderLine(
                    f"p{draw.integers(40)}",
                    "Thing",
                    int(draw.integers(1, 9)),
                    Money(Decimal(f"{worth / 4 * draw.uniform(0.7, 1.3):.2f}"), "EUR"),
                )
                for _ in range(draw.integers(1, 5))
            )
            id_ = f"o{len(orders)}"
            orders.append(Order(id_, f"c{number:03}", lines, placed_at=day, country="France"))
            if draw.random() < 0.1:
                line = lines[0]
                sent = day + timedelta(days=5)
                returns.append(
                    Return(
                        f"r{id_}", f"c{number:03}", line.product_id, "Thing", 1, line.unit_price, sent, id_
                    )
                )
            if draw.random() < leaves:
                break
            at += draw.exponential(1 / rate)
    return orders, returns


@pytest.fixture(scope="session")
def records() -> tuple[list[Order], list[Return]]:
    return simulate()


@pytest.fixture(scope="session")
def history(records: tuple[list[Order], list[Return]]) -> History:
    return history_of(*records)


@pytest.fixture(autouse=True, scope="session")
def _less_work() -> Iterator[None]:
    """Fewer trees and redrawn samples: the tests ask for what is true of any number of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learners, "BOOSTING_ROUNDS", 15)
        patch.setattr(uplift, "ROUNDS", 15)
        patch.setattr(table_models, "ROUNDS", 40)
        patch.setattr(table_models, "DRAWS", 2)
        patch.setattr(table_models, "TREES", 30)
        patch.setattr(metrics, "RESAMPLES", 10)
        yield
