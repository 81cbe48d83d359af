"""What insight reads out of a customer's records for the agent: mood, what is odd, what to do next.

Each comes with its reason, and nothing here acts. Knows stored conversations and the shop's insight;
knows nothing of pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from insight.anomalies import Anomaly, watch_of
from insight.mood import Mood, read_mood
from insight.next_action import FRESH_DAYS, NextAction, choose_action, facts_for_action
from insight.profile import CustomerProfile
from shop.store import Store
from shop.types import Turn

if TYPE_CHECKING:
    from shop.settings import Settings

__all__ = ["Anomaly", "Mood", "NextAction", "Signals", "find_grievance", "read_signals"]


@dataclass(frozen=True, slots=True)
class Signals:
    """`mood` is that of `message`, the customer's last one, written `said_at`; all None without a chat."""

    action: NextAction
    anomalies: tuple[Anomaly, ...] = ()
    mood: Mood | None = None
    message: str = ""
    said_at: datetime | None = None


def read_signals(
    store: Store, settings: Settings, profile: CustomerProfile, turns: Sequence[Turn]
) -> Signals:
    """Everything for one customer; `turns` are theirs, the oldest first within the latest conversation."""
    today = profile.as_of
    last = max(turns, key=lambda turn: turn.at, default=None)
    mood = read_mood(last.message) if last is not None and settings.locale.startswith("en") else None
    facts = facts_for_action(
        store,
        profile.customer_id,
        today,
        grievance=find_grievance(turns, today),
    )
    return Signals(
        action=choose_action(profile, facts),
        anomalies=tuple(watch_of(store).of(profile.customer_id, today, settings.locale)),
        mood=mood,
        message=last.message if last is not None else "",
        said_at=last.at if last is not None else None,
    )


def find_grievance(turns: Sequence[Turn], today: date) -> str:
    """What went wrong in the chats of the last days, in words; '' where nothing did.

    Chats carry the real date even where a sample shop's own date lies in the past.
    """
    for turn in sorted(turns, key=lambda turn: turn.at, reverse=True):
        if (today - turn.at.date()).days > FRESH_DAYS:
            break
        day = turn.at.date().isoformat()
        if "handoff" in turn.acts:
            return f"Their chat of {day} was handed to a person."
        if turn.vote < 0:
            return f"They gave an answer a thumbs down on {day}."
        mood = read_mood(turn.message)
        if mood.label == "negative" and (mood.is_urgent or mood.value < -0.7):
            return f"They were upset on {day}: “{mood.causes[0].text}”."
    return ""
