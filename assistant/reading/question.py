"""What a question asks about a product it names: yes or no, how many, how much, or anything else.

Tells the product's name from what is asked, so that "is the leather belt vegan?" asks about "vegan"
alone. Knows the shopper's words and the product's title; reads no page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from assistant.reading.language import Language, Measure
from assistant.reading.named import cut_name, find_name
from assistant.reading.page import Term, plain, read_terms
from assistant.reading.stance import is_denied
from assistant.references import without_pointers
from retrieval.english import FILLER
from retrieval.vocabulary import names_same
from retrieval.words import join_sizes, stem, stems, words
from shop.types import Product

Kind = Literal["polar", "count", "open"]
POLAR = re.compile(
    r"^\W*(?:(?:and|but|so|ok|okay|hi|hello|hey|also|please|tell me if|i wonder if|do you know if)[\s,]+)*"
    r"(?:(?:is|are|am|was|does|do|did|can|could|will|would|has|have|should|may)(?:n.t)?\b"
    r"(?! you (?:sell|have|stock|carry))|any (?=(?:\w+ ){1,4}(?:in|on|with)\b))"
)
PREAMBLE = re.compile(
    r"^.*?(?:,|:|\s[-–—])\s+(?=(?:is|are|does|do|did|can|could|will|would|has|have|should|how|what)\b)",
    re.I,
)
"""What a shopper says before they ask: "I'm celiac - is it ..."."""
NEED_TO = re.compile(r"\b(needs?|have) to (?:install|buy|use|get|download|have)\b", re.I)
"""What one needs to install one needs."""
MEANWHILE = re.compile(r"\s+while\b[^?]*", re.I)
COUNT = re.compile(
    r"\bhow (?:many|much)\s+"
    r"(?!(?:is|are|was|for|does|do|did|would|will|it|the|a|an|this|that|to|should|can|i)\b)"
    r"(?:different |separate |total )?(.+?)(?=\s+(?:do|does|did|can|could|should|are|is|come|comes|fit|fits|"
    r"has|have|in|on|of|per|will|would|i|you|go|goes|there|get)\b|[?.!]|$)"
)
OF_THE_NAME = re.compile(
    r"\b(?:the|its)\b[^?]*\b(?:of|on|in|inside|for|from)\s+(?:(?:the|a|an|your|this)\s+)?$"
)
EMPTY = frozenset(stem(word) for word in FILLER) | frozenset(stems("work fit in on off out up"))
TAILS = frozenset(stems("safe free proof resistant friendly too at all or not"))
"""What may stand behind the word asked for without asking more."""
OWN_WORDS = 3
"""A measure's asking of so few words names nothing else: "battery life"."""
FIGURE = re.compile(r"(?<![\w.])\d[\d.,]*$")
ASKED_OF = re.compile(r"\bwhat(?:'s| is| are)? the (\w+) (?:of|on|for)\b")
SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\din\.)(?<!\dft\.)(?<!\doz\.)(?<!lbs\.)(?<![A-Z]\.)\s+")
QUANTITY = re.compile(
    r"(\d+(?:\.\d+)?)[ -]?(pounds?|lbs?|kgs?|kilos?|years?|year[- ]olds?|people|persons?|players?|"
    r"inch(?:es)?|"
    r"feet|ft|hours?|gallons?|lit(?:er|re)s?|oz|ounces?)\b"
)


@dataclass(frozen=True, slots=True)
class Question:
    """One question, taken apart.

    `core` are the terms that a page has to hold to answer, `joined` those of them that stand side by side
    ("golf balls"), `literal` the stems of the words in which a way of saying was asked for; `denied`
    says that the question asks for their absence ("is it caffeine free?"). `counted` is what "how many"
    counts. `words` are the shopper's own for what is asked, fit to be said back; `part` says that the
    question is about a part of the product ("the water tank of ..."), so that the page has to speak of
    that. `tail` is the term behind the name that is another word for the product ("the Elama plates").
    """

    text: str
    kind: Kind
    core: tuple[str, ...]
    words: str
    joined: frozenset[tuple[str, str]] = frozenset()
    literal: frozenset[str] = frozenset()
    denied: bool = False
    relation: str = ""
    measure: Measure | None = None
    counted: str = ""
    counted_word: str = ""
    quantity: tuple[float, str] | None = None
    part: bool = False
    tail: str = ""


