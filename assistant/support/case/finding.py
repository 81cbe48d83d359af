"""Which customer a message is from, by what it says about its writer.

An e-mail address, customer number or order number that the shop knows names one; a name does only
together with the postcode, or where nobody else has it. Knows nothing of what the message asks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from shop.store import Store
from shop.types import Customer

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
NUMBER = re.compile(r"#?[\w-]*\d[\w-]*")
NAME_PARTS = re.compile(r"[^\W\d_][^\W\d_'’-]*(?:[-'’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Found:
    """A customer and by what they were told apart: "e-mail", "number", "order", "name and postcode"…"""

    customer: Customer
    by: str


def find_sender(store: Store, text: str) -> Found | None:
    """The customer who speaks of themselves in `text`; None where nobody or several could be meant."""
    for email in EMAIL.findall(text):
        for customer in store.find_customers(email, 2):
            if customer.email.casefold() == email.casefold().rstrip("."):
                return Found(customer, "e-mail")
    numbers = list(dict.fromkeys(NUMBER.findall(text)))
    for number in numbers:
        known = store.customer(number)
        if known is not None:
            return Found(known, "customer number")
    named = _by_name(store, text, numbers)
    if named is not None:
        return named
    for number in numbers:
        order = store.order(number)
        owner = store.customer(order.customer_id) if order and order.customer_id else None
        if owner is not None:
            return Found(owner, "order number")
    return None


def _by_name(store: Store, text: str, numbers: list[str]) -> Found | None:
    """Two neighbouring words that are somebody's name; the postcode decides between namesakes."""
    tokens = NAME_PARTS.findall(text)
    pairs = [f"{a} {b}" for a, b in pairwise(tokens) if a[:1].isupper() and b[:1].isupper()]
    alone: Found | None = None
    for name in dict.fromkeys(pairs):
        same = [each for each in store.find_customers(name, 50) if each.name.casefold() == name.casefold()]
        for customer in same:
            if {customer.address.get("zip"), customer.address.get("postcode")} & set(numbers):
                return Found(customer, "name and postcode")
        if len(same) == 1 and alone is None:
            alone = Found(same[0], "name")
    return alone
