"""Wishes without a verb of doing ("you'd like the smallest one", "the lamp should be black"), and
products that only say which order is meant ("the order with the skateboard").

Knows English; what is wanted of which line is read elsewhere.
"""

from __future__ import annotations

import re

WANT = re.compile(
    r"\b(?:wants?|(?:would|'d) (?:also |really |rather )?like|needs?|prefers?|"
    r"would (?:rather |prefer to )?have|'d (?:rather )?(?:have|take)|"
    r"make(?= (?:the|my|your|it|them) )|"
    r"(?:it|they|these|this) (?:should|must|has to|have to|needs? to|ought to) (?:be|have|come))\b"
    r"(?! (?:to|it to|them to|help|you|your? (?:money|refund)|the (?:money|refund|agent)|that)\b)",
    re.I,
)
_NOT = re.compile(r"\b(?:not|n't|never|no longer|don't|doesn't)(?: really)? $", re.I)
_SHOULD_BE = re.compile(
    r"^ ?: (?!you|I\b)|"
    r"^[^.;]{0,80}\b(?:you|I)(?:'d| would)? (?:want|like|need|prefer) (?:one|it|them|another)\b|"
    r"^\W*(?:[\w-]+[ :,]+){0,6}?(?:(?:should|shall|must|needs? to|has to|have to|to) (?:be|become|come|have)|"
    r"(?:you|I|he|she|they)(?:'d| would)? (?:want|like|need|prefer)(?! to\b))\b",
    re.I,
)
_CARRIER = re.compile(r"\b(?:want|like|need|have|get|let|wish)\b", re.I)
_CONTEXT = re.compile(
    r"(?:\b(?:orders?|one|parcel|delivery)\b,? (?:\w+ ){0,2}?(?:with|has|have|had|contains?|containing|holds|"
    r"holding|includes|including)|\border (?:of|in which)) (?:the |a |an |your |my |his |her )?(?:[\w-]+ )?$",
    re.I,
)
_ASKED_FOR = re.compile(
    r"\b(?:want|wants|like|need|needs|have|get|wish|should|must|shall|can|could|please|be)\b[^.;]{0,80}$",
    re.I,
)
_DONE = re.compile(
    r"\b(?:was|were|been|already|had|you|I|they|we|he|she|is|are|your|the|my|an?|this|of|else|not) "
    r"(?:\w+ly )?$",
    re.I,
)
_MOVE = re.compile(
    r"\b(?:sen[dt]|ship(?:ped)?|deliver(?:ed)?|go|redirect(?:ed)?|reroute(?:d)?|forward(?:ed)?)\b(?! back)"
    r"(?=[^.;]*\bto\b[^.;]*(?:\baddress|\bhome\b|\b\d{5}\b|\brather than\b|\bnot to\b|\binstead\b))"
    r"|\b(?:send|ship|deliver)\b(?=[^.]*\b(?:another|other|different|new) address)",
    re.I,
)


def is_asked_for(before: str) -> bool:
    """Whether a participle behind these words is asked for ("want it exchanged"), not told ("was …")."""
    return bool(_ASKED_FOR.search(before)) and not _DONE.search(before)


def wants_in(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """(start, end) of every "would like", "need" … that is not denied and has no verb behind it."""
    return [
        (start + match.start(), start + match.end())
        for match in WANT.finditer(text[start:end])
        if not _NOT.search(text[max(0, start + match.start() - 24) : start + match.start()])
    ]


def is_to_be(after: str) -> bool:
    """Whether what stands behind a product says what it should be ("… should be a blue one")."""
    return bool(_SHOULD_BE.search(after))


def is_carried(between: str) -> bool:
    """Whether a verb behind a product governs it: "have the lamp exchanged", "want the boots returned"."""
    return bool(_CARRIER.search(between))


def is_order_context(text: str, start: int, end: int) -> bool:
    """Whether the product at `start` only tells which order is meant."""
    follows = re.match(r"\W+orders?\b", text[end : end + 9])
    return bool(follows) or bool(_CONTEXT.search(text[max(0, start - 80) : start]))


def moves_in(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """(start, end) of verbs that ask for a parcel to go to another address."""
    return [
        (start + match.start(), start + match.end())
        for match in _MOVE.finditer(text[start:end])
        if _ASKED_FOR.search(text[start : start + match.start()] + " ")
        or match.start() == 0
        or re.match(r"(?:send|ship|deliver|redirect|forward)\b", match[0], re.I)
        if not _DONE.search(text[max(0, start + match.start() - 16) : start + match.start()])
    ]
