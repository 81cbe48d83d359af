"""Which options of a product some words describe: "purple, same size, prefer polyester".

Reads against the options that the product's own variants have, so that nothing about any shop is
written here. Values are compared as words, sizes by name ("large" is L), ordered values by the
number or the step they state. Knows nothing of orders, availability or prices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from retrieval.words import normalise, stem, words
from shop.types import Product, Variant

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
NUMBERS = {
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "ten": "10",
}
MOST = r"maximum|max|maximi[sz]ed?|highest|largest|biggest|most|longest|tallest|brightest|greatest|hardest|strongest|thickest"
LEAST = r"minimum|min|minimi[sz]ed?|lowest|smallest|fewest|least|shortest|easiest|dimmest|lightest|thinnest|slowest"
UP = r"bigger|larger|higher|brighter|longer|taller|thicker|heavier|stronger|greater|faster|more|wider"
DOWN = r"smaller|lower|dimmer|shorter|thinner|lighter|weaker|fewer|less|slower|narrower"
ABOUT = {
    "bright": ("brightness",),
    "dim": ("brightness",),
    "long": ("length",),
    "short": ("length", "height"),
    "tall": ("height",),
    "thick": ("thickness",),
    "thin": ("thickness",),
    "heav": ("weight",),
    "light": ("weight", "brightness"),
    "eas": ("difficulty",),
    "hard": ("difficulty",),
    "": ("size", "capacity", "length", "height", "piece", "diameter", "storage"),
}
NO = {"no", "none", "without", "not", "non"}
SPELLED = {
    "grey": "gray",
    "colour": "color",
    "litre": "liter",
    "litres": "liter",
    "liters": "liter",
    "l": "liter",
}
MAX_STEP = 99.0


@dataclass(slots=True)
class Wish:
    """What is wanted of a product's options. Values are as the catalogue writes them.

    `hard` must hold (any of the values), `avoid` must not, `soft` are preferences, first ones first;
    `cheaper`: only at less than was paid; `keep` must stay as they are, `free` may change; `steps` are (option, +1 or -1, amount or None), `extremes` (option, +1 or -1) for the most or least there is;
    `price` is "lowest", "highest" or "".
    """

    hard: dict[str, set[str]] = field(default_factory=dict)
    soft: list[tuple[str, str]] = field(default_factory=list)
    avoid: dict[str, set[str]] = field(default_factory=dict)
    keep: set[str] = field(default_factory=set)
    free: set[str] = field(default_factory=set)
    steps: list[tuple[str, int, float | None]] = field(default_factory=list)
    price: str = ""
    all_free: bool = False
    all_kept: bool = False
    same: bool = False
    cheaper: bool = False
    extremes: list[tuple[str, int]] = field(default_factory=list)
    variant_id: str = ""

    @property
    def says_something(self) -> bool:
        """Whether any option, step or price is asked for."""
        return bool(
            self.hard
            or self.soft
            or self.avoid
            or self.steps
            or self.price
            or self.same
            or self.extremes
            or self.variant_id
        )


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


def read_wish(text: str, product: Product, current: Mapping[str, str]) -> Wish:
    """What `text` wants of `product` whose present options are `current` (may be empty)."""
    wish = Wish()
    options = options_of(product)
    text = re.sub(
        rf"\b(?:{'|'.join(NUMBERS)})(?=-)", lambda match: NUMBERS[match[0].lower()], text, flags=re.I
    )
    plain = normalise(text)
    wish.variant_id = next(
        (each.id for each in product.variants if re.search(rf"\b{re.escape(each.id)}\b", text)), ""
    )
    _read_general(plain, wish)
    # What stands behind "instead of" or "rather than" is what they have, not what they want.
    wanted = re.sub(r"\b(?:instead of|rather than|unlike)\b[^,.;]*", " , ", text, flags=re.I)
    for name, values in options.items():
        _read_option(wanted, name, values, options, current, wish)
    _read_unknown_values(normalise(wanted), options, wish)
    _read_steps(plain, product, options, wish)
    _read_extremes(plain, product, options, wish)
    for name in wish.free:
        wish.hard.pop(name, None)
    return wish


def _read_general(plain: str, wish: Wish) -> None:
    if re.search(r"\b(cheapest|lowest[- ]priced?|least expensive|lowest price)\b", plain):
        wish.price = "lowest"
    elif re.search(r"\b(most expensive|dearest|highest price|priciest)\b", plain):
        wish.price = "highest"
    if re.search(
        r"(don't|do not|doesn't|not) (really )?(care|mind|matter)( about| for)?( the| any)* other", plain
    ):
        wish.all_free = True
    if re.search(
        r"(without changing|keep(ing)?|same|not chang\w+)( the| all| all the| any)* (other|rest|remaining)"
        r"|(all )?other (options?|specs?|features?|details?|things?)( \w+)? (the )?same"
        r"|everything else (\w+ )?(the )?same",
        plain,
    ):
        wish.all_kept = True
    if re.search(
        r"\b(same|identical|exact same|another of the same) (item|product|one|thing|model)\b(?! but| with| in)",
        plain,
    ):
        wish.same = True
    if re.search(r"\bsame (exact )?(specs?|specifications?|options?)\b", plain):
        wish.same = True
    if re.search(r"\b(?:maximum|most) (?:money|refund)\b", plain):
        wish.price = wish.price or "lowest"
    if re.search(r"\b(?:only )?if (?:it|they|that)(?:'s|'re| is| are)? (?:\w+ )?cheaper\b", plain):
        wish.cheaper = True
    if re.search(
        r"(other|rest of the|remaining) (specs|options|features|details)[^.;]{0,20}\bnot (important|matter)",
        plain,
    ):
        wish.all_free = True


def _read_unknown_values(plain: str, options: Mapping[str, Sequence[str]], wish: Wish) -> None:
    """A measure in an option's own unit that no variant has ("8 bar") cannot be fulfilled."""
    known = {
        " ".join(re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+", normalise(v)))
        for each in options.values()
        for v in each
    }
    for name, values in options.items():
        units = {match[1] for v in values if (match := re.fullmatch(r"[\d.]+[ -]?([a-z]+)", normalise(v)))}
        if len(units) != 1 or name in wish.hard:
            continue
        unit = units.pop()
        for match in re.finditer(rf"(?<![\d.$])(\d+(?:\.\d+)?)[ -]?{unit}\b", plain):
            if f"{match[1]} {unit}" not in known and not any(n == name for n, _ in wish.soft):
                wish.hard[name] = {match[0]}


def _name_words(name: str) -> list[str]:
    return [word for word in words(name) if word not in {"type", "level", "of"}] or words(name)


def _read_option(
    text: str,
    name: str,
    values: Sequence[str],
    options: Mapping[str, Sequence[str]],
    current: Mapping[str, str],
    wish: Wish,
) -> None:
    plain = normalise(text)
    names = rf"(?:{'|'.join(re.escape(form) for form in _name_forms(name))})"
    if re.search(
        rf"(?:not care|n't care|not mind|n't mind|doesn't matter|any|whatever)\b[^.;]{{0,25}}\b{names}", plain
    ):
        wish.free.add(name)
        return
    found = _values_in(text, name, values, options)
    soft = [(at, value) for at, value in found if _is_preference(plain, at)]
    hard = [(at, value) for at, value in found if (at, value) not in soft]
    beside = [each for each in hard if re.match(rf"[\w.]+[ -](?:{names[3:-1]})\w?\b", plain[each[0] :])]
    if len(hard) > 1 and beside:
        hard = beside  # "a medium sized, high ventilation one": medium is not the ventilation
    for at, value in hard:
        if _is_negated(plain, at) and value.lower() not in NO:
            wish.avoid.setdefault(name, set()).add(value)
        elif re.match(
            r"[\w\s.\"'-]{0,18}?\bor (?:above|higher|better|more|newer|bigger|larger|up)\b", plain[at:]
        ):
            least = order_of(value, tuple(values))
            wish.hard.setdefault(name, set()).update(
                each for each in values if least is not None and (order_of(each, tuple(values)) or 0) >= least
            )
        else:
            wish.hard.setdefault(name, set()).add(value)
    wish.soft += [(name, value) for _, value in soft]
    if (
        not found
        and re.search(rf"\b(?:different|another|other|new|more \w+) {names}\b", plain)
        and name in current
    ):
        wish.avoid.setdefault(name, set()).add(current[name])
    if not found and re.search(
        rf"\b(?:same|keep|keeping|similar)\b(?! price)[^.;,]{{0,30}}\b{names}\b", plain
    ):
        wish.keep.add(name)
    if len(wish.hard.get(name, ())) > 1 and current.get(name) in wish.hard[name]:
        # Two values of one option, one of which they have: the other is the one they want.
        wish.hard[name].discard(current[name])


def _name_forms(name: str) -> list[str]:
    plain = normalise(name)
    forms = {plain, plain.replace("/", " ")}
    own = _name_words(name)
    forms.update(word for word in own if len(word) > 2)
    forms.update({"colour"} if "color" in own else set())
    return sorted(forms | {f"{form}s" for form in forms}, key=len, reverse=True)


def _is_preference(plain: str, at: int) -> bool:
    """Whether the words before, back to the sentence's start, call it a preference."""
    start = max((plain.rfind(mark, 0, at) for mark in (".", ";", "!")), default=-1)
    while start > 0 and plain[start - 1 : start].isdigit() and plain[start + 1 : start + 2].isdigit():
        start = max(plain.rfind(mark, 0, start) for mark in (".", ";", "!"))
    before = plain[start + 1 : at]
    return bool(
        re.search(r"\b(prefer\w*|preference|ideally|preferably|ok(?:ay)? with|fine with|open to)\b", before)
    )


def _is_negated(plain: str, at: int) -> bool:
    return bool(re.search(r"\b(?:not|no|without|non|isn't|never)[ -](?:\w+ )?$", plain[:at]))


def _values_in(
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
    forms = "|".join(re.escape(form) for form in _name_forms(name))
    if low in {"yes", "no", "none"} or low.startswith("not "):
        return _find_yes_no(plain, low, forms)
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


def _read_extremes(plain: str, product: Product, options: Mapping[str, Sequence[str]], wish: Wish) -> None:
    for words_, direction in ((MOST, 1), (LEAST, -1)):
        for match in re.finditer(rf"\b(?P<word>{words_})\b(?P<after>[^,.;]{{0,18}})", plain):
            if re.match(r"\s*(?:expensive|costly|pric|money|important|of|care)", match["after"]):
                continue
            own = match["word"].startswith(
                ("eas", "hard", "bright", "dim", "long", "short", "tall", "thick", "thin")
            )
            before = plain[: match.start()][-30:] if match["word"].startswith(("maximi", "minimi")) else ""
            option = _option_of_step(match["word"], "" if own else match["after"], before, product, options)
            if option and (option, direction) not in wish.extremes:
                wish.extremes.append((option, direction))


def _read_steps(plain: str, product: Product, options: Mapping[str, Sequence[str]], wish: Wish) -> None:
    for match in re.finditer(
        r"\b(more|less|too) (bright|dim|long|short|tall|thick|thin|heavy|large|big|small|high|low)\b", plain
    ):
        downward = match[2] in {"dim", "short", "thin", "small", "low"}
        up = (match[1] == "more") != bool(downward)
        option = _option_of_step(match[2], "", "", product, options)
        if option:
            wish.steps.append((option, 1 if up else -1, None))
    for name in options:
        forms = "|".join(re.escape(form) for form in _name_forms(name))
        match = re.search(rf"\b(\d+(?:\.\d+)?) (?:{forms}) (more|less|fewer)\b", plain)
        if match:
            wish.steps.append((name, 1 if match[2] == "more" else -1, float(match[1])))
            wish.hard.pop(name, None)
    for match in re.finditer(rf"(?:(?P<n>\d+) )?\b(?P<word>{UP}|{DOWN})\b(?P<after>[^,.;]{{0,24}})", plain):
        word = match["word"]
        if re.match(r"\s*(expensive|than|pric|costly|about)", match["after"]) and word in {"more", "less"}:
            continue
        if re.search(r"\bor $", plain[: match.start()]):
            continue  # "i7 or higher" was read as a value
        up = bool(re.fullmatch(UP, word))
        amount = float(match["n"]) if match["n"] else None
        option = _option_of_step(word, match["after"], plain[: match.start()][-24:], product, options)
        if option and not (word in {"more", "less"} and amount is None):
            wish.steps.append((option, 1 if up else -1, amount))
            wish.hard.pop(option, None)


def _option_of_step(
    word: str, after: str, before: str, product: Product, options: Mapping[str, Sequence[str]]
) -> str:
    ordered = [
        name
        for name, values in options.items()
        if all(order_of(each, tuple(values)) is not None for each in values)
    ]
    for text in (after, before):
        for name in ordered:
            if any(re.search(rf"\b{re.escape(form)}\b", text) for form in _name_forms(name)):
                return name
    root = next((key for key in ABOUT if key and word.startswith(key)), "")
    for about in (*ABOUT[root], *(ABOUT[""] if not root else ())):
        for name in ordered:
            if about in name.lower():
                return name
    return ordered[0] if len(ordered) == 1 and not root else ""


def describes(text: str, options: Mapping[str, str], product: Product | None) -> int:
    """How many of a line's option values `text` states, less those it contradicts."""
    if product is None:
        return 0
    score = 0
    known = options_of(product)
    for name, value in options.items():
        found = [each for _, each in _values_in(text, name, known.get(name, (value,)), known)]
        score += (value in found) - (bool(found) and value not in found)
    return score


def values_named(text: str, products: Iterable[Product]) -> bool:
    """Whether `text` states any option value of these products."""
    return any(
        _values_in(text, name, values, options)
        for options in map(options_of, products)
        for name, values in options.items()
    )


def variant_of(product: Product | None, variant_id: str) -> Variant | None:
    """A product's variant by id."""
    return next((each for each in product.variants if each.id == variant_id), None) if product else None