def read_question(text: str, product: Product, language: Language) -> Question:
    """`text` as a question about `product`."""
    asked = MEANWHILE.sub("", without_pointers(_last_question(join_sizes(text))))
    asked = NEED_TO.sub(r"\1", asked)
    called = frozenset(stems(f"{product.brand} {' '.join(product.categories[-1:])}"))
    polar = POLAR.search(plain(asked)) is not None
    name = find_name(asked, product, language, cut=polar)
    if polar and name[1] and not _asks_beside(asked, name, language):
        name = cut_name(asked, name, product, language)
    question = _read(asked, name, language, called)
    kind = f"{product.title} {' '.join(product.categories[-2:])}"
    return replace(question, tail=_tail(question, name[1], language, kind)) if name[1] else question


def _tail(question: Question, end: int, language: Language, kind: str) -> str:
    """The term right behind the name, where it is another word for a thing of this `kind`; else ''."""
    text = question.text
    behind = [term for term in read_terms(text, language) if term.start >= end]
    if not behind or text[end : behind[0].start].strip():
        return ""
    if not names_same(text[behind[0].start : behind[0].end], kind):
        return ""
    asked = (t.key for t in behind if t.start == behind[0].start and t.key in question.core)
    return next(asked, "")


def read_unnamed(text: str, language: Language) -> Question:
    """`text` as a question that holds no product's name; a statement is one of yes or no."""
    question = _read(text, (0, 0), language)
    if not question.core and question.measure is None:
        # "Which plugs in?": so plain a verb asks where nothing else does.
        verbs = [t for t in read_terms(text, language) if t.key.isalpha() and t.key not in EMPTY]
        question = replace(
            question,
            core=tuple(dict.fromkeys(term.key for term in verbs)),
            words=_said(text, verbs),
        )
    opens = question.measure is not None or re.match(r"\s*(?:what|how|which)\b", plain(text)) is not None
    return replace(question, kind=question.kind if opens else "polar")


def _asks_beside(text: str, name: tuple[int, int], language: Language) -> bool:
    """Whether anything is asked beside the name and a part of it ("the handle of")."""
    terms = read_terms(text, language)
    behind = [term for term in terms if term.start >= name[1]]
    if behind and (behind[0].key in language.relation_words or _meaningful(behind, language)):
        return True
    before = _meaningful([term for term in terms if term.start < name[0]], language)
    # Behind "the handle of" what is asked is still to come, behind "the cuffs adjustable on" no more.
    return len(before) > 1 or (bool(before) and not OF_THE_NAME.search(plain(text)[: name[0]]))


def _read(
    asked: str, name: tuple[int, int], language: Language, called: frozenset[str] = frozenset()
) -> Question:
    lowered = plain(asked)
    terms = _asked_terms(asked, name, language, called)
    # The name may hold any word ("fabric ink"): what is asked is read without it.
    unnamed = f"{lowered[: name[0]]}it{lowered[name[1] :]}" if name[1] else lowered
    kind: Kind = "polar" if POLAR.search(lowered) else "open"
    counted, counted_word = "", ""
    if match := COUNT.search(f"{lowered[: name[0]]}{'x' * (name[1] - name[0])}{lowered[name[1] :]}"):
        kind = "count"
        counted, counted_word = _counted(asked, match, language)
    quantities = (m for m in QUANTITY.finditer(lowered) if not name[0] <= m.start() < name[1])
    quantity = next(quantities, None) if kind == "polar" else None
    measure = (
        next((m for m in language.measures if m.asks.search(unnamed)), None) if kind != "polar" else None
    )
    if measure:
        asks = measure.asks.search(unnamed)
        own = set(stems(asks[0])) if asks and len(asks[0].split()) <= OWN_WORDS else set()
        terms = [
            term
            for term in terms
            if term.key not in own and not measure.beside.search(lowered[term.start : term.end])
        ]
    core = tuple(dict.fromkeys(term.key for term in terms))
    before = [term for term in terms if term.start < name[0] and len(term.key) > 1]
    return Question(
        text=asked,
        kind=kind,
        core=core,
        words=_said(asked, terms),
        literal=frozenset(
            stem(word)
            for term in terms
            if term.key.startswith("=")
            for word in words(asked[term.start : term.end])
        ),
        joined=frozenset(
            (one.key, other.key) for one, other in pairwise(terms) if _is_beside(one, other, lowered)
        ),
        denied=bool(terms) and is_denied(asked, terms, language),
        relation=next((name for name, cue in language.relations.items() if cue.search(unnamed)), ""),
        measure=measure,
        counted=counted,
        counted_word=counted_word,
        quantity=(float(quantity[1]), quantity[2]) if quantity else None,
        part=bool(before) and bool(OF_THE_NAME.search(lowered[: name[0]])),
    )


