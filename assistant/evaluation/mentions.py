"""Reads out of a reply everything that looks like a fact: amounts, shares, dates, numbers, names.

Pure text in, mentions out: it does not know the store. What it has recognised is blanked before the
next, weaker pattern looks, so that "£1.65" is an amount and not also the number 1.65.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

BLANK = "\x00"
MONTHS = "january february march april may june july august september october november december".split()
_MONTH = r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
_MONTH += r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_YEAR = r"(?P<year>\d{4})"
_DAY = r"\b(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_STARS = r"(?=\s*(?:-\s*)?(?:stars?\b|★|out of (?:5|five)\b|/\s?5\b))"
_AMOUNT = r"\d+(?:,\d{3})*(?:\.\d+)?"
NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve".split(), start=2
    )
}

PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("link", re.compile(r"(?:https?://|www\.)\S+")),
    ("date", re.compile(r"\b(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})\b")),
    ("date", re.compile(rf"{_DAY}\s+(?:of\s+)?{_MONTH}\b\.?,?(?:\s+{_YEAR})?", re.I)),
    ("date", re.compile(rf"\b{_MONTH}\.?\s+{_DAY}\b(?:,?\s+{_YEAR})?", re.I)),
    ("date", re.compile(rf"\b{_MONTH}\s+(?P<year>\d{{4}})\b", re.I)),
    ("order", re.compile(r"#\s?\w*\d\w*|\bW\d{5,}\b")),
    ("order", re.compile(r"(?<=order )\d{5,}\b|(?<=invoice )\d{5,}\b", re.I)),
    ("money", re.compile(rf"(?:US|A|CA)?[£$€]\s?(?P<value>{_AMOUNT})")),
    ("money", re.compile(rf"\b(?P<value>{_AMOUNT})\s?(?:pounds|dollars?|euros?|GBP|USD|EUR)\b", re.I)),
    ("pence", re.compile(rf"\b(?P<value>{_AMOUNT})\s?(?:p\b|pence\b|cents?\b|¢)", re.I)),
    ("percent", re.compile(rf"\b(?P<value>{_AMOUNT})\s?(?:%|per ?cent\b)", re.I)),
    ("rating", re.compile(rf"\b(?P<value>\d(?:\.\d+)?){_STARS}", re.I)),
    ("rating", re.compile(r"(?<=rated )(?P<value>\d\.\d+)|(?<=rating of )(?P<value2>\d(?:\.\d+)?)", re.I)),
    ("scale", re.compile(r"out of (?:5|five)\b|/\s?5\b", re.I)),
    ("number", re.compile(r"(?<![\w.])(?P<value>\d+(?:,\d{3})*(?:\.\d+)?)(?=\D|$)")),
    ("number", re.compile(r"\b(?P<word>" + "|".join(NUMBER_WORDS) + r")\b", re.I)),
)

SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)]*\s+|\n+")
_WORD = r"[A-Z][\w'’&/-]*(?:\.\w+)*"
_JOINED = r"[ \t]+(?:(?:of|and|the|with|in|for|&|a|de|\d+)[ \t]+)?"
NAME = re.compile(rf"(?<!\w){_WORD}(?:{_JOINED}{_WORD})+")
# A straight quotation mark behind a figure is an inch mark: 32" Wide.
QUOTED = re.compile(
    r"“([^“”\n]{3,})”|(?<![\d\w])\"([^\"\n]{3,}?)(?<!\d)\"|(?<!\w)[‘']([^‘’'\n]{3,}?)[’'](?!\w)"
)
OPENERS = frozenset(
    "a about after ai all also although an and any are as ask at based because before both but by can "
    "compared could did do does each either every fancy for from given good great happy have hello here "
    "hi how i i'd i'll i'm i've if in is it it's just let like looking many may maybe my no none nothing "
    "of on only or our out over perhaps please popular right same shall she should since so some sorry "
    "sure take thank thanks that that's the their them there there's these they this those though to "
    "today try under unfortunately until we we'd we'll we're we've well what when where which while who "
    "why with would yes yesterday you you'd you'll you're you've your".split()
)


@dataclass(frozen=True, slots=True)
class Mention:
    """One thing a reply states. `value` is what it says, `start` and `end` where in the reply."""

    kind: str
    text: str
    start: int
    end: int
    value: Decimal | str | tuple[int | None, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Titled:
    """A product named in the reply."""

    product_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Named:
    """A phrase that looks like somebody's or something's name, or that stands in quotes."""

    text: str
    at_start: bool
    quoted: bool


def fold(text: str) -> str:
    """Lower-case words and single spaces, so that punctuation and case do not hide a match."""
    return " ".join(re.findall(r"[^\W_]+", text.lower().replace("'", "").replace("’", "")))


def find_titles(text: str, titles: Iterable[tuple[str, str]]) -> list[Titled]:
    """Where `(product id, title)` stand in the text, longest title first, no overlaps.

    Several products may carry one title; each is then reported for the same place.
    """
    lowered = text.lower().replace("’", "'")
    taken = [False] * len(text)
    found: list[Titled] = []
    ranked = sorted(set(titles), key=lambda pair: (-len(pair[1]), pair))
    for product_id, title in ranked:
        needle = title.lower().replace("’", "'")
        for match in re.finditer(rf"(?<!\w){re.escape(needle)}(?!\w)", lowered) if needle else ():
            span = range(match.start(), match.end())
            same = any((one.start, one.end) == (match.start(), match.end()) for one in found)
            if same or not any(taken[i] for i in span):
                found.append(Titled(product_id, match.start(), match.end()))
                for i in span:
                    taken[i] = True
    return sorted(found, key=lambda one: (one.start, one.product_id))


def blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with the spans overwritten, positions kept."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = BLANK * (end - start)
    return "".join(letters)


def read_mentions(text: str) -> list[Mention]:
    """Every amount, share, date, rating, order number, address and number, in reading order."""
    found: list[Mention] = []
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(text):
            found.append(_mention(kind, match))
        text = blank(text, ((m.start(), m.end()) for m in pattern.finditer(text)))
    return sorted((m for m in found if m.kind != "scale"), key=lambda m: m.start)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence; a title's full stop must have been blanked before."""
    start = 0
    for match in SENTENCE_END.finditer(text):
        yield start, match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def read_names(text: str) -> list[Named]:
    """Capitalised phrases of two words or more, and anything in quotes."""
    found = [Named("".join(parts), at_start=False, quoted=True) for parts in QUOTED.findall(text)]
    starts = {start for start, _ in sentences(text)}
    for match in NAME.finditer(QUOTED.sub(lambda m: BLANK * len(m[0]), text)):
        # "Retro Gifts's AI assistant" holds two names at most, one each side of the 's.
        for part, phrase in enumerate(re.split(r"['’]s\s+", match[0])):
            words = phrase.rstrip(".,;:!?/-'’").split()
            at_start = not part and match.start() in starts
            while words and (words[0].lower().replace("’", "'") in OPENERS or not words[0][0].isupper()):
                words = words[1:]
                at_start = False
            if sum(word[0].isupper() for word in words) >= 2:
                # A sentence's first word is always a capital, so it may not belong to the name.
                found.append(Named(" ".join(words), at_start, quoted=False))
    return found


