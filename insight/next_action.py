"""What to do next for one customer, with the reason and the rule or model behind it.

    choose_action(profile, facts)      # pure: the same input, the same advice

The first rule that holds wins, amends before thanks and thanks before selling. An action that writes to
the customer needs their consent and room under the shop's cap; without them the advice is to leave them
alone, and says what would have been done. Knows values only; `facts_for_action` reads them from a store.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Literal

from insight.profile import RULES, CustomerProfile, Prediction
from shop.store import Store
from shop.types import Order

Kind = Literal["apologise", "thank", "ask_review", "restock", "win_back", "leave_alone"]

LIKELY_LOST = 0.6
"""Chance to lapse from which on winning back is worth an offer."""
SAFE = 0.35
"""Chance to lapse up to which a customer comes without being written to."""
FRESH_DAYS = 30
THANK_ORDERS = (1, 5, 10, 25, 50)
"""After these orders a thank-you means something."""
THANK_DAYS = 14
REVIEW_DAYS = (10, 45)
"""Days after an order in which its goods are known and not forgotten."""
BOUGHT_TIMES = 3
DUE = (0.85, 1.6)
"""A product is due again at these shares of the customer's own usual interval."""
MESSAGE_EVENTS = frozenset({"Email Sent", "Email Delivered", "SMS Sent", "SMS Delivered", "Message Sent"})
"""Events that say a marketing message went to the customer."""
CAP_MESSAGES = 2
CAP_DAYS = 14


@dataclass(frozen=True, slots=True)
class NextAction:
    """Advice for people: `text` says what to do, `reason` why, `basis` which rule or model says so.

    `product_id` is what it is about, if anything. `held_back` is what would have been advised where consent
    or the cap forbids it, else ''.
    """

    kind: Kind
    text: str
    reason: str
    basis: str
    product_id: str = ""
    held_back: str = ""


@dataclass(frozen=True, slots=True)
class DueAgain:
    """A product this customer buys again and again: usual interval, days since the last time."""

    product_id: str
    title: str
    every_days: int
    days_since: int
    times: int


@dataclass(frozen=True, slots=True)
class ActionFacts:
    """What the rules look at, as of the profile's date. Days count back from it; None: never, or not known.

    `grievance` says in words what went wrong lately, '' if nothing did. `written` are the days on which
    marketing messages went to the customer.
    """

    may_write: bool
    orders: int = 0
    last_order_id: str = ""
    days_since_order: int | None = None
    last_title: str = ""
    last_product_id: str = ""
    grievance: str = ""
    due: tuple[DueAgain, ...] = ()
    written: tuple[date, ...] = ()


def choose_action(
    profile: CustomerProfile,
    facts: ActionFacts,
    *,
    cap_messages: int = CAP_MESSAGES,
    cap_days: int = CAP_DAYS,
) -> NextAction:
    """The first rule that holds, held back where consent or the cap forbids writing."""
    wanted = _wanted(profile, facts)
    if wanted.kind in ("leave_alone", "apologise"):
        # An apology answers the customer's own complaint; it is service, not marketing.
        return wanted
    if not facts.may_write:
        return _hold(wanted, "They do not allow marketing e-mail.", "Rule: consent")
    lately = [day for day in facts.written if 0 <= (profile.as_of - day).days < cap_days]
    if len(lately) >= cap_messages:
        reason = (
            f"{len(lately)} messages went to them in the last {cap_days} days; {cap_messages} are the most."
        )
        return _hold(wanted, reason, "Rule: frequency cap")
    return wanted


def _hold(wanted: NextAction, reason: str, basis: str) -> NextAction:
    return NextAction(
        "leave_alone", "Do not write to them now.", reason, basis, wanted.product_id, held_back=wanted.text
    )


