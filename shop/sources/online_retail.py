"""Transaction lists in the columns of UCI "Online Retail": one row an invoice line.

One file holds everything a till knows: products, prices, customers, orders and cancellations, and
all of its dirt. This file knows the columns and which rows are no sales; what is made of the sales
is in retail_sales.py. docs/data.md explains every rule to shop owners.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from shop.sources.imported import Skips
from shop.sources.tables import Row, read_rows
from shop.sources.values import decimal_mark, parse_price, parse_time, parse_whole

COLUMNS = {
    "invoice": ("InvoiceNo", "Invoice", "Invoice No"),
    "code": ("StockCode", "Stock Code"),
    "title": ("Description",),
    "quantity": ("Quantity",),
    "at": ("InvoiceDate", "Invoice Date"),
    "price": ("UnitPrice", "Unit Price", "Price"),
    "customer": ("CustomerID", "Customer ID"),
    "country": ("Country",),
}
REQUIRED = ("invoice", "code", "title", "quantity", "at", "price")

# Postage, fees, discounts, samples, manual corrections, vouchers: rows about money, not goods.
NO_PRODUCT = re.compile(
    r"POST|DOT|M|D|S|B|C2|PADS|CRUK|BANK CHARGES|AMAZONFEE|AMAZON|ADJUST\d*|TEST\d*|GIFT_.*"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One invoice line that is about goods. A cancelled line has `cancels` and a positive quantity."""

    invoice: str
    code: str
    title: str
    quantity: int
    at: datetime
    price: Decimal
    customer_id: str
    country: str
    cancels: bool


def read_lines(path: Path, skips: Skips) -> Iterator[Line]:
    """The goods lines of the file; what is left out is counted in `skips`.

    Raises SourceError for a bad number or date, with its row and column.
    """
    rows = list(read_rows(path, COLUMNS, REQUIRED, "an Online Retail file"))
    reader = _CellReader(decimal_mark(row["price"] for row in rows))
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        cells = tuple(row.cells)
        if cells in seen:
            skips.add("line repeated exactly in the same invoice", f"row {row.number}")
            continue
        seen.add(cells)
        if line := _goods_line(row, reader, skips):
            yield line


def _goods_line(row: Row, reader: _CellReader, skips: Skips) -> Line | None:
    invoice, code = row["invoice"], row["code"].upper()
    if not invoice or not code:
        raise row.error("is empty; fill it in", "code" if invoice else "invoice")
    quantity = reader.quantity(row)
    price = reader.price(row)
    cancels = invoice[:1] in "cC"
    if reader.is_no_product(code):
        skips.add("postage, fee, voucher, discount or correction, not a product", row["code"])
        return None
    if price <= 0:
        skips.add("stock note or free line without a price", row["title"] or f"row {row.number}")
        return None
    if quantity == 0 or (quantity < 0) is not cancels:
        skips.add("quantity that does not fit a sale or a cancellation", f"row {row.number}")
        return None
    return Line(
        invoice=invoice.upper(),
        code=code,
        title=row["title"],
        quantity=abs(quantity),
        at=reader.at(row),
        price=price,
        customer_id=row["customer"].removesuffix(".0"),
        country=country if (country := row["country"]) != "Unspecified" else "",
        cancels=cancels,
    )


class _CellReader:
    """Cells to values; the same few texts come again and again, so each is parsed once."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._prices: dict[str, Decimal] = {}
        self._times: dict[str, datetime] = {}
        self._wholes: dict[str, int] = {}
        self._no_products: dict[str, bool] = {}

    def is_no_product(self, code: str) -> bool:
        if code not in self._no_products:
            self._no_products[code] = bool(NO_PRODUCT.fullmatch(code))
        return self._no_products[code]

    def price(self, row: Row) -> Decimal:
        text = row["price"]
        if text not in self._prices:
            try:
                found = parse_price(text, self._mark)
            except ValueError as error:
                raise row.error(f"{error}; write it like 2.55", "price") from error
            self._prices[text] = found if found is not None else Decimal(0)
        return self._prices[text]

    def quantity(self, row: Row) -> int:
        text = row["quantity"]
        if text not in self._wholes:
            try:
                found = parse_whole(text)
            except ValueError as error:
                raise row.error(f"{error}; write it like 6", "quantity") from error
            self._wholes[text] = found or 0
        return self._wholes[text]

    def at(self, row: Row) -> datetime:
        text = row["at"]
        if text not in self._times:
            try:
                found = parse_time(text)
            except ValueError as error:
                raise row.error(f"{error}; write it like 2011-09-09 12:30", "at") from error
            if found is None:
                raise row.error("has no date; fill it in", "at")
            self._times[text] = found
        return self._times[text]
