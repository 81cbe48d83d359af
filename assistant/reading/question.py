"""What a question asks about a product it names: yes or no, how many, how much, or anything else.

Tells the product's name from what is asked, so that "is the leather belt vegan?" asks about "vegan"
alone. Knows the shopper's words and the product's title; reads no page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.reading.language import Language, Measure
from assistant.reading.page import Term, plain, read_terms
from assistant.reading.stance import is_denied
from retrieval.words import stem, stems
from shop.types import Product

Kind = Literal["polar", "count", "open"]
POLAR = re.compile(
    r"^\W*(?:(?:and|but|so|ok|okay|hi|hello|hey|also|please|tell me if|i wonder if|do you know if)[\s,]+)*"
    r"(?:is|are|am|was|does|do|did|can|could|will|would|has|have|should|may)(?:n.t)?\b(?! you (?:sell|have|stock|carry))"
)
COUNT = re.compile(r"\bhow many\s+(?:different |separate |total )?((?:[a-z]+[ -]?){1,3})")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
MAX_GAP = 2
QUANTITY = re.compile(
    r"(\d+(?:\.\d+)?)[ -]?(pounds?|lbs?|kgs?|kilos?|years?|year[- ]olds?|people|persons?|players?|inch(?:es)?|"
    r"feet|ft|hours?|gallons?|lit(?:er|re)s?|oz|ounces?)\b"
)


@dataclass(frozen=True, slots=True)
class Question:
    """One question, taken apart.

    `core` are the terms that a page has to hold to answer; `denied` says that the question asks for
    their absence ("is it caffeine free?"). `counted` is what "how many" counts. `words` are the
    shopper's own for what is asked, fit to be said back.
    """

    text: str
    kind: Kind
    core: tuple[str, ...]
    words: str
    denied: bool = False
    relation: str = ""
    measure: Measure | None = None
    counted: tuple[str, ...] = ()
    quantity: tuple[float, str] | None = None


def read_question(text: str, product: Product, language: Language) -> Question:
    """`text` as a question about `product`."""
    asked = _last_question(text)
    lowered = plain(asked)
    terms = _asked_terms(asked, product, language)
    kind: Kind = "polar" if POLAR.search(lowered) else "open"
    counted: tuple[str, ...] = ()
    if match := COUNT.search(lowered):
        kind = "count"
        counted = _counted(match, terms, language)
    quantity = QUANTITY.search(lowered) if kind == "polar" else None
    core = tuple(dict.fromkeys(term.key for term in terms))
    return Question(
        text=asked,
        kind=kind,
        core=core,
        words=" ".join(asked[term.start : term.end] for term in _said(terms)),
        denied=bool(terms) and is_denied(asked, terms, language),
        relation=next((name for name, cue in language.relations.items() if cue.search(lowered)), ""),
        measure=next((m for m in language.measures if m.asks.search(lowered)), None) if kind != "polar" else None,
        counted=counted,
        quantity=(float(quantity[1]), quantity[2]) if quantity else None,
    )


def _last_question(text: str) -> str:
    """The sentence that asks, where there are several."""
    sentences = [part for part in SENTENCE_END.split(text.strip()) if part.strip()]
    asking = [part for part in sentences if part.rstrip().endswith("?") or POLAR.search(plain(part))]
    return (asking or sentences or [text])[-1]


def _asked_terms(text: str, product: Product, language: Language) -> list[Term]:
    """The terms outside the product's name that carry meaning; a way of saying replaces its words."""
    terms = list(read_terms(text, language))
    spoken = [term for term in terms if not term.key.startswith("=")]
    name = _name_span(spoken, product, language)
    outside = [term for term in terms if not (name[0] <= term.start < name[1])]
    kept = _meaningful(outside, language)
    if kept:
        return kept
    # "Is the waterproof torch waterproof?": all that is asked stands in the name; its last word then.
    return _meaningful(terms, language)[-1:]


def _meaningful(terms: list[Term], language: Language) -> list[Term]:
    ways = [term for term in terms if term.key.startswith("=")]
    ways = [w for w in ways if not any(o is not w and o.start <= w.start and w.end <= o.end and
                                       (o.end - o.start) > (w.end - w.start) for o in ways)]
    covered = [(way.start, way.end) for way in ways]
    single = [
        term
        for term in terms
        if not term.key.startswith("=")
        and term.key not in language.weak
        and not any(start <= term.start < end for start, end in covered)
    ]
    return sorted((*ways, *single), key=lambda term: term.start)


def _name_span(spoken: list[Term], product: Product, language: Language) -> tuple[int, int]:
    """Where the product is named: the run of title words that holds most of them."""
    title = set(stems(product.title)) | set(stems(product.brand))
    best, run = (0, 0, 0), []  # type: tuple[int, int, int], list[Term]
    runs: list[list[Term]] = []
    for term in spoken:
        if term.key in title and (run or term.key not in language.weak):
            run.append(term)
        elif run and (term.key in language.relation_words or term.place - run[-1].place > MAX_GAP
                      or term.key in _VERBS):
            runs.append(run)
            run = []
    runs.append(run)
    for found in runs:
        while found and found[-1].key in language.weak:
            found.pop()
        held = len({term.key for term in found})
        if held and held > best[0]:
            best = (held, found[0].start, found[-1].end)
    return best[1:] if best[0] else (0, 0)


_VERBS = frozenset(
    stem(word)
    for word in (
        "is are was does do did can could will would has have come comes include includes included contain contains need "
        "needs require fit fits work works make made take use used go put be protect keep hold"
    ).split()
)


def _said(terms: list[Term]) -> list[Term]:
    return terms


def _counted(match: re.Match[str], terms: list[Term], language: Language) -> tuple[str, ...]:
    inside = [term for term in terms if match.start(1) <= term.start < match.end(1)]
    return tuple(term.key for term in inside) or tuple(
        stem(word) for word in match[1].split()[:1]
    )
