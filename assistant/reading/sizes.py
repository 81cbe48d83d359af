"""Size charts in running text: what "M" stands for in "S: 4-6, M: 8-10, L: 12-14".

Knows letters and figures only; which product it is, and what else the page says, is not asked here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.reading.page import Sentence, Term, plain
from assistant.reading.quoting import quote

LETTERS = {"extra small": "xs", "x-small": "xs", "small": "s", "medium": "m", "large": "l"}
LETTERS |= {"x-large": "xl", "extra large": "xl", "xx-large": "xxl", "2xl": "xxl", "3xl": "xxxl"}
ASKED = re.compile(
    r"\b(?:extra small|extra large|xx?-?(?:small|large)|small|medium|large|xxs|xs|x{1,3}l|[23]xl|"
    r"(?<!')[sml])\b"
)
ASKS = re.compile(r"\b(?:waist|chest|bust|hips?|sizes?|equals?|equivalent|measure\w*|what is|fit)\b")
ENTRY = re.compile(
    r"(?<![\w'’/-])(XXS|XS|X{1,3}L|[2-6]XL|[SML])(?![\w'’/])\s*(?=[^A-Za-z]{0,5}(?:[A-Za-z]+\W{0,3}){0,3}?\d)"
)
REACH = 70
"""Characters of a chart's entry: "M Waist: 32-34"."""


def read_chart(text: str, page: Sequence[Sentence]) -> str:
    """The part of the page's size chart that says what the size asked for is; '' where neither is there."""
    lowered = plain(text)
    asked = ASKED.search(lowered)
    if asked is None or not ASKS.search(lowered):
        return ""
    letter = LETTERS.get(asked[0], asked[0])
    for sentence in page[1:]:
        entries = list(ENTRY.finditer(sentence.text))
        if len({entry[1] for entry in entries}) < 2:
            continue
        for entry in entries:
            if LETTERS.get(plain(entry[1]), plain(entry[1])) == letter:
                return quote(sentence.text, (Term("", entry.start(), entry.start() + REACH, 0),))
    return ""
