"""A customer's records as a plan's records, and the saying of a plan for staff.

Turns orders, returns, figures and policy passages into `Record`s whose fields are display strings
in the shop's locale. Knows nothing of which question was asked or what a page looks like.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant.events import Source
from assistant.plan import Act, Plan, Record
from assistant.writers.base import Voice
from assistant.writers.composer import Composer
from insight.features import CustomerFacts
from shop.formats import format_count, format_date, format_list, format_money
from shop.settings import Settings
from shop.types import Customer, Money, Order, OrderLine, Return

LINES_NAMED = 4
ADDRESS_PARTS = ("address1", "address2", "street", "city", "state", "province", "zip", "postcode", "country")
OPEN_STATUSES = ("pending", "process", "unfulfilled", "on hold", "partial", "in transit", "shipped")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One written sentence and the label of the record it was read from."""

    text: str
    source: str


def stable_seed(text: str) -> int:
    """A number that is the same for the same text in every process."""
    return zlib.crc32(text.encode())


def say_acts(acts: Sequence[Act], records: Sequence[Record], settings: Settings, seed: int) -> str:
    """The acts in the composer's words, handles expanded.

    Staff screens open in well under a second and are read by people who check figures, so the
    composer speaks here; the model's writer takes plans of this same shape where speed allows.
    """
    plan = Plan(tuple(acts), tuple(records))
    voice = Voice(settings.name, settings.locale, seed)
    composer = Composer()
    said = (composer.say(act, voice, position) for position, act in enumerate(acts))
    return sentence_case(plan.expand(" ".join(said)))


def sentence_case(text: str) -> str:
    """`text` with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def slots_of(record: Record, *names: str) -> dict[str, str]:
    """A slot for each of `names` that the record has a field for: nothing is said of what is unknown."""
    return {name: f"[{record.key}.{name}]" for name in names if name in record.fields}


def numbered(kind: str, count: int) -> str:
    """The act kind for one thing or for several: `kind_one` or `kind_many`."""
    return f"{kind}_{'one' if count == 1 else 'many'}"


def called(customer: Customer) -> str:
    """What staff call this customer: the name, else the number."""
    return customer.name or f"Customer {customer.id}"


def address_line(customer: Customer) -> str:
    """The address on one line, street first, whatever order the source kept it in."""
    known = [name for name in ADDRESS_PARTS if name in customer.address]
    rest = [name for name in customer.address if name not in ADDRESS_PARTS]
    parts = [customer.address[name] for name in known[:-1] + rest + known[-1:]]
    return ", ".join(part for part in parts if part)


def customer_record(customer: Customer, facts: CustomerFacts, settings: Settings) -> Record:
    """Record `customer`: bare `[customer]` is the name or number."""
    locale = settings.locale
    fields = {
        "name": called(customer),
        "country": customer.country,
        "email": customer.email,
        "phone": customer.phone,
        "language": customer.language,
        "address": address_line(customer),
        "payments": format_list(customer.payment_methods, locale) if customer.payment_methods else "",
        "orders": format_count(facts.orders, locale),
        "returns": format_count(facts.returns, locale),
        "categories": format_list(facts.top_categories, locale) if facts.top_categories else "",
        "since": format_date(facts.first_at.date(), locale) if facts.first_at else "",
        "last": format_date(facts.last_at.date(), locale) if facts.last_at else "",
        "days": format_count(facts.days_since, locale) if facts.days_since is not None else "",
        "ordered": _money(facts.ordered, locale),
        "spent": _money(facts.spent, locale),
        "mean": _money(facts.mean_order, locale),
        "returned": _money(facts.returned, locale),
        "consent_source": customer.consent.source,
    }
    return Record("customer", "customer", customer.id, {name: text for name, text in fields.items() if text})


def order_record(key: str, order: Order, settings: Settings) -> Record:
    """One order: bare handle is "order 536365", `.line` names it with its date and total."""
    locale = settings.locale
    name = f"order {order.id}"
    date = format_date(order.placed_at.date(), locale) if order.placed_at else ""
    total = format_money(order.total, locale)
    fields = {
        "name": name,
        "date": date,
        "total": total,
        "status": order.status,
        "payment": order.payment_status,
        "tracking": format_list(order.tracking, locale) if order.tracking else "",
        "items": describe_lines(order.lines, settings),
        "line": f"{name} ({', '.join(part for part in (date, order.status, total) if part)})",
    }
    return Record(key, "order", order.id, {name: text for name, text in fields.items() if text})


def return_record(key: str, item: Return, settings: Settings) -> Record:
    """One return: bare handle is "2 × Lunch Bag", `.line` adds date and amount."""
    locale = settings.locale
    name = f"{format_count(item.quantity, locale)} × {item.title}"
    date = format_date(item.at.date(), locale) if item.at else ""
    amount = format_money(item.amount, locale)
    fields = {"name": name, "date": date, "amount": amount}
    fields["line"] = f"{name} ({', '.join(part for part in (date, amount) if part)})"
    return Record(key, "return", item.id, {name: text for name, text in fields.items() if text})


def describe_lines(lines: Sequence[OrderLine], settings: Settings) -> str:
    """'2 × Lunch Bag and 1 × Jam Jar', at most `LINES_NAMED` of them and how many more there are."""
    shown = [f"{format_count(line.quantity, settings.locale)} × {line.title}" for line in lines[:LINES_NAMED]]
    more = len(lines) - len(shown)
    if more > 0:
        shown.append(f"{format_count(more, settings.locale)} more")
    return format_list(shown, settings.locale)


def is_open(order: Order) -> bool:
    """Whether the order's status says that it is still on its way; no status says nothing."""
    return order.status.lower().startswith(OPEN_STATUSES)


def order_source(order: Order, settings: Settings) -> Source:
    """An order as the source of a sentence."""
    return Source("order", order.id, order_label(order, settings), describe_lines(order.lines, settings))


def order_label(order: Order, settings: Settings) -> str:
    """'Order 536365, 1 May 2011'."""
    date = f", {format_date(order.placed_at.date(), settings.locale)}" if order.placed_at else ""
    return f"Order {order.id}{date}"


def orders_label(facts: CustomerFacts, settings: Settings) -> str:
    """'34 orders, 1 December 2010 to 9 September 2011'."""
    return _label_span(facts.orders, facts.first_at, facts.last_at, settings)


def orders_span(orders: Sequence[Order], settings: Settings) -> str:
    """The same for any of a customer's orders."""
    dates = sorted(order.placed_at for order in orders if order.placed_at is not None)
    first, last = (dates[0], dates[-1]) if dates else (None, None)
    return _label_span(len(orders), first, last, settings)


def _label_span(count: int, first_at: datetime | None, last_at: datetime | None, settings: Settings) -> str:
    label = f"{format_count(count, settings.locale)} {'order' if count == 1 else 'orders'}"
    if first_at is None or last_at is None:
        return f"{label}, undated" if count else label
    first = format_date(first_at.date(), settings.locale)
    last = format_date(last_at.date(), settings.locale)
    return f"{label}, {first}" if first == last else f"{label}, {first} to {last}"


def _money(money: Money | None, locale: str) -> str:
    return format_money(money, locale) if money is not None else ""
