"""Filters over columns say what filters over products say, on made-up and on real products."""

from __future__ import annotations

import gzip
import itertools
import random
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from retrieval.filters import Filters, holds, states
from retrieval.shelf import Shelf, build_shelf
from shop.types import Money, Product, Rating, Variant
from tests.retrieval.conftest import PRODUCTS

ROOT = Path(__file__).parents[2]
WORDS = "red blue rose gold lid no zip free bag mug xl m s 10 cotton handle without".split()


def random_product(chance: random.Random, number: int) -> Product:
    def text(most: int) -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(0, most)))

    def money() -> Money | None:
        return Money(Decimal(chance.randint(1, 2000)) / 100, "GBP") if chance.random() < 0.7 else None

    variants = tuple(
        Variant(
            f"{number}-{place}",
            {name: text(2) for name in chance.sample(["size", "Color", "colour", "Material"], 2)},
            money(),
            chance.choice([True, False, None]),
        )
        for place in range(chance.choice([0, 0, 1, 3]))
    )
    return Product(
        str(number),
        text(6) or "bag",
        bullets=tuple(text(5) for _ in range(chance.randint(0, 2))),
        brand=chance.choice(["", "Red Mug", "Gold", "Lid"]),
        colour=chance.choice(["", "Red", "Rose Gold"]),
        categories=tuple(chance.sample(["Bags", "Mugs & cups", "Gold"], chance.randint(0, 2))),
        price=money(),
        rating=Rating(chance.randint(0, 50) / 10, 3) if chance.random() < 0.5 else None,
        in_stock=chance.choice([True, False, None]),
        variants=variants,
        attributes={name: text(3) for name in chance.sample(["size", "Size", "material", "care"], 2)},
    )


def random_filters(chance: random.Random) -> Filters:
    def some(values: list[str]) -> tuple[str, ...]:
        return tuple(chance.sample(values, chance.choice([0, 0, 0, 1, 2])))

    price = chance.choice([None, None, Decimal("3.50"), Decimal("12")])
    return Filters(
        min_price=price if chance.random() < 0.5 else None,
        max_price=price,
        categories=some(["bags", "mugs", "cups gold", "nothing"]),
        brands=some(["gold", "red mug", "lid"]),
        colours=some(["red", "rose gold", "blue"]),
        options=tuple(
            (chance.choice(["size", "material", "colour"]), v) for v in some(["xl", "cotton", "10"])
        ),
        in_stock=chance.random() < 0.3,
        min_rating=chance.choice([None, None, 3.0, 4.5]),
        without=some(["lid", "zip bag", "handle"]),
        not_colours=some(["red", "gold"]),
    )


def real_products() -> list[Product]:
    from shop.sources import read_products

    found: list[Product] = []
    for sample in sorted((ROOT / "shop" / "samples").rglob("*products*.gz")):
        try:
            found += list(read_products(sample, "auto", "GBP").products)[:400]
        except (OSError, gzip.BadGzipFile):
            continue
    return found


def check(shelf: Shelf, products: list[Product], filters: Filters) -> int:
    rows = np.arange(len(products))
    found = shelf.columns.keeps(filters, rows)
    expected = [filters.matches(product) for product in products]
    wrong = [products[row] for row in rows if found[row] != expected[row]]
    assert not wrong, (filters, wrong[:2])
    return sum(expected)


@pytest.mark.parametrize("seed", range(4))
def test_masks_are_matches_on_random_products(seed: int) -> None:
    chance = random.Random(seed)
    products = [random_product(chance, number) for number in range(300)]
    shelf = build_shelf(products, None, 4)
    kept = [check(shelf, products, random_filters(chance)) for _ in range(150)]
    assert sum(0 < count < 300 for count in kept) > 40, "most filters have to keep some and not all"


def test_masks_are_matches_on_the_samples() -> None:
    products = [*PRODUCTS, *real_products()]
    shelf = build_shelf(products, None, 4)
    singles = [
        Filters(max_price=Decimal("10")),
        Filters(min_price=Decimal("4.25")),
        Filters(categories=("Mugs",)),
        Filters(brands=("Hickory",)),
        Filters(colours=("red",)),
        Filters(not_colours=("black",)),
        Filters(options=(("size", "M"),)),
        Filters(in_stock=True),
        Filters(min_rating=4.0),
        Filters(without=("bag",)),
        Filters(without=("batteries", "zipper")),
    ]
    for first, second in itertools.combinations_with_replacement(singles, 2):
        check(shelf, products, first.merged(second))


@pytest.mark.parametrize("name", ["price", "stock", "rating", "colour", "brand", "category", "size", "care"])
def test_columns_state_what_products_state(name: str) -> None:
    chance = random.Random(5)
    products = [*PRODUCTS, *(random_product(chance, number) for number in range(200))]
    shelf = build_shelf(products, None, 4)
    assert shelf.columns.stating(name).tolist() == [states(product, name) for product in products]


@pytest.mark.parametrize("phrase", ["lid", "zip", "red bag", "mug free", "unknown"])
def test_without_reads_words_as_written(phrase: str) -> None:
    chance = random.Random(11)
    products = [random_product(chance, number) for number in range(400)]
    shelf = build_shelf(products, None, 4)
    kept = shelf.columns.keeps(Filters(without=(phrase,)), np.arange(400))
    assert kept.tolist() == [not holds(product, phrase) for product in products]
