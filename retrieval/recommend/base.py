"""What a recommendation is: a product and the true reasons for it.

Knows nothing of how reasons are worded; whoever words them finds every figure in the evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

from retrieval.filters import Filters
from shop.types import Product

Code = Literal[
    "bought_together", "because_bought", "popular", "well_rated", "similar", "due_again", "matches_request"
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a product, with the evidence, counted in the shop's own orders:

    bought_together {title, customers}: customers who bought both;
    because_bought  {title, date, customers}: this customer bought `title` on `date` (ISO, '' unknown);
    popular         {customers, country, days}: different customers in the last `days` (0: ever);
    well_rated      {rating, count}: mean rating out of 5 over so many ratings;
    similar         {title, shared}: words that both names share;
    due_again       {title, date, every_days}: last bought on `date`, usually after so many days;
    matches_request {}: passes the filters asked for.
    """

    code: Code
    evidence: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`reasons` is never empty, the strongest first. Scores compare within one list only."""

    product: Product
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """For whom, beside what. '' is a guest; `seeds` are products the talk is about.

    `use_history` False (a gift for somebody else) leaves the customer's own purchases out of it.
    """

    customer_id: str = ""
    basket: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    exclude: frozenset[str] = frozenset()
    use_history: bool = True
    today: date | None = None


class Recommender(Protocol):
    """Anything that recommends; never a product of `context.exclude`."""

    def recommend(self, context: Context, k: int = 8) -> list[Recommendation]:
        """The `k` best, best first; fewer where no more have a true reason."""
        ...


MIN_SUPPORT = 3
"""Fewer customers than this are an accident, and might be recognised."""
