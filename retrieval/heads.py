"""Which word of a topic names the thing itself.

Knows English word order ("cake stand for kids", "set of mugs") by the lists of `english.py`; knows
nothing of products.
"""

from __future__ import annotations

from collections.abc import Sequence

from retrieval import english
from retrieval.vocabulary import Term
from retrieval.words import words

_NO_THINGS = english.SOFT | english.ABOUT_SHOPPING


def recipients(topic: str) -> frozenset[str]:
    """The words behind "for": they say for whom or what, not which thing."""
    before, _, behind = f" {topic} ".partition(" for ")
    return frozenset(words(behind)) if before.strip() else frozenset()


def head_words(topic: str) -> list[str]:
    """The words before "for", "with" ...: what they end with names the thing."""
    tokens = words(topic)
    for at, word in enumerate(tokens):
        packed = word == "of" and at > 0 and tokens[at - 1] in english.MEASURES
        if word in english.LINKS and word != "and" and at > 0 and not packed:
            return tokens[:at]
    return tokens


def split_topic(topic: str, left_out: frozenset[str]) -> tuple[list[str], int]:
    """The topic's words without those `left_out`, and how many of them stand up to its head noun."""
    kept = [word for word in words(topic) if word not in left_out]
    return kept, sum(word not in left_out for word in head_words(topic))


def head_term(topic: str, terms: Sequence[Term]) -> int | None:
    """Place of the head noun: the last term before "for", "with" ..., or behind "set of"."""
    tokens = head_words(topic)
    inside = [
        place for place, term in enumerate(terms) if term.words[-1] in tokens and not term.words[0].isdigit()
    ]
    return inside[-1] if inside else None


def things_in(topic: str, of_gift: bool = True) -> str:
    """`topic` without the words that say for whom and, `of_gift`, when it is: "godson turns 7, space" is
    "space"."""
    no_things = _NO_THINGS | english.OCCASIONS if of_gift else _NO_THINGS
    kept = [word for word in words(topic) if word not in no_things and not word.isdigit()]
    while kept and kept[0] in english.LINKS:
        kept.pop(0)
    while kept and kept[-1] in english.LINKS:
        kept.pop()
    return " ".join(kept)
