"""Histories and features: right sums, and nothing from the cut on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from insight.explain import say_feature, wordings
from insight.feature_table import compute_features, feature_names
from insight.history import History, cut_of, history_of, read_history
from shop.store import Store
from shop.types import Event, Money, Order, OrderLine, Return


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def order(
    number: str, customer: str, when: str, *lines: tuple[str, int, str], country: str = "France"
) -> Order:
    return Order(
        number,
        customer,
        tuple(OrderLine(p, p, n, Money(Decimal(price), "EUR")) for p, n, price in lines),
        placed_at=at(when),
        country=country,
    )


ORDERS = [
    order("1", "a", "2021-03-01 12:00", ("mug", 2, "5"), ("pen", 1, "1")),
    order("2", "a", "2021-03-11 12:00", ("mug", 1, "4"), ("cup", 1, "6"), ("cup", 1, "6")),
    order("3", "b", "2021-03-20 06:00", ("mug", 1, "5"), country="Spain"),
]
RETURNS = [Return("r", "a", "mug", "mug", 1, Money(Decimal("5"), "EUR"), at("2021-03-12 09:00"), "1")]
CUT = cut_of(date(2021, 3, 21))


def test_features_of_two_customers_by_hand() -> None:
    table = compute_features(history_of(ORDERS, RETURNS), CUT)
    assert table.names == feature_names()
    row = dict(zip(table.names, table.values[0].tolist(), strict=True))
    assert (row["orders"], row["order_days"], row["orders_14"], row["orders_30"]) == (2, 2, 1, 2)
    assert row["days_since"] == 9.5 and row["tenure_days"] == 19.5 and row["mean_gap_days"] == 10
    assert row["overdue"] == pytest.approx(0.95)
    assert (row["spent"], row["mean_order"], row["last_order"], row["biggest_order"]) == (27, 13.5, 16, 16)
    assert row["returns"] == 1 and row["returned_share"] == pytest.approx(5 / 27)
    # mug, pen, then cup: three different ones over four products in orders.
    assert row["different_products"] == 3 and row["again_share"] == pytest.approx(1 / 4)
    # The second mug cost 4 where mugs had cost 5.
    assert row["bargain_share"] == pytest.approx(1 / 5)
    assert row["unit_price"] == pytest.approx(27 / 6)
    other = dict(zip(table.names, table.values[1].tolist(), strict=True))
    assert (other["orders"], other["abroad"], other["joined_after_days"]) == (1, 1, 18.75)


def test_planted_future_data_change_nothing(records: tuple[list[Order], list[Return]]) -> None:
    cut = cut_of(date(2021, 6, 1))
    orders, returns = records
    then = at("2021-06-01 00:00")
    known = [one for one in orders if one.placed_at and one.placed_at < then]
    back = [one for one in returns if one.at and one.at < then]
    planted = [
        order(f"x{n}", one.customer_id, f"2021-06-{1 + n % 28:02} 00:00", ("gold", 99, "999"), country="Peru")
        for n, one in enumerate(known)
    ]
    bribe = [Return("x", known[0].customer_id, "gold", "", 9, Money(Decimal(9), "EUR"), then, "x0")]
    seen = [Event("Product Viewed", known[0].customer_id, then + timedelta(hours=1))]
    honest = history_of(known, back)
    poisoned = history_of([*planted, *known], [*bribe, *back], seen)
    a, b = compute_features(honest, cut), compute_features(poisoned, cut)
    assert [honest.customers[i] for i in a.customer] == [poisoned.customers[i] for i in b.customer]
    assert len(a.customer) > 100
    np.testing.assert_array_equal(a.values, b.values)
    # And the planted data do change what comes later.
    assert compute_features(poisoned, cut + 30).column("spent").max() > 90_000


def test_the_season_is_the_coming_quarter_a_year_ago() -> None:
    days = ("2020-03-20 12:00", "2020-03-22 12:00", "2020-06-18 12:00", "2020-06-20 12:00")
    past = [order(f"s{n}", "a", day, ("mug", 1, "5")) for n, day in enumerate(days)]
    assert compute_features(history_of([*past, *ORDERS]), CUT).column("season_orders").tolist() == [2, 0]


def test_events_count_for_a_month() -> None:
    viewed = [Event("Product Viewed", "a", at(day)) for day in ("2021-01-01", "2021-03-10", "2021-03-11")]
    table = compute_features(history_of(ORDERS, (), viewed), CUT)
    assert table.column("viewed").tolist() == [2, 0]


def test_store_and_records_give_the_same_history(records: tuple[list[Order], list[Return]]) -> None:
    with Store("sqlite:///:memory:") as store:
        store.put_orders(records[0])
        store.put_returns(records[1])
        stored = read_history(store)
    direct = history_of(*records)
    assert stored.customers == direct.customers and stored.currency == "EUR"
    cut = cut_of(date(2021, 8, 1))
    np.testing.assert_allclose(
        compute_features(stored, cut).values, compute_features(direct, cut).values, rtol=1e-6
    )


def test_no_orders_and_other_currencies() -> None:
    assert compute_features(history_of([]), CUT).values.shape == (0, len(feature_names()))
    dollars = Order(
        "d", "a", (OrderLine("p", "p", 1, Money(Decimal(900), "USD")),), placed_at=at("2021-03-15")
    )
    table = compute_features(history_of([*ORDERS, dollars]), CUT)
    assert table.column("orders")[0] == 3 and table.column("spent")[0] == 27


def test_every_feature_can_be_said(history: History) -> None:
    assert set(wordings()) == set(feature_names())
    table = compute_features(history, cut_of(date(2021, 8, 1)))
    for name in table.names:
        for value in table.column(name)[:20]:
            words = say_feature(name, float(value), "GBP")
            assert words and "{" not in words and "¤" not in words
    assert say_feature("days_since", 1.9) == "last order 1 day ago"
    assert say_feature("spent", 1234.4, "GBP") == "spent £1,234 so far"
    assert say_feature("orders_30", 1) == "1 order in the last 30 days"
    assert say_feature("orders_30", 0) == "no orders in the last 30 days"
