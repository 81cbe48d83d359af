"""What one reply may state: the records this turn is about, put into sets to look facts up in.

The records are the cards now and earlier in the conversation, the products and policies among the
sources, and, for a signed-in customer, their own orders. Texts of cards and sources are not taken at
their word: they are looked up again in the store by id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations, pairwise
from statistics import median
from typing import Any

from assistant.evaluation.mentions import NUMBER_WORDS, OPENERS, Named, fold, same_day
from assistant.evaluation.world import World, amounts_of, join_texts, own_text, text_of
from assistant.events import Card, Done
from shop.types import Order, Product

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
LONG_TITLE_WORDS = 6
LIMITS = re.compile(
    r"\b(?:(?:under|below|over|up to|less than|more than|between \S+ and) [£$€]?\d[\d,.]*\d"
    r"|\d[\d,.]* or (?:less|more))",
    re.IGNORECASE,
)
TENTH = Decimal("0.1")
SHARED = re.compile(r"at least (\d+) of the products you bought")
NOTES = {"fiver": 5, "tenner": 10}


@dataclass(frozen=True)
class Backing:
    """Everything a reply of this turn may refer to."""

    world: World
    products: dict[str, Product]
    orders: tuple[Order, ...]
    customer_id: str
    amounts: dict[str, set[Decimal]]
    sums: set[Decimal]
    numbers: dict[str, set[Decimal]]
    free_numbers: set[Decimal]
    message_numbers: set[Decimal]
    policy_numbers: set[Decimal]
    dates: set[date]
    messages: str
    texts: tuple[str, ...]
    counted_phrases: tuple[str, ...]

    @property
    def titles(self) -> list[tuple[str, str]]:
        """(product id, name) of every product of this turn, with the names order lines use."""
        pairs = {(p.id, name) for p in self.products.values() for name in names_of(p.title)}
        pairs |= {(line.product_id, line.title) for order in self.orders for line in order.lines}
        return sorted(pairs)

    def has_text(self, folded: str) -> bool:
        """Whether these words, in this order, stand in a record or in what the shopper wrote."""
        return any(f" {folded} " in f" {text} " for text in self.texts)

    def has_order(self, text: str) -> bool:
        """Whether an order number is the customer's own or repeats what the shopper wrote."""
        key = re.sub(r"\W", "", text).lower()
        own = any(key == re.sub(r"\W", "", order.id).lower() for order in self.orders)
        return own or key in re.sub(r"[^\w\s]", "", self.messages.lower()).split()

    def has_date(self, stated: Any, sentence: str) -> bool:
        """Whether a date is one of this turn's, the shop's today, or the shopper's own."""
        return any(same_day(stated, day) for day in self.dates) or self._in_messages(stated)

    def _in_messages(self, stated: Any) -> bool:
        day = stated[2]
        return day is not None and Decimal(day) in self.message_numbers

    def has_percent(self, value: Any) -> bool:
        """Whether a percentage is stated by a record of this turn."""
        texts = [text_of(p) for p in self.products.values()] + list(self.world.policies.values())
        stated = {
            Decimal(m[1]) for text in texts for m in re.finditer(r"(\d+(?:\.\d+)?)\s?(?:%|per ?cent)", text)
        }
        return value in stated

    def has_rating(self, value: Any, about: set[str]) -> bool:
        """Whether a rating is that of the product spoken of or of a review of it, or of any where none is
        named."""
        for product_id in about or self.products.keys():
            product = self.products.get(product_id)
            if product is None:
                continue
            if any(
                review.stars is not None and value == Decimal(str(review.stars)) for review in product.reviews
            ):
                return True
            if product.rating:
                exact = Decimal(str(product.rating.value))
                if value in (exact, exact.quantize(TENTH, ROUND_HALF_UP)):
                    return True
        return False

    def has_number(self, value: Any, about: set[str]) -> bool:
        """Whether a figure is of the one product spoken of, or of this turn at large."""
        if value in self.free_numbers or value in self.message_numbers:
            return True
        keys = about or self.numbers.keys()
        return any(value in self.numbers.get(key, ()) for key in keys) or value in self.policy_numbers

    def has_count(self, value: Any, phrase: str, sentence: str) -> bool:
        """Whether the catalogue, counted anew, holds about so many of what the phrase names."""
        words = re.split(r"[.;:!?,\n(–—]|\b(?:that|which|here|so|and the|if|from)\b", phrase)[0]
        # The reply's own wording of the limits: the shopper's may hold words for numbers.
        limits = " ".join(match[0] for match in LIMITS.finditer(sentence))
        for candidate in (words, *self.counted_phrases):
            for counted in (self.world.count_range(f"{candidate} {extra}") for extra in ("", limits)):
                if counted and counted[0] <= value <= counted[1]:
                    return True
        kinds = ("products", "policies")
        return value in {Decimal(self.world.store.count(kind)) for kind in kinds}

    def has_customers(self, value: Any, sentence: str, about: set[str]) -> bool:
        """Whether that many customers bought the product, lately or together with another one."""
        rated = re.search(r"\b(?:rat(?:ed|ings?)|reviews?|reviewed)\b", sentence, re.IGNORECASE)
        if rated and self.has_number(value, about):
            return True
        days = re.search(r"(\d+)\s+days?", sentence)
        country = next((c for c in self.world.countries if c in sentence), "")
        shared = SHARED.search(sentence)
        alike = self._alike(int(shared[1])) if shared else set()
        for product_id in about or self.products.keys():
            buyers = self.world.buyers(product_id)
            if shared:
                if value == len(buyers & alike):
                    return True
                continue
            if days:
                if value in self.world.recent_buyers(product_id, int(days[1]), country):
                    return True
                continue
            if value == len(buyers):
                return True
            others = [other for other in self.products if other != product_id]
            if value in {len(buyers & self.world.buyers(other)) for other in others}:
                return True
        return False

    def has_shared(self, value: Any, sentence: str) -> bool:
        """Whether a figure says how many of this customer's products others bought, and some did."""
        shared = SHARED.search(sentence)
        return shared is not None and int(shared[1]) == value and bool(self._alike(int(shared[1])))

    def _alike(self, shared: int) -> set[str]:
        """The other customers who bought at least `shared` of the products this one bought."""
        own = {line.product_id for order in self.orders for line in order.lines}
        counts = Counter(who for product_id in own for who in self.world.buyers(product_id))
        return {who for who, count in counts.items() if count >= shared} - {self.customer_id}

    def has_name(self, named: Named) -> bool:
        """Whether a name or quotation stands in this turn's records, messages or the shop's facets."""
        whole = fold(named.text)
        tries = [whole, whole.partition(" ")[2]] if named.at_start else [whole]
        for folded in tries:
            if not folded or folded in self.world.facets or self.has_text(folded):
                return True
        if named.quoted and named.text == named.text.lower():
            known = self.world.words | set(fold(self.messages).split()) | OPENERS
            return all(word in known for word in whole.split())
        if named.quoted and set(whole.split()) <= set(fold(self.messages).split()) | FILTER_WORDS:
            return True
        title_words = (set(fold(p.title).split()) for p in self.products.values())
        return len(whole.split()) >= 2 and any(set(whole.split()) <= words for words in title_words)


