"""What a campaign may be for: who it is for by default, what it shows, and whether it may need an offer.

Knows no store and no words; the acts that say each goal are named after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shop.errors import ConfigError

Picks = Literal["history", "due", "last order", "chosen"]


@dataclass(frozen=True, slots=True)
class Goal:
    """`audience` is the group written to where none is named, with `{days}` in it. `picks` says how its
    products are found. `offers`: "needed" gives an offer to those unlikely to order without one,
    "meant" only offers that name this goal."""

    name: str
    purpose: str
    audience: str
    days: int
    picks: Picks
    offers: Literal["needed", "meant"]

    @property
    def act(self) -> str:
        """The goal as part of an act's name; win-back has the plain acts, which the model was taught."""
        return "" if self.name == "win back" else f"_{self.name.replace('-', '_').replace(' ', '_')}"


GOALS = {
    goal.name: goal
    for goal in (
        Goal("win back", "Win back customers who stopped ordering", "lapsed:{days}", 90, "history", "needed"),
        Goal("welcome", "Welcome customers after their first order", "new:{days}", 30, "history", "meant"),
        Goal("restock", "Remind customers of what they usually buy again", "due", 90, "due", "meant"),
        Goal("cross-sell", "Show what goes with a recent order", "active:{days}", 30, "last order", "meant"),
        Goal("launch", "Announce new products", "all", 90, "chosen", "meant"),
        Goal("thank", "Thank the customers who order most often", "loyal", 90, "history", "meant"),
    )
}


def find_goal(name: str) -> Goal:
    """The goal called `name`. Raises ConfigError."""
    if name not in GOALS:
        raise ConfigError(f"there is no goal {name!r}; choose one of {', '.join(GOALS)}")
    return GOALS[name]
