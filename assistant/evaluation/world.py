"""What is true of a shop, read from its store once, for checking replies against.

Counts here are counted anew from the records with nothing of the product's search, recommenders
or planning, so that a wrong count there is seen. It judges no text: that is the checker's job.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from assistant.evaluation.mentions import fold
from shop.settings import Settings
from shop.store import Store
from shop.types import Customer, Order, Product

PAGE = 5_000
FILLER = frozenset(
    "a about all an and any anything are at available be below between best but buy by can catalogue cheap "
    "cheaper cheapest choose choices could cost costs different do does expensive fewer find for from get "
    "got have help here how i im in is it items kinds least less like looking lovely make many match "
    "matches matching me more most much my need no not of on one ones only options or our out over "
    "please price priced pounds products range rated sale see sell show shop shops some something sort "
    "sorts stars stock store such than that the their them there these this those to total types under up "
    "us want was we what which will with within would you your gbp usd dollars euros different".split()
)
_LIMITS = re.compile(
    r"(?P<word>under|below|less than|cheaper than|up to|at most|max(?:imum)?|over|above|more than|at least"
    r"|from)"
    r"\s+(?:[£$€]\s?)?(?P<amount>\d[\d,]*(?:\.\d+)?)",
    re.IGNORECASE,
)
_OR_LESS = re.compile(r"(?P<amount>\d[\d,]*(?:\.\d+)?) or (?P<word>less|more)", re.IGNORECASE)
_NOT = re.compile(r"\b(?:not|without|except|excluding|no)\b (?:in |the |any )?(?P<word>\w+)", re.IGNORECASE)
_BETWEEN = re.compile(
    r"between\s+[£$€]?\s?(?P<low>\d[\d,]*(?:\.\d+)?)\s+and\s+[£$€]?\s?(?P<high>\d[\d,]*(?:\.\d+)?)",
    re.IGNORECASE,
)


SAME = (
    (re.compile(r" (?:t|tea) ?lights? "), " tlight "),
    (re.compile(r" x ?mas "), " christmas "),
    (re.compile(r" (?:childrens?|childs|kids?) "), " child "),
)


def stem(word: str) -> str:
    """A word without its plural ending; enough to compare two forms of one English noun."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def stems(text: str) -> list[str]:
    """The stems of a text's words, in order; a few spellings of one thing made the same."""
    folded = f" {fold(text)} "
    for pattern, same in SAME:
        folded = pattern.sub(same, folded)
    return [stem(word) for word in folded.split()]


def text_of(product: Product) -> str:
    """Everything the records state about a product, as one text."""
    parts: list[str] = [product.title, product.description, *product.bullets, product.brand, product.colour]
    parts += [*product.categories, *product.attributes, *product.attributes.values()]
    for variant in product.variants:
        parts += [*variant.options, *variant.options.values(), variant.sku]
    parts += [review.text for review in product.reviews]
    return "\n".join(parts)


def amounts_of(product: Product) -> set[Decimal]:
    """Every price the records state for a product."""
    prices = [product.price, product.list_price, *(variant.price for variant in product.variants)]
    return {price.amount for price in prices if price is not None}


