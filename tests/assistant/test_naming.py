"""Products named by their own words, alone and two at a time."""

from __future__ import annotations

import pytest

from assistant.chat import Assistant


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
