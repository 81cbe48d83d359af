"""The support desk's verbs: find a customer, brief an agent about one, answer questions about one.

Everything said is computed from the shop's records and carries its source. Knows nothing of pages;
who may call this is the caller's business (staff pages and the command line), that somebody looked
is recorded here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from assistant.events import Source
from assistant.plan import Act, Record
from assistant.support.answers import Answer, ask
from assistant.support.records import (
    Sentence,
    customer_record,
    is_open,
    numbered,
    order_label,
    order_record,
    order_source,
    orders_label,
    return_record,
    say_acts,
    slots_of,
    stable_seed,
)
from assistant.support.signals import Signals, read_signals
from insight.features import CustomerFacts, customer_facts
from insight.profile import CustomerProfile
from shop.errors import NotFound
from shop.formats import format_count, format_date
from shop.settings import Settings
from shop.store import ConversationHead, Memory, SentMessage
from shop.store.desk import Looked
from shop.types import Customer, Event, Order, Product, Return, Turn

if TYPE_CHECKING:
    from assistant.chat import Assistant

__all__ = [
    "Answer",
    "Brief",
    "Conversation",
    "CustomerProfile",
    "NextStep",
    "Sentence",
    "ask",
    "brief",
    "find_customers",
    "is_open",
    "log_view",
    "read_customer",
    "with_insight",
]

LAPSED_DAYS = 90
RETURN_FRESH_DAYS = 30
QUOTE_CHARACTERS = 160
AFFINITIES = 3


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the agent may do next and the rule that says so."""

    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """One chat with the assistant: its head and its turns, oldest first."""

    head: ConversationHead
    turns: tuple[Turn, ...]

    @property
    def handed_off(self) -> bool:
        """Whether the shopper was passed on to a person."""
        return any("handoff" in turn.acts for turn in self.turns)


@dataclass(frozen=True, slots=True)
class Brief:
    """All that is known about one customer and the short written account of it."""

    customer: Customer
    facts: CustomerFacts
    orders: tuple[Order, ...]
    returns: tuple[Return, ...]
    conversations: tuple[Conversation, ...]
    events: tuple[Event, ...]
    memories: tuple[Memory, ...]
    summary: tuple[Sentence, ...]
    next_step: NextStep
    sources: tuple[Source, ...]
    signals: Signals | None = None
    profile: CustomerProfile | None = None
    """Both None until insight has been asked (`with_insight`)."""
    affinities: tuple[Sentence, ...] = ()
    """What they come back for, each with the share of their orders."""
    messages: tuple[SentMessage, ...] = ()
    """What campaigns wrote to them."""
    handled_by: str = "composer"

    @property
    def last_turn(self) -> Turn | None:
        """The last message they wrote and what it was answered, if they ever wrote."""
        turns = [turn for chat in self.conversations for turn in chat.turns]
        return max(turns, key=lambda turn: turn.at, default=None)


def find_customers(assistant: Assistant, text: str, limit: int = 20) -> list[Customer]:
    """Customers by id, e-mail, name, phone or order number; exact matches first. '' finds nobody."""
    return assistant.store.find_customers(text.strip(), limit) if text.strip() else []


def log_view(assistant: Assistant, customer_id: str, staff: str, what: Looked = "record") -> None:
    """Record that `staff` looked at this customer's record, unmasked contact data, or asked about them."""
    assistant.store.add_view(customer_id, staff, what)


def brief(assistant: Assistant, customer_id: str, *, staff: str = "staff") -> Brief:
    """Everything about one customer as of the shop's date, and a note that `staff` looked.

    Raises NotFound for an unknown id.
    """
    found = with_insight(assistant, read_customer(assistant, customer_id))
    log_view(assistant, found.customer.id, staff)
    return found


def with_insight(assistant: Assistant, found: Brief) -> Brief:
    """The same with what insight says; the first time it reads all the shop's orders, which takes seconds."""
    profile = assistant.insight.profile(found.customer.id)
    turns = [turn for chat in found.conversations for turn in chat.turns]
    signals = read_signals(assistant.store, assistant.settings, profile, turns)
    return replace(found, profile=profile, signals=signals)


