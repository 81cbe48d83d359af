"""Files someone already has, to values of the shop and into its store.

    report = import_file(store, "products", "export.csv", "auto", settings)

One file a format, all of them used by reading.py. Reading raises SourceError before anything is
written, writing is one transaction.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from shop.errors import SourceError
from shop.report import Report, without_policies
from shop.settings import Settings
from shop.sources.imported import Imported, with_note
from shop.sources.reading import (
    FORMATS,
    KINDS,
    read_customers,
    read_orders,
    read_policies,
    read_products,
    sniff_format,
)
from shop.store import Store

__all__ = [
    "FORMATS",
    "KINDS",
    "Imported",
    "import_file",
    "many_objects",
    "read_customers",
    "read_orders",
    "read_policies",
    "read_products",
    "sniff_format",
    "write_imports",
]


def import_file(
    store: Store,
    kind: str,
    path: Path | str,
    format: str = "auto",
    settings: Settings | None = None,
    replace: bool = False,
) -> Report:
    """Read a file and write what it holds of `kind`: all of it, or nothing.

    Orders bring the customers and returns of their file along. With `replace`, a file of products is
    the whole catalogue: products that it has not are removed. The report is kept in the store's meta
    under "report:KIND".
    """
    currency = settings.currency if settings else "GBP"
    with many_objects():
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
                known = ", ".join(KINDS)
                raise SourceError(f"{kind} cannot be imported; import one of {known}", file=path)
        gone: set[str] = set()
        if replace:
            gone = set(store.product_ids()).difference(product.id for product in imported.products)
            imported = with_note(imported, f"{len(gone):,} products that the file does not have were removed")
        (report,) = write_imports(store, [imported], removed_products=gone)
    return report


def write_imports(
    store: Store,
    imports: Sequence[Imported],
    meta: Mapping[str, str] | None = None,
    removed_products: Iterable[str] = (),
) -> list[Report]:
    """Write what was read from one or several files, and their reports, in one transaction."""
    reports = [one.report for one in imports]
    if not any(one.policies for one in imports) and not store.count("policies"):
        reports = [without_policies(one) if one.kind == "products" else one for one in reports]
    kept = {f"report:{one.kind}": json.dumps(one.as_json()) for one in reports}
    store.put_import(
        products=chain.from_iterable(one.products for one in imports),
        customers=chain.from_iterable(one.customers for one in imports),
        orders=chain.from_iterable(one.orders for one in imports),
        returns=chain.from_iterable(one.returns for one in imports),
        policies=chain.from_iterable(one.policies for one in imports),
        meta=kept | dict(meta or {}),
        keep_known_customers=all(one.kind == "orders" for one in reports),
        removed_products=removed_products,
    )
    return reports


@contextmanager
def many_objects() -> Iterator[None]:
    """Hold the cycle collector while millions of values without cycles are made; halves the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