FILTER_WORDS = frozenset({"by", "in", "at", "or", "less", "more", "with", "without", "not", "products"})
"""Words that stand between the shopper's own where what was searched is quoted with its filters."""


def names_of(title: str) -> list[str]:
    """A title, and if it is long also its beginnings: nobody says all of a marketplace title."""
    ends = [match.end() for match in re.finditer(r"\S+", title)]
    if len(ends) <= LONG_TITLE_WORDS:
        return [title]
    return [title, *(title[:end].rstrip(" ,;:–—-(|&") for end in ends[2:])]


def gather_backing(
    world: World, done: Done, messages: Sequence[str], customer_id: str, earlier: Sequence[Card]
) -> Backing:
    """The backing of one reply."""
    orders = tuple(world.orders_of(customer_id))
    ids = [card.id for card in (*done.cards, *earlier)]
    ids += [source.id for source in done.sources if source.kind == "product"]
    ids += [line.product_id for order in orders for line in order.lines]
    products = {i: world.products[i] for i in ids if i in world.products}
    # A product that the shopper names in full may be answered about, e.g. "is the X on offer?".
    said = fold(" ".join(messages))
    products |= {
        i: world.products[i]
        for i, title in world.folded_titles
        if " " in title and f" {title} " in f" {said} "
    }
    policies = [world.policies[s.id] for s in done.sources if s.kind == "policy" and s.id in world.policies]
    customer = world.store.customer(customer_id) if customer_id else None
    own = own_text(customer, orders)
    place = join_texts((world.settings.name, world.settings.contact, *world.countries))
    product_texts = [text_of(p) for p in products.values()]
    amounts = _amounts(products, orders)
    shown = [world.products[c.id] for c in (*done.cards, *earlier) if c.id in world.products]
    return Backing(
        world=world,
        products=products,
        orders=orders,
        customer_id=customer_id,
        amounts=amounts,
        sums=_sums(shown or list(products.values()), orders),
        numbers={i: _numbers(text_of(p)) | _counted(p) | _intervals(i, orders) for i, p in products.items()},
        free_numbers=_free_numbers(done, earlier, orders) | _by_category(products, orders) | _numbers(own),
        message_numbers=_numbers(" ".join(messages)) | _worded(" ".join(messages)),
        policy_numbers=_numbers(" ".join(policies)) | _worded(" ".join(policies)),
        dates=_dates(world, products, orders, customer_id),
        messages=" ".join(messages),
        texts=tuple(fold(t) for t in (*messages, own, place, *policies, *product_texts) if t),
        counted_phrases=_phrases(messages),
    )


