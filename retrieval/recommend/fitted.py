"""The shop's scorers, fitted on its orders and kept in its folder.

Fitting is done once for a state of the orders; afterwards the files are opened, the arrays mapped from
disk rather than read. The blend is fitted on the shop's own last weeks where they hold enough to learn
from, else it weighs the scorers equally. Same orders, same seed: same tables. Knows no rules.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from retrieval.recommend.fitting import Progress, fit_recommender
from retrieval.recommend.histories import Histories, stack
from retrieval.recommend.keeping import load_blend, save_blend
from retrieval.recommend.lessons import shop_lessons
from retrieval.recommend.models.blending import Blend
from retrieval.recommend.purchases import (
    NO_DAY,
    Purchases,
    days_since_epoch,
    digest_of,
    load_purchases,
)
from retrieval.recommend.scorers import Floats, History
from shop.store import Store

NAMES = "names.json"
"""Which products and countries the columns of a fit are."""
VERSION = "3"
"""Counts up whenever a change of the code makes tables that were kept wrong."""


@dataclass(frozen=True)
class ShopScorers:
    """See FittedScorers."""

    products: tuple[str, ...]
    places: Mapping[str, int]
    countries: Mapping[str, int]
    fitted: Blend

    def history(self, happened: Iterable[tuple[str, int, float]], today: date, country: str = "") -> History:
        """See FittedScorers."""
        known = [(self.places[id_], day, weight) for id_, day, weight in happened if id_ in self.places]
        return History.of(
            [column for column, _, _ in known],
            [day for _, day, _ in known],
            [weight for _, _, weight in known],
            days_since_epoch(today),
            self.countries.get(country, -1),
        )

    def blend(self, history: History) -> Floats:
        """See FittedScorers."""
        if not self.products:
            return np.zeros(0, dtype=np.float32)
        return np.asarray(self.fitted.scores_many(stack([history], len(self.products)))[0])

    def parts(self, history: History) -> dict[str, Floats]:
        """See FittedScorers."""
        if not self.products:
            return {}
        one = stack([history], len(self.products))
        return {scorer.name: scorer.scores_many(one)[0] for scorer in self.fitted.scorers}


def histories_of(purchases: Purchases, today: int) -> Histories:
    """One row a known customer, oldest first; a product counts once a day. Guests are left out."""
    known = np.flatnonzero(purchases.customer >= 0)
    rows = np.stack(
        [purchases.customer[known], purchases.day[known], purchases.product[known], purchases.country[known]]
    )
    # Lines without a day keep the store's order.
    if (purchases.day != NO_DAY).any():
        rows = np.unique(rows, axis=1)
    sizes = np.bincount(rows[0], minlength=len(purchases.customers))
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    country = np.full(len(purchases.customers), -1, dtype=np.int32)
    country[rows[0]] = rows[3]
    return Histories(
        len(purchases.products),
        start,
        rows[2].astype(np.int32),
        rows[1].astype(np.int32),
        np.ones(rows.shape[1], dtype=np.float32),
        np.full(len(sizes), today, dtype=np.int32),
        country,
    )


def open_kept(folder: Path) -> ShopScorers | None:
    """The last fit kept in `folder`, whatever was bought since; None where there is none to be read.

    A stale fit still ranks well; products it has not seen are scored by nothing but the rest of the list.
    """
    kept = sorted((folder / "scorers").glob(f"*/{NAMES}"), key=lambda file: file.stat().st_mtime)
    for file in reversed(kept):
        blend = load_blend(folder / "scorers", file.parent.name)
        if blend is not None:
            names = json.loads(file.read_text(encoding="utf-8"))
            products, countries = tuple(names["products"]), names["countries"]
            places = {id_: place for place, id_ in enumerate(products)}
            return ShopScorers(products, places, {name: at for at, name in enumerate(countries)}, blend)
    return None


def open_fitted(store: Store, folder: Path, today: date, progress: Progress | None = None) -> ShopScorers:
    """From `folder` where what is there was fitted on these orders for this month, else fitted anew.

    What is popular ages, so a kept fit serves for at most a month of `today`s.
    """
    purchases = load_purchases(store, folder).until(today)
    places = {id_: place for place, id_ in enumerate(purchases.products)}
    countries = {name: place for place, name in enumerate(purchases.countries)}
    state = f"{VERSION} {digest_of(store)} {today:%Y-%m}"
    key = hashlib.blake2b(state.encode(), digest_size=8).hexdigest()
    kept = load_blend(folder / "scorers", key)
    if kept is None:
        titles = store.product_titles()
        texts = [titles.get(id_, "") for id_ in purchases.products]
        day = days_since_epoch(today)
        log = histories_of(purchases, day)
        kept = fit_recommender(log, shop_lessons(log, day), texts, again=True, progress=progress)
        save_blend(kept, folder / "scorers", key)
        _write_names(folder / "scorers" / key, purchases)
    return ShopScorers(purchases.products, places, countries, kept)


def _write_names(place: Path, purchases: Purchases) -> None:
    names = {"products": purchases.products, "countries": purchases.countries}
    with suppress(OSError):  # a folder that cannot be written costs only time
        (place / NAMES).write_text(json.dumps(names), encoding="utf-8")
