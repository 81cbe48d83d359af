"""Shopify's exports, with the old and the new header names."""

# The exports are given as they are, long lines and all.
# ruff: noqa: E501

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from shop.sources import import_file, read_orders, read_products, sniff_format
from shop.store import Store
from shop.types import Money

OLD = """\
Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,\
Option2 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,\
Variant Compare At Price,Image Src,Status
tee,Linen Tee,"<p>Soft &amp; light.</p><ul><li>100% linen</li><li>Made in Portugal</li></ul><script>x</script>",Acme,\
Apparel > Shirts,T-shirts,"summer, linen",TRUE,Color,Blue,Size,S,TEE-B-S,shopify,3,deny,29.00,39.00,https://cdn.example.com/1.jpg,active
tee,,,,,,,,,Blue,,M,TEE-B-M,shopify,0,deny,25.00,,https://cdn.example.com/2.jpg,
tee,,,,,,,,,Red,,S,TEE-R-S,shopify,0,continue,27.00,,,
tee,,,,,,,,,,,,,,,,,,https://cdn.example.com/3.jpg,
mug,Mug,Plain text,Acme,,Mugs,,TRUE,Title,Default Title,,,MUG,shopify,0,deny,8.50,,,active
gift,Gift Wrap,,Acme,,,,TRUE,Title,Default Title,,,,,,deny,0.00,,,active
old,Old Thing,,Acme,,,,TRUE,Title,Default Title,,,,,,deny,1.00,,,archived
wip,Unfinished,,Acme,,,,TRUE,Title,Default Title,,,,,,deny,1.00,,,draft
hid,Hidden,,Acme,,,,FALSE,Title,Default Title,,,,,,deny,1.00,,,active
"""
NEW = """\
Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Option1 name,\
Option1 value,Price,Compare-at price,Inventory tracker,Inventory quantity,Continue selling when out of stock,Product image URL
Linen Tee,tee,<p>Soft</p>,Acme,Apparel > Shirts,T-shirts,summer,TRUE,Active,TEE-S,Size,S,29.00,39.00,shopify,3,DENY,https://cdn.example.com/1.jpg
,tee,,,,,,,,TEE-M,,M,29.00,39.00,shopify,0,DENY,
"""
ORDERS = """\
Name,Email,Financial Status,Paid at,Fulfillment Status,Accepts Marketing,Currency,Total,Created at,Lineitem quantity,\
Lineitem name,Lineitem price,Lineitem sku,Shipping Name,Shipping Street,Shipping City,Shipping Country,Cancelled at,Payment Method
#1002,ann@example.com,paid,,fulfilled,yes,EUR,62.50,2026-03-02 10:00:00 -0500,2,Linen Tee - Blue / S,27.00,TEE-B-S,Ann Smith,1 High St,Hull,GB,,Visa
#1002,ann@example.com,,,,,,,,1,Mug,8.50,,,,,,,
#1001,ANN@example.com,refunded,,,no,EUR,9.00,2026-03-01 10:00:00 -0500,1,Discontinued Thing,9.00,,Ann Jones,,,FR,2026-03-01 12:00:00 -0500,
#1003,,pending,,partial,,EUR,8.50,2026-03-03 10:00:00 +0000,1,Linen Tee - Red / S,8.50,,,,,,,
"""


def put(folder: Path, text: str, name: str = "export.csv", encoding: str = "utf-8") -> Path:
    file = folder / name
    file.write_text(text, encoding=encoding)
    return file


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def test_old_headers_variants_and_continuation_rows(tmp_path: Path) -> None:
    imported = read_products(put(tmp_path, OLD), currency="EUR")
    tee, mug, gift = imported.products
    assert (tee.id, tee.title, tee.brand) == ("tee", "Linen Tee", "Acme")
    assert tee.description == "Soft & light.\n100% linen\nMade in Portugal"
    assert tee.categories == ("Apparel", "Shirts", "T-shirts")
    assert tee.attributes == {"tags": "summer, linen"}
    assert tee.image_url == "https://cdn.example.com/1.jpg"
    assert [dict(variant.options) for variant in tee.variants] == [
        {"Color": "Blue", "Size": "S"},
        {"Color": "Blue", "Size": "M"},
        {"Color": "Red", "Size": "S"},
    ]
    assert [(v.available, v.quantity) for v in tee.variants] == [(True, 3), (False, 0), (True, 0)]
    # The cheapest that can be ordered, not the cheapest of all.
    assert (tee.price, tee.list_price, tee.in_stock) == (euros("27.00"), None, True)
    assert (mug.price, mug.in_stock, mug.variants[0].options) == (euros("8.50"), False, {})
    assert mug.categories == ("Mugs",)
    assert gift.in_stock is True
    assert {reason: count for reason, count, _ in imported.report.skipped} == {
        "product that is archived": 1,
        "product that is draft": 1,
        "product that is not published": 1,
    }


