"""The reply an agent may send to a customer's message: what the policy and the records allow, in words.

The message is read (`case/`), each request's outcome becomes an act, and the acts are said in the
shop's voice by the composer. Sends nothing and changes nothing; a message that nothing here answers
gets a holding reply, never a guess. The tones differ in what stands around the facts, not in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from assistant.events import Source
from assistant.plan import Act, Record
from assistant.support.case import Case, Request, read_case
from assistant.support.case.values import options_of
from assistant.support.questions import parse_question
from assistant.support.records import is_open, order_record, order_source, say_acts, stable_seed
from assistant.support.rules import judge_order, read_rules
from assistant.support.verdicts import verdict_record, verdict_source
from shop.errors import NotFound
from shop.formats import format_list, format_money
from shop.types import Customer, Money, Order

if TYPE_CHECKING:
    from assistant.chat import Assistant

Tone = Literal["plain", "shorter", "warmer"]
VARIANTS_NAMED = 4


@dataclass(frozen=True, slots=True)
class SuggestedReply:
    """A draft for the agent to change and send, what it was read from, and the message as read."""

    text: str
    sources: tuple[Source, ...]
    case: Case
    tone: Tone
    answers: bool
    """False where it only holds the line: nothing in the message was understood."""


def suggest_reply(
    assistant: Assistant, customer_id: str, message: str, *, tone: Tone = "plain", is_upset: bool = False
) -> SuggestedReply:
    """A reply to `message` of this customer. Raises NotFound for an unknown customer."""
    store = assistant.store
    customer = store.customer(customer_id)
    if customer is None:
        raise NotFound(f"there is no customer {customer_id!r}; search by name, e-mail or order number")
    case = read_case(store, message, assistant.settings.current_date, customer_id)
    return _Reply(assistant, customer, case, message, tone, is_upset).make()


class _Reply:
    """One reply being put together."""

    def __init__(
        self, assistant: Assistant, customer: Customer, case: Case, message: str, tone: Tone, is_upset: bool
    ) -> None:
        self.assistant, self.settings = assistant, assistant.settings
        self.customer, self.case, self.message = customer, case, message
        self.tone, self.is_upset = tone, is_upset
        self.sources: dict[str, Source] = {}
        self.seed = stable_seed(customer.id + message)

    def make(self) -> SuggestedReply:
        """Greeting, what is to be said, closing."""
        body = [sentence for request in self.case.requests for sentence in self._request(request)]
        answers = bool(body)
        if any(request.possible for request in self.case.requests):
            body.append(self._say("reply_confirm"))
        body = body or self._status()
        answers = answers or bool(body)
        body = body or [self._say("reply_holding")]
        return SuggestedReply(self._framed(body), tuple(self.sources.values()), self.case, self.tone, answers)

    def _framed(self, body: Sequence[str]) -> str:
        text = " ".join(body)
        if self.tone == "shorter":
            return text
        warm = "_warm" if self.tone == "warmer" else ""
        name = Record("customer", "customer", "", {"name": self.customer.first_name})
        hello = (
            self._say("reply_hello", [name], name="[customer]")
            if self.customer.first_name
            else self._say("reply_hello_plain")
        )
        opening = self._say(f"reply_sorry{warm}" if self.is_upset else f"reply_thanks{warm}")
        return f"{hello}\n\n{opening} {text}\n\n{self._say(f'reply_close{warm}')}\n{self.settings.name}"

    # -- one request -----------------------------------------------------------------------------

    def _request(self, request: Request) -> Iterator[str]:
        self._cite(request)
        order = {"order": "[order]"}
        record = verdict_record("order", request.verdict, self.settings, request.action)
        done = {"done": "[order.done]"}
        verdict = request.verdict
        if verdict.allowed is None:
            yield self._say("reply_check", [record], **order, **done)
        elif not verdict.allowed:
            yield from self._refusal(request, record)
        elif request.partial:
            yield self._say("reply_partial", [record, self._items(request)], **order, item="[items]")
        elif request.gives_way:
            yield self._say("reply_one_only", [record], **order, **done)
        elif request.swaps:
            yield from self._swap(request, record)
        elif request.action == "address":
            yield self._say("reply_address", [record], **order)
        else:
            yield from self._money_back(request, record)

    def _refusal(self, request: Request, record: Record) -> Iterator[str]:
        order, done = "[order]", "[order.done]"
        if request.verdict.cause == "window":
            yield self._say("reply_not_window", [record], order=order, done=done, days="[order.days]")
        else:
            yield self._say(
                "reply_not_status",
                [record],
                order=order,
                done=done,
                status="[order.status]",
                needed="[order.plain_needed]",
            )
        other = self._possible_instead(request.order, request.action)
        if other and self.tone != "shorter":
            yield self._say("reply_instead", [Record("other", "word", "", {"name": other})], done="[other]")

    def _possible_instead(self, order: Order, action: str) -> str:
        """What the policy does allow for this order, as "sent back or exchanged"; '' for nothing."""
        rules = read_rules(self.assistant.store.policies())
        today = self.settings.current_date
        found = []
        for other in ("cancel", "return", "exchange", "modify"):
            verdict = judge_order(rules, other, order, today)
            if other != action and verdict.allowed:
                found.append(verdict_record("1", verdict, self.settings).fields["done"])
        return " or ".join(found)

    def _money_back(self, request: Request, record: Record) -> Iterator[str]:
        slots = (
            {"order": "[order]", "items": "[items]"} if request.action == "return" else {"order": "[order]"}
        )
        slots |= {"status": "[order.status]"} if request.action == "cancel" else {}
        money = self._amount(request.refund)
        slots |= {"amount": "[amount]"} if request.refund else {}
        yield self._say(f"reply_{request.action}", [record, self._items(request), money], **slots)
        if request.refund_to and request.refund_to not in {"other"} and request.refund_allowed is not None:
            where = (
                "the original payment method" if request.refund_to == "original" else f"a {request.refund_to}"
            )
            told = Record("where", "word", "", {"name": where})
            yield self._say(
                f"reply_refund_{'yes' if request.refund_allowed else 'no'}", [told], where="[where]"
            )
        elif request.refund_to == "other" and request.refund_allowed is False:
            told = Record("where", "word", "", {"name": "another payment method"})
            yield self._say("reply_refund_no", [told], where="[where]")

    def _swap(self, request: Request, record: Record) -> Iterator[str]:
        found = [(spot, one.variant) for spot, one in request.replacements.items() if one]
        if found:
            old = format_list([f"the {spot.line.title}" for spot, _ in found], self.settings.locale)
            new = format_list(
                [describe_options(variant.options) for _, variant in found], self.settings.locale
            )
            told = [
                record,
                Record("items", "lines", "", {"name": old}),
                Record("new", "word", "", {"name": new}),
            ]
            yield self._say(f"reply_{request.action}", told, order="[order]", items="[items]", new="[new]")
            yield from self._difference(request)
        for spot in request.spots:
            if request.replacements.get(spot):
                continue
            title = f"the {spot.line.title}"
            product = self.assistant.store.products_by_id({spot.line.product_id}).get(spot.line.product_id)
            wanted = any(wish.says_something for wish in request.wishes.get(spot, ()))
            if wanted or product is None or not options_of(product):
                item = Record("item", "line", "", {"name": title})
                yield self._say("reply_no_variant", [item], item="[item]")
                continue
            known = [v for v in product.variants if v.available and v.id != spot.line.variant_id]
            choices = [describe_options(variant.options) for variant in known[:VARIANTS_NAMED]]
            if choices:
                told = [
                    Record("item", "line", "", {"name": title}),
                    Record("choices", "word", "", {"name": "; ".join(choices)}),
                ]
                yield self._say("reply_choices", told, item="[item]", choices="[choices]")

    def _difference(self, request: Request) -> Iterator[str]:
        difference = request.difference
        if difference is None:
            return
        if difference.amount == 0:
            yield self._say("reply_even")
            return
        money = Money(abs(difference.amount), difference.currency)
        kind = "reply_more" if difference.amount > 0 else "reply_less"
        yield self._say(kind, [self._amount(money)], amount="[amount]")

    # -- no request ------------------------------------------------------------------------------

    def _status(self) -> list[str]:
        """How the orders asked after are coming along."""
        orders = self.assistant.store.orders_of(self.customer.id)
        asked = parse_question(self.message, orders, self.settings.current_date)
        named = [order for order in orders if asked.order_id and order.id == asked.order_id]
        if asked.wanted != "status" and not named:
            return []
        placed = [order for order in orders if not order.is_cancelled]
        meant = named or [order for order in placed if order.status and is_open(order)][:3] or placed[:1]
        said = []
        for order in meant:
            record = order_record("order", order, self.settings)
            slots = {"order": "[order]"}
            slots |= {name: f"[order.{name}]" for name in ("status", "tracking") if name in record.fields}
            if "status" not in slots and "date" in record.fields:
                slots |= {"date": "[order.date]"}
            said.append(
                self._say("reply_status" if "status" in slots else "reply_no_status", [record], **slots)
            )
            source = order_source(order, self.settings)
            self.sources[source.id] = source
        return said

    # -- pieces ----------------------------------------------------------------------------------

    def _cite(self, request: Request) -> None:
        for source in (order_source(request.order, self.settings), verdict_source(request.verdict)):
            if source is not None:
                self.sources[source.kind + source.id] = source
        rule = request.refund_rule
        if rule is not None and request.refund_to:
            self.sources["refund"] = Source("policy", rule.passage.id, rule.passage.heading, rule.sentence)

    def _items(self, request: Request) -> Record:
        names = [f"the {spot.line.title}" for spot in request.spots]
        return Record("items", "lines", "", {"name": format_list(names, self.settings.locale)})

    def _amount(self, money: Money | None) -> Record:
        shown = format_money(money, self.settings.locale) if money else ""
        return Record("amount", "money", "", {"name": shown})

    def _say(self, kind: str, records: Sequence[Record] = (), **slots: str) -> str:
        return say_acts([Act(kind, slots)], records, self.settings, self.seed)


def describe_options(options: Mapping[str, str]) -> str:
    """ "the one with switch type clicky, backlight RGB": a variant by its options, as customers read it."""
    parts = [f"{name} {value}" for name, value in options.items()]
    return f"one with {', '.join(parts)}" if parts else "another one"
