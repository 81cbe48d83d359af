"""A customer's history: what they did with products and said of them, and the same as taste vectors.

A taste is the weighted mean of the vectors of products that belong together; who likes lanterns and
lunch bags has two. Weights halve with age, and since only their ratio counts a taste stays as it is
until the next deed. Knows the store and vectors; recommends nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import exp2

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage  # type: ignore[import-untyped]

from retrieval.embedding import Vectors
from shop.store import Interaction, Memory, Store
from shop.store.interactions import ADDED, BOUGHT, LIKED, VIEWED

WEIGHTS: Mapping[str, float] = {BOUGHT: 1.0, ADDED: 0.5, LIKED: 0.5, VIEWED: 0.2}
"""What a deed says of a taste and of what is bought next, a purchase being 1. Not fitted: no shop's data at
hand has events; the order (bought, put in the cart, looked at) is what shops with events report."""
SAID_WEIGHT = 1.0
HALF_LIFE_DAYS = 90
MOST_PRODUCTS = 60
"""Products a taste is made from: those of most weight."""
MOST_TASTES = 4
LEAST_SHARE = 0.1
"""Of all weight; less is a stray, not an interest."""
APART = 0.55
"""Mean cosine distance at which two groups of products are two interests."""


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """Days are dates, None where unknown; products in the order of their latest deed, newest first.

    bought: product -> the days it was bought on, ascending; seen: looked at or put in the cart -> last
    day; liked, disliked, returned: products; likes: what they said they like -> the day; dislikes.
    """

    bought: Mapping[str, tuple[date | None, ...]] = field(default_factory=dict)
    seen: Mapping[str, date | None] = field(default_factory=dict)
    liked: Mapping[str, date | None] = field(default_factory=dict)
    disliked: frozenset[str] = frozenset()
    returned: frozenset[str] = frozenset()
    likes: Mapping[str, date] = field(default_factory=dict)
    dislikes: tuple[str, ...] = ()
    deeds: tuple[Interaction, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.deeds or self.likes or self.dislikes)


def make_history(
    deeds: Sequence[Interaction], memories: Sequence[Memory] = (), today: date | None = None
) -> CustomerHistory:
    """The history that `deeds` (oldest first) and `memories` make; what lies after `today` is left out.

    The newer of two statements about one product counts: liked again is not disliked, and bought again
    after it was sent back is not returned.
    """
    known = tuple(deed for deed in deeds if not (today and deed.at and deed.at.date() > today))
    bought: dict[str, list[date | None]] = defaultdict(list)
    seen: dict[str, date | None] = {}
    liked: dict[str, date | None] = {}
    disliked: set[str] = set()
    returned: set[str] = set()
    for name, product_id, at in known:
        day = at.date() if at else None
        match name:
            case "Order Completed":
                days = bought.pop(product_id, [])
                bought[product_id] = days if days and days[-1] == day else [*days, day]
                returned.discard(product_id)
            case "Order Refunded":
                returned.add(product_id)
            case "Product Liked":
                liked[product_id] = day
                disliked.discard(product_id)
            case "Product Disliked":
                disliked.add(product_id)
                liked.pop(product_id, None)
            case _:
                seen.pop(product_id, None)
                seen[product_id] = day
    return CustomerHistory(
        bought={id_: tuple(bought[id_]) for id_ in reversed(bought)},
        seen={id_: seen[id_] for id_ in reversed(seen)},
        liked={id_: liked[id_] for id_ in reversed(liked)},
        disliked=frozenset(disliked),
        returned=frozenset(returned),
        likes={memory.value: memory.at.date() for memory in memories if memory.kind == "likes"},
        dislikes=tuple(memory.value for memory in memories if memory.kind == "dislikes"),
        deeds=known,
    )


def read_history(
    store: Store, customer_id: str, today: date | None = None, said: Sequence[Memory] = ()
) -> CustomerHistory:
    """One customer's, with what they `said` just now; empty for a guest or a stranger."""
    if not customer_id:
        return CustomerHistory()
    deeds = store.interactions([customer_id]).get(customer_id, [])
    return make_history(deeds, [*store.memories(customer_id), *said], today)


def weigh_products(history: CustomerHistory) -> dict[str, float]:
    """Product -> how much it says of the taste, 1 for a purchase of today's; sorted, most first.

    What was sent back or disliked says nothing of what is liked.
    """
    newest = max((deed.at for deed in history.deeds if deed.at), default=None)
    weights: dict[str, float] = defaultdict(float)
    for name, product_id, at in history.deeds:
        age = (newest - at).total_seconds() / 86400 if newest and at else 0.0
        weights[product_id] += WEIGHTS.get(name, 0.0) * exp2(-age / HALF_LIFE_DAYS)
    turned_down = history.disliked | history.returned
    kept = {id_: weight for id_, weight in weights.items() if weight > 0 and id_ not in turned_down}
    return dict(sorted(kept.items(), key=lambda pair: (-pair[1], pair[0])))


def find_tastes(vectors: Vectors, weights: Sequence[float]) -> list[tuple[Vectors, float]]:
    """(unit vector, share of the weight) of each interest, the greatest first; at most `MOST_TASTES`.

    `vectors` are unit rows. Groups are those of average linkage on cosine distance, cut at `APART`.
    """
    if not len(vectors):
        return []
    groups = np.ones(len(vectors), dtype=np.int32)
    if len(vectors) > 1:
        groups = fcluster(linkage(vectors, "average", metric="cosine"), APART, "distance")
    weight = np.asarray(weights, dtype=np.float32)
    found = []
    for group in np.unique(groups):
        rows = groups == group
        mean = weight[rows] @ vectors[rows]
        share = float(weight[rows].sum() / weight.sum())
        found.append((mean / max(float(np.linalg.norm(mean)), 1e-9), share))
    found.sort(key=lambda pair: -pair[1])
    return [pair for place, pair in enumerate(found[:MOST_TASTES]) if place == 0 or pair[1] >= LEAST_SHARE]


def digest_history(history: CustomerHistory, embedder: str) -> str:
    """Changes with anything that the taste vectors are made from, the embedder included."""
    said = [f"{value}" for value in sorted(history.likes)]
    rows = [f"{deed.name}|{deed.product_id}|{deed.at}" for deed in history.deeds]
    return hashlib.blake2b("\n".join([embedder, *said, "", *rows]).encode(), digest_size=12).hexdigest()
