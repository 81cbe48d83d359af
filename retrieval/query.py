"""A shopper's sentence to a query: what they are after, what they insist on, how to order it.

Rules only, under 5 ms. The words that name things come from the catalogue (`vocabulary.py`), the
words that merely make a sentence from `english.py`. Knows nothing of customers or of what was
shown before: "the second one" and "cheaper than that" are resolved by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from retrieval import english
from retrieval.figures import BAR, read_prices, read_rating
from retrieval.filters import COLOUR_NAMES, Filters
from retrieval.vocabulary import Vocabulary
from retrieval.words import normalise, stem, words

__all__ = ["Filters", "Query", "parse_query"]


@dataclass(frozen=True, slots=True)
class Query:
    """`topic` is what is left when filters and filler are taken out, fit to be shown ("lunch bag").

    `terms` are its stems. `superlative` asks for the one at the top of `sort`; `count` how many
    there are; `cheaper` and `dearer` compare with something the caller knows.
    """

    text: str
    topic: str = ""
    terms: tuple[str, ...] = ()
    corrections: tuple[tuple[str, str], ...] = ()
    filters: Filters = field(default_factory=Filters)
    sort: str = ""
    superlative: bool = False
    count: bool = False
    cheaper: bool = False
    dearer: bool = False


def parse_query(text: str, vocabulary: Vocabulary, previous: Query | None = None) -> Query:
    """Read `text`; with `previous`, a refinement keeps its topic and filters where it has none."""
    reader = _Reader(text[:1000], vocabulary)
    query = reader.query()
    if previous is None:
        return query
    topic, terms = previous.topic or query.topic, previous.terms or query.terms
    if any(word not in english.SOFT for word in words(query.topic)):
        lowered = normalise(text)
        if re.search(english.REFINES_WITH, lowered):
            topic = f"{previous.topic} with {query.topic}"
        elif re.search(english.REFINES_ONES, lowered):
            topic = f"{query.topic} {previous.topic}"
        else:
            return query
        terms = tuple(dict.fromkeys(previous.terms + query.terms))
    return replace(
        query,
        topic=topic,
        terms=terms,
        filters=previous.filters.merged(query.filters),
        sort=query.sort or previous.sort,
        corrections=query.corrections or previous.corrections,
    )


_NEVER_MISTYPED = english.FILLER | english.SOFT | english.LINKS | english.OCCASIONS | english.ABOUT_SHOPPING
WISH = "~"
"""Stands where a clause begins in which the shopper says what they want."""


def _asked_for(tokens: list[str]) -> list[str]:
    """Of "my cat hurt itself, do you have a recovery collar" only what is wished for, where that names
    something.
    """
    if WISH in tokens:
        last = len(tokens) - tokens[::-1].index(WISH)
        if any(word not in english.FILLER | english.SOFT | {"|"} for word in tokens[last:]):
            return tokens[last:]
    return ["|" if word == WISH else word for word in tokens]


def read_as_words(query: Query) -> Query | None:
    """`query` with the names that were read as a brand or an option as words of the topic: where nothing
    passes, "buds" may have been no brand. None where there are none, or "by" and "size" leave no doubt.
    """
    filters = query.filters
    typed = words(query.text)
    marks = english.BRAND_MARKERS.union(*(words(name) for name, _ in filters.options))
    names = [*filters.brands, *(value for _, value in filters.options)]
    if not names or not marks.isdisjoint(typed):
        return None
    named = {stem(word) for name in names for word in words(name)}
    topic = [word for word in typed if stem(word) in named or word in words(query.topic)]
    left = replace(filters, brands=(), options=())
    return replace(query, topic=" ".join(topic), terms=tuple(stem(word) for word in topic), filters=left)


def _is_spelled(name: str, typed: Sequence[str]) -> bool:
    """Whether a brand's name is what was typed but for a plural: "buds" is no BUDDING."""
    return all(abs(len(own) - len(word)) <= 2 for own, word in zip(words(name), typed, strict=True))


