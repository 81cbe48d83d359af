"""One win-back e-mail for one customer: the facts it may use, the products it shows, its words.

Every part is a plan act said by the composer, so each figure and name comes from a record. History
is used only where the customer allows personalisation. Knows nothing of audiences or of saving.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from assistant.campaign.checks import (
    PREHEADER_CHARACTERS,
    SUBJECT_CHARACTERS,
    UNSUBSCRIBE,
    Check,
    Fact,
    check_message,
    is_sensitive,
)
from assistant.plan import Act, Record
from assistant.records import short_name
from assistant.support.records import order_label, orders_label, say_acts, slots_of
from insight.features import CustomerFacts, customer_facts, is_cancelled
from retrieval.filters import Filters
from retrieval.recommend.base import Context, Reason, Recommendation
from shop.formats import format_count, format_date, format_list, format_money
from shop.types import Customer, Order

if TYPE_CHECKING:
    from assistant.chat import Assistant

PRODUCTS_SHOWN = 3
CANDIDATES = 12
TRIES = 12
EVIDENCE = ("title", "customers", "date", "days")
CODES = frozenset({"bought_together", "because_bought", "popular", "similar", "due_again"})

ShownProduct = tuple[str, str, str, str]
"""Id, title, price as shown ('' unknown), reason as said."""


@dataclass(frozen=True, slots=True)
class Email:
    """A finished e-mail with the facts it used and how it fared in the checks."""

    subject: str
    preheader: str
    body: str
    cta: str
    facts: tuple[Fact, ...]
    products: tuple[ShownProduct, ...]
    checks: tuple[Check, ...]
    handled_by: str


def write_message(assistant: Assistant, customer: Customer) -> Email:
    """The message for one customer, with no reference to anything dated after the shop's date."""
    today = assistant.settings.current_date
    personal = customer.consent.personalisation
    orders = [
        o for o in assistant.store.orders_of(customer.id) if o.placed_at and o.placed_at.date() <= today
    ]
    bought = {line.product_id for order in orders for line in order.lines}
    products = assistant.store.products_by_id(bought)
    facts = customer_facts(customer.id, orders, [], products, today)
    chosen = _choose_products(assistant, customer, personal)
    return _Composition(assistant, customer, orders if personal else [], facts, chosen).message()


def _choose_products(assistant: Assistant, customer: Customer, personal: bool) -> list[Recommendation]:
    """The recommender's best that can be sold and shown to anybody."""
    context = Context(
        customer_id=customer.id if personal else "",
        basket=(),
        seeds=(),
        filters=Filters(),
        exclude=frozenset(),
        use_history=personal,
        today=assistant.settings.current_date,
    )
    found = assistant.recommender.recommend(context, CANDIDATES)
    fitting = [
        pick for pick in found if pick.product.in_stock is not False and not is_sensitive(pick.product.title)
    ]
    return fitting[:PRODUCTS_SHOWN]


