"""What an import took, what it skipped and why, and what the assistant cannot answer from the data.

Knows the shop's types and counts them; knows no file format.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from shop.types import Customer, Order, Product

if TYPE_CHECKING:
    from shop.store import Store

RARE_SHARE = 0.05
"""A field that fewer than this share of the records state counts as missing."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a catalogue states. Shares are 0 to 1 of its products."""

    products: int
    descriptions: bool
    categories: Literal["given", "derived", "none"]
    stock: bool
    ratings: bool
    brands: bool
    colours: bool
    pictures: bool
    options: bool
    prices: float
    description_share: float
    stock_share: float
    rating_share: float


@dataclass(frozen=True, slots=True)
class Report:
    """One import. `taken` rows of `kind` were written (`also` by kind: what came with them).

    `skipped` holds (reason, how many rows, an example); `missing` what no or hardly any record
    states; `cannot_answer` the kinds of question that follow from it; `notes` what was worked out
    rather than read.
    """

    kind: str
    file: str
    taken: int
    skipped: tuple[tuple[str, int, str], ...] = ()
    missing: tuple[str, ...] = ()
    cannot_answer: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    also: tuple[tuple[str, int], ...] = ()
    format: str = ""

    def lines(self) -> list[str]:
        """For people, one line a fact."""
        head = f"{self.file} ({self.format.replace('_', ' ')}): {self.taken:,} {self.kind} taken"
        head += "".join(f", {count:,} {kind}" for kind, count in self.also) + "."
        lines = [head]
        for reason, count, example in self.skipped:
            lines.append(f"Skipped {count:,}: {reason}" + (f", for example {example}." if example else "."))
        lines += [f"Note: {note}." for note in self.notes]
        if self.missing:
            lines.append(f"Missing from the data: {', '.join(self.missing)}.")
        if self.cannot_answer:
            lines.append("The assistant cannot answer yet:")
            lines += [f"  - {question}" for question in self.cannot_answer]
        return lines

    def as_json(self) -> dict[str, Any]:
        """JSON-ready, skipped rows as objects."""
        document = asdict(self)
        document["skipped"] = [
            {"reason": reason, "count": count, "example": example} for reason, count, example in self.skipped
        ]
        document["also"] = dict(self.also)
        for name in ("missing", "cannot_answer", "notes"):
            document[name] = list(document[name])
        return document


def without_policies(report: Report) -> Report:
    """The report of a shop that has no written policy."""
    return replace(
        report,
        missing=(*report.missing, "a written policy"),
        cannot_answer=(*report.cannot_answer, "how delivery, returns, refunds and payment work"),
    )


def catalogue_gaps(store: Store) -> Gaps:
    """What the catalogue in the store states."""
    return products_gaps(store.products())


def products_gaps(products: Sequence[Product]) -> Gaps:
    """What these products state."""
    total = len(products) or 1

    def share(states: Callable[[Product], object]) -> float:
        return sum(1 for product in products if states(product)) / total

    given = share(lambda p: p.categories and not p.categories_derived)
    derived = share(lambda p: p.categories and p.categories_derived)
    descriptions = share(lambda p: p.description or p.bullets)
    stock = share(lambda p: p.in_stock is not None)
    ratings = share(lambda p: p.rating)
    return Gaps(
        products=len(products),
        descriptions=descriptions >= RARE_SHARE,
        categories="given" if given >= RARE_SHARE else "derived" if derived >= RARE_SHARE else "none",
        stock=stock >= RARE_SHARE,
        ratings=ratings >= RARE_SHARE,
        brands=share(lambda p: p.brand) >= RARE_SHARE,
        colours=share(lambda p: p.colour or any(_is_colour(o) for v in p.variants for o in v.options))
        >= RARE_SHARE,
        pictures=share(lambda p: p.image_url) >= RARE_SHARE,
        options=share(lambda p: len(p.variants) > 1) >= RARE_SHARE,
        prices=round(share(lambda p: p.price), 4),
        description_share=round(descriptions, 4),
        stock_share=round(stock, 4),
        rating_share=round(ratings, 4),
    )


def _is_colour(option: str) -> bool:
    return option.casefold() in {"color", "colour", "farbe", "couleur"}


def products_missing(products: Sequence[Product]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a catalogue lacks, and the questions it therefore cannot answer."""
    gaps = products_gaps(products)
    found: list[tuple[str, str]] = []
    if not gaps.descriptions:
        found.append(("descriptions", "what a product is made of, how big it is or how it is used"))
    if gaps.categories == "none":
        found.append(("categories", "browsing by category"))
    if not gaps.stock:
        found.append(("stock", "whether a product is in stock"))
    if not gaps.ratings:
        found.append(("ratings", "which product is rated best"))
    if not gaps.brands:
        found.append(("brands", "who makes a product"))
    if not gaps.colours:
        found.append(("colours", "filtering by colour"))
    if not gaps.pictures:
        found.append(("pictures", "what a product looks like"))
    if not gaps.options:
        found.append(("sizes and other options", "which sizes or versions a product comes in"))
    if gaps.prices < RARE_SHARE:
        found.append(("prices", "what a product costs"))
    missing = tuple(name for name, _ in found)
    cannot = [question for _, question in found]
    if RARE_SHARE <= gaps.prices < 1:
        missing += (f"prices of {1 - gaps.prices:.0%} of the products",)
        cannot.append("what those products without a price cost")
    if gaps.descriptions and gaps.description_share < 0.9:
        missing += (f"descriptions of {1 - gaps.description_share:.0%} of the products",)
    return missing, tuple(cannot)


def orders_missing(orders: Sequence[Order]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the orders lack, and the questions they therefore cannot answer."""
    total = len(orders) or 1
    tests: list[tuple[str, str, Callable[[Order], bool | datetime | None]]] = [
        ("order dates", "when something was ordered", lambda o: o.placed_at),
        ("order statuses", "whether an order was sent or delivered", lambda o: bool(o.status)),
        ("tracking numbers", "where a parcel is", lambda o: bool(o.tracking)),
    ]
    gaps = [
        (name, question)
        for name, question, states in tests
        if sum(1 for order in orders if states(order)) / total < RARE_SHARE
    ]
    return tuple(name for name, _ in gaps), tuple(question for _, question in gaps)


def customers_missing(customers: Sequence[Customer]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the customers lack, and the questions they therefore cannot answer."""
    if not customers:
        return (), ()
    tests: list[tuple[str, str, Callable[[Customer], bool]]] = [
        ("customers' names", "greeting customers by name or finding them by it", lambda c: bool(c.name)),
        ("customers' e-mail addresses", "writing to customers", lambda c: bool(c.email)),
    ]
    gaps = [
        (name, question)
        for name, question, states in tests
        if sum(1 for customer in customers if states(customer)) / len(customers) < RARE_SHARE
    ]
    return tuple(name for name, _ in gaps), tuple(question for _, question in gaps)
