"""One thing a customer asks to be done with an order, resolved: its lines, verdict, replacements, money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from assistant.support.case.mentions import Spot
from assistant.support.case.options import Wish
from assistant.support.case.replacement import Replacement, price_difference
from assistant.support.rules import RefundRule, Verdict
from insight.features import sum_money
from shop.types import Money, Order, PolicyPassage, Product


@dataclass(slots=True)
class Request:
    """One thing the customer asks for, resolved.

    `action` is "cancel", "return", "exchange", "modify" or "address". `spots` are the lines meant
    (all of the order's for cancelling). For an exchange, `replacements` holds what was found per
    line; `wishes` what is wanted of it. `partial`: only some lines of an order were to be cancelled.
    `gives_way`: another request on this order is done instead, after which this one is not allowed.
    `refund_to` is where the money was asked to go, `refund_allowed` what the policy says to that.
    """

    asked: str
    action: str
    order: Order
    spots: list[Spot]
    verdict: Verdict
    wishes: dict[Spot, list[Wish]] = field(default_factory=dict)
    replacements: dict[Spot, Replacement | None] = field(default_factory=dict)
    partial: bool = False
    gives_way: bool = False
    sentence: int = 0
    refund_to: str = ""
    refund_allowed: bool | None = None
    refund_rule: RefundRule | None = None

    @property
    def possible(self) -> bool:
        """Allowed by the policy, and every replacement asked for exists."""
        found = all(self.replacements.get(spot) for spot in self.spots) if self.swaps else True
        allowed = self.verdict.allowed is True and self.refund_allowed is not False
        return allowed and found and not self.partial and not self.gives_way

    @property
    def swaps(self) -> bool:
        """Whether lines are to be exchanged for other variants."""
        return self.action in {"exchange", "modify"}

    @property
    def difference(self) -> Money | None:
        """What the customer pays on top for the replacements; negative: gets back."""
        pairs = [(spot.line, found.variant) for spot, found in self.replacements.items() if found]
        return price_difference(pairs) if pairs else None

    @property
    def money_back(self) -> Decimal:
        """What the customer gets back by this, in the order's currency; below zero they pay."""
        back = self.refund
        if back is not None:
            return back.amount
        return -self.difference.amount if self.difference else Decimal(0)

    @property
    def refund(self) -> Money | None:
        """What the lines cost: to be paid back when they are returned or the order is cancelled."""
        if self.action not in {"cancel", "return"}:
            return None
        return sum_money(spot.line.unit_price * spot.line.quantity for spot in self.spots)


@dataclass(frozen=True, slots=True)
class Records:
    """What a message is read against: one customer's orders and payment methods, catalogue, policy, date."""

    orders: Sequence[Order]
    methods: Sequence[str]
    products: Mapping[str, Product]
    policies: Sequence[PolicyPassage]
    today: date
