"""Which values of a product's options some words state, and how values are ordered.

Compares words with the values that the product's own variants have: "large" is L, "google" is
"Google Assistant" where no other value has that word. Knows nothing of what is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from retrieval.words import normalise, stem, words
from shop.types import Product

SIZES = ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl")


SIZE_WORDS = {
    "extra small": "xs",
    "small": "s",
    "medium": "m",
    "large": "l",
    "extra large": "xl",
    "double extra large": "xxl",
}


SCALES = (
    SIZES,
    ("portable", "small", "medium", "large"),
    ("low", "medium", "standard", "high", "high-back"),
    ("beginner", "intermediate", "expert"),
    ("basic", "professional"),
    ("light", "medium", "dark"),
    ("1080p", "2k", "4k", "5k"),
)


NO = {"no", "none", "without", "not", "non"}


SPELLED = {
    "grey": "gray",
    "wooden": "wood",
    "golden": "gold",
    "colour": "color",
    "litre": "liter",
    "litres": "liter",
    "liters": "liter",
    "l": "liter",
}


def options_of(product: Product) -> dict[str, tuple[str, ...]]:
    """Every option of a product with the values its variants have, in order of first appearance."""
    found: dict[str, dict[str, None]] = {}
    for variant in product.variants:
        for name, value in variant.options.items():
            found.setdefault(name, {})[value] = None
    return {name: tuple(values) for name, values in found.items()}


@lru_cache(maxsize=4096)
def order_of(value: str, scale: tuple[str, ...]) -> float | None:
    """Where `value` stands among the values of its option: its number, or its place on a known scale."""
    plain = value.strip().lower()
    for known in SCALES:
        if plain in known and sum(each.strip().lower() in known for each in scale) == len(scale):
            return float(known.index(plain))
    match = re.search(r"\d+(?:\.\d+)?", plain)
    return float(match[0]) if match else None


def place(product: Product, option: str, value: str) -> float | None:
    """`order_of` a product's option value."""
    return order_of(value, options_of(product).get(option, ()))


def name_words(name: str) -> list[str]:
    """The words of an option's name that tell it apart."""
    return [word for word in words(name) if word not in {"type", "level", "of"}] or words(name)


def name_forms(name: str) -> list[str]:
    """The ways an option's name is written, longest first."""
    plain = normalise(name)
    forms = {plain, plain.replace("/", " ")}
    own = name_words(name)
    forms.update(word for word in own if len(word) > 2)
    forms.update({"waterproof", "water resistant"} if "water" in own else set())
    forms.update({"colour"} if "color" in own else set())
    return sorted(
        forms | {f"{form}{'es' if form[-1] == 's' else 's'}" for form in forms}, key=len, reverse=True
    )


def values_in(
    text: str, name: str, values: Sequence[str], options: Mapping[str, Sequence[str]]
) -> list[tuple[int, str]]:
    """(position, value) for every value of option `name` that the text states, in order of the text."""
    plain = normalise(text)
    found: dict[str, int] = {}
    for value in sorted(values, key=len, reverse=True):
        at = _find_value(text, plain, name, value, values, options)
        if at is not None and not any(
            other != value
            and stem(value.lower()) in normalise(other)
            and found[other] <= at < found[other] + len(other)
            for other in found
        ):
            found[value] = at
    return sorted((at, value) for value, at in found.items())


def _find_value(
    text: str, plain: str, name: str, value: str, values: Sequence[str], options: Mapping[str, Sequence[str]]
) -> int | None:
    low = value.strip().lower()
    forms = "|".join(re.escape(form) for form in name_forms(name))
    if low in {"yes", "no", "none"} or low.startswith("not "):
        said = re.search(rf"\b{re.escape(low)}\b", plain) if " " in low else None
        return said.start() if said else _find_yes_no(plain, low, forms)
    if low in SIZES:
        return _find_size(text, plain, low, forms)
    if re.fullmatch(r"\d+(?:\.\d+)?", low):
        match = re.search(
            rf"\b(?:{forms})\b\W{{0,4}}(?:of |is |to |a |number )*{low}\b|(?<![\d.#]){low}[ -](?:{forms})\b",
            plain,
        )
        match = match or re.search(rf"\bto (?:a |an |size )?{low}\b(?! more|[ -]?[a-z]*\d)", plain)
        return match.start() if match else None
    return _find_words(plain, value, values, name, options)


