"""Recommendations in the chat: for me, to go with my order, as a gift, others, and why."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from assistant.chat import Assistant
from assistant.events import Done
from assistant.memory import State
from shop.settings import load_settings
from shop.types import Consent, Customer

REGULAR = "17850"


@pytest.fixture
def assistant(tiny_shop: Path) -> Iterator[Assistant]:
    opened = Assistant.open(load_settings(tiny_shop))
    yield opened
    opened.close()


class Talk:
    def __init__(self, assistant: Assistant, customer_id: str = "") -> None:
        self.assistant, self.customer_id = assistant, customer_id
        self.id = assistant.start_conversation(customer_id)

    def say(self, message: str) -> Done:
        *_, done = self.assistant.reply(self.id, message, customer_id=self.customer_id)
        assert isinstance(done, Done)
        return done


def ids(done: Done) -> list[str]:
    return [card.id for card in done.cards]


def test_every_card_has_a_reason_and_its_evidence(assistant: Assistant) -> None:
    done = Talk(assistant, REGULAR).say("What would you recommend for me?")
    assert done.intent == "recommend" and len(done.cards) == 4
    assert all(card.why and card.why_detail.startswith(card.why) for card in done.cards)
    assert "you bought" in " ".join(card.why_detail for card in done.cards)


def test_something_to_go_with_the_last_order_is_tied_to_that_order(assistant: Assistant) -> None:
    done = Talk(assistant, REGULAR).say("something to go with my last order")
    titles = [line.title for line in assistant.store.orders_of(REGULAR)[0].lines]
    assert done.cards
    assert all(any(title in card.why_detail for title in titles) for card in done.cards)


def test_a_gift_is_not_chosen_by_the_givers_taste(assistant: Assistant) -> None:
    done = Talk(assistant, REGULAR).say("a gift for my mother under £5")
    assert "recommend_gift" in done.acts and done.cards
    assert all(card.price and card.price.amount < 5 for card in done.cards)
    said = done.reply + " ".join(card.why_detail for card in done.cards)
    assert "you bought" not in said and "you looked" not in said and "You last" not in said
    guest = Talk(assistant).say("a gift for my mother under £5")
    assert set(ids(guest)) == set(ids(done)), "what the giver bought changes nothing"


def test_what_is_turned_down_stays_away_with_what_is_like_it(assistant: Assistant) -> None:
    talk = Talk(assistant, REGULAR)
    first = talk.say("What would you recommend for me?")
    second = talk.say("I don't like the second one")
    assert second.acts[0] == "turned_down" and first.cards[1].title in second.reply
    assert ids(second) and not set(ids(second)) & set(ids(first))
    event = assistant.store.events_of(REGULAR)[0]
    assert (event.name, event.properties["product_id"]) == ("Product Disliked", first.cards[1].id)
    assert first.cards[1].title in [memory.value for memory in assistant.store.memories(REGULAR)]
    again = Talk(assistant, REGULAR).say("What would you recommend for me?")
    assert first.cards[1].id not in ids(again) and set(ids(first)) & set(ids(again))


def test_why_is_answered_with_what_stood_on_the_card_and_can_be_refused(assistant: Assistant) -> None:
    talk = Talk(assistant, REGULAR)
    first = talk.say("What would you recommend for me?")
    told = talk.say("why am I seeing the third one?")
    assert told.intent == "explain" and ids(told) == [first.cards[2].id]
    reasons = [line.rstrip(".") for line in first.cards[2].why_detail.splitlines()]
    assert all(reason[1:] in told.reply for reason in reasons[:3])
    after = talk.say("not for me")
    assert after.acts[0] == "turned_down" and first.cards[2].title in after.reply
    assert first.cards[2].id not in ids(after)


def test_why_with_nothing_on_show_asks_back(assistant: Assistant) -> None:
    assert Talk(assistant).say("why this one?").acts == ("clarify_product",)


def test_something_else_is_something_else(assistant: Assistant) -> None:
    talk = Talk(assistant)
    first, second = talk.say("What do you recommend?"), talk.say("Something else")
    assert second.intent == "recommend" and ids(second) and not set(ids(first)) & set(ids(second))


def test_more_like_the_second_one_says_what_they_have_in_common(assistant: Assistant) -> None:
    talk = Talk(assistant)
    first = talk.say("What do you recommend?")
    done = talk.say("more like the second one")
    assert "show_similar" in done.acts and first.cards[1].id not in ids(done)
    assert all(not card.why or first.cards[1].title in card.why for card in done.cards)
    assert any(card.why for card in done.cards)


def test_turning_one_down_in_a_search_keeps_the_search(assistant: Assistant) -> None:
    talk = Talk(assistant)
    first = talk.say("lunch bags")
    second = talk.say("I don't like the first one")
    assert second.acts[0] == "turned_down_guest" and second.cards
    assert first.cards[0].id not in ids(second)
    assert all("ag" in card.title for card in second.cards), "still bags"
    visit = assistant.store.visit(talk.id)
    assert [(deed.name, deed.product_id) for deed in visit] == [("Product Disliked", first.cards[0].id)]


def test_what_was_said_in_the_chat_changes_the_next_recommendation(assistant: Assistant) -> None:
    before = Talk(assistant, REGULAR).say("What would you recommend for me?")
    Talk(assistant, REGULAR).say("I like alarm clocks")
    after = Talk(assistant, REGULAR).say("What would you recommend for me?")
    assert ids(after) != ids(before)
    assert any("alarm clocks" in card.why_detail and "larm" in card.title for card in after.cards)


def test_without_consent_nothing_is_kept_or_used(assistant: Assistant) -> None:
    assistant.store.put_customers([Customer(REGULAR, consent=Consent(personalisation=False))])
    talk = Talk(assistant, REGULAR)
    first = talk.say("What would you recommend for me?")
    assert "you bought" not in first.reply + "".join(card.why_detail for card in first.cards)
    second = talk.say("I don't like the first one")
    assert second.acts[0] == "turned_down_guest", "it is only promised for this conversation"
    assert assistant.store.events_of(REGULAR) == [] and first.cards[0].id not in ids(second)


def prices(done: Done) -> list[Decimal]:
    return [card.price.amount for card in done.cards if card.price]


def test_a_gift_goes_on_within_its_budget(assistant: Assistant) -> None:
    talk = Talk(assistant, REGULAR)
    first = talk.say("a present for my sister, max £3")
    assert first.cards and max(prices(first)) <= 3
    cheaper = talk.say("a bit cheaper please")
    assert cheaper.intent == "recommend" and cheaper.cards
    assert max(prices(cheaper)) < prices(first)[0]
    others = talk.say("something else")
    assert not set(ids(others)) & {*ids(first), *ids(cheaper)} and max(prices(others)) <= 3
    hobby = talk.say("she likes hand warmers")
    assert hobby.cards and all("Hand Warmer" in card.title for card in hobby.cards)
    assert max(prices(hobby)) <= 3, "the budget of before still holds"
    assert "sister" not in hobby.cards[0].why and "likes" not in hobby.cards[0].why


@pytest.mark.parametrize(
    "question", ["Do you gift wrap?", "can it come gift wrapped", "do you sell gift cards"]
)
def test_what_is_only_called_after_gifts_is_no_gift_sought(assistant: Assistant, question: str) -> None:
    assert "gift" not in assistant.understander.understand(question, State()).asks
    assert "recommend_gift" not in Talk(assistant).say(question).acts


def test_what_a_guest_says_of_their_taste_counts_in_the_talk(assistant: Assistant) -> None:
    talk = Talk(assistant)
    talk.say("I'm really into hand warmers")
    done = talk.say("so what would you recommend?")
    assert any("you like “hand warmers”" in card.why for card in done.cards)
    plain = Talk(assistant).say("what's popular right now?")
    word = plain.cards[0].title.split()[0].lower()
    talk = Talk(assistant)
    assert not talk.say(f"not keen on {word} things").denies
    again = talk.say("what would you recommend?")
    assert again.cards and all(word not in card.title.lower() for card in again.cards)


def test_the_taste_of_whom_a_gift_is_for_is_not_kept_as_the_givers(assistant: Assistant) -> None:
    talk = Talk(assistant, REGULAR)
    talk.say("a present for my sister under £5, she hates pink")
    talk.say("and she's not keen on bunting")
    assert assistant.store.memories(REGULAR) == []
    talk = Talk(assistant, REGULAR)
    talk.say("I'm not keen on bunting")
    assert [(each.kind, each.value) for each in assistant.store.memories(REGULAR)] == [
        ("dislikes", "bunting")
    ]


def test_what_to_buy_again_is_what_was_bought(assistant: Assistant) -> None:
    bought = {line.product_id for order in assistant.store.orders_of(REGULAR) for line in order.lines}
    done = Talk(assistant, REGULAR).say("what should I restock?")
    assert done.cards and set(ids(done)) <= bought
    assert all("ou bought it" in card.why or "ou last bought it" in card.why for card in done.cards)
    fresh = Talk(assistant, REGULAR).say("anything I've never bought that I'd like?")
    assert fresh.cards and not set(ids(fresh)) & bought


@pytest.mark.parametrize(
    "question",
    [
        "how'd you come up with that",
        "who says I'd like it",
        "but why",
        "is that because of my orders?",
        "what's your reasoning",
    ],
)
def test_why_is_asked_in_many_words(assistant: Assistant, question: str) -> None:
    talk = Talk(assistant, REGULAR)
    talk.say("any suggestions?")
    assert talk.say(question).intent == "explain"


def test_like_what_was_last_shown_and_cheaper_finds_or_says_so(assistant: Assistant) -> None:
    talk = Talk(assistant)
    first = talk.say("hand warmers")
    like = talk.say("similar but a bit cheaper?")
    assert like.reply and (not like.cards or max(prices(like)) < prices(first)[0])
