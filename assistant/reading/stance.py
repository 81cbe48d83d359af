"""Whether a sentence affirms or denies the terms it holds.

"Dishwasher safe" affirms, "do not put it in the dishwasher", "gluten free" and "batteries (not
included)" deny. Knows words and their order only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.reading.language import Language
from assistant.reading.page import Term, plain

STOPS = re.compile(
    r"[.;:!?()|–—]| - |,(?![^.;:!?]{0,60}\b(?:or|nor)\b)|\b(?:but|however|although|except)\b"
    r"|\band (?:is|are|it|they|also|has|have|can|will)\b"
)
JOINS = re.compile(r"(?<=[a-z]{4})-(?=[A-Z])")
"""Points run together: "won't tear easily-Washable"."""
REACH = 70
"""How many characters before a term a negation may stand."""
AFTER_REACH = 70
NEAR_WORDS = 4
FAR_WORDS = 8
FAR = re.compile(r"n't|not|never|nor|other than|instead of|eliminate", re.I)
"""Negations of a verb: they reach further than those of a noun ("no", "without", "free of")."""
LISTS = re.compile(r",|\b(?:or|and|nor)\b")
LISTED = re.compile(r"free|safe|no\b|without|zero", re.I)
"""Negations that a list goes on with: "free from nuts, milk or egg"."""
BARE = re.compile(r"no\b|without|zero", re.I)
ENDS_A_LIST = re.compile(r"\b(?:or|nor|and)\b")
"""What a list has that a bare "no" goes on with; without it every comma begins anew: "zero carbs, baking"."""
GERUND = re.compile(r"^\W*\w+ing\b")
FINITE = re.compile(r"\b(?:is|are|was|were|can|will|has|have|makes?|suits?|fits?|works?)\b")
"""A verb behind "without a lid": what stands behind the verb is said of something else."""


def is_denied(text: str, terms: Sequence[Term], language: Language) -> bool:
    """Whether what `terms` name is denied in `text`, where they stand."""
    lowered = plain(text)
    start, end = min(term.start for term in terms), max(term.end for term in terms)
    spots = {start, max(term.start for term in terms)}
    joins = [match.end() for match in JOINS.finditer(text)]
    if any(_is_negated_before(lowered, spot, language, joins) for spot in spots):
        return True
    if language.after.search(lowered[end : end + AFTER_REACH]):
        return True
    if len(terms) > 1 and re.search(r"\b(?:not|no|without|never)\b|n't\b", lowered[start:end]):
        return True
    return any(_negated(lowered[term.start : term.end], term.key, language) for term in terms)


def _is_negated_before(lowered: str, spot: int, language: Language, joins: Sequence[int]) -> bool:
    """Whether a negation before `spot` reaches it; `joins` are where points run together."""
    low = max(0, spot - REACH)
    reach = lowered[low:spot]
    # A comma is no stop where an "or" follows, be it behind the spot.
    begin = max(
        (match.end() - low for match in STOPS.finditer(lowered, low) if match.end() <= spot), default=0
    )
    join = max((at - low for at in joins if at <= spot), default=0)
    behind = re.split(r"[.;:!?()]", lowered[spot : spot + REACH])[0]
    for match in language.before.finditer(reach):
        between = reach[match.end() :]
        if match.end() <= join:
            continue
        if match[0].lower().startswith("non"):
            if not between.strip(" -"):
                return True  # "non-toxic": denies the very next word
            continue
        if LISTED.match(match[0]) and FINITE.search(between):
            continue
        if BARE.match(match[0]) and "," in between and not ENDS_A_LIST.search(f"{between}{behind}"):
            continue
        lists = LISTS.search(between) is not None
        listed = lists and LISTED.match(match[0]) and not re.search(r"[.;!?()]", between)
        if match.end() <= begin and not listed:
            continue
        if match[0].startswith("without") and GERUND.match(between):
            continue  # "without needing to touch the straw": what is done without is the touching
        most = FAR_WORDS if FAR.search(match[0]) or lists else NEAR_WORDS
        if len(between.split()) <= most:
            return True
    return False


def _negated(said: str, key: str, language: Language) -> bool:
    """ "Unframed", "sleeveless": the way of saying holds its own denial."""
    if said.endswith("less") and len(said) > len("less"):
        return not (key.startswith("=") and key.endswith("less"))  # "wireless" denies no wire that was asked
    way = language.same.get(key.lstrip("="))
    return way is not None and said.startswith("un") and way.fullmatch(said[2:]) is not None
