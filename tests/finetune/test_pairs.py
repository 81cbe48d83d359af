"""What is learnt from: the shop's records, only of customers who allow it, and never what is tested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from finetune.pairs import Pair, is_held_out, page_pairs, read_pairs, split_pairs
from retrieval.library import product_text
from shop.store import Store
from shop.types import Consent, Customer, Event, Money, Order, OrderLine, Product, Turn

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
MUG = Product("mug", "Blue china mug", bullets=("A mug for long mornings", "Easy to clean and to store"))
JAR = Product(
    "jar", "Glass jar with a cork lid", description="Blue china mug. Keeps tea in a glass jar.\nShort."
)
PRODUCTS = [MUG, JAR, Product("pot", "Tea pot")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'shop.db'}") as store:
        store.put_products(PRODUCTS)
        store.put_customers(
            [Customer(name, consent=Consent(training=name != "shy")) for name in ("ann", "bob", "shy")]
        )
        yield store


def event(name: str, customer: str, minutes: float, **properties: str) -> Event:
    return Event(name, customer, NOON + timedelta(minutes=minutes), properties)


def order(id_: str, customer: str, at: datetime | None, *products: str) -> Order:
    lines = tuple(OrderLine(product, "", 1, Money(Decimal(1), "GBP")) for product in products)
    return Order(id_, customer, lines, at)


def queries(store: Store) -> list[tuple[str, str]]:
    return [(p.text, p.product_id) for p in read_pairs(store, PRODUCTS) if p.kind == "queries"]


def test_pieces_of_a_page_name_the_product_and_not_all_of_it() -> None:
    assert [pair.text for pair in page_pairs(MUG)] == ["A mug for long mornings"]
    assert [pair.text for pair in page_pairs(JAR)] == ["Keeps tea in a glass jar."]
    assert list(page_pairs(PRODUCTS[2])) == []
    (long,) = page_pairs(Product("x", "Blue china mug", description="mug " * 90))
    assert len(long.text.split()) == 24


def test_a_search_is_answered_by_what_was_taken_soon_after(store: Store) -> None:
    store.put_events(
        [
            event("Products Searched", "ann", 0, query="something for tea"),
            event("Product Clicked", "ann", 5, product_id="pot"),
            event("Products Searched", "ann", 10, query="cup"),
            event("Product Added", "ann", 12, product_id="mug"),
            event("Product Added", "ann", 13, product_id="gone"),
            event("Product Viewed", "ann", 90, product_id="jar"),
            event("Products Searched", "bob", 0, query=" "),
            event("Product Clicked", "bob", 1, product_id="jar"),
        ]
    )
    assert queries(store) == [("something for tea", "pot"), ("cup", "mug")]


def test_who_does_not_allow_training_teaches_nothing(store: Store) -> None:
    for customer in ("shy", ""):
        store.put_events(
            [
                event("Products Searched", customer, 0, query="tea"),
                event("Product Clicked", customer, 1, product_id="pot"),
            ]
        )
        store.put_orders(order(f"{customer}{at}", customer, NOON, "mug", "pot") for at in range(3))
    assert {pair.kind for pair in read_pairs(store, PRODUCTS)} == {"descriptions"}


def test_a_chat_is_answered_by_what_it_showed_and_was_put_in_the_cart_or_bought(store: Store) -> None:
    talk = store.start_conversation("ann")
    shown = ({"id": "mug"}, {"id": "jar"})
    turn = Turn("t", talk, "ann", NOON, "hello, do you have cups?", "yes", "find", "model", cards=shown)
    store.add_turn(replace(turn, trace={"topic": "cups"}))
    store.add_turn(replace(turn, id="u", message="thanks", cards=()))
    assert queries(store) == []
    store.put_cart(talk, {"jar": 1, "pot": 1})
    assert queries(store) == [("cups", "jar")]
    store.put_orders([order("o", "ann", NOON + timedelta(days=2), "mug", "pot")])
    assert sorted(queries(store)) == [("cups", "jar"), ("cups", "mug")]


def test_bought_together_by_more_than_one_customer(store: Store) -> None:
    store.put_orders([order("1", "ann", NOON, "mug", "pot"), order("2", "ann", NOON, "mug", "pot")])
    together = [pair for pair in read_pairs(store, PRODUCTS) if pair.kind == "together"]
    assert together == []
    later = NOON + timedelta(days=1)
    store.put_orders([order("3", "bob", later, "mug", "pot", "jar")])
    together = [pair for pair in read_pairs(store, PRODUCTS) if pair.kind == "together"]
    assert together == [Pair("together", product_text(MUG), "pot", later, "mug")]


def named(held_out: bool, count: int) -> list[Product]:
    every = (Product(f"p{at}", f"thing number {at} of many") for at in range(1000))
    return [product for product in every if is_held_out(product) is held_out][:count]


def test_parts_share_no_product_no_text_and_no_time() -> None:
    (new,), old = named(True, 1), named(False, 6)
    pairs = [Pair("queries", f"text {at}", one.id, NOON + timedelta(days=at)) for at, one in enumerate(old)]
    pairs += [
        Pair("descriptions", "text 1", new.id),
        Pair("descriptions", "text of its own", new.id),
        Pair("descriptions", "text of another", old[0].id),
        Pair("together", "name", old[0].id, NOON, new.id),
        Pair("queries", "TEXT 1!", old[2].id, NOON + timedelta(days=9)),
    ]
    split = split_pairs(pairs, [new, *old])
    assert split.cut == NOON + timedelta(days=5)
    assert [p.text for p in split.train] == [
        "text 0",
        "text 1",
        "text 2",
        "text 3",
        "text 4",
        "text of another",
    ]
    assert [p.text for p in split.test] == ["text 5", "text of its own"]
    again = split_pairs(pairs, [new, *old], cut=NOON + timedelta(days=3))
    assert [p.text for p in again.test if p.kind == "queries"] == ["text 3", "text 4", "text 5"]
    assert again.digest() != split.digest() == split_pairs(pairs[::-1], [new, *old]).digest()


def test_variants_of_one_name_are_in_one_part() -> None:
    for at in range(30):
        name = f"Canvas bag model {at}"
        assert is_held_out(Product("a", f"{name}, red")) == is_held_out(Product("b", f"{name} (blue, large)"))
