"""English verbs of asking something of an order: to cancel, send back, exchange, change, or just to know.

Knows words; knows nothing of products, orders or what a whole sentence asks.
"""

from __future__ import annotations

import re
from typing import Literal

from assistant.support.case.wants import is_asked_for

Family = Literal["cancel", "return", "swap", "address", "look", ""]


_VERBS = (
    (
        "cancel",
        r"\b(?:no longer (?:need|want)(?!ed)|call(?:ing)? (?:it |them |that )?off|"
        r"drop(?:ping)?(?= (?:the|my|your|that|this) (?:\w+ )?order)|cancel(?:l?ing|lation)?|"
        r"(?<=be )cancell?ed)\b(?! reason)",
    ),
    (
        "return",
        r"\b(?:return(?:ing)?|(?<=be )returned|get(?:ting)? rid of|money back for|refund for|"
        r"refund(?= (?:the|my|these|both) (?!to\b|amount))|(?:tak(?:e|ing)|bring(?:ing)?|"
        r"send(?:ing)?|giv(?:e|ing)) (?:(?!and\b)\w+ ){0,3}back|go(?:es)? back)\b(?! (?:policy|"
        r"window|label|home|address))",
    ),
    (
        "swap",
        r"\b(?:add(?:ing)?(?= (?:the|a) (?:cheap|less|more|small|larg|bigg)\w* one)|exchang(?:e|ing)|"
        r"swap(?:ping)?|replac(?:e|ing)|chang(?:e|ing)|modif(?:y|ying)|upgrad(?:e|ing)|"
        r"alter(?:ing)?|(?<=to )switch(?:ing)?|(?<=please )switch|trad(?:e|ing)|(?<=can )switch|"
        r"adjust(?:ing)?|updat(?:e|ing)|"
        r"correct(?:ing)?|replacement|(?<=a )new (?:pair|one|unit)|(?<=be )(?:exchanged|changed|replaced|"
        r"modified|swapped))\b"
        r"(?! of| mind| your mind|s\b)",
    ),
    (
        "look",
        r"\b(?:keep(?:ing)?|leav(?:e|ing)(?! me)|check(?:ing)?|ask(?:ing)?|inquir(?:e|ing)|know|"
        r"wonder(?:ing)?|find out|confirm|tell|mention)\b",
    ),
)


_NOT_VERB = re.compile(
    r"(?:\b(?:your|the|my|any|an?|this|undo|undoing|of|for|reverse|no|full|free|previous)\s+(?:order\s+)?)$",
    re.I,
)


_AT_FIRST = re.compile(r"\b(?:first|initially|originally) (?:wanted|thought|planned|meant)\b[^,.;]*$", re.I)


_NEGATED = re.compile(
    r"\b(?:never|not|n't|don't|no) (?:really |actually )?(?:want(?:ed)? |need |going |like )?(?:to )?$", re.I
)


PARTICIPLE = re.compile(
    r"(?P<cancel>cancell?ed|called off)|(?P<return>returned|refunded|sent back|taken back)|"
    r"(?P<swap>exchanged|changed|replaced|modified|swapped|switched|updated|upgraded)",
    re.I,
)


def verbs_in(text: str, start: int, end: int) -> list[tuple[int, int, Family]]:
    """(start, end, family) of every verb of asking between `start` and `end`, in order."""
    found: list[tuple[int, int, Family]] = []
    for family, pattern in _VERBS:
        for match in re.finditer(rf"(?:{pattern})(?! (?:nothing|neither)\b)", text[start:end], re.I):
            begin = start + match.start()
            before = text[max(0, begin - 32) : begin]
            if (
                family != "look"
                and _NOT_VERB.search(before)
                and not re.match(r"new|replacement|(?:money back|refund) for", match[0], re.I)
            ):
                continue
            after = text[begin : min(end, begin + 48)]
            not_now = (
                _NEGATED.search(before)
                or _AT_FIRST.search(text[start:begin])
                or re.match(r"[^,.]*\b(?:later|at a later|another time)\b", after)
            )
            meant = "look" if not_now else family
            found.append((begin, start + match.end(), meant))  # type: ignore[arg-type]
    for match in PARTICIPLE.finditer(text[start:end]):
        begin = start + match.start()
        if is_asked_for(text[start:begin]) and not any(a <= begin < b for a, b, _ in found):
            found.append((begin, start + match.end(), match.lastgroup))  # type: ignore[arg-type]
    return sorted(found)
