"""Customers' histories as vectors: what makes a taste, how it follows, and that it can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from retrieval.embedding import HashEmbedder
from retrieval.filters import Filters
from retrieval.history import find_tastes, make_history, read_history, weigh_products
from retrieval.library import product_text
from retrieval.search import Search
from retrieval.tastes import Tastes, forget_customer
from retrieval.vectors import MemoryVectors
from shop.settings import Settings
from shop.store import Interaction, Store
from shop.types import Consent, Customer, Event, Money, Order, OrderLine, Product

NOW = datetime(2011, 9, 9, 12, tzinfo=UTC)
TITLES = {
    **{f"bag{n}": f"Lunch Bag {word}" for n, word in enumerate(("Red", "Blue", "Pink", "Black", "Apple"))},
    **{f"light{n}": f"Glass Lantern {word}" for n, word in enumerate(("Tall", "Small", "Zinc", "Star"))},
    "clock": "Oak Wall Clock",
}


def at(days_ago: float) -> datetime:
    return NOW - timedelta(days=days_ago)


def bought(product: str, days_ago: float) -> Interaction:
    return Interaction("Order Completed", product, at(days_ago))


def test_the_newer_deed_counts() -> None:
    deeds = [
        bought("a", 9),
        Interaction("Order Refunded", "a", at(8)),
        Interaction("Product Disliked", "b", at(7)),
        Interaction("Product Viewed", "c", at(6)),
        Interaction("Order Refunded", "d", at(5)),
        bought("d", 4),
        Interaction("Product Liked", "b", at(3)),
        Interaction("Product Viewed", "e", at(-2)),
    ]
    found = make_history(deeds, today=NOW.date())
    assert found.returned == {"a"} and found.disliked == frozenset()
    assert list(found.bought) == ["d", "a"] and list(found.seen) == ["c"] and list(found.liked) == ["b"]
    weights = weigh_products(found)
    assert "a" not in weights and "e" not in weights, "sent back, and not yet happened"
    assert weights["d"] > weights["b"] > weights["c"]


def test_a_taste_does_not_change_by_waiting() -> None:
    deeds = [bought("a", 90), bought("b", 0)]
    then, later = (
        weigh_products(make_history([d._replace(at=d.at + timedelta(days=n)) for d in deeds if d.at]))
        for n in (0, 40)
    )
    assert then == pytest.approx(later)
    assert then["a"] == pytest.approx(then["b"] / 2), "half after ninety days"


def test_different_interests_are_different_vectors() -> None:
    vectors = HashEmbedder().embed([TITLES[id_] for id_ in ("bag0", "bag1", "bag2", "light0", "light1")])
    tastes = find_tastes(vectors, [1.0, 1.0, 1.0, 1.0, 0.5])
    assert [round(share, 2) for _, share in tastes] == [0.67, 0.33]
    for vector, _ in tastes:
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    bags, lights = (vectors @ vector for vector, _ in tastes)
    assert bags[:3].min() > bags[3:].max() and lights[3:].min() > lights[:3].max()
    assert find_tastes(vectors[:0], []) == []
    assert len(find_tastes(vectors[:1], [1.0])) == 1


class World:
    def __init__(self, folder: Path) -> None:
        self.settings = Settings(shop=folder, today=date(2011, 9, 9), embedder="hash:", vectors="memory:")
        self.store = Store(self.settings.database_url)
        products = [Product(id_, title) for id_, title in TITLES.items()]
        self.store.put_products(products)
        vectors = MemoryVectors()
        vectors.upsert(
            list(TITLES), HashEmbedder().embed([product_text(p) for p in products]), [{}] * len(products)
        )
        self.search = Search(products, [], HashEmbedder(), vectors, MemoryVectors())
        self.tastes = Tastes(self.store, self.search, self.settings)
        people = {"bags": "GB", "bags2": "GB", "bags3": "FR", "lights": "GB", "private": "GB", "new": "GB"}
        self.store.put_customers(
            Customer(id_, country=country, consent=Consent(personalisation=id_ != "private"))
            for id_, country in people.items()
        )
        self.order("bags", "bag0", "bag1")
        self.order("bags2", "bag1", "bag2", "bag3")
        self.order("bags3", "bag0", "bag3")
        self.order("lights", "light0", "light1")
        self.order("private", "bag0", "bag1")

    def order(self, customer: str, *products: str) -> None:
        price = Money(Decimal(2), "GBP")
        lines = tuple(OrderLine(id_, TITLES[id_], 1, price) for id_ in products)
        self.store.put_orders([Order(f"{customer}-{products[0]}", customer, lines, at(3))])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


def test_all_customers_at_once_then_only_what_changed(world: World) -> None:
    steps: list[tuple[int, int]] = []
    first = world.tastes.build(lambda done, total: steps.append((done, total)))
    assert (first.embedded, first.removed) == (4, 0), "the new one has done nothing, the private one says no"
    assert steps[-1] == (6, 6)
    again = world.tastes.build()
    assert (again.embedded, again.kept) == (0, 6)
    world.store.put_events([Event("Product Viewed", "new", NOW, {"product_id": "light2"})])
    assert world.tastes.build().embedded == 1
    world.store.put_customers([Customer("bags", consent=Consent(personalisation=False))])
    assert world.tastes.build().embedded == 1
    assert "bags" not in dict(world.tastes.customers_like("bags2"))


def test_customers_like_this_one(world: World) -> None:
    world.tastes.build()
    found = world.tastes.customers_like("bags", 3)
    assert [id_ for id_, _ in found[:2]] in (["bags2", "bags3"], ["bags3", "bags2"])
    assert not {"bags", "private"} & {id_ for id_, _ in found}
    assert [id_ for id_, _ in world.tastes.customers_like("bags", 3, country="FR")] == ["bags3"]
    assert world.tastes.customers_like("nobody") == []


def test_products_near_a_taste_pass_the_filters(world: World) -> None:
    history = read_history(world.store, "bags")
    near = [hit.product.id for hit in world.tastes.products_near(history, 5)]
    assert set(near) == {"bag0", "bag1", "bag2", "bag3", "bag4"}
    blue = world.tastes.products_near(history, 5, Filters(colours=("blue",)))
    assert [hit.product.id for hit in blue] == ["bag1"]


def test_what_is_said_is_part_of_the_taste(world: World) -> None:
    world.store.remember("new", "likes", "oak clock")
    world.tastes.follow("new")
    history = read_history(world.store, "new")
    assert history.likes.keys() == {"oak clock"}
    assert world.tastes.products_near(history, 1)[0].product.id == "clock"
    world.store.remember("bags", "likes", "oak clock")
    assert len(world.tastes.find(read_history(world.store, "bags"))) == 2


def test_a_deed_moves_the_vectors_and_forgetting_removes_them(world: World) -> None:
    world.tastes.build()
    before = world.tastes.customers_like("lights", 5)
    for number in range(4):
        world.order("lights", f"bag{number}")
    world.tastes.follow("lights")
    after = dict(world.tastes.customers_like("lights", 5))
    assert after["bags"] > dict(before).get("bags", 0.0) + 0.2
    count = world.tastes.count()
    counts = forget_customer(world.store, world.settings, "bags")
    assert counts["customers"] == 1
    assert world.tastes.count() < count
    assert "bags" not in dict(world.tastes.customers_like("bags2", 10))
    world.tastes.follow("bags")
    world.tastes.build()
    assert "bags" not in dict(world.tastes.customers_like("bags2", 10)), "it does not come back"


def test_who_was_forgotten_without_the_vector_store_is_removed_by_the_next_index(world: World) -> None:
    world.tastes.build()
    world.store.forget("bags2")
    report = world.tastes.build()
    assert report.removed == 1 and "bags2" not in dict(world.tastes.customers_like("bags", 10))
