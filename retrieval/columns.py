"""What filters and sorting look at, as one array a fact: a filter is a mask over all rows at once.

Gives for rows exactly what `Filters.matches` and `filters.states` give for a product (a test holds
both against each other). An *offer* is one variant, or a product that has none; price, stock, colour
and options have to meet in one offer. Knows nothing of queries or of ranking.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.filters import COLOUR_NAMES, Filters
from retrieval.postings import Arrays
from retrieval.stated import Stated
from retrieval.variety import thing
from retrieval.words import stem_set, words

Mask = NDArray[np.bool_]
TitleMask = Callable[[str], Mask]
REMEMBERED = 24
"""Masks kept, a megabyte each at a million rows."""


def option_key(name: str) -> str:
    """The name under which an option is kept: every word for colour is one."""
    return "colour" if name in COLOUR_NAMES else name.lower()


@lru_cache(maxsize=200_000)
def value_key(value: str) -> int:
    """Values of the same words have the same key ("XL" and "xl")."""
    digest = blake2b(" ".join(words(value)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


class TextTable:
    """The distinct values of a column; rows hold a value's number."""

    def __init__(self, values: Sequence[str]) -> None:
        self.values = list(values)
        self._stems: list[frozenset[str]] | None = None
        self.holding = lru_cache(maxsize=256)(self._holding)

    def _holding(self, wanted: frozenset[str]) -> Mask:
        """For each value whether it has all of these stems; one more at the end, for no value."""
        if self._stems is None:
            self._stems = [stem_set(value) for value in self.values]
        return np.array([*(wanted <= stems for stems in self._stems), not wanted], dtype=np.bool_)


