"""The words of one catalogue: what it calls its categories, brands, colours and options.

Everything is read from the products, so that a question is understood in the shop's own terms.
Knows how often each stem occurs and corrects typing mistakes towards these words; knows nothing
of sentences (`query.py`) or of ranking.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log10
from string import ascii_lowercase

from rapidfuzz import process
from rapidfuzz.distance import OSA

from retrieval.embedding import minilm_folder
from retrieval.english import COLOURS, ENDINGS, MAYBE_COLOURS
from retrieval.english_things import SYNONYMS, UMBRELLAS
from retrieval.tally import Tally
from retrieval.words import stem, words
from shop.types import Product

SYNONYM_WEIGHT = 0.9
DERIVED_WEIGHT = 0.8
Phrase = tuple[str, ...]


COMMON = 20
"""So many times as frequent is a spelling that a rare one next to it was meant to be."""


@dataclass(frozen=True, slots=True)
class ProductText:
    """A product's stems: `title` in order, `kind` the nouns of its narrowest category, `strong` all
    naming fields (title included), `weak` the rest.
    """

    title: tuple[str, ...]
    kind: frozenset[str]
    strong: tuple[str, ...]
    weak: tuple[str, ...]
    names: frozenset[str] = frozenset()
    """What it is called: words of the title, neighbours of it as one word, and its kind."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing asked for: any of `alternatives` (each all of its stems) with a weight up to 1."""

    words: tuple[str, ...]
    alternatives: tuple[tuple[frozenset[str], float], ...]


def read_text(product: Product) -> ProductText:
    """The stems of one product; descriptions beyond 2,000 characters add cost and no matches."""
    spelled = words(product.title)
    title = tuple(stem(word) for word in spelled)
    # "Tea Pot" is a teapot, "Potting Shed Tea Mug" is not: two neighbours count as one word too.
    joined = tuple(stem(a + b) for a, b in pairwise(spelled) if a.isalpha() and b.isalpha())
    # Categories read out of titles say nothing that the title does not, and group loosely
    # ("Mugs & cups", "Candle holders"): they must not make a cup a mug.
    given = () if product.categories_derived else product.categories[-3:]
    naming = [product.brand, product.colour, *given]
    naming += {text for variant in product.variants for pair in variant.options.items() for text in pair}
    loose = product.categories if product.categories_derived else ()
    other = [*loose, *product.bullets, product.description, *product.attributes.values()]
    # "Vippassport": a maker's spelling holds an ordinary word.
    held = tuple(
        stem(word[at:])
        for word in spelled
        if len(word) > 9 and word.isalpha() and not _is_ordinary(word)
        for at in (2, 3, 4)
        if len(word) - at > 6 and word[at:] in known_words()
    )
    kind = frozenset(
        stem(part[-1])
        for name in given[-1:]
        for part in (words(p) for p in re.split(r"&|,| and ", name))
        if part
    )
    return ProductText(
        title=title,
        kind=kind,
        strong=title + joined + held + tuple(stem(word) for text in naming for word in words(text)),
        weak=tuple(stem(word) for word in words(" ".join(other)[:2000])),
        names=frozenset(title + joined + held) | kind,
    )


