"""What every campaign message must pass before it may be exported, each check red or green.

Reads the finished text a customer would get, not the plan it came from, so that a fault of the
writing cannot hide in it. Knows nothing of stores or files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.privacy import SENSITIVE
from shop.types import Consent, Product

SUBJECT_CHARACTERS = 50
PREHEADER_CHARACTERS = 90
BODY_WORDS = (20, 220)
UNSUBSCRIBE = "{{ unsubscribe }}"

FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
OFFER = re.compile(
    r"%|\b(discount|percent|free|voucher|coupon|promo|code|sale|offers?|deals?|sav(e|ings?)|"
    r"reduced|bargain|gratis|giveaway|cashback|refund)\b",
    re.IGNORECASE,
)
SPAM = re.compile(
    r"!!|\b(act now|urgent|guaranteed?|winner|congratulations|click here|buy now|limited time|"
    r"last chance|hurry|risk[- ]free|once in a lifetime|don't miss)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a message: what it looks at, whether it passed, and what it saw."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Something true that the message uses: what it is, its value, and the record it stands in."""

    label: str
    value: str
    source: str


def check_message(
    *,
    subject: str,
    preheader: str,
    body: str,
    cta: str,
    facts: Sequence[Fact],
    products: Sequence[Product],
    consent: Consent,
) -> tuple[Check, ...]:
    """All checks of one finished message, in the order a marketer reads them."""
    whole = "\n".join((subject, preheader, body, cta))
    values = [fact.value for fact in facts] + [product.title for product in products]
    own_words = _without(whole, values)
    return (
        _consent(consent),
        _length("Subject length", subject, SUBJECT_CHARACTERS),
        _length("Preheader length", preheader, PREHEADER_CHARACTERS),
        _words(body),
        _figures(whole, values),
        _products(products),
        _found_none("No invented offer", OFFER, own_words, "no offer exists and none is promised"),
        _found_none("No spam words", SPAM, own_words, "none found"),
        _found_none("Nothing sensitive", SENSITIVE, body, "nothing private is alluded to"),
        _complete(whole),
        Check("Unsubscribe link", UNSUBSCRIBE in body, f"{UNSUBSCRIBE} stands in the text"),
    )


def _without(text: str, values: Iterable[str]) -> str:
    """`text` without the records' own words: a product may be called "Gift Voucher Holder"."""
    for value in sorted(set(values), key=len, reverse=True):
        if len(value) > 3:
            text = text.replace(value, " ")
    return text.replace(UNSUBSCRIBE, " ")


def _consent(consent: Consent) -> Check:
    where = f" ({consent.source})" if consent.source else ""
    detail = f"marketing e-mail allowed{where}" if consent.marketing_email else "marketing e-mail not allowed"
    return Check("Consent", consent.marketing_email, detail)


def _length(name: str, text: str, most: int) -> Check:
    return Check(name, 0 < len(text) <= most, f"{len(text)} of {most} characters")


def _words(body: str) -> Check:
    count = len(body.split())
    least, most = BODY_WORDS
    return Check("Body length", least <= count <= most, f"{count} words ({least} to {most})")


def _figures(text: str, values: Sequence[str]) -> Check:
    """Every figure of the text stands in a fact or a product named in this message."""
    backed = {figure for value in values for figure in FIGURE.findall(value)}
    loose = sorted({figure for figure in FIGURE.findall(text) if figure not in backed})
    detail = f"not in any record: {', '.join(loose)}" if loose else "every figure stands in a record"
    return Check("Figures backed", not loose, detail)


def _products(products: Sequence[Product]) -> Check:
    gone = [product.title for product in products if product.in_stock is False]
    if gone:
        return Check("Products available", False, f"out of stock: {', '.join(gone)}")
    unsaid = any(product.in_stock is None for product in products)
    detail = "not out of stock as far as the data says" if unsaid else "all in stock"
    return Check("Products available", bool(products), detail if products else "no product to show")


def _found_none(name: str, pattern: re.Pattern[str], text: str, fine: str) -> Check:
    found = sorted({match[0].lower() for match in pattern.finditer(text)})
    return Check(name, not found, f"found: {', '.join(found)}" if found else fine)


def _complete(text: str) -> Check:
    left = re.findall(r"\[[a-z0-9_]+(?:\.[a-z0-9_]+)?\]|\{\w+\}|\{\{(?! unsubscribe \}\}).*?\}\}", text)
    return Check("Nothing left open", not left, ", ".join(left) if left else "no placeholder is left")
