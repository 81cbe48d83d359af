"""Why a prediction is what it is: features in words with their values, strongest first.

The effects are exact: a linear model's terms, a tree model's Shapley values (TreeSHAP), both in
log-odds and adding up to the prediction. Features that say nearly the same ("orders in 60 days",
"orders in 90 days") are summed up in families, and the member with the largest effect speaks.
The words are in feature_words.toml. Knows no model.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from babel.numbers import get_currency_symbol
from numpy.typing import NDArray

from insight.history import Floats, Ints
from insight.profile import Driver, Importance

REASONS = 4
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Wording:
    """How one feature is said; feature_words.toml explains the fields."""

    family: str
    name: str
    says: str
    high: str = ""
    low: str = ""


@cache
def wordings() -> dict[str, Wording]:
    """Every feature's wording by its name."""
    raw = tomllib.loads((Path(__file__).parent / "feature_words.toml").read_text(encoding="utf-8"))
    return {name: Wording(**entry) for name, entry in raw.items()}


def say_feature(name: str, value: float, currency: str = "", locale: str = "en_GB") -> str:
    """A feature with its value in words."""
    if name == "last_weekday":
        return f"last order on a {WEEKDAYS[int(value) % 7]}"
    if name == "abroad":
        return "delivered abroad" if value >= 0.5 else "delivered at home"
    if name == "days_since" and value < 1:
        return "last order today"
    whole = np.floor(value) if name.endswith(("_since", "_days")) else value
    plural = "" if f"{abs(whole):.1f}" == "1.0" else "s"
    words = wordings()[name].says.format(v=whole, s=plural).replace("¤", _symbol(currency, locale))
    return f"no {words[2:]}" if words.startswith("0 ") else words


@cache
def _symbol(currency: str, locale: str) -> str:
    return get_currency_symbol(currency, locale=locale) if currency else ""


def explain(
    names: Sequence[str],
    values: NDArray[np.float32],
    effects: Floats,
    currency: str = "",
    locale: str = "en_GB",
    most: int = REASONS,
) -> tuple[Driver, ...]:
    """The strongest drivers of one row: a family's effect is its members' sum."""
    places = tuple(_families(tuple(names)).values())
    order, starts = _grouped(places)
    totals = np.add.reduceat(effects[order], starts)
    found = []
    # Only what is shown is put into words: a shop explains all its customers in one go.
    for family in np.argsort(-np.abs(totals), kind="stable")[:most]:
        total = float(totals[family])
        if abs(total) <= 1e-3:
            break
        # The member that pulls hardest in the family's direction says it.
        speaker = max(places[family], key=lambda i: effects[i] * np.sign(total))
        words = say_feature(names[speaker], float(values[speaker]), currency, locale)
        found.append(Driver(names[speaker], words, total))
    return tuple(found)


def global_importance(names: Sequence[str], effects: Floats) -> tuple[Importance, ...]:
    """Families by their mean absolute effect over all rows, as shares, largest first."""
    families = _families(tuple(names))
    sizes = {
        family: float(np.abs(effects[:, list(places)].sum(axis=1)).mean()) if len(effects) else 0.0
        for family, places in families.items()
    }
    whole = sum(sizes.values())
    if not whole:
        return ()
    return tuple(
        Importance(family, "; ".join(wordings()[names[i]].name for i in families[family]), size / whole)
        for family, size in sorted(sizes.items(), key=lambda item: -item[1])
    )


@cache
def _families(names: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """Each family's members, as places among the names."""
    families: dict[str, tuple[int, ...]] = {}
    for place, name in enumerate(names):
        family = wordings()[name].family
        families[family] = (*families.get(family, ()), place)
    return families


@cache
def _grouped(families: tuple[tuple[int, ...], ...]) -> tuple[Ints, Ints]:
    """All places family after family, and where each family starts: what np.add.reduceat sums."""
    sizes = [len(places) for places in families]
    return np.concatenate(families), np.cumsum([0, *sizes[:-1]])
