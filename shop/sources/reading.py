"""Reading a file someone has: which format it is, and what of it is wanted.

Knows every format's reader and what to say about what was read; writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from shop.errors import SourceError
from shop.report import RARE_SHARE, Report, customers_missing, orders_missing, products_missing
from shop.sources import (
    esci,
    google_feed,
    online_retail,
    policies,
    retail_sales,
    schema_org,
    shopify_orders,
    shopify_products,
    tau2,
    woocommerce,
    woocommerce_columns,
)
from shop.sources.categories import derive_categories
from shop.sources.files import read_head, read_text
from shop.sources.imported import Imported, Skips
from shop.sources.json_ld import is_json_ld, saved_pages
from shop.sources.tables import find_header, header_names
from shop.types import Customer, Order, Product, Return

FORMATS = {
    "products": (
        "online_retail",
        "shopify",
        "woocommerce",
        "google_feed",
        "schema_org",
        "esci",
        "tau2",
    ),
    "orders": ("online_retail", "shopify", "tau2"),
    "customers": ("online_retail", "shopify", "tau2"),
    "policies": ("text",),
}
KINDS = tuple(FORMATS)

TABLES = {
    ("products", "online_retail"): (online_retail.COLUMNS, online_retail.REQUIRED),
    ("products", "shopify"): (shopify_products.COLUMNS, shopify_products.REQUIRED),
    ("products", "woocommerce"): (woocommerce_columns.COLUMNS, woocommerce_columns.REQUIRED),
    ("products", "google_feed"): (google_feed.COLUMNS, google_feed.REQUIRED),
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
    if kind == "products" and path.is_dir() and saved_pages(path):
        return "schema_org"
    head = read_head(path)
    if not head.strip():
        read_text(path)  # says that it is empty
    start = head.lstrip()[:1]
    if kind == "products" and is_json_ld(head):
        return "schema_org"
    if kind == "products" and start == "<":
        return "google_feed"
    if start == "{":
        first = head.lstrip().split("\n", 1)[0]
        return "esci" if '"asin"' in first and kind == "products" else "tau2"
    if start == "[":
        raise SourceError("is a JSON list, which is no format known here; write one object a line", file=path)
    names = header_names(head)

    def distance(format: str) -> tuple[float, int]:
        aliases, required = TABLES[kind, format]
        header = find_header(names, aliases)
        absent = sum(1 for column in required if column not in header)
        return absent / len(required), -len(header.places)

    return min((format for format in FORMATS[kind] if (kind, format) in TABLES), key=distance)


def read_products(path: Path | str, format: str = "auto", currency: str = "GBP") -> Imported:
    """The products of a file. `currency` is for files that name none."""
    file, chosen = _chosen(path, "products", format)
    skips, notes = Skips(), []
    products: list[Product]
    match chosen:
        case "online_retail":
            products = retail_sales.build_products(online_retail.read_lines(file, skips), currency)
            notes += retail_notes(products)
        case "shopify":
            products = shopify_products.read_shopify_products(file, currency, skips, notes)
        case "woocommerce":
            products = woocommerce.read_woocommerce_products(file, currency, skips, notes)
        case "google_feed":
            products = google_feed.read_google_feed(file, currency, skips, notes)
        case "schema_org":
            products = schema_org.read_schema_org(file, currency, skips, notes)
        case "esci":
            products = esci.read_esci_products(file, currency, skips)
        case _:
            products = tau2.read_tau2_products(file, currency)
    return report_products(products, file, chosen, skips, notes)


def report_products(
    products: Sequence[Product], file: Path, format: str, skips: Skips, notes: list[str]
) -> Imported:
    """Products with what is to be said about them."""
    if not products:
        raise SourceError("holds no product that can be sold; check what was exported", file=file)
    if sum(1 for product in products if product.categories) < RARE_SHARE * len(products):
        products = derive_categories(products)
    derived = sum(1 for product in products if product.categories_derived)
    without = sum(1 for product in products if not product.categories)
    if derived:
        said = f"categories of {derived:,} products were read out of their titles"
        notes = [*notes, said + (f", {without:,} have none" if without else "")]
    missing, cannot = products_missing(products)
    report = Report(
        "products", file.name, len(products), skips.listed(), missing, cannot, tuple(notes), format=format
    )
    return Imported(report, products=products)


def read_orders(
    path: Path | str, format: str = "auto", currency: str = "GBP", products: Iterable[Product] = ()
) -> Imported:
    """The orders of a file, with the customers and returns it knows. `products` gives lines their ids."""
    file, chosen = _chosen(path, "orders", format)
    skips = Skips()
    match chosen:
        case "online_retail":
            lines = list(online_retail.read_lines(file, skips))
            titles = retail_sales.build_titles(lines)
            return retail_orders(lines, titles, file, currency, skips)
        case "shopify":
            orders, customers, unknown = shopify_orders.read_shopify_orders(file, currency, products)
            notes = [f"{unknown:,} order lines name no product of the catalogue"] if unknown else []
            return report_orders(orders, customers, (), file, chosen, skips, notes)
        case _:
            return report_orders(tau2.read_tau2_orders(file, currency), (), (), file, chosen, skips, [])


def retail_orders(
    lines: Sequence[online_retail.Line], titles: Mapping[str, str], file: Path, currency: str, skips: Skips
) -> Imported:
    """The orders, customers and returns of sales lines already read."""
    orders, returns, unmatched = retail_sales.build_orders(lines, titles, currency)
    guests = sum(1 for order in orders if not order.customer_id)
    notes = [f"{guests:,} orders are by guests"] if guests else []
    if unmatched:
        notes.append(
            f"{unmatched:,} cancelled lines fit no earlier order in the file; they stand as returns "
            "of their own"
        )
    customers = retail_sales.build_customers(lines)
    return report_orders(orders, customers, returns, file, "online_retail", skips, notes)


def report_orders(
    orders: Sequence[Order],
    customers: Sequence[Customer],
    returns: Sequence[Return],
    file: Path,
    format: str,
    skips: Skips,
    notes: list[str],
) -> Imported:
    """Orders with what is to be said about them and their customers."""
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
        format,
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


def retail_notes(products: Sequence[Product]) -> list[str]:
    """What was worked out rather than read, in products made of sales lines."""
    read = [product.price_at for product in products if product.price_at]
    latest = max(read, default=None)
    old = sum(1 for at in read if latest and (latest - at).days > 90)
    notes = [
        "prices are what most known customers last paid for small quantities",
        "colours were read out of titles",
    ]
    if old:
        notes.append(f"{old:,} products were last sold more than 90 days before the end of the file")
    return notes
