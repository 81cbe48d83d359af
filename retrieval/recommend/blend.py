"""One list from all recommenders, under the shop's rules.

Rules: nothing already bought (unless it is due again), in the basket, excluded, sold out or against
the filters; at most two of a category and no near-duplicate names while there is choice; every
product carries a reason counted in the shop's data. Fits itself at the first call.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from retrieval.recommend.base import Context, Reason, Recommendation, Recommender
from retrieval.recommend.content import similar_products
from retrieval.recommend.item_cf import ItemCF, fit_item_cf
from retrieval.recommend.popular import Popular, fit_popular
from retrieval.recommend.purchases import NO_DAY, Purchases, as_date, days_since_epoch, load_purchases
from retrieval.search import Search
from retrieval.words import stem_set
from shop.settings import Settings
from shop.store import Store
from shop.types import Product

WEIGHTS = {
    "bought_together": 1.0,
    "because_bought": 0.8,
    "due_again": 0.7,
    "similar": 0.45,
    "popular": 0.25,
    "well_rated": 0.25,
}
WELL_RATED = 4.0
MOST_RATED = 200
PER_CATEGORY = 2
SAME_NAME = 0.75
RECENT_SEEDS = 40
HISTORY_HALF_LIFE_DAYS = 90


@dataclass
class _Candidate:
    score: float = 0.0
    reasons: list[tuple[float, Reason]] = field(default_factory=list)


@dataclass(frozen=True)
class _Fitted:
    purchases: Purchases
    popular: Popular
    neighbours: ItemCF


class Blend:
    """See the module. Safe to share between threads."""

    def __init__(self, store: Store, search: Search, settings: Settings) -> None:
        self._store, self._search, self._settings = store, search, settings
        self._lock = threading.Lock()
        self._fit: _Fitted | None = None

    def _fitted(self) -> _Fitted:
        with self._lock:
            if self._fit is None:
                today = self._settings.current_date
                purchases = load_purchases(self._store, self._settings.shop / "recommend").until(today)
                self._fit = _Fitted(purchases, fit_popular(purchases, today), fit_item_cf(purchases))
            return self._fit

    def recommend(self, context: Context, k: int = 8) -> list[Recommendation]:
        """See Recommender."""
        fitted = self._fitted()
        today = context.today or self._settings.current_date
        customer = self._store.customer(context.customer_id) if context.customer_id else None
        known = context.use_history and (customer is None or customer.consent.personalisation)
        own = self._history(fitted.purchases, context.customer_id) if known else {}
        found: dict[str, _Candidate] = defaultdict(_Candidate)
        due = self._add_due(found, own, today)
        seeds = tuple(dict.fromkeys(context.seeds + context.basket))
        self._add_together(found, fitted.neighbours, seeds)
        if not seeds:
            self._add_history(found, fitted.neighbours, own, today)
        self._add_similar(found, seeds or tuple(list(own)[:3]), context)
        for id_, (value, reason) in fitted.popular.scores(customer.country if customer else "").items():
            if not seeds or id_ in found:
                _add(found, id_, value, reason)
        if not found:
            self._add_well_rated(found)
        banned = context.exclude.union(seeds, (id_ for id_ in own if id_ not in due))
        return self._choose(found, context, banned, k)

    def _history(self, purchases: Purchases, customer_id: str) -> dict[str, list[int]]:
        """Product id to the days it was bought on, ascending; last bought first."""
        rows = purchases.rows_of(customer_id)
        days: dict[str, set[int]] = defaultdict(set)
        for product, day in zip(purchases.product[rows], purchases.day[rows], strict=True):
            days[purchases.products[product]].add(int(day))
        ordered = {id_: sorted(found) for id_, found in days.items()}
        return dict(sorted(ordered.items(), key=lambda entry: (-entry[1][-1], entry[0])))

    def _title(self, product_id: str) -> str:
        product = self._search.product(product_id)
        return product.title if product else ""

    def _add_due(self, found: dict[str, _Candidate], own: dict[str, list[int]], today: date) -> set[str]:
        """Bought twice or more, and about as long ago as it usually takes until the next time."""
        due = set()
        now = days_since_epoch(today)
        for id_, days in own.items():
            if len(days) < 2 or days[0] == NO_DAY or not self._title(id_):
                continue
            usual = int(np.median(np.diff(days)))
            since = now - days[-1]
            if usual >= 7 and 0.8 * usual <= since <= 2.5 * usual:
                due.add(id_)
                evidence: dict[str, str | int] = {
                    "title": self._title(id_),
                    "date": as_date(days[-1]),
                    "every_days": usual,
                }
                _add(found, id_, min(1.0, len(days) / 4), Reason("due_again", evidence))
        return due

    def _add_together(self, found: dict[str, _Candidate], cf: ItemCF, seeds: Iterable[str]) -> None:
        for seed in seeds:
            title = self._title(seed)
            rows = cf.neighbours(seed) if title else []
            top = max((similarity for _, similarity, _ in rows), default=1.0)
            for other, similarity, customers in rows:
                reason = Reason("bought_together", {"title": title, "customers": customers})
                _add(found, other, similarity / top, reason)

    def _add_history(
        self, found: dict[str, _Candidate], cf: ItemCF, own: dict[str, list[int]], today: date
    ) -> None:
        now = days_since_epoch(today)
        total: dict[str, float] = defaultdict(float)
        best: dict[str, tuple[float, Reason]] = {}
        for id_, days in list(own.items())[:RECENT_SEEDS]:
            title = self._title(id_)
            age = 0 if days[-1] == NO_DAY else max(0, now - days[-1])
            recent = 0.5 ** (age / HISTORY_HALF_LIFE_DAYS)
            for other, similarity, customers in cf.neighbours(id_) if title else ():
                value = recent * similarity
                total[other] += value
                if value > best.get(other, (0.0,))[0]:
                    evidence: dict[str, str | int] = {
                        "title": title,
                        "date": as_date(days[-1]),
                        "customers": customers,
                    }
                    best[other] = (value, Reason("because_bought", evidence))
        top = max(total.values(), default=1.0)
        for other, value in total.items():
            _add(found, other, value / top, best[other][1])

    def _add_well_rated(self, found: dict[str, _Candidate]) -> None:
        """Where nobody's purchases are known, what many shoppers rate well."""
        for place, product in enumerate(self._search.most_rated(WELL_RATED, MOST_RATED)):
            if product.rating:
                evidence: dict[str, str | int] = {
                    "rating": f"{product.rating.value:g}",
                    "count": product.rating.count,
                }
                _add(found, product.id, 1 - place / MOST_RATED, Reason("well_rated", evidence))

    def _add_similar(self, found: dict[str, _Candidate], seeds: Iterable[str], context: Context) -> None:
        for seed in seeds:
            product = self._search.product(seed)
            if product is not None:
                for id_, value, reason in similar_products(self._search, product, context.filters, 30):
                    _add(found, id_, value, reason)

    def _choose(
        self, found: dict[str, _Candidate], context: Context, banned: frozenset[str], k: int
    ) -> list[Recommendation]:
        fitting: list[tuple[float, Product, list[tuple[float, Reason]]]] = []
        products = self._search.products.several(list(found))
        for id_, candidate in found.items():
            product = products.get(id_)
            if product is None or id_ in banned or product.in_stock is False:
                continue
            if context.filters and not context.filters.matches(product):
                continue
            fitting.append((candidate.score, product, candidate.reasons))
        fitting.sort(key=lambda entry: (-entry[0], entry[1].id))
        chosen = _varied(fitting, k)
        asked = (Reason("matches_request"),) if context.filters else ()
        return [
            Recommendation(product, score, (*_in_order(reasons), *asked))
            for score, product, reasons in chosen
        ]


