"""Figures of one customer and the named segments: right sums, and nothing from after the date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from insight.features import customer_facts, facts_of
from insight.segments import lapsed
from shop.store import Store
from shop.types import Customer, Money, Order, OrderLine, Product, Return


def pounds(text: str) -> Money:
    return Money(Decimal(text), "GBP")


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def order(number: str, customer: str, at: str | None, total: str = "10.00", status: str = "") -> Order:
    line = OrderLine("P1", "Lunch Bag", 1, pounds(total))
    return Order(number, customer, (line,), placed_at=day(at) if at else None, status=status)


PRODUCTS = {"P1": Product("P1", "Lunch Bag", categories=("Bags", "Lunch bags"))}


def test_counts_sums_and_means() -> None:
    orders = [order("2", "a", "2011-05-02", "20.00"), order("1", "a", "2011-03-01", "5.01")]
    back = [Return("r", "a", "P1", "Lunch Bag", 3, pounds("4.00"), at=day("2011-05-05"), order_id="2")]
    facts = customer_facts("a", orders, back, PRODUCTS, date(2011, 5, 12))
    assert (facts.orders, facts.days_since, facts.returns) == (2, 10, 3)
    assert facts.ordered == pounds("25.01") and facts.spent == pounds("21.01")
    assert facts.returned == pounds("4.00")
    assert facts.mean_order == pounds("12.50")  # 12.505 to even
    assert facts.first_at == day("2011-03-01") and facts.last_at == day("2011-05-02")
    assert facts.top_categories == ("Lunch bags",)


def test_nothing_after_the_date_is_seen() -> None:
    before = [order("1", "a", "2011-03-01")]
    after = [order("2", "a", "2011-03-03", "99.00")]
    late = [Return("r", "a", "P1", "Lunch Bag", 1, pounds("10.00"), at=day("2011-03-03"), order_id="1")]
    cut = date(2011, 3, 2)
    assert customer_facts("a", [*after, *before], late, PRODUCTS, cut) == customer_facts(
        "a", before, [], PRODUCTS, cut
    )


def test_undated_orders_count_only_on_request() -> None:
    orders = [order("1", "a", None), order("2", "a", None, status="cancelled")]
    assert customer_facts("a", orders, [], PRODUCTS, date(2011, 1, 1)).orders == 0
    facts = customer_facts("a", orders, [], PRODUCTS, date(2011, 1, 1), count_undated=True)
    assert (facts.orders, facts.cancelled, facts.undated) == (2, 1, 2)
    assert facts.ordered == pounds("10.00") and facts.days_since is None


def test_two_currencies_are_not_added_up() -> None:
    dollars = Order(
        "2", "a", (OrderLine("P1", "Bag", 1, Money(Decimal(9), "USD")),), placed_at=day("2011-01-02")
    )
    facts = customer_facts("a", [dollars, order("1", "a", "2011-01-01")], [], PRODUCTS, date(2011, 2, 1))
    assert facts.orders == 2 and facts.ordered is None and facts.mean_order is None


def test_nobody_has_figures() -> None:
    facts = customer_facts("a", [], [], {}, date(2011, 1, 1))
    assert (facts.orders, facts.ordered, facts.last_at, facts.top_categories) == (0, None, None, ())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'shop.db'}") as opened:
        opened.put_products(PRODUCTS.values())
        opened.put_customers([Customer(name) for name in "abcde"])
        opened.put_orders(
            [
                order("1", "a", "2011-01-01", "10.00"),
                order("2", "b", "2011-01-02", "30.00"),
                order("3", "b", "2011-08-01", "30.00"),
                order("4", "c", "2011-08-20", "5.00"),
                *(order(f"d{n}", "d", f"2011-08-0{n}") for n in range(1, 7)),
                order("5", "e", None),
            ]
        )
        yield opened


def test_lapsed_is_a_count_of_days_as_of_the_date(store: Store) -> None:
    assert [row.customer_id for row in lapsed(store, date(2011, 9, 9), 90)] == ["a"]
    # In June nobody knew of the orders of August: b had lapsed too, and had spent 30, not 60.
    june = lapsed(store, date(2011, 6, 1), 90)
    assert [(row.customer_id, row.spent) for row in june] == [("b", pounds("30.00")), ("a", pounds("10.00"))]
    edge = (date(2011, 9, 9) - date(2011, 1, 1)).days
    assert lapsed(store, date(2011, 9, 9), edge) == []


def test_facts_of_reads_the_store(store: Store) -> None:
    facts = facts_of(store, "d", date(2011, 8, 3))
    assert (facts.orders, facts.days_since) == (3, 0)
