"""The offers a shop allows, in `offers.toml` in its folder, and which of them a customer gets: by rule.

An offer is given only where it is unexpired, meant for this goal and customer, and leaves the margin
the shop wants; of those that fit the cheapest; none where the customer orders without one. Nothing
here is predicted by a language model. Knows nothing of words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from assistant.campaign.goals import GOALS, Goal
from assistant.campaign.own_text import OwnText
from shop.errors import ConfigError
from shop.types import Money

FILE = "offers.toml"
LIKELY = 0.5
"""From this probability of ordering in the next 90 days on, an offer is money given away."""
OVERDUE = 2
"""Where nothing is predicted: somebody away no longer than so many of their usual gaps needs no offer."""

STARTER = """\
# The offers your shop allows. A customer gets the cheapest that fits, or none where none is needed.
# Remove the # in front of the lines to set one.

# margin = 0.45            # what is left of a price after what the goods cost you, as a share
# margin_floor = 0.30      # an offer must leave at least this share

# [[offer]]
# text = "10% off your next order"
# code = "BACK10"
# percent = 10             # what it costs you: percent of an order, or amount = 5.00
# until = 2026-12-31       # the last day it is good for
# goals = ["win back"]     # of: win back, welcome, restock, cross-sell, launch, thank
# min_days_away = 120      # only for customers who have not ordered in so many days
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """One allowed offer. It costs the shop `percent` of an order, or `amount`."""

    text: str
    code: str = ""
    percent: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)
    until: date | None = None
    goals: tuple[str, ...] = ()
    min_days_away: int = 0
    min_spent: Decimal = Decimal(0)

    def share_of(self, order: Decimal) -> Decimal:
        """What it costs as a share of an order worth `order`."""
        return self.percent / 100 + (self.amount / order if order else Decimal(self.amount > 0))

    def has_run_out(self, today: date) -> bool:
        """Whether its last day is past."""
        return self.until is not None and self.until < today


@dataclass(frozen=True, slots=True)
class Offers:
    """All that a shop allows."""

    allowed: tuple[Offer, ...] = ()
    margin: Decimal = Decimal(0)
    floor: Decimal = Decimal(0)

    def find(self, text: str) -> Offer | None:
        """The offer with this text, where it is still allowed."""
        return next((offer for offer in self.allowed if offer.text == text), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rule looks at: how long away, the usual days between orders (None: unknown), worth of the
    usual order, all spent, and the predicted chance of an order in 90 days (None: not predicted)."""

    days_away: int | None
    usual_gap_days: float | None
    usual_order: Money | None
    spent: Money | None
    chance: float | None


def choose_offer(offers: Offers, goal: Goal, standing: Standing, today: date) -> tuple[Offer | None, str]:
    """The offer for one customer, and why this one or none, in a few words."""
    meant = [offer for offer in offers.allowed if goal.name in offer.goals]
    if not meant:
        return None, "no offer is set up for this goal"
    if goal.offers == "needed" and (why := _orders_anyway(standing)):
        return None, why
    away = standing.days_away or 0
    spent = standing.spent.amount if standing.spent else Decimal(0)
    usual = standing.usual_order.amount if standing.usual_order else Decimal(0)
    fitting = []
    for offer in meant:
        share = offer.share_of(usual)
        left = (offers.margin - share) / (1 - share) if share < 1 else Decimal(-1)
        if offer.has_run_out(today) or away < offer.min_days_away or spent < offer.min_spent:
            continue
        if left >= offers.floor:
            fitting.append((share, left, offer))
    if not fitting:
        return None, "no offer fits this customer and leaves the margin"
    share, left, offer = min(fitting, key=lambda each: (each[0], each[2].text))
    return offer, f"the cheapest that fits; leaves a margin of {left:.0%} (at least {offers.floor:.0%})"


def _orders_anyway(standing: Standing) -> str:
    if standing.chance is not None:
        return f"{standing.chance:.0%} likely to order without one" if standing.chance >= LIKELY else ""
    if standing.days_away is not None and standing.usual_gap_days:
        if standing.days_away <= OVERDUE * standing.usual_gap_days:
            return f"orders about every {standing.usual_gap_days:.0f} days, so not overdue yet"
    return ""


def read_offers(text: str, name: str) -> Offers:
    """Offers out of their text. Raises ConfigError naming the file, the offer and the field."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name} cannot be read as TOML ({error}); mend that line") from error
    unknown = set(document) - {"offer", "margin", "margin_floor"}
    if unknown:
        raise ConfigError(f"{name}: there is no field {min(unknown)!r}; use margin, margin_floor, [[offer]]")
    tables: Sequence[Mapping[str, Any]] = document.get("offer", [])
    allowed = tuple(_read_offer(table, f"{name}, offer {at}") for at, table in enumerate(tables, 1))
    margin = _number(document, "margin", name, most=Decimal(1))
    floor = _number(document, "margin_floor", name, most=Decimal(1))
    if allowed and not margin:
        raise ConfigError(f"{name}: margin is missing; set the share of a price that is left to you")
    texts = [offer.text for offer in allowed]
    if len(set(texts)) < len(texts):
        raise ConfigError(f"{name}: two offers have the same text; change one")
    return Offers(allowed, margin, floor)


def _read_offer(table: Mapping[str, Any], name: str) -> Offer:
    unknown = set(table) - set(Offer.__dataclass_fields__)
    if unknown:
        known = ", ".join(Offer.__dataclass_fields__)
        raise ConfigError(f"{name}: there is no field {min(unknown)!r}; use {known}")
    text = " ".join(str(table.get("text", "")).split())
    if not text:
        raise ConfigError(f"{name}: text is missing; say what the customer gets")
    percent = _number(table, "percent", name, most=Decimal(100))
    amount = _number(table, "amount", name)
    if bool(percent) == bool(amount):
        raise ConfigError(f"{name}: set what it costs you, either percent or amount")
    until = table.get("until")
    if until is not None and type(until) is not date:
        raise ConfigError(f"{name}: until is no date; write it as 2026-12-31")
    goals = tuple(str(goal) for goal in table.get("goals", []))
    wrong = [goal for goal in goals if goal not in GOALS]
    if wrong or not goals:
        what = f"there is no goal {wrong[0]!r}" if wrong else "goals is missing"
        raise ConfigError(f"{name}: {what}; name some of {', '.join(GOALS)}")
    days = _number(table, "min_days_away", name)
    spent = _number(table, "min_spent", name)
    return Offer(text, str(table.get("code", "")), percent, amount, until, goals, int(days), spent)


def _number(table: Mapping[str, Any], field: str, name: str, most: Decimal | None = None) -> Decimal:
    value = table.get(field, 0)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal(-1)
    if isinstance(value, bool) or number < 0 or (most is not None and number > most):
        raise ConfigError(
            f"{name}: {field} is {value!r}; set a number from 0" + (f" to {most}" if most else "")
        )
    return number


OFFERS = OwnText(FILE, STARTER, Offers(), read_offers)
"""The shop's offers; none where it has no file."""
