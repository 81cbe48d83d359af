"""Records for plans: products, orders and the rest as numbered fields of display text.

The one place where a stored value becomes words: money, dates, ratings and stock read the same in
every reply, card, brief and campaign of a shop. Fields the data does not hold are left out, so a
handle to them does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.events import Card, Source
from assistant.plan import Record
from retrieval.query import Filters
from shop.formats import format_count, format_date, format_list, format_money
from shop.types import Customer, Money, Order, PolicyPassage, Product, Rating

MAX_NAME_CHARS = 70
# Marketplace titles are long: a name ends at the first of these after a sensible start.
NAME_BREAK = re.compile(r"\s[-–—|]\s|\s\(|[,;:|]\s|\s/\s")
MIN_NAME_CHARS = 18


def short_name(title: str) -> str:
    """The opening of `title` fit for a sentence; always a prefix of it, cut between words."""
    if len(title) <= MAX_NAME_CHARS:
        return title.rstrip(" .")
    for match in NAME_BREAK.finditer(title):
        if match.start() > MAX_NAME_CHARS:
            break
        if match.start() >= MIN_NAME_CHARS:
            return title[: match.start()]
    return title[:MAX_NAME_CHARS].rsplit(" ", 1)[0].rstrip(" ,;:-–—|(")


def say_rating(rating: Rating, locale: str) -> str:
    """'4.6 out of 5 (124,969 ratings)'."""
    return f"{rating.value:g} out of 5 ({format_count(rating.count, locale)} ratings)"


def product_record(key: str, product: Product, locale: str, why: str = "") -> Record:
    """A product; fields name, and where known price, list_price, rating, category, colour, brand, why."""
    fields = {"name": short_name(product.title)}
    if product.price:
        fields["price"] = format_money(product.price, locale)
    if product.list_price and product.price and product.list_price > product.price:
        fields["list_price"] = format_money(product.list_price, locale)
    if product.rating:
        fields["rating"] = say_rating(product.rating, locale)
    for name, value in (("category", product.category), ("colour", product.colour), ("brand", product.brand)):
        if value:
            fields[name] = value
    if why:
        fields["why"] = why
    return Record(key, "product", product.id, fields)


def order_record(key: str, order: Order, locale: str) -> Record:
    """An order; fields name (its number), items, count, total, and where known placed, status, tracking
    and returned."""
    fields = {
        "name": order.id,
        "items": list_items(order, locale),
        "total": format_money(order.total, locale),
        "count": str(sum(line.quantity for line in order.lines)),
    }
    if order.placed_at:
        fields["placed"] = format_date(order.placed_at.date(), locale)
    if order.status:
        fields["status"] = order.status
    if order.tracking:
        fields["tracking"] = format_list(order.tracking, locale)
    returned = [f"{line.returned} × {short_name(line.title)}" for line in order.lines if line.returned]
    if returned:
        fields["returned"] = format_list(returned, locale)
    return Record(key, "order", order.id, fields)


def list_items(order: Order, locale: str, most: int = 4) -> str:
    """'6 × White Metal Lantern, Cream Cupid Coat Hanger and other products'."""
    names = [
        (f"{line.quantity} × " if line.quantity > 1 else "") + short_name(line.title)
        for line in order.lines[:most]
    ]
    if len(order.lines) > most:
        names.append("other products")
    return format_list(names, locale)


def policy_record(key: str, passage: PolicyPassage, quote: str) -> Record:
    """A policy section; fields name (its heading) and passage (the sentences quoted)."""
    return Record(key, "policy", passage.id, {"name": passage.heading.split(" > ")[-1], "passage": quote})


def customer_record(customer: Customer) -> Record:
    """The signed-in customer; fields name and first_name where known."""
    fields = {}
    if customer.first_name:
        fields = {"name": customer.first_name, "first_name": customer.first_name}
    return Record("customer", "customer", customer.id, fields)


def named_record(key: str, **fields: str) -> Record:
    """A record that stands for no stored thing: `ask`, `search`, `shop`, `compare` ..."""
    return Record(key, key, "", {name: value for name, value in fields.items() if value})


def product_card(product: Product, why: str = "", why_detail: str = "") -> Card:
    """The product as shown."""
    return Card(
        id=product.id,
        title=product.title,
        price=product.price,
        list_price=product.list_price,
        category=product.category,
        in_stock=product.in_stock,
        rating=product.rating,
        image_url=product.image_url,
        why=why,
        why_detail=why_detail,
    )


def product_source(product: Product, excerpt: str = "") -> Source:
    """A product's page as the source of an answer."""
    return Source("product", product.id, product.title, excerpt)


def order_source(order: Order, locale: str) -> Source:
    """An order as the source of an answer."""
    day = f", {format_date(order.placed_at.date(), locale)}" if order.placed_at else ""
    return Source("order", order.id, f"Order {order.id}{day}")


def policy_source(passage: PolicyPassage, excerpt: str) -> Source:
    """A policy section as the source of an answer."""
    return Source("policy", passage.id, passage.heading, excerpt)


def describe_filters(filters: Filters, currency: str, locale: str) -> str:
    """The filters in words that follow a noun: 'in red, at £5.00 or less'. '' where there are none."""
    options = format_list([f"{name} {value}" for name, value in filters.options], locale)
    parts = (
        ("in ", _either(filters.colours)),
        ("with ", options),
        ("by ", _either(filters.brands)),
        ("in ", _either(filters.categories)),
        ("", _say_bounds(filters, currency, locale)),
        ("rated at least ", f"{filters.min_rating:g}" if filters.min_rating is not None else ""),
        ("", "in stock" if filters.in_stock else ""),
        ("not in ", _either(filters.not_colours)),
        ("without ", _either(filters.without)),
    )
    return ", ".join(word + value for word, value in parts if value)


def _say_bounds(filters: Filters, currency: str, locale: str) -> str:
    low, high = (
        None if amount is None else format_money(Money(amount, currency), locale)
        for amount in (filters.min_price, filters.max_price)
    )
    if low and high:
        return f"between {low} and {high}"
    if high:
        return f"at {high} or less"
    return f"at {low} or more" if low else ""


def _either(values: Sequence[str]) -> str:
    return " or ".join(values)