def test_new_headers_say_the_same(tmp_path: Path) -> None:
    (tee,) = read_products(put(tmp_path, NEW), currency="EUR").products
    assert (tee.id, tee.title, tee.description) == ("tee", "Linen Tee", "Soft")
    assert (tee.price, tee.list_price) == (euros("29.00"), euros("39.00"))
    assert [(dict(v.options), v.available) for v in tee.variants] == [
        ({"Size": "S"}, True),
        ({"Size": "M"}, False),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = ["Handle,Title,Variant Price", "a,Café Crème,'1.234§56'", "b,Mug 12€,3"]
    text = "\r\n".join(rows).replace(",", delimiter).replace("'", '"').replace("§", ",")
    first, second = read_products(put(tmp_path, text, encoding=encoding)).products
    assert (first.title, second.title) == ("Café Crème", "Mug 12€")
    assert first.price == Money(Decimal("1234.56"), "GBP")


def test_excels_sep_line_and_short_rows(tmp_path: Path) -> None:
    text = "sep=;\nHandle;Title;Variant Price;Vendor;Tags\na;Mug;2,50\n\nb;Cup;3,50;Acme;;;\n"
    first, second = read_products(put(tmp_path, text)).products
    assert (first.price, second.brand) == (Money(Decimal("2.50"), "GBP"), "Acme")


def test_orders_find_products_by_sku_and_by_name(tmp_path: Path) -> None:
    products = read_products(put(tmp_path, OLD), currency="EUR").products
    imported = read_orders(put(tmp_path, ORDERS, "orders.csv"), currency="GBP", products=products)
    orders = {order.id: order for order in imported.orders}
    first = orders["#1002"]
    assert [(line.product_id, line.quantity, line.variant_id) for line in first.lines] == [
        ("tee", 2, "tee/Blue/S"),
        ("mug", 1, "mug"),
    ]
    assert first.total == euros("62.50")
    assert first.placed_at == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert (first.status, first.payment_status, first.country) == ("fulfilled", "paid", "GB")
    assert (orders["#1001"].status, orders["#1001"].lines[0].product_id) == (
        "cancelled",
        "discontinued-thing",
    )
    assert orders["#1003"].status == "partly fulfilled"
    assert orders["#1003"].customer_id == ""
    assert dict(orders["#1003"].lines[0].options) == {"Color": "Red", "Size": "S"}
    assert "1 order lines name no product of the catalogue" in imported.report.notes


def test_customers_are_one_per_address_and_the_newest_order_wins(tmp_path: Path) -> None:
    (customer,) = read_orders(put(tmp_path, ORDERS)).customers
    assert "ann" not in customer.id
    assert (customer.name, customer.email, customer.country) == ("Ann Smith", "ann@example.com", "GB")
    assert customer.since == datetime(2026, 3, 1, 15, tzinfo=UTC)
    assert customer.consent.marketing_email is True
    assert "#1002" in customer.consent.source


def test_import_file_writes_orders_with_their_customers(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'shop.db'}") as store:
        import_file(store, "products", put(tmp_path, OLD))
        report = import_file(store, "orders", put(tmp_path, ORDERS, "orders.csv"))
        assert (report.taken, report.format) == (3, "shopify")
        (customer,) = store.find_customers("ann@example.com")
        assert [order.id for order in store.orders_of(customer.id)] == ["#1002", "#1001"]
        assert report.as_json()["also"] == {"customers": 1}


def test_sniffing_tells_the_formats_apart(tmp_path: Path) -> None:
    assert sniff_format(put(tmp_path, OLD), "products") == "shopify"
    assert sniff_format(put(tmp_path, NEW), "products") == "shopify"
    assert sniff_format(put(tmp_path, ORDERS), "orders") == "shopify"
    assert sniff_format(put(tmp_path, ORDERS), "customers") == "shopify"
    assert sniff_format(put(tmp_path, '{"asin": "B1", "title": "x"}'), "products") == "esci"
    assert sniff_format(put(tmp_path, '{"B1": {"name": "x"}}'), "products") == "tau2"
    assert sniff_format(put(tmp_path, "# Policy"), "policies") == "text"