def _said(text: str, terms: Sequence[Term]) -> str:
    """The words of `terms`; what is one word in the text ("11th", "12V") stays one."""
    said, end = "", 0
    for term in terms:
        figure = FIGURE.search(text, end, term.start)
        start = figure.start() if figure else term.start
        said += ("" if not said or start == end else " ") + text[start : term.end]
        end = term.end
    return said


def _is_beside(one: Term, other: Term, text: str) -> bool:
    return not text[one.end : other.start].strip(" -'s")


def _last_question(text: str) -> str:
    """The sentence that asks, where there are several."""
    sentences = [part for part in SENTENCE_END.split(text.strip()) if part.strip()]
    asking = [part for part in sentences if part.rstrip().endswith("?") or POLAR.search(plain(part))]
    last = (asking or sentences or [text])[-1]
    opens = POLAR.search(plain(last)) or re.match(r"\s*(?:what|how|which|who|where|when)\b", plain(last))
    return last if opens else PREAMBLE.sub("", last, count=1)


def _asked_terms(text: str, name: tuple[int, int], language: Language, called: frozenset[str]) -> list[Term]:
    """The terms outside the product's name that carry meaning; a way of saying replaces its words.

    `called` are words of its maker and kind: they ask nothing.
    """
    terms = list(read_terms(text, language))
    spoken = [term for term in terms if not term.key.startswith("=")]
    outside = [term for term in terms if not (name[0] <= term.start < name[1])]
    asking = [term for term in outside if term.key not in called]
    kept = _with_numbers(_meaningful(asking, language) or _meaningful(outside, language), spoken)
    if kept:
        return kept
    if not POLAR.search(plain(text)):
        # "What is the range of it": so plain a word asks where nothing else does.
        plainly = ASKED_OF.search(plain(text))
        return [t for t in outside if plainly and plainly.start(1) <= t.start < plainly.end(1)]
    # "Is the waterproof torch waterproof?": all that is asked stands in the name; its last word then.
    last = _meaningful(terms, language)[-1:]
    behind = [term for term in spoken if last and term.start >= last[0].end]
    if any(term.key not in TAILS for term in behind):
        return []
    return [term for term in last if term.key not in called]


def _with_numbers(kept: list[Term], spoken: list[Term]) -> list[Term]:
    """A number means something beside its word only: "size 6"."""
    found: list[Term] = []
    for term in kept:
        if not term.key[0].isdigit():
            found.append(term)
            continue
        beside = [o for o in spoken if abs(o.place - term.place) == 1 and not o.key[0].isdigit()]
        plainly = [o for o in beside if o.key not in FILLER]
        before = [o for o in plainly if o.place < term.place] or plainly
        if before:
            found.append(replace(term, key=f"#{before[0].key} {term.key}"))
    return found


def _meaningful(terms: list[Term], language: Language) -> list[Term]:
    ways = [term for term in terms if term.key.startswith("=")]
    ways = [
        w
        for w in ways
        if not any(
            o is not w and o.start <= w.start and w.end <= o.end and (o.end - o.start) > (w.end - w.start)
            for o in ways
        )
    ]
    covered = [(way.start, way.end) for way in ways]
    single = [
        term
        for term in terms
        if not term.key.startswith("=")
        and (len(term.key) > 1 or term.key.isdigit())
        and term.key not in language.weak
        and not any(start <= term.start < end for start, end in covered)
    ]
    return sorted((*ways, *single), key=lambda term: term.start)


def _counted(text: str, match: re.Match[str], language: Language) -> tuple[str, str]:
    """What is counted, the last thing of "LED beads", as a term and as a word."""
    inside = [term for term in read_terms(text, language) if match.start(1) <= term.start < match.end(1)]
    if not inside:
        return "", ""
    last = [term for term in inside if term.end == max(term.end for term in inside)]
    way = [term for term in last if term.key.startswith("=")] or last
    return way[0].key, stem(plain(text[last[-1].start : last[-1].end]).split(" ")[-1])
