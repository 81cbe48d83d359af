from __future__ import annotations

from collections.abc import Callable, Hashable

from retrieval.variety import thing, vary
from retrieval.words import words
from shop.types import Product

SHOES = [
    Product(id=f"s{n}", title=f"Scuff Slipper, {colour}, {n}", brand="UGG", colour=colour)
    for n, colour in enumerate(["Black", "Chestnut", "Blue", "Grey"])
]
OTHERS = [Product(id="o0", title="Ascot Slipper", brand="UGG"), Product(id="o1", title="Moccasin")]


def versions(products: list[Product]) -> Callable[[int], Hashable]:
    return lambda row: thing(words(products[row].title), products[row].colour, products[row].brand)


def test_versions_stand_back_behind_other_things() -> None:
    assert vary(range(6), versions(SHOES + OTHERS), 4) == [0, 1, 4, 5, 2, 3]


def test_nothing_is_lost_or_moved_without_need() -> None:
    assert vary(range(4), versions(SHOES), 4) == [0, 1, 2, 3]
    assert vary([4, 0, 5, 1], versions(SHOES + OTHERS), 2) == [4, 0, 5, 1]
    assert vary([], versions(SHOES), 3) == []
