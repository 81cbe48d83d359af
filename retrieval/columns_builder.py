"""Products to the arrays of `columns.Columns`, one product at a time."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.columns import option_key, value_key
from shop.types import Product, Variant

NONE = float("nan")


class ColumnsBuilder:
    """Takes the products of rows in order."""

    def __init__(self) -> None:
        self._floats = {name: array("d") for name in ("price", "rating", "rating_count", "offer_price")}
        self._codes = {name: array("i") for name in ("brand", "path", "colour", "offer_row", "offer_colour")}
        self._flags = {
            name: array("b") for name in ("says_price", "says_stock", "says_colour", "offer_stock")
        }
        self._brands: dict[str, int] = {}
        self._colours: dict[str, int] = {}
        self._categories: dict[str, int] = {}
        self._paths: dict[tuple[int, ...], int] = {}
        self._named: dict[str, dict[str, tuple[array[int], array[int]]]] = {"options": {}, "attributes": {}}
        self._rows = 0

    def add(self, product: Product) -> None:
        """The next row."""
        price, rating = product.price, product.rating
        self._floats["price"].append(float(price.amount) if price else NONE)
        self._floats["rating"].append(rating.value if rating else NONE)
        self._floats["rating_count"].append(rating.count if rating else 0)
        self._codes["brand"].append(_code(self._brands, product.brand))
        self._codes["colour"].append(_code(self._colours, product.colour))
        path = tuple(self._categories.setdefault(name, len(self._categories)) for name in product.categories)
        self._codes["path"].append(self._paths.setdefault(path, len(self._paths)))
        says_price, says_stock, says_colour = price is not None, product.in_stock is not None, False
        for variant in product.variants or (None,):
            self._add_offer(product, variant)
            if variant is not None:
                says_price = says_price or variant.price is not None
                says_stock = says_stock or variant.available is not None
                says_colour = says_colour or self._codes["offer_colour"][-1] >= 0
        self._flags["says_price"].append(says_price)
        self._flags["says_stock"].append(says_stock)
        self._flags["says_colour"].append(says_colour or bool(product.colour))
        seen: set[str] = set()
        for name, value in product.attributes.items():
            if name.lower() not in seen:  # as in Filters: of "Size" and "size" the first is read
                seen.add(name.lower())
                self._name("attributes", name.lower(), self._rows, value)
        self._rows += 1

    def _add_offer(self, product: Product, variant: Variant | None) -> None:
        offer = len(self._codes["offer_row"])
        price = (variant.price if variant else None) or product.price
        self._codes["offer_row"].append(self._rows)
        self._floats["offer_price"].append(float(price.amount) if price else NONE)
        self._flags["offer_stock"].append(bool(variant.available if variant else product.in_stock))
        own: dict[str, str] = {}
        for name, value in variant.options.items() if variant else ():
            # In a variant's names "Colour" and "color" are one; the first of a name counts.
            own.setdefault(option_key(name.lower()), value)
        self._codes["offer_colour"].append(_code(self._colours, own.get("colour", "")))
        for name, value in own.items():
            self._name("options", name, offer, value)

    def _name(self, kind: str, name: str, holder: int, value: str) -> None:
        if value:
            holders, keys = self._named[kind].setdefault(name, (array("i"), array("Q")))
            holders.append(holder)
            keys.append(value_key(value))

    def finish(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """(arrays, facts) of Columns."""
        arrays: dict[str, NDArray[Any]] = {}
        for name, floats in self._floats.items():
            arrays[name] = np.array(floats, dtype=np.float64)
        for name, codes in self._codes.items():
            arrays[name] = np.array(codes, dtype=np.int32)
        for name, flags in self._flags.items():
            arrays[name] = np.array(flags, dtype=np.bool_)
        facts: dict[str, Any] = {
            "brands": list(self._brands),
            "colours": list(self._colours),
            "categories": list(self._categories),
            "paths": list(self._paths),
        }
        for kind, named in self._named.items():
            facts[kind] = list(named)
            lengths = [len(holders) for holders, _ in named.values()]
            arrays[f"{kind}_starts"] = np.cumsum([0, *lengths], dtype=np.int64)
            holders_ = [np.array(holders, dtype=np.int32) for holders, _ in named.values()]
            keys_ = [np.array(keys, dtype=np.uint64) for _, keys in named.values()]
            arrays[f"{kind}_holders"] = np.concatenate([np.zeros(0, np.int32), *holders_])
            arrays[f"{kind}_keys"] = np.concatenate([np.zeros(0, np.uint64), *keys_])
        return arrays, facts


def _code(table: dict[str, int], value: str) -> int:
    return table.setdefault(value, len(table)) if value else -1
