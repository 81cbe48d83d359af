"""Money, dates and lists as people read them, by locale (Babel's data, so not only English)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from babel.dates import format_date as babel_date
from babel.lists import format_list as babel_list
from babel.numbers import format_currency, format_decimal

from shop.types import Money


def format_money(money: Money, locale: str = "en_GB") -> str:
    """'£1.65', 'US$12.00' (en_GB) or '$12.00' (en_US)."""
    return str(format_currency(money.amount, money.currency, locale=locale))


def format_date(day: date, locale: str = "en_GB") -> str:
    """'9 September 2011' (en_GB), 'September 9, 2011' (en_US)."""
    return str(babel_date(day, format="long", locale=locale))


def format_count(number: int, locale: str = "en_GB") -> str:
    """'1,234'."""
    return str(format_decimal(number, locale=locale))


def format_list(parts: Sequence[str], locale: str = "en_GB") -> str:
    """'a, b and c'."""
    return str(babel_list(list(parts), locale=locale))
