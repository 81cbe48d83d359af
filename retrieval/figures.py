"""Prices in a sentence: "under £20", "between 5 and 10", "£5-£10", "around 15 quid".

Each reader takes the sentence, and returns it with what it has read blanked by a bar, so that no
figure is read twice. Knows money words; knows nothing of products.
"""

from __future__ import annotations

import re
from decimal import Decimal

from retrieval import english

BAR = " | "
_SIGN = r"[£$€]"
_WORDS = english.CURRENCY_WORDS
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_AFTER = rf"(?:\s*(?P<unit{{n}}>{_WORDS}|p)\b|\s*(?P<sign{{n}}>{_SIGN}))?"


def _not_unit(n: str) -> str:
    """A bare number followed by a unit that is not money ("under 12 inches") is no price; "£12 in red" is."""
    bare = rf"(?!\s*-?\s*{english.NUMBER_UNITS})"
    return rf"(?!\.?\d)(?(cur{n})|(?(unit{n})|(?(sign{n})|{bare})))"


def _amount(n: str) -> str:
    return rf"(?P<cur{n}>{_SIGN})?\s?(?P<num{n}>{_NUMBER}){_AFTER.format(n=n)}"


_BETWEEN = re.compile(
    rf"\b(?:between|from|range(?: of)?)\s+{_amount('1')}\s*(?:and|to|-)\s*{_amount('2')}{_not_unit('2')}"
)
_RANGE = re.compile(rf"(?<![\w.]){_amount('1')}\s*(?:-|to)\s*{_amount('2')}{_not_unit('2')}")
_UNDER = re.compile(rf"\b(?:{english.UNDER})\s+(?:of\s+)?{_amount('1')}{_not_unit('1')}")
_OVER = re.compile(rf"\b(?:{english.OVER})\s+(?:of\s+)?{_amount('1')}{_not_unit('1')}")
_AROUND = re.compile(rf"\b(?:{english.AROUND})\s+{_amount('1')}{_not_unit('1')}")
_OR_LESS = re.compile(rf"(?<![\w.]){_amount('1')}\s*(?:{english.OR_LESS})(?!\w)(?!\s*{_SIGN}?\d)")
_OR_MORE = re.compile(rf"(?<![\w.]){_amount('1')}\s*(?:{english.OR_MORE})(?!\w)(?!\s*{_SIGN}?\d)")
_BUDGET = re.compile(
    rf"\b(?:{english.PRICE_NOUNS})\b(?:\s+(?:is|of|limit|up to)){{0,2}}\s*:?\s*{_amount('1')}{_not_unit('1')}"
)
_BARE = re.compile(rf"(?:\bfor\s+)?(?<![\w.]){_amount('1')}(?!\w)")
_AROUND_SHARE = Decimal("0.25")


_NUMBER_WORDS = re.compile(
    rf"\b({'|'.join(sorted(english.NUMBER_WORDS, key=len, reverse=True))})"
    rf"(?=\s+(?:{_WORDS}|max|tops|or less|or under)\b)"
)


def _money(found: re.Match[str], n: str) -> Decimal:
    value = Decimal(found[f"num{n}"].replace(",", ""))
    return value / 100 if found[f"unit{n}"] in english.SMALL_MONEY else value


def _is_money(found: re.Match[str], *ns: str) -> bool:
    return any(found[f"{part}{n}"] for n in ns for part in ("cur", "unit", "sign"))


def read_prices(text: str) -> tuple[str, Decimal | None, Decimal | None]:
    """(rest of the sentence, least price, greatest price); amounts in the shop's own currency."""
    for nickname, amount in english.MONEY_NICKNAMES.items():
        text = re.sub(rf"\b{nickname}\b", amount, text)
    text = _NUMBER_WORDS.sub(lambda m: str(english.NUMBER_WORDS[m[1]]), text)
    for pattern, needs_money in ((_BETWEEN, False), (_RANGE, True)):
        for found in pattern.finditer(text):
            if needs_money and not _is_money(found, "1", "2"):
                continue
            ends = _money(found, "1"), _money(found, "2")
            if found["unit2"] in english.SMALL_MONEY and not _is_money(found, "1"):
                ends = ends[0] / 100, ends[1]
            return _blank(text, found), min(ends), max(ends)
    low = high = None
    for pattern, side, needs_money in (
        (_OR_LESS, "high", False),
        (_OR_MORE, "low", True),
        (_UNDER, "high", False),
        (_OVER, "low", False),
        (_AROUND, "both", True),
        (_BUDGET, "high", False),
        (_BARE, "high", True),
    ):
        matches = [m for m in pattern.finditer(text) if _is_money(m, "1") or not needs_money]
        if not matches:
            continue
        found = matches[0]
        value = _money(found, "1")
        if side == "both":
            spread = (value * _AROUND_SHARE).quantize(Decimal("0.01"))
            low, high = low or value - spread, high or value + spread
        elif side == "low" and low is None:
            low = value
        elif side == "high" and high is None:
            high = value
        else:
            continue
        text = _blank(text, found)
    return text, low, high


def _blank(text: str, found: re.Match[str]) -> str:
    return text[: found.start()] + BAR + text[found.end() :]


def read_rating(text: str) -> tuple[str, float | None]:
    """(rest of the sentence, least rating of 5)."""
    for pattern in english.RATING:
        if found := re.search(pattern, text):
            return _blank(text, found), float(found[1])
    return text, None
