"""Suggested replies, macros, the hand-off and feedback: true to policy and records, sent by nobody."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.chat import Assistant
from assistant.support import ask, brief, find_customers
from assistant.support.feedback import training_examples
from assistant.support.handoff import summarise
from assistant.support.macros import offer_macros, read_macros
from assistant.support.policy_answers import may_be_done
from assistant.support.reply import suggest_reply
from shop.errors import NotFound, SourceError
from shop.settings import Settings
from shop.store import Macro
from shop.types import Consent, Customer, PolicyPassage

RULES = (
    PolicyPassage("cancel", "Cancelling", "An order can be cancelled while it is pending."),
    PolicyPassage("returns", "Returns", "Unused goods can be returned within 30 days of the order."),
)


@pytest.fixture
def desk(assistant: Assistant) -> Assistant:
    assistant.store.put_policies(RULES)
    return assistant


def test_a_reply_says_what_the_policy_allows_and_from_where(desk: Assistant) -> None:
    found = suggest_reply(desk, "anna", "Please cancel order #W1000002")
    assert found.answers and "#W1000002 is still pending" in found.text and "Shall I go ahead?" in found.text
    assert "129.00" in found.text and "Anna" in found.text and "Summit Supplies" in found.text
    assert {source.kind for source in found.sources} == {"order", "policy"}


def test_a_reply_says_what_the_policy_forbids_and_why(desk: Assistant) -> None:
    found = suggest_reply(desk, "anna", "Please cancel order #W1000001")
    assert "cannot be cancelled" in found.text and "pending" in found.text
    assert "Shall I go ahead?" not in found.text
    late = suggest_reply(desk, "anna", "I want to return the enamel mug").text
    assert "30 days" in late and "cannot be sent back" in late


def test_where_a_parcel_is_that_no_record_follows(tiny_settings: Settings) -> None:
    with closing(Assistant.open(tiny_settings)) as retro:
        latest = retro.store.orders_of("17850")[0]
        found = suggest_reply(retro, "17850", "My last parcel has not arrived. Where is it?")
        assert f"order {latest.id} of" in found.text and "not on record" in found.text
        assert found.answers and [source.id for source in found.sources] == [latest.id]


def test_tones_change_the_frame_and_not_the_facts(desk: Assistant) -> None:
    message = "Please cancel order #W1000002"
    plain, shorter, warmer = (
        suggest_reply(desk, "anna", message, tone=tone).text for tone in ("plain", "shorter", "warmer")
    )
    assert len(shorter) < len(plain) < len(warmer)
    assert all("#W1000002" in text and "129.00" in text for text in (plain, shorter, warmer))
    assert "sorry" in suggest_reply(desk, "anna", message, is_upset=True).text


def test_what_is_not_understood_only_holds_the_line(desk: Assistant) -> None:
    found = suggest_reply(desk, "anna", "Do you sponsor football clubs?")
    assert not found.answers and not found.sources and "looking into this" in found.text
    with pytest.raises(NotFound):
        suggest_reply(desk, "nobody", "hello")


def test_a_status_question_is_answered_from_the_order(desk: Assistant) -> None:
    found = suggest_reply(desk, "anna", "Where is my order #W1000002?")
    assert found.answers and "#W1000002 is pending" in found.text


@pytest.mark.parametrize(
    ("question", "says", "denies"),
    [
        ("Which of her items can still be returned under our policy?", "Red Ridge Two Person Tent", False),
        ("Can the enamel mug still be returned?", "not be sent back any more", False),
        ("Can order #W1000002 still be cancelled?", "may be cancelled", False),
        ("Can order #W1000001 still be cancelled?", "may not be cancelled", False),
        ("Can the lunar rover still be returned?", "lunar rover", True),
        ("What did she pay for the tent in June?", "129.00", False),
        ("Has she had trouble with deliveries?", "not in the data", True),
    ],
)
def test_questions_about_policy_and_trouble(desk: Assistant, question: str, says: str, denies: bool) -> None:
    found = ask(desk, "anna", question)
    assert says in found.text and found.denies is denies


def test_trouble_is_quoted_from_the_chat(desk: Assistant, say: Callable[..., object]) -> None:
    say("My tent has still not arrived and I am disappointed", customer="anna")
    found = ask(desk, "anna", "Has she had trouble with deliveries?")
    assert not found.denies and "still not arrived" in found.text
    assert found.sources[0].kind == "conversation"


def test_each_order_says_what_may_still_be_done(desk: Assistant) -> None:
    allowed = may_be_done(RULES, desk.store.orders_of("anna"), desk.settings)
    assert allowed["#W1000002"] == "may be cancelled or sent back"
    assert allowed["#W1000001"] == "nothing can be changed any more"


def test_looks_are_kept_and_the_latest_come_first(desk: Assistant) -> None:
    for customer in ("anna", "ben", "anna"):
        brief(desk, customer, staff="mo")
    brief(desk, "ben", staff="kim")
    assert desk.store.recent_customers("mo") == ["anna", "ben"]
    assert [view.staff for view in desk.store.views_of("ben")] == ["kim", "mo"]


def test_an_order_is_found_while_its_number_is_typed(desk: Assistant) -> None:
    assert [customer.id for customer in find_customers(desk, "#w1000")] == ["anna"]
    assert [customer.id for customer in find_customers(desk, "W2000001")] == ["ben"]


def test_the_hand_off_holds_request_verdict_and_next_step(desk: Assistant) -> None:
    message = "Please cancel order #W1000001"
    case = suggest_reply(desk, "anna", message).case
    text = summarise(brief(desk, "anna"), case, message, desk.settings)
    assert "Anna Berg" in text and message in text
    assert "may not be cancelled" in text and "Next:" in text


def test_macros_are_read_offered_and_filled(desk: Assistant, tmp_path: Path) -> None:
    file = tmp_path / "macros.csv"
    file.write_text(
        "Title,Body,Tags\n"
        'Late parcel,"Hello {{customer.first_name}}, your parcel {{order.id}} is late. {{agent.name}}",late\n'
        "Opening hours,We are open from nine to five.,hours\n"
    )
    macros = read_macros(file)
    assert [macro.name for macro in macros] == ["Late parcel", "Opening hours"]
    desk.store.put_macros(macros)
    customer = desk.store.customer("anna")
    assert customer is not None
    order = desk.store.order("#W1000002")
    found = offer_macros(
        desk.store.macros(), "my parcel is late", desk.search.embedder, customer, order, desk.settings
    )
    assert found[0].macro.name == "Late parcel"
    assert "Hello Anna, your parcel #W1000002" in found[0].text and found[0].open == ("{{agent.name}}",)
    assert desk.store.put_macros([Macro("Only", "This")], replace=True) == 1
    assert [macro.name for macro in desk.store.macros()] == ["Only"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name,tags\na,b\n", "column 'text'"),
        ("name,text\n,hello\n", "row 2, column 'name'"),
        ("name,text\na,hello\na,again\n", "second time"),
    ],
)
def test_bad_macros_are_refused_by_row(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "macros.csv"
    file.write_text(content)
    with pytest.raises(SourceError, match=said):
        read_macros(file)


def test_feedback_is_learnt_from_only_with_consent_today(desk: Assistant) -> None:
    store = desk.store
    customer = store.customer("anna")
    assert isinstance(customer, Customer)
    used = store.add_suggestion("anna", "reply", "mo", "Where is it? a@b.example", "On its way.")
    store.judge_suggestion(used, vote=1, used_text="It is on its way.")
    store.judge_suggestion(store.add_suggestion("anna", "reply", "mo", "Why?", "Because."), vote=-1)
    store.add_suggestion("anna", "reply", "mo", "ignored", "ignored")
    assert list(training_examples(store)) == []
    store.put_customers([replace(customer, consent=Consent(training=True))])
    first, second = training_examples(store)
    assert (first.chosen, first.rejected) == ("It is on its way.", "On its way.")
    assert "[email]" in first.asked and (second.chosen, second.rejected) == ("", "Because.")
    store.put_customers([replace(customer, consent=Consent(training=False))])
    assert list(training_examples(store)) == []
    with pytest.raises(NotFound):
        store.judge_suggestion("unknown", vote=1)
