"""Which products a message names, by their own words: "the Jura S8", "Dandies vegan marshmallows".

A product is named where the message holds enough of its title and brand, rare words counting more
than common ones. Finds candidates by search, so it costs two searches however large the catalogue.
What a message points at without naming it ("the second one") is `assistant.references`'s.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from retrieval.english import COLOURS, FILLER, GLUED_UNITS, MAYBE_COLOURS, MEASURES
from retrieval.query import Query
from retrieval.search import Search
from retrieval.words import join_sizes, stem, stem_set, words
from shop.types import Product

CANDIDATES = 40
ALIKE = 4
NEXT = 1.0
"""How far below the best name another of the same maker may lie and be meant."""
RARE_SHARE = 0.004
"""Words that a smaller share of the catalogue is called by are rare: brands, models."""
RARE_LEAST = 12
NAMED_SHARE = 0.5
NAMED_WORDS = 3
BRAND_SHARE = 0.45
"""Of the weight that one product's own word has: so rare is a maker's name that counts as one."""
UNSAID = 2.5
"""What is taken off for each doubling of the title's words that were not said: a long title is no fault."""
MODEL = 12.0
CODE = re.compile(r"(?=\w*\d)(?=\w*[a-z])\w{4,}")
"""A word of letters and digits is a model's number: two of a kind differ by little else."""
QUOTED = 4
"""So many words of a title in a row name it as a maker's name does, whatever words they are."""
SEGMENTS = re.compile(r"\s*[!?:,;|()\[\]–—]+\s*|\s-\s")
SUBJECT = re.compile(
    r"^\W*(?:is|are|was|does|do|did|can|could|will|would|has|have)\s+(?:the|this|that|these|those|your)\b",
    re.I,
)
ENOUGH = 0.8
"""Of the weight of a word that one product alone is called by."""
POWER = 1.5
"""Of a word's rarity: a name's one rare word says more than two ordinary ones beside it."""
MAX_GAP = 2
APART = 0.35
GOES_WITH = frozenset("fit fits work works connect connects pair pairs support supports".split())
"""Verbs behind which a question names what the product goes with."""
MADE = 14.0
"""The weight of a named maker, and of words in a row that name as plainly."""
RUN = 2.0
"""The weight of each word, from the third on, that the message and the title have in the same row."""
PARTS = frozenset(
    "is are was does do did can could will would has have had come comes coming include includes included "
    "contain contains need needs require requires fit fits work works made make makes use used put "
    "keep".split()
)
"""Words that end a name."""
VERBS = frozenset("is are was does did made make makes include includes included contain contains".split())
"""Those of them that end it even where the title holds them somewhere."""
COLOUR_STEMS = frozenset(stem(word) for word in COLOURS | MAYBE_COLOURS)
PACKING = frozenset(
    stem(word) for word in (*MEASURES, *GLUED_UNITS.values(), *"of ct count tablet capsule may vary".split())
)
COLOURED = 2.0
"""The weight of an asked colour that is the product's own, and of one that is not."""
JOINTS = tuple(
    re.compile(joint, re.I)
    for joint in (
        r"\s+(?:or|versus|vs\.?)\s+",
        r"\s+(?:with|than|from|to)\s+",
        r"\s+and\s+|\s*,\s+",
    )
)
"""What stands between two names, the surest first."""
SURER = 4.0
"""The weight that a surer joint adds."""
CHOICE = re.compile(r"^\W*which\b[^,:?]*[,:]\s*", re.I)


def _together(
    tokens: Sequence[tuple[str, str]], held: frozenset[str], said: dict[str, float], called: frozenset[str]
) -> float:
    """Weight of the held words that stand together, which is how a name is said, and a part of the rest:
    "cover" behind "the blue Fire HD 8" names, "stand" behind "does it have a" asks. `called` are all words
    of the name."""
    best = weight = 0.0
    gap = 0
    run: set[str] = set()
    for word, key in tokens:
        if key in held:
            weight += 0.0 if key in run else said[key]
            run.add(key)
            gap = 0
            best = max(best, weight)
        elif key in called and word not in VERBS:
            continue
        elif word in PARTS:
            weight, gap, run = 0.0, 0, set()
        else:
            gap += 1
            if gap > MAX_GAP:
                weight, run = 0.0, set()
    return best + APART * (sum(said[word] for word in held) - best)