def _wanted(profile: CustomerProfile, facts: ActionFacts) -> NextAction:
    if facts.grievance:
        return NextAction(
            "apologise",
            "Apologise, and put right what went wrong, before anything is sold to them.",
            facts.grievance,
            "Rule: something went wrong in the last 30 days",
        )
    days = facts.days_since_order
    if facts.due and not _is_lost(profile.churn):
        due = facts.due[0]
        return NextAction(
            "restock",
            f"Remind them of {due.title}.",
            f"Bought on {due.times} days, usually every {due.every_days} days; the last time was "
            f"{due.days_since} days ago.",
            "Rule: a product is due again by the customer's own interval",
            due.product_id,
        )
    if facts.orders in THANK_ORDERS and days is not None and days <= THANK_DAYS:
        what = "first order" if facts.orders == 1 else f"{facts.orders}th order"
        return NextAction(
            "thank",
            f"Thank them for their {what}.",
            f"Order {facts.last_order_id} was placed {_ago(days)}.",
            "Rule: a first, fifth, tenth, 25th or 50th order in the last 14 days",
        )
    if days is not None and REVIEW_DAYS[0] <= days <= REVIEW_DAYS[1] and facts.last_title:
        return NextAction(
            "ask_review",
            f"Ask what they think of {facts.last_title}.",
            f"Order {facts.last_order_id} was placed {_ago(days)} and none of it came back.",
            f"Rule: an order {REVIEW_DAYS[0]} to {REVIEW_DAYS[1]} days ago without a return",
            facts.last_product_id,
        )
    if profile.churn is not None and _is_lost(profile.churn):
        why = profile.churn.reasons[0].words if profile.churn.reasons else "no recent order"
        return NextAction(
            "win_back",
            "Win them back, with an offer if the shop allows one.",
            f"{_percent(profile.churn.probability)} likely to place no order within "
            f"{profile.churn.horizon_days} days: {why}.",
            _basis(profile.churn),
        )
    if profile.churn is None:
        return NextAction(
            "leave_alone", "No advice to give.", "Their orders have no dates to judge by.", "Rule: no history"
        )
    chance = (
        f"{_percent(1 - profile.churn.probability)} likely to order within {profile.churn.horizon_days} days"
    )
    if profile.churn.probability <= SAFE:
        text, reason = "Leave them alone; they come by themselves.", f"{chance} anyway."
    else:
        text, reason = "Leave them alone for now.", f"{chance}; nothing is due and they are not lost yet."
    return NextAction("leave_alone", text, reason, _basis(profile.churn))


def _percent(chance: float) -> str:
    """A chance in words that never claims to be certain."""
    return "under 1%" if chance < 0.01 else "over 99%" if chance > 0.99 else f"{chance:.0%}"


def _is_lost(churn: Prediction | None) -> bool:
    return churn is not None and churn.probability >= LIKELY_LOST


def _basis(prediction: Prediction) -> str:
    if prediction.model == RULES:
        return "Rule: days since the last order (no trained model)"
    return f"Model: {prediction.target} {prediction.model}"


def _ago(days: int) -> str:
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")


def facts_for_action(store: Store, customer_id: str, today: date, *, grievance: str = "") -> ActionFacts:
    """The facts of one customer as of `today`, read from the store.

    `grievance` is what the caller knows of chats (mood, votes, hand-offs); a return in the last 30 days
    counts as one where the caller knows of none.
    """
    customer = store.customer(customer_id)
    orders = [
        order
        for order in store.orders_of(customer_id)
        if order.placed_at is not None and order.placed_at.date() <= today and not order.is_cancelled
    ]
    back = [item for item in store.returns_of(customer_id) if item.at is not None and item.at.date() <= today]
    if not grievance and back and back[0].at and (today - back[0].at.date()).days <= FRESH_DAYS:
        grievance = f"They sent back {back[0].title} on {back[0].at.date().isoformat()}."
    last = orders[0] if orders else None
    returned = {item.product_id for item in back if last is not None and item.order_id == last.id}
    kept = (
        [line for line in last.lines if not line.returned and line.product_id not in returned] if last else []
    )
    best = max(kept, key=lambda line: line.unit_price.amount * line.quantity) if kept else None
    return ActionFacts(
        may_write=customer is not None and customer.consent.marketing_email,
        orders=len(orders),
        last_order_id=last.id if last else "",
        days_since_order=(today - last.placed_at.date()).days if last and last.placed_at else None,
        last_title=best.title if best and not returned else "",
        last_product_id=best.product_id if best and not returned else "",
        grievance=grievance,
        due=due_again(orders, today),
        written=tuple(
            at.date()
            for at in (
                *(event.at for event in store.events_of(customer_id) if event.name in MESSAGE_EVENTS),
                *(message.at for message in store.messages_of(customer_id)),
            )
        ),
    )


def due_again(orders: Iterable[Order], today: date) -> tuple[DueAgain, ...]:
    """Products bought on three days or more whose usual interval is about over, the surest first."""
    days: dict[str, set[date]] = {}
    titles: dict[str, str] = {}
    for order in orders:
        if order.placed_at is None:
            continue
        for line in order.lines:
            days.setdefault(line.product_id, set()).add(order.placed_at.date())
            titles.setdefault(line.product_id, line.title)
    found = []
    for product, bought in days.items():
        if len(bought) < BOUGHT_TIMES:
            continue
        dates = sorted(bought)
        every = median((b - a).days for a, b in pairwise(dates))
        since = (today - dates[-1]).days
        if DUE[0] * every <= since <= DUE[1] * every and every >= 7:
            found.append(DueAgain(product, titles[product], round(every), since, len(dates)))
    return tuple(
        sorted(found, key=lambda one: (-one.times, abs(one.days_since / one.every_days - 1), one.product_id))
    )
