"""Conditions on money: "if it costs more than $200", "if the difference is at most 50 dollars".

Reads the bound; which price, difference or refund is meant is told by the words and by what was asked
so far. Knows no policy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from assistant.support.case.mentions import Spot
from assistant.support.case.requests import Request
from shop.types import Product

_BOUND = re.compile(
    r"\b(?P<way>less|lower|cheaper|under|below|at most|up to|no more|not more|more|higher|over|above|"
    r"exceeds?|greater|at least)\b(?: than)? ?(?P<sign>\$|usd ?)?(?P<n>\d[\d,]*(?:\.\d+)?) ?"
    r"(?P<word>dollars|bucks|usd)?",
    re.I,
)
_MONEY = re.compile(r"\b(?:price[sd]?|costs?|difference|total|refund|pay|get back)\b", re.I)
_BELOW = {"less", "lower", "cheaper", "under", "below"}
_AT_MOST = {"at most", "up to", "no more", "not more"}
_DIFFERENCE = re.compile(r"\bdifference\b|\bextra\b|\bon top\b|\bpay (?:more|up)\b", re.I)
_REFUND = re.compile(r"\brefund|\bget back\b|\btotal\b", re.I)


def read_bound(text: str) -> tuple[str, Decimal] | None:
    """(how, the amount) of a condition on money, as `is_met` takes it; None where it is none."""
    match = _BOUND.search(text)
    if match is None or not (match["sign"] or match["word"] or _MONEY.search(text)):
        return None
    return match["way"].lower(), Decimal(match["n"].replace(",", ""))


def is_met(how: str, amount: Decimal, figure: Decimal) -> bool:
    """Whether `figure` is "less" than, "at most", "more" than … `amount`."""
    if how in _BELOW:
        return figure < amount
    if how in _AT_MOST:
        return figure <= amount
    return figure >= amount if how == "at least" else figure > amount


def figure_meant(
    text: str,
    requests: Sequence[Request],
    last: Sequence[Spot],
    products: Mapping[str, Product],
    asked_price: str,
) -> Decimal | None:
    """The figure that a condition speaks of; None where the records do not tell.

    `asked_price` is "lowest" or "highest" where the cheapest or dearest variant was asked about.
    """
    latest = requests[-1] if requests else None
    if latest and latest.difference and _DIFFERENCE.search(text):
        return latest.difference.amount
    if latest and latest.refund and _REFUND.search(text):
        return latest.refund.amount
    if asked_price and len(last) == 1:
        return price_at_end(products.get(last[0].line.product_id), asked_price)
    found = [one.variant.price for one in latest.replacements.values() if one] if latest else []
    if latest and latest.swaps and len(found) == 1 and found[0]:
        return found[0].amount
    return last[0].line.unit_price.amount if len(last) == 1 else None


def price_at_end(product: Product | None, end: str) -> Decimal | None:
    """The lowest or highest price of a product's available variants."""
    prices = [v.price.amount for v in product.variants if v.available and v.price] if product else []
    return (min(prices) if end == "lowest" else max(prices)) if prices else None
