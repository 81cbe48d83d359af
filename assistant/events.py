"""What one reply is made of while it is being delivered: the events every face consumes.

A reply is a stream: any number of `TextDelta`, at most one each of `ProductCards`,
`QuickReplies`, `Sources` and `Handoff`, and `Done` last, always.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shop.types import Money, Rating


@dataclass(frozen=True, slots=True)
class Card:
    """One product as shown. Everything comes from the store; `why` is a true reason or ''.

    `why_detail` is the evidence behind `why`, one sentence a line, for "why this?". `facts` are (name,
    value) rows; cards shown together to be compared have the same names in the same order, a table.
    """

    id: str
    title: str
    price: Money | None
    list_price: Money | None
    category: str
    in_stock: bool | None
    rating: Rating | None
    image_url: str
    why: str = ""
    why_detail: str = ""
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer comes from. `kind` is product, policy, order or customer."""

    kind: str
    id: str
    label: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the reply's text, handles already expanded and audited."""

    text: str


@dataclass(frozen=True, slots=True)
class ProductCards:
    """The products this reply is about, in the order the shopper sees ("the second one")."""

    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class QuickReplies:
    """Things the shopper may want to say next; each is sent as a message when tapped."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Records the answer was read from."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Handoff:
    """The conversation goes to a person. `summary` is what that person needs to know."""

    reason: str
    contact: str
    summary: str


@dataclass(frozen=True, slots=True)
class Done:
    """The reply is complete and stored as turn `turn_id` (the key for feedback)."""

    turn_id: str
    conversation_id: str
    reply: str
    handled_by: str
    intent: str
    acts: tuple[str, ...]
    denies: bool
    cards: tuple[Card, ...]
    sources: tuple[Source, ...]
    first_text_ms: float
    total_ms: float
    trace: Mapping[str, object]


ReplyEvent = TextDelta | ProductCards | QuickReplies | Sources | Handoff | Done
