"""Answers to a support agent's questions about one customer, computed from that customer's records.

Only this customer's orders, returns, chats and contact data, and the shop's written policies, are
read: what they do not hold is answered with "not in the data".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.events import Source
from assistant.plan import Act, Record
from assistant.support.orders import Answer, OrderAnswers
from assistant.support.policy_answers import answer_may, answer_trouble
from assistant.support.questions import parse_question
from assistant.support.records import customer_record, numbered, slots_of
from shop.errors import NotFound, SearchError
from shop.formats import format_date

if TYPE_CHECKING:
    from assistant.chat import Assistant

__all__ = ["Answer", "ask"]

POLICY_COVERAGE = 0.34
UNASKED_COVERAGE = 0.67
"""A question that does not speak of the policy is answered from it only where it has most of its words."""
CONTACT_WORDS = (
    ("email", ("mail",)),
    ("phone", ("phone",)),
    ("payments", ("pay",)),
    ("language", ("language",)),
    ("country", ("countr",)),
    ("address", ("address", "zip", "post", "city", "live", "based")),
    ("name", ("name",)),
)


def ask(assistant: Assistant, customer_id: str, question: str) -> Answer:
    """Answer `question` about this customer. Raises NotFound for an unknown customer."""
    store = assistant.store
    customer = store.customer(customer_id)
    if customer is None:
        raise NotFound(f"there is no customer {customer_id!r}; search by name, e-mail or order number")
    orders = store.orders_of(customer_id)
    products = store.products_by_id({line.product_id for order in orders for line in order.lines})
    parsed = parse_question(question, orders, assistant.settings.current_date)
    return _Desk(assistant, customer, orders, store.returns_of(customer_id), products, parsed).answer()


@dataclass(frozen=True, slots=True)
class _Desk(OrderAnswers):
    """One question being answered over one customer's records."""

    def answer(self) -> Answer:
        """The answer, by what the question wants."""
        asked = self.asked
        if asked.wanted == "may" and (self._knows_order() or not asked.order_id):
            return answer_may(self) or self._policy()
        if asked.order_id:
            return self._order(asked.order_id)
        elsewhere = {
            "consent": self._consent,
            "trouble": lambda: answer_trouble(self),
            "policy": self._policy,
            "contact": self._contact,
            "chats": self._chats,
            "likes": self._likes,
        }
        wanted = asked.wanted
        if wanted == "returns" and not self._about_records():
            wanted = "policy"
        if wanted in elsewhere:
            return elsewhere[wanted]()
        if asked.period is not None and self.orders and all(o.placed_at is None for o in self.orders):
            return self.say([Act("ask_undated", {"period": "[ask.period]"})])
        if wanted == "returns":
            return self._returned()
        if wanted == "status" or asked.status:
            return self._status()
        if wanted in ("last", "first"):
            return self._edge(wanted)
        if not wanted and not asked.terms:
            return self._unknown()
        return self.about_orders(wanted) or self._policy_or_unknown()

    # -- other records ---------------------------------------------------------------------------

    def _consent(self) -> Answer:
        if not self.customer.consent.marketing_email:
            return self.say([Act("ask_consent_no")])
        record = customer_record(self.customer, self._facts(), self.assistant.settings)
        return self.say([Act("ask_consent_yes", slots_of(record, "consent_source"))])

    def _contact(self) -> Answer:
        text = self.asked.text.lower()
        field = next((name for name, words in CONTACT_WORDS if any(word in text for word in words)), "email")
        record = customer_record(self.customer, self._facts(), self.assistant.settings)
        known = self.customer.name if field == "name" else record.fields.get(field)
        if not known:
            asked = Record("field", "word", "", {"name": "payment methods" if field == "payments" else field})
            return self.say([Act("ask_no_contact", {"field": "[field]"})], [asked])
        return self.say([Act(f"ask_contact_{field}", {"value": f"[customer.{field}]"})])

    def _chats(self) -> Answer:
        heads = self.assistant.store.conversations_of(self.customer.id)
        if not heads:
            return self.say([Act("ask_no_chats")])
        day = format_date(heads[0].started_at.date(), self.assistant.settings.locale)
        fields = {"date": day, "message": heads[0].last_message, "count": self._count(len(heads))}
        chat = Record("chat", "conversation", heads[0].conversation_id, fields)
        slots = {"date": "[chat.date]", "message": "[chat.message]"}
        slots |= {"count": "[chat.count]"} if len(heads) > 1 else {}
        answer = self.say([Act(numbered("ask_chats", len(heads)), slots)], [chat])
        return replace(answer, sources=(Source("conversation", chat.id, f"Chat of {day}"),))

    def _likes(self) -> Answer:
        memories = self.assistant.store.memories(self.customer.id)
        if not memories:
            return self.say([Act("ask_no_likes")])
        acts, records = [], []
        for kind in ("likes", "dislikes"):
            values = [memory for memory in memories if memory.kind == kind]
            keys = [f"{kind}{n}" for n, _ in enumerate(values)]
            records += [
                Record(key, "memory", "", {"name": m.value}) for key, m in zip(keys, values, strict=True)
            ]
            if values:
                acts.append(Act(f"brief_{kind}", {"values": tuple(f"[{key}]" for key in keys)}))
        return self.say(acts, records)

    def _policy(self, coverage: float = POLICY_COVERAGE) -> Answer:
        if self.assistant.store.count("policies") == 0:
            return self.say([Act("ask_no_policy")])
        try:
            hits = self.assistant.search.policies(self.asked.text, k=1)
        except SearchError:
            hits = []
        if not hits or hits[0].coverage < coverage:
            return self.say([Act("ask_no_passage")])
        passage = hits[0].passage
        text = " ".join(passage.text.split())
        record = Record("1", "policy", passage.id, {"name": passage.heading, "text": text})
        answer = self.say([Act("ask_policy", {"heading": "[1]", "text": "[1.text]"})], [record])
        return replace(answer, sources=(Source("policy", passage.id, passage.heading, text),))

    def _policy_or_unknown(self) -> Answer:
        if self.assistant.store.count("policies") == 0:
            return self._unknown()
        answer = self._policy(UNASKED_COVERAGE)
        return self._unknown() if answer.denies else answer

    def _knows_order(self) -> bool:
        """Whether the order asked about is one of theirs."""
        wanted = self.asked.order_id.lstrip("#").lower()
        return any(order.id.lstrip("#").lower() == wanted for order in self.orders)

    def _about_records(self) -> bool:
        """ "Returns" is about this customer's records unless it asks how returning works."""
        return " how do " not in f" {self.asked.text.lower()}"
