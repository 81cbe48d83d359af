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
    "bought_together",
    "because_bought",
    "because_viewed",
    "customers_like_you",
    "said_like",
    "due_again",
    "bought_before",
    "new_in_category",
    "new",
    "similar",
    "popular",
    "well_rated",
    "pinned",
    "matches_request",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a product, with the evidence, counted in the shop's own records up to the shop's date:

    bought_together    {title, customers}: customers who bought both;
    because_bought     {title, date, customers}: and this customer bought `title` last on `date`
                       (ISO, '' unknown);
    because_viewed     {title, date, customers}: and looked at it last on `date`, without buying it;
    customers_like_you {customers, shared}: of those who bought at least `shared` of the products this
                       customer bought, so many bought it;
    said_like          {words, date}: the customer said on `date` that they like `words`, which its
                       page holds;
    due_again          {title, date, every_days}: last bought on `date`, as a rule (median) after so
                       many days;
    bought_before      {title, times, date}: this customer bought it on so many days (0: one), on `date`
                       last; said only where what they bought before is asked for;
    new_in_category    {category, products, date}: first bought by anybody on `date`, within the last 30
                       days; the customer bought so many products of its category;
    new                {date}: first bought by anybody on `date`, within the last 30 days; said only where
                       what is new is asked for;
    similar            {title, name, colour, brand, category}: what it has in common with `title`:
                       words of both names, and values of both pages; only those that are there;
    popular            {customers, country, days}: different customers in the last `days` (0: ever);
    well_rated         {rating, count}: mean rating out of 5 over so many ratings;
    pinned             {}: the shop itself puts it first;
    matches_request    {}: passes the filters asked for.
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

    `again` asks for what the customer bought before, what is due first, `new` for what the shop
    has not had for long. `use_history` False (a gift for somebody else) leaves what the customer did and
    said out of it.
    `conversation_id` is a guest's visit, `said` what was said of their taste in it and is not stored
    ("likes" or "dislikes", words), `country` where they seem to be; nothing like a product of
    `turned_down` is recommended.
    """

    customer_id: str = ""
    basket: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    exclude: frozenset[str] = frozenset()
    use_history: bool = True
    again: bool = False
    new: bool = False
    today: date | None = None
    conversation_id: str = ""
    said: tuple[tuple[str, str], ...] = ()
    country: str = ""
    turned_down: tuple[str, ...] = ()


class Recommender(Protocol):
    """Anything that recommends; never a product of `context.exclude`."""

    def recommend(self, context: Context, k: int = 8) -> list[Recommendation]:
        """The `k` best, best first; fewer where no more have a true reason."""
        ...


MIN_SUPPORT = 3
"""Fewer customers than this are an accident, and might be recognised."""
