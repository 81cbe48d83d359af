"""Where in a question its product is named, so that what is asked can be told from the name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from assistant.reading.language import Language
from assistant.reading.page import Term, read_terms
from retrieval.words import join_sizes
from shop.types import Product

BEFORE_THE_NAME = re.compile(
    r"\b(?:the|this|that|your)\s+((?:(?!(?:the|an?|on|of|in|for|with|from|to|by)\b)\S+\s+){1,3})$", re.I
)
MAX_GAP = 2
ARTICLES = frozenset({"a", "an", "the"})
OBJECT = re.compile(r"\s+(?:my|your|our|me|us|him|her|it|them|any|anything|if|when|while)\b", re.I)
"""What follows a verb, so that the last word before it is none of the name: "will the pad scratch my
pans"."""
WHOLE = frozenset({"all", "solid"})
"""What may stand before a colour: "in all black"."""
VERBS = frozenset(
    "is are was does do did can could will would has have come comes include includes included contain "
    "contains need needs require fit fits work works made make makes take use used go put be protect keep "
    "hold".split()
)


def find_name(text: str, product: Product, language: Language, cut: bool) -> tuple[int, int]:
    """Where the product is named: the run of title words that holds most of them, with the words before
    it from the article on and what follows by "in", "with" or "by" ("in sand grey").

    `cut` says that a last word behind one that is not the title's asks: in "is the foam mattress memory
    foam?" the name ends before "memory".
    """
    spoken = [term for term in read_terms(text, language) if not term.key.startswith("=")]
    title = set(_keys(f"{product.title} {product.brand} {product.colour}", language))
    pairs: set[tuple[str, ...]] = set(pairwise(_keys(product.title, language)))
    runs = _runs(text, spoken, title, pairs, language)
    brand = set(_keys(product.brand, language))
    best: list[Term] = max(runs, key=lambda run: _weight(run, brand), default=[])
    if not best:
        return 0, 0
    if cut and best[-1] is spoken[-1]:
        best = _cut_at_gap(best)
    if cut and OBJECT.match(text[best[-1].end :]) and len(best) > 1:
        best = _cut_at_break(best, pairs, last_only=True)
    start, end = _with_kind(spoken, best[0], pairs), best[-1].end
    if article := BEFORE_THE_NAME.search(text[:start]):
        start = article.start(1)
    said = read_terms(text, language)
    ways = [term for term in said if term.key.startswith("=") and " " in text[term.start : term.end].strip()]
    return start, _extend(spoken, end, title, language, ways)


def _keys(text: str, language: Language) -> list[str]:
    terms = read_terms(join_sizes(text), language)
    return [term.key for term in terms if not term.key.startswith("=")]


def _weight(run: list[Term], brand: set[str]) -> float:
    """How much of a name a run of title words holds; the maker's counts twice."""
    keys = {term.key for term in run}
    return len(keys) + len(keys & brand)


def _runs(
    text: str, spoken: list[Term], title: set[str], pairs: set[tuple[str, ...]], language: Language
) -> list[list[Term]]:
    """Title words that follow each other, but for a word or two; a verb, "with" or "the" parts them unless
    the title has it there itself."""
    runs: list[list[Term]] = []
    run: list[Term] = []
    for term in spoken:
        joins = (
            text[term.start : term.end].lower() in VERBS
            or term.key in language.relation_words
            or term.key in ARTICLES
        )
        if joins and not (run and (run[-1].key, term.key) in pairs):
            runs.append(run)
            run = []
        elif term.key in title and (run or term.key not in language.weak):
            run.append(term)
        elif run and term.place - run[-1].place > MAX_GAP:
            runs.append(run)
            run = []
    runs.append(run)
    for found in runs:
        while found and found[-1].key in language.weak and _pair(found[-2:]) not in pairs:
            found.pop()
    return runs


def _pair(terms: list[Term]) -> tuple[str, ...]:
    return tuple(term.key for term in terms)


def _with_kind(spoken: list[Term], first: Term, pairs: set[tuple[str, ...]]) -> int:
    """The beginning of the name with what stands before "of", where the title has it in the same words:
    "the 45-day supply of Onnit Alpha Brain"."""
    before = [term for term in spoken if term.place < first.place and term.key not in ARTICLES]
    if not before or before[-1].key != "of":
        return first.start
    start = first.start
    for term, behind in reversed(list(pairwise(before[:-1]))):
        if (term.key, behind.key) not in pairs:
            break
        start = term.start
    return start


def cut_name(text: str, name: tuple[int, int], product: Product, language: Language) -> tuple[int, int]:
    """The name without its end that the title does not have there: in "does the handle of the fry pan stay
    cool" the name ends before "stay", though the title has a "stay-cool handle" somewhere."""
    spoken = [term for term in read_terms(text, language) if not term.key.startswith("=")]
    inside = [term for term in spoken if name[0] <= term.start < name[1] and term.key not in ARTICLES]
    kept = _cut_at_break(inside, set(pairwise(_keys(product.title, language))), last_only=False)
    return (name[0], kept[-1].end) if kept else name


def _cut_at_break(run: list[Term], pairs: set[tuple[str, ...]], last_only: bool) -> list[Term]:
    """The run up to its last two words that the title does not have side by side."""
    for at in range(len(run) - 1, 0, -1):
        if (run[at - 1].key, run[at].key) not in pairs:
            return run[:at]
        if last_only:
            break
    return run


def _cut_at_gap(run: list[Term]) -> list[Term]:
    for at in range(len(run) - 1, max(len(run) - 3, 0), -1):
        if run[at].place - run[at - 1].place > 1:
            return run[:at]
    return run


def _extend(spoken: list[Term], end: int, title: set[str], language: Language, ways: Sequence[Term]) -> int:
    """The end of the name with what is joined to it: "with 8 shelves", "in sand grey", "by Nirvana"; not
    with what begins one of the `ways` of asking ("in the washing machine")."""
    behind = [term for term in spoken if term.start >= end]
    while behind and behind[0].key in language.relation_words:
        rest = behind[1:]
        while rest and (rest[0].key in ARTICLES or rest[0].key in WHOLE):
            rest = rest[1:]
        joined = 0
        if rest and any(way.start <= rest[0].start < way.end for way in ways):
            break
        while joined < len(rest) and rest[joined].key in title and rest[joined].key not in language.weak:
            joined += 1
        if not joined:
            break
        end, behind = rest[joined - 1].end, rest[joined:]
    return end
