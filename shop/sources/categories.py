"""Readable categories for a catalogue that has none, read out of its titles.

Two steps: nouns and phrases of a general word list (category_words.py), then whatever last nouns
this catalogue itself repeats. Knows titles only; a title that fits neither gets no category.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from shop.sources.category_words import CATEGORY_LINES
from shop.sources.colours import COLOUR_WORDS
from shop.types import Product

MIN_REPEATS = 4
LONGEST_PHRASE = 4

# "set of 6", "pack/12", "box of 24": a container says how many, not what.
CONTAINER = re.compile(
    r"\b(?:sets?|packs?|pk|box|boxes|bags?|pairs?|pieces?|pcs?|s|asst|assorted|bunch|roll|tube)"
    r"\s*(?:of|/)\s*(?:\d+\s+)?"
)
AFTERTHOUGHT = re.compile(r"\s(?:with|w|w/|for|in|on|from|to match)\s")
NOT_NOUNS = COLOUR_WORDS | frozenset(
    """small medium large mini giant big tall round square oval long short set pack of and the a an
    design style assorted asstd colour colours color vintage retro antique traditional classic new
    single double triple pair piece pieces cm mm ml kg no size one two three four retrospot polkadot
    spot spotty stripe striped paisley gingham wood wooden metal glass ceramic enamel zinc paper felt
    plastic cotton wicker wire flock crystal bead beaded diamante pearl shell party home kitchen
    garden girl boy girls boys women men womens mens kids children childrens adult unisex london
    christmas easter birthday happy love s w x xl xxl xs""".split()
)


@dataclass(frozen=True, slots=True)
class _Entry:
    path: tuple[str, ...]
    weakness: int


def singular(word: str) -> str:
    """A word without its plural ending, near enough to compare."""
    if len(word) <= 3 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def plural(word: str) -> str:
    """The plural of a noun, near enough to head a shelf."""
    if word.endswith("s"):
        return word
    if re.search(r"(?:[^aeiou]y)$", word):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("x", "z", "ch", "sh")) else "s")


def title_words(title: str) -> list[str]:
    """The words of a title, lower case, without numbers."""
    return re.findall(r"[a-zà-ÿ][a-zà-ÿ'-]*|&", title.casefold().replace("’", "'"))


@cache
def _entries() -> dict[tuple[str, ...], _Entry]:
    entries: dict[tuple[str, ...], _Entry] = {}
    for line in re.sub(r"\n +", " ", CATEGORY_LINES.strip()).splitlines():
        head, _, nouns = line.partition(":")
        path = tuple(part.strip() for part in head.split(">"))
        for weakness, group in enumerate(nouns.split("|")):
            for phrase in group.split(","):
                key = tuple(singular(word) for word in phrase.split())
                entries.setdefault(key, _Entry(path, weakness))
    return entries


def category_of_title(title: str) -> tuple[str, ...]:
    """The category path a title names by the word list, or ().

    Of several nouns the one before "with", "for" or "in" counts, a phrase more than a word, a
    later one more than an earlier one ("Jam Clock Magnet" is a magnet).
    """
    text = CONTAINER.sub(" ", f" {title.casefold()} ".replace("/", " / ").replace(" / ", "/"))
    main, *rest = AFTERTHOUGHT.split(text, maxsplit=1)
    for weakness in range(3):
        for part in (main, *rest):
            if found := _best(part, weakness):
                return found.path
    return ()


def _best(text: str, weakness: int) -> _Entry | None:
    words = [singular(word) for word in title_words(text.replace("/", " "))]
    entries = _entries()
    best: _Entry | None = None
    best_length = start = 0
    while start < len(words):
        length = next(
            (
                length
                for length in range(min(LONGEST_PHRASE, len(words) - start), 0, -1)
                if tuple(words[start : start + length]) in entries
            ),
            0,
        )
        if length:
            entry = entries[tuple(words[start : start + length])]
            if entry.weakness == weakness and min(length, 2) >= best_length:
                best, best_length = entry, min(length, 2)
        start += max(length, 1)
    return best


def derive_categories(products: Sequence[Product]) -> list[Product]:
    """The products, each without a category given one out of its title where that works."""
    found = [product.categories or category_of_title(product.title) for product in products]
    last_nouns = [_last_noun(product.title) for product in products]
    repeated = Counter(noun for noun, path in zip(last_nouns, found, strict=True) if noun and not path)
    derived = []
    for product, path, noun in zip(products, found, last_nouns, strict=True):
        if not path and repeated[noun] >= MIN_REPEATS:
            path = (plural(noun).capitalize(),)
        if product.categories or not path:
            derived.append(product)
        else:
            derived.append(replace(product, categories=path, categories_derived=True))
    return derived


def _last_noun(title: str) -> str:
    main = AFTERTHOUGHT.split(f" {title.casefold()} ", maxsplit=1)[0]
    words = [singular(word) for word in title_words(main)]
    nouns = [word for word in words if word not in NOT_NOUNS and len(word) > 2]
    return nouns[-1] if nouns else ""
