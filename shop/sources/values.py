"""Cells to values: prices in any common notation, whole numbers, dates, yes and no, plain text.

Each returns None for an empty cell and raises ValueError with half a sentence for a bad one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser

from shop.types import Money

CURRENCY_SIGNS = {"£": "GBP", "€": "EUR", "¥": "JPY", "zł": "PLN", "₹": "INR"}
DATE_FORMS = ("%m/%d/%Y %H:%M", "%m/%d/%y %H:%M", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%m/%d/%Y")
ESCAPED_TAG = re.compile(r"</?(?:p|br|li|ul|ol|div|span|strong|b|em|i|h[1-6]|table|tr|td)\b[^<>]*>", re.I)
MAX_PRICE = Decimal(10) ** 12


def decimal_mark(prices: Iterable[str]) -> str:
    """The decimal mark a column of prices uses: ',' where cells like "4,95" say so, else '.'."""
    for price in prices:
        if re.search(r"\d,\d{1,2}\D*$", price) and "," not in price[: price.rfind(",")]:
            return ","
        if re.search(r"\d\.\d{1,2}\D*$", price):
            return "."
    return "."


def parse_price(text: str, mark: str = ".") -> Decimal | None:
    """ "£1,234.56", "1.234,56 €", "USD 12" to a Decimal; `mark` decides where "1,234" is unclear."""
    number = re.sub(r"^[^\d.,+-]+|[A-Za-z\s]+$|[£€$¥₹]|zł|kr\.?$", "", text.strip())
    number = re.sub(r"[\s\u00a0\u202f'’]", "", number)
    if not text.strip():
        return None
    if not re.fullmatch(r"[+-]?\d[\d.,]*|[+-]?[.,]\d+", number):
        raise ValueError(f"{_short(text)} is no price")
    last = max(number.rfind("."), number.rfind(","))
    marks = set(re.findall(r"[.,]", number))
    if len(marks) == 2:
        mark = number[last]
    elif marks and re.search(r"[.,]", number[:last]):
        mark = "," if number[last] == "." else "."  # 1.234.567: that sign parts thousands
    elif marks and len(number) - last - 1 != 3:
        mark = number[last]
    thousands = "," if mark == "." else "."
    whole, _, fraction = number.partition(mark)
    first, *groups = whole.split(thousands)
    if thousands in fraction or mark in fraction or any(len(group) != 3 for group in groups):
        raise ValueError(f"{_short(text)} is no price")
    price = Decimal("".join((first, *groups)) + "." + (fraction or "0"))
    if abs(price) >= MAX_PRICE:
        raise ValueError(f"{_short(text)} is no believable price")
    return price


def currency_of(text: str) -> str:
    """The currency a price names by sign or code, or ''. A bare $ could be several, so it is none."""
    for sign, code in CURRENCY_SIGNS.items():
        if sign in text:
            return code
    match = re.search(r"\b[A-Z]{3}\b", text)
    return match[0] if match else ""


def parse_money(text: str, mark: str, currency: str) -> Money | None:
    """A price in the currency it names, else in `currency`; less than nothing is no price."""
    amount = parse_price(text, mark)
    if amount is None:
        return None
    if amount < 0:
        raise ValueError(f"{_short(text)} is less than nothing")
    return Money(amount, currency_of(text) or currency)


def parse_whole(text: str) -> int | None:
    """A whole number, also written "12.0" or "1,200"."""
    if not text.strip():
        return None
    number = re.sub(r",(?=\d{3}\b)", "", text.strip())
    number = re.sub(r"\.0+$", "", number)
    if not re.fullmatch(r"[+-]?\d{1,15}", number):
        raise ValueError(f"{_short(text)} is no whole number")
    return int(number)


def parse_time(text: str) -> datetime | None:
    """ISO 8601, Shopify's "2024-03-01 10:00:00 -0500" and the usual slashed forms; UTC where unsaid."""
    words = text.strip()
    if not words:
        return None
    iso = re.sub(r"\s+(UTC|Z|GMT)$", "+00:00", words)
    iso = re.sub(r"\s+([+-]\d{2}):?(\d{2})$", r"\1:\2", iso)
    try:
        found = datetime.fromisoformat(iso)
    except ValueError:
        for form in DATE_FORMS:
            try:
                found = datetime.strptime(words, form)
                break
            except ValueError:
                continue
        else:
            raise ValueError(f"{_short(text)} is no date") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def parse_yes(text: str) -> bool | None:
    """Yes, true, 1 and no, false, 0."""
    word = text.strip().casefold()
    if word in {"yes", "true", "1", "y"}:
        return True
    if word in {"no", "false", "0", "n"}:
        return False
    return None


class _Text(HTMLParser):
    """Collects the visible text of HTML; block elements end a line, list items are told apart."""

    BLOCKS = frozenset("p div br li ul ol tr table h1 h2 h3 h4 h5 h6 section article".split())
    HIDDEN = frozenset({"script", "style", "head", "template"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.HIDDEN:
            self.hidden += 1
        elif tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        elif tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def plain_text(markup: str) -> str:
    """HTML or text with entities to readable text, one line a paragraph."""
    if "<" not in markup and "&" not in markup:
        return _squeezed(markup)
    if not re.search(r"<[a-zA-Z/!]", markup):
        unescaped = html.unescape(markup)
        # Feeds escape their HTML twice; "size < 5" stays.
        return plain_text(unescaped) if ESCAPED_TAG.search(unescaped) else _squeezed(unescaped)
    reader = _Text()
    reader.feed(without_sections(markup))
    reader.close()
    return _squeezed("".join(reader.parts))


def without_sections(markup: str) -> str:
    """HTML without `<![if …]>` of office programs and `<![CDATA[`, which Python's parser trips over."""
    return re.sub(r"<!\[[^>]*>?", " ", markup.replace("<![CDATA[", " ").replace("]]>", " "))


def _squeezed(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
