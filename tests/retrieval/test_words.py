from __future__ import annotations

import pytest

from retrieval.search import Search
from retrieval.vocabulary import Vocabulary, names_same
from retrieval.words import join_sizes, words
from shop.types import Product


@pytest.mark.parametrize(
    "text", ['12" ruler', "12in ruler", "12-inch ruler", "12 inch ruler", "12inches ruler", "12″ ruler"]
)
def test_units_are_spelled_one_way(text: str) -> None:
    assert words(text) == ["12", "inch", "ruler"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("16.4ft led", ["16.4", "ft", "led"]),
        ("say 'cup'", ["say", "cup"]),
        ("12 in stock", ["12", "in", "stock"]),
        ('1/2" binder', ["1/2", "inch", "binder"]),
        ("size 34W 10M", ["size", "34w", "10m"]),
        ("5kids", ["5kids"]),
    ],
)
def test_and_nothing_else_is_a_unit(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_a_slip_beside_a_neighbour(vocabulary: Vocabulary) -> None:
    assert vocabulary.correct_beside("bga", "lunch", "") == "bag"
    assert vocabulary.correct_beside("bga", "christmas", "") == "bga"
    assert vocabulary.correct_beside("mug", "lunch", "") == "mug"


def test_a_compound_is_no_mistyping() -> None:
    vocabulary = Vocabulary([Product(id=str(n), title="Ceiling Fan with Chains") for n in range(5)])
    assert vocabulary.correct("chainsaw") == "chainsaw"


def test_departments_and_roots(search: Search) -> None:
    assert {hit.product.id for hit in search.search("crockery").hits} >= {"m1", "s1"}
    assert search.search("drinkware").outcome == "found"
    assert search.search("jewellery").outcome == "not_stocked"
    assert {hit.product.id for hit in search.search("clothing").hits} == {"t1"}


def test_a_letter_of_a_pair_forgotten() -> None:
    vocabulary = Vocabulary([Product(id=str(n), title="Red Wall Clock") for n in range(3)])
    assert vocabulary.correct_beside("wal", "", "clock") == "wall"


def test_a_department_before_for(search: Search) -> None:
    assert {hit.product.id for hit in search.search("crockery for mum").hits} >= {"m1", "s1"}


@pytest.mark.parametrize(
    "text", ["Flip'n'Tray", "Flip’n’Tray", "Flip 'n' Tray", "flip n tray", "Flip 'n Tray"]
)
def test_and_between_two_words_is_a_word(text: str) -> None:
    assert words(text) == ["flip", "n", "tray"]


@pytest.mark.parametrize(
    "text", ["12in.x16in. cloth", '12" x 16" cloth', "12 x 16 inch cloth", "12x16 cloth"]
)
def test_the_sides_of_a_size_are_one_word(text: str) -> None:
    assert join_sizes(text).replace(".", "").split() == ["12x16", "cloth"]


def test_another_name_for_the_same_thing() -> None:
    assert names_same("plates", "Ocean Dinnerware Set") and names_same("couch", "Sofa with Chaise")
    assert not names_same("strap", "Sports Bra") and not names_same("lid", "Dinnerware Set")