def read_customer(assistant: Assistant, customer_id: str) -> Brief:
    """The same from the customer's own records only, and without the note. Raises NotFound."""
    store, settings = assistant.store, assistant.settings
    customer = store.customer(customer_id)
    if customer is None:
        raise NotFound(f"there is no customer {customer_id!r}; search by name, e-mail or order number")
    today = settings.current_date
    orders = tuple(store.orders_of(customer.id))
    returns = tuple(store.returns_of(customer.id))
    products = store.products_by_id({line.product_id for order in orders for line in order.lines})
    facts = customer_facts(customer.id, orders, returns, products, today, count_undated=True)
    conversations = tuple(
        Conversation(head, tuple(store.turns(head.conversation_id)))
        for head in store.conversations_of(customer.id)
    )
    memories = tuple(store.memories(customer.id))
    writing = _Writing(settings, customer, facts)
    return Brief(
        customer=customer,
        facts=facts,
        orders=orders,
        returns=returns,
        conversations=conversations,
        events=tuple(store.events_of(customer.id)),
        memories=memories,
        summary=writing.summary(orders, returns, conversations, memories),
        next_step=writing.next_step(orders, returns, conversations, today),
        sources=tuple(order_source(order, settings) for order in orders[:10]),
        affinities=affinities(orders, products, settings),
        messages=tuple(store.messages_of(customer.id)),
    )


def affinities(
    orders: Sequence[Order], products: Mapping[str, Product], settings: Settings
) -> tuple[Sentence, ...]:
    """What the customer comes back for: categories by orders they occur in, then products bought again."""
    kept = [order for order in orders if not order.is_cancelled]
    kinds: Counter[str] = Counter()
    titles: Counter[str] = Counter()
    for order in kept:
        known = {products[line.product_id].category for line in order.lines if line.product_id in products}
        kinds.update(known - {""})
        titles.update({line.title for line in order.lines})
    shown = kinds.most_common(AFFINITIES) + [(name, n) for name, n in titles.most_common(AFFINITIES) if n > 1]
    total = format_count(len(kept), settings.locale)
    return tuple(
        Sentence(name, f"in {format_count(n, settings.locale)} of {total} orders") for name, n in shown
    )