class Columns:
    """Immutable; safe to share between threads."""

    def __init__(
        self, arrays: Arrays, facts: Mapping[str, Any], title_mask: TitleMask, stated: Stated
    ) -> None:
        column: dict[str, NDArray[Any]] = dict(arrays)
        self.price, self.rating = column["price"], column["rating"]
        self.rating_count = column["rating_count"]
        self.size = len(self.price)
        self._says = {name: column[f"says_{name}"] for name in ("price", "stock", "colour")}
        self._brand, self._path, self._colour = column["brand"], column["path"], column["colour"]
        self._offer_row, self._offer_price = column["offer_row"], column["offer_price"]
        self._offer_stock, self._offer_colour = column["offer_stock"], column["offer_colour"]
        self._one_each = len(self._offer_row) == self.size
        if not self._one_each:  # every row has an offer, so each starts behind the one before
            starts = np.diff(self._offer_row, prepend=-1) > 0
            self._first_offer, self._more_offers = np.flatnonzero(starts), np.flatnonzero(~starts)
        self._brands, self._colours = TextTable(facts["brands"]), TextTable(facts["colours"])
        self._categories = TextTable(facts["categories"])
        self.paths: list[tuple[int, ...]] = [tuple(path) for path in facts["paths"]]
        self._options = _Named(column, "options", facts)
        self._attributes = _Named(column, "attributes", facts)
        self._title_mask, self._stated = title_mask, stated
        self._mask = lru_cache(maxsize=REMEMBERED)(self._find_mask)

    # -- filters -----------------------------------------------------------------------------------

    def mask(self, filters: Filters) -> Mask:
        """Rows that meet every filter but `without`. Shared: do not write to it."""
        return self._mask(filters)

    def keeps(self, filters: Filters, rows: NDArray[np.integer]) -> Mask:
        """Which of `rows` meet every filter, as a mask over them."""
        kept = self.mask(filters)[rows] if filters else np.ones(len(rows), dtype=np.bool_)
        for phrase in filters.without:
            left = np.flatnonzero(kept)
            kept[left[self._stated.affirming(phrase, rows[left])]] = False
        return np.asarray(kept)

    def _find_mask(self, filters: Filters) -> Mask:
        found = np.ones(self.size, dtype=np.bool_)
        if filters.min_rating is not None:
            found &= self.rating >= filters.min_rating
        if filters.brands:
            found &= self._any(self._brands, filters.brands)[self._brand]
        if filters.categories:
            found &= self._in_category(filters.categories)[self._path]
        fit = self._fitting_offers(filters)
        if fit is None:
            return found
        if self._one_each:
            return np.asarray(found & fit)
        some = fit[self._first_offer]
        some[self._offer_row[self._more_offers[fit[self._more_offers]]]] = True
        return np.asarray(found & some)

    def _fitting_offers(self, filters: Filters) -> Mask | None:
        fits: list[Mask] = []
        if filters.max_price is not None:
            fits.append(self._offer_price <= float(filters.max_price))
        if filters.min_price is not None:
            fits.append(self._offer_price >= float(filters.min_price))
        if filters.in_stock:
            fits.append(self._offer_stock)
        if filters.colours:
            fits.append(np.logical_or.reduce([self._of_colour(c) for c in filters.colours]))
        fits += [~self._of_colour(colour) for colour in filters.not_colours]
        by_name: dict[str, list[str]] = {}
        for name, value in filters.options:
            by_name.setdefault(name, []).append(value)
        fits += [self._has_option(name, values) for name, values in by_name.items()]
        return np.logical_and.reduce(fits) if fits else None

    @staticmethod
    def _any(table: TextTable, wanted: Sequence[str]) -> Mask:
        return np.asarray(np.logical_or.reduce([table.holding(stem_set(text)) for text in wanted]))

    def _in_category(self, wanted: Sequence[str]) -> Mask:
        fitting = self._any(self._categories, wanted)
        return np.array([bool(path) and bool(fitting[list(path)].any()) for path in self.paths], np.bool_)

    def _of_colour(self, colour: str) -> Mask:
        """Offers of a colour: by their own where they have one, else by the product's or its title."""
        wanted = stem_set(colour)
        own = self._colours.holding(wanted)[self._offer_colour]
        by_product = np.ones(self.size, dtype=np.bool_)
        for word in wanted:
            by_product &= self._colours.holding(frozenset((word,)))[self._colour] | self._title_mask(word)
        return np.asarray(np.where(self._offer_colour >= 0, own, by_product[self._offer_row]))

    def _has_option(self, name: str, values: Sequence[str]) -> Mask:
        """Offers with an option: their own, else the product's attribute, else a word of the title."""
        keys = np.array([value_key(value) for value in values], dtype=np.uint64)
        holders, given = self._options.of(option_key(name))
        found = np.zeros(len(self._offer_row), dtype=np.bool_)
        open_ = np.ones_like(found)
        found[holders[np.isin(given, keys)]] = True
        open_[holders] = False
        rows = np.zeros(self.size, dtype=np.bool_)
        open_rows = np.ones_like(rows)
        holders, given = self._attributes.of(name.lower())
        rows[holders[np.isin(given, keys)]] = True
        open_rows[holders] = False
        for value in values:
            if len(value) > 2 and not value.isdigit():
                titled = open_rows.copy()
                for word in stem_set(value):
                    titled &= self._title_mask(word)
                rows |= titled
        return np.asarray(found | (open_ & rows[self._offer_row]))

    def brand(self, row: int) -> str:
        """A row's brand, '' where it states none."""
        code = int(self._brand[row])
        return self._brands.values[code] if code >= 0 else ""

    def categories(self, row: int) -> tuple[str, ...]:
        """A row's categories, widest first."""
        return tuple(self._categories.values[code] for code in self.paths[int(self._path[row])])

    def version_of(self, row: int) -> Hashable:
        """The same for all versions of one thing; see `variety.thing`."""
        code = int(self._colour[row])
        colour = self._colours.values[code] if code >= 0 else ""
        return thing(self._stated.title(row), colour, self.brand(row))

    def stating(self, name: str) -> Mask:
        """Rows that say anything about what the filter called `name` asks."""
        match name:
            case "price" | "stock" | "colour":
                return np.asarray(self._says[name])
            case "rating":
                return np.asarray(~np.isnan(self.rating))
            case "brand":
                return np.asarray(self._brand >= 0)
            case "category":
                has_path = np.array([bool(path) for path in self.paths], dtype=np.bool_)
                return np.asarray(has_path[self._path])
            case "without":
                return np.ones(self.size, dtype=np.bool_)
        found = np.zeros(self.size, dtype=np.bool_)
        found[self._offer_row[self._options.of(option_key(name))[0]]] = True
        found[self._attributes.of(name.lower())[0]] = True
        return found


class _Named:
    """Values under names, sparsely: for a name the holders, ascending, and their values' keys."""

    def __init__(self, column: Mapping[str, NDArray[Any]], kind: str, facts: Mapping[str, Any]) -> None:
        self._ids = {name: number for number, name in enumerate(facts[kind])}
        self._starts = column[f"{kind}_starts"]
        self._holders, self._keys = column[f"{kind}_holders"], column[f"{kind}_keys"]

    def of(self, name: str) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
        number = self._ids.get(name)
        if number is None:
            return self._holders[:0], self._keys[:0]
        part = slice(int(self._starts[number]), int(self._starts[number + 1]))
        return self._holders[part], self._keys[part]
