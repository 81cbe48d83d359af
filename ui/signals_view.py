"""How mood, anomalies and the next best action look: values in, escaped HTML out.

Knows nothing of where they come from or who is looking.
"""

from __future__ import annotations

from html import escape

from assistant.support.signals import Anomaly, Mood, Signals
from shop.formats import format_date
from shop.settings import Settings
from ui.staff import badge, panel, show_day

ANOMALY_NAMES = {
    "called_off": "Large order called off",
    "quantity": "Unusual quantity",
    "price": "Unusual price",
    "duplicate": "Same order twice",
    "returns": "Many returns",
}
ANOMALIES_SHOWN = 4


def signals_panel(signals: Signals, settings: Settings) -> str:
    """Everything of one customer in a panel; the advice first."""
    action = signals.action
    held = f"<small>Otherwise: {escape(action.held_back)}</small>" if action.held_back else ""
    advice = (
        f"<p><b>{escape(action.text)}</b></p><p>{escape(action.reason)}</p>{held}"
        f"<small>{escape(action.basis)}.</small>"
    )
    parts = [panel("Next best action", advice, "step")]
    if signals.mood is not None:
        parts.append(panel("Mood of the last message", mood_html(signals, signals.mood, settings)))
    if signals.anomalies:
        rows = "".join(anomaly_item(one, settings) for one in signals.anomalies[:ANOMALIES_SHOWN])
        more = len(signals.anomalies) - ANOMALIES_SHOWN
        rest = f'<p class="rs-small">and {more} more</p>' if more > 0 else ""
        note = '<p class="rs-small">Shown for a person to look at; nothing follows from it by itself.</p>'
        parts.append(panel("Worth a look", f'<ul class="rs-odd">{rows}</ul>{rest}{note}', "odd"))
    return f'<div class="rs-signals">{"".join(parts)}</div>'


def mood_html(signals: Signals, mood: Mood, settings: Settings) -> str:
    """The mood as a badge, the words behind it marked in the message."""
    badges = badge(mood.label, {"negative": "warn", "positive": "yes"}.get(mood.label, ""))
    badges += badge("urgent", "warn") if mood.is_urgent else ""
    badges += badge("possible danger or fraud", "warn") if mood.alarm else ""
    words = [cause.text for cause in mood.causes] + list(mood.urgent_words)
    because = ", ".join(f"“{escape(word)}”" for word in dict.fromkeys(words))
    why = f"Because of {because}." if because else "No words in it speak for a mood."
    day = show_day(signals.said_at, settings)
    return (
        f'<div class="rs-badges">{badges}</div>'
        f'<blockquote class="rs-quote">{escape(signals.message)}</blockquote>'
        f"<small>{why} Said on {escape(day)}.</small>"
    )


def anomaly_item(one: Anomaly, settings: Settings, who: str = "", others: int = 0) -> str:
    """One anomaly as an item of a list; `who` is HTML that says whose it is and `others` how many more
    the same customer has."""
    more = f"<small>and {others} more of this customer</small>" if others else ""
    where = f"Order {one.order_id}" if one.order_id else ""
    day = format_date(one.at, settings.locale) if one.at is not None else ""
    place = " · ".join(part for part in (where, day) if part)
    return (
        f"<li>{badge(ANOMALY_NAMES[one.kind], 'warn')} {who}<span class='rs-soft'>{escape(place)}</span>"
        f"<div>{escape(one.reason)}</div>{more}</li>"
    )
