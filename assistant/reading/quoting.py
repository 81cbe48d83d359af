"""As much of a sentence as shows the answer: whole where it is short, else the clauses around it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.reading.page import Term

MAX_CHARS = 240
CLAUSE = re.compile(r"[;:]\s|,\s|\s[-–—|]\s|[.!?]\s|\)\s")


def quote(text: str, terms: Sequence[Term], most: int = MAX_CHARS) -> str:
    """`text` as one line of at most `most` characters that holds `terms`, cut between clauses or words
    and marked '…'."""
    if len(text) <= most:
        return " ".join(text.split())
    start = min((term.start for term in terms), default=0)
    end = max((term.end for term in terms), default=0)
    if end - start > most:
        end = start + most
    room = most - (end - start)
    low = _begin(text, max(0, start - room // 2), start)
    high = _finish(text, end, min(len(text), low + most))
    cut = " ".join(text[low:high].split()).strip(" ,;:-–—|")
    return f"{'… ' if low else ''}{cut}{'…' if high < len(text) else ''}"


def _begin(text: str, earliest: int, start: int) -> int:
    """The first clause's beginning in reach, else a word's."""
    if earliest == 0:
        return 0
    for match in CLAUSE.finditer(text, earliest, start):
        return match.end()
    space = text.find(" ", earliest, start)
    return space + 1 if space >= 0 else start


def _finish(text: str, end: int, latest: int) -> int:
    """The last clause's end in reach, else a word's."""
    if latest >= len(text):
        return len(text)
    ends = [match.start() for match in CLAUSE.finditer(text, end, latest)]
    if ends:
        return ends[-1] + (1 if text[ends[-1]] in ".!?)" else 0)
    space = text.rfind(" ", end, latest)
    return space if space > 0 else latest
