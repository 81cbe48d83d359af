"""What one conversation carries from turn to turn, and back out of the stored turns.

A `State` is JSON in the turn that made it, so a conversation survives a reload or a restart.
Customers' lasting memory (likes, dislikes) is the store's; this only names what is remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from shop.types import Turn


@dataclass(frozen=True, slots=True)
class State:
    """What later turns need to know.

    `shown` are the product ids on the last cards, in order, `seen` all shown since the search began;
    `focus` those last talked about;
    `searched` the messages whose filters are in force, oldest first, `wished` those of a recommendation
    that went by no search, `below` and `above` the price bounds that "cheaper" and "dearer" set;
    `order_id` the order last talked about; `avoided` products the shopper turned down; `intent` the last
    turn's; `why` what stood on the cards of `shown` as their reasons, one text of several lines each;
    `likes` and `dislikes` what a guest said of their taste (a customer's is in the store).
    """

    shown: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()
    wished: tuple[str, ...] = ()
    below: str = ""
    above: str = ""
    order_id: str = ""
    avoided: tuple[str, ...] = ()
    intent: str = ""
    why: tuple[str, ...] = ()
    likes: tuple[str, ...] = ()
    dislikes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """JSON-ready form; `read_state` takes it back."""
        return asdict(self)


def read_state(stored: Mapping[str, object]) -> State:
    """The state kept in a stored turn; what an older version did not write is empty."""
    values: dict[str, Any] = {}
    for field in fields(State):
        value = stored.get(field.name)
        if isinstance(value, str):
            values[field.name] = value
        elif isinstance(value, Sequence):
            values[field.name] = tuple(str(part) for part in value)
    return State(**values)


def latest_state(turns: Sequence[Turn]) -> State:
    """The state after the last of `turns`."""
    return read_state(turns[-1].state) if turns else State()
