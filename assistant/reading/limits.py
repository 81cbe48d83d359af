"""Whether an amount in a question keeps within what a page allows: 300 pounds on a chair that holds 275."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.reading.page import Sentence, Term, plain
from assistant.reading.question import Question
from assistant.reading.quoting import quote

UNITS = (
    ("pound", re.compile(r"^(?:pounds?|lbs?)$"), r"(?:pounds?|lbs?)"),
    ("kilo", re.compile(r"^(?:kgs?|kilos?)$"), r"(?:kgs?|kilos?|kilograms?)"),
    ("year", re.compile(r"^(?:years?|year[- ]olds?)$"), r"(?:years?|yrs?)"),
    ("people", re.compile(r"^(?:people|persons?|players?)$"), r"(?:people|persons?|players?|guests?)"),
    ("inch", re.compile(r"^inch(?:es)?$"), r"(?:inch(?:es)?|\"|”|″|in\b)"),
    ("hour", re.compile(r"^hours?$"), r"(?:hours?|hrs?)"),
)
LIMIT = re.compile(
    r"\b(?:max\w*|up to|limit\w*|capacity|hold\w*|support\w*|carr(?:y|ies)|bear\w*|at most|weight rating)\b"
)
AGES = re.compile(
    r"\bage[sd]?\b\D{0,12}(?P<low>\d{1,2})\s?"
    r"(?:(?P<plus>\+|and (?:up|over|above|older))|(?:-|–|to)\s?(?P<high>\d{1,2}))?"
    r"|\b(?P<low2>\d{1,2})\s?(?:\+|and up)\s?(?:years?|year)?(?:[- ]olds?)?"
    r"|\b(?P<low3>\d{1,2})\s?(?:-|–|to)\s?(?P<high3>\d{1,2})[- ]years?[- ]olds?"
)
BETWEEN = r"(?P<low>\d+)\s?(?:-|–|to)\s?(?P<high>\d+)\s?"


def judge_quantity(question: Question, page: Sequence[Sentence]) -> tuple[bool, str] | None:
    """(whether it fits, the sentence that says so); None where the page sets no limit for it."""
    if question.quantity is None:
        return None
    amount, unit = question.quantity
    for name, asked, said in UNITS:
        if not asked.match(unit):
            continue
        for sentence in page:
            text = plain(sentence.text)
            found = _ages(text) if name == "year" else _limits(text, said, name)
            if found:
                low, high, start, end = found
                where = (Term("", start, end, 0),)
                return low <= amount <= high, quote(sentence.text, where)
    return None


def _ages(text: str) -> tuple[float, float, int, int] | None:
    match = AGES.search(text)
    if not match:
        return None
    low = float(match["low"] or match["low2"] or match["low3"])
    high = float(match["high"] or match["high3"] or 150)
    return low, high, match.start(), match.end()


def _limits(text: str, said: str, name: str) -> tuple[float, float, int, int] | None:
    if match := re.search(BETWEEN + said, text):
        return float(match["low"]), float(match["high"]), match.start(), match.end()
    for match in re.finditer(rf"(\d+(?:\.\d+)?)\s?-?{said}(?![a-z])", text):
        around = text[max(0, match.start() - 60) : match.end() + 30]
        if LIMIT.search(around):
            low = 0.0
            return low, float(match[1]), match.start(), match.end()
    return None