def _mention(kind: str, match: re.Match[str]) -> Mention:
    parts = match.groupdict()
    value: Decimal | str | tuple[int | None, int | None, int | None] = match[0]
    number = parts.get("value") or parts.get("value2")
    if kind == "date":
        value = _date_parts(parts)
    elif parts.get("word"):
        value = Decimal(NUMBER_WORDS[parts["word"].lower()])
    elif number:
        value = Decimal(number.replace(",", ""))
        if kind == "pence":
            kind, value = "money", value / 100
    return Mention(kind, match[0], match.start(), match.end(), value)


def _date_parts(parts: dict[str, str | None]) -> tuple[int | None, int | None, int | None]:
    """Year, month, day; None for what the text leaves out."""
    year, day, name = parts.get("year"), parts.get("day"), parts.get("month")
    if name:
        month = next(n for n, full in enumerate(MONTHS, start=1) if full.startswith(name.lower()[:3]))
    else:
        month = int(parts["number"] or 0)
    return (int(year) if year else None, month, int(day) if day else None)


def same_day(stated: tuple[int | None, int | None, int | None], day: date) -> bool:
    """Whether a stated date, as far as it goes, is this day."""
    return all(a is None or a == b for a, b in zip(stated, (day.year, day.month, day.day), strict=True))
