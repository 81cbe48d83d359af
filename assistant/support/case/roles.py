"""Which part a product that is named plays: asked for, left alone, telling the order, or an aside.

Looks at the words around the product's name; knows nothing of what is asked to be done with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.support.case.mentions import Mention
from assistant.support.case.sentences import Part
from assistant.support.case.verbs import Family
from assistant.support.case.wants import is_order_context

_COMPANY = re.compile(
    r"\b(?:received|bought|ordered|got|came|arrived|purchased)(?: together| along)? with (?:the|your|my|"
    r"a) (?:\w+ )?$",
    re.I,
)


_STAYS = re.compile(
    r" (?:is |are |to be |can |should |may )?(?:left|leave|stays?|remains?|unchanged|fine|okay|ok)\b"
    r"(?! with)",
    re.I,
)


_REASON = re.compile(
    r"\b(?:because|since|(?<!well )as (?:it|they|you|the)(?! (?:are|is|was|were|have|has|does|do)\b))\b", re.I
)


def without_spared(words: str, text: str, mention: Mention, spared: Sequence[Mention]) -> str:
    """The words behind a product up to where they say what is left alone: "… and leave the other one"."""
    for each in spared:
        match = re.search(r"\W+(?:\w+ ){0,2}(?:leav|keep)\w* [^,;]*$", text[mention.end : each.start])
        if each.start > mention.end and match:
            return words[: match.start()]
    return words


def order_contexts(text: str, named: Sequence[Mention]) -> list[Mention]:
    """Products that only tell which order is meant: "the order with the lamp and the chair"."""
    found: list[Mention] = []
    for mention in named:
        joined = found and re.fullmatch(
            r"\W*(?:and|,)?\W*(?:(?:the|a|an|your|my) )?", text[found[-1].end : mention.start]
        )
        if joined or is_order_context(text, mention.start, mention.end):
            found.append(mention)
    return found


def is_other_one(text: str, mention: Mention, named: Sequence[Mention]) -> bool:
    """Whether a product is "the other one" of a kind that is named for itself."""
    before = text[max(0, mention.start - 24) : mention.start]
    return bool(re.search(r"\b(?:other|second|remaining) (?:\w+ )?$", before, re.I)) and any(
        each.titles & mention.titles for each in named
    )


def spared_in(text: str, inside: Sequence[Mention]) -> list[Mention]:
    """Products that are to be left alone: "except the boots", "keep the lamp and the chair"."""
    found: list[Mention] = []
    for mention in inside:
        before = text[max(0, mention.start - 60) : mention.start]
        if re.search(
            r"\b(?:except|but not|(?<=everything )but|(?<=all )but|other than|besides|apart from|excluding|"
            r"keep(?:ing)?|leav(?:e|ing))(?: for)?"
            r"(?: the (?:one|ones|order) (?:with|that has|containing))?"
            r"(?: (?:the|your|that|my|a|an))*(?: \w+)? $",
            before,
            re.I,
        ):
            found.append(mention)
        elif _STAYS.match(text[mention.end : mention.end + 40]):
            found.append(mention)
        elif found and re.search(
            r"^\W*(?:and|or|,)?(?: (?:the|your|a|an|my))*\W*$", text[found[-1].end : mention.start]
        ):
            found.append(mention)
    return found


def is_aside(text: str, part: Part, mention: Mention, verbs: Sequence[tuple[int, int, Family]]) -> bool:
    """Whether a product only stands in a reason or beside what is meant ("received with the lamp")."""
    before = text[part.start : mention.start]
    reason = _REASON.search(before)
    return bool(_COMPANY.search(before)) or (
        reason is not None
        and not any(part.start + reason.end() <= begin < mention.start for begin, *_ in verbs)
    )