class Vocabulary:
    """Built once per catalogue; immutable after, so safe to share between threads."""

    def __init__(
        self,
        products: Iterable[Product] = (),
        texts: Sequence[ProductText] | None = None,
        tally: Tally | None = None,
    ) -> None:
        """Of products (and their texts, where read already), or of a tally of them."""
        if tally is None:
            tally, products = Tally(), list(products)
            texts = texts if texts is not None else [read_text(product) for product in products]
            for product, text in zip(products, texts, strict=True):
                tally.add(product, text)
        self.size = tally.size
        self.strong_counts, self.counts, self.words = tally.strong_counts, tally.counts, tally.words
        self.pairs, self.title_words = tally.pairs, tally.titles.keys()
        self.categories, self.brands = _phrases(tally.categories), _phrases(tally.brands)
        self.plain_brands = self._plain_brands(tally)
        self.options, self.option_values = _read_options(tally.options)
        self._option_names, self._option_uses = tally.option_names, tally.option_uses
        self.colours = self._read_colours(tally.colours)
        self._by_start: dict[str, list[str]] = defaultdict(list)
        self._by_tail: dict[str, list[str]] = defaultdict(list)
        for word in self.words:
            if len(word) > 3 and word.isalpha():
                self._by_start[word[0]].append(word)
                self._by_tail[word[1:]].append(word)
        self._synonyms = _read_synonyms()
        self._umbrellas = _read_umbrellas()
        known_words()  # read now, so that the first question is as fast as the next
        self.correct = lru_cache(maxsize=5_000)(self._correct)

    def _plain_brands(self, tally: Tally) -> frozenset[Phrase]:
        """Brands whose one word is mostly an ordinary word here ("Home"): those need "by Home"."""
        single = {phrase[0] for phrase in self.brands if len(phrase) == 1}
        found = set()
        for word in single:
            branded = tally.branded_titles[word]
            foreign, own = tally.titles[word] - branded, branded + tally.brand_words[word]
            if foreign > 0.5 * own or len(word) < 3:
                found.add((word,))
        return frozenset(found)

    def _read_colours(self, values: Mapping[str, int]) -> Mapping[Phrase, str]:
        """Colour words the catalogue uses, and whole values of two words such as "rose gold"."""
        known = COLOURS | MAYBE_COLOURS
        found: dict[Phrase, str] = {}
        for word in known:
            if stem(word) in self.strong_counts:
                found[(stem(word),)] = word
        for value, count in values.items():
            parts = tuple(words(value))
            single = len(parts) == 1 and count >= 3 and parts[0].isalpha()
            # "a_red" is a code, not a colour anybody would ask for.
            plain = value == " ".join(parts) and all(part.isalpha() for part in parts)
            double = plain and len(parts) == 2 and not COLOURS.isdisjoint(parts)
            if single or double:
                found.setdefault(tuple(stem(part) for part in parts), value)
        return found

    def _correct(self, word: str) -> str:
        """`word`, or the catalogue's word it is most likely a mistyping of."""
        if len(word) < 4 or not word.isalpha() or _is_ordinary(word):
            return word
        if stem(word) in self.counts:
            return self._common_spelling(word)
        if {(stem(word),)} & (self._synonyms.keys() | self._umbrellas.keys()) or self.splits(word):
            return word
        limit = 1 if len(word) < 7 else 2
        near = process.extract(
            word, self._by_start.get(word[0], ()), scorer=OSA.distance, score_cutoff=2, limit=25
        )
        bones = _bones(word)
        best = [
            # Mistyped vowels keep the consonants; a frequent word is likelier than a rare one.
            (distance - (_bones(other) == bones) - 0.3 * log10(self.words[other]), distance, other)
            for other, distance, _ in near
            if distance <= limit or _bones(other) == bones
        ]
        if not best:
            # The first letter is rarely wrong: then everything else has to be right.
            swapped = word[1] + word[0] + word[2:]
            others = [swapped] if swapped in self.words else self._by_tail.get(word[1:], [])
            return max(others, key=lambda other: self.words[other], default=word)
        _, distance, found = min(best)
        # "chainsaw" is two words written as one rather than a mistyping of "chains".
        return word if distance > 1 and stem(found) in _parts(word) else found

    def _common_spelling(self, word: str) -> str:
        """The catalogue mistypes too: its own word, one letter off and far more frequent, if any."""
        if len(word) < 6 or self.words[word] > 2:
            return word
        near = process.extract(
            word, self._by_start.get(word[0], ()), scorer=OSA.distance, score_cutoff=1, limit=10
        )
        often = max((other for other, _, _ in near), key=lambda other: self.words[other], default=word)
        return often if self.words[often] >= COMMON * max(1, self.words[word]) else word

    def correct_beside(self, word: str, before: str, after: str) -> str:
        """`word`, which no product holds, or the word that it is one slip away from and that titles
        have beside `before` or `after`: "lunch bga"."""
        if not 2 < len(word) < 6 or not word.isalpha() or stem(word) in self.counts:
            return word
        first, last = stem(before), stem(after)
        found = [
            near
            for near in _slips(word, plain=_is_ordinary(word))
            if (first, stem(near)) in self.pairs or (stem(near), last) in self.pairs
        ]
        return max(found, key=lambda near: self.words[near], default=word)

    def option_name(self, pairs: Sequence[tuple[str, str]], topic: Iterable[str]) -> tuple[str, str]:
        """Of several options with the asked value, the one that products of `topic` (stems) have."""
        asked: Counter[str] = Counter()
        for word in topic:
            asked.update(self._option_names.get(word, ()))
        return max(pairs, key=lambda pair: (asked[pair[0]], self._option_uses[pair[0]]))

    def splits(self, word: str) -> frozenset[str]:
        """Stems of the two words that `word` writes as one, if titles write them as two."""
        return frozenset(stem(part) for part in self.apart(word).split(" ") if part != word)

    def apart(self, word: str) -> str:
        """`word`, or the two words that it writes as one and titles as two: "power strip"."""
        for at in range(3, len(word) - 2):
            if (stem(word[:at]), stem(word[at:])) in self.pairs:
                return f"{word[:at]} {word[at:]}"
        return word

    def terms(self, topic: Sequence[str], head_end: int | None = None) -> list[Term]:
        """The words of a topic as terms: compounds joined or split, synonyms added. The word that names
        the thing ends before place `head_end` (None: the topic ends with it).
        """
        found: list[Term] = []
        at = 0
        while at < len(topic):
            term = (
                self._synonym_term(topic, at, head_end or len(topic))
                or self._compound(topic, at)
                or self._single(topic[at])
            )
            found.append(term)
            at += len(term.words)
        return found

    def is_thing(self, term: Term) -> bool:
        """Whether a term is a thing that English has several names for, or a department: "sofa"."""
        key = tuple(stem(word) for word in term.words)
        return key in self._synonyms or any(key in members for members in self._umbrellas.values())

    def lacks_thing(self, terms: Sequence[Term], missing: Sequence[Term], head: int | None) -> bool:
        """Whether a thing is among the `missing` terms: of two either, of more that at place `head`."""
        named = None if head is None else terms[head]
        return any(self.is_thing(term) for term in missing if len(terms) == 2 or term is named)

    def ends_in_thing(self, title: str) -> bool:
        """Whether a title's first part ends in a thing with several names: "Automatic Putting Cup, Black"."""
        first = words(re.split(r"\s*[,|(:;–—]|\s-\s", title.strip(), maxsplit=1)[0])
        return bool(first) and (stem(first[-1]),) in self._synonyms

    def _synonym_term(self, topic: Sequence[str], at: int, head_end: int) -> Term | None:
        for size in (3, 2, 1):
            part = tuple(topic[at : at + size])
            key = tuple(stem(word) for word in part)
            group = self._synonyms.get(key, ())
            if at + size == head_end:
                # Only the head noun is what is asked for: a jewellery box is no necklace.
                group += self._umbrellas.get(key, ())
            if len(part) == size and group:
                own = frozenset(stem(word) for word in part)
                joined = frozenset((stem("".join(part)),))
                # Another spelling of the same word counts only joined: see read_text.
                others = [
                    (frozenset(other), SYNONYM_WEIGHT)
                    for other in group
                    if frozenset(other) != own and "".join(other) != "".join(stem(word) for word in part)
                ]
                alternatives = ((own, 1.0), *([(joined, 1.0)] if size > 1 else []), *others)
                return Term(part, alternatives)
        return None

    def _compound(self, topic: Sequence[str], at: int) -> Term | None:
        if at + 1 < len(topic):
            joined = stem(topic[at] + topic[at + 1])
            if joined in self.strong_counts and len(joined) > 3:
                both = frozenset((stem(topic[at]), stem(topic[at + 1])))
                return Term(tuple(topic[at : at + 2]), ((both, 1.0), (frozenset((joined,)), 1.0)))
        return None

    def _single(self, word: str) -> Term:
        own = stem(word)
        derived: list[tuple[frozenset[str], float]] = []
        if own not in self.counts and len(own) > 3:
            others = {stem(own + ending) for ending in ENDINGS} - {own}
            derived = [
                (frozenset((other,)), DERIVED_WEIGHT) for other in others if other in self.strong_counts
            ]
        return Term((word,), ((frozenset((own,)), 1.0), *derived))


