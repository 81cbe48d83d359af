"""The plan of one turn: what is said, about which records, before any word is chosen.

Planning (which acts) lives in `assistant/planning/`, wording in `assistant/writers/`. A plan holds
records; words refer to them by handle: `[1]` is record 1's name, `[1.price]` its price,
`[ask.topic]` the shopper's topic. Handles are expanded after the words are chosen, so the words
never hold a fact of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.events import Card, Handoff, Source

HANDLE = re.compile(r"\[([a-z0-9_]+)(?:\.([a-z0-9_]+))?\]")

DENIALS = frozenset(
    {"not_stocked", "filtered_out", "not_stated", "not_known", "not_yours", "not_yours_person"}
)
"""Acts that say no to the shopper because of what the data holds (law 3) or whose it is."""


@dataclass(frozen=True, slots=True)
class Record:
    """A thing the turn talks about. `fields` hold display strings; `name` is the bare handle's text.

    `key` is what stands in the handle: a number for products, orders and policies, a word for
    the rest (`customer`, `shop`, `ask`, `search`, `offer`).
    """

    key: str
    kind: str
    id: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to say. `slots` maps the phrase's placeholders to handles, e.g. {"product": "[1]"}.

    A slot holding several handles is a tuple and is read out as a list. `must` names the slots
    whose handles every wording has to contain; other slots may be said.
    """

    kind: str
    slots: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    must: tuple[str, ...] = ()

    @property
    def must_handles(self) -> tuple[str, ...]:
        """Handles a wording of this act has to contain."""
        found: list[str] = []
        for name in self.must:
            value = self.slots[name]
            found.extend(value if isinstance(value, tuple) else (value,))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a writer may say and a face may show in one turn."""

    acts: tuple[Act, ...]
    records: tuple[Record, ...] = ()
    cards: tuple[Card, ...] = ()
    sources: tuple[Source, ...] = ()
    quick_replies: tuple[str, ...] = ()
    handoff: Handoff | None = None

    @property
    def denies(self) -> bool:
        """Whether this turn tells the shopper that something is not there."""
        return any(act.kind in DENIALS for act in self.acts)

    def value(self, key: str, name: str | None) -> str | None:
        """The text behind handle `[key]` or `[key.name]`; None where this plan has no such field."""
        for record in self.records:
            if record.key == key:
                return record.fields.get(name or "name")
        return None

    def expand(self, text: str) -> str:
        """`text` with every handle replaced; an unknown handle raises KeyError."""

        def put(match: re.Match[str]) -> str:
            value = self.value(match[1], match[2])
            if value is None:
                raise KeyError(match[0])
            return value

        return HANDLE.sub(put, text)
