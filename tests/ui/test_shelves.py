"""The rows of recommendations over HTTP: who did what is the cookie's word, and it counts at once."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from shop.types import Consent, Customer
from ui.shelves import DEEDS_A_MINUTE, country_of


def be(client: TestClient, customer_id: str) -> None:
    assert client.post("/api/identity", json={"customer_id": customer_id}).status_code == 200


def conversation(client: TestClient, assistant: Any) -> str:
    client.get("/api/for-you")
    return str(assistant.recommender.asked[-1].conversation_id)


def test_a_guest_gets_what_is_popular_and_leaves_deeds_in_the_visit_alone(
    client: TestClient, assistant: Any
) -> None:
    row = client.get("/api/for-you", headers={"accept-language": "fr-FR,en;q=0.8"}).json()
    assert row["personal"] is False and row["cards"][0]["title"] == "White Hanging Heart T-Light Holder"
    assert "38 customers" in row["cards"][0]["why"]
    asked = assistant.recommender.asked[-1]
    assert (asked.customer_id, asked.country) == ("", "France")

    view = client.post("/api/view", json={"product_id": "20725"}).json()
    assert view["card"]["price"] == "£1.65" and view["goes_with"][0]["why"]
    assert assistant.recommender.asked[-1].seeds == ("20725",)
    client.post("/api/cart", json={"product_id": "20727", "quantity": 2})
    client.post("/api/cart", json={"product_id": "20727", "quantity": 1})
    client.post("/api/not-for-me", json={"product_id": "22384"})
    visit = assistant.store.visit(conversation(client, assistant))
    assert [(deed.name, deed.product_id) for deed in visit] == [
        ("Product Viewed", "20725"),
        ("Product Added", "20727"),
        ("Product Disliked", "22384"),
    ]
    assert assistant.store.count("events") == 0


def test_a_customers_deeds_are_events_in_their_account(client: TestClient, assistant: Any) -> None:
    be(client, "17850")
    assert client.get("/api/for-you").json()["personal"] is True
    client.post("/api/view", json={"product_id": "20725"})
    client.post("/api/not-for-me", json={"product_id": "20727"})
    events = {event.name: event for event in assistant.store.events_of("17850")}
    assert set(events) == {"Product Viewed", "Product Disliked"}
    assert events["Product Viewed"].properties["product_id"] == "20725"
    assert events["Product Viewed"].at.date() == assistant.settings.current_date
    (memory,) = assistant.store.memories("17850")
    assert (memory.kind, memory.value) == ("dislikes", "Lunch Bag Black Skull")
    assistant.deeds._behind.submit(int).result(10)  # after whatever was submitted before
    assert assistant.followed == ["17850", "17850"]


@pytest.mark.parametrize("path", ["view", "not-for-me"])
def test_nobody_can_do_something_in_anothers_name(client: TestClient, assistant: Any, path: str) -> None:
    be(client, "12583")
    body = {"product_id": "20725", "customer_id": "17850", "name": "Order Completed"}
    assert client.post(f"/api/{path}", json=body).status_code == 200
    assert assistant.store.events_of("17850") == []
    assert [event.customer_id for event in assistant.store.events_of("12583")] == ["12583"]
    answer = client.post(f"/api/{path}", json=body, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403 and len(assistant.store.events_of("12583")) == 1
    assert client.post(f"/api/{path}", json={"product_id": "no such"}).status_code == 404
    assert client.post(f"/api/{path}", json={}).status_code == 422


def test_who_declines_personalisation_is_not_watched(client: TestClient, assistant: Any) -> None:
    assistant.store.put_customers([Customer("12583", consent=Consent(personalisation=False))])
    be(client, "12583")
    client.post("/api/view", json={"product_id": "20725"})
    client.post("/api/not-for-me", json={"product_id": "20725"})
    assert assistant.store.events_of("12583") == [] and assistant.store.memories("12583") == []
    assert assistant.store.visit(conversation(client, assistant)) == []


def test_a_flood_of_views_is_not_kept(client: TestClient, assistant: Any) -> None:
    be(client, "17850")
    for _ in range(DEEDS_A_MINUTE + 5):
        assert client.post("/api/view", json={"product_id": "20725"}).status_code == 200
    assert 0 < len(assistant.store.events_of("17850")) <= DEEDS_A_MINUTE
    assert client.post("/api/not-for-me", json={"product_id": "20725"}).status_code == 429


@pytest.mark.parametrize(
    ("header", "country"),
    [
        ("en-GB,en;q=0.9", "United Kingdom"),
        ("de", ""),
        ("fr,de-AT;q=0.5", "Austria"),
        ("zh-Hans-CN", "China"),
        ("xx'; DROP", ""),
        ("", ""),
    ],
)
def test_a_guests_country_is_read_from_the_browsers_language(header: str, country: str) -> None:
    assert country_of(header) == country
