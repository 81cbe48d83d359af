"""A shop small enough to know by heart, behind the real server: real store, scripted replies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from assistant.deeds import Deeds
from assistant.events import Done, Handoff, ProductCards, QuickReplies, ReplyEvent, Source, Sources, TextDelta
from assistant.records import product_card
from assistant.wire import card_view_json, source_json
from retrieval.recommend.base import Context, Reason, Recommendation
from shop.errors import NotAllowed
from shop.settings import Settings
from shop.store import Store
from shop.types import Customer, Money, Order, OrderLine, Product, Rating, Turn
from ui.app import create_api, create_app

HOME = "http://127.0.0.1:8700"


def product(id: str, title: str, price: str | None, shelf: str, **more: Any) -> Product:
    money = None if price is None else Money(Decimal(price), "GBP")
    return Product(id=id, title=title, price=money, categories=(shelf,), **more)


PRODUCTS = (
    product("20725", "Lunch Bag Red Retrospot", "1.65", "Lunch bags", colour="red", in_stock=True),
    product("20727", "Lunch Bag Black Skull", "1.65", "Lunch bags", colour="black"),
    product("20728", "Lunch Bag Cars Blue", "1.65", "Lunch bags", colour="blue", in_stock=False),
    product(
        "22384",
        "Lunch Bag Pink Polkadot",
        "1.45",
        "Lunch bags",
        colour="pink",
        in_stock=True,
        list_price=Money(Decimal("1.95"), "GBP"),
        rating=Rating(4.6, 128),
    ),
    product("85123A", "White Hanging Heart T-Light Holder", "2.95", "Candles", colour="white"),
    product(
        "X1",
        "<img src=x onerror=\"document.title='owned'\"><b>Evil</b> Mug",
        None,
        "Mugs",
    ),
)
CUSTOMERS = {"17850": "United Kingdom", "12583": "France"}


class FakeRecommender:
    """Recommends the lamp, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Context] = []

    def recommend(self, context: Context, k: int = 8) -> list[Recommendation]:
        self.asked.append(context)
        code = "because_viewed" if context.customer_id else "popular"
        evidence = {"title": "Lunch Bag Red Retrospot", "customers": 38, "days": 30, "date": "2011-09-01"}
        return [Recommendation(PRODUCTS[4], 1.0, (Reason(code, evidence),))]


