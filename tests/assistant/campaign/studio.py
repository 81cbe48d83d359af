"""A small gift shop with customers who have lapsed, and what the campaign verbs need of an assistant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from assistant.delivery import Speaker
from retrieval.recommend.base import Context, Reason, Recommendation
from shop.settings import Settings
from shop.store import Store
from shop.types import Consent, Customer, Money, Order, OrderLine, Product

TODAY = date(2011, 9, 9)
NOON = datetime(2011, 9, 9, 12, tzinfo=UTC)
YES = Consent(marketing_email=True, marketing_sms=True, marketing_push=True, source="checkout")


def pounds(text: str) -> Money:
    return Money(Decimal(text), "GBP")


BAG = Product("B1", "Red Retrospot Lunch Bag", categories=("Lunch bags",), price=pounds("1.65"))
MUG = Product("M1", "Blue Polkadot Mug", categories=("Mugs",), price=pounds("2.50"), in_stock=True)
GONE = Product("G1", "Sold Out Lantern", price=pounds("3.75"), in_stock=False)
TEST = Product("T1", "Pregnancy Test", price=pounds("5.00"))


class Recommender:
    """Everything with a true-looking reason, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Context] = []

    def recommend(self, context: Context, k: int = 8) -> list[Recommendation]:
        self.asked.append(context)
        why = (Reason("bought_together", {"title": BAG.title, "customers": 38}),)
        if not context.use_history:
            why = (Reason("popular", {"customers": 41, "country": "", "days": 30}),)
        return [Recommendation(product, 1.0, why) for product in (GONE, TEST, MUG, BAG)][:k]


@dataclass
class Studio:
    """What the campaign verbs need of an assistant."""

    settings: Settings
    store: Store
    recommender: Any
    speaker: Speaker = field(default_factory=lambda: Speaker(lambda: None))


def customer(number: int, consent: Consent = YES, **more: str) -> Customer:
    name = f"c{number:03}"
    address = {"email": f"{name}@example.com", "phone": "+44 20 7946 0000"} | more
    return Customer(name, consent=consent, **address)  # type: ignore[arg-type]


def order(owner: str, days_ago: int, product: Product = BAG, quantity: int = 2) -> Order:
    at = NOON - timedelta(days=days_ago)
    assert product.price is not None
    line = OrderLine(product.id, product.title, quantity, product.price)
    return Order(f"o-{owner}-{days_ago}", owner, (line,), placed_at=at)
