"""What a customer wants of a product's options: "purple, same size, prefer polyester".

Reads against the options that the product's own variants have, so that nothing about any shop is
written here. Knows nothing of orders, availability or prices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assistant.support.case.values import NO, name_forms, options_of, order_of, place, values_in
from retrieval.words import normalise
from shop.types import Product

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


MOST = (
    r"maximum|max|maximi[sz]ed?|highest|largest|biggest|most|longest|tallest|brightest|greatest|hardest|"
    r"strongest|thickest|heaviest|widest"
)


LEAST = (
    r"minimum|min|minimi[sz]ed?|lowest|smallest|fewest|least|shortest|easiest|dimmest|lightest|thinnest|"
    r"slowest"
)


UP = r"bigger|larger|higher|brighter|longer|taller|thicker|heavier|stronger|greater|faster|harder|more|wider"


DOWN = r"smaller|lower|dimmer|shorter|thinner|lighter|weaker|fewer|less|slower|narrower|easier"


BIG, SMALL = r"big|large|long|tall|thick|heavy", r"small|little|short|thin|light"


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


@dataclass(slots=True)
class Wish:
    """What is wanted of a product's options. Values are as the catalogue writes them.

    `hard` must hold (any of the values), `avoid` must not, `soft` are preferences, first ones first;
    `keep` must stay as they are, `free` may change; `steps` are (option, +1 or -1, amount or None),
    `extremes` (option, +1 or -1) the most or least there is; `cheaper` asks for less than was paid;
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
            or self.cheaper
            or self.variant_id
        )

    def merged(self, new: Wish) -> Wish:
        """Both wishes; what is said later of an option takes the place of what was said before."""
        said = {*new.hard, *(step[0] for step in new.steps)}
        return Wish(
            hard={n: v for n, v in self.hard.items() if n not in said | new.free} | new.hard,
            soft=[*self.soft, *(each for each in new.soft if each not in self.soft)],
            avoid=self.avoid | new.avoid,
            keep=self.keep | new.keep,
            extremes=[*(e for e in self.extremes if e[0] not in said), *new.extremes],
            variant_id=new.variant_id or self.variant_id,
            free=(self.free - said) | new.free,
            steps=[*(step for step in self.steps if step[0] not in said), *new.steps],
            price=new.price or self.price,
            all_free=self.all_free or new.all_free,
            all_kept=new.all_kept or (self.all_kept and not new.soft),
            cheaper=self.cheaper or new.cheaper,
            same=(self.same or new.same) and not said,
        )


def read_wish(text: str, product: Product, current: Mapping[str, str]) -> Wish:
    """What `text` wants of `product` whose present options are `current` (may be empty)."""
    wish = Wish()
    options = options_of(product)
    text = re.sub(
        rf"\b(?:{'|'.join(NUMBERS)})(?=[- ]\w)", lambda match: NUMBERS[match[0].lower()], text, flags=re.I
    )
    plain = normalise(text)
    wish.variant_id = next(
        (each.id for each in product.variants if re.search(rf"\b{re.escape(each.id)}\b", text)), ""
    )
    _read_general(plain, wish)
    text = re.sub(r"\b(?:in|from|of) the same order\b", " ", text, flags=re.I)
    # What stands behind "instead of" or "rather than" is what they have, not what they want.
    wanted = re.sub(r"\b(?:instead of|rather than|unlike)\b[^,.;]*", " , ", text, flags=re.I)
    for name, values in options.items():
        _read_option(wanted, name, values, options, current, wish)
    _read_unknown_values(normalise(wanted), options, wish)
    _read_steps(plain, product, options, current, wish)
    _read_extremes(plain, product, options, wish)
    _tell_apart(wish)
    for name in wish.free:
        wish.hard.pop(name, None)
    return wish


def _tell_apart(wish: Wish) -> None:
    """A value that two options have is not meant of the one for which another value is named as well."""
    for name, values in wish.hard.items():
        others = set().union(*(each for other, each in wish.hard.items() if other != name))
        if len(values) > 1 and values - others:
            wish.hard[name] = values - others


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
        r"\b(same|identical|exact same|another of the same) (item|product|one|thing|model)\b(?! but| with|"
        r" in)",
        plain,
    ):
        wish.same = True
    if re.search(r"\bsame (exact )?(specs?|specifications?|options?)\b", plain):
        wish.same = True
    if re.search(r"\b(?:maximum|most) (?:money|refund)\b", plain):
        wish.price = wish.price or "lowest"
    if re.search(r"\b(?:only )?if (?:it|they|that)(?:'s|'re| is| are)? (?:\w+ )?cheaper\b", plain):
        wish.cheaper = True
    if re.search(r"\bcheaper (?:one|version|model|option)\b", plain):
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
        for match in re.finditer(rf"(?<![\d.$])(\d+(?:\.\d+)?)[ -]?{unit}\b(?! (?:{UP}|{DOWN})\b)", plain):
            said = f"{match[1]} {unit}"
            if not any(f"{each} ".startswith(f"{said} ") for each in known) and not any(
                n == name for n, _ in wish.soft
            ):
                wish.hard[name] = {match[0]}


