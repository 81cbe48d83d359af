"""A message cut into sentences, and sentences at their conditions ("if that is not possible, …").

Knows English conditions; knows nothing of products or of what is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Condition = Literal["", "failed", "worked", "asked", "which", "never"]


_CONDITION = re.compile(
    r"(?:^|(?<=[\s,;:(]))(?:but |and |or |"
    r"so )?\b(?<!ask )(?<!wonder )(?<!see )(?<!check )(?<!know )(?<!tell )"
    r"(?<!asking )(?<!wondering )(?<!agent )(?:if and only if|only if|even if|if|in case|unless|once|"
    r"provided|when(?= (?:the agent|they|he|she|you ask|asked)\b))\b"
    r"(?! (?:the agent|they|he|she|you|it|someone) (?:can|could|is able to|are able to|would|"
    r"might) (?:please )?(?:help|assist))",
    re.I,
)


_FAILED = re.compile(
    r"\b(?:not|n't|cannot|cant|can't|unable|unavailable|impossible|no|none|nothing|unless|neither|refuse[sd]?|insists?|"
    r"issues?|problems?|isn't|aren't)\b|n't\b",
    re.I,
)


_ASKED = re.compile(
    r"\b(?:agent|they|he|she|asked|you)\b[^,]*\b(?:ask|asks|asked|confirm\w*|insist\w*|prompt\w*)\b|"
    r"\basked\b|for confirmation",
    re.I,
)


_NOT_SENT = re.compile(
    r"(?:\bnot|n't) (?:yet )?(?:been |being )?(?:shipped|sent|dispatched|processed|delivered|left)\b|"
    r"\b(?:has|have)(?: not|n't)(?: yet)?\W*$",
    re.I,
)


PARTIAL = re.compile(
    r"\bpartial(?:ly)?|\bpart of\b|\bonly (?:the|that|those|this|one)\b|\bjust (?:the|that|those|this|one|"
    r"cancel that)\b|"
    r"\b(?:single|specific|individual) items?\b|\bfrom (?:your|the|this|that|my) order\b|\binside (?:it|"
    r"the)\b|\bremove\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of one sentence under one condition. `if_text` is the condition's own words."""

    sentence: int
    start: int
    end: int
    condition: Condition
    if_start: int = 0
    if_end: int = 0


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Spans of sentences; dots inside numbers and braces do not end one."""
    spans, start, depth = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "{(") - (letter in "})")
        ends = letter in "!?;\n" or (
            letter == "."
            and not re.match(r"\.(?:\d|[a-z]|,)", text[at : at + 2])
            and not text[:at].endswith(("St", "Mr", "Ms", "Dr"))
        )
        if ends and depth <= 0:
            if text[start:at].strip():
                spans.append((start, at))
            start = at + 1
    if text[start:].strip():
        spans.append((start, len(text)))
    return spans


def split_parts(text: str, number: int, start: int, end: int) -> list[Part]:
    """One sentence cut at its conditions."""
    parts: list[Part] = []
    at = start
    while at < end:
        match = _CONDITION.search(text, at, end)
        if match is None:
            parts.append(Part(number, at, end, ""))
            break
        if text[at : match.start()].strip(" ,;"):
            parts.append(Part(number, at, match.start(), ""))
        stop = _condition_end(text, match.end(), end)
        words = text[match.start() : stop]
        kind = _kind(words)
        if stop >= end and parts and not re.match(r"(?:but|and|so)\b(?! only if)", words.strip(), re.I):
            # "…, if that is possible": the condition belongs to what stands before it.
            last = parts.pop()
            parts.append(Part(number, last.start, last.end, last.condition or kind, match.start(), stop))
            break
        follow = _CONDITION.search(text, stop, end)
        until = follow.start() if follow else end
        if text[start : match.start()].count("(") > text[start : match.start()].count(")"):
            closed = text.find(")", stop, until)
            until = closed if closed >= 0 else until
        parts.append(Part(number, stop, until, kind, match.start(), stop))
        at = until
    return parts


def _condition_end(text: str, at: int, end: int) -> int:
    """Where the condition's words end: at its comma, or where the sentence takes up what to do."""
    comma = _comma(text, at, end)
    turn = re.search(
        r"\b(?:then|just|please|you(?:'d| would| want| prefer| will| like| are okay| wish|r goal))\b",
        text[at + 3 : end],
        re.I,
    )
    stops = [each for each in (comma, at + 3 + turn.start() if turn else None) if each is not None]
    return min(stops, default=end)


def _comma(text: str, at: int, end: int) -> int | None:
    """The comma that ends a condition, not one within a list of wishes ("no keyboard that is clicky, …")."""
    commas = [match.start() for match in re.finditer(",", text[at:end])]
    for each in commas:
        after = text[at + each + 1 : end]
        if re.match(
            r"\s*(?:and |or )?(?:you|then|just|please|i|no |only|ask|cancel|return|exchange|change|do|"
            r"the agent|it )",
            after,
            re.I,
        ):
            return at + each
    return at + commas[0] if commas else None


def _kind(words: str) -> Condition:
    if _NOT_SENT.search(words):
        return ""  # what has not gone out yet can be changed: the order's status decides that
    if _ASKED.search(words):
        return "which" if re.search(r"\bwhich\b|\bwhat\b", words) else "asked"
    if (
        PARTIAL.search(words)
        and re.search(r"\bcancel|\breturn", words, re.I)
        and re.search(r"\bpossible\b", words)
    ):
        # Orders are called off as a whole; no policy form that is read here allows for less.
        return "" if _FAILED.search(words) else "never"
    if re.search(r"\bif there(?:'s| is| are)(?! no| none| nothing)\b", words, re.I):
        return ""
    return (
        "failed" if _FAILED.search(words) or re.match(r"\W*(?:but |and )?unless", words, re.I) else "worked"
    )
