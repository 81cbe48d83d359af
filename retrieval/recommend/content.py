"""What two products have in common, by name: the evidence for "similar".

Knows products' names and attributes; knows nothing of who bought what.
"""

from __future__ import annotations

from retrieval import english
from retrieval.words import stem_set, words
from shop.types import Product

MOST_WORDS = 4
_SAY_NOTHING = english.FILLER | english.LINKS | english.PACKS


def shared_attributes(first: Product, second: Product) -> dict[str, str]:
    """What both pages say, in the first one's words: name (words of both names), colour, brand, category."""
    # No stems here: a "coloured" thing is not called "colour".
    other = {word.removesuffix("s") for word in words(second.title)}
    said = [
        word
        for word in dict.fromkeys(words(first.title))
        if word.removesuffix("s") in other and word.isalpha() and len(word) > 2 and word not in _SAY_NOTHING
    ]
    found = {"name": " ".join(said[:MOST_WORDS])}
    for name in ("colour", "brand", "category"):
        mine, theirs = getattr(first, name), getattr(second, name)
        # What the name says already is not said twice.
        if mine and mine.casefold() == theirs.casefold() and not stem_set(mine) <= stem_set(found["name"]):
            found[name] = mine
    return {name: value for name, value in found.items() if value}