def _phrases(messages: Sequence[str]) -> tuple[str, ...]:
    """What the conversation may be counting: the last message, alone and after the one before."""
    found = [messages[-1]] if messages else []
    found += [f"{before} {messages[-1]}" for before in messages[:-1]]
    return (*found, " ".join(messages))


def _numbers(text: str) -> set[Decimal]:
    return {Decimal(found.replace(",", "")) for found in NUMBER.findall(text)}


def _worded(text: str) -> set[Decimal]:
    typed = re.findall(r"[a-z]+", fold(text))
    return {Decimal(value) for word in typed if (value := (NUMBER_WORDS | NOTES).get(word))}


def _counted(product: Product) -> set[Decimal]:
    """Figures that follow from a product's record: ratings, pieces, variants and their options, and as many
    as its reviews may be counted to."""
    found = {len(product.variants), sum(v.available is True for v in product.variants)}
    found |= set(range(len(product.reviews) + 1))
    found |= {v.quantity for v in product.variants if v.quantity is not None}
    if product.rating:
        found.add(product.rating.count)
    for name in {name for v in product.variants for name in v.options}:
        found.add(len({v.options[name] for v in product.variants if name in v.options}))
    return {Decimal(number) for number in found} - {Decimal(0)}


def _intervals(product_id: str, orders: Sequence[Order]) -> set[Decimal]:
    """The customer's usual days from one purchase of a product to the next: the median."""
    bought = (order for order in orders if any(line.product_id == product_id for line in order.lines))
    days = sorted({order.placed_at.date() for order in bought if order.placed_at})
    gaps = [(later - day).days for day, later in pairwise(days)]
    return {Decimal(int(median(gaps)))} if gaps else set()


def _by_category(products: dict[str, Product], orders: Sequence[Order]) -> set[Decimal]:
    """How many products of each narrowest category the customer bought."""
    own = {line.product_id for order in orders for line in order.lines}
    counts = Counter(products[i].category for i in own if i in products)
    return {Decimal(count) for count in counts.values()}


def _amounts(products: dict[str, Product], orders: Sequence[Order]) -> dict[str, set[Decimal]]:
    amounts = {i: amounts_of(p) for i, p in products.items()}
    for order in orders:
        for line in order.lines:
            prices = amounts.setdefault(line.product_id, set())
            prices |= {line.unit_price.amount, line.unit_price.amount * line.quantity}
    return amounts


def _sums(shown: Sequence[Product], orders: Sequence[Order]) -> set[Decimal]:
    """Amounts that no single record states: order totals, and differences between shown prices."""
    prices = {p.price.amount for p in shown if p.price}
    sums = {abs(a - b) for a, b in combinations(prices, 2)}
    totals = [order.total.amount for order in orders]
    return sums | set(totals) | ({sum(totals, Decimal(0))} if totals else set())


def _free_numbers(done: Done, earlier: Sequence[Card], orders: Sequence[Order]) -> set[Decimal]:
    """Counts of what the turn itself shows, and of the customer's own orders and lines."""
    found = {len(done.cards), len(earlier), len(done.sources), len(orders)}
    found |= {len(order.lines) for order in orders}
    found |= {line.quantity for order in orders for line in order.lines}
    found |= {line.returned for order in orders for line in order.lines}
    found |= {sum(line.quantity for line in order.lines) for order in orders}
    statuses = [order.status for order in orders]
    found |= {statuses.count(status) for status in statuses}
    return {Decimal(number) for number in found} - {Decimal(0), Decimal(1)} | {Decimal(1)}


def _dates(
    world: World, products: dict[str, Product], orders: Sequence[Order], customer_id: str
) -> set[date]:
    stamps: list[datetime | None] = [order.placed_at for order in orders]
    stamps += [p.price_at for p in products.values()]
    if customer_id:
        stamps += [back.at for back in world.store.returns_of(customer_id)]
    known = {stamp.date() for stamp in stamps if stamp} | {world.settings.current_date}
    return known | {world.first_sold[id_] for id_ in products if id_ in world.first_sold}
