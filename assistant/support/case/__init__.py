"""Reading a customer's message: from whom, what about which orders, what the policy says to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from assistant.support.case.finding import Found, find_sender
from assistant.support.case.mentions import Spot
from assistant.support.case.reading import read_requests
from assistant.support.case.requests import Records, Request
from shop.store import Store

__all__ = ["Case", "Found", "Request", "Spot", "find_sender", "read_case"]


@dataclass(frozen=True, slots=True)
class Case:
    """A message read: its sender (None: not told apart) and what they ask for, in order."""

    sender: Found | None
    requests: tuple[Request, ...]


def read_case(store: Store, text: str, today: date, customer_id: str = "") -> Case:
    """Read `text`, of this customer where the caller knows who writes, else of whom it says it is.

    Raises nothing for text that asks nothing: the case then has no requests.
    """
    known = store.customer(customer_id) if customer_id else None
    sender = Found(known, "the page") if known else find_sender(store, text)
    if sender is None:
        return Case(None, ())
    orders = store.orders_of(sender.customer.id)
    # Only what they ordered can be sent back or exchanged, and a catalogue may hold a million products.
    products = store.products_by_id({line.product_id for order in orders for line in order.lines})
    records = Records(orders, sender.customer.payment_methods, products, store.policies(), today)
    return Case(sender, tuple(read_requests(text, records)))