@dataclass(frozen=True)
class World:
    """One shop's records. Built once per assistant; a few seconds where there are many orders."""

    store: Store
    settings: Settings
    products: dict[str, Product] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "products", {p.id: p for p in self.store.products()})

    @cached_property
    def titles(self) -> list[tuple[str, str]]:
        """Every product's (id, title)."""
        return [(p.id, p.title) for p in self.products.values()]

    @cached_property
    def folded_titles(self) -> list[tuple[str, str]]:
        """Every product's (id, folded title)."""
        return [(product_id, fold(title)) for product_id, title in self.titles]

    @cached_property
    def facets(self) -> set[str]:
        """Folded names of categories, brands, colours, options and option values."""
        names: set[str] = set()
        for p in self.products.values():
            names |= {*p.categories, p.brand, p.colour, *p.attributes}
            for variant in p.variants:
                names |= {*variant.options, *variant.options.values()}
        return {fold(name) for name in names} - {""}

    @cached_property
    def words(self) -> set[str]:
        """Every word any product is described with."""
        return {word for p in self.products.values() for word in fold(text_of(p)).split()}

    @cached_property
    def customers(self) -> dict[str, Customer]:
        """Everybody, by id."""
        found: dict[str, Customer] = {}
        while page := self.store.customers(limit=PAGE, offset=len(found)):
            found |= {customer.id: customer for customer in page}
        return found

    @cached_property
    def policies(self) -> dict[str, str]:
        """Passage id to heading and text."""
        return {p.id: f"{p.heading}\n{p.text}" for p in self.store.policies()}

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {p.id: " ".join(stems(text_of(p))) for p in self.products.values()}

    @cached_property
    def _bought(self) -> dict[str, list[tuple[str, date | None, str]]]:
        bought: dict[str, list[tuple[str, date | None, str]]] = {}
        for customer_id, product_id, _, placed_at, _, country in self.store.purchases():
            if customer_id:
                day = placed_at.date() if placed_at else None
                bought.setdefault(product_id, []).append((customer_id, day, country))
        return bought

    @cached_property
    def first_sold(self) -> dict[str, date]:
        """The day each product was first bought on, by anybody."""
        found: dict[str, date] = {}
        for _, product_id, _, placed_at, _, _ in self.store.purchases():
            if placed_at:
                found[product_id] = min(placed_at.date(), found.get(product_id, placed_at.date()))
        return found

    def orders_of(self, customer_id: str) -> list[Order]:
        """The signed-in customer's orders; a guest has none."""
        return self.store.orders_of(customer_id) if customer_id else []

    def buyers(self, product_id: str) -> set[str]:
        """The known customers who ever bought a product."""
        return {customer_id for customer_id, _, _ in self._bought.get(product_id, ())}

    def recent_buyers(self, product_id: str, days: int, country: str) -> set[int]:
        """How many customers bought it in the last `days` days, in each defensible reading.

        The window may end on the shop's date or at its last order, and may hold its first day or not.
        """
        rows = [
            (who, day)
            for who, day, where in self._bought.get(product_id, ())
            if day and (not country or where == country)
        ]
        ends = {self.settings.current_date, self._last_day or self.settings.current_date}
        counts = set()
        for end in ends:
            for extra in (-1, 0, 1):
                start = end - timedelta(days=days + extra)
                counts.add(len({who for who, day in rows if start <= day <= end}))
        return counts

    @cached_property
    def _last_day(self) -> date | None:
        return max((day for rows in self._bought.values() for _, day, _ in rows if day), default=None)

    @cached_property
    def countries(self) -> set[str]:
        """Where orders came from."""
        return {country for rows in self._bought.values() for _, _, country in rows if country}

    def count_range(self, phrase: str) -> tuple[int, int] | None:
        """Fewest and most products that a phrase such as "red mugs under £5" can mean.

        Fewest: each word stands in title, colour or brand. Most: each word stands anywhere in the
        product's text. None where the phrase holds no word of the catalogue.
        """
        plain = _BETWEEN.sub(" ", _OR_LESS.sub(" ", _LIMITS.sub(" ", phrase)))
        unwanted = [stem(fold(match["word"])) for match in _NOT.finditer(plain)]
        words = [w for w in stems(_NOT.sub(" ", plain)) if w not in _FILLER_STEMS]
        words = [w for w in words if not w.isdigit()]
        if not words or not all(any(w in names for names in self._squeezed.values()) for w in words):
            return None
        low, high = _limits(phrase)
        fewest = most = 0
        for product_id, squeezed in self._squeezed.items():
            price = self.products[product_id].price
            if (low is not None or high is not None) and (
                price is None
                or not (low or 0) <= price.amount <= (high if high is not None else price.amount)
            ):
                continue
            if any(_holds(self._names[product_id], w) for w in unwanted):
                continue
            fewest += all(_holds(self._names[product_id], w) for w in words)
            most += all(w in squeezed for w in words)
        return fewest, most

    @cached_property
    def _names(self) -> dict[str, tuple[set[str], str]]:
        found = {}
        for p in self.products.values():
            forms = stems(" ".join((p.title, p.colour, p.brand)))
            found[p.id] = (set(forms), "".join(forms))
        return found

    @cached_property
    def _squeezed(self) -> dict[str, str]:
        # Without spaces, "retro spot" and "retrospot" are one word, as the shopper means them.
        return {product_id: text.replace(" ", "") for product_id, text in self._texts.items()}


_FILLER_STEMS = frozenset(stem(word) for word in FILLER)


def _holds(names: tuple[set[str], str], word: str) -> bool:
    return word in names[0] or (len(word) > 3 and word in names[1])


def _limits(phrase: str) -> tuple[Decimal | None, Decimal | None]:
    low = high = None
    if between := _BETWEEN.search(phrase):
        return _decimal(between["low"]), _decimal(between["high"])
    for match in _LIMITS.finditer(phrase):
        if match["word"].lower() in ("over", "above", "more than", "at least", "from"):
            low = _decimal(match["amount"])
        else:
            high = _decimal(match["amount"])
    for match in _OR_LESS.finditer(phrase):
        low, high = (
            (_decimal(match["amount"]), high) if match["word"] == "more" else (low, _decimal(match["amount"]))
        )
    return low, high


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def join_texts(parts: Iterable[str]) -> str:
    """Texts one below the other, the empty ones left out."""
    return "\n".join(part for part in parts if part)


def own_text(customer: Customer | None, orders: Sequence[Order]) -> str:
    """Everything the records hold about a customer and their orders, as one text."""
    parts: list[str] = []
    if customer:
        parts += [customer.id, customer.name, customer.email, customer.phone, customer.country]
        parts += [*customer.address.values(), *customer.payment_methods]
    for order in orders:
        parts += [
            order.id,
            order.status,
            order.payment_status,
            order.country,
            *order.tracking,
            *order.payments,
        ]
        for line in order.lines:
            parts += [line.title, line.product_id, *line.options, *line.options.values()]
    return join_texts(parts)
