from decimal import Decimal

import pytest

from assistant.memory import State, latest_state, read_state
from assistant.references import resolve
from shop.types import Money, Product

PRODUCTS = {
    p.id: p
    for p in (
        Product("a", "Red Lunch Bag", colour="Red", price=Money(Decimal("1.65"), "GBP")),
        Product("b", "Blue Tea Towel", colour="Blue", price=Money(Decimal("2.95"), "GBP")),
        Product("c", "Brass Lantern", price=Money(Decimal("0.85"), "GBP")),
        Product("d", "Unpriced Mug"),
    )
}
STATE = State(shown=("a", "b", "c", "d"), focus=("b",))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("tell me about the second one", ("b",)),
        ("what about the 3rd?", ("c",)),
        ("number 4 please", ("d",)),
        ("compare the first and the third", ("a", "c")),
        ("the first two", ("a", "b")),
        ("the last one", ("d",)),
        ("the cheapest one", ("c",)),
        ("the most expensive of them", ("b",)),
        ("is the lantern sturdy", ("c",)),
        ("how big is that red one", ("a",)),
        ("is it washable?", ("b",)),
        ("are they both in stock? both please", ("a", "b", "c", "d")),
        ("the seventh", ()),
        ("show me candles", ()),
        ("that's all", ()),
    ],
)
def test_pointing_words(text, ids):
    assert resolve(text, STATE, PRODUCTS).ids == ids


def test_nothing_shown_nothing_meant():
    assert resolve("the second one", State(), PRODUCTS).ids == ()


def test_a_position_that_was_not_shown_is_noticed():
    assert resolve("the seventh", STATE, PRODUCTS).cue == "ordinal"


def test_state_survives_json_and_ignores_what_it_does_not_know():
    import json

    state = State(shown=("a",), searched=("lunch bag", "in red"), below="1.64", order_id="#W1")
    stored = json.loads(json.dumps(state.as_json() | {"from_the_future": 3}))
    assert read_state(stored) == state
    assert latest_state([]) == State()
