"""Why a product may be recommended to somebody: every reason that is true, with its evidence.

Counts and compares; ranks no product. What no reason speaks for is not recommended.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from retrieval.filters import Filters, holds
from retrieval.history import CustomerHistory
from retrieval.recommend.base import MIN_SUPPORT, Code, Reason
from retrieval.recommend.content import shared_attributes
from retrieval.recommend.counts import ALIKE, Counts, Ties
from retrieval.recommend.purchases import as_date
from retrieval.recommend.rules import usual_interval
from retrieval.search import Search
from shop.types import Product

STRENGTH: Mapping[Code, float] = {
    "bought_together": 1.0,
    "due_again": 0.95,
    "bought_before": 2.0,
    "said_like": 0.9,
    "because_viewed": 0.85,
    "because_bought": 0.8,
    "new_in_category": 0.6,
    "new": 2.0,
    "customers_like_you": 0.55,
    "similar": 0.45,
    "popular": 0.3,
    "well_rated": 0.3,
    "pinned": 0.2,
    "matches_request": 0.0,
}
"""Which reason is said first where several are true: the more of the customer's own is in it, the sooner.
The evidence moves a reason by up to half of this. `bought_before` and `new` are said only where they are
asked for."""
LOOKED_BACK = 40
"""Products of the history that reasons refer to: the latest."""
ALIKE_COSINE = 0.5
FOLLOWED = 3
"""Products bought of a category until it counts as followed."""
WELL_RATED = 4.0
HALF_LIFE_PLACES = 15
"""Of two products equally tied to a candidate the later one in the history is named."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """For whom reasons are sought: their history, what the talk is about, where they are; `due`: what they
    bought and is due again; `again` and `new`: what they bought before, and what is new, is asked for."""

    history: CustomerHistory
    seeds: tuple[str, ...]
    filters: Filters
    country: str
    today: date
    customer_id: str = ""
    pins: frozenset[str] = frozenset()
    due: frozenset[str] = frozenset()
    again: bool = False
    new: bool = False


Found = dict[str, list[tuple[float, Reason]]]


class Reasoner:
    """Finds reasons in one state of the orders and the catalogue."""

    def __init__(self, counts: Counts, search: Search) -> None:
        self._counts, self._search = counts, search

    def find(self, products: Sequence[Product], occasion: Occasion) -> dict[str, tuple[Reason, ...]]:
        """Product id -> its reasons, strongest first, one of each code; products without any are left out.

        That a product fits the filters is no reason by itself but is said beside others.
        """
        found: Found = defaultdict(list)
        ids = [product.id for product in products]
        ties = self._ties(ids, occasion)
        near = self._near(ids, occasion)
        told = [seed for tied in ties.values() for _, seed, _ in tied.values()]
        named = self._search.products.several([*told, *(seed for seed, _ in near.values())])
        self._add_together(found, ties, named, occasion.history)
        self._add_due(found, products, occasion)
        if occasion.again:
            self._add_before(found, products, occasion)
        self._add_said(found, products, occasion.history)
        if not occasion.seeds:
            self._add_alike(found, ids, occasion)
            self._add_new(found, products, occasion.history)
        self._add_similar(found, products, near, named)
        self._add_general(found, products, occasion)
        asked = (Reason("matches_request"),) if occasion.filters else ()
        return {id_: (*_in_order(reasons), *asked) for id_, reasons in found.items()}

    def _ties(self, ids: Sequence[str], occasion: Occasion) -> dict[Code, Ties]:
        """What was bought together with what the talk is about; else with what the customer looked at and
        with what they bought."""
        history, products = occasion.history, self._search.products
        groups: dict[Code, Iterable[str]] = {"bought_together": occasion.seeds}
        if not occasion.seeds:
            viewed = (id_ for id_ in history.seen if id_ not in history.bought)
            groups = {"because_viewed": viewed, "because_bought": history.bought}
        fresh = []
        for seeds in groups.values():
            latest = [id_ for id_ in islice(seeds, LOOKED_BACK) if id_ in products]
            fresh.append({id_: 0.5 ** (place / HALF_LIFE_PLACES) for place, id_ in enumerate(latest)})
        return dict(zip(groups, self._counts.together(fresh, ids), strict=True))

    @staticmethod
    def _add_together(
        found: Found, ties: Mapping[Code, Ties], named: Mapping[str, Product], history: CustomerHistory
    ) -> None:
        for code, tied in ties.items():
            for other, (strength, seed, count) in tied.items():
                if seed not in named:
                    continue  # taken out of the shop just now
                evidence: dict[str, str | int] = {"title": named[seed].title, "customers": count}
                if code != "bought_together":
                    day = history.bought[seed][-1] if code == "because_bought" else history.seen[seed]
                    evidence |= {"date": day.isoformat() if day else ""}
                _add(found, other, min(1.0, 2 * strength), Reason(code, evidence))

    @staticmethod
    def _add_due(found: Found, products: Sequence[Product], occasion: Occasion) -> None:
        for product in products:
            if product.id in occasion.due:
                days = occasion.history.bought[product.id]
                evidence: dict[str, str | int] = {
                    "title": product.title,
                    "date": max(day for day in days if day).isoformat(),
                    "every_days": usual_interval(days) or 0,
                }
                _add(found, product.id, min(1.0, len(days) / 4), Reason("due_again", evidence))

    @staticmethod
    def _add_before(found: Found, products: Sequence[Product], occasion: Occasion) -> None:
        for product in products:
            days = [day for day in occasion.history.bought.get(product.id, ()) if day]
            if days and product.id not in occasion.due:
                evidence: dict[str, str | int] = {
                    "title": product.title,
                    "times": len(days) if len(days) > 1 else 0,
                    "date": max(days).isoformat(),
                }
                _add(found, product.id, 1.0, Reason("bought_before", evidence))

    @staticmethod
    def _add_said(found: Found, products: Sequence[Product], history: CustomerHistory) -> None:
        for words, day in history.likes.items():
            for product in products:
                if holds(product, words):
                    evidence: dict[str, str | int] = {"words": words, "date": day.isoformat()}
                    _add(found, product.id, 1.0, Reason("said_like", evidence))

    def _add_alike(self, found: Found, ids: Sequence[str], occasion: Occasion) -> None:
        shared, counts = self._counts.alike(occasion.customer_id, list(occasion.history.bought), ids)
        for id_, count in counts.items():
            evidence: dict[str, str | int] = {"customers": count, "shared": shared}
            _add(found, id_, min(1.0, count / ALIKE), Reason("customers_like_you", evidence))

    def _add_new(self, found: Found, products: Sequence[Product], history: CustomerHistory) -> None:
        new = [p for p in products if p.category and p.id not in history.bought]
        firsts = {p.id: day for p in new if (day := self._counts.first_sold(p.id)) is not None}
        if not firsts:
            return
        own = Counter(self._search.categories_of(history.bought))
        for product in new:
            same = own[product.category]
            if product.id in firsts and same >= FOLLOWED:
                evidence: dict[str, str | int] = {
                    "category": product.category,
                    "products": same,
                    "date": as_date(firsts[product.id]),
                }
                _add(found, product.id, min(1.0, same / 10), Reason("new_in_category", evidence))

    def _near(self, ids: Sequence[str], occasion: Occasion) -> dict[str, tuple[str, float]]:
        """Product -> (the nearest to it of what the talk is about or the customer last liked, looked at and
        bought, cosine), where they are near by vector."""
        history = occasion.history
        latest = (*history.liked, *islice(history.seen, 3), *islice(history.bought, 3))
        seeds = dict.fromkeys(islice(occasion.seeds or latest, LOOKED_BACK))
        if not seeds:
            return {}
        having, vectors = self._search.vectors_of([*seeds, *(id_ for id_ in ids if id_ not in seeds)])
        known = sum(id_ in seeds for id_ in having)
        if vectors is None or not known:
            return {}
        cosines = vectors[known:] @ vectors[:known].T
        columns = cosines.argmax(axis=1).tolist()
        return {
            id_: (having[column], cosine)
            for id_, column, cosine in zip(having[known:], columns, cosines.max(axis=1).tolist(), strict=True)
            if cosine >= ALIKE_COSINE
        }

    @staticmethod
    def _add_similar(
        found: Found,
        products: Sequence[Product],
        near: Mapping[str, tuple[str, float]],
        named: Mapping[str, Product],
    ) -> None:
        """Near by vector, and with something in common that can be named."""
        for product in products:
            seed, cosine = near.get(product.id, ("", 0.0))
            other = named.get(seed)
            if other and (shared := shared_attributes(product, other)):
                _add(found, product.id, cosine, Reason("similar", {"title": other.title, **shared}))

    def _add_general(self, found: Found, products: Sequence[Product], occasion: Occasion) -> None:
        """What is true for everybody."""
        for product in products:
            customers, country, days = self._counts.popular(product.id, occasion.country)
            if customers:
                evidence: dict[str, str | int] = {"customers": customers, "country": country, "days": days}
                _add(found, product.id, min(1.0, customers / 100), Reason("popular", evidence))
            rating = product.rating
            if rating and rating.value >= WELL_RATED and rating.count >= MIN_SUPPORT:
                evidence = {"rating": f"{rating.value:g}", "count": rating.count}
                _add(found, product.id, 0.5, Reason("well_rated", evidence))
            if occasion.new and (day := self._counts.first_sold(product.id)) is not None:
                _add(found, product.id, 1.0, Reason("new", {"date": as_date(day)}))
            if product.id in occasion.pins:
                _add(found, product.id, 1.0, Reason("pinned"))


def _add(found: Found, id_: str, value: float, reason: Reason) -> None:
    found[id_].append((STRENGTH[reason.code] * (0.5 + 0.5 * value), reason))


def _in_order(reasons: list[tuple[float, Reason]]) -> tuple[Reason, ...]:
    """Strongest first, one of each code."""
    by_code: dict[str, Reason] = {}
    for _, reason in sorted(reasons, key=lambda entry: -entry[0]):
        by_code.setdefault(reason.code, reason)
    return tuple(by_code.values())
