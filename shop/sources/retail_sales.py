"""Sales lines to products with names and current prices, customers, orders and matched returns.

Knows sales lines (online_retail.py) and decides: which of several names, which of several prices,
which order a cancellation belongs to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median_low

from shop.sources.colours import colours_of_title
from shop.sources.online_retail import Line
from shop.sources.titles import readable_title
from shop.types import Customer, Money, Order, OrderLine, Product, Return

PRICE_WINDOW = timedelta(days=60)
OLD_NAME_SHARE = 0.05


def build_products(lines: Iterable[Line], currency: str) -> list[Product]:
    """One product a code: its usual name, current price, and colours from the title."""
    sales = _sales_by_code(lines)
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
    return products


def build_titles(lines: Iterable[Line]) -> dict[str, str]:
    """The usual name of each code."""
    return {code: usual_name(sold)[0] for code, sold in _sales_by_code(lines).items()}


def _sales_by_code(lines: Iterable[Line]) -> dict[str, list[Line]]:
    sales: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if not line.cancels:
            sales[line.code].append(line)
    return sales


def usual_name(sales: Sequence[Line]) -> tuple[str, tuple[str, ...]]:
    """The most frequent name of a code and the other real ones it goes or went by.

    Names in small letters are notes ("damaged") where the code also has one in capitals.
    """
    written = Counter(line.title for line in sales if line.title)
    names: Counter[str] = Counter()
    for name, count in written.items():
        names[" ".join(name.split())] += count
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
    """Orders, returns, and how many returned lines matched no order."""
    by_invoice: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if not line.cancels:
            by_invoice[line.invoice].append(line)
    matcher = _Matcher(by_invoice)
    cancelled = sorted((line for line in lines if line.cancels), key=lambda line: line.at)
    returns: list[Return] = []
    used: Counter[str] = Counter()
    for line in cancelled:
        for order_id, units in matcher.match(line):
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
    prices: dict[Decimal, Money] = {}
    orders = []
    for invoice, bought in by_invoice.items():
        order_lines = []
        for position, line in enumerate(bought):
            if line.price not in prices:
                prices[line.price] = Money(line.price, currency)
            order_lines.append(
                OrderLine(
                    product_id=line.code,
                    title=titles[line.code],
                    quantity=line.quantity,
                    unit_price=prices[line.price],
                    returned=matcher.returned.get((invoice, position), 0),
                )
            )
        orders.append(
            Order(
                id=invoice,
                customer_id=bought[0].customer_id,
                lines=tuple(order_lines),
                placed_at=min(line.at for line in bought),
                country=bought[0].country,
            )
        )
    return orders, returns, matcher.unmatched


class _Matcher:
    """Finds the order a cancelled line belongs to.

    It is the same customer's latest earlier order with that product that still has units; what is
    left over goes to the order before that, and at last stands alone.
    """

    def __init__(self, by_invoice: Mapping[str, Sequence[Line]]) -> None:
        self.returned: dict[tuple[str, int], int] = defaultdict(int)
        self.unmatched = 0
        self._by_invoice = by_invoice
        self._places: dict[tuple[str, str], list[tuple[datetime, str, int]]] = defaultdict(list)
        for invoice, bought in by_invoice.items():
            for position, line in enumerate(bought):
                if line.customer_id:
                    self._places[line.customer_id, line.code].append((line.at, invoice, position))
        for places in self._places.values():
            places.sort(reverse=True)

    def match(self, line: Line) -> list[tuple[str, int]]:
        """(order id, units) for each order the cancelled units came from; '' for those of none."""
        left = line.quantity
        parts: list[tuple[str, int]] = []
        for at, invoice, position in self._places.get((line.customer_id, line.code), ()):
            spot = (invoice, position)
            units = min(left, self._by_invoice[invoice][position].quantity - self.returned[spot])
            if at <= line.at and units > 0:
                self.returned[spot] += units
                left -= units
                parts.append((invoice, units))
            if not left:
                return parts
        self.unmatched += 1
        return [*parts, ("", left)]
