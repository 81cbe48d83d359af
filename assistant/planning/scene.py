"""What every family of plans is given, and the small builders they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from assistant.events import Card, Handoff, Source
from assistant.evidence import Evidence
from assistant.memory import State
from assistant.plan import Act, Plan, Record
from assistant.records import customer_record, named_record, product_card, product_record
from assistant.understanding import Understanding
from retrieval.query import Filters
from retrieval.vocabulary import Vocabulary
from shop.settings import Settings
from shop.types import Product

TASTES = 12
"""So many of a guest's likes, and of their dislikes, are kept in the talk: the last."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One turn before planning: what was said, what was found, and what came before."""

    said: Understanding
    evidence: Evidence
    state: State
    settings: Settings
    vocabulary: Vocabulary

    @property
    def locale(self) -> str:
        """The shop's locale."""
        return self.settings.locale


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the state it leaves behind once it has been said."""

    plan: Plan
    state: State


class PlanBuilder:
    """Collects acts and records of one plan, numbering products and orders as they come."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.acts: list[Act] = []
        self.records: list[Record] = [named_record("shop", name=scene.settings.name)]
        if scene.evidence.customer:
            self.records.append(customer_record(scene.evidence.customer))
        self._numbers: dict[tuple[str, str], str] = {}

    def number(self, kind: str, record_id: str) -> str:
        """The key of this record, the next number if it is new."""
        return self._numbers.setdefault((kind, record_id), str(len(self._numbers) + 1))

    def add_record(self, record: Record) -> str:
        """Add `record` unless its key is there already; its bare handle."""
        if all(other.key != record.key for other in self.records):
            self.records.append(record)
        return f"[{record.key}]"

    def add_product(self, product: Product, why: str = "") -> str:
        """The bare handle of `product`."""
        key = self.number("product", product.id)
        return self.add_record(product_record(key, product, self.scene.locale, why))

    def has(self, handle: str, field: str) -> bool:
        """Whether the record behind a bare handle has `field`."""
        return any(f"[{r.key}]" == handle and field in r.fields for r in self.records)

    def field(self, handle: str, field: str) -> str:
        """'[1]' and 'price' -> '[1.price]'."""
        return f"{handle[:-1]}.{field}]"

    def name(self, key: str, **fields: str) -> None:
        """Add or extend the named record `key`."""
        for position, record in enumerate(self.records):
            if record.key == key:
                merged = {**record.fields, **{n: v for n, v in fields.items() if v}}
                self.records[position] = replace(record, fields=merged)
                return
        self.records.append(named_record(key, **fields))

    def say(self, kind: str, must: Sequence[str] = (), **slots: str | tuple[str, ...]) -> None:
        """Add an act; empty slots are left out."""
        self.acts.append(Act(kind, {n: v for n, v in slots.items() if v}, tuple(must)))

    def price_slots(self, handle: str, slot: str = "price") -> dict[str, str]:
        """{slot: '[1.price]'} where the price is known."""
        return {slot: self.field(handle, "price")} if self.has(handle, "price") else {}

    def finish(
        self,
        cards: Sequence[Card] = (),
        sources: Sequence[Source] = (),
        quick_replies: Sequence[str] = (),
        handoff: Handoff | None = None,
        **state: object,
    ) -> Planned:
        """The plan, and the state with `state`'s fields changed and this turn's intent."""
        scene = self.scene
        plan = Plan(
            acts=tuple(self.acts),
            records=tuple(self.records),
            cards=tuple(cards),
            sources=tuple(sources),
            quick_replies=tuple(dict.fromkeys(quick_replies))[:4],
            handoff=handoff,
        )
        if "shown" in state and cards:
            reasons = dict(zip(scene.state.shown, scene.state.why, strict=False))
            reasons |= {card.id: text for card in cards if (text := _all_reasons(card))}
            state["why"] = tuple(reasons.get(id_, "") for id_ in state["shown"])  # type: ignore[attr-defined]
        if not scene.evidence.customer:
            for kind in ("likes", "dislikes"):
                new = [what for each, what in scene.said.tastes if each == kind]
                state[kind] = tuple(dict.fromkeys((*getattr(scene.state, kind), *new)))[-TASTES:]
        changed = replace(scene.state, intent=scene.said.intent.name, **state)  # type: ignore[arg-type]
        return Planned(plan, changed)


def _all_reasons(card: Card) -> str:
    """Everything that stands on a card as its reason, a line each, nothing twice."""
    lines = [line.strip().rstrip(".") for line in (card.why, *card.why_detail.split("\n"))]
    return "\n".join(dict.fromkeys(line for line in lines if line))


def offered(product: Product, filters: Filters) -> Product:
    """`product` at the price of its cheapest version that meets `filters` (or at its own)."""
    fitting = [v for v in product.variants if v.price and filters.variant_fits(product, v)]
    orderable = [v for v in fitting if v.available] or fitting
    if not orderable:
        return product
    cheapest = min(orderable, key=lambda v: v.price.amount if v.price else Decimal("Infinity"))
    return replace(product, price=cheapest.price)


def finish_about(
    builder: PlanBuilder,
    products: Sequence[Product],
    sources: Sequence[Source],
    cards: Sequence[Card] = (),
) -> Planned:
    """Finish a plan about known products: their cards, and what was shown before still pointable."""
    ids = tuple(product.id for product in products)
    keep = builder.scene.state.shown if set(ids) <= set(builder.scene.state.shown) else ids
    return builder.finish(
        cards=cards or [product_card(product) for product in products],
        sources=sources,
        quick_replies=["Anything similar?", "What goes with it?"],
        shown=keep,
        focus=ids[:1],
    )
