"""What the orders themselves say, counted when asked: who bought what with what, and how many.

Every figure a reason states comes from here. Knows order lines; knows no model, no product's text and
no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from retrieval.recommend.base import MIN_SUPPORT
from retrieval.recommend.purchases import NO_DAY, Purchases, days_since_epoch

Ints = NDArray[np.int64]
Matrix = Any
Ties = dict[str, tuple[float, str, int]]
"""Product -> (strength, product it was bought together with, customers)."""

WINDOW_DAYS = 30
"""What "lately" and "new" mean."""
NEVER = np.iinfo(np.int64).max
COUNTRY_CUSTOMERS = 5 * MIN_SUPPORT
"""Fewer buyers in a country within the window say nothing of it."""
EVER = 0.1
"""What all orders say of popularity beside those of the window."""
ALIKE = 20
"""Customers like somebody are at least so many: those who share the most products with them."""
LEAST_SHARED = 3
GOING_WITH, MOST_POPULAR = 100, 300
"""Products that are told of a seed, and of a country."""
REMEMBERED = 5_000
SHRINKAGE = 10.0
"""Pulls a cosine over few customers towards zero."""


@dataclass(frozen=True)
class Counts:
    """Counted in `purchases`, which hold nothing after `today`. Places are columns of `products`."""

    purchases: Purchases
    today: date

    @property
    def products(self) -> tuple[str, ...]:
        """Ids by place."""
        return self.purchases.products

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Id to place."""
        return {id_: place for place, id_ in enumerate(self.products)}

    def prepare(self) -> Counts:
        """Itself, with all tables made that are otherwise made when first asked for."""
        _ = self.places, self.buyers, self._by_product, self._popular, self._first
        return self

    @cached_property
    def _bought(self) -> Matrix:
        """Customers x products, 1 where bought; guests say nothing of who."""
        known = self.purchases.customer >= 0
        shape = (len(self.purchases.customers), len(self.products))
        rows = (self.purchases.customer[known], self.purchases.product[known])
        found = sparse.csr_matrix((np.ones(len(rows[0]), dtype=np.int32), rows), shape=shape)
        found.data[:] = 1
        return found

    @cached_property
    def _by_product(self) -> Matrix:
        return self._bought.tocsc()

    @cached_property
    def buyers(self) -> Ints:
        """Customers who bought each product, ever."""
        return np.asarray(self._bought.sum(axis=0)).ravel().astype(np.int64)

    def _known(self, ids: Sequence[str]) -> tuple[list[str], list[int]]:
        found = [id_ for id_ in ids if id_ in self.places]
        return found, [self.places[id_] for id_ in found]

    def _buyers_of(self, places: Sequence[int]) -> tuple[Ints, Ints]:
        """The customers who bought each of some products, one after another, and where each one's begin."""
        table = self._by_product
        parts = [table.indices[table.indptr[place] : table.indptr[place + 1]] for place in places]
        return np.concatenate(parts), np.cumsum([0, *map(len, parts)])

    def together(self, groups: Sequence[Mapping[str, float]], others: Sequence[str]) -> list[Ties]:
        """For each group of seeds: each of `others` -> (strength 0..1, seed, customers who bought both), of
        the seed it is most tied to.

        Strength is the cosine with shrinkage times the seed's own weight. Ties of fewer than MIN_SUPPORT
        customers, and those of a product with itself, do not count.
        """
        seed_ids, seed_places = self._known([seed for group in groups for seed in group])
        other_ids, other_places = self._known(others)
        if not seed_ids or not other_ids:
            return [{} for _ in groups]
        both = self._both(seed_places, other_places)
        both[(both < MIN_SUPPORT) | (np.array(seed_places)[:, None] == np.array(other_places))] = 0
        sizes = np.sqrt(np.outer(self.buyers[seed_places], self.buyers[other_places]))
        strength = both / np.maximum(sizes, 1) * (both / (both + SHRINKAGE))
        found: list[Ties] = []
        first = 0
        for group in groups:
            seeds = [id_ for id_ in group if id_ in self.places]
            rows = slice(first, first + len(seeds))
            first = rows.stop
            found.append({})
            if seeds:
                own = strength[rows] * np.array([group[id_] for id_ in seeds])[:, None]
                best = own.argmax(axis=0).tolist()
                found[-1] = {
                    id_: (float(own[row, column]), seeds[row], int(both[rows.start + row, column]))
                    for column, (id_, row) in enumerate(zip(other_ids, best, strict=True))
                    if both[rows.start + row, column]
                }
        return found

    def _both(self, firsts: Sequence[int], seconds: Sequence[int]) -> NDArray[np.int64]:
        """How many customers bought both, firsts by seconds."""
        parts = []
        for places in (firsts, seconds):
            who, starts = self._buyers_of(places)
            shape = (len(places), len(self.purchases.customers))
            parts.append(sparse.csr_matrix((np.ones(len(who), dtype=np.int32), who, starts), shape=shape))
        return np.asarray((parts[0] @ parts[1].T).toarray(), dtype=np.int64)

    @cached_property
    def _remembered(self) -> dict[tuple[str, str], dict[str, float]]:
        return {}

    def _remember(self, what: str, of: str, count: Callable[[str], dict[str, float]]) -> dict[str, float]:
        """Counted once for each seed or country: these counts never change."""
        found = self._remembered.get((what, of))
        if found is None:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            found = self._remembered[what, of] = count(of)
        return found

    def going_with(self, seed: str) -> Mapping[str, float]:
        """The products most bought by the buyers of `seed`: id -> cosine with shrinkage, 0..1."""
        return self._remember("going with", seed, self._count_going_with)

    def _count_going_with(self, seed: str) -> dict[str, float]:
        place = self.places.get(seed)
        if place is None:
            return {}
        who, _ = self._buyers_of([place])
        table = self._bought
        theirs = [table.indices[table.indptr[each] : table.indptr[each + 1]] for each in who]
        both = (
            np.bincount(np.concatenate(theirs), minlength=len(self.products)) if theirs else self.buyers * 0
        )
        both[place] = 0
        fit = np.flatnonzero(both >= MIN_SUPPORT)
        count = both[fit].astype(np.float64)
        cosine = count / np.sqrt(self.buyers[place] * self.buyers[fit]) * (count / (count + SHRINKAGE))
        best = np.argsort(-cosine, kind="stable")[:GOING_WITH]
        return {self.products[fit[at]]: float(cosine[at]) for at in best}

    def alike(
        self, customer_id: str, bought: Sequence[str], others: Sequence[str]
    ) -> tuple[int, dict[str, int]]:
        """(shared, product -> customers): of those who share at least `shared` products with the customer
        who `bought` these, how many bought each of `others`.

        `shared` is the greatest number that leaves at least `ALIKE` customers; 0 and none where even
        LEAST_SHARED leaves fewer.
        """
        _, own = self._known(bought)
        ids, places = self._known(others)
        if len(own) < LEAST_SHARED or not ids:
            return 0, {}
        shared = np.bincount(self._buyers_of(own)[0], minlength=len(self.purchases.customers))
        me = self.purchases.place_of(customer_id)
        if me is not None:
            shared[me] = 0
        # How many customers share at least 0, 1, 2 ... products.
        at_least = np.cumsum(np.bincount(shared)[::-1])[::-1]
        least = int(np.flatnonzero(at_least >= ALIKE).max(initial=0))
        if least < LEAST_SHARED:
            return 0, {}
        who, starts = self._buyers_of(places)
        # Beside each start how many before it are alike: also right for a product that nobody bought.
        before = np.concatenate([[0], np.cumsum(shared[who] >= least)])
        counts = np.diff(before[starts]).tolist()
        return least, {id_: n for id_, n in zip(ids, counts, strict=True) if n >= MIN_SUPPORT}

    # -- popularity --------------------------------------------------------------------------------

    @cached_property
    def _popular(self) -> dict[tuple[int, str], Ints]:
        """(days, country) -> different customers by product; days 0 is ever, country '' is all.

        Only countries where enough bought.
        """
        day = self.purchases.day
        known = self.purchases.customer >= 0
        lately = known & (day != NO_DAY) & (day > days_since_epoch(self.today) - WINDOW_DAYS)
        found = {}
        for days, counted in ((WINDOW_DAYS, lately), (0, known)):
            found[days, ""] = self._count(counted)
            for place, country in enumerate(self.purchases.countries):
                here = counted & (self.purchases.country == place)
                if country and len(np.unique(self.purchases.customer[here])) >= COUNTRY_CUSTOMERS:
                    found[days, country] = self._count(here)
        return found

    def _count(self, rows: NDArray[np.bool_]) -> Ints:
        size = max(len(self.products), 1)
        keys = self.purchases.customer[rows].astype(np.int64) * size + self.purchases.product[rows]
        return np.bincount(np.unique(keys) % size, minlength=len(self.products)).astype(np.int64)

    def popular(self, product_id: str, country: str = "") -> tuple[int, str, int]:
        """(customers, country, days) of the narrowest that MIN_SUPPORT customers or more speak for: lately
        before ever, and in `country` before all; 0 customers where there are too few.
        """
        place = self.places.get(product_id)
        for days in (WINDOW_DAYS, 0):
            for where in dict.fromkeys((country, "")):
                counted = self._popular.get((days, where))
                if place is not None and counted is not None and counted[place] >= MIN_SUPPORT:
                    return int(counted[place]), where, days
        return 0, "", 0

    def most_popular(self, country: str = "") -> Mapping[str, float]:
        """The products most different customers bought: lately, half by country; then ever, up to `EVER`."""
        return self._remember("popular", country, self._count_most_popular)

    def _count_most_popular(self, country: str) -> dict[str, float]:
        score = np.zeros(len(self.products))
        for days, worth in ((WINDOW_DAYS, 1.0), (0, EVER)):
            own = self._popular.get((days, country)) if country else None
            counted = [part for part in (self._popular[days, ""], own) if part is not None]
            parts = [np.where(part >= MIN_SUPPORT, part, 0) for part in counted]
            score += worth * sum(part / max(part.max(initial=0), 1) for part in parts) / len(parts)
        best = np.argsort(-score, kind="stable")[:MOST_POPULAR]
        return {self.products[at]: float(score[at]) for at in best if score[at] > 0}

    # -- novelty -----------------------------------------------------------------------------------

    @cached_property
    def _first(self) -> tuple[Ints, int]:
        """(day each product was first bought on, day of the first order of all), a great number unknown."""
        first = np.full(len(self.products), NEVER, dtype=np.int64)
        dated = self.purchases.day != NO_DAY
        np.minimum.at(first, self.purchases.product[dated], self.purchases.day[dated].astype(np.int64))
        return first, int(first.min(initial=NEVER))

    @cached_property
    def new(self) -> Mapping[str, int]:
        """The new products (see `first_sold`) and how many different customers bought each."""
        first, _ = self._first
        since = days_since_epoch(self.today) - WINDOW_DAYS
        late = [self.products[at] for at in np.flatnonzero((first > since) & (first < NEVER)).tolist()]
        return {id_: int(self.buyers[self.places[id_]]) for id_ in late if self.first_sold(id_) is not None}

    def first_sold(self, product_id: str) -> int | None:
        """The day (since 1970-01-01) a new product was first bought on; None where it is not new.

        New is first bought within the window, in a shop whose orders go back three windows or more.
        """
        place = self.places.get(product_id)
        first, opened = self._first
        now = days_since_epoch(self.today)
        if place is None or opened > now - 3 * WINDOW_DAYS or not now - WINDOW_DAYS < first[place] <= now:
            return None
        return int(first[place])
