"""The cleaning of transaction lists: each rule on lines as they occur in the real file."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from shop.samples import sample_folder
from shop.sources import read_customers, read_orders, read_products
from shop.types import Money

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def line(
    invoice: str = "536365",
    code: str = "85123A",
    title: str = "WHITE HANGING HEART T-LIGHT HOLDER",
    quantity: int | str = 6,
    at: str = "2011-09-01 08:26:00",
    price: str = "2.95",
    customer: str = "17850",
    country: str = "United Kingdom",
) -> str:
    return f"{invoice},{code},{title},{quantity},{at},{price},{customer},{country}"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def put(*lines: str) -> Path:
        file = tmp_path / "sales.csv"
        file.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
        return file

    return put


def test_rows_that_are_no_sales_are_skipped_and_counted(write: Callable[..., Path]) -> None:
    codes = ["POST", "DOT", "M", "m", "D", "S", "B", "C2", "PADS", "CRUK", "BANK CHARGES", "AMAZONFEE"]
    lines = [line(code=code, title="x") for code in (*codes, "gift_0001_40")]
    lines += [
        line(),
        line(),  # the same once more
        line(quantity=-3, title="damaged", price="0.0", customer=""),
        line(code="22139", title="", price="0", customer=""),
        line(quantity=-3, price="1.0"),
    ]
    imported = read_products(write(*lines))
    assert [product.id for product in imported.products] == ["85123A"]
    skipped = {reason: count for reason, count, _ in imported.report.skipped}
    assert skipped == {
        "postage, fee, voucher, discount or correction, not a product": 13,
        "stock note or free line without a price": 2,
        "line repeated exactly in the same invoice": 1,
        "quantity that does not fit a sale or a cancellation": 1,
    }


def test_the_most_frequent_real_name_wins_and_old_names_are_kept(write: Callable[..., Path]) -> None:
    hearts = [line(invoice=str(n)) for n in range(5)]
    others = [line(invoice=f"9{n}", title="CREAM T-LIGHT HEART") for n in range(2)]
    notes = [line(invoice=f"8{n}", title="wrongly coded", price="0.01") for n in range(9)]
    spaced = line(invoice="7", title=" WHITE HANGING  HEART T-LIGHT HOLDER ")
    (product,) = read_products(write(*hearts, *others, *notes, spaced)).products
    assert product.title == "White Hanging Heart T-Light Holder"
    assert product.attributes == {"also called": "Cream T-Light Heart"}
    assert product.colour == "White"


def test_small_letters_in_a_code_are_the_same_product(write: Callable[..., Path]) -> None:
    imported = read_products(write(line(), line(invoice="2", code="85123a")))
    assert [product.id for product in imported.products] == ["85123A"]


def test_the_current_price_is_what_one_known_customer_pays_now(write: Callable[..., Path]) -> None:
    old = [line(invoice=f"1{n}", at="2011-01-05 10:00", price="2.55") for n in range(9)]
    bulk = [line(invoice=f"2{n}", quantity=96, at="2011-09-02 10:00", price="2.10") for n in range(3)]
    guest = [line(invoice=f"3{n}", quantity=1, customer="", price="5.79") for n in range(8)]
    now = [line(invoice=f"4{n}", quantity=4, at=f"2011-09-0{n + 1} 11:00") for n in range(5)]
    (product,) = read_products(write(*old, *bulk, *guest, *now)).products
    assert product.price == Money(Decimal("2.95"), "GBP")
    assert product.price_at == datetime(2011, 9, 5, 11, tzinfo=UTC)


def test_only_guests_bought_it_so_their_price_counts(write: Callable[..., Path]) -> None:
    (product,) = read_products(write(line(customer="", price="5.79"))).products
    assert product.price == Money(Decimal("5.79"), "GBP")


def test_cancellations_go_to_the_latest_earlier_order_with_units_left(write: Callable[..., Path]) -> None:
    imported = read_orders(
        write(
            line("1", quantity=6, at="2011-09-01 08:00"),
            line("2", quantity=4, at="2011-09-02 08:00"),
            line("3", quantity=9, at="2011-09-09 08:00"),  # later than the cancellation
            line("4", quantity=9, at="2011-09-02 09:00", customer="99"),  # somebody else's
            line("C5", quantity=-5, at="2011-09-03 08:00"),
            line("C6", quantity=-9, at="2011-09-04 08:00"),
            line("C7", quantity=-1, at="2011-09-04 08:00", customer=""),
        )
    )
    returned = {order.id: order.lines[0].returned for order in imported.orders}
    assert returned == {"1": 6, "2": 4, "3": 0, "4": 0}
    assert [(one.id, one.order_id, one.quantity) for one in imported.returns] == [
        ("C5-85123A", "2", 4),
        ("C5-85123A-2", "1", 1),
        ("C6-85123A", "1", 5),
        ("C6-85123A-2", "", 4),
        ("C7-85123A", "", 1),
    ]
    assert imported.returns[0].amount == Money(Decimal("11.80"), "GBP")
    assert imported.report.also == (("customers", 2), ("returns", 5))


def test_orders_keep_guests_dates_and_countries(write: Callable[..., Path]) -> None:
    file = write(
        line("1", customer="17850.0", country="France"),
        line("1", code="22423", title="REGENCY CAKESTAND 3 TIER", at="2011-09-01 08:27:00", country="France"),
        line("2", customer="", country="Unspecified"),
    )
    first, guest = read_orders(file).orders
    assert (first.customer_id, first.country, len(first.lines)) == ("17850", "France", 2)
    assert first.placed_at == datetime(2011, 9, 1, 8, 26, tzinfo=UTC)
    assert first.lines[1].title == "Regency Cakestand 3 Tier"
    assert (guest.customer_id, guest.country) == ("", "")
    (customer,) = read_customers(file).customers
    assert (customer.id, customer.country, customer.since) == ("17850", "France", first.placed_at)


def test_the_second_edition_of_the_file_is_understood(tmp_path: Path) -> None:
    file = tmp_path / "retail2.csv"
    file.write_text(
        "Invoice;StockCode;Description;Quantity;InvoiceDate;Price;Customer ID;Country\n"
        "1;85123A;WHITE HEART;6;12/1/2010 8:26;2,95;17850;France\n",
        encoding="cp1252",
    )
    (product,) = read_products(file).products
    assert product.price == Money(Decimal("2.95"), "GBP")
    assert product.price_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)


def test_a_slice_of_the_real_file(tmp_path: Path) -> None:
    with gzip.open(
        sample_folder("giftware") / "online_retail_to_2011-09-09.csv.gz", "rt", encoding="utf-8"
    ) as lines:
        slice_ = "".join(islice(lines, 8_001))
    file = tmp_path / "slice.csv"
    file.write_text(slice_, encoding="utf-8")
    imported = read_products(file)
    products = {product.id: product for product in imported.products}
    assert products["22423"].title == "Regency Cakestand 3 Tier"
    assert products["22423"].categories == ("Kitchen & Dining", "Cake stands & tins")
    assert products["84029G"].title == "Knitted Union Flag Hot Water Bottle"
    assert all(product.price and product.price.amount > 0 for product in products.values())
    assert all(product.title and product.title != product.title.upper() for product in products.values())
    share = sum(1 for product in products.values() if product.categories_derived) / len(products)
    assert share > 0.95
    assert "descriptions" in imported.report.missing
    assert any("in stock" in question for question in imported.report.cannot_answer)
    orders = read_orders(file)
    assert {line.product_id for order in orders.orders for line in order.lines} == set(products)
    assert "customers' names" in orders.report.missing
