"""The shop's rules: what is never recommended, however well it scores, and how lists are mixed.

Every rule is here and nowhere else. Knows products, the customer's history and the settings; knows
nothing of scores or reasons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from statistics import median, quantiles

from retrieval.filters import Filters, holds
from retrieval.history import CustomerHistory
from retrieval.words import stem_set
from shop.types import Product

SAME_NAME = 0.75
"""Products whose names share so much of their words are one thing in another colour or size."""
LIKE_NAME = 0.5
"""Products so alike by name to one turned down are turned down with it."""
DEAREST = 3
"""Nothing above so many times the price below which nine in ten of the customer's products lie ..."""
PRICES_KNOWN = 5
"""... once so many of their prices are known."""
DUE_FROM, DUE_UNTIL = 0.8, 2.5
"""Due again: so many usual intervals after the last time."""
LEAST_INTERVAL_DAYS = 7


def usual_interval(days: Sequence[date | None]) -> int | None:
    """Median days between the purchases of one product; None for fewer than two dated ones."""
    dated = [day for day in days if day is not None]
    if len(dated) < 2:
        return None
    return int(median((later - day).days for day, later in pairwise(dated)))


def is_due(days: Sequence[date | None], today: date) -> bool:
    """Whether a product bought on these days is about to be bought again, by its usual interval."""
    usual = usual_interval(days)
    if usual is None or usual < LEAST_INTERVAL_DAYS:
        return False
    last = max(day for day in days if day is not None)
    return DUE_FROM * usual <= (today - last).days <= DUE_UNTIL * usual


def all_due(bought: Mapping[str, Sequence[date | None]], today: date) -> frozenset[str]:
    """The products, of those bought on these days, that are due again."""
    return frozenset(id_ for id_, days in bought.items() if is_due(days, today))


def is_twin(first: Product, second: Product, same: float = SAME_NAME) -> bool:
    """Whether two products are one thing in another version, by the share of their names' words."""
    mine, other = stem_set(first.title), stem_set(second.title)
    return first.id == second.id or len(mine & other) >= same * max(1, len(mine | other))


def price_ceiling(prices: Iterable[Decimal]) -> Decimal | None:
    """The most that what they paid before suggests; None where too little is known."""
    known = list(prices)
    if len(known) < PRICES_KNOWN:
        return None
    return DEAREST * quantiles(known, n=10, method="inclusive")[-1]


@dataclass(frozen=True, slots=True)
class Rules:
    """Those in force for one list.

    `due` are bought products that are due again, or asked for; `left_out` those not wanted this time (in
    the basket, asked about, shown before); `turned_down` those whose like is not wanted either; `ceiling`
    a price, in the shop's currency.
    """

    filters: Filters
    history: CustomerHistory
    due: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    turned_down: tuple[Product, ...] = ()
    blocked: frozenset[str] = frozenset()
    ceiling: Decimal | None = None

    def refusal(self, product: Product) -> str:
        """The name of the first rule that `product` breaks, '' where it may be recommended."""
        return next(self._broken(product), "")

    def _broken(self, product: Product) -> Iterator[str]:
        if product.in_stock is False:
            yield "out of stock"
        if refused := self.refusal_of_id(product.id):
            yield refused
        if self.blocked and not self.blocked.isdisjoint({product.id, *product.categories}):
            yield "blocked by the shop"
        if self._is_disliked(product):
            yield "disliked"
        if self._is_dear(product):
            yield "above the usual price"
        if self.filters and not self.filters.matches(product):
            yield "against the filters"

    def refusal_of_id(self, id_: str) -> str:
        """The same by what a product's id alone tells: such need not be fetched."""
        history = self.history
        if id_ in self.left_out:
            return "left out"
        if id_ in history.returned:
            return "returned"
        if id_ in history.disliked:
            return "disliked"
        return "bought already" if id_ in history.bought and id_ not in self.due else ""

    def _is_disliked(self, product: Product) -> bool:
        return any(is_twin(product, other, LIKE_NAME) for other in self.turned_down) or any(
            holds(product, words) for words in self.history.dislikes
        )

    def _is_dear(self, product: Product) -> bool:
        price = product.price
        return self.ceiling is not None and price is not None and price.amount > self.ceiling


def mix(ranked: Iterable[Product], per_category: int, k: int, is_all: bool = True) -> list[Product]:
    """The best `k` of `ranked`: no twins, at most `per_category` of one category while there is choice.

    Where `ranked` is not all there is to choose from, fewer than `k` rather than more of one category.
    """
    chosen: list[Product] = []
    later: list[Product] = []
    categories: Counter[str] = Counter()
    for product in ranked:
        if len(chosen) == k:
            return chosen
        if any(is_twin(product, other) for other in chosen):
            continue
        if product.category and categories[product.category] >= per_category:
            later.append(product)
            continue
        categories[product.category] += 1
        chosen.append(product)
    for product in later if is_all else ():
        if len(chosen) < k and not any(is_twin(product, other) for other in chosen):
            chosen.append(product)
    return chosen
