"""What a support agent's question about one customer asks for, read by rules.

Turns words into a `Question`: what is wanted, of which time, of which products or order. Knows the
customer's own orders (to tell an order number from a year and a product from small talk) and
nothing of how an answer is worded or where records are kept.
"""

from __future__ import annotations

import calendar
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from retrieval.words import stems
from shop.types import Order, Product

STATUSES = ("pending", "processed", "delivered", "cancelled", "shipped", "fulfilled", "unfulfilled")

MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name} | {
    name.lower(): number for number, name in enumerate(calendar.month_abbr) if name
}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days from `start` to `end`, both included; `name` is "in May 2011"."""

    start: date
    end: date
    name: str

    def holds(self, day: date) -> bool:
        """Whether `day` is in it."""
        return self.start <= day <= self.end


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: `wanted` is a name in words.toml or '' where no rule fits."""

    text: str
    wanted: str
    period: Period | None = None
    order_id: str = ""
    status: str = ""
    topic: str = ""
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """How questions are told apart: patterns by what is wanted, in order, and words that name nothing."""

    wants: tuple[tuple[str, re.Pattern[str]], ...]
    stop: frozenset[str]


@cache
def load_words() -> Words:
    """Read words.toml."""
    table = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
    wants = tuple((want["name"], re.compile("|".join(want["patterns"]))) for want in table["wants"])
    return Words(wants, frozenset(table["stop"].split()))


def parse_question(text: str, orders: Sequence[Order], today: date) -> Question:
    """Read `text` as a question about the customer who placed `orders`."""
    lowered = " ".join(text.lower().replace("’", "'").split())
    order_id = _order_id(text, orders)
    period, rest = parse_period(lowered, today)
    if order_id:
        rest = re.sub(rf"#?{re.escape(order_id.lstrip('#').lower())}", " ", rest)
    wanted = next((name for name, pattern in load_words().wants if pattern.search(rest)), "")
    status = next((word for word in STATUSES if re.search(rf"\b{word[:7]}", rest)), "")
    words = [
        word
        for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*|\d+", re.sub(r"'s\b|n't\b", " ", rest))
        if word not in load_words().stop and word not in STATUSES and len(word) > 1
    ]
    words = _mend(words, orders)
    return Question(text, wanted, period, order_id, status, " ".join(words), tuple(stems(" ".join(words))))


def holds_terms(terms: Sequence[str], title: str, product: Product | None) -> bool:
    """Whether a product's words (title, category, options, colour) hold every term asked for."""
    words = title
    if product is not None:
        options = " ".join(value for variant in product.variants for value in variant.options.values())
        words = f"{title} {product.title} {' '.join(product.categories)} {product.colour} {options}"
    return bool(terms) and set(terms) <= set(stems(words))


def parse_period(text: str, today: date) -> tuple[Period | None, str]:
    """The time `text` speaks of, if any, and `text` without it. A bare month is the latest such month."""
    for pattern, read in _PERIODS:
        match = re.search(pattern, text)
        if match is None:
            continue
        period = read(match, today)
        if period is not None:
            return period, f"{text[: match.start()]} {text[match.end() :]}"
    return None, text


def _order_id(text: str, orders: Sequence[Order]) -> str:
    """An order number in `text`: one of theirs, else any word that looks like one."""
    own = {order.id.lstrip("#").lower(): order.id for order in orders}
    tokens = re.findall(r"#?[A-Za-z]{0,3}\d[\w-]*", text)
    for token in tokens:
        if token.lstrip("#").lower() in own:
            return own[token.lstrip("#").lower()]
    return next((token for token in tokens if token.startswith("#") or re.search(r"\d{5,}", token)), "")


def _mend(words: list[str], orders: Sequence[Order]) -> list[str]:
    """Mistyped words replaced by the nearest word of this customer's own order lines."""
    known = {word for order in orders for line in order.lines for word in line.title.lower().split()}
    known_stems = set(stems(" ".join(known)))
    mended = []
    for word in words:
        if len(word) >= 5 and known and not set(stems(word)) <= known_stems:
            # One slip in a short word, two in a long one, never in the first letter.
            near = [other for other in sorted(known) if other[:1] == word[:1]]
            found = process.extractOne(
                word, near, scorer=OSA.distance, score_cutoff=1 if len(word) < 8 else 2
            )
            word = found[0] if found else word
        mended.append(word)
    return mended


def _month(match: re.Match[str], today: date) -> Period | None:
    month, year = MONTHS[match["month"]], int(match["year"] or 0)
    if not year:
        year = today.year if month <= today.month else today.year - 1
    last = calendar.monthrange(year, month)[1]
    return Period(date(year, month, 1), date(year, month, last), f"in {calendar.month_name[month]} {year}")


def _day(match: re.Match[str], today: date) -> Period | None:
    try:
        if match.groupdict().get("iso"):
            day = date.fromisoformat(match["iso"])
        else:
            day = date(int(match["year"] or today.year), MONTHS[match["month"]], int(match["day"]))
    except ValueError:
        return None
    return Period(day, day, f"on {day.day} {calendar.month_name[day.month]} {day.year}")


def _since(match: re.Match[str], today: date) -> Period | None:
    month = _month(match, today)
    return Period(month.start, today, f"since {month.name.removeprefix('in ')}") if month else None


def _year(match: re.Match[str], today: date) -> Period | None:
    year = int(match["year"])
    return Period(date(year, 1, 1), date(year, 12, 31), f"in {year}")


def _last_n(match: re.Match[str], today: date) -> Period | None:
    count = int(match["n"])
    days = count * {"day": 1, "week": 7, "month": 30, "year": 365}[match["unit"]]
    unit = match["unit"] + ("s" if count != 1 else "")
    return Period(today - timedelta(days=min(days, 36500)), today, f"in the last {count} {unit}")


def _named(match: re.Match[str], today: date) -> Period | None:
    if match["unit"] == "year":
        year = today.year - (match["which"] == "last")
        return Period(date(year, 1, 1), date(year, 12, 31), f"in {year}")
    first = today.replace(day=1)
    if match["which"] == "last":
        first = (first - timedelta(days=1)).replace(day=1)
    last = calendar.monthrange(first.year, first.month)[1]
    return Period(first, first.replace(day=last), f"in {calendar.month_name[first.month]} {first.year}")


_PERIODS = (
    (r"(?:on )?(?P<iso>\d{4}-\d{2}-\d{2})", _day),
    (
        rf"(?:on )?\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<month>{_MONTH})\b,? ?(?P<year>\d{{4}})?",
        _day,
    ),
    (rf"\bsince (?P<month>{_MONTH})\b(?: of)? ?(?P<year>\d{{4}})?", _since),
    (rf"\b(?:in|during|of) (?P<month>{_MONTH})\b(?: of)? ?(?P<year>\d{{4}})?", _month),
    (rf"\b(?P<month>{_MONTH}) (?P<year>\d{{4}})", _month),
    (
        r"(?:in|over|within|during)? ?(?:the )?(?:last|past) (?P<n>\d{1,4}) (?P<unit>day|week|month|year)s?",
        _last_n,
    ),
    (r"(?:in )?\b(?P<which>this|last) (?P<unit>month|year)", _named),
    (r"\b(?:in|during|of) (?P<year>(?:19|20)\d{2})\b", _year),
)
