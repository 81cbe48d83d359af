"""Whether a sentence affirms or denies the terms it holds.

"Dishwasher safe" affirms, "do not put it in the dishwasher", "gluten free" and "batteries (not
included)" deny. Knows words and their order only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.reading.language import Language
from assistant.reading.page import Term, plain

STOPS = re.compile(r"[.;:!?()|–—]|,(?![^.;:!?]{0,60}\b(?:or|nor)\b)|\b(?:but|however|although|except)\b")
REACH = 70
"""How many characters before a term a negation may stand."""
FREE_LIST = re.compile(r"\b(?:free (?:of|from)|contains? no|does(?:n.t| not) contain|without|no)\b[^.;!?]*$")


def is_denied(text: str, terms: Sequence[Term], language: Language) -> bool:
    """Whether what `terms` name is denied in `text`, where they stand."""
    lowered = plain(text)
    start, end = min(term.start for term in terms), max(term.end for term in terms)
    first = max(terms, key=lambda term: term.start) if len(terms) > 1 else terms[0]
    for spot in {start, first.start}:
        reach = lowered[max(0, spot - REACH) : spot]
        clause = STOPS.split(reach)[-1]
        if language.before.search(clause):
            return True
        if (found := FREE_LIST.search(reach)) and "." not in found[0] and "free" in found[0][:6]:
            return True
    behind = lowered[end : end + 40]
    if language.after.search(behind):
        return True
    inside = lowered[start:end]
    if len(terms) > 1 and re.search(r"\b(?:not|no|without|never)\b|n't\b", inside):
        return True
    return any(_negated(lowered[term.start : term.end], term.key, language) for term in terms)


def _negated(said: str, key: str, language: Language) -> bool:
    """ "Unframed", "unscented": the way of saying holds its own denial."""
    way = language.same.get(key.lstrip("="))
    return bool(way) and said.startswith("un") and bool(way.fullmatch(said[2:]))