class _Reader:
    """One pass over one sentence; what is understood is blanked, what remains is the topic."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text, self.vocabulary = text, vocabulary
        self.rest = re.sub(r"(?<=\w)'(?=\w)", "", normalise(text).replace("'s", ""))
        self.rest = re.sub(english.KIND_OF_WEAR, r"\1wear", self.rest)
        self.filters = Filters()
        self.corrections: list[tuple[str, str]] = []

    def query(self) -> Query:
        """See parse_query."""
        count = self._take(english.COUNT)
        superlative_sort = self._first_of(english.SUPERLATIVES)
        self.rest, rating = read_rating(self.rest)
        self.rest, low, high = read_prices(self.rest)
        in_stock = self._take(english.IN_STOCK)
        cheaper, dearer = self._take(english.CHEAPER), self._take(english.DEARER)
        sort = superlative_sort or self._first_of(english.SORT_PHRASES)
        if not sort and not cheaper and self._take(english.CHEAP):
            sort = "price_asc"
        elif not sort and not dearer and self._take(english.EXPENSIVE):
            sort = "price_desc"
        self._take(english.NO_TASTE)
        self._take(english.SHOP_TALK)
        without, not_colours = self._negations()
        self._take(english.FOND)
        categories = self._category_phrases()
        self.rest = re.sub(english.WISHES, lambda wish: f"{wish[1] or wish[2]} {WISH} ", self.rest)
        tokens = self._tokens()
        tokens, brands = self._brands(tokens)
        tokens, asked = self._options(tokens)
        tokens, colours = self._colours(tokens)
        topic = self._topic(_asked_for(tokens))
        if brands and all(word in english.GENERIC for word in topic):
            topic = []
        stems = [stem(word) for word in topic]
        options = [self.vocabulary.option_name(pairs, stems) for pairs in asked]
        for word in without:
            # "not waterproof" where the catalogue answers that with yes and no.
            if {"yes", "no"} <= self.vocabulary.options.get(word, frozenset()):
                options.append((word, "no"))
                without = tuple(other for other in without if other != word)
        return Query(
            text=self.text,
            topic=" ".join(topic),
            terms=tuple(stem(word) for word in topic if word not in english.LINKS),
            corrections=tuple(self.corrections),
            filters=Filters(
                min_price=low,
                max_price=high,
                categories=categories,
                brands=brands,
                colours=colours,
                options=tuple(dict.fromkeys(options)),
                in_stock=in_stock,
                min_rating=rating,
                without=without,
                not_colours=not_colours,
            ),
            sort=sort,
            superlative=bool(superlative_sort),
            count=count,
            cheaper=cheaper,
            dearer=dearer,
        )

    def _take(self, pattern: str) -> bool:
        rest = re.sub(pattern, BAR, self.rest)
        taken = rest != self.rest
        self.rest = rest
        return taken

    def _first_of(self, patterns: tuple[tuple[str, str], ...]) -> str:
        return next((name for pattern, name in patterns if self._take(pattern)), "")

    def _negations(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        without: list[str] = []
        colours: list[str] = []
        self.rest = re.sub(
            english.FREE_SUFFIX, lambda m: self._left_out(m[1], without, colours, m[0]), self.rest
        )
        self.rest = re.sub(
            english.NOT_MUCH, lambda m: self._left_out(m[1], without, colours, m[0]), self.rest
        )
        pattern = re.compile(
            rf"(?:,\s*)?({english.NEGATIONS})(?!{english.NOT_NEGATED})([a-z0-9][a-z0-9 -]*?)"
            rf"(?={english.NEGATION_STOPS}|\s*[,.;:!?|]|\s*$|\s+{english.NEGATIONS})"
        )
        self.rest = pattern.sub(lambda m: self._left_out(m[2], without, colours, m[0]), self.rest)
        return tuple(dict.fromkeys(without)), tuple(dict.fromkeys(colours))

    def _left_out(self, phrase: str, without: list[str], colours: list[str], whole: str) -> str:
        """Sort what a negation covers into colours and words; give back what it does not cover."""
        back: list[str] = []
        for part in re.split(r"\b(?:or|and|nor|any)\b", phrase):
            tokens = [word for word in words(part) if word not in english.FILLER]
            while tokens and (stem(tokens[0]),) in self.vocabulary.colours:
                colours.append(self.vocabulary.colours[(stem(tokens.pop(0)),)])
                back += tokens
                tokens = []
            if len(tokens) > 1 and re.match(r"not\s", whole) and not self.rest.lstrip().startswith(whole):
                back += tokens[1:]  # "a not waterproof camera"; "not cake cases" leaves out both
                tokens = tokens[:1]
            if 0 < len(tokens) <= 3:
                without.append(" ".join(self._corrected(word) for word in tokens))
            elif tokens:
                return whole
        return f"{BAR}{' '.join(back)}{BAR}"

    def _category_phrases(self) -> tuple[str, ...]:
        found = re.search(english.CATEGORY_PHRASE, self.rest)
        if not found:
            return ()
        wanted = [stem(word) for word in words(found[1]) if word not in english.FILLER]
        for phrase, name in self.vocabulary.categories.items():
            if wanted and set(wanted) <= set(phrase):
                self.rest = self.rest.replace(found[0], BAR)
                return (name,)
        return ()

    def _tokens(self) -> list[str]:
        parts = re.findall(rf"{WISH}|\||[,.;:!?()]+(?=\s|$)|\d+(?:[./]\d+)+[a-z]*|[^\W_]+", self.rest)
        return [part if part[0].isalnum() or part == WISH else "|" for part in parts]

    def _corrected(self, word: str) -> str:
        if word in _NEVER_MISTYPED:
            return word
        better = self.vocabulary.correct(word)
        if better != word:
            self.corrections.append((word, better))
        return better

    def _brands(self, tokens: list[str]) -> tuple[list[str], tuple[str, ...]]:
        found: list[str] = []
        at = 0
        tokens = list(tokens)
        while at < len(tokens):
            for size in (4, 3, 2, 1):
                part = tokens[at : at + size]
                phrase = tuple(stem(word) for word in part)
                name = self.vocabulary.brands.get(phrase) if len(part) == size else None
                marked = at > 0 and tokens[at - 1] in english.BRAND_MARKERS
                plain = phrase in self.vocabulary.plain_brands or (size == 1 and self._is_ordinary(part[0]))
                if name and (marked or not plain) and _is_spelled(name, part):
                    found.append(name)
                    tokens[at : at + size] = ["|"]
                    break
            at += 1
        return tokens, tuple(dict.fromkeys(found))

    def _is_ordinary(self, word: str) -> bool:
        """Words of our own lists and bare numbers are brands only when marked as such."""
        return (
            word in english.FILLER
            or word in english.SOFT
            or word in english.LINKS
            or word.isdigit()
            or (stem(word),) in self.vocabulary.colours
        )

    def _options(self, tokens: list[str]) -> tuple[list[str], list[tuple[tuple[str, str], ...]]]:
        """Option values asked for, each with every option that has this value."""
        found: list[tuple[tuple[str, str], ...]] = []
        if not self.vocabulary.options:
            return tokens, found
        tokens = self._named_options(tokens, found)
        at = 0
        while at < len(tokens):
            for size in (3, 2, 1):
                phrase = tuple(tokens[at : at + size])
                pairs = self.vocabulary.option_values.get(phrase, ()) if len(phrase) == size else ()
                if pairs and (size > 1 or self._names_itself(phrase[0])):
                    found.append(pairs)
                    tokens[at : at + size] = ["|"]
                    break
            at += 1
        return tokens, found

    def _names_itself(self, word: str) -> bool:
        """Whether an option value of one word needs no "size" beside it, and is no product's name."""
        mixed = not word.isalpha() and not word.isdigit()
        long = len(word) > 2 and not word.isdigit()
        return (
            (mixed or long) and stem(word) not in self.vocabulary.title_words and not self._is_ordinary(word)
        )

    def _named_options(self, tokens: list[str], found: list[tuple[tuple[str, str], ...]]) -> list[str]:
        """ "size M", "M size", "waterproof" where the catalogue's waterproof is yes or no."""
        tokens = list(tokens)
        for name, values in self.vocabulary.options.items():
            label = words(name)
            by_words = {tuple(words(value)): value for value in values}
            at = 0
            while label and at < len(tokens):
                if [stem(w) for w in tokens[at : at + len(label)]] == [stem(w) for w in label]:
                    self._take_named(tokens, at, len(label), name, by_words, found)
                at += 1
        return tokens

    @staticmethod
    def _take_named(
        tokens: list[str],
        at: int,
        width: int,
        name: str,
        by_words: dict[tuple[str, ...], str],
        found: list[tuple[tuple[str, str], ...]],
    ) -> None:
        after = at + width
        gap = 1 if tokens[after : after + 1] in (["of"], ["is"], ["in"]) else 0
        for size in (3, 2, 1):
            behind = tuple(tokens[after + gap : after + gap + size])
            before = tuple(tokens[max(0, at - size) : at])
            if behind in by_words:
                found.append(((name, by_words[behind]),))
                tokens[at : after + gap + size] = ["|"]
                return
            if len(before) == size and before in by_words:
                found.append(((name, by_words[before]),))
                tokens[at - size : after] = ["|"]
                return
        value = tokens[after + gap : after + gap + 1]
        if value and value[0].isdigit() and any(part[0].isdigit() for part in by_words):
            # "size 15" where sizes are numbers and none is 15: asked for all the same, and not there.
            found.append(((name, value[0]),))
            tokens[at : after + gap + 1] = ["|"]
            return
        if ("yes",) in by_words:
            found.append(((name, by_words[("yes",)]),))
            tokens[at:after] = ["|"]

    def _colours(self, tokens: list[str]) -> tuple[list[str], tuple[str, ...]]:
        found: list[str] = []
        tokens = list(tokens)
        at = 0
        while at < len(tokens):
            for size in (2, 1):
                part = tokens[at : at + size]
                name = self.vocabulary.colours.get(tuple(stem(word) for word in part))
                if name and len(part) == size and self._is_colour(tokens, at, size):
                    found.append(name)
                    tokens[at : at + size] = ["|"]
                    break
            at += 1
        return tokens, tuple(dict.fromkeys(found))

    @staticmethod
    def _is_colour(tokens: list[str], at: int, size: int) -> bool:
        before = tokens[at - 1] if at else ""
        after = tokens[at + size] if at + size < len(tokens) else ""
        if before in english.COLOUR_MARKERS or after in COLOUR_NAMES:
            return True
        if before == "for" and after and after != "|":
            return False  # "wigs for white women" asks for no white wig
        return size > 1 or tokens[at] in english.COLOURS

    def _topic(self, tokens: list[str]) -> list[str]:
        """Content words; a link ("for", "of") stays where it joins two of them."""
        kept: list[str] = []
        link = ""
        joined = False
        for at, word in enumerate([*tokens, "|"]):
            if word == "|":
                link, joined = "", False
            elif word in english.LINKS and joined:
                link = word
            elif word not in english.FILLER or self._named_so(tokens, at):
                kept += [link, self._corrected(word)] if link else [self._corrected(word)]
                link, joined = "", True
        while kept and kept[-1] in COLOUR_NAMES:
            kept.pop()
        return [self._corrected_beside(kept, at) for at in range(len(kept))]

    def _corrected_beside(self, topic: list[str], at: int) -> str:
        before, after = topic[at - 1] if at else "", topic[at + 1] if at + 1 < len(topic) else ""
        typed = next((wrong for wrong, right in self.corrections if right == topic[at]), topic[at])
        better = self.vocabulary.correct_beside(typed, before, after)
        if better == typed:
            return topic[at]
        self.corrections = [pair for pair in self.corrections if pair[0] != typed] + [(typed, better)]
        return better

    def _named_so(self, tokens: list[str], at: int) -> bool:
        """Whether titles have this chatty word beside its neighbour here: "money box", "drill bit"."""
        if tokens[at] not in english.CHATTER:
            return False
        own = stem(tokens[at])
        before, after = tokens[at - 1] if at else "", tokens[at + 1] if at + 1 < len(tokens) else ""
        return any(
            word not in english.FUNCTION_WORDS and word not in ("", "|") and pair in self.vocabulary.pairs
            for word, pair in ((before, (stem(before), own)), (after, (own, stem(after))))
        )
