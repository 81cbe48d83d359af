"""Personal data out of text before it is stored, logged or used for training.

Finds e-mail addresses, card numbers (Luhn-checked), IBANs and phone numbers by pattern. Names and
street addresses in free text are not found; consent decides what may be trained on besides. Also
knows which words tell something so private that nothing we write takes them up.
"""

from __future__ import annotations

import re

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
# A leading + or 0 or brackets tells a phone number from an order number or a price.
PHONE = re.compile(r"(?<![\w#.])(?:\+\d{1,3}|\(?0\d{1,4}\)?|\(\d{3}\))[\d ()/.-]{6,16}\d\b")


SENSITIVE = re.compile(
    r"\b(pregnan\w*|maternity|fertility|ovulation|incontinence|diabet\w*|cancer|depress\w*|hiv|"
    r"medicin\w*|medical|diet|weight loss|rosary|prayer|bible|quran|koran|torah|crucifix|menorah|"
    r"sympathy|condolence|memorial|funeral|gay|lesbian|trans|lingerie|condoms?|vibrator)\b",
    re.IGNORECASE,
)
"""Words that tell something about somebody's health, faith, grief or sexuality: we never show we noticed."""


def passes_luhn(digits: str) -> bool:
    """Luhn checksum (ISO/IEC 7812-1 annex B) of a string of digits."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def redact(text: str) -> str:
    """`text` with personal data replaced by [email], [card], [iban] and [phone]."""

    def card(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match[0])
        return "[card]" if passes_luhn(digits) else match[0]

    text = EMAIL.sub("[email]", text)
    text = CARD.sub(card, text)
    text = IBAN.sub("[iban]", text)
    return PHONE.sub("[phone]", text)


def is_sensitive(text: str) -> bool:
    """Whether a text (a product's title, a message) tells something private about whoever it is about."""
    return SENSITIVE.search(text) is not None
