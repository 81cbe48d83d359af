"""Sales lines to products with names and current prices, customers, orders and matched returns.

Knows sales lines (online_retail.py) and decides: which of several names, which of several prices,
which order a cancellation belongs to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median_low

from shop.sources.categories import derive_categories
from shop.sources.colours import colours_of_title
from shop.sources.online_retail import Line
from shop.sources.titles import readable_title
from shop.types import Customer, Money, Order, OrderLine, Product, Return

PRICE_WINDOW = timedelta(days=60)
OLD_NAME_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class _Open:
    """An order line that can still be cancelled."""

    order_id: str
    position: int
    placed_at: datetime


def build_products(lines: Iterable[Line], currency: str) -> list[Product]:
    """One product a code: its usual name, current price, colours and category from the title."""
    sales: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if not line.cancels:
            sales[line.code].append(line)
    products = []
    for code in sorted(sales):
        title, others = usual_name(sales[code])
        amount, read_at = current_price(sales[code])
        products.append(
            Product(
                id=code,
                title=title,
                colour=colours_of_title(title),
                price=Money(amount, currency),
                price_at=read_at,
                attributes={"also called": "; ".join(others)} if others else {},
            )
        )
    return derive_categories(products)


def usual_name(sales: Sequence[Line]) -> tuple[str, tuple[str, ...]]:
    """The most frequent name of a code and the other real ones it goes or went by.

    Names in small letters are notes ("damaged") where the code also has one in capitals.
    """
    names = Counter(" ".join(line.title.split()) for line in sales if line.title)
    shouted = Counter({name: count for name, count in names.items() if name.upper() == name})
    ranked = (shouted or names).most_common()
    if not ranked:
        return sales[0].code, ()
    total = sum(count for _, count in ranked)
    title = readable_title(ranked[0][0])
    words = set(title.casefold().split())
    others = {
        readable_title(name): None
        for name, count in ranked[1:]
        if count >= OLD_NAME_SHARE * total and set(readable_title(name).casefold().split()) != words
    }
    return title, tuple(others)


def current_price(sales: Sequence[Line]) -> tuple[Decimal, datetime]:
    """What one shopper pays now, and when that was last read.

    Of the 60 days up to the product's last sale, the lines of known customers (guest lines of this
    kind of shop come through marketplaces with their own prices) of at most the usual quantity (so
    no bulk discount): the price most of them paid, the later one of equals.
    """
    last = max(line.at for line in sales)
    recent = [line for line in sales if line.at >= last - PRICE_WINDOW]
    recent = [line for line in recent if line.customer_id] or recent
    usual = median_low(line.quantity for line in recent)
    small = [line for line in recent if line.quantity <= usual]
    paid = Counter(line.price for line in small)
    read_at = {price: max(line.at for line in small if line.price == price) for price in paid}
    amount = max(paid, key=lambda price: (paid[price], read_at[price]))
    return amount, read_at[amount]


def build_customers(lines: Iterable[Line]) -> list[Customer]:
    """One customer an id, with the country of their last line and the time of their first."""
    last: dict[str, Line] = {}
    since: dict[str, datetime] = {}
    for line in lines:
        if not line.customer_id:
            continue
        if line.customer_id not in last or line.at >= last[line.customer_id].at:
            last[line.customer_id] = line
        since[line.customer_id] = min(line.at, since.get(line.customer_id, line.at))
    return [Customer(id=id_, country=last[id_].country, since=since[id_]) for id_ in sorted(last)]


def build_orders(
    lines: Sequence[Line], titles: Mapping[str, str], currency: str
) -> tuple[list[Order], list[Return], int]:
    """Orders, returns, and how many returned lines matched no order.

    A cancelled line goes to the same customer's latest earlier order with that product that still
    has units; what is left over goes to the order before, and at last stands alone.
    """
    by_invoice: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if not line.cancels:
            by_invoice[line.invoice].append(line)
    returned: dict[tuple[str, int], int] = defaultdict(int)
    open_lines: dict[tuple[str, str], list[_Open]] = defaultdict(list)
    quantities: dict[tuple[str, int], int] = {}
    for invoice, bought in by_invoice.items():
        for position, line in enumerate(bought):
            quantities[invoice, position] = line.quantity
            if line.customer_id:
                key = (line.customer_id, line.code)
                open_lines[key].append(_Open(invoice, position, line.at))
    for places in open_lines.values():
        places.sort(key=lambda place: place.placed_at)

    returns: list[Return] = []
    unmatched = 0
    cancelled = sorted((line for line in lines if line.cancels), key=lambda line: line.at)
    used: Counter[str] = Counter()
    for line in cancelled:
        left = line.quantity
        parts: list[tuple[str, int]] = []
        for place in reversed(open_lines.get((line.customer_id, line.code), [])):
            spot = (place.order_id, place.position)
            units = min(left, quantities[spot] - returned[spot])
            if place.placed_at <= line.at and units > 0:
                returned[spot] += units
                left -= units
                parts.append((place.order_id, units))
            if not left:
                break
        if left:
            unmatched += 1
            parts.append(("", left))
        for order_id, units in parts:
            # By invoice and product, so that a longer file of the same shop gives the same ids.
            id_ = f"{line.invoice}-{line.code}"
            used[id_] += 1
            returns.append(
                Return(
                    id=id_ if used[id_] == 1 else f"{id_}-{used[id_]}",
                    customer_id=line.customer_id,
                    product_id=line.code,
                    title=titles.get(line.code) or readable_title(line.title),
                    quantity=units,
                    amount=Money(line.price * units, currency),
                    at=line.at,
                    order_id=order_id,
                )
            )
    orders = [_order(invoice, bought, returned, titles, currency) for invoice, bought in by_invoice.items()]
    return orders, returns, unmatched


def _order(
    invoice: str,
    bought: Sequence[Line],
    returned: Mapping[tuple[str, int], int],
    titles: Mapping[str, str],
    currency: str,
) -> Order:
    lines = tuple(
        OrderLine(
            product_id=line.code,
            title=titles[line.code],
            quantity=line.quantity,
            unit_price=Money(line.price, currency),
            returned=returned.get((invoice, position), 0),
        )
        for position, line in enumerate(bought)
    )
    first = bought[0]
    return Order(
        id=invoice,
        customer_id=first.customer_id,
        lines=lines,
        placed_at=min(line.at for line in bought),
        country=first.country,
    )