def _bones(word: str) -> str:
    return "".join(letter for letter in word if letter not in "aeiouy")


def _phrases(counted: Counter[str]) -> dict[Phrase, str]:
    """Names by their stems, of several with the same stems the most frequent."""
    found: dict[Phrase, str] = {}
    for name, _ in counted.most_common():
        found.setdefault(tuple(stem(word) for word in words(name)), name)
    found.pop((), None)
    return found


def _read_options(
    names: Mapping[str, Iterable[str]],
) -> tuple[Mapping[str, frozenset[str]], Mapping[Phrase, tuple[tuple[str, str], ...]]]:
    values: dict[Phrase, list[tuple[str, str]]] = defaultdict(list)
    for name in sorted(names):
        for value in sorted(names[name]):
            values[tuple(words(value))].append((name, value))
    return (
        {name: frozenset(found) for name, found in names.items()},
        {phrase: tuple(found) for phrase, found in values.items() if phrase},
    )


@lru_cache(maxsize=1)
def _read_synonyms() -> Mapping[Phrase, tuple[Phrase, ...]]:
    found: dict[Phrase, tuple[Phrase, ...]] = {}
    for group in SYNONYMS:
        phrases = tuple(dict.fromkeys(tuple(stem(word) for word in words(text)) for text in group))
        for phrase in phrases:
            found[phrase] = tuple(dict.fromkeys(found.get(phrase, ()) + phrases))
    return found


