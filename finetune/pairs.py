"""What a shop's own records say belongs together: a text someone may search with, and the product.

From three sources: what a product's page says of it, what customers searched and then took, and what
they bought together. Customers count only where they allow training; guests have given no leave, and
stored messages are redacted. Two splits that do not touch: by product (variants of one name are
wholly in one) and by time. Knows nothing of models.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from finetune.examples import customers_who_allow_training, turns_of
from retrieval.library import product_text
from retrieval.words import stems, words
from shop.store import Store
from shop.types import Product

Kind = Literal["descriptions", "queries", "together"]

HELD_OUT_EVERY = 6
"""One product in so many, and the latest part in so many of what has a date, is kept for testing."""
PIECES = 3
"""Pieces of a product's page that are learnt from, at most."""
PIECE_WORDS = (4, 24)
BASKET = 12
"""Orders of more products than this are a wholesaler's and say little of what goes with what."""
TOGETHER_CUSTOMERS = 2
"""So many customers must have bought two products together before it is learnt."""
SEARCHED = "Products Searched"
TAKEN = frozenset({"Product Clicked", "Product Viewed", "Product Added"})
"""Segment's names: a search, and what shows that a product was meant by it."""
SOON, LATER = timedelta(minutes=30), timedelta(days=7)
"""How long after a search box, and after being shown a product in a chat, taking it answers to it."""
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Pair:
    """`text` asks for the product; `at` is when it did, None for what has no date.

    `other_id` is the product whose name `text` is, of those bought together.
    """

    kind: Kind
    text: str
    product_id: str
    at: datetime | None = None
    other_id: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """`train` and `test` share no text and no product; what has a date is before and from `cut` on."""

    train: tuple[Pair, ...]
    test: tuple[Pair, ...]
    cut: datetime | None

    def digest(self) -> str:
        """Tells apart what was trained on."""
        lines = sorted(f"{pair.kind}\t{pair.text}\t{pair.product_id}" for pair in self.train)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def counts(self) -> dict[str, dict[str, int]]:
        """How many pairs of each kind, by part."""
        return {
            "train": dict(Counter(pair.kind for pair in self.train)),
            "test": dict(Counter(pair.kind for pair in self.test)),
        }


def read_pairs(store: Store, products: Sequence[Product]) -> list[Pair]:
    """Every pair the shop's records hold, in an order that does not change."""
    known = {product.id: product for product in products}
    pairs = [pair for product in products for pair in page_pairs(product)]
    pairs += sorted(
        set(_query_pairs(store, known)), key=lambda pair: (str(pair.at), pair.text, pair.product_id)
    )
    pairs += _together_pairs(store, known)
    return pairs


def page_pairs(product: Product) -> Iterator[Pair]:
    """Pieces of the product's own text, its points first. One that names nothing of the product's name
    ("easy to clean") could be any product's, one that names all of it is no question."""
    least, most = PIECE_WORDS
    name = {stem for stem in stems(product.title) if len(stem) > 2 and stem.isalpha()}
    pieces = dict.fromkeys((*product.bullets, *_SENTENCE.split(product.description)))
    found = 0
    for said in map(str.split, pieces):
        text = " ".join(said[:most])
        shared = len(name.intersection(stems(text)))
        if len(said) >= least and 0 < shared <= 0.75 * len(name) and found < PIECES:
            found += 1
            yield Pair("descriptions", text, product.id)


def split_pairs(pairs: Iterable[Pair], products: Sequence[Product], cut: datetime | None = None) -> Split:
    """Split by product and by time; `cut` is that of an earlier training, without it one is chosen."""
    pairs = list(pairs)
    kept_out = {product.id for product in products if is_held_out(product)}
    times = sorted(pair.at for pair in pairs if pair.at is not None)
    if cut is None and times:
        cut = times[len(times) * (HELD_OUT_EVERY - 1) // HELD_OUT_EVERY]

    def later(pair: Pair) -> bool:
        return pair.at is not None and cut is not None and pair.at >= cut

    train = tuple(
        pair for pair in pairs if not later(pair) and not {pair.product_id, pair.other_id} & kept_out
    )
    taught = {_plain(pair.text) for pair in train}
    test = tuple(
        pair
        for pair in pairs
        if (later(pair) or pair.product_id in kept_out) and _plain(pair.text) not in taught
    )
    return Split(train, test, cut)


def is_held_out(product: Product) -> bool:
    """Whether a product is for testing only; alike for all whose names begin with the same words."""
    name = " ".join(words(product.title)[:4])
    return zlib.crc32(name.encode()) % HELD_OUT_EVERY == 0


def _plain(text: str) -> str:
    return " ".join(words(text))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A search: what was typed, when, and what it showed (None: any product may have been)."""

    text: str
    at: datetime
    shown: frozenset[str] | None

    def answered_by(self, product_id: str, at: datetime) -> bool:
        if self.shown is not None and product_id not in self.shown:
            return False
        return self.at <= at <= self.at + (SOON if self.shown is None else LATER)


def _query_pairs(store: Store, known: Mapping[str, Product]) -> Iterator[Pair]:
    for customer in customers_who_allow_training(store):
        events = store.events_of(customer.id)
        asked = [
            _Asked(event.properties["query"], event.at, None)
            for event in events
            if event.name == SEARCHED and event.properties.get("query", "").strip()
        ]
        taken = [
            (event.properties.get("product_id", ""), event.at) for event in events if event.name in TAKEN
        ]
        for order in store.orders_of(customer.id):
            if order.placed_at is not None:
                taken += [(line.product_id, order.placed_at) for line in order.lines]
        for talk, turns in itertools.groupby(
            turns_of(store, customer.id), key=lambda turn: turn.conversation_id
        ):
            held = store.cart(talk)
            for turn in turns:
                # What search made of the message: without greetings, price limits and the like.
                topic = str(turn.trace.get("topic", ""))
                shown = frozenset(str(card["id"]) for card in turn.cards if "id" in card)
                if topic and shown:
                    asked.append(_Asked(topic, turn.at, shown))
                    taken += [(product_id, turn.at) for product_id in shown & held.keys()]
        for product_id, at in taken:
            before = [one for one in asked if one.answered_by(product_id, at)]
            if before and product_id in known:
                latest = max(before, key=lambda one: one.at)
                yield Pair("queries", latest.text.strip(), product_id, latest.at)


def _together_pairs(store: Store, known: Mapping[str, Product]) -> list[Pair]:
    by: dict[tuple[str, str], set[str]] = defaultdict(set)
    last: dict[tuple[str, str], datetime] = {}
    for customer in customers_who_allow_training(store):
        for order in store.orders_of(customer.id):
            bought = sorted({line.product_id for line in order.lines} & known.keys())
            if order.placed_at is None or len(bought) > BASKET:
                continue
            for two in itertools.combinations(bought, 2):
                by[two].add(customer.id)
                last[two] = max(last.get(two, order.placed_at), order.placed_at)
    return [
        Pair("together", product_text(known[a]), b, last[a, b], a)
        for (a, b), customers in sorted(by.items())
        if len(customers) >= TOGETHER_CUSTOMERS
    ]
