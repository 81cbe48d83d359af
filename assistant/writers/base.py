"""The contract of a writer: acts go in, wordings with handles come out.

Knows nothing of how words are found (a model or phrase banks) and nothing of records' values:
handles are expanded, and the words audited, by whoever called the writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.plan import Act


@dataclass(frozen=True, slots=True)
class Voice:
    """How this shop speaks in this conversation.

    `seed` is stable for a turn, so that asking twice gives the same words; `recent` holds the last
    replies, newest last, so that phrases need not repeat; `message` is the shopper's redacted text;
    `tone` is one of the tones of campaign copy, '' in conversation.
    """

    shop_name: str
    locale: str = "en_GB"
    seed: int = 0
    recent: tuple[str, ...] = ()
    message: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to say an act, handles unexpanded.

    `ask` and `coded` are what a fine-tuned model was asked and what it wrote, so that a wording that
    was liked can be learnt from; '' where it is not a model's.
    """

    text: str
    ask: str = ""
    coded: str = ""


Asked = tuple[Act, Voice]
"""An act to word, and how."""


class Writer(Protocol):
    """Words acts. `name` is what `Done.handled_by` reports: "model" or "composer"."""

    @property
    def name(self) -> str:
        """Who speaks."""
        ...

    @property
    def lexicon(self) -> frozenset[str] | None:
        """The words, lower case, that this writer may type by itself; None where any."""
        ...

    def write(self, asked: Sequence[Asked], timeout_s: float) -> list[list[Wording]]:
        """For each act its wordings, the first the one to prefer; all in one go. May raise ModelError."""
        ...
