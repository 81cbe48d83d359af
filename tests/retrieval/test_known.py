"""What is known of named products is what their pages say, and stays as it was at one moment."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from retrieval.embedding import HashEmbedder
from retrieval.filters import Filters
from retrieval.passages import Passages
from retrieval.search import Search
from retrieval.shop_library import ShopLibrary
from retrieval.vectors import MemoryVectors
from shop.store import Store
from shop.types import Money
from tests.retrieval.conftest import PRODUCTS

IDS = tuple(product.id for product in PRODUCTS)


def test_prices_and_categories_are_those_of_the_products(search: Search) -> None:
    assert search.prices_of([*IDS, "no such"]) == [p.price.amount for p in PRODUCTS if p.price]
    assert search.categories_of([*IDS, "no such"]) == [p.category for p in PRODUCTS]


def test_passing_is_what_each_product_says(search: Search) -> None:
    for filters in (Filters(colours=("red",)), Filters(max_price=Decimal(2)), Filters(brands=("hickory",))):
        found = search.passing(filters, (*IDS, "no such")).tolist()
        assert found == [*(filters.matches(product) for product in PRODUCTS), False]
        assert any(found)


def test_likeness_by_id_is_that_of_the_hits(search: Search) -> None:
    for filters in (Filters(), Filters(colours=("red",)), Filters(without=("retrospot",))):
        hits = search.similar("b1", 4, filters)
        assert search.ids_like("b1", 4, filters) == [(hit.product.id, hit.score) for hit in hits]
        assert hits and all(filters.matches(hit.product) for hit in hits)
    assert search.ids_like("no such", 4, Filters()) == []


def test_a_moment_stays_while_the_search_follows(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path}/shop.db") as store:
        store.put_products(PRODUCTS)
        library = ShopLibrary(store, tmp_path, HashEmbedder(), MemoryVectors)
        search = Search.over(library, Passages([], None), (), HashEmbedder())
        moment = search.now()
        store.put_products([replace(PRODUCTS[0], price=Money(Decimal(99), "GBP"))])
        assert moment.prices_of(["b1"]) == [Decimal("1.65")]
        assert search.prices_of(["b1"]) == search.now().prices_of(["b1"]) == [Decimal(99)]
