from __future__ import annotations

import time
from decimal import Decimal

import pytest

from retrieval.query import Filters, parse_query
from retrieval.vocabulary import Vocabulary
from shop.types import Product


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("mugs under £20", None, "20"),
        ("mugs below 20 pounds", None, "20"),
        ("mugs for less than 20", None, "20"),
        ("mugs, max 15", None, "15"),
        ("mugs up to $12.50", None, "12.50"),
        ("a mug for £10 or less", None, "10"),
        ("mugs over £5", "5", None),
        ("mugs, at least 5 pounds", "5", None),
        ("mugs between 5 and 10", "5", "10"),
        ("£5-£10 mugs", "5", "10"),
        ("mugs from 5 to 10 pounds", "5", "10"),
        ("mugs around £10", "7.50", "12.50"),
        ("mugs under 50p", None, "0.5"),
        ("mugs under a tenner", None, "10"),
        ("mugs under ten pounds", None, "10"),
        ("mugs at least £3 and under £5", "3", "5"),
        ("mugs under £1,200", None, "1200"),
        ("mugs under £20 in red", None, "20"),
        ("mugs under 20 pounds in red", None, "20"),
        ("mugs under 20 in red", None, "20"),
    ],
)
def test_prices(vocabulary: Vocabulary, text: str, low: str | None, high: str | None) -> None:
    query = parse_query(text, vocabulary)
    assert query.topic in ("mugs", "mug")
    assert query.filters.min_price == (Decimal(low) if low else None)
    assert query.filters.max_price == (Decimal(high) if high else None)


@pytest.mark.parametrize(
    "text", ["set of 6 tea plates", "12 inch ruler", "pack of 3 boxes", "under 12 inches", "under 12 in wide"]
)
def test_numbers_that_are_no_prices(vocabulary: Vocabulary, text: str) -> None:
    query = parse_query(text, vocabulary)
    assert not query.filters
    assert any(character.isdigit() for character in query.topic)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("hi, do you have any tea lights?", "tea lights"),
        ("I'm looking for a gift for my mum", "gift for mum"),
        ("Can you recommend a mug please", "mug"),
        ("show me retro spot lunch bags", "retro spot lunch bags"),
        ("do you sell a money box?", "money box"),
        ("something under £5", ""),
    ],
)
def test_topic_is_what_they_are_after(vocabulary: Vocabulary, text: str, topic: str) -> None:
    assert parse_query(text, vocabulary).topic == topic


@pytest.mark.parametrize(
    ("text", "sort", "superlative"),
    [
        ("the cheapest mug", "price_asc", True),
        ("most expensive candle", "price_desc", True),
        ("best rated belt", "rating", True),
        ("cheap mugs", "price_asc", False),
        ("mugs", "", False),
    ],
)
def test_order(vocabulary: Vocabulary, text: str, sort: str, superlative: bool) -> None:
    query = parse_query(text, vocabulary)
    assert (query.sort, query.superlative) == (sort, superlative)


def test_flags(vocabulary: Vocabulary) -> None:
    assert parse_query("how many mugs do you have", vocabulary).count
    assert parse_query("something cheaper", vocabulary).cheaper
    assert parse_query("a more expensive one", vocabulary).dearer
    assert not parse_query("cheaper than £5", vocabulary).cheaper


def test_filters_read_from_the_catalogue(vocabulary: Vocabulary) -> None:
    assert parse_query("red candle", vocabulary).filters.colours == ("red",)
    assert parse_query("turquoise candle", vocabulary).filters.colours == ()
    assert parse_query("hickory belts", vocabulary).filters.brands == ("Hickory",)
    assert parse_query("t-shirt size M", vocabulary).filters.options == (("size", "M"),)
    assert parse_query("cotton shirt", vocabulary).filters.options == (("material", "cotton"),)
    assert parse_query("belts with 4 stars and up", vocabulary).filters.min_rating == 4.0
    assert parse_query("belts with at least 4.5 stars", vocabulary).filters == Filters(min_rating=4.5)
    assert parse_query("mugs in stock", vocabulary).filters.in_stock