class FakeAssistant:
    """Answers by rule and keeps turns in a real store."""

    def __init__(self, settings: Settings) -> None:
        self.followed: list[str] = []
        self.settings = settings
        self.store = Store(settings.database_url)
        self.store.put_products(PRODUCTS)
        self.store.put_customers([Customer(id, country=place) for id, place in CUSTOMERS.items()])
        line = OrderLine("20725", "Lunch Bag Red Retrospot", 6, Money(Decimal("1.65"), "GBP"))
        day = datetime(2011, 5, 3, tzinfo=UTC)
        self.store.put_orders(
            [
                Order("536365", "17850", (line,), day),
                Order("536366", "17850", (line,), day),
                Order("536370", "12583", (line,), day),
            ]
        )
        self.search = SimpleNamespace(
            products={each.id: each for each in PRODUCTS},
            search=lambda text: SimpleNamespace(outcome="found"),
        )
        self.recommender = FakeRecommender()
        self.deeds = Deeds(self.store, SimpleNamespace(follow=self.followed.append), settings)
        self.asked: list[tuple[str, str, str]] = []
        self.hold = threading.Event()
        self.held = threading.Event()
        self.closed = threading.Event()

    def start_conversation(self, customer_id: str = "") -> str:
        return self.store.start_conversation(customer_id)

    def history(self, conversation_id: str) -> list[Turn]:
        return self.store.turns(conversation_id)

    def give_feedback(self, turn_id: str, vote: int, reason: str = "") -> None:
        self.store.set_vote(turn_id, vote, reason)

    def close(self) -> None:
        self.store.close()

    def reply(self, conversation_id: str, message: str, *, customer_id: str = "") -> Iterator[ReplyEvent]:
        self.asked.append((conversation_id, message, customer_id))
        if message == "not mine":
            raise NotAllowed("this conversation belongs to another customer; start a new one")
        if message == "crash":
            raise ZeroDivisionError("a secret detail")
        try:
            yield from self._reply(conversation_id, message, customer_id)
        finally:
            self.closed.set()

    def _reply(self, conversation_id: str, message: str, customer_id: str) -> Iterator[ReplyEvent]:
        person = "person" in message
        cards = () if person else tuple(product_card(each, "Matches what you asked for") for each in PRODUCTS)
        sources = () if person else (Source("product", "20725", "Lunch Bag Red Retrospot", "£1.65"),)
        text = "A person can help." if person else f"Here is what I found for {message}."
        if cards:
            yield ProductCards(cards)
        if message == "slow":
            yield TextDelta("Wait")
            self.held.set()
            self.hold.wait(5)
            yield TextDelta(" for it")
        for word in text.split(" "):
            yield TextDelta(word if word == text.split(" ")[0] else f" {word}")
        if sources:
            yield Sources(sources)
        if person:
            yield Handoff("asked", "help@shop.example", "Wants a person.")
        yield QuickReplies(("Something cheaper", "In blue"))
        turn = Turn(
            id=uuid4().hex,
            conversation_id=conversation_id,
            customer_id=customer_id,
            at=datetime.now(UTC),
            message=message,
            reply=text,
            intent="handoff" if person else "find",
            handled_by="composer",
            acts=("handoff",) if person else ("show",),
            cards=tuple(card_view_json(card) for card in cards),
            sources=tuple(source_json(source) for source in sources),
            quick_replies=("Something cheaper", "In blue"),
        )
        self.store.add_turn(turn)
        yield Done(
            turn.id,
            conversation_id,
            text,
            "composer",
            turn.intent,
            turn.acts,
            False,
            cards,
            sources,
            1.0,
            2.0,
            {},
        )


def make_settings(folder: Path, **more: Any) -> Settings:
    values: dict[str, Any] = {
        "shop": folder,
        "name": "Retro Gifts",
        "locale": "en_GB",
        "currency": "GBP",
        "contact": "help@shop.example",
        "today": date(2011, 9, 9),
        "embedder": "hash:",
        "model": "none:",
    }
    return Settings(**(values | more))


@pytest.fixture
def assistant(shop_folder: Path) -> Iterator[FakeAssistant]:
    fake = FakeAssistant(make_settings(shop_folder))
    yield fake
    fake.hold.set()
    fake.close()


@pytest.fixture
def client(assistant: FakeAssistant) -> Iterator[TestClient]:
    """A demo on this machine, without the Gradio pages (they take long to build)."""
    with TestClient(create_api(assistant), base_url=HOME) as opened:  # type: ignore[arg-type]
        yield opened


GUARDED: dict[str, Any] = {
    "host": "0.0.0.0",
    "staff_user": "mia",
    "staff_password": "correct horse",
    "allowed_origins": ("https://shop.example",),
}


@pytest.fixture
def guarded(shop_folder: Path) -> Iterator[TestClient]:
    """A server other machines may reach, with a staff login; without the Gradio pages."""
    fake = FakeAssistant(make_settings(shop_folder, **GUARDED))
    with TestClient(create_api(fake), base_url="http://chat.shop.example") as opened:  # type: ignore[arg-type]
        yield opened
    fake.close()


@pytest.fixture(scope="session")
def site_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The whole guarded server, pages included, built once."""
    fake = FakeAssistant(make_settings(tmp_path_factory.mktemp("site"), **GUARDED))
    yield create_app(fake)  # type: ignore[arg-type]
    fake.close()


@pytest.fixture
def site(site_app: Any) -> TestClient:
    """A fresh visitor of the whole guarded server."""
    return TestClient(site_app, base_url="http://chat.shop.example")
