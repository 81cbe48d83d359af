"""What a search answers with, as frozen values; knows nothing of how it was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from retrieval.query import Query
from shop.types import PolicyPassage, Product

Outcome = Literal["found", "unsure", "not_stocked", "filtered_out", "not_in_data", "failed"]
"""`unsure`: nothing is plainly what was asked, and `nearest` comes too close to say that it is not there."""
NOTHING_SUCH: tuple[Outcome, ...] = ("not_stocked", "unsure")

WHOLE = 0.999
"""Coverage from which a product's text holds all that was asked."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One product: `coverage` is the idf-weighted share of the asked terms its text holds."""

    product: Product
    score: float
    cosine: float
    coverage: float
    matched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyHit:
    """One policy passage, with the same measures."""

    passage: PolicyPassage
    score: float
    cosine: float
    coverage: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """`hits` match and pass every filter; `total` counts all such products in the catalogue.

    Where there are none, `nearest` holds the closest that do exist, `relaxed` the filters they do
    not pass, `missing` the asked words that no product holds. `degraded` says what did not work.
    """

    query: Query
    hits: tuple[Hit, ...]
    total: int
    outcome: Outcome
    nearest: tuple[Hit, ...] = ()
    relaxed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