@dataclass(frozen=True, slots=True)
class _Writing:
    """Chooses the sentences about one customer and has them said."""

    settings: Settings
    customer: Customer
    facts: CustomerFacts

    def summary(
        self,
        orders: Sequence[Order],
        returns: Sequence[Return],
        conversations: Sequence[Conversation],
        memories: Sequence[Memory],
    ) -> tuple[Sentence, ...]:
        """Three to six sentences where there is as much to say, the most useful first."""
        facts = self.facts
        label = orders_label(facts, self.settings)
        found = [self._who(label)]
        if facts.ordered is not None:
            kind = numbered("brief_value", facts.orders - facts.cancelled)
            found.append(self._say(kind, label, "ordered", "mean", "categories"))
        if conversations:
            found.append(self._chat(conversations[0]))
        waiting = [order for order in orders if is_open(order)]
        if waiting:
            found.append(self._waiting(waiting))
        elif orders and orders[0].placed_at is not None:
            found.append(self._last(orders[0]))
        if returns:
            found.append(self._returns(returns))
        if memories:
            found.append(self._likes(memories))
        return tuple(found[:6])

    def next_step(
        self,
        orders: Sequence[Order],
        returns: Sequence[Return],
        conversations: Sequence[Conversation],
        today: date,
    ) -> NextStep:
        """The first rule that holds; each is named beside its advice."""
        last = conversations[0] if conversations else None
        if last is not None and last.turns and last.handed_off:
            turn = next(turn for turn in reversed(last.turns) if "handoff" in turn.acts)
            return self._step("step_handoff", "The latest chat was handed to a person", _quote(turn))
        if last is not None and any(turn.vote < 0 for turn in last.turns):
            return self._step("step_vote", "Thumbs down in the latest chat")
        waiting = next((order for order in orders if is_open(order)), None)
        if waiting is not None:
            record = order_record("1", waiting, self.settings)
            return self._step("step_open", "An order is not delivered yet", record, order="[1.line]")
        fresh = next((r for r in returns if r.at and (today - r.at.date()).days <= RETURN_FRESH_DAYS), None)
        if fresh is not None:
            record = return_record("1", fresh, self.settings)
            rule = f"A return in the last {RETURN_FRESH_DAYS} days"
            return self._step("step_return", rule, record, item="[1.line]")
        days = self.facts.days_since
        if days is not None and days > LAPSED_DAYS and self.facts.orders > 1:
            kind = "step_lapsed_consent" if self.customer.consent.marketing_email else "step_lapsed"
            return self._step(kind, f"No order in the last {LAPSED_DAYS} days", days="[customer.days]")
        if self.facts.orders == 1 and days is not None and days <= LAPSED_DAYS:
            return self._step("step_welcome", f"One order so far, in the last {LAPSED_DAYS} days")
        return self._step("step_none", "No other rule holds")

    def _say(
        self, kind: str, source: str, *fields: str, extra: Sequence[Record] = (), **slots: str
    ) -> Sentence:
        """One act about the customer; `fields` are the customer's, taken where they are known."""
        record = customer_record(self.customer, self.facts, self.settings)
        given = slots_of(record, *fields) | slots
        text = say_acts([Act(kind, given)], [record, *extra], self.settings, stable_seed(self.customer.id))
        return Sentence(text, source)

    def _step(self, kind: str, rule: str, record: Record | None = None, **slots: str) -> NextStep:
        if record is not None and not slots:
            slots = {"message": f"[{record.key}.message]"}
        said = self._say(kind, rule, extra=[record] if record else [], **slots)
        return NextStep(said.text, rule)

    def _who(self, label: str) -> Sentence:
        kind = numbered("brief_who", self.facts.orders) if self.facts.orders else "brief_who_none"
        source = label if self.facts.orders else f"Customer {self.customer.id}"
        return self._say(kind, source, "country", "orders", "since", customer="[customer]")

    def _chat(self, conversation: Conversation) -> Sentence:
        asked = [turn for turn in conversation.turns if "handoff" in turn.acts]
        turn = asked[-1] if asked else conversation.turns[-1]
        day = format_date(turn.at.date(), self.settings.locale)
        record = Record(
            "chat", "conversation", turn.conversation_id, dict(_quote(turn).fields) | {"date": day}
        )
        slots = {"date": "[chat.date]", "message": "[chat.message]"}
        return self._say(
            "brief_handoff" if asked else "brief_chat", f"Chat of {day}", extra=[record], **slots
        )

    def _waiting(self, waiting: Sequence[Order]) -> Sentence:
        shown = waiting[:3]
        records = [order_record(str(n), order, self.settings) for n, order in enumerate(shown, 1)]
        count = format_count(len(waiting), self.settings.locale)
        search = Record("search", "count", "", {"name": count})
        act = Act(
            numbered("brief_open", len(waiting)),
            {"orders": tuple(f"[{record.key}.line]" for record in records)}
            | ({"count": "[search]"} if len(waiting) > 1 else {}),
        )
        text = say_acts([act], [*records, search], self.settings, stable_seed(self.customer.id))
        return Sentence(text, ", ".join(order_label(order, self.settings) for order in shown))

    def _last(self, order: Order) -> Sentence:
        record = order_record("1", order, self.settings)
        label = order_label(order, self.settings)
        return self._say("brief_last", label, "days", extra=[record], order="[1.line]", items="[1.items]")

    def _returns(self, returns: Sequence[Return]) -> Sentence:
        record = return_record("1", returns[0], self.settings)
        label = f"{len(returns)} return{'' if len(returns) == 1 else 's'}"
        kind = numbered("brief_returns", self.facts.returns)
        return self._say(kind, label, "returns", "returned", extra=[record], latest="[1.line]")

    def _likes(self, memories: Sequence[Memory]) -> Sentence:
        kind = memories[0].kind
        values = [memory for memory in memories if memory.kind == kind][:4]
        records = [Record(str(n), "memory", "", {"name": m.value}) for n, m in enumerate(values, 1)]
        act = Act(f"brief_{kind}", {"values": tuple(f"[{record.key}]" for record in records)})
        text = say_acts([act], records, self.settings, stable_seed(self.customer.id))
        day = format_date(values[0].at.date(), self.settings.locale)
        return Sentence(text, f"Said in chat, {day}")


def _quote(turn: Turn) -> Record:
    """What the shopper wrote (stored redacted), shortened."""
    text = " ".join(turn.message.split())
    short = text if len(text) <= QUOTE_CHARACTERS else text[: QUOTE_CHARACTERS - 1].rstrip() + "…"
    return Record("chat", "conversation", turn.conversation_id, {"name": short, "message": short})
