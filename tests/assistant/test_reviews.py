"""What buyers wrote: counted, quoted, and never the page's word."""

from __future__ import annotations

import pytest

from assistant.reading import read_reviews
from assistant.reading.language import load_language
from shop.types import Product, Rating, Review

JACKET = Product(
    "j",
    "Fell Rain Jacket",
    brand="Moorland",
    rating=Rating(4.1, 310),
    reviews=(
        Review("Warm and light. It runs small, order one size up.", 4.0),
        Review("Fits perfectly. The zip is smooth.", 5.0),
        Review("The zip broke after a week.", 1.0),
        Review("Bought it for my son.", None),
    ),
)


@pytest.mark.parametrize(
    ("question", "topic", "about", "quoted"),
    [
        (
            "What do reviews say about the zip?",
            "the zip",
            2,
            ("The zip is smooth", "The zip broke after a week"),
        ),
        ("Do people complain about the size of the Fell jacket?", "the size", 2, ("Fits perfectly",)),
        ("Do any reviews mention the hood?", "the hood", 0, ()),
        (
            "What do customers think of the Fell rain jacket?",
            "",
            4,
            ("Fits perfectly", "The zip broke after a week"),
        ),
    ],
)
def test_reviews_that_speak_of_something_are_counted_and_quoted(question, topic, about, quoted):
    said = read_reviews(question, JACKET, load_language())
    assert (said.topic, said.about, said.total) == (topic, about, 4)
    assert tuple(one.sentence for one in said.quotes) == quoted


def test_only_reviews_with_stars_are_counted_by_them():
    said = read_reviews("How are the reviews of the Fell jacket?", JACKET, load_language())
    assert (said.starred, said.good) == (3, 2)


def test_the_counts_and_the_words_are_said(say):
    done = say("What do the reviews say about the size of the steel travel mug?")
    assert done.acts[0] == "reviews_about"
    assert "2 of the 3 reviews of Steel Travel Mug mention the size" in done.reply
    assert "“Too small for a cyclist's morning”" in done.reply
    assert done.sources[0].excerpt and not done.denies


def test_a_topic_that_no_review_mentions(say):
    done = say("Do any reviews of the steel travel mug mention the colour?")
    assert "None of the 3 reviews of Steel Travel Mug mentions" in done.reply


def test_reviews_as_a_whole(say):
    done = say("What do customers think of the steel travel mug?")
    assert done.acts[:2] == ("reviews_count", "reviews_liked")
    assert "3 reviews" in done.reply and "1 of 2" in done.reply
    assert "Keeps tea hot for hours" in done.reply and "1 out of 5" in done.reply


def test_without_their_words_only_the_rating_is_told(say):
    done = say("What do the reviews of the blue enamel mug say?")
    assert done.acts == ("reviews_unread",) and "4.8" in done.reply


def test_a_review_is_no_answer_of_the_page(say):
    done = say("Is the steel travel mug leakproof?")
    assert "page_yes" not in done.acts and "page_no" not in done.acts and "lid leaked" not in done.reply