def _find_yes_no(plain: str, low: str, forms: str) -> int | None:
    said = re.search(rf"\b(?:(?P<no>no|none|not|non|without|isn't)[ -](?:\w+ ){{0,2}})?(?:{forms})\b", plain)
    if said is None:
        return None
    is_no = bool(said["no"]) or bool(re.match(r"\W{0,4}(?:no|none|off)\b", plain[said.end() :]))
    if low == "yes":
        says = not is_no and re.search(rf"\b(?:{forms})\b\W{{0,4}}(?:yes\b)?", plain)
        # "waterproof" alone asks for it; "the same waterproof" or "size" do not.
        bare = re.search(rf"(?:same|keep|about|whether)\b[^,.;]*\b(?:{forms})\b", plain)
        return said.start() if says and not bare else None
    return said.start() if is_no else None


def _find_size(text: str, plain: str, low: str, forms: str) -> int | None:
    match = re.search(rf"(?<![\w'-]){low.upper()}(?![\w'-])", text)
    if match:
        return match.start()
    for phrase, letter in sorted(SIZE_WORDS.items(), key=lambda pair: -len(pair[0])):
        if letter == low:
            match = re.search(rf"(?<!extra )(?<!extra-)\b{phrase}\b", plain)
            if match:
                return match.start()
    match = re.search(rf"\bsize[ :'\"]*{low}\b", plain)
    return match.start() if match else None


def _spell(word: str) -> str:
    return SPELLED.get(word, word)


def _find_words(
    plain: str, value: str, values: Sequence[str], name: str, options: Mapping[str, Sequence[str]]
) -> int | None:
    tokens = [
        (match.start(), _spell(match[0])) for match in re.finditer(r"\d+(?:\.\d+)?|[^\W\d_]+|[+>%]", plain)
    ]
    own = [_spell(word) for word in re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+|[+%]", normalise(value))]
    stems_ = [stem(word) for word in own]
    for start in range(len(tokens) - len(own) + 1):
        window = tokens[start : start + len(own)]
        if [stem(word) for _, word in window] == stems_:
            return window[0][0]
    digits = [word for word in own if word[0].isdigit()]
    letters = [word for word in own if not word[0].isdigit()]
    if digits and letters:
        return None
    # One word that no other value of any option shares names the value: "google" is "Google Assistant".
    others = {
        stem(_spell(word))
        for option, each in options.items()
        for other in each
        if (option, other) != (name, value)
        for word in words(other)
    } | {stem(word) for option in options for word in words(option)}
    for at, word in tokens:
        if len(word) >= 3 and stem(word) in stems_ and stem(word) not in others:
            return at
    if len(own) == 1 and len(own[0]) >= 5:
        for at, word in tokens:
            if len(word) >= 5 and (word.startswith(own[0][:5]) and own[0][:-1] in word):
                return at
        rivals = [each for each in values if each != value]
        for at, word in tokens:
            if (
                len(word) >= 4
                and own[0].startswith(word)
                and not any(normalise(v).startswith(word) for v in rivals)
            ):
                return at
    return None


def describes(text: str, options: Mapping[str, str], product: Product | None) -> int:
    """How many of a line's option values `text` states, less those it contradicts."""
    if product is None:
        return 0
    score = 0
    known = options_of(product)
    for name, value in options.items():
        found = [each for _, each in values_in(text, name, known.get(name, (value,)), known)]
        score += (value in found) - (bool(found) and value not in found)
    return score


def values_named(text: str, products: Iterable[Product]) -> bool:
    """Whether `text` states any option value of these products."""
    return any(
        values_in(text, name, values, options)
        for options in map(options_of, products)
        for name, values in options.items()
    )