def _models(text: str, product: Product) -> int:
    """How many of the message's "word number" pairs stand in the title, less those that stand there with
    another number: "ENA 4" is not the "ENA 8"."""
    title = words(product.title)
    pairs = set(pairwise(title))
    numbered = {word for word, number in pairs if number.isdigit() and not word.isdigit()}
    asked = [(w, n) for w, n in pairwise(words(text)) if n.isdigit() and not w.isdigit() and w not in FILLER]
    codes = sum(word in title for word in words(text) if CODE.fullmatch(word))
    return codes + sum(
        1 if (word, number) in pairs else -1 if word in numbered and number not in title else 0
        for word, number in asked
    )


def _coloured(said: Collection[str], product: Product) -> int:
    """1 where a colour that was asked is the product's, -1 where it has another, 0 where nothing is said."""
    asked, own = COLOUR_STEMS.intersection(said), COLOUR_STEMS & stem_set(product.colour)
    return 0 if not asked or not own else 1 if asked & own else -1


def _same_maker(one: Product, other: Product) -> bool:
    return one.brand == other.brand or not (one.brand and other.brand)


def is_same_thing(one: Product, other: Product) -> bool:
    """Whether two titles differ in figures, colours and packing alone."""
    return _plain_title(one) == _plain_title(other)


def _plain_title(product: Product) -> frozenset[str]:
    called = stem_set(product.title) - COLOUR_STEMS - PACKING
    return frozenset(word for word in called if word.isalpha())


def _known(product: Product) -> tuple[bool, int]:
    return product.price is not None, product.rating.count if product.rating else 0


def _longest_run(tokens: Sequence[str], title: Sequence[str]) -> int:
    """How many words of the title the message holds in a row."""
    best = 0
    before = [0] * (len(title) + 1)
    for token in tokens:
        here = [0] * (len(title) + 1)
        for at, word in enumerate(title, start=1):
            if word == token:
                here[at] = before[at - 1] + 1
        best, before = max(best, *here), here
    return best


def _holds_part(text: str, title: str) -> bool:
    """Whether the message holds, capitals and all, what a title begins with before its first mark ("Beat
    That!") or three words and more that stand between two of its marks."""
    for place, part in enumerate(SEGMENTS.split(title.strip())):
        long_enough = len(part.split()) >= (2 if place == 0 else 3)
        if long_enough and part[0].isupper() and re.search(rf"\b{re.escape(part)}\b", text):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Named:
    """A product and how much of its name was said: `weight` sums the rarity of the words held. `sure`
    says that no word of ordinary talk would have named it. `alike` are others of its maker that the same
    words name, the nearest first: its sizes and colours where none was asked for."""

    product: Product
    weight: float
    held: frozenset[str]
    sure: bool
    alike: tuple[Product, ...] = ()


