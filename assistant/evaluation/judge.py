"""Whether one delivered reply meets one case's expectations, and in one sentence why not."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.evaluation.cases import Case, EveryShown, Expect
from assistant.events import Card, Done, Handoff, ReplyEvent, TextDelta


@dataclass(frozen=True, slots=True)
class Delivered:
    """One reply as the shopper got it; times are on the listener's clock, not the assistant's."""

    done: Done
    handed_off: bool
    first_text_ms: float
    total_ms: float


def receive(events: Iterable[ReplyEvent]) -> Delivered:
    """Listen to a reply to its end. Raises ValueError where it does not end with `Done`."""
    started = time.perf_counter()
    first_text_ms: float | None = None
    done: Done | None = None
    handed_off = False
    for event in events:
        if done is not None:
            raise ValueError(f"{type(event).__name__} came after Done")
        if isinstance(event, TextDelta):
            first_text_ms = first_text_ms or (time.perf_counter() - started) * 1000
        elif isinstance(event, Handoff):
            handed_off = True
        elif isinstance(event, Done):
            done = event
    if done is None:
        raise ValueError("the reply ended without Done")
    total_ms = (time.perf_counter() - started) * 1000
    return Delivered(done, handed_off or "handoff" in done.acts, first_text_ms or total_ms, total_ms)


def find_faults(case: Case, delivered: Delivered) -> list[str]:
    """Every expectation of the case that the last reply does not meet; empty means passed."""
    expect, done = case.expect, delivered.done
    faults: list[str] = []
    if expect.intent and done.intent not in expect.intent:
        faults.append(f"intent is {done.intent!r}, expected {' or '.join(expect.intent)}")
    if expect.denies is not None and done.denies != expect.denies:
        faults.append(f"denies is {done.denies} (acts {', '.join(done.acts)}), expected {expect.denies}")
    if expect.handoff is not None and delivered.handed_off != expect.handoff:
        faults.append(f"hand-off is {delivered.handed_off}, expected {expect.handoff}")
    faults += _cards_faults(expect, done.cards)
    if expect.every_shown is not None:
        for card in done.cards:
            faults += _card_faults(expect.every_shown, card)
    faults += [f"does not say /{p.pattern}/" for p in expect.says_all if not p.search(done.reply)]
    faults += [f"says /{p.pattern}/" for p in expect.says_none if p.search(done.reply)]
    if not done.reply.strip():
        faults.append("the reply is empty")
    return faults


def _cards_faults(expect: Expect, cards: tuple[Card, ...]) -> list[str]:
    faults = []
    shown = [card.id for card in cards]
    if expect.shown_ids_any and not set(expect.shown_ids_any) & set(shown):
        faults.append(f"shows {shown}, none of {list(expect.shown_ids_any)}")
    wrong = sorted(set(expect.shown_ids_none) & set(shown))
    if wrong:
        faults.append(f"shows {wrong}, which must not be shown")
    if expect.min_shown is not None and len(shown) < expect.min_shown:
        faults.append(f"shows {len(shown)} products, expected at least {expect.min_shown}")
    if expect.max_shown is not None and len(shown) > expect.max_shown:
        faults.append(f"shows {len(shown)} products, expected at most {expect.max_shown}")
    return faults


def _card_faults(every: EveryShown, card: Card) -> list[str]:
    faults = []
    if card.price is not None:
        amount = card.price.amount
        if every.max_price is not None and amount > every.max_price:
            faults.append(f"shows {card.title!r} at {amount}, over {every.max_price}")
        if every.min_price is not None and amount < every.min_price:
            faults.append(f"shows {card.title!r} at {amount}, under {every.min_price}")
    if every.title_any and not any(pattern.search(card.title) for pattern in every.title_any):
        faults.append(f"shows {card.title!r}, whose title matches none of the patterns")
    if every.in_stock is not None and card.in_stock is not every.in_stock:
        faults.append(f"shows {card.title!r} with in_stock {card.in_stock}, expected {every.in_stock}")
    return faults
