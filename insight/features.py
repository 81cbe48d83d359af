"""What one customer has done up to a date, as figures computed from their own records.

Strictly as of that date: nothing dated after it is looked at, so the same function serves the
support desk today and a prediction's training cut in the past. Knows orders and returns; knows
nothing of chats, models or what is likely to happen next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from shop.store import Store
from shop.types import Money, Order, Product, Return

TOP_CATEGORIES = 3


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """Figures of one customer as of `as_of`; `None` and empty mean that the records do not say.

    `orders` were placed, `cancelled` of them called off, `undated` of them carry no date. `ordered` is
    the worth of those not called off, `returned` of all `returns` units sent back, `spent` what was
    ordered less what came back of it (returns that belong to no known order are not deducted).
    """

    customer_id: str
    as_of: date
    orders: int
    ordered: Money | None
    spent: Money | None
    first_at: datetime | None
    last_at: datetime | None
    days_since: int | None
    returns: int
    returned: Money | None
    top_categories: tuple[str, ...]
    mean_order: Money | None
    cancelled: int = 0
    undated: int = 0


def sum_money(amounts: Iterable[Money]) -> Money | None:
    """The sum, or None where there is nothing to add or the amounts are in several currencies."""
    total: Money | None = None
    for amount in amounts:
        if total is not None and total.currency != amount.currency:
            return None
        total = amount if total is None else total + amount
    return total


def mean_money(total: Money | None, count: int) -> Money | None:
    """`total` shared over `count`, rounded to the cent."""
    if total is None or not count:
        return None
    return Money((total.amount / count).quantize(Decimal("0.01")), total.currency)


def customer_facts(
    customer_id: str,
    orders: Iterable[Order],
    returns: Iterable[Return],
    products: Mapping[str, Product],
    as_of: date,
    *,
    count_undated: bool = False,
) -> CustomerFacts:
    """Figures over the given records, as of `as_of` (that day included).

    An order without a date cannot be placed before or after a cut: it counts only with
    `count_undated`, which is right for "what do we know now" and wrong for anything predicted.
    """
    known = [order for order in orders if _is_known(order.placed_at, as_of, count_undated)]
    back = [item for item in returns if _is_known(item.at, as_of, count_undated)]
    kept = [order for order in known if not order.is_cancelled]
    dates = sorted(order.placed_at for order in known if order.placed_at is not None)
    ordered = sum_money(order.total for order in kept)
    refunded = sum_money(item.amount for item in back if item.order_id)
    spent = ordered
    if ordered is not None and refunded is not None and refunded.currency == ordered.currency:
        spent = ordered - refunded
    return CustomerFacts(
        customer_id=customer_id,
        as_of=as_of,
        orders=len(known),
        ordered=ordered,
        spent=spent,
        first_at=dates[0] if dates else None,
        last_at=dates[-1] if dates else None,
        days_since=(as_of - dates[-1].date()).days if dates else None,
        returns=sum(item.quantity for item in back),
        returned=sum_money(item.amount for item in back),
        top_categories=_top_categories(kept, products),
        mean_order=mean_money(ordered, len(kept)),
        cancelled=len(known) - len(kept),
        undated=sum(order.placed_at is None for order in known),
    )


def facts_of(store: Store, customer_id: str, as_of: date, *, count_undated: bool = False) -> CustomerFacts:
    """`customer_facts` of one customer, read from the store."""
    orders = store.orders_of(customer_id)
    ids = {line.product_id for order in orders for line in order.lines}
    return customer_facts(
        customer_id,
        orders,
        store.returns_of(customer_id),
        store.products_by_id(ids),
        as_of,
        count_undated=count_undated,
    )


def _is_known(at: datetime | None, as_of: date, count_undated: bool) -> bool:
    return count_undated if at is None else at.date() <= as_of


def _top_categories(orders: Iterable[Order], products: Mapping[str, Product]) -> tuple[str, ...]:
    """Narrowest categories by the number of orders they occur in: units would let one bulk buy win."""
    counts: Counter[str] = Counter()
    for order in orders:
        found = {
            products[line.product_id].category
            for line in order.lines
            if line.product_id in products and products[line.product_id].category
        }
        counts.update(sorted(found))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(name for name, _ in ranked[:TOP_CATEGORIES])