class Namer:
    """Finds named products of one catalogue."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._counts = search.vocabulary.strong_counts
        self._size = max(search.vocabulary.size, 1)
        self._enough = ENOUGH * math.log(self._size + 1) ** POWER
        self.name = lru_cache(maxsize=256)(self._name)

    def _name(self, text: str) -> Named | None:
        """The product that `text` names best; None where none is named well enough."""
        subject = self._subject(text)
        if subject and (named := self.name(subject)) and named.sure:
            return named
        text = join_sizes(text)
        said = self._said(text)
        squeezed = "".join(words(text))
        tokens = [(word, stem(word)) for word in words(text)]
        found: list[tuple[tuple[float, int], Named]] = []
        for product in self._candidates(said):
            held = frozenset(said.keys() & self._called(product))
            weight = _together(tokens, held, said, self._called(product))
            headed = _holds_part(text, product.title) and any(map(self._is_rare, held))
            if not (headed or self._is_name(product, held, weight)):
                continue
            # A maker that is named, what holds more of the words and has less else in its name; of two such
            # the better known.
            # "The Ultimate Guard deck box" of a title that leaves the maker out.
            titles = (product.title, f"{product.brand} {product.title}")
            run = max(_longest_run([word for word, _ in tokens], words(title)) for title in titles)
            made = self._is_made_by(product.brand, squeezed) or run >= QUOTED or headed
            unsaid = len(stem_set(product.title) - held)
            close = weight - UNSAID * math.log2(1 + unsaid) + MODEL * _models(text, product)
            close += RUN * max(run - 2, 0) + COLOURED * _coloured(said, product) + MADE * made
            rank = (round(close, 3), _known(product)[1])
            found.append((rank, Named(product, weight, held, headed or weight >= self._enough)))
        if not found:
            return None
        found.sort(key=lambda pair: pair[0], reverse=True)  # stable: the search's order stays
        (most, _), first = found[0]
        line = [
            (close, named)
            for (close, _), named in found
            if named.held == first.held and _same_maker(named.product, first.product)
        ]
        # Of those that one word more or less tells apart, that which has a price and most buyers.
        _, named = max(
            (pair for pair in line if pair[0] >= most - NEXT), key=lambda pair: _known(pair[1].product)
        )
        others = (other.product for _, other in line if other is not named)
        return replace(named, alike=tuple(others)[:ALIKE])

    @staticmethod
    def _subject(text: str) -> str:
        """What a question of yes or no is about: "does the Fire HD 8" of "... work with Google Play?"; ''
        where that cannot be told."""
        opening = SUBJECT.match(text)
        if opening is None:
            return ""
        verb = next(
            (m for m in re.finditer(r"\w+", text[opening.end() :]) if m[0].lower() in GOES_WITH), None
        )
        return text[: opening.end() + verb.start()] if verb else ""

    def pair(self, text: str) -> tuple[Named, Named] | None:
        """The two products that `text` names one after the other ("A or B", "A with B")."""
        text = CHOICE.sub("", text)  # what is asked of the two is no part of a name
        found: tuple[float, Named, Named] | None = None
        for surer, joints in enumerate(reversed(JOINTS)):
            for joint in joints.finditer(text):
                first, second = self.name(text[: joint.start()]), self.name(text[joint.end() :])
                if first is None or second is None or first.product.id == second.product.id:
                    continue
                if not (first.sure and second.sure):
                    continue
                weight = first.weight + second.weight + SURER * surer
                if found is None or weight > found[0]:
                    found = weight, first, second
        return found[1:] if found else None

    def _said(self, text: str) -> dict[str, float]:
        """Stem -> rarity of the words of `text` that products are called by."""
        # In the order of the message: what is searched for depends on what stands beside what.
        kept = dict.fromkeys(stem(word) for word in words(text) if word not in FILLER)
        return {
            word: math.log((self._size + 1) / (self._counts[word] + 0.5)) ** POWER
            for word in kept
            if self._counts[word]
        }

    def _is_made_by(self, brand: str, squeezed: str) -> bool:
        """Whether the message, without its spaces, holds a maker's name that is no everyday word."""
        own = words(brand)
        if len("".join(own)) < 3:
            return False
        if "".join(own) not in squeezed:
            own = own[:1]  # "Jura" for Jura-Capresso
            if len(own[0]) < 3 or own[0] not in squeezed:
                return False
        rarest = max(math.log((self._size + 1) / (self._counts[stem(word)] + 0.5)) for word in own)
        return rarest >= BRAND_SHARE * math.log(self._size + 1)

    def _is_rare(self, word: str) -> bool:
        return self._counts[word] <= max(RARE_LEAST, RARE_SHARE * self._size)

    def _candidates(self, said: dict[str, float]) -> Sequence[Product]:
        found: dict[str, Product] = {}
        rare = [word for word in said if self._is_rare(word)]
        for terms in dict.fromkeys((tuple(said), tuple(rare))):
            if not terms:
                continue
            query = Query(text=" ".join(terms), topic=" ".join(terms), terms=terms)
            result = self._search.search(query, k=CANDIDATES)
            found |= {hit.product.id: hit.product for hit in (*result.hits, *result.nearest)}
        # What is asked about may be what others are called: "are the socks machine washable?"
        found |= {product.id: product for product in self._search.by_words(tuple(said), CANDIDATES)}
        return list(found.values())

    @staticmethod
    def _called(product: Product) -> frozenset[str]:
        colours = stem_set(product.colour) & COLOUR_STEMS
        return stem_set(join_sizes(product.title)) | stem_set(product.brand) | colours

    def _is_name(self, product: Product, held: frozenset[str], weight: float) -> bool:
        title = {word for word in stem_set(product.title) if not word.isdigit()}
        brand = stem_set(product.brand)
        spelled = {word for word in held if not word.isdigit()}
        if not spelled:
            return False
        if len(spelled & title) / max(len(title), 1) >= NAMED_SHARE and (len(spelled) > 1 or len(title) == 1):
            return True
        by_brand = bool(brand) and brand <= held and len(held - brand) >= 1
        by_model = sum(self._is_rare(word) for word in held) >= 1 and len(held) >= 2
        return (by_brand or by_model or len(spelled) >= NAMED_WORDS) and weight >= self._enough
