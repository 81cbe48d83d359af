"""What one message may rest on: the customer's orders and figures, the products it shows, as records.

History is used only where the customer allows personalisation, and never what is private. Knows
nothing of words: those are message.py's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.campaign.brand import Brand
from assistant.campaign.checks import Fact
from assistant.campaign.goals import Goal
from assistant.campaign.links import add_utm
from assistant.campaign.offers import Offer
from assistant.campaign.variants import Variant
from assistant.plan import Record
from assistant.privacy import is_sensitive
from assistant.records import short_name
from assistant.support.records import order_label, orders_label
from insight.features import CustomerFacts, customer_facts
from retrieval.filters import Filters
from retrieval.recommend.base import Context, Reason, Recommendation
from shop.formats import format_count, format_date, format_list, format_money
from shop.settings import Settings
from shop.types import Customer, Order, OrderLine

if TYPE_CHECKING:
    from assistant.chat import Assistant

CANDIDATES = 12
DUE_CANDIDATES = 40
EVIDENCE = ("title", "customers", "date", "days")
CODES = frozenset({"bought_together", "because_bought", "popular", "similar", "due_again"})
COMPANIONS = frozenset({"bought_together", "similar"})


@dataclass(frozen=True, slots=True)
class Job:
    """One message to be written: to whom, for what, how. `attempt` asks for other words, `neutral` for
    a message that uses nothing of the customer's history."""

    customer: Customer
    goal: Goal
    channel: str
    campaign: str
    variant: Variant
    brand: Brand
    offer: Offer | None = None
    announced: tuple[str, ...] = ()
    attempt: int = 0
    neutral: bool = False


@dataclass(frozen=True)
class Material:
    """`orders` (newest first) is empty where history is not used; `fits_goal` says whether what the goal
    speaks of is there (something due, something that goes with the last order ...)."""

    settings: Settings
    job: Job
    orders: Sequence[Order]
    figures: CustomerFacts
    picks: Sequence[Recommendation]
    fits_goal: bool

    @cached_property
    def link(self) -> str:
        """The shop's address with UTM parameters, or ''."""
        return self.linked(self.settings.url)

    def linked(self, url: str) -> str:
        """An address of the shop with this message's UTM parameters."""
        return add_utm(url, self.job.channel, self.job.campaign, self.job.variant.name)

    @cached_property
    def records(self) -> dict[str, Record]:
        """The records by key: customer, shop, last, due, offer, link, and products by number."""
        settings, customer, figures = self.settings, self.job.customer, self.figures
        locale = settings.locale
        fields = {"name": customer.name or customer.id, "first_name": customer.first_name}
        if self.orders:
            if figures.top_categories:
                fields["topic"] = figures.top_categories[0]
            if figures.first_at:
                fields["orders"] = format_count(figures.orders, locale)
                fields["since"] = format_date(figures.first_at.date(), locale)
        found = [
            Record("customer", "customer", customer.id, fields),
            Record("shop", "shop", "", {"name": settings.name, "contact": settings.contact}),
        ]
        if self.orders:
            found.append(self._last())
        if self.link:
            found.append(Record("link", "link", "", {"name": self.link}))
        if offer := self.job.offer:
            kept = {"name": offer.text, "code": offer.code}
            kept["until"] = format_date(offer.until, locale) if offer.until else ""
            found.append(Record("offer", "offer", "", {name: text for name, text in kept.items() if text}))
        for number, pick in enumerate(self.picks, 1):
            named = {"name": short_name(pick.product.title)}
            found.append(Record(str(number), "product", pick.product.id, named))
            reason = next((each for each in pick.reasons if each.code == "due_again"), None)
            if reason is not None and number == 1:
                evidence = self.evidence(reason)
                every = {"every_days": str(reason.evidence.get("every_days", ""))}
                found.append(Record("due", "reason", "", evidence | every))
        return {record.key: record for record in found}

    def _last(self) -> Record:
        order = self.orders[0]
        day = format_date(order.placed_at.date(), self.settings.locale) if order.placed_at else ""
        last = {"name": order.id, "date": day}
        line = worth_naming(order)
        return Record("last", "order", order.id, last | ({"bought": short_name(line.title)} if line else {}))

    def sayable(self, pick: Recommendation) -> list[Reason]:
        """Reasons with something to say that gives away nothing private; the goal's own first."""
        fitting = [
            reason
            for reason in pick.reasons
            if set(EVIDENCE) & set(reason.evidence)
            and reason.code in CODES
            and not is_sensitive(str(reason.evidence.get("title", "")))
        ]
        own = {"due": {"due_again"}, "last order": COMPANIONS}.get(self.job.goal.picks, set())
        return sorted(fitting, key=lambda reason: reason.code not in own)

    def evidence(self, reason: Reason) -> dict[str, str]:
        """What the reason rests on, as displayed; what is unknown or zero is left out."""
        settings = self.settings
        fields: dict[str, str] = {}
        for name, value in reason.evidence.items():
            if name == "date" and value:
                fields[name] = format_date(date.fromisoformat(str(value)[:10]), settings.locale)
            elif name == "title":
                fields[name] = short_name(str(value))
            elif value:
                fields[name] = format_count(value, settings.locale) if isinstance(value, int) else str(value)
        return fields

    def facts(self) -> Iterator[Fact]:
        """Everything true the message may rest on, for the marketer to see and the checks to use."""
        settings, customer, offer = self.settings, self.job.customer, self.job.offer
        yield Fact("Shop", settings.name, "settings")
        if settings.contact:
            yield Fact("Contact", settings.contact, "settings")
        if self.link:
            yield Fact("Link", self.link, "settings")
        if self.job.brand.disclaimer:
            yield Fact("Disclaimer", self.job.brand.disclaimer, "Brand voice")
        if customer.first_name:
            yield Fact("First name", customer.first_name, f"Customer {customer.id}")
        yield from self._history()
        if offer:
            yield Fact("Offer", offer.text, "Offers")
            if offer.code:
                yield Fact("Code", offer.code, "Offers")
            if offer.until:
                yield Fact("Good until", format_date(offer.until, settings.locale), "Offers")
        for pick in self.picks:
            product = pick.product
            price = format_money(product.price, settings.locale) if product.price else "price not stated"
            yield Fact("Product", f"{product.title}, {price}", f"Product {product.id}")
            for reason in self.sayable(pick)[:1]:
                yield Fact("Reason", self._reason(reason), f"Recommender: {reason.code.replace('_', ' ')}")
            if product.url:
                yield Fact("Product link", self.linked(product.url), f"Product {product.id}")

    def _reason(self, reason: Reason) -> str:
        counted = {"customers": "customers", "days": "days", "every_days": "days between orders"}
        shown = self.evidence(reason).items()
        return "; ".join(f"{value} {counted[name]}" if name in counted else value for name, value in shown)

    def _history(self) -> Iterator[Fact]:
        if not self.orders:
            return
        settings, figures, last = self.settings, self.figures, self._last()
        yield Fact("Last order", last.fields["date"], order_label(self.orders[0], settings))
        if "bought" in last.fields:
            yield Fact("Bought then", last.fields["bought"], order_label(self.orders[0], settings))
        if figures.top_categories:
            names = format_list(figures.top_categories, settings.locale)
            yield Fact("Orders most", names, orders_label(figures, settings))
        if self.job.goal.name == "thank":
            said = f"{format_count(figures.orders, settings.locale)} orders"
            yield Fact("Orders in all", said, orders_label(figures, settings))
            if figures.first_at:
                since = format_date(figures.first_at.date(), settings.locale)
                yield Fact("Customer since", since, orders_label(figures, settings))


