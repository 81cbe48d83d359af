"""The shop's HTTP API: what a browser may ask, and what it is told when it may not."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ui.auth import SHOPPER_COOKIE, Visitor
from ui.components import load_texts
from ui.streaming import Replies


def say(client: TestClient, message: str) -> list[dict[str, Any]]:
    answer = client.post("/api/chat", json={"message": message})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n\n") if line]


def test_a_reply_streams_and_survives_a_reload(client: TestClient) -> None:
    events = say(client, "lunch bags")
    kinds = [event["type"] for event in events]
    assert kinds[0] == "start" and kinds[-1] == "done"
    assert "".join(event["text"] for event in events if event["type"] == "text") == events[-1]["reply"]
    assert "trace" not in events[-1] and "handled_by" not in events[-1]

    session = client.get("/api/session").json()
    (turn,) = session["turns"]
    assert turn["message"] == "lunch bags" and turn["reply"] == events[-1]["reply"]
    assert turn["options"] == ["Something cheaper", "In blue"]
    shown = next(event for event in events if event["type"] == "cards")["cards"]
    assert turn["cards"] == shown
    assert client.get("/api/history").json()["turns"] == session["turns"]


def test_cards_carry_written_figures_and_no_foreign_pictures(client: TestClient) -> None:
    cards = next(event for event in say(client, "bags") if event["type"] == "cards")["cards"]
    by_id = {card["id"]: card for card in cards}
    assert by_id["22384"]["price"] == "£1.45" and by_id["22384"]["list_price"] == "£1.95"
    assert by_id["22384"]["rating"] == "4.6" and by_id["22384"]["ratings"] == "128"
    assert by_id["20725"]["list_price"] == "" and by_id["X1"]["price"] == ""
    assert [by_id[key]["in_stock"] for key in ("20725", "20727", "20728")] == [True, None, False]
    assert all(card["picture"] == "" for card in cards)


def test_a_picture_is_drawn_without_the_products_words(client: TestClient) -> None:
    answer = client.get("/api/picture", params={"id": "X1"})
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "onerror" not in answer.text and "Evil" not in answer.text
    assert client.get("/api/picture", params={"id": "no such thing"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("chat", {"message": "   "}),
        ("chat", {"message": "x" * 2001}),
        ("chat", {}),
        ("chat", {"message": {"a": 1}}),
        ("cart", {"product_id": "20725", "quantity": -1}),
        ("cart", {"product_id": "20725", "quantity": 100}),
        ("feedback", {"turn_id": "t", "vote": 5}),
        ("feedback", {"turn_id": "t", "vote": 1, "reason": "x" * 501}),
    ],
)
def test_bad_input_is_refused_in_one_sentence(client: TestClient, path: str, body: dict[str, Any]) -> None:
    answer = client.post(f"/api/{path}", json=body)
    assert answer.status_code == 422
    assert list(answer.json()) == ["error"] and "\n" not in answer.json()["error"]


def test_body_that_is_no_json_is_refused(client: TestClient) -> None:
    answer = client.post("/api/chat", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 422 and "error" in answer.json()


def test_an_unexpected_error_shows_a_reference_and_no_detail(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    events = say(client, "crash")
    assert events[-1]["type"] == "error"
    assert "secret detail" not in json.dumps(events) and "Traceback" not in json.dumps(events)
    reference = events[-1]["error"].split("reference ")[1].split(")")[0]
    assert reference in caplog.text
    assert say(client, "lunch bags")[-1]["type"] == "done", "the conversation is not left busy"


def test_one_of_our_errors_is_told_as_its_sentence(client: TestClient) -> None:
    assert "another customer" in say(client, "not mine")[-1]["error"]


def test_too_many_messages_are_slowed_down(client: TestClient) -> None:
    for _ in range(20):
        say(client, "hello")
    answer = client.post("/api/chat", json={"message": "hello"})
    assert answer.status_code == 429 and "wait" in answer.json()["error"]


def test_one_reply_at_a_time(client: TestClient, assistant: Any) -> None:
    say(client, "hello")
    slow = threading.Thread(target=say, args=(client, "slow"))
    slow.start()
    assert assistant.held.wait(5)
    answer = client.post("/api/chat", json={"message": "and now?"})
    assistant.hold.set()
    slow.join(5)
    assert answer.status_code == 409
    assert say(client, "hello")[-1]["type"] == "done"


def test_a_stopped_reply_ends_and_the_next_may_begin(assistant: Any) -> None:
    replies = Replies(assistant)
    visitor = Visitor(assistant.start_conversation(""), "")

    async def stop_early() -> None:
        running = replies.begin(visitor.conversation_id)
        assert running is not None
        stream = replies.stream(running, visitor, "slow")
        assert "start" in await anext(stream)
        while "text" not in await anext(stream):
            pass
        await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(stop_early())
    assert not assistant.closed.is_set()
    assistant.hold.set()
    assert replies.begin(visitor.conversation_id) is not None
    assert assistant.closed.is_set(), "the generator was closed"
    assert assistant.history(visitor.conversation_id) == []


def test_votes_are_kept_with_their_reason(client: TestClient, assistant: Any) -> None:
    turn_id = say(client, "bags")[-1]["turn_id"]
    assert client.post("/api/feedback", json={"turn_id": turn_id, "vote": -1}).status_code == 200
    client.post("/api/feedback", json={"turn_id": turn_id, "vote": -1, "reason": "Not true"})
    turn = assistant.store.turn(turn_id)
    assert (turn.vote, turn.vote_reason) == (-1, "Not true")
    assert client.get("/api/session").json()["turns"][0]["vote"] == -1


def test_nobody_votes_on_anothers_turn(client: TestClient, assistant: Any) -> None:
    turn_id = say(client, "bags")[-1]["turn_id"]
    client.cookies.clear()
    say(client, "hello")
    assert client.post("/api/feedback", json={"turn_id": turn_id, "vote": -1}).status_code == 404
    assert assistant.store.turn(turn_id).vote == 0


def test_the_cart_adds_up_and_survives(client: TestClient) -> None:
    client.post("/api/cart", json={"product_id": "20725", "quantity": 2})
    client.post("/api/cart", json={"product_id": "X1", "quantity": 1})
    cart = client.post("/api/cart", json={"product_id": "22384", "quantity": 1}).json()
    assert (cart["count"], cart["total"], cart["unpriced"]) == (4, "£4.75", 1)
    assert client.get("/api/session").json()["cart"] == cart == client.get("/api/cart").json()
    cart = client.post("/api/cart", json={"product_id": "X1", "quantity": 0}).json()
    assert [line["id"] for line in cart["lines"]] == ["20725", "22384"]


def test_the_cart_refuses_what_cannot_be_had(client: TestClient) -> None:
    gone = client.post("/api/cart", json={"product_id": "nothing", "quantity": 1})
    assert gone.status_code == 404 and "no longer" in gone.json()["error"]
    sold = client.post("/api/cart", json={"product_id": "20728", "quantity": 1})
    assert sold.status_code == 404 and "out of stock" in sold.json()["error"]


def test_a_new_conversation_keeps_the_cart(client: TestClient) -> None:
    say(client, "bags")
    client.post("/api/cart", json={"product_id": "20725", "quantity": 2})
    session = client.post("/api/conversation", json={}).json()
    assert session["turns"] == [] and session["cart"]["count"] == 2


def test_handing_over_shows_the_contact_and_is_remembered(client: TestClient) -> None:
    events = say(client, "I would like to talk to a person")
    (handoff,) = [event for event in events if event["type"] == "handoff"]
    assert handoff["contact"] == "help@shop.example"
    (turn,) = client.get("/api/history").json()["turns"]
    assert turn["handoff"] == {"contact": "help@shop.example"}


def test_starters_come_from_the_catalogue(client: TestClient) -> None:
    starters = client.get("/api/session").json()["starters"]
    assert "Lunch bags under £2" in starters and load_texts("en")["start_popular"] in starters


def test_a_forged_cookie_is_a_new_guest(client: TestClient) -> None:
    say(client, "bags")
    good = client.cookies[SHOPPER_COOKIE]
    client.cookies.clear()
    client.cookies.set(SHOPPER_COOKIE, good[:-2] + ("AA" if not good.endswith("AA") else "BB"))
    assert client.get("/api/session").json()["turns"] == []


def test_every_language_has_every_word() -> None:
    english = load_texts("en_GB")
    german = load_texts("de_DE")
    assert set(english) == set(german)
    assert german["add"] != english["add"]
    assert load_texts("xx_XX") == english
    for key, text in english.items():
        assert text.count("{") == german[key].count("{"), key