@dataclass(frozen=True, slots=True)
class _Composition:
    """One message being put together; `orders` (newest first) is empty where history is not used."""

    assistant: Assistant
    customer: Customer
    orders: list[Order]
    figures: CustomerFacts
    picks: list[Recommendation]

    def message(self) -> Email:
        products = tuple(self._product(pick) for pick in self.picks)
        subject = self._fit(list(self._subjects()), SUBJECT_CHARACTERS)
        preheader = self._fit(list(self._preheaders()), PREHEADER_CHARACTERS)
        cta = self._say(Act("mail_cta"))
        body = self._body(products)
        facts = tuple(self._facts())
        checks = check_message(
            subject=subject,
            preheader=preheader,
            body=body,
            cta=cta,
            facts=facts,
            products=[pick.product for pick in self.picks],
            consent=self.customer.consent,
        )
        return Email(subject, preheader, body, cta, facts, products, checks, "composer")

    # -- parts -----------------------------------------------------------------------------------

    def _body(self, products: tuple[ShownProduct, ...]) -> str:
        first = {"first_name": "[customer.first_name]"} if self.customer.first_name else {}
        parts = [
            self._say(Act("mail_greeting" if first else "mail_greeting_neutral", first)),
            self._say(self._opening()),
        ]
        if products:
            parts.append(self._say(Act("mail_lead_one" if len(products) == 1 else "mail_lead_many")))
        for _, title, price, why in products:
            line = f"* {short_name(title)}" + (f", {price}" if price else "")
            parts.append(f"{line}\n  {why}" if why else line)
        contact = {"contact": "[shop.contact]"} if self.assistant.settings.contact else {}
        parts.append(self._say(Act("mail_closing", contact)))
        parts.append(self._say(Act("mail_signature", {"shop": "[shop]"})))
        parts.append(f"Unsubscribe: {UNSUBSCRIBE}")
        return "\n\n".join(parts)

    def _opening(self) -> Act:
        if not self.orders:
            return Act("mail_opening_neutral")
        slots = {"last": "[last.date]"}
        if "bought" in self._records()["last"].fields:
            return Act("mail_opening_product", slots | {"bought": "[last.bought]"})
        return Act("mail_opening", slots)

    def _subjects(self) -> Iterator[Act]:
        """Subjects to try, the most personal first; the last always fits."""
        if self.orders:
            if "bought" in self._records()["last"].fields:
                yield Act("mail_subject_product", {"product": "[last.bought]"})
            if self.figures.top_categories:
                yield Act("mail_subject", {"topic": "[customer.topic]"})
            yield Act("mail_subject", {"shop": "[shop]"})
            yield Act("mail_subject")
        yield Act("mail_subject_neutral", {"shop": "[shop]"})
        yield Act("mail_subject_neutral")

    def _preheaders(self) -> Iterator[Act]:
        kind = "mail_preheader" if self.orders else "mail_preheader_neutral"
        if self.picks:
            yield Act(kind, {"product": "[1]"})
        yield Act(kind)

    def _product(self, pick: Recommendation) -> ShownProduct:
        product = pick.product
        price = format_money(product.price, self.assistant.settings.locale) if product.price else ""
        return product.id, product.title, price, self._why(pick)

    def _why(self, pick: Recommendation) -> str:
        """The strongest reason that may be said to this customer, in words; '' where there is none."""
        for reason in self._sayable(pick):
            record = Record("why", "reason", "", self._evidence(reason))
            slots = slots_of(record, *EVIDENCE)
            return self._say(Act(f"mail_why_{reason.code}", slots), record, pick.product.id)
        return ""

    def _sayable(self, pick: Recommendation) -> list[Reason]:
        """Reasons with something to say that gives away nothing private."""
        return [
            reason
            for reason in pick.reasons
            if set(EVIDENCE) & set(reason.evidence)
            and reason.code in CODES
            and not is_sensitive(str(reason.evidence.get("title", "")))
        ]

    def _evidence(self, reason: Reason) -> dict[str, str]:
        """What the reason rests on, as displayed; what is unknown or zero is left out."""
        settings = self.assistant.settings
        fields: dict[str, str] = {}
        for name, value in reason.evidence.items():
            if name == "date" and value:
                fields[name] = format_date(date.fromisoformat(str(value)[:10]), settings.locale)
            elif name == "title":
                fields[name] = short_name(str(value))
            elif value:
                fields[name] = format_count(value, settings.locale) if isinstance(value, int) else value
        return fields

    def _facts(self) -> Iterator[Fact]:
        """Everything true the message may rest on, for the marketer to see and the checks to use."""
        settings = self.assistant.settings
        yield Fact("Shop", settings.name, "settings")
        if settings.contact:
            yield Fact("Contact", settings.contact, "settings")
        if self.customer.first_name:
            yield Fact("First name", self.customer.first_name, f"Customer {self.customer.id}")
        if self.orders:
            last = self._records()["last"]
            yield Fact("Last order", last.fields["date"], order_label(self.orders[0], settings))
            if "bought" in last.fields:
                yield Fact("Bought then", last.fields["bought"], order_label(self.orders[0], settings))
            if self.figures.top_categories:
                names = format_list(self.figures.top_categories, settings.locale)
                yield Fact("Orders most", names, orders_label(self.figures, settings))
        for pick in self.picks:
            product = pick.product
            price = format_money(product.price, settings.locale) if product.price else "price not stated"
            yield Fact("Product", f"{product.title}, {price}", f"Product {product.id}")
            for reason in self._sayable(pick)[:1]:
                shown = self._evidence(reason).items()
                counted = ("customers", "days")
                evidence = "; ".join(f"{value} {name}" if name in counted else value for name, value in shown)
                yield Fact("Reason", evidence, f"Recommender: {reason.code.replace('_', ' ')}")

    # -- wording ---------------------------------------------------------------------------------

    def _records(self) -> dict[str, Record]:
        settings = self.assistant.settings
        fields = {"name": self.customer.name or self.customer.id, "first_name": self.customer.first_name}
        if self.figures.top_categories:
            fields["topic"] = self.figures.top_categories[0]
        shop = {"name": settings.name, "contact": settings.contact}
        records = [
            Record("customer", "customer", self.customer.id, fields),
            Record("shop", "shop", "", shop),
        ]
        if self.orders:
            order = self.orders[0]
            last = {"date": format_date(order.placed_at.date(), settings.locale) if order.placed_at else ""}
            bought = _worth_naming(order)
            if bought:
                last["bought"] = bought
            records.append(Record("last", "order", order.id, last))
        for number, pick in enumerate(self.picks, 1):
            records.append(
                Record(str(number), "product", pick.product.id, {"name": short_name(pick.product.title)})
            )
        return {record.key: record for record in records}

    def _say(self, act: Act, extra: Record | None = None, salt: str = "") -> str:
        records = [*self._records().values(), *([extra] if extra else [])]
        return say_acts([act], records, self.assistant.settings, f"{self.customer.id}{act.kind}{salt}")

    def _fit(self, acts: list[Act], most: int) -> str:
        """The first wording of at most `most` characters, trying several phrasings of each act."""
        text = ""
        for act in acts:
            for attempt in range(TRIES):
                text = self._say(act, salt=str(attempt))
                if len(text) <= most:
                    return text
        return text


def _worth_naming(order: Order) -> str:
    """The line of an order that cost most in all, unless it tells something private; else ''."""
    if is_cancelled(order):
        return ""
    lines = [line for line in order.lines if line.quantity > line.returned and not is_sensitive(line.title)]
    if not lines:
        return ""
    best = max(lines, key=lambda line: (line.unit_price.amount * line.quantity, line.title))
    return short_name(best.title)
