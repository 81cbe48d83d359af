"""The JSON shapes of replies and products: one place for the command line, the HTTP API and tests.

Knows the events and the shop's types; knows nothing of HTTP or terminals. Amounts of money are JSON
numbers with the digits of the decimal (1.65 stays 1.65); `null` means that the source does not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.events import (
    Card,
    Done,
    Handoff,
    ProductCards,
    QuickReplies,
    ReplyEvent,
    Source,
    Sources,
    TextDelta,
)
from shop.types import Money, Product, Rating

if TYPE_CHECKING:
    from retrieval.recommend.base import Recommendation


def money_json(money: Money | None) -> dict[str, Any] | None:
    """`{"amount": 1.65, "currency": "GBP"}`, or None."""
    return None if money is None else {"amount": float(money.amount), "currency": money.currency}


def rating_json(rating: Rating | None) -> dict[str, Any] | None:
    """`{"value": 4.5, "count": 12}`, or None."""
    return None if rating is None else {"value": rating.value, "count": rating.count}


def card_json(card: Card) -> dict[str, Any]:
    """A card as `regulars ask --json` prints it."""
    return {
        "id": card.id,
        "title": card.title,
        "price": money_json(card.price),
        "category": card.category,
        "in_stock": card.in_stock,
        "rating": rating_json(card.rating),
        "why": card.why,
    }


def card_view_json(card: Card) -> dict[str, Any]:
    """A card with all a page needs to draw it."""
    return card_json(card) | {
        "list_price": money_json(card.list_price),
        "image_url": card.image_url,
        "why_detail": card.why_detail,
        "facts": [list(fact) for fact in card.facts],
    }


def product_json(product: Product) -> dict[str, Any]:
    """A product as `regulars search --json` prints it, with the fields of a card that it has."""
    return {
        "id": product.id,
        "title": product.title,
        "price": money_json(product.price),
        "category": product.category,
        "brand": product.brand,
        "colour": product.colour,
        "in_stock": product.in_stock,
        "rating": rating_json(product.rating),
    }


def source_json(source: Source) -> dict[str, str]:
    """A record an answer was read from."""
    return {"kind": source.kind, "id": source.id, "label": source.label, "excerpt": source.excerpt}


def done_json(done: Done) -> dict[str, Any]:
    """A whole reply, exactly as `regulars ask --json` prints it."""
    return {
        "reply": done.reply,
        "handled_by": done.handled_by,
        "intent": done.intent,
        "acts": list(done.acts),
        "denies": done.denies,
        "cards": [card_json(card) for card in done.cards],
        "sources": [source_json(source) for source in done.sources],
        "first_text_ms": round(done.first_text_ms, 1),
        "total_ms": round(done.total_ms, 1),
        "trace": dict(done.trace),
    }


def event_json(event: ReplyEvent) -> dict[str, Any]:
    """One event of a reply as pages receive it; `type` tells which. A shopper's `done` has no trace."""
    match event:
        case TextDelta(text):
            return {"type": "text", "text": text}
        case ProductCards(cards):
            return {"type": "cards", "cards": [card_view_json(card) for card in cards]}
        case QuickReplies(options):
            return {"type": "quick_replies", "options": list(options)}
        case Sources(sources):
            return {"type": "sources", "sources": [source_json(source) for source in sources]}
        case Handoff(reason, contact, summary):
            return {"type": "handoff", "reason": reason, "contact": contact, "summary": summary}
        case Done():
            return {
                "type": "done",
                "turn_id": event.turn_id,
                "conversation_id": event.conversation_id,
                "reply": event.reply,
                "denies": event.denies,
            }


def recommendation_json(found: Recommendation) -> dict[str, Any]:
    """A recommendation with the verified reasons it was made for."""
    reasons = [{"code": reason.code, "evidence": dict(reason.evidence)} for reason in found.reasons]
    return product_json(found.product) | {"score": round(found.score, 4), "reasons": reasons}


def plain_json(value: Any) -> Any:
    """Any of our frozen values as JSON: dataclasses by field, money as money, times in ISO 8601."""
    match value:
        case Money():
            return money_json(value)
        case Decimal():
            return float(value)
        case datetime() | date():
            return value.isoformat()
        case Path():
            return str(value)
        case Mapping():
            return {str(key): plain_json(part) for key, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain_json(part) for part in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: plain_json(getattr(value, part.name)) for part in fields(value)}
    return value
