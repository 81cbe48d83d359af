"""Odd orders and returns among plain ones: each pattern found once, and plain shops left in peace."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from insight.anomalies import AnomalyWatch, Refund, Sale, find_anomalies, watch_of
from shop.store import Store
from shop.types import Money, Order, OrderLine, Return

DAY = (datetime(2011, 1, 18, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days


def plain_sales(customers: int = 40, orders: int = 6) -> list[Sale]:
    """Forty customers, twelve products, one to twelve units, steady prices."""
    rng = np.random.default_rng(1)
    sales = []
    for who in range(customers):
        for order in range(orders):
            at = DAY - 200 + 30.0 * order + rng.random()
            for product in rng.choice(12, 3, replace=False):
                quantity = int(rng.integers(1, 13))
                sales.append(Sale(f"c{who}", f"{who}-{order}", at, f"p{product}", quantity, 2.0 + product))
    return sales


def test_a_plain_shop_is_left_in_peace() -> None:
    sales = plain_sales()
    refunds = [Refund(sale.customer, sale.product, 1, sale.at + 5, sale.order) for sale in sales[::40]]
    assert find_anomalies(sales, refunds) == []
    assert find_anomalies([], []) == []


def test_a_huge_line_called_off_at_once() -> None:
    sales = [*plain_sales(), Sale("c1", "541431", DAY + 10.0 / 24, "p3", 74_215, 1.04)]
    refunds = [Refund("c1", "p3", 74_215, DAY + 10.0 / 24 + 16 / 1440, "")]
    (found,) = [one for one in find_anomalies(sales, refunds) if one.kind != "price"]
    assert (found.kind, found.customer_id, found.order_id) == ("called_off", "c1", "541431")
    assert found.reason.startswith("74,215 units in one line;")
    assert found.reason.endswith("All were called off 16 minutes later.") and found.at == date(2011, 1, 18)
    (kept,) = [one for one in find_anomalies(sales, []) if one.kind != "price"]
    assert kept.kind == "quantity" and "called off" not in kept.reason


def test_a_wholesalers_usual_line_is_not_odd() -> None:
    own = [Sale("big", f"b{n}", DAY - n, f"p{n % 12}", 500, 2.0 + n % 12) for n in range(24)]
    assert not [one for one in find_anomalies(plain_sales() + own, []) if one.customer_id == "big"]
    one_off = [Sale("once", "o1", DAY, "p3", 500, 5.0)]
    assert [one.kind for one in find_anomalies(plain_sales() + one_off, [])] == ["quantity"]


def test_a_price_far_from_the_products_own() -> None:
    (found,) = find_anomalies([*plain_sales(), Sale("c2", "o9", DAY, "p3", 4, 649.5)], [])
    assert found.kind == "price" and found.reason.startswith("Sold at £649.50; nine in ten lines")
    assert "£5.00 to £5.00" in found.reason


def test_the_same_basket_twice_within_the_hour() -> None:
    first = [Sale("c3", "d1", DAY, "p1", 2, 3.0), Sale("c3", "d1", DAY, "p2", 3, 4.0)]
    again = [sale._replace(order="d2", at=DAY + 20 / 1440) for sale in first]
    later = [sale._replace(order="d3", at=DAY + 3) for sale in first]
    other = [sale._replace(customer="c4", order="d4") for sale in first]
    (found,) = find_anomalies([*plain_sales(), *first, *again, *later, *other], [])
    assert (found.kind, found.order_id) == ("duplicate", "d2")
    assert found.reason == "The same 2 products as order d1, placed 20 minutes earlier."


def test_returns_that_chance_does_not_explain() -> None:
    sales = plain_sales()
    refunds = [Refund(sale.customer, sale.product, 1, sale.at + 5, sale.order) for sale in sales[::40]]
    refunds += [
        Refund("c7", sale.product, 1, sale.at + 2, sale.order) for sale in sales if sale.customer == "c7"
    ]
    (found,) = find_anomalies(sales, refunds)
    assert (found.kind, found.customer_id, found.at) == ("returns", "c7", None)
    assert "18 of 18 lines" in found.reason


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(f"sqlite:///{tmp_path / 'shop.db'}")
    by_order: dict[tuple[str, str, float], list[Sale]] = {}
    for sale in [*plain_sales(), Sale("c1", "541431", DAY + 0.4, "p3", 74_215, 5.0)]:
        by_order.setdefault((sale.order, sale.customer, sale.at), []).append(sale)
    pounds = lambda value: Money(Decimal(f"{value:.2f}"), "GBP")  # noqa: E731
    store.put_orders(
        [
            Order(
                order,
                who,
                tuple(OrderLine(s.product, s.product, s.quantity, pounds(s.price)) for s in lines),
                datetime.fromtimestamp(at * 86_400, UTC),
            )
            for (order, who, at), lines in by_order.items()
        ]
    )
    at = datetime.fromtimestamp((DAY + 0.41) * 86_400, UTC)
    store.put_returns([Return("r1", "c1", "p3", "p3", 74_215, pounds(371_075), at)])
    return store


def test_the_watch_reads_the_store_as_of_a_date(store: Store) -> None:
    watch = AnomalyWatch(store)
    (found,) = watch.of("c1", date(2011, 1, 18))
    assert found.kind == "called_off" and watch.all(date(2011, 1, 18)) == [found]
    assert watch.of("c2", date(2011, 1, 18)) == []
    assert watch.all(date(2011, 1, 17)) == [], "nothing after the date is seen"
    assert watch_of(store) is watch_of(store)
    store.close()
