"""Answers about one customer's orders and returns: counted, added up, dated and matched here.

The composer words the result; which question is asked was read elsewhere. What the records do not
hold is denied, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.events import Source
from assistant.plan import Act, Record
from assistant.support.questions import Question, holds_terms
from assistant.support.records import (
    called,
    customer_record,
    describe_lines,
    is_open,
    numbered,
    order_record,
    order_source,
    orders_span,
    return_record,
    say_acts,
    stable_seed,
)
from insight.features import CustomerFacts, customer_facts, mean_money, sum_money
from shop.formats import format_count, format_list, format_money
from shop.types import Customer, Money, Order, OrderLine, Product, Return

if TYPE_CHECKING:
    from assistant.chat import Assistant

ORDERS_NAMED = 5
STATUS_LETTERS = 7
DENIALS = frozenset(
    """ask_not_theirs ask_order_no_status ask_no_returns ask_no_open ask_no_status ask_status_unknown
    ask_no_contact ask_no_chats ask_no_likes ask_no_policy ask_no_passage ask_no_orders ask_undated
    ask_undated_order ask_no_topic ask_unknown trouble_none_delivery""".split()
)
"""Acts that say that something is not on record."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the agent is told. `denies`: the records do not hold what was asked for."""

    text: str
    sources: tuple[Source, ...]
    denies: bool
    acts: tuple[str, ...] = ()
    handled_by: str = "composer"


