"""One list for one person: the shop's models rank, the rules refuse, and what is left carries reasons.

For somebody's history the fitted scorers rank (scorers.py); until `regulars index` has fitted them, and
for products the talk is about, the counts of the orders do. Reads what the customer did at every call,
so the next list knows the last click. Knows no wording and no page.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import time as time_of_day
from functools import lru_cache
from itertools import islice

import numpy as np

from retrieval.embedding import Vectors
from retrieval.filters import holds
from retrieval.held_memory import hold_memory
from retrieval.history import WEIGHTS, CustomerHistory, make_history, read_history
from retrieval.recommend.base import Context, Reason, Recommendation, Recommender
from retrieval.recommend.counts import Counts
from retrieval.recommend.purchases import NO_DAY, days_since_epoch, load_purchases
from retrieval.recommend.reasons import WELL_RATED, Occasion, Reasoner
from retrieval.recommend.rules import Rules, all_due, mix, price_ceiling
from retrieval.recommend.scorers import FittedScorers, open_scorers
from retrieval.search import Search
from retrieval.sorting import first_by
from retrieval.threads import in_one_thread
from shop.errors import RegularsError
from shop.settings import Settings
from shop.store import Memory, Store
from shop.types import Product

log = logging.getLogger(__name__)

RANKED = 300
"""Products that come into question at most."""
WIDER = 8
"""So many times as many where something is to be left out, which is looked for in these alone."""
REASONED = 24
"""Products that a list is chosen from: the best that no rule refuses, three times as many as wanted ..."""
HANDFUL = 12
"""... and so many of them, half as many again as wanted, at a time: as a rule the first will do."""
FEW_MORE = 4
"""Products that are fetched at a time in the place of refused ones."""
PAID = 60
"""Products bought whose prices say what a customer pays."""
HALF_AT = 20
"""The place in the scorers' order that is worth half as much as the first."""
SEEDS = 8
"""Products, of those the talk is about or the customer likes, that others are sought for."""
RECENT = 10
SIMILAR, POPULAR, SAID, LOOKED_AT, DUE = 0.45, 0.25, 1.5, 0.2, 0.3
"""What is added to a score of 0 to 1 for what the scorers cannot know or a list needs to be filled. Not
fitted: no shop's data at hand has likes or views."""
MOST_RATED = 200
LOOK_AGAIN_S = 30.0
WAIT_S = 5.0

Scores = dict[str, float]


@dataclass(frozen=True)
class _Fitted:
    """What was read from one state of the orders; `scorers` as last fitted, None where never."""

    mark: tuple[int, int, int]
    counts: Counts
    scorers: FittedScorers | None = None


@dataclass(frozen=True)
class _Moment:
    """What one list is made from: the orders' state, and the catalogue as it is now."""

    counts: Counts
    scorers: FittedScorers | None
    search: Search


