"""What is known and expected of one customer, as frozen values: the contract every face reads.

Made by insight/customers.py. Knows no store, no model and no arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from shop.types import Money

Target = Literal["churn", "purchase"]
"""`churn`: no order within the horizon. `purchase`: at least one order within it."""
RULES = "rules"
"""What `Prediction.model` says where no trained model was used."""


@dataclass(frozen=True, slots=True)
class Driver:
    """One feature that moved a prediction: `words` has its value ("last order 71 days ago").

    `effect` is its exact share of the prediction in log-odds; above zero raises the probability.
    """

    feature: str
    words: str
    effect: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """A calibrated probability that `target` happens within `horizon_days` after the profile's date.

    `reasons` come strongest first. `model` is the trained version or RULES; `notice` is '' or one
    sentence that says why the rules (or an old model) had to do.
    """

    target: Target
    probability: float
    horizon_days: int
    reasons: tuple[Driver, ...]
    model: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """A segment a customer is in, its rule in words, and since when (first day it held without a gap,
    to the week; None where that is not known)."""

    name: str
    sentence: str
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Engagement:
    """Engagement value: frequency x intensity of what the customer did, older acts counting less.

    `value` has no unit and starts at 0; `rank` is the share (0 to 1) of the shop's customers below it.
    `trend` is the change against 30 days before, as a share of the value then (None: it was 0).
    """

    value: float
    rank: float
    trend: float | None
    words: str


@dataclass(frozen=True, slots=True)
class CustomerProfile:
    """Everything insight says about a customer as of a date (that day included).

    `None` means that the records do not say: a customer without a dated order has no prediction.
    `expected_value` is what they are expected to spend within the next `value_days` days.
    """

    customer_id: str
    as_of: date
    churn: Prediction | None
    buy_30: Prediction | None
    buy_90: Prediction | None
    next_purchase: date | None
    expected_value: Money | None
    value_days: int
    segments: tuple[Membership, ...]
    engagement: Engagement | None


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """How many customers a segment held on a date, and how many came and went since the date before."""

    name: str
    sentence: str
    at: date
    size: int
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Customers of similar predicted probability: its mean, and how often it came true."""

    predicted: float
    observed: float
    count: int


@dataclass(frozen=True, slots=True)
class Importance:
    """A family's mean absolute effect over all customers, as a share of all families' (0 to 1).

    `feature` names the family of features, `words` its members.
    """

    feature: str
    words: str
    share: float


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a trained model is, from what it was made and how good it was on later data."""

    target: Target
    horizon_days: int
    version: str
    method: str
    trained_to: date
    metrics: Mapping[str, Any] = field(default_factory=dict)
    reliability: tuple[ReliabilityBin, ...] = ()
    importance: tuple[Importance, ...] = ()