@dataclass(frozen=True, slots=True)
class OrderAnswers:
    """One question being answered over one customer's records (orders newest first)."""

    assistant: Assistant
    customer: Customer
    orders: Sequence[Order]
    returns: Sequence[Return]
    products: dict[str, Product]
    asked: Question

    def about_orders(self, wanted: str) -> Answer | None:
        """The answer about the orders of the time asked for; None where orders do not answer it."""
        orders = self._in_period()
        if not orders:
            return self.say([Act("ask_no_orders", self._period())])
        if self.asked.terms and wanted not in ("average", "largest", "favourite"):
            return self._topic(wanted, orders)
        kept = [order for order in orders if not order.is_cancelled]
        match wanted:
            case "spent":
                return self._spent(kept)
            case "average":
                mean = mean_money(sum_money(order.total for order in kept), len(kept))
                return self._figure("ask_average", "mean", mean, kept)
            case "largest":
                best = max(kept or orders, key=lambda order: order.total.amount)
                return self._one_order("ask_largest", best)
            case "count":
                slots = self._period() | ({"count": "[search.orders]"} if len(orders) > 1 else {})
                return self.say([Act(numbered("ask_count", len(orders)), slots)], orders=orders)
            case "favourite":
                return self._favourite(kept)
            case "list":
                return self._list(orders)
        return self._bought(orders)

    # -- one order -------------------------------------------------------------------------------

    def _order(self, order_id: str) -> Answer:
        wanted = order_id.lstrip("#").lower()
        order = next((o for o in self.orders if o.id.lstrip("#").lower() == wanted), None)
        if order is None:
            record = Record("1", "order", order_id, {"name": f"order {order_id}"})
            return self.say([Act("ask_not_theirs", {"order": "[1]"})], [record])
        record = order_record("1", order, self.assistant.settings)
        acts = [Act("ask_order", {"order": "[1]", "items": "[1.items]", "total": "[1.total]"})]
        acts += [
            Act(f"ask_order_{name}", {name: f"[1.{name}]"})
            for name in ("date", "status", "payment", "tracking")
            if name in record.fields
        ]
        if self.asked.wanted == "status" and "status" not in record.fields:
            acts.append(Act("ask_order_no_status"))
        return self.say(acts, [record], orders=[order])

    def _one_order(self, kind: str, order: Order, *more: Act) -> Answer:
        record = order_record("1", order, self.assistant.settings)
        slots = {"order": "[1.line]"} | ({"topic": "[ask]"} if kind.endswith("_topic") else {})
        acts = [Act(kind, slots), *more, Act("ask_holds", {"items": "[1.items]"})]
        return self.say(acts, [record], orders=[order])

    def _edge(self, which: str) -> Answer:
        """The last or first order, of a product where one is named."""
        orders = [order for order in self._in_period() if self.lines_asked(order) or not self.asked.terms]
        if not orders and self.asked.terms:
            return self.deny_topic()
        if not orders:
            return self.say([Act("ask_no_orders", self._period())])
        if orders[0].placed_at is None and len(orders) > 1:
            return self.say([Act("ask_undated_order")])
        dated = [order for order in orders if order.placed_at is not None] or orders
        order = dated[0] if which == "last" else dated[-1]
        days: list[Act] = []
        extra: list[Record] = []
        if which == "last" and order.placed_at is not None:
            gone = (self.assistant.settings.current_date - order.placed_at.date()).days
            extra = [Record("gone", "count", "", {"name": self._count(gone)})]
            days = [Act("ask_days", {"days": "[gone]"})] if gone > 1 else []
        topic = "_topic" if self.asked.terms else ""
        if not topic:
            answer = self._one_order(f"ask_{which}", order)
            if not days:
                return answer
        record = order_record("1", order, self.assistant.settings)
        slots = {"order": "[1.line]"} | ({"topic": "[ask]"} if topic else {})
        holds = Act("ask_holds", {"items": "[1.items]"})
        shown = order if not topic else replace(order, lines=tuple(self.lines_asked(order)))
        record = replace(
            record,
            fields=dict(record.fields) | {"items": describe_lines(shown.lines, self.assistant.settings)},
        )
        return self.say([Act(f"ask_{which}{topic}", slots), *days, holds], [record, *extra], orders=[order])

    # -- several orders --------------------------------------------------------------------------

    def _spent(self, kept: Sequence[Order]) -> Answer:
        total = sum_money(order.total for order in kept)
        back = None if self.asked.period else self._facts().returned
        if back is None or total is None:
            return self._figure("ask_spent", "spent", total, kept)
        money = Record("sum", "money", "", {"spent": self._money(total), "returned": self._money(back)})
        acts = [
            Act("ask_spent", {"spent": "[sum.spent]"}),
            Act("ask_returned", {"returned": "[sum.returned]"}),
        ]
        return self.say(acts, [money], orders=kept)

    def _figure(self, kind: str, name: str, money: Money | None, orders: Sequence[Order]) -> Answer:
        if money is None:
            return self._unknown()
        record = Record("sum", "money", "", {name: self._money(money)})
        return self.say([Act(kind, {name: f"[sum.{name}]"} | self._period())], [record], orders=orders)

    def _topic(self, wanted: str, orders: Sequence[Order]) -> Answer | None:
        """Anything about one kind of product: whether, how many, when, for how much, in how many orders."""
        found = [(order, self.lines_asked(order)) for order in orders if self.lines_asked(order)]
        if not found:
            known = wanted in ("bought", "spent", "count")
            return self.deny_topic() if known else None
        holding = [order for order, _ in found]
        lines = [line for _, some in found for line in some]
        if wanted == "spent":
            total = sum_money(line.unit_price * line.quantity for line in lines)
            if total is None:
                return self._unknown()
            record = Record("sum", "money", "", {"spent": self._money(total)})
            slots = {"spent": "[sum.spent]", "topic": "[ask]"} | self._period()
            return self.say([Act("ask_spent_topic", slots)], [record], orders=holding)
        if wanted == "count":
            slots = {"topic": "[ask]"} | self._period()
            slots |= {"count": "[search.orders]"} if len(holding) > 1 else {}
            return self.say([Act(numbered("ask_count_topic", len(holding)), slots)], orders=holding)
        units = sum(line.quantity for line in lines)
        records = self._records(holding)
        items = Record("items", "lines", "", {"name": self._items(lines), "count": self._count(units)})
        slots_: dict[str, str | tuple[str, ...]] = {
            "items": "[items]",
            "orders": self._handles(records),
        }
        slots_ |= {"count": "[items.count]"} if units > 1 else {}
        act = Act(numbered("ask_bought_topic", units), slots_)
        return self.say([act], [*records, items], orders=holding)

    def _bought(self, orders: Sequence[Order]) -> Answer:
        items = self._items([line for order in orders for line in order.lines])
        slots = {"items": "[items]"} | self._period()
        return self.say(
            [Act("ask_bought", slots)], [Record("items", "lines", "", {"name": items})], orders=orders
        )

    def _list(self, orders: Sequence[Order]) -> Answer:
        records = self._records(orders)
        slots: dict[str, str | tuple[str, ...]] = {"orders": self._handles(records), **self._period()}
        slots |= {"count": "[search.orders]"} if len(orders) > 1 else {}
        return self.say([Act(numbered("ask_list", len(orders)), slots)], records, orders=orders)

    def _favourite(self, orders: Sequence[Order]) -> Answer:
        titles: Counter[str] = Counter()
        for order in orders:
            titles.update({line.title for line in order.lines})
        ranked = sorted(titles.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
        names = [f"{title} ({self._count(count)}×)" for title, count in ranked]
        items = Record("items", "lines", "", {"name": format_list(names, self.assistant.settings.locale)})
        acts = [Act("ask_favourite", {"items": "[items]"} | self._period())]
        if self._facts().top_categories and not self.asked.period:
            acts.append(Act("ask_favourite_categories", {"categories": "[customer.categories]"}))
        return self.say(acts, [items], orders=orders)

    def _status(self) -> Answer:
        orders = self._in_period()
        if self.asked.terms:
            orders = [order for order in orders if self.lines_asked(order)]
            if not orders:
                return self.deny_topic()
        if not any(order.status for order in orders):
            return self.say([Act("ask_status_unknown" if orders else "ask_no_orders", {})])
        wanted = self.asked.status[:STATUS_LETTERS]
        found = [order for order in orders if wanted and order.status.lower().startswith(wanted)]
        if not wanted:
            found = orders if self.asked.terms else [order for order in orders if is_open(order)]
        status = {"status": "[ask.status]"} if self.asked.status else {}
        if not found:
            return self.say([Act("ask_no_status" if status else "ask_no_open", status)])
        records = self._records(found)
        slots: dict[str, str | tuple[str, ...]] = {"orders": self._handles(records), **status}
        slots |= {"count": "[search.orders]"} if len(found) > 1 else {}
        kind = "ask_status" if status else "ask_open"
        if self.asked.terms and not status:
            slots = {"order": "[1.line]", "topic": "[ask]"}
            return self.say([Act("ask_status_topic", slots)], records, orders=found[:1])
        return self.say([Act(numbered(kind, len(found)), slots)], records, orders=found)

    def _returned(self) -> Answer:
        found = [
            item
            for item in self.returns
            if (self.asked.period is None or (item.at and self.asked.period.holds(item.at.date())))
            and (
                not self.asked.terms
                or holds_terms(self.asked.terms, item.title, self.products.get(item.product_id))
            )
        ]
        topic = {"topic": "[ask]"} if self.asked.terms else {}
        if not found:
            return self.say([Act("ask_no_returns", topic | self._period())])
        records = [
            return_record(str(n), item, self.assistant.settings)
            for n, item in enumerate(found[:ORDERS_NAMED], 1)
        ]
        units = sum(item.quantity for item in found)
        items = Record("items", "count", "", {"count": self._count(units)})
        handles = tuple(f"[{record.key}.line]" for record in records)
        more = len(found) - len(handles)
        slots: dict[str, str | tuple[str, ...]] = {"returns": handles, **self._period()}
        if more > 0:
            items = replace(items, fields=dict(items.fields) | {"more": f"{self._count(more)} more"})
            slots["returns"] = (*handles, "[items.more]")
        slots |= {"count": "[items.count]"} if units > 1 else {}
        sources = tuple(
            Source("return", item.id, f"Return {item.id}", record.fields["line"])
            for item, record in zip(found, records, strict=False)
        )
        answer = self.say([Act(numbered("ask_returns", units), slots)], [*records, items])
        return replace(answer, sources=sources)

    def _unknown(self) -> Answer:
        return self.say([Act("ask_unknown")])

    def deny_topic(self) -> Answer:
        """That none of their orders holds what was asked about."""
        return self.say([Act("ask_no_topic", {"topic": "[ask]"} | self._period())])

    # -- helpers ---------------------------------------------------------------------------------

    def _in_period(self) -> list[Order]:
        period = self.asked.period
        if period is None:
            return list(self.orders)
        return [order for order in self.orders if order.placed_at and period.holds(order.placed_at.date())]

    def lines_asked(self, order: Order) -> list[OrderLine]:
        """The lines that hold what the question names."""
        return [
            line
            for line in order.lines
            if holds_terms(self.asked.terms, line.title, self.products.get(line.product_id))
        ]

    def _period(self) -> dict[str, str]:
        return {"period": "[ask.period]"} if self.asked.period else {}

    def _facts(self) -> CustomerFacts:
        return customer_facts(
            self.customer.id,
            self.orders,
            self.returns,
            self.products,
            self.assistant.settings.current_date,
            count_undated=True,
        )

    def _items(self, lines: Sequence[OrderLine]) -> str:
        """Lines of the same title added up, most units first."""
        units: Counter[str] = Counter()
        for line in lines:
            units[line.title] += line.quantity
        first = {line.title: line for line in lines}
        ranked = sorted(units.items(), key=lambda pair: (-pair[1], pair[0]))
        return describe_lines([replace(first[t], quantity=n) for t, n in ranked], self.assistant.settings)

    def _records(self, orders: Sequence[Order]) -> list[Record]:
        settings = self.assistant.settings
        records = [order_record(str(n), o, settings) for n, o in enumerate(orders[:ORDERS_NAMED], 1)]
        more = len(orders) - len(records)
        return records + (
            [Record("more", "count", "", {"name": f"{self._count(more)} more"})] if more > 0 else []
        )

    def _handles(self, records: Sequence[Record]) -> tuple[str, ...]:
        return tuple("[more]" if record.key == "more" else f"[{record.key}.line]" for record in records)

    def _count(self, number: int) -> str:
        return format_count(number, self.assistant.settings.locale)

    def _money(self, money: Money) -> str:
        return format_money(money, self.assistant.settings.locale)

    def say(
        self, acts: Sequence[Act], records: Sequence[Record] = (), *, orders: Sequence[Order] = ()
    ) -> Answer:
        """The acts in words, with the orders they were read from as sources."""
        settings = self.assistant.settings
        ask_fields = {
            "name": self.asked.topic,
            "status": self.asked.status,
            "period": self.asked.period.name if self.asked.period else "",
        }
        common = [
            customer_record(self.customer, self._facts(), settings),
            Record("ask", "question", "", {key: value for key, value in ask_fields.items() if value}),
            Record("search", "count", "", {"orders": self._count(len(orders))}),
        ]
        text = say_acts(acts, [*records, *common], settings, stable_seed(self.asked.text))
        sources = tuple(order_source(order, settings) for order in orders)
        if len(orders) > ORDERS_NAMED:
            sources = (Source("customer", self.customer.id, orders_span(orders, settings)),)
        if not sources:
            sources = (Source("customer", self.customer.id, called(self.customer)),)
        kinds = tuple(act.kind for act in acts)
        return Answer(text, sources, bool(DENIALS & set(kinds)), kinds)