class Blend:
    """See the module. Safe to share between threads."""

    def __init__(self, store: Store, search: Search, settings: Settings) -> None:
        self._store, self._search, self._settings = store, search, settings
        self._lock = threading.Lock()
        self._fit: _Fitted | None = None
        self._looked_at = 0.0
        self._said = lru_cache(maxsize=512)(self._embed)

    # -- what is fitted ----------------------------------------------------------------------------

    def _fitted(self) -> _Fitted:
        """The present state; read anew in the background where the orders changed."""
        with self._lock:
            now = time.monotonic()
            if self._fit is not None and now - self._looked_at <= LOOK_AGAIN_S:
                return self._fit
            self._looked_at = now
            if self._fit is None:
                self._fit = self._read()
                worker = self._start_reading(self._fit)
            elif self._mark() != self._fit.mark:
                worker = self._start_reading(None)
            else:
                return self._fit
        worker.join(WAIT_S)
        return self._fit

    def _mark(self) -> tuple[int, int, int]:
        return self._store.count("orders"), self._store.count("returns"), self._store.count("customers")

    def _read(self) -> _Fitted:
        today = self._settings.current_date
        purchases = load_purchases(self._store, self._settings.shop / "recommend").until(today)
        return _Fitted(self._mark(), Counts(purchases, today).prepare())

    def _start_reading(self, fit: _Fitted | None) -> threading.Thread:
        def work() -> None:
            try:
                new = fit or self._read()
                folder = self._settings.shop / "recommend"
                self._fit = _Fitted(new.mark, new.counts, open_scorers(folder))
            except (RegularsError, OSError) as error:
                log.warning("orders not read anew, those of before rank on: %s", error)

        worker = threading.Thread(target=work, name="reading orders", daemon=True)
        worker.start()
        return worker

    # -- one list ----------------------------------------------------------------------------------

    @in_one_thread
    def recommend(self, context: Context, k: int = 8) -> list[Recommendation]:
        """See Recommender."""
        if k < 1:
            return []
        fitted, occasion = self._fitted(), self._occasion(context)
        now = _Moment(fitted.counts, fitted.scorers, self._search.now())
        if occasion.seeds:
            scores = self._by_seeds(now, occasion)
        elif occasion.again:
            scores = self._by_habit(occasion)
        else:
            scores = self._by_history(now, occasion)
            if occasion.new and now.counts.new:
                # The best for this customer of what is new, then what most others bought of it.
                scores = {id_: scores.get(id_, 0.0) + count / 1_000 for id_, count in now.counts.new.items()}
        if not (occasion.seeds or occasion.again or occasion.new):
            for place, id_ in enumerate(self._settings.recommend_pins):
                scores[id_] = 2 + len(self._settings.recommend_pins) - place
        return self._choose(now, scores, occasion, self._rules(now, context, occasion), k)

    def _occasion(self, context: Context) -> Occasion:
        today = context.today or self._settings.current_date
        customer = self._store.customer(context.customer_id) if context.customer_id else None
        now = datetime.combine(today, time_of_day.min)
        said = [Memory(kind, words, now, "") for kind, words in context.said]
        if not context.use_history:
            history = CustomerHistory()
        elif customer is None:
            history = make_history(self._store.visit(context.conversation_id), said, today)
        elif customer.consent.personalisation:
            history = read_history(self._store, customer.id, today, said)
        else:
            history = CustomerHistory()
        seeds = tuple(dict.fromkeys(context.seeds + context.basket))
        return Occasion(
            history,
            seeds,
            context.filters,
            context.country or (customer.country if customer else ""),
            today,
            customer.id if customer else "",
            frozenset() if seeds else frozenset(self._settings.recommend_pins),
            all_due(history.bought, today),
            new=context.new and not seeds,
            again=context.again and bool(history.bought) and not seeds,
        )

    def _by_seeds(self, now: _Moment, occasion: Occasion) -> Scores:
        """What the buyers of these products bought, and what is like them."""
        scores: Scores = defaultdict(float)
        for seed in occasion.seeds[:SEEDS]:
            together = now.counts.going_with(seed)
            top = max(together.values(), default=1.0)
            for id_, value in together.items():
                scores[id_] += value / top
            for id_, likeness in now.search.ids_like(seed, RECENT * 3, occasion.filters):
                scores[id_] += SIMILAR * likeness
        return scores or self._in_general(now, occasion.country)

    @staticmethod
    def _by_habit(occasion: Occasion) -> Scores:
        """What they bought: what is due before all, then by how often, of equals the latest first."""
        bought = occasion.history.bought
        return {
            id_: (1_000 if id_ in occasion.due else 0) + len(days) - place / len(bought)
            for place, (id_, days) in enumerate(bought.items())
        }

    def _by_history(self, now: _Moment, occasion: Occasion) -> Scores:
        history = occasion.history
        scores = self._in_general(now, occasion.country)
        if not history:
            return scores
        scores = defaultdict(float, {id_: POPULAR * value for id_, value in scores.items()})
        ranked = self._ranked(now, occasion)
        for id_, value in ranked.items():
            scores[id_] += value
        for words in islice(history.likes, SEEDS):
            for hit in now.search.near(self._said(words), RECENT * 3, occasion.filters):
                scores[hit.product.id] += SAID * hit.score if holds(hit.product, words) else 0.0
        latest = [*islice(history.liked, SEEDS), *islice(history.seen, 3)]
        if len(scores) < REASONED:
            # A young shop: what is like the customer's own is all there is to go by.
            latest += islice(history.bought, 3)
        for id_ in latest:
            for other, likeness in now.search.ids_like(id_, RECENT, occasion.filters):
                scores[other] += LOOKED_AT * likeness
        for id_ in occasion.due:
            scores[id_] = max(scores[id_], DUE)
        return scores

    def _ranked(self, now: _Moment, occasion: Occasion) -> Scores:
        """0 to 1 by the fitted scorers, or by the counts until they are ready."""
        history, scorers = occasion.history, now.scorers
        if scorers is None:
            found: Scores = defaultdict(float)
            for place, id_ in enumerate([*history.seen, *history.bought][:RECENT]):
                for other, value in now.counts.going_with(id_).items():
                    found[other] += value * 0.8**place
            top = max(found.values(), default=1.0)
            return {id_: value / top for id_, value in found.items()}
        happened = [
            (deed.product_id, days_since_epoch(deed.at.date()) if deed.at else NO_DAY, weight)
            for deed in history.deeds
            if (weight := WEIGHTS.get(deed.name, 0.0)) and deed.product_id not in history.disliked
        ]
        if not happened:
            return {}
        values = scorers.blend(scorers.history(happened, occasion.today, occasion.country))
        wanted = RANKED + len(history.bought)
        if filters := occasion.filters:
            open_ = np.flatnonzero(now.search.passing(filters, scorers.products))
            wanted *= WIDER if filters.without else 1
            order = open_[first_by([-values[open_]], wanted)].tolist()
        else:
            order = first_by([-values], wanted).tolist()
        ids = [
            id_ for at in order if (id_ := scorers.products[at]) not in history.bought or id_ in occasion.due
        ]
        ids = now.search.keep(filters, ids) if filters else ids
        # By place, since what a score of the blend means differs from shop to shop.
        return {id_: 1 / (1 + place / HALF_AT) for place, id_ in enumerate(ids[:RANKED])}

    def _in_general(self, now: _Moment, country: str) -> Scores:
        """What many buy; where nobody's purchases are known, what many rate well."""
        popular = now.counts.most_popular(country)
        if popular:
            return dict(popular)
        rated = now.search.most_rated(WELL_RATED, MOST_RATED)
        return {product.id: 1 - place / MOST_RATED for place, product in enumerate(rated)}

    def _rules(self, now: _Moment, context: Context, occasion: Occasion) -> Rules:
        history, filters = occasion.history, context.filters
        asked_for_price = filters.min_price is not None or filters.max_price is not None
        paid = () if asked_for_price else now.search.prices_of(islice(history.bought, PAID))
        turned_down = [*context.turned_down, *history.disliked]
        return Rules(
            filters=filters,
            history=history,
            due=frozenset(history.bought) if occasion.again else occasion.due,
            left_out=context.exclude.union(occasion.seeds),
            turned_down=tuple(now.search.products.several(turned_down).values()) if turned_down else (),
            blocked=frozenset(self._settings.recommend_block),
            ceiling=price_ceiling(paid),
        )

    def _choose(
        self, now: _Moment, scores: Scores, occasion: Occasion, rules: Rules, k: int
    ) -> list[Recommendation]:
        order = sorted(sorted(scores), key=scores.__getitem__, reverse=True)
        reasoner = Reasoner(now.counts, now.search)
        per_category = self._settings.recommend_per_category
        wanted, size = max(REASONED, 3 * k), max(HANDFUL, 3 * k // 2)
        reasons: dict[str, tuple[Reason, ...]] = {}
        reasoned: list[Product] = []
        chosen: list[Product] = []
        fitting = self._fitting(now.search, order, rules, size + FEW_MORE)
        looked_at, is_last = 0, False
        while len(chosen) < k and not is_last:
            handful = list(islice(fitting, size))
            looked_at += len(handful)
            is_last = len(handful) < size
            reasons |= reasoner.find(handful, occasion)
            reasoned += [product for product in handful if product.id in reasons]
            chosen = mix(reasoned, per_category, k, is_all=is_last or looked_at >= wanted)
        return [Recommendation(each, scores[each.id], reasons[each.id]) for each in chosen]

    @staticmethod
    def _fitting(search: Search, order: Sequence[str], rules: Rules, size: int) -> Iterator[Product]:
        """The products that no rule refuses, in this order; `size` are fetched at first."""
        open_ = (id_ for id_ in order if not rules.refusal_of_id(id_))
        while page := list(islice(open_, size)):
            found = search.products.several(page)
            yield from (product for product in found.values() if not rules.refusal(product))
            size = FEW_MORE

    def _embed(self, words: str) -> Vectors:
        return np.asarray(self._search.embedder.embed([words])[0], dtype=np.float32)


def open_recommender(store: Store, search: Search, settings: Settings) -> Recommender:
    """The shop's recommender; reads the orders at the first question (seconds, then cached)."""
    hold_memory()
    return Blend(store, search, settings)
