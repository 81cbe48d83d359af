"""The contract of a writer: a plan goes in, words with handles come out.

Knows nothing of how words are found (a model or phrase banks) and nothing of records' values:
handles are expanded, and the words audited, by whoever called the writer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from assistant.plan import Plan


@dataclass(frozen=True, slots=True)
class Voice:
    """How this shop speaks in this conversation.

    `seed` is stable for a turn, so that asking twice gives the same words; `recent` holds the last
    replies, newest last, so that phrases need not repeat; `message` is the shopper's redacted text.
    """

    shop_name: str
    locale: str = "en_GB"
    seed: int = 0
    recent: tuple[str, ...] = ()
    message: str = ""


class Writer(Protocol):
    """Turns plans into words. `name` is what `Done.handled_by` reports: "model" or "composer"."""

    @property
    def name(self) -> str:
        """Who speaks."""
        ...

    def write(self, plan: Plan, voice: Voice) -> Iterator[str]:
        """Yield the reply in pieces, handles unexpanded. May raise ModelError at any piece."""
        ...