def _add(found: dict[str, _Candidate], id_: str, value: float, reason: Reason) -> None:
    candidate = found[id_]
    weighted = WEIGHTS[reason.code] * value
    candidate.score += weighted
    candidate.reasons.append((weighted, reason))


def _in_order(reasons: list[tuple[float, Reason]]) -> tuple[Reason, ...]:
    """Strongest first, one of each code."""
    by_code: dict[str, Reason] = {}
    for _, reason in sorted(reasons, key=lambda entry: -entry[0]):
        by_code.setdefault(reason.code, reason)
    return tuple(by_code.values())


def _varied(
    fitting: list[tuple[float, Product, list[tuple[float, Reason]]]], k: int
) -> list[tuple[float, Product, list[tuple[float, Reason]]]]:
    """The best `k`, few of a kind; where that leaves too few, the rest in order of score."""
    chosen: list[tuple[float, Product, list[tuple[float, Reason]]]] = []
    later = []
    categories: Counter[str] = Counter()
    for entry in fitting:
        if len(chosen) == k:
            break
        product = entry[1]
        twin = any(_same_name(product, other) for _, other, _ in chosen)
        if twin or (product.category and categories[product.category] >= PER_CATEGORY):
            if not twin:
                later.append(entry)
            continue
        categories[product.category] += 1
        chosen.append(entry)
    chosen += later[: k - len(chosen)]
    return sorted(chosen, key=lambda entry: (-entry[0], entry[1].id))


def _same_name(first: Product, second: Product) -> bool:
    mine, other = stem_set(first.title), stem_set(second.title)
    return len(mine & other) >= SAME_NAME * max(1, len(mine | other))


def open_recommender(store: Store, search: Search, settings: Settings) -> Recommender:
    """The shop's recommender; reads and fits at the first question (seconds, then cached)."""
    return Blend(store, search, settings)
