"""Of what a sentence says something: of the product, or of a part, an extra or another thing beside it.

A yes may stand only on a sentence about the product. Knows words and their order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.reading.holding import POINTS_BACK, first_term
from assistant.reading.page import Sentence, Term
from assistant.reading.question import Question
from retrieval.english import FILLER
from retrieval.words import stem, words

INTRODUCES = re.compile(r"\b(?:includ\w+|comes? with|plus an?|along with)\b", re.I)
ADVICE = re.compile(
    r"\b(?:use|apply|add|buy|choose|pick|wear|get)\s+(?:it\s+)?(?:with\s+)?(?:an?|some|our|your|any)\s+(?:[\w-]+\s+){0,2}$",
    re.I,
)
WHOLES = frozenset(
    "it they this these that those product products item items which and all both everything he she we you "
    "one ones".split()
)
SUBJECT = re.compile(r"\b([^\W\d_]+)\s+(?:is|are|can be|should be)\s+(?:[^\W\d_]+\s+){0,2}$", re.I)
THIS_ONE = re.compile(r"\b(?:this|these)\s+(?:[\w-]+\s+){0,3}$", re.I)
"""Before a thing: it is the one on the page, by whatever name."""
AFTER_A_THING = frozenset(
    "because that which so thus for to when while against makes keeps lets allows helps gives included "
    "provided supplied attached set sets pack".split()
)


def speaks_of_another(
    terms: Sequence[Term], sentence: Sentence, page: Sequence[Sentence], question: Question
) -> bool:
    """Whether what `terms` name is said of something else than what is asked about."""
    return (
        _speaks_of_a_part(terms, sentence, page[0], question)
        or _is_advice(terms, sentence, question)
        or _points_back(sentence, page, question)
    )


def ends_there(sentence: Sentence, terms: Sequence[Term]) -> bool:
    """Whether the thing named ends with these terms: in "bulb cord" and "straw lid" it is another."""
    behind = re.match(r"\s+([^\W\d_]+)", sentence.text[terms[-1].end :])
    return behind is None or behind[1].lower() in FILLER or behind[1].lower() in AFTER_A_THING


def _speaks_of_a_part(terms: Sequence[Term], sentence: Sentence, title: Sentence, question: Question) -> bool:
    """Whether the sentence says so of something else than the product: "our covers are washable"."""
    before = sentence.text[: terms[0].start]
    subject = SUBJECT.search(before)
    if subject is None or THIS_ONE.search(before[: subject.start()]):
        return False
    word = stem(subject[1].lower())
    known = {term.key for term in title.terms} | {stem(said) for said in words(question.text)}
    return word not in known and subject[1].lower() not in WHOLES


def _is_advice(terms: Sequence[Term], sentence: Sentence, question: Question) -> bool:
    """Whether the sentence tells the buyer to take something else to it: "use a waterproof primer first"."""
    if question.relation:
        return False
    before = sentence.text[: terms[0].start]
    return ADVICE.search(before) is not None


def _points_back(sentence: Sentence, page: Sequence[Sentence], question: Question) -> bool:
    """Whether "it" or "they" may be something that the sentence before has just brought in."""
    at = page.index(sentence)
    if at < 2 or question.relation or not POINTS_BACK.match(sentence.text):
        return False
    if any(first_term(key, sentence) is None for key in question.core):
        return False  # what it points back to is what was asked about
    return INTRODUCES.search(page[at - 1].text) is not None
