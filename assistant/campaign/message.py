"""One win-back e-mail for one customer: the facts it may use, the products it shows, its words.

Every part is a plan act, worded by the model or the composer, so each figure and name comes from a
record. The parts of many messages are worded together, which is several times quicker than one
message after the other. History is used only where the customer allows personalisation. Knows
nothing of audiences or of saving.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
)
from assistant.delivery import Line, Said
from assistant.plan import Act, Record
from assistant.privacy import is_sensitive
from assistant.records import short_name
from assistant.support.records import (
    order_label,
    orders_label,
    say_acts,
    sentence_case,
    slots_of,
    stable_seed,
)
from assistant.writers.base import Voice
from assistant.writers.composer import fullest_slots
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

TONES = ("plain", "warm", "playful", "elegant", "brief")
"""How a message may sound; the composer has one tone for all."""

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


def write_messages(assistant: Assistant, customers: Sequence[Customer], tone: str = TONES[0]) -> list[Email]:
    """The messages for some customers, with no reference to anything dated after the shop's date."""
    compositions = [_compose(assistant, customer, tone) for customer in customers]
    lines = [dict(composition.lines()) for composition in compositions]
    said = iter(assistant.speaker.say_all([line for own in lines for line in own.values()]))
    emails = []
    for composition, own in zip(compositions, lines, strict=True):
        emails.append(composition.message({name: next(said) for name in own}))
    return emails


def _compose(assistant: Assistant, customer: Customer, tone: str) -> _Composition:
    today = assistant.settings.current_date
    personal = customer.consent.personalisation
    orders = [
        o for o in assistant.store.orders_of(customer.id) if o.placed_at and o.placed_at.date() <= today
    ]
    bought = {line.product_id for order in orders for line in order.lines}
    products = assistant.store.products_by_id(bought)
    facts = customer_facts(customer.id, orders, [], products, today)
    chosen = _choose_products(assistant, customer, personal)
    return _Composition(assistant, customer, orders if personal else [], facts, chosen, tone)


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
    tone: str

    def lines(self) -> Iterator[tuple[str, Line]]:
        """The parts to be worded, by name; greeting, signature and the reasons, which are facts from
        end to end, are always the composer's."""
        yield "subject", self._line(next(self._subjects()), most_characters=SUBJECT_CHARACTERS)
        yield "preheader", self._line(next(self._preheaders()), most_characters=PREHEADER_CHARACTERS)
        yield "opening", self._line(self._opening())
        if self.picks:
            yield "lead", self._line(Act("mail_lead_one" if len(self.picks) == 1 else "mail_lead_many"))
        contact = {"contact": "[shop.contact]"} if self.assistant.settings.contact else {}
        yield "closing", self._line(Act("mail_closing", contact))
        yield "cta", self._line(Act("mail_cta"))

    def message(self, said: Mapping[str, Said]) -> Email:
        """The message with these parts; where a check fails on the model's words, the composer's."""
        email = self._put_together(said)
        if all(check.ok for check in email.checks) or email.handled_by == "composer":
            return email
        plain = {
            name: Said(self._say(line.act, line.records, line.voice.seed), None)
            for name, line in self.lines()
        }
        return self._put_together(plain)

    def _put_together(self, said: Mapping[str, Said]) -> Email:
        texts = {name: sentence_case(part.text) for name, part in said.items()}
        if len(texts["subject"]) > SUBJECT_CHARACTERS:
            texts["subject"] = self._fit(list(self._subjects()), SUBJECT_CHARACTERS)
        if len(texts["preheader"]) > PREHEADER_CHARACTERS:
            texts["preheader"] = self._fit(list(self._preheaders()), PREHEADER_CHARACTERS)
        products = tuple(self._product(pick) for pick in self.picks)
        body = self._body(products, texts)
        facts = tuple(self._facts())
        checks = check_message(
            subject=texts["subject"],
            preheader=texts["preheader"],
            body=body,
            cta=texts["cta"],
            facts=facts,
            products=[pick.product for pick in self.picks],
            consent=self.customer.consent,
        )
        by = "model" if all(part.wording for part in said.values()) else "composer"
        return Email(texts["subject"], texts["preheader"], body, texts["cta"], facts, products, checks, by)

    # -- parts -----------------------------------------------------------------------------------

    def _body(self, products: tuple[ShownProduct, ...], texts: Mapping[str, str]) -> str:
        first = {"first_name": "[customer.first_name]"} if self.customer.first_name else {}
        greeting = Act("mail_greeting" if first else "mail_greeting_neutral", first)
        parts = [self._say(greeting), texts["opening"]]
        if products:
            parts.append(texts["lead"])
        for _, title, price, why in products:
            line = f"* {short_name(title)}" + (f", {price}" if price else "")
            parts.append(f"{line}\n  {why}" if why else line)
        parts.append(texts["closing"])
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
        for reason in self._sayable(pick)[:1]:
            record = Record("why", "reason", "", self._evidence(reason))
            act = Act(f"mail_why_{reason.code}", slots_of(record, *EVIDENCE))
            return self._say(act, [*self._records().values(), record], salt=pick.product.id)
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

    def _line(self, act: Act, most_characters: int = 1000) -> Line:
        """`act` with all that a phrase can say of it as its must-say."""
        settings = self.assistant.settings
        slots = fullest_slots(act, settings.locale)
        act = Act(act.kind, {slot: act.slots[slot] for slot in slots}, slots)
        records = tuple(self._records().values())
        seed = stable_seed(f"{self.customer.id}{act.kind}")
        voice = Voice(settings.name, settings.locale, seed, tone=self.tone)
        return Line(act, records, voice, most_characters)

    def _say(self, act: Act, records: Sequence[Record] = (), seed: int | None = None, salt: str = "") -> str:
        """`act` in the composer's words."""
        if seed is None:
            seed = stable_seed(f"{self.customer.id}{act.kind}{salt}")
        return say_acts([act], records or list(self._records().values()), self.assistant.settings, seed)

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
