"""What the support desk is told beside the records: mood, grievances, odd orders, the next action."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from assistant.chat import Assistant
from assistant.insights import read_overview
from assistant.support import brief
from assistant.support.signals import find_grievance
from shop.types import Turn

AT = datetime(2026, 6, 20, 9, tzinfo=UTC)


def turn(message: str, at: datetime = AT, acts: tuple[str, ...] = (), vote: int = 0) -> Turn:
    return Turn("t", "c", "anna", at, message, "", "find", "composer", acts=acts, vote=vote)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ([turn("a mug please")], ""),
        ([turn("help", acts=("handoff",))], "handed to a person"),
        ([turn("a mug", vote=-1)], "thumbs down"),
        ([turn("Still waiting after three weeks, this is ridiculous!")], "upset on 2026-06-20: “ridiculous”"),
        ([turn("help", AT.replace(month=4), acts=("handoff",))], ""),
    ],
)
def test_grievances_come_from_recent_chats(said: list[Turn], wanted: str) -> None:
    found = find_grievance(said, date(2026, 6, 21))
    assert wanted in found and bool(found) == bool(wanted)


def test_the_brief_has_mood_and_advice(assistant: Assistant) -> None:
    before = brief(assistant, "anna").signals
    assert before is not None and before.mood is None and before.action.text
    conversation = assistant.start_conversation("anna")
    list(assistant.reply(conversation, "The mug arrived broken and nobody answers!", customer_id="anna"))
    after = brief(assistant, "anna").signals
    assert after is not None and after.mood is not None
    assert after.mood.label == "negative" and "broken" in " ".join(cause.text for cause in after.mood.causes)
    assert after.action.kind == "apologise" and after.message.startswith("The mug")


def test_the_overview_counts_this_shop(assistant: Assistant) -> None:
    found = read_overview(assistant.store, assistant.settings)
    assert found.customers == 2 and found.as_of == assistant.settings.current_date
    assert {one.customer_id for one in found.at_risk} <= {"anna", "ben"}
    assert found.notice, "no model was trained, and that is said"
    assert found.cards == () and found.anomalies == ()
