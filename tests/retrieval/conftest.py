"""A small shop whose every answer can be checked by eye."""

from __future__ import annotations

from decimal import Decimal

import pytest

from retrieval.embedding import HashEmbedder
from retrieval.indexing import policy_text, product_metadata, product_text, update_vectors
from retrieval.search import Search
from retrieval.vectors import MemoryVectors
from retrieval.vocabulary import Vocabulary
from shop.types import Money, PolicyPassage, Product, Rating, Variant


def product(id_: str, title: str, price: str | None = None, **more: object) -> Product:
    money = Money(Decimal(price), "GBP") if price else None
    return Product(id=id_, title=title, price=money, **more)  # type: ignore[arg-type]


def shirt(id_: str, size: str, colour: str, price: str, available: bool) -> Variant:
    options = {"size": size, "color": colour, "material": "cotton"}
    return Variant(id=id_, options=options, price=Money(Decimal(price), "GBP"), available=available)


PRODUCTS = [
    product("b1", "Lunch Bag Red Retrospot", "1.65", colour="Red"),
    product("b2", "Lunch Bag Pink Polkadot", "1.65", colour="Pink"),
    product("b3", "Lunch Bag Black Skull", "2.10", colour="Black"),
    product("b4", "Jumbo Bag Red Retrospot", "2.08", colour="Red"),
    product("c1", "White Hanging Heart T-Light Holder", "2.95", colour="White"),
    product("c2", "Vanilla Scented Candle", "4.25"),
    product("c3", "Red Love Heart Candle", "6.95", colour="Red"),
    product("c4", "Tall Rococo Candle Holder", "25.00"),
    product("m1", "Pottering Mug", "1.25"),
    product("m2", "Big Polkadot Mug Blue", "2.55", colour="Blue"),
    product("m3", "Strawberry Tea Cup", "3.75"),
    product("d1", "Christmas Tree Star Decoration", "0.85"),
    product("x1", "Toadstool Money Box", "2.95"),
    product("s1", "Set Of 6 Tea Plates", "9.95"),
    product("l1", "Leather Belt without Buckle", "19.00", brand="Hickory", rating=Rating(4.5, 12)),
    product("l2", "Canvas Belt with Buckle", "12.00", brand="Hickory", rating=Rating(3.9, 40)),
    product("l3", "Suede Belt", None, brand="Oakley"),
    product(
        "t1",
        "T-Shirt",
        "10.00",
        in_stock=True,
        variants=(
            shirt("t1a", "M", "red", "12.00", False),
            shirt("t1b", "L", "red", "14.00", True),
            shirt("t1c", "M", "blue", "10.00", True),
        ),
    ),
]
POLICIES = [
    PolicyPassage("p1", "Returns > Within 30 days", "You may return any product within thirty days."),
    PolicyPassage("p2", "Delivery", "Parcels are delivered by courier within three working days."),
]


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return Vocabulary(PRODUCTS)


@pytest.fixture(scope="session")
def search() -> Search:
    embedder, products, policies = HashEmbedder(), MemoryVectors(), MemoryVectors()
    update_vectors(products, embedder, [(p.id, product_text(p), product_metadata(p)) for p in PRODUCTS])
    update_vectors(policies, embedder, [(p.id, policy_text(p), {}) for p in POLICIES])
    return Search(PRODUCTS, POLICIES, embedder, products, policies)
