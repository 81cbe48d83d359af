"""The support desk's verbs: find a customer, brief an agent about one, answer questions about one.

Everything said is computed from the shop's records and carries its source. Knows nothing of pages;
who may call this is the caller's business (staff pages and the command line), that somebody looked
is recorded here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
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
from insight.customers import open_insight
from insight.features import CustomerFacts, facts_of, is_cancelled
from shop.errors import NotFound
from shop.formats import format_count, format_date
from shop.settings import Settings
from shop.store import ConversationHead, Memory
from shop.types import Customer, Event, Order, Return, Turn

if TYPE_CHECKING:
    from assistant.chat import Assistant

__all__ = [
    "Answer",
    "Brief",
    "NextStep",
    "Sentence",
    "ask",
    "brief",
    "find_customers",
    "is_cancelled",
    "is_open",
    "log_view",
]

VIEWED = "Customer Viewed"
LAPSED_DAYS = 90
RETURN_FRESH_DAYS = 30
QUOTE_CHARACTERS = 160


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
    handled_by: str = "composer"
    signals: Signals | None = None


def find_customers(assistant: Assistant, text: str, limit: int = 20) -> list[Customer]:
    """Customers by id, e-mail, name, phone or order number; exact matches first. '' finds nobody."""
    return assistant.store.find_customers(text.strip(), limit) if text.strip() else []


def log_view(assistant: Assistant, customer_id: str, staff: str) -> None:
    """Record that `staff` looked at this customer's data (event "Customer Viewed", real time)."""
    assistant.store.put_events([Event(VIEWED, customer_id, datetime.now(UTC), {"staff": staff})])


def brief(assistant: Assistant, customer_id: str, *, staff: str = "staff") -> Brief:
    """Everything about one customer as of the shop's date. Raises NotFound for an unknown id."""
    store, settings = assistant.store, assistant.settings
    customer = store.customer(customer_id)
    if customer is None:
        raise NotFound(f"there is no customer {customer_id!r}; search by name, e-mail or order number")
    log_view(assistant, customer.id, staff)
    today = settings.current_date
    facts = facts_of(store, customer.id, today, count_undated=True)
    orders = tuple(store.orders_of(customer.id))
    returns = tuple(store.returns_of(customer.id))
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
        events=tuple(event for event in store.events_of(customer.id) if event.name != VIEWED),
        memories=memories,
        summary=writing.summary(orders, returns, conversations, memories),
        next_step=writing.next_step(orders, returns, conversations, today),
        sources=tuple(order_source(order, settings) for order in orders[:10]),
        signals=read_signals(
            store,
            settings,
            open_insight(store, settings).profile(customer.id),
            [turn for conversation in conversations for turn in conversation.turns],
        ),
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
