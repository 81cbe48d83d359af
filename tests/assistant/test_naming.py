"""Products named by their own words, alone and two at a time."""

from __future__ import annotations

import pytest

from assistant.chat import Assistant
from assistant.naming import Namer, is_same_thing
from retrieval.embedding import HashEmbedder
from retrieval.search import Search
from retrieval.vectors import MemoryVectors
from shop.types import Product, Rating


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("Is the Red Ridge two person tent windproof?", "tent-red"),
        ("does the Green Valley tent have a porch", "tent-green"),
        ("is the blue enamel mug dishwasher safe?", "mug-blue"),
    ],
)
def test_a_product_is_named_by_its_title(assistant: Assistant, message, wanted):
    named = assistant.understander.namer.name(message)
    assert named is not None and named.product.id == wanted


@pytest.mark.parametrize("message", ["are your prices fair?", "is it waterproof?", "how long does it take?"])
def test_talk_names_nothing(assistant: Assistant, message):
    named = assistant.understander.namer.name(message)
    assert named is None or not named.sure


@pytest.mark.parametrize(
    "message",
    [
        "Which is lighter, the red ridge tent or the green valley tent?",
        "compare the red ridge tent with the green valley tent",
        "red ridge tent versus green valley tent",
    ],
)
def test_two_products_are_named_in_order(assistant: Assistant, message):
    pair = assistant.understander.namer.pair(message)
    assert pair is not None
    assert [named.product.id for named in pair] == ["tent-red", "tent-green"]


def test_a_question_what_the_shop_has_names_no_product(say):
    assert say("do you have a blue enamel mug?").intent == "find"
    assert say("how many mugs do you have?").intent == "find"
    assert say("what is the cheapest enamel mug?").intent == "find"


def test_a_named_product_is_asked_about_whatever_the_question_resembles(say):
    done = say("Is the red ridge tent OK for a music festival in Wales?")
    assert done.intent == "product_question" and done.cards[0].id == "tent-red"


def test_packs_and_colours_of_one_thing_are_told_from_others():
    small = Product("a", "Alder Zinc 20mg 60 Tablets, White")
    large = Product("b", "Alder Zinc 20mg 180 Tablets (Pack of 2), Blue")
    assert is_same_thing(small, large)
    assert not is_same_thing(small, Product("c", "Alder Zinc Chewable 20mg 60 Tablets"))


@pytest.fixture(scope="module")
def namer() -> Namer:
    products = (
        Product("teal", "Fenwick Kettle", brand="Fenwick", colour="Teal"),
        Product("red", "Fenwick Kettle", brand="Fenwick", colour="Red"),
        Product("few", "Morel Lantern 30 cm", brand="Morel", rating=Rating(4.5, 3)),
        Product("many", "Morel Lantern 40 cm", brand="Morel", rating=Rating(4.5, 900)),
        *(Product(f"x{n}", f"Plain Thing {n}") for n in range(60)),
    )
    return Namer(Search(products, [], HashEmbedder(), MemoryVectors(), MemoryVectors()))


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("is the teal Fenwick kettle cordless?", "teal"),
        ("is the red Fenwick kettle cordless?", "red"),
        ("is the Morel lantern waterproof?", "many"),
        ("is the Morel lantern 30 cm waterproof?", "few"),
    ],
)
def test_a_colour_a_figure_and_else_the_buyers_tell_two_of_a_line_apart(namer, message, wanted):
    named = namer.name(message)
    assert named is not None and named.product.id == wanted


def test_others_that_the_same_words_name_are_known(namer):
    named = namer.name("is the Morel lantern waterproof?")
    assert [product.id for product in named.alike] == ["few"]
    assert namer.name("is the Morel lantern 30 cm waterproof?").alike == ()
