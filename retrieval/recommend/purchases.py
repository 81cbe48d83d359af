"""Who bought what when, as arrays, and where a fitted table is kept.

Read once from the store; cached in the shop folder under a digest of the orders, so that the next
start does not read them again. Knows nothing of why anything is recommended.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shop.store import Store

Ints = NDArray[np.int32]
NO_DAY = -1


@dataclass(frozen=True)
class Purchases:
    """One row per order line, sorted by customer; `day` counts from 1970-01-01, -1 is unknown.

    `customer`, `product`, `country` index into the name lists; a guest is customer -1.
    """

    customers: tuple[str, ...]
    products: tuple[str, ...]
    countries: tuple[str, ...]
    customer: Ints
    product: Ints
    country: Ints
    day: Ints

    def place_of(self, customer_id: str) -> int | None:
        """The customer's place among `customers`; None for a guest or a stranger."""
        return self._places.get(customer_id) if customer_id else None

    def rows_of(self, customer_id: str) -> slice:
        """The rows of one customer; empty for a guest or a stranger."""
        place = self.place_of(customer_id)
        if place is None:
            return slice(0, 0)
        return slice(
            int(np.searchsorted(self.customer, place)),
            int(np.searchsorted(self.customer, place, side="right")),
        )

    @property
    def _places(self) -> dict[str, int]:
        found: dict[str, int] = self.__dict__.get("_cached_places", {})
        if not found:
            found = {id_: place for place, id_ in enumerate(self.customers)}
            object.__setattr__(self, "_cached_places", found)
        return found

    def until(self, today: date) -> Purchases:
        """Without what lies after `today`: a historic shop must not know its future."""
        keep = self.day <= days_since_epoch(today)
        return Purchases(
            self.customers,
            self.products,
            self.countries,
            self.customer[keep],
            self.product[keep],
            self.country[keep],
            self.day[keep],
        )


def days_since_epoch(day: date) -> int:
    """Whole days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def as_date(days: int) -> str:
    """ISO date of a day number, '' if unknown."""
    return "" if days == NO_DAY else (date(1970, 1, 1) + timedelta(days=days)).isoformat()


def digest_of(store: Store) -> str:
    """Changes whenever an order is added, removed or returned."""
    stats = store.order_stats()
    last = max((str(s.last_at) for s in stats), default="")
    seen = (
        store.count("orders"),
        store.count("returns"),
        len(stats),
        sum(s.orders for s in stats),
        str(sum(s.spent.amount for s in stats)),
        last,
    )
    return hashlib.blake2b(repr(seen).encode(), digest_size=8).hexdigest()


def read_purchases(store: Store) -> Purchases:
    """All order lines as arrays."""
    customers: dict[str, int] = {}
    products: dict[str, int] = {}
    countries: dict[str, int] = {}
    rows: list[tuple[int, int, int, int]] = []
    for customer_id, product_id, _, placed_at, _, country in store.purchases():
        who = customers.setdefault(customer_id, len(customers)) if customer_id else -1
        rows.append(
            (
                who,
                products.setdefault(product_id, len(products)),
                countries.setdefault(country, len(countries)),
                days_since_epoch(placed_at.date()) if placed_at else NO_DAY,
            )
        )
    table = np.array(rows, dtype=np.int32).reshape(-1, 4)
    table = table[np.argsort(table[:, 0], kind="stable")]
    return Purchases(
        tuple(customers),
        tuple(products),
        tuple(countries),
        *(np.ascontiguousarray(column) for column in table.T),
    )


def load_purchases(store: Store, folder: Path) -> Purchases:
    """Read from the cache in `folder` while the orders are the same, else anew."""
    file = folder / "purchases.npz"
    digest = digest_of(store)
    try:
        with np.load(file) as stored:
            if str(stored["digest"]) == digest:
                names = [tuple(str(n) for n in stored[key]) for key in ("customers", "products", "countries")]
                columns = [stored[key] for key in ("customer", "product", "country", "day")]
                return Purchases(names[0], names[1], names[2], *columns)
    except (OSError, ValueError, KeyError):
        pass  # no cache, or one of another version: read the orders
    table = read_purchases(store)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as out:
            np.savez(
                out,
                digest=np.array(digest),
                customers=np.array(table.customers, dtype=np.str_),
                products=np.array(table.products, dtype=np.str_),
                countries=np.array(table.countries, dtype=np.str_),
                customer=table.customer,
                product=table.product,
                country=table.country,
                day=table.day,
            )
    except OSError:
        pass  # a folder that cannot be written costs a second per start, nothing else
    return table
