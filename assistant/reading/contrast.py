"""What a question wants two products compared by, and what their pages say to that.

"Which is waterproof, A or B?" is a yes or no for each; "compare the warranty of A and B" a sentence
from each; "which has more pockets?" a number from each. Price and rating are records' to answer, and
a comparison of nothing in particular is everything both state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.reading.amounts import read_amount
from assistant.reading.answers import Reader, Reading
from assistant.reading.counting import NUMBER, NUMBER_VALUES
from assistant.reading.language import Comparative
from assistant.reading.page import plain
from retrieval.words import stems
from shop.types import Product

Kind = Literal["whole", "price", "rating", "which", "more", "aspect"]
MORE = frozenset({"more", "most"})


@dataclass(frozen=True, slots=True)
class Contrast:
    """What is compared: `readings` are the pages' answers in the order of the products; `winner` the
    place of the product that has more of what is counted, None where that cannot be said."""

    kind: Kind = "whole"
    readings: tuple[Reading, ...] = ()
    winner: int | None = None


def read_contrast(reader: Reader, text: str, pair: tuple[Product, Product]) -> Contrast:
    """What `text` asks about the two products of `pair`."""
    patterns = reader.language.contrast
    lowered = plain(text)
    which = patterns["which"].search(lowered)
    predicate = which["predicate"].strip() if which else ""
    if aspect := patterns["aspect"].search(text):
        asked = plain(aspect["aspect"])
        if not re.search(r"\b(?:and|with|or|versus|vs)\b", asked) and not _names(asked, pair):
            return _aspect(reader, asked, pair)
    scope = lowered[: which.end()] if which else lowered
    if which or re.search(r"\bthan\b", lowered):
        if patterns["rating"].search(scope):
            return Contrast("rating")
        if patterns["price"].search(scope):
            return Contrast("price")
    more = patterns["more"].search(predicate)
    counts = _more(reader, more["counted"], more["direction"] in MORE, pair) if more else None
    if counts and counts.winner is not None:
        return counts  # "holds more cans" counts cans, before it asks for a volume
    for comparative in reader.language.comparatives:
        if comparative.says.search(predicate):
            return _measured(reader, comparative, pair)
    if counts:
        return counts
    if predicate:
        readings = tuple(reader.read_statement(predicate, product) for product in pair)
        if any(reading.asked for reading in readings):
            return Contrast("which", readings)
    return Contrast()


def _aspect(reader: Reader, aspect: str, pair: tuple[Product, Product]) -> Contrast:
    asked = aspect if aspect.startswith(("how", "what")) else f"what is the {aspect}"
    return Contrast("aspect", tuple(reader.read_statement(asked, product) for product in pair))


def _names(said: str, pair: tuple[Product, Product]) -> bool:
    """Whether words are one of the products' name, no aspect of them."""
    return any(set(stems(said)) <= set(stems(f"{product.title} {product.brand}")) for product in pair)


def _measured(reader: Reader, comparative: Comparative, pair: tuple[Product, Product]) -> Contrast:
    readings = tuple(reader.read_statement(comparative.asks, product) for product in pair)
    amounts = [read_amount(reading.quote, comparative.unit) for reading in readings]
    return Contrast("more", readings, _place(amounts[0], amounts[1], comparative.more))


def _place(one: float | None, other: float | None, most: bool) -> int | None:
    """Which of two amounts is the one with more (or less); None where that cannot be said."""
    if one is None or other is None or one == other:
        return None
    return 0 if (one > other) == most else 1


def _more(reader: Reader, counted: str, most: bool, pair: tuple[Product, Product]) -> Contrast:
    for kind in ("dose", "data"):
        readings = tuple(reader.read_statement(f"how much {counted}", product) for product in pair)
        amounts = [read_amount(reading.counted, kind) for reading in readings]
        if None not in amounts:
            return Contrast("more", readings, _place(amounts[0], amounts[1], most))
    readings = tuple(reader.read_statement(f"how many {counted}", product) for product in pair)
    numbers = [_number(reading.counted) for reading in readings]
    return Contrast("more", readings, _place(numbers[0], numbers[1], most))


def _number(said: str) -> float | None:
    found = NUMBER.search(said)
    if not found:
        return None
    word = re.split(r"[-–\s]", found[0].lower())[-1]
    return float(NUMBER_VALUES[word]) if word in NUMBER_VALUES else float(re.sub(r"\D", "", word) or 0)
