"""Where a text names products, and which of a customer's order lines it may mean.

Compares words with the titles of the customer's own orders and of the catalogue. Knows nothing of
what is asked to be done with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.support.case.options import BIG, DOWN, LEAST, MOST, SMALL, UP
from assistant.support.case.values import describes
from retrieval.words import stem, stems, words
from shop.types import Order, OrderLine, Product

ALIKE = {
    "bike": "bicycle",
    "machine": "maker",
    "tee": "tshirt",
    "tshirts": "tshirt",
    "phone": "smartphone",
    "cellphone": "smartphone",
    "earphones": "earbuds",
    "suitcase": "luggage",
    "bookshelves": "bookshelf",
    "shelves": "shelf",
    "hoover": "vacuum",
    "pc": "laptop",
    "mice": "mouse",
    "ereader": "reader",
}
"""Everyday words and the word of a title that they stand for."""
GENERIC = {"set", "kit", "item", "light", "home", "portable", "action", "air", "office", "running", "smart"}
MIN_TAIL = 4
PENDING = re.compile(
    r"\b(?:pending|open)\b|just (?:ordered|placed)|not (?:yet )?(?:been )?(?:shipped|delivered|received)",
    re.I,
)
RECEIVED = re.compile(r"\b(?:received|delivered|arrived|got delivered)\b", re.I)
STATUSES = ((PENDING, "pending"), (RECEIVED, "delivered"))
"""Words for how far an order has come, and the status they mean."""

_ONE_WITH = re.compile(
    r"(?<!for )(?<!to )(?<!into )(?<!with )(?<!than )(?<!as )(?<!like )(?<!of )\bthe (?P<one>ones?) "
    r"(?:with|that has|that have|in|made of) (?:the |a |an )?(?P<words>[\w%.-]+(?: [\w%.-]+){0,3})",
    re.I,
)
_MORE = re.compile(
    rf"\b(?:{UP}|{DOWN}|{MOST}|{LEAST}|{BIG}|{SMALL}|cheaper|cheapest|dearer|dearest|expensive) $", re.I
)
_ONE = re.compile(
    r"(?<!for )(?<!to )(?<!into )(?<!with )(?<!than )(?<!as )(?<!like )(?<!of )\b(?:the|your|my) "
    r"(?P<words>(?:[\w-]+ ){1,4}?)(?:ones?|pair|model)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Spot:
    """One order line, by its place in its order; the same wherever order number and place are."""

    order: Order = field(compare=False)
    index: int
    order_id: str = ""

    @classmethod
    def of(cls, order: Order, index: int) -> Spot:
        """The line at `index` of `order`."""
        return cls(order, index, order.id)

    @property
    def line(self) -> OrderLine:
        """The line itself."""
        return self.order.lines[self.index]


@dataclass(frozen=True, slots=True)
class Mention:
    """Words from `start` to `end` that name one kind of product, and the lines they may mean."""

    start: int
    end: int
    titles: frozenset[str]
    spots: tuple[Spot, ...]
    plural: bool = False
    is_one: bool = False
    """Whether it is only "one", told apart by the word before it ("the bigger one")."""


def find_mentions(text: str, orders: Sequence[Order], products: Mapping[str, Product]) -> list[Mention]:
    """Products of these orders named in `text`, in order of the words."""
    spots = [Spot.of(order, index) for order in orders for index in range(len(order.lines))]
    own = _Titles([spot.line.title for spot in spots], products.values())
    # "t-shirt" and "e-reader" are one word; the letters stay where they are.
    tokens = [(match.start(), match.end(), match[0]) for match in re.finditer(r"[^\W_]+(?:-[^\W_]+)*", text)]
    found: list[Mention] = []
    at = 0
    while at < len(tokens):
        number = tokens[at][2]
        by_number = tuple(spot for spot in spots if number in {spot.line.variant_id, spot.line.product_id})
        if by_number and number.isdigit():
            titles = frozenset(spot.line.title for spot in by_number)
            found.append(Mention(tokens[at][0], tokens[at][1], titles, by_number))
            at += 1
            continue
        hit = None if own.is_option(tokens, at) else own.match(tokens, at)
        if hit is None:
            at += 1
            continue
        length, titles = hit
        start, end = tokens[at][0], tokens[at + length - 1][1]
        named = tuple(spot for spot in spots if spot.line.title in titles)
        before = text[max(0, start - 24) : start].lower()
        plural = bool(
            re.search(
                r"(?<!one of your )(?<!one of the )(?<!one of my )\b(all|both|two|three|every|each|all of)"
                r"( pairs of| of)?( the| your| my| these)*( \w+)? $",
                before,
            )
        )
        found.append(Mention(start, end, titles, named, plural))
        at += length
    ones = _ones(text, found, products)
    # "One of your two lamps, the cheaper one" speaks of one lamp.
    told = {one.start: one for one in ones}
    found = [each for each in found if not any(_is_told_by(text, each, start) for start in told)]
    return sorted([*found, *ones], key=lambda mention: mention.start)


def _is_told_by(text: str, mention: Mention, start: int) -> bool:
    return mention.end <= start and bool(
        re.fullmatch(r",? (?:the (?:\w+ ){0,2})?", text[mention.end : start])
    )


def _ones(text: str, found: Sequence[Mention], products: Mapping[str, Product]) -> list[Mention]:
    """ "The pending one", "the in-ear ones": some of the lines that the product named before may mean."""
    ones: list[Mention] = []
    for match in (*_ONE.finditer(text), *_ONE_WITH.finditer(text)):
        before = next((each for each in reversed(found) if each.end <= match.start()), None)
        if before is None or any(match.start() <= each.start < match.end() for each in found):
            continue
        words_ = match["words"]
        status = next((status for pattern, status in STATUSES if pattern.search(words_)), "")
        spots = [spot for spot in before.spots if status and spot.order.status.startswith(status)]
        if not status:
            scores = {
                spot: describes(words_, spot.line.options, products.get(spot.line.product_id))
                for spot in before.spots
            }
            best = max(scores.values(), default=0)
            spots = [spot for spot, score in scores.items() if score == best > 0]
        if 0 < len(spots) < len(before.spots):
            end = match.end("one") if "one" in match.groupdict() else match.end()
            ones.append(Mention(match.start(), end, before.titles, tuple(spots)))
        elif "one" not in match.groupdict() and _MORE.search(words_) and len(before.spots) > 1:
            # Which of them is the bigger one is told later, from the words before "one".
            ones.append(Mention(match.end("words"), match.end(), before.titles, before.spots, is_one=True))
    return ones


class _Titles:
    """Titles by the words they are recognised by."""

    def __init__(self, titles: Sequence[str], products: Iterable[Product]) -> None:
        self.stems = {title: tuple(_own_stems(title)) for title in dict.fromkeys(titles)}
        self.values = values = {
            stem(word)
            for product in products
            for variant in product.variants
            for name, value in variant.options.items()
            for word in (*words(name), *words(value))
        }
        self.options = {
            (stem(value.lower()), stem(words(name)[-1]))
            for product in products
            for variant in product.variants
            for name, value in variant.options.items()
            if words(name)
        }
        # A word other than the last one names a product only where it is not some option's word.
        self.telling = {
            title: {
                each
                for each in parts[:-1]
                if each not in values and each not in GENERIC and len(each) > 2 and not _is_doing(title, each)
            }
            | ({parts[-1]} - GENERIC)
            for title, parts in self.stems.items()
        }

    def is_option(self, tokens: Sequence[tuple[int, int, str]], at: int) -> bool:
        """Whether an option is spoken of, as in "a laptop compartment" of a backpack."""
        if at + 1 >= len(tokens):
            return False
        return (stem(tokens[at][2].lower()), stem(tokens[at + 1][2].lower())) in self.options

    def match(self, tokens: Sequence[tuple[int, int, str]], at: int) -> tuple[int, frozenset[str]] | None:
        """(tokens taken, titles) for the best match that begins at token `at`."""
        best: dict[int, set[str]] = {}
        for title, parts in self.stems.items():
            length = self._length(tokens, at, title, parts)
            if length:
                best.setdefault(length, set()).add(title)
        if not best:
            return self._by_tail(tokens[at][2])
        longest = max(best)
        taken = longest // 10
        return taken, frozenset(best[longest])

    def _length(
        self, tokens: Sequence[tuple[int, int, str]], at: int, title: str, parts: tuple[str, ...]
    ) -> int:
        """Tokens taken times ten plus title words matched; 0 where the title is not named here."""
        taken = 0
        matched: set[str] = set()
        while at + taken < len(tokens) and taken < 4:
            own = next((each for each in _token_stems(tokens[at + taken][2]) if each <= set(parts)), None)
            if own is None or own & matched:
                break
            matched |= own
            taken += 1
        return taken * 10 + len(matched) if matched & self.telling[title] else 0

    def _by_tail(self, word: str) -> tuple[int, frozenset[str]] | None:
        """ "watch" for a wristwatch, where no title has the word itself."""
        wanted = stem(word.lower())
        if len(wanted) < MIN_TAIL or wanted in GENERIC | self.values:
            return None
        titles = {
            title
            for title, parts in self.stems.items()
            if any(p != wanted and p.endswith(wanted) for p in parts[-1:])
        }
        return (1, frozenset(titles)) if titles else None


def _is_doing(title: str, part: str) -> bool:
    """Whether a title's word is a doing ("gaming", "hiking"), which people also speak of by itself."""
    return any(word.endswith("ing") and stem(word) == part for word in words(title))


def _own_stems(title: str) -> list[str]:
    """Stems of a title with hyphens closed up: T-Shirt is one word, as people type it."""
    return stems(re.sub(r"(?<=\w)-(?=\w)", "", title))


def _token_stems(token: str) -> list[set[str]]:
    """What a word of the text may be in a title: itself, or what it stands for."""
    joined = token.lower().replace("-", "")
    forms = [joined, *([ALIKE[joined]] if joined in ALIKE else [])]
    return [set(stems(form)) for form in forms]
