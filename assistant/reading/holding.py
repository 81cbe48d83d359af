"""Where a sentence holds what is asked: all its terms, close enough to be one statement.

Knows places of terms; whether the sentence affirms them is `stance.py`'s, of what it says them
`subject.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from assistant.reading.page import Sentence, Term, same_term
from assistant.reading.question import Question

LOOSE = 7
"""Words that may stand between those asked for, and still be one statement."""
JOINED = 4
"""How far words may be apart that stand side by side in the question."""
CLAUSE_END = re.compile(r"[;.!?](?:\s|$)|[\[\]]")
POINTS_BACK = re.compile(r"\W*(?:it|they|these|those)\b(?!['’]s (?:also|a|an|the)\b)", re.I)
"""How a sentence opens that speaks of what the one before names."""


def first_term(key: str, sentence: Sentence) -> Term | None:
    """Where the sentence holds `key` (or another form of its word)."""
    return next(iter(_places(key, sentence)), None)


def _places(key: str, sentence: Sentence) -> list[Term]:
    if key.startswith("#"):
        return _adjacent(key, sentence)
    held = [term for term in sentence.terms if same_term(key, term.key)]
    return held or _compounds(key, sentence)


def _compounds(key: str, sentence: Sentence) -> list[Term]:
    """Places of "baseboard" written as two words."""
    spoken = [term for term in sentence.terms if not term.key.startswith("=")]
    return [
        replace(one, key=key, end=other.end) for one, other in pairwise(spoken) if one.key + other.key == key
    ]


def _adjacent(key: str, sentence: Sentence) -> list[Term]:
    """Places of "#size 6": the number beside its word."""
    word, number = key[1:].split(" ")
    words = [term for term in sentence.terms if not term.key.startswith("=")]
    return [
        replace(term, start=min(term.start, other.start), end=max(term.end, other.end))
        for term in words
        if term.key == number
        for other in words
        if other.key == word and abs(other.place - term.place) == 1
    ]


def core_untitled(question: Question, title: Sentence) -> tuple[str, ...]:
    """The terms asked for without those beside another that the title says of the product anyway: the "golf"
    of "golf balls", the "paper" of "recycled paper"."""
    core = question.core
    said = {key for key in core if first_term(key, title)}
    # The first of a pair is the lesser part: "golf balls" are balls.
    beside = {one for one, _ in question.joined} | {
        other for one, other in question.joined if one not in said
    }
    return tuple(key for key in core if key not in said or key not in beside)


def find_terms(
    core: Sequence[str], sentence: Sentence, joined: frozenset[tuple[str, str]] = frozenset()
) -> list[tuple[Term, ...]]:
    """Wherever the sentence holds all terms of `core` close together, in order of their places; the
    `joined` ones within few words of each other."""
    places = [_places(key, sentence) for key in core]
    if not core or not all(places):
        return []
    found = []
    for anchor in places[0]:
        chosen = [anchor]
        for options in places[1:]:
            chosen.append(min(options, key=lambda term: abs(term.place - anchor.place)))
        ordered = tuple(sorted(chosen, key=lambda term: term.place))
        between = sentence.text[ordered[0].start : ordered[-1].end]
        at = {key: term.place for key, term in zip(core, chosen, strict=True)}
        if any(abs(at[one] - at[other]) > JOINED for one, other in joined if one in at and other in at):
            continue
        if ordered[-1].place - ordered[0].place <= len(core) + LOOSE and not CLAUSE_END.search(between):
            found.append(ordered)
    return found


def find_with(
    core: Sequence[str], sentence: Sentence, before: Sentence | None, joined: frozenset[tuple[str, str]]
) -> list[tuple[Term, ...]]:
    """`find_terms`, also where "it" or "they" stands for what the sentence before names."""
    found = find_terms(core, sentence, joined)
    if found or before is None or not POINTS_BACK.match(sentence.text):
        return found
    # What is asked about comes first in the question, what is asked of it last.
    named = next((n for n, key in enumerate(core) if first_term(key, sentence)), len(core))
    if not 0 < named < len(core) or any(first_term(key, before) is None for key in core[:named]):
        return []
    return find_terms(core[named:], sentence, joined)