def _read_option(
    text: str,
    name: str,
    values: Sequence[str],
    options: Mapping[str, Sequence[str]],
    current: Mapping[str, str],
    wish: Wish,
) -> None:
    plain = normalise(text)
    names = rf"(?:{'|'.join(re.escape(form) for form in name_forms(name))})"
    if re.search(
        rf"(?:not care|n't care|not mind|n't mind|doesn't matter|any|whatever)\b[^.;]{{0,25}}\b{names}", plain
    ):
        wish.free.add(name)
        return
    found = values_in(_without_others(text, name, options), name, values, options)
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
    # What all values share names the option too: "the same card" of CF card and SD card.
    shared = set.intersection(*(set(re.findall(r"[a-z]{4,}", normalise(value))) for value in values))
    kept = "|".join([names, *map(re.escape, sorted(shared))])
    if not found and re.search(
        rf"\b(?:same|keep|keeping|similar)\b(?! price)[^.;,]{{0,30}}\b(?:{kept})\b", plain
    ):
        wish.keep.add(name)
    if len(wish.hard.get(name, ())) > 1 and current.get(name) in wish.hard[name]:
        # Two values of one option, one of which they have: the other is the one they want.
        wish.hard[name].discard(current[name])


def _without_others(text: str, name: str, options: Mapping[str, Sequence[str]]) -> str:
    """The text with other options' values blanked where the option's name follows: "medium ventilation"
    says nothing of a size, nor "brown lenses" of the frame."""
    own = set(name_forms(name))
    for other, values in options.items():
        forms = [form for form in name_forms(other) if form not in own]
        if other == name or not forms:
            continue
        said = "|".join(sorted({re.escape(v) for each in values for v in normalise(each).split()[:1]}))
        pattern = rf"\b(?:{said})[ -](?:{'|'.join(map(re.escape, forms))})\b"
        text = re.sub(pattern, lambda match: " " * len(match[0]), text, flags=re.I)
    return text


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


def _read_extremes(plain: str, product: Product, options: Mapping[str, Sequence[str]], wish: Wish) -> None:
    for words_, direction in ((MOST, 1), (LEAST, -1)):
        for match in re.finditer(rf"\b(?P<word>{words_})\b(?P<after>[^,.;]{{0,18}})", plain):
            if re.match(r"\s*(?:expensive|costly|pric|money|important|of|care)", match["after"]):
                continue
            own = match["word"].startswith(
                ("eas", "hard", "bright", "dim", "long", "short", "tall", "thick", "thin", "heav")
            )
            named = any(
                re.match(rf" (?:\w+ )?{re.escape(form)}\b", match["after"])
                for n in options
                for form in name_forms(n)
            )
            before = plain[: match.start()][-30:] if match["word"].startswith(("maximi", "minimi")) else ""
            option = option_of_step(
                match["word"], "" if own and not named else match["after"], before, product, options
            )
            if option and (option, direction) not in wish.extremes:
                wish.extremes.append((option, direction))


def _read_steps(
    plain: str,
    product: Product,
    options: Mapping[str, Sequence[str]],
    current: Mapping[str, str],
    wish: Wish,
) -> None:
    for match in re.finditer(
        r"\b(more|less|too) (bright|dim|long|short|tall|thick|thin|heavy|large|big|small|high|low)\b", plain
    ):
        downward = match[2] in {"dim", "short", "thin", "small", "low"}
        up = (match[1] == "more") != bool(downward)
        option = option_of_step(match[2], "", "", product, options)
        if option:
            wish.steps.append((option, 1 if up else -1, None))
    for name in options:
        forms = "|".join(re.escape(form) for form in name_forms(name))
        counted = re.search(rf"\b(\d+(?:\.\d+)?) (?:{forms}) (more|less|fewer)\b", plain)
        if counted:
            wish.steps.append((name, 1 if counted[2] == "more" else -1, float(counted[1])))
            wish.hard.pop(name, None)
    for match in re.finditer(
        rf"(?:(?P<n>\d+) (?:[a-z]{{1,6}} )?)?\b(?P<word>{UP}|{DOWN})\b(?P<after>[^,.;]{{0,24}})", plain
    ):
        word = match["word"]
        if re.match(r"\s*(expensive|than|pric|costly|about)", match["after"]) and word in {"more", "less"}:
            continue
        if re.search(r"\bor $", plain[: match.start()]):
            continue  # "i7 or higher" was read as a value
        up = bool(re.fullmatch(UP, word))
        amount = float(match["n"]) if match["n"] else None
        option = option_of_step(word, match["after"], plain[: match.start()][-24:], product, options)
        if option and not (word in {"more", "less"} and amount is None):
            wish.steps.append((option, 1 if up else -1, amount))
            if not _is_beyond(wish.hard.get(option, set()), current.get(option, ""), option, product, up):
                wish.hard.pop(option, None)


def _is_beyond(values: set[str], had: str, option: str, product: Product, up: bool) -> bool:
    """Whether the values named lie where a step leads: "a higher resolution, 30MP" says both."""
    before = place(product, option, had)
    places = [place(product, option, value) for value in values]
    return bool(places) and all(
        before is not None and at is not None and (at > before) == up and at != before for at in places
    )


def option_of_step(
    word: str, after: str, before: str, product: Product, options: Mapping[str, Sequence[str]]
) -> str:
    """The option that a comparative means ("taller": height): one named beside it, else the usual one."""
    ordered = [
        name
        for name, values in options.items()
        if all(order_of(each, tuple(values)) is not None for each in values)
    ]
    for text in (after, before):
        for name in ordered:
            if any(re.search(rf"\b{re.escape(form)}\b", text) for form in name_forms(name)):
                return name
    root = next((key for key in ABOUT if key and word.startswith(key)), "")
    for about in (*ABOUT[root], *(ABOUT[""] if not root else ())):
        for name in ordered:
            if about in name.lower():
                return name
    return ordered[0] if len(ordered) == 1 and not root else ""
