"""What two products are said to have in common: words that both names hold and that tell something."""

from __future__ import annotations

import pytest

from retrieval.recommend.content import shared_attributes
from shop.types import Product


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("Hand Warmer Owl Design", "Hand Warmer Union Jack", {"name": "hand warmer"}),
        ("Red Lamps", "Blue Lamp", {"name": "lamps"}),
        ("Retrospot Sticker Set", "Set of 6 Retrospot Plates", {"name": "retrospot"}),
        ("Pack of 72 Cake Cases", "Pack of 20 Napkins", {}),
        ("Jug for the Garden", "Seat for the Hall", {}),
    ],
)
def test_names_have_their_telling_words_in_common(first: str, second: str, shared: dict[str, str]) -> None:
    assert shared_attributes(Product("a", first), Product("b", second)) == shared


def test_what_the_name_says_is_not_said_twice() -> None:
    lamp = Product("a", "Red Lamp", colour="Red", brand="Lumo", categories=("Home", "Lamps"))
    other = Product("b", "Lamp Red Small", colour="red", brand="LUMO", categories=("Home", "Lamps"))
    assert shared_attributes(lamp, other) == {"name": "red lamp", "brand": "Lumo"}
