"""What a shop is made of, as frozen values.

Knows nothing of files, databases or models: those make these values and take them. Money is
`Decimal`, times are timezone-aware or `None` where the source does not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency (ISO 4217 code). Comparing two currencies raises ValueError."""

    amount: Decimal
    currency: str

    def _other(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            raise ValueError(f"cannot compare {self.currency} with {other.currency}")
        return other.amount

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._other(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._other(other)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._other(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._other(other), self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.amount * times, self.currency)


@dataclass(frozen=True, slots=True)
class Rating:
    """Mean rating, 0 to 5, over `count` ratings."""

    value: float
    count: int


@dataclass(frozen=True, slots=True)
class Review:
    """What one buyer wrote of a product; `stars` from 0 to 5, None where they gave none. Who wrote it is
    not kept."""

    text: str
    stars: float | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One orderable form of a product. `None` means the source does not say."""

    id: str
    options: Mapping[str, str] = field(default_factory=dict)
    price: Money | None = None
    available: bool | None = None
    sku: str = ""
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """One product. `None` and empty mean that the source does not say, never "no".

    `price` is the current price (lowest variant price where variants differ), read at `price_at`.
    `categories` is a path, widest first; `categories_derived` says that it was read out of titles
    rather than given by the shop. `attributes` holds whatever else the source states, by name.
    `reviews` are those the source gives the text of; `rating` may be over many more.
    """

    id: str
    title: str
    description: str = ""
    bullets: tuple[str, ...] = ()
    brand: str = ""
    colour: str = ""
    categories: tuple[str, ...] = ()
    categories_derived: bool = False
    price: Money | None = None
    list_price: Money | None = None
    price_at: datetime | None = None
    rating: Rating | None = None
    in_stock: bool | None = None
    image_url: str = ""
    url: str = ""
    variants: tuple[Variant, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    reviews: tuple[Review, ...] = ()

    @property
    def category(self) -> str:
        """The narrowest category, or ''."""
        return self.categories[-1] if self.categories else ""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a customer allows, each False until they say otherwise; `source` says where they did."""

    marketing_email: bool = False
    marketing_sms: bool = False
    marketing_push: bool = False
    personalisation: bool = True
    training: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """A person who has bought or may buy. Empty fields are unknown."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    country: str = ""
    language: str = ""
    address: Mapping[str, str] = field(default_factory=dict)
    payment_methods: tuple[str, ...] = ()
    since: datetime | None = None
    consent: Consent = field(default_factory=Consent)
    tags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Full name, or ''."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`quantity` units of one product at `unit_price`; `returned` of them came back later."""

    product_id: str
    title: str
    quantity: int
    unit_price: Money
    variant_id: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    returned: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """One order. `placed_at` is None where the source has no dates; `customer_id` '' is a guest.

    `ship_to` is where it goes, with the keys of the source ("city", "zip" …); empty where unknown.
    """

    id: str
    customer_id: str
    lines: tuple[OrderLine, ...]
    placed_at: datetime | None = None
    status: str = ""
    payment_status: str = ""
    country: str = ""
    tracking: tuple[str, ...] = ()
    payments: tuple[str, ...] = ()
    ship_to: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_cancelled(self) -> bool:
        """Whether the status says that it was called off."""
        return self.status.lower().startswith("cancel")

    @property
    def total(self) -> Money:
        """Sum of the lines as ordered (returns not deducted). An order has at least one line."""
        total = self.lines[0].unit_price * self.lines[0].quantity
        for line in self.lines[1:]:
            total = total + line.unit_price * line.quantity
        return total


@dataclass(frozen=True, slots=True)
class Return:
    """Units of one product sent back or cancelled. `order_id` '' where no order could be matched."""

    id: str
    customer_id: str
    product_id: str
    title: str
    quantity: int
    amount: Money
    at: datetime | None = None
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something a customer did; names are Segment's ("Product Viewed", "Order Completed" ...)."""

    name: str
    customer_id: str
    at: datetime
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyPassage:
    """One section of a written policy; `heading` is its path of titles, joined by ' > '."""

    id: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat with a language model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One stored exchange: what the shopper wrote (redacted) and what they were answered.

    `state` is what later turns need (products shown, filters in force ...), `cards`, `sources` and
    `trace` are JSON-ready. `handled_by` is "model" or "composer". `vote` is 1, -1 or 0 (none).
    """

    id: str
    conversation_id: str
    customer_id: str
    at: datetime
    message: str
    reply: str
    intent: str
    handled_by: str
    acts: tuple[str, ...] = ()
    cards: tuple[Mapping[str, object], ...] = ()
    sources: tuple[Mapping[str, str], ...] = ()
    quick_replies: tuple[str, ...] = ()
    state: Mapping[str, object] = field(default_factory=dict)
    trace: Mapping[str, object] = field(default_factory=dict)
    vote: int = 0
    vote_reason: str = ""