@lru_cache(maxsize=1)
def _read_umbrellas() -> Mapping[Phrase, tuple[Phrase, ...]]:
    found: dict[Phrase, tuple[Phrase, ...]] = {}
    for names, members in UMBRELLAS:
        held = tuple(tuple(stem(word) for word in words(text)) for text in members.split(","))
        for name in names.split(","):
            found[tuple(stem(word) for word in words(name))] = held
    return found


def names_same(word: str, text: str) -> bool:
    """Whether `word` is another name for what `text` names, or one of a department it names: "plates" for a
    "dinnerware set"."""
    own, held = (stem(word),), {stem(part) for part in words(text)}
    others = _read_synonyms().get(own, ()) + _read_umbrellas().get(own, ())
    others += tuple(name for name, members in _read_umbrellas().items() if own in members)
    return any(held.issuperset(other) for other in others)


def _slips(word: str, plain: bool) -> set[str]:
    """Words one slip of the finger away (Norvig 2007): two letters swapped, one of a pair missing; of a
    word that is not `plain` (an ordinary one) also any letter too many, missing or wrong."""
    parts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    found = {a + b[1] + b[0] + b[2:] for a, b in parts if len(b) > 1}
    found |= {a + b[0] + b for a, b in parts if b}  # "wal clock"
    if not plain:
        found |= {a + b[1:] for a, b in parts if b}
        for letter in ascii_lowercase:
            found |= {a + letter + b for a, b in parts} | {a + letter + b[1:] for a, b in parts if b}
    return found - {word}


def _parts(word: str) -> set[str]:
    """Stems of ordinary words that two together make up `word`."""
    known = known_words()
    pairs = [(word[:at], word[at:]) for at in range(3, len(word) - 2)]
    return {stem(part) for pair in pairs if known.issuperset(pair) for part in pair}


def _is_ordinary(word: str) -> bool:
    """Whether `word`, or the verb or singular it comes from, is an ordinary word."""
    known = known_words()
    root = stem(word)
    return word in known or root in known or f"{root}e" in known


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """Ordinary words, which are never mistypings: the whole words of the embedding model's word list.

    Empty where that package is missing; corrections are then a little bolder.
    """
    folder = minilm_folder()
    file = folder / "vocab.txt" if folder else None
    if file is None or not file.is_file():
        return frozenset()
    lines = file.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if len(line) > 2 and line.isalpha())
