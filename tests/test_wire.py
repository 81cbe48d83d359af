"""The JSON shapes programs rely on."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from assistant.events import Card, Done, Handoff, ProductCards, QuickReplies, Source, Sources, TextDelta
from assistant.wire import card_view_json, done_json, event_json, plain_json
from shop.types import Customer, Money, Rating

CARD = Card(
    id="22629",
    title="Spaceboy Lunch Box",
    price=Money(Decimal("1.95"), "GBP"),
    list_price=None,
    category="Lunch Boxes",
    in_stock=None,
    rating=Rating(4.5, 12),
    image_url="",
    why="bought together",
    why_detail="38 customers bought both.",
)
SOURCE = Source("product", "22629", "Spaceboy Lunch Box")
DONE = Done(
    turn_id="t1",
    conversation_id="c1",
    reply="The Spaceboy Lunch Box is £1.95.",
    handled_by="composer",
    intent="find",
    acts=("show",),
    denies=False,
    cards=(CARD,),
    sources=(SOURCE,),
    first_text_ms=12.345,
    total_ms=67.891,
    trace={"intent_score": 0.9},
)


def test_a_reply_has_exactly_the_agreed_keys() -> None:
    found = json.loads(json.dumps(done_json(DONE)))
    assert found == {
        "reply": "The Spaceboy Lunch Box is £1.95.",
        "handled_by": "composer",
        "intent": "find",
        "acts": ["show"],
        "denies": False,
        "cards": [
            {
                "id": "22629",
                "title": "Spaceboy Lunch Box",
                "price": {"amount": 1.95, "currency": "GBP"},
                "category": "Lunch Boxes",
                "in_stock": None,
                "rating": {"value": 4.5, "count": 12},
                "why": "bought together",
            }
        ],
        "sources": [{"kind": "product", "id": "22629", "label": "Spaceboy Lunch Box", "excerpt": ""}],
        "first_text_ms": 12.3,
        "total_ms": 67.9,
        "trace": {"intent_score": 0.9},
    }


def test_money_keeps_its_digits() -> None:
    for text in ("0.10", "1.65", "19.99", "1234567.89", "2.675"):
        shown = json.dumps(plain_json(Money(Decimal(text), "GBP")))
        assert Decimal(str(json.loads(shown)["amount"])) == Decimal(text)


def test_every_event_says_its_type() -> None:
    events = [
        TextDelta("Hello"),
        ProductCards((CARD,)),
        QuickReplies(("Yes",)),
        Sources((SOURCE,)),
        Handoff("asked", "help@shop.example", "wants a refund"),
        DONE,
    ]
    types = [event_json(event)["type"] for event in events]
    assert types == ["text", "cards", "quick_replies", "sources", "handoff", "done"]
    json.dumps([event_json(event) for event in events])


def test_a_page_gets_no_trace_and_all_it_draws() -> None:
    assert "trace" not in event_json(DONE)
    assert {"image_url", "list_price", "why_detail"} <= set(card_view_json(CARD))


def test_any_frozen_value_becomes_json() -> None:
    customer = Customer("1", since=datetime(2011, 1, 2, tzinfo=UTC), tags=("vip",))
    found = plain_json({"who": customer, "at": (date(2011, 9, 9), Path("a/b")), 3: Decimal("1.5")})
    assert found["who"]["since"] == "2011-01-02T00:00:00+00:00"
    assert found["who"]["consent"]["training"] is False
    assert found["at"] == ["2011-09-09", "a/b"]
    assert found["3"] == 1.5
    json.dumps(found)