def gather(assistant: Assistant, job: Job) -> Material:
    """The material for one message, with nothing in it that is dated after the shop's date."""
    today = assistant.settings.current_date
    personal = job.customer.consent.personalisation and not job.neutral
    orders = [
        order
        for order in assistant.store.orders_of(job.customer.id)
        if order.placed_at and order.placed_at.date() <= today and not order.is_cancelled
    ]
    bought = {line.product_id for order in orders for line in order.lines}
    products = assistant.store.products_by_id(bought)
    figures = customer_facts(job.customer.id, orders, [], products, today)
    used = orders if personal else []
    picks, fits = _choose(assistant, job, used, personal)
    return Material(assistant.settings, job, used, figures, picks[: job.variant.products], fits)


def _choose(
    assistant: Assistant, job: Job, orders: Sequence[Order], personal: bool
) -> tuple[list[Recommendation], bool]:
    """Products to show, and whether they are what the goal speaks of."""
    if job.goal.picks == "chosen":
        known = assistant.store.products_by_id(job.announced)
        return [Recommendation(known[id_], 1.0, ()) for id_ in job.announced if id_ in known], True
    if not personal:
        return _recommend(assistant, job, (), False, CANDIDATES), job.goal.picks == "history"
    if job.goal.picks == "due":
        found = _recommend(assistant, job, (), True, DUE_CANDIDATES)
        due = [pick for pick in found if any(reason.code == "due_again" for reason in pick.reasons)]
        return (due, True) if due else (found, False)
    line = worth_naming(orders[0]) if orders else None
    if job.goal.picks == "last order" and line is not None:
        found = _recommend(assistant, job, (line.product_id,), True, CANDIDATES)
        with_it = [pick for pick in found if COMPANIONS & {reason.code for reason in pick.reasons}]
        if with_it:
            return with_it, True
    return _recommend(assistant, job, (), True, CANDIDATES), job.goal.picks == "history"


def _recommend(
    assistant: Assistant, job: Job, seeds: tuple[str, ...], personal: bool, count: int
) -> list[Recommendation]:
    """The recommender's best that can be sold and shown to anybody."""
    context = Context(
        customer_id=job.customer.id if personal else "",
        basket=(),
        seeds=seeds,
        filters=Filters(),
        exclude=frozenset(),
        use_history=personal,
        today=assistant.settings.current_date,
    )
    found = assistant.recommender.recommend(context, count)
    return [
        pick for pick in found if pick.product.in_stock is not False and not is_sensitive(pick.product.title)
    ]


def worth_naming(order: Order) -> OrderLine | None:
    """The line of an order that cost most in all, unless it tells something private."""
    lines = [line for line in order.lines if line.quantity > line.returned and not is_sensitive(line.title)]
    return max(lines, key=lambda line: (line.unit_price.amount * line.quantity, line.title), default=None)


def evidence_slots(evidence: Mapping[str, str]) -> dict[str, str]:
    """Slots of the reason record `why`, of what its wordings may say."""
    return {name: f"[why.{name}]" for name in EVIDENCE if name in evidence}
