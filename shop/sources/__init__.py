"""Files someone already has, to values of the shop and into its store.

    report = import_file(store, "products", "export.csv", "auto", settings)

One file a format; here only: which format a file is, and what of it is wanted. Reading raises
SourceError before anything is written, writing is one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from shop.errors import SourceError
from shop.report import Report, customers_missing, orders_missing, products_missing
from shop.settings import Settings
from shop.sources import (
    esci,
    online_retail,
    policies,
    retail_sales,
    shopify_orders,
    shopify_products,
    tau2,
)
from shop.sources.files import read_text
from shop.sources.imported import Imported, Skips
from shop.sources.tables import find_header, header_names
from shop.store import Store
from shop.types import Customer, Order, Product

__all__ = [
    "FORMATS",
    "KINDS",
    "Imported",
    "import_file",
    "read_customers",
    "read_orders",
    "read_policies",
    "read_products",
    "sniff_format",
]

FORMATS = {
    "products": ("online_retail", "shopify", "esci", "tau2"),
    "orders": ("online_retail", "shopify", "tau2"),
    "customers": ("online_retail", "shopify", "tau2"),
    "policies": ("text",),
}
KINDS = tuple(FORMATS)

TABLES = {
    ("products", "online_retail"): (online_retail.COLUMNS, online_retail.REQUIRED),
    ("products", "shopify"): (shopify_products.COLUMNS, shopify_products.REQUIRED),
    ("orders", "online_retail"): (online_retail.COLUMNS, online_retail.REQUIRED),
    ("orders", "shopify"): (shopify_orders.COLUMNS, shopify_orders.REQUIRED),
    ("customers", "online_retail"): (online_retail.COLUMNS, online_retail.REQUIRED),
    ("customers", "shopify"): (shopify_orders.COLUMNS, shopify_orders.REQUIRED),
}


def sniff_format(path: Path, kind: str) -> str:
    """Which of the formats of `kind` a file is, told from its beginning.

    Where no format fits fully, the nearest: reading it then says which columns are missing.
    """
    if kind == "policies":
        return "text"
    text = read_text(path)
    start = text.lstrip()[:1]
    if start == "{":
        first = text.lstrip().split("\n", 1)[0]
        return "esci" if '"asin"' in first and kind == "products" else "tau2"
    if start == "[":
        raise SourceError("is a JSON list, which is no format known here; write one object a line", file=path)
    names = header_names(text)

    def absent(format: str) -> int:
        aliases, required = TABLES[kind, format]
        header = find_header(names, aliases)
        return sum(1 for column in required if column not in header)

    return min((format for format in FORMATS[kind] if (kind, format) in TABLES), key=absent)


def read_products(path: Path | str, format: str = "auto", currency: str = "GBP") -> Imported:
    """The products of a file. `currency` is for files that name none."""
    file, chosen = _chosen(path, "products", format)
    skips, notes = Skips(), []
    products: list[Product]
    match chosen:
        case "online_retail":
            lines = list(online_retail.read_lines(file, skips))
            products = retail_sales.build_products(lines, currency)
            notes += _retail_notes(products)
        case "shopify":
            products = shopify_products.read_shopify_products(file, currency, skips)
        case "esci":
            products = esci.read_esci_products(file, currency, skips)
        case _:
            products = tau2.read_tau2_products(file, currency)
    if not products:
        raise SourceError("holds no product that can be sold; check what was exported", file=file)
    derived = sum(1 for product in products if product.categories_derived)
    without = sum(1 for product in products if not product.categories)
    if derived:
        notes.append(
            f"categories of {derived:,} products were read out of their titles"
            + (f", {without:,} have none" if without else "")
        )
    missing, cannot = products_missing(products)
    report = Report(
        "products", file.name, len(products), skips.listed(), missing, cannot, tuple(notes), format=chosen
    )
    return Imported(report, products=products)


def read_orders(
    path: Path | str, format: str = "auto", currency: str = "GBP", products: Iterable[Product] = ()
) -> Imported:
    """The orders of a file, with the customers and returns it knows. `products` gives lines their ids."""
    file, chosen = _chosen(path, "orders", format)
    skips, notes = Skips(), []
    orders: list[Order]
    customers: list[Customer] = []
    returns = []
    match chosen:
        case "online_retail":
            lines = list(online_retail.read_lines(file, skips))
            titles = {p.id: p.title for p in retail_sales.build_products(lines, currency)}
            orders, returns, unmatched = retail_sales.build_orders(lines, titles, currency)
            customers = retail_sales.build_customers(lines)
            guests = sum(1 for order in orders if not order.customer_id)
            notes.append(f"{guests:,} orders are by guests")
            if unmatched:
                notes.append(
                    f"{unmatched:,} cancelled lines fit no earlier order in the file; they stand as "
                    "returns of their own"
                )
        case "shopify":
            orders, customers, unknown = shopify_orders.read_shopify_orders(file, currency, products)
            if unknown:
                notes.append(f"{unknown:,} order lines name no product of the catalogue")
        case _:
            orders = tau2.read_tau2_orders(file, currency)
    if not orders:
        raise SourceError("holds no order of a product; check what was exported", file=file)
    missing, cannot = orders_missing(orders)
    more_missing, more_cannot = customers_missing(customers)
    counts = (("customers", len(customers)), ("returns", len(returns)))
    report = Report(
        "orders",
        file.name,
        len(orders),
        skips.listed(),
        missing + more_missing,
        cannot + more_cannot,
        tuple(notes),
        tuple((kind, count) for kind, count in counts if count),
        chosen,
    )
    return Imported(report, customers=customers, orders=orders, returns=returns)


def read_customers(path: Path | str, format: str = "auto") -> Imported:
    """The customers of a file."""
    file, chosen = _chosen(path, "customers", format)
    skips = Skips()
    match chosen:
        case "online_retail":
            customers = retail_sales.build_customers(online_retail.read_lines(file, skips))
        case "shopify":
            _, customers, _ = shopify_orders.read_shopify_orders(file, "USD")
        case _:
            customers = tau2.read_tau2_customers(file)
    if not customers:
        raise SourceError("names no customer; check what was exported", file=file)
    missing, cannot = customers_missing(customers)
    report = Report("customers", file.name, len(customers), skips.listed(), missing, cannot, format=chosen)
    return Imported(report, customers=customers)


def read_policies(path: Path | str, format: str = "auto") -> Imported:
    """The passages of a written policy."""
    file, chosen = _chosen(path, "policies", format)
    passages = policies.read_policy(file)
    return Imported(Report("policies", file.name, len(passages), format=chosen), policies=passages)


def import_file(
    store: Store,
    kind: str,
    path: Path | str,
    format: str = "auto",
    settings: Settings | None = None,
    prepare: Callable[[Imported], Imported] | None = None,
) -> Report:
    """Read a file and write what it holds of `kind`: all of it, or nothing.

    Orders bring the customers and returns of their file along. `prepare` may change what was read
    before it is written (the samples add consent so). The report is kept in the store's meta under
    "report:KIND".
    """
    currency = settings.currency if settings else "GBP"
    match kind:
        case "products":
            imported = read_products(path, format, currency)
        case "orders":
            imported = read_orders(path, format, currency, store.products())
        case "customers":
            imported = read_customers(path, format)
        case "policies":
            imported = read_policies(path, format)
        case _:
            raise SourceError(f"{kind} cannot be imported; import one of {', '.join(KINDS)}", file=path)
    if prepare:
        imported = prepare(imported)
    store.put_import(
        products=imported.products,
        customers=imported.customers,
        orders=imported.orders,
        returns=imported.returns,
        policies=imported.policies,
        meta={f"report:{kind}": json.dumps(imported.report.as_json())},
        keep_known_customers=kind == "orders",
    )
    return imported.report


def _chosen(path: Path | str, kind: str, format: str) -> tuple[Path, str]:
    file = Path(path)
    if format == "auto":
        return file, sniff_format(file, kind)
    if format in {"markdown", "md", "txt"} and kind == "policies":
        format = "text"
    if format not in FORMATS[kind]:
        known = ", ".join(("auto", *FORMATS[kind]))
        raise SourceError(f"format {format!r} is not known for {kind}; use one of {known}", file=file)
    return file, format


def _retail_notes(products: list[Product]) -> list[str]:
    read = [product.price_at for product in products if product.price_at]
    latest = max(read)
    old = sum(1 for at in read if (latest - at).days > 90)
    notes = [
        "prices are what most known customers last paid for small quantities",
        "colours were read out of titles",
    ]
    if old:
        notes.append(f"{old:,} products were last sold more than 90 days before the end of the file")
    return notes


def with_note(imported: Imported, note: str) -> Imported:
    """The same import, its report saying one thing more."""
    report = replace(imported.report, notes=(*imported.report.notes, note))
    return replace(imported, report=report)