def test_negation(vocabulary: Vocabulary) -> None:
    assert parse_query("lunch bag, not red or pink", vocabulary).filters.not_colours == ("red", "pink")
    assert parse_query("belt without a buckle", vocabulary).filters.without == ("buckle",)
    assert parse_query("sugar-free sweets", vocabulary).filters.without == ("sugar",)
    assert parse_query("a bag but not plastic", vocabulary).filters.without == ("plastic",)
    assert parse_query("no, the blue one", vocabulary).filters == Filters(colours=("blue",))
    assert not parse_query("not sure, maybe a mug", vocabulary).filters


def test_mistypings_are_mended_and_real_words_are_not(vocabulary: Vocabulary) -> None:
    query = parse_query("retrospt lunchbag", vocabulary)
    assert ("retrospt", "retrospot") in query.corrections
    assert parse_query("bicycle", vocabulary).corrections == ()
    assert parse_query("chopping board", vocabulary).corrections == ()


def test_refinement_keeps_topic_and_filters(vocabulary: Vocabulary) -> None:
    first = parse_query("lunch bags under £5", vocabulary)
    red = parse_query("in red", vocabulary, first)
    assert (red.topic, red.filters.colours, red.filters.max_price) == ("lunch bags", ("red",), Decimal(5))
    assert parse_query("under £2", vocabulary, first).filters.max_price == Decimal(2)
    assert parse_query("any mugs?", vocabulary, first).filters.max_price is None
    assert parse_query("vintage ones", vocabulary, first).topic == "vintage lunch bags"


def test_fast_enough(vocabulary: Vocabulary) -> None:
    started = time.process_time()
    for number in range(100):
        parse_query(f"hi, a red lunch bag number {number} under £5, not pink, in stock", vocabulary)
    assert (time.process_time() - started) / 100 < 0.005


@pytest.mark.parametrize("text", ["", "   ", "?!", "£", "🎁", "a" * 5000, "under under under", "not"])
def test_odd_input_is_an_empty_or_plain_query(vocabulary: Vocabulary, text: str) -> None:
    parse_query(text, vocabulary)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("my cat hurt itself, do you have a lunch bag", "lunch bag"),
        ("my friend Yvonne needs a mug with hearts", "mug with hearts"),
        ("mugs please, do you have any?", "mugs"),
        ("I'm after a mug for the kitchen", "mug for kitchen"),
        ("a mug for people who need a handle", "mug for people handle"),
    ],
)
def test_of_a_sentence_what_is_wished_for(vocabulary: Vocabulary, text: str, topic: str) -> None:
    assert parse_query(text, vocabulary).topic == topic


def test_a_brand_is_named_as_it_is_spelled() -> None:
    vocabulary = Vocabulary([Product(id="b", title="Dog Bowl", brand="BUDDING")])
    assert parse_query("ear buds", vocabulary).filters.brands == ()
    assert parse_query("budding bowl", vocabulary).filters.brands == ("BUDDING",)


@pytest.mark.parametrize(
    ("text", "topic"), [("formal wear for men", "formalwear for men"), ("sports-wear", "sportswear")]
)
def test_a_kind_of_wear_is_one_word(vocabulary: Vocabulary, text: str, topic: str) -> None:
    assert parse_query(text, vocabulary).topic == topic


@pytest.mark.parametrize("text", ["batteries not included", "a book for whom food is not enough"])
def test_what_is_not_enough_or_not_included_is_not_left_out(vocabulary: Vocabulary, text: str) -> None:
    assert not parse_query(text, vocabulary).filters


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("not keen on mugs", ("mugs",)),
        ("I can't stand mugs", ("mugs",)),
        ("no more mugs please", ("mugs",)),
        ("mugs not so much", ("mugs",)),
        ("nothing with mugs", ("mugs",)),
        ("please don't suggest mugs again", ("mugs",)),
        ("they have loads of mugs already", ("mugs",)),
        ("nothing to do with you", ()),
    ],
)
def test_ways_to_say_what_is_not_wanted(vocabulary: Vocabulary, text: str, left_out: tuple[str, ...]) -> None:
    assert parse_query(text, vocabulary).filters.without == left_out
