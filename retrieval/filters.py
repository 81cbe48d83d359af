"""What a shopper insists on, and whether a product meets it.

A filter on a value that a product does not state is not met: silence is never "yes". Leaving
something out is the one exception, since hardly any product lists what it has not. Knows products;
knows nothing of sentences (`query.py`) or of ranking.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from retrieval.english import NEGATORS
from retrieval.words import stem, stem_set, words
from shop.types import Product, Variant

COLOUR_NAMES = frozenset({"colour", "color", "farbe", "couleur"})


@dataclass(frozen=True, slots=True)
class Filters:
    """Every filter must be met; several values of one filter (or of one option) are alternatives."""

    min_price: Decimal | None = None
    max_price: Decimal | None = None
    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    in_stock: bool = False
    min_rating: float | None = None
    without: tuple[str, ...] = ()
    not_colours: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Filters()

    def matches(self, product: Product) -> bool:
        """Whether `product`, in one and the same orderable variant, meets every filter."""
        if self.min_rating is not None and (product.rating is None or product.rating.value < self.min_rating):
            return False
        if self.brands and not any(stem_set(brand) <= stem_set(product.brand) for brand in self.brands):
            return False
        if self.categories and not self._in_category(product):
            return False
        if any(holds(product, phrase) for phrase in self.without):
            return False
        if product.variants:
            return any(self.variant_fits(product, variant) for variant in product.variants)
        return self.variant_fits(product, None)

    def _in_category(self, product: Product) -> bool:
        return any(
            stem_set(wanted) <= stem_set(given) for wanted in self.categories for given in product.categories
        )

    def variant_fits(self, product: Product, variant: Variant | None) -> bool:
        """Whether one version of `product` (or the product, where it has none) meets the filters of a
        version: price, stock, colour and options."""
        price = (variant.price if variant else None) or product.price
        if self.max_price is not None and (price is None or price.amount > self.max_price):
            return False
        if self.min_price is not None and (price is None or price.amount < self.min_price):
            return False
        if self.in_stock and not (variant.available if variant else product.in_stock):
            return False
        own = _own_colour(product, variant)
        if self.colours and not any(stem_set(colour) <= own for colour in self.colours):
            return False
        if any(stem_set(colour) <= own for colour in self.not_colours):
            return False
        by_name: dict[str, list[str]] = {}
        for name, value in self.options:
            by_name.setdefault(name, []).append(value)
        return all(_has_option(product, variant, name, values) for name, values in by_name.items())

    def merged(self, newer: Filters) -> Filters:
        """These filters with `newer` laid over them: what is asked again replaces, the rest stays."""
        low = newer.min_price if newer.min_price is not None else self.min_price
        high = newer.max_price if newer.max_price is not None else self.max_price
        if low is not None and high is not None and low > high:
            # "under 5" said after "over 10" is a change of mind, not a contradiction.
            low, high = newer.min_price, newer.max_price
        names = {name for name, _ in newer.options}
        return Filters(
            min_price=low,
            max_price=high,
            categories=newer.categories or self.categories,
            brands=newer.brands or self.brands,
            colours=newer.colours or tuple(c for c in self.colours if c not in newer.not_colours),
            options=tuple(o for o in self.options if o[0] not in names) + newer.options,
            in_stock=newer.in_stock or self.in_stock,
            min_rating=newer.min_rating if newer.min_rating is not None else self.min_rating,
            without=tuple(dict.fromkeys(self.without + newer.without)),
            not_colours=tuple(
                dict.fromkeys(
                    [c for c in self.not_colours if c not in newer.colours] + list(newer.not_colours)
                )
            ),
        )

    def relaxations(self) -> list[tuple[str, Filters]]:
        """Each filter's name with the filters left when it alone is dropped.

        Names are price, rating, stock, category, brand, colour, without, or an option's own name.
        """
        return list(self._relaxations())

    def _relaxations(self) -> Iterator[tuple[str, Filters]]:
        if self.min_price is not None or self.max_price is not None:
            yield "price", replace(self, min_price=None, max_price=None)
        if self.min_rating is not None:
            yield "rating", replace(self, min_rating=None)
        if self.in_stock:
            yield "stock", replace(self, in_stock=False)
        for name in dict.fromkeys(name for name, _ in self.options):
            yield name, replace(self, options=tuple(o for o in self.options if o[0] != name))
        if self.colours or self.not_colours:
            yield "colour", replace(self, colours=(), not_colours=())
        if self.brands:
            yield "brand", replace(self, brands=())
        if self.categories:
            yield "category", replace(self, categories=())
        if self.without:
            yield "without", replace(self, without=())

    def only(self, name: str) -> Filters:
        """The one filter called `name` (as in `relaxations`) alone."""
        rest = self
        for other in [other for other, _ in self.relaxations() if other != name]:
            rest = dict(rest.relaxations()).get(other, rest)
        return rest


def states(product: Product, name: str) -> bool:
    """Whether `product` says anything about what the filter called `name` asks."""
    match name:
        case "price":
            return product.price is not None or any(v.price for v in product.variants)
        case "rating":
            return product.rating is not None
        case "stock":
            return product.in_stock is not None or any(v.available is not None for v in product.variants)
        case "colour":
            return bool(product.colour) or any(_option(v, "colour") for v in product.variants)
        case "brand":
            return bool(product.brand)
        case "category":
            return bool(product.categories)
        case "without":
            return True
        case _:
            return any(_option(variant, name) for variant in product.variants) or bool(
                _attribute(product, name)
            )


def _option(variant: Variant, name: str) -> str:
    names = COLOUR_NAMES if name in COLOUR_NAMES else {name.lower()}
    return next((value for key, value in variant.options.items() if key.lower() in names), "")


def _attribute(product: Product, name: str) -> str:
    return next((value for key, value in product.attributes.items() if key.lower() == name.lower()), "")


def _own_colour(product: Product, variant: Variant | None) -> frozenset[str]:
    """Stems that may name the colour: the variant's own where it has one, else the product's."""
    if variant is not None and (own := _option(variant, "colour")):
        return stem_set(own)
    return stem_set(product.colour) | stem_set(product.title)


def _has_option(product: Product, variant: Variant | None, name: str, values: list[str]) -> bool:
    given = _option(variant, name) if variant else ""
    given = given or _attribute(product, name)
    if given:
        return any(words(value) == words(given) for value in values)
    # A one-letter or purely numeric value ("M", "9") in a title means something else.
    return any(
        len(value) > 2 and not value.isdigit() and stem_set(value) <= stem_set(product.title)
        for value in values
    )


def holds(product: Product, phrase: str) -> bool:
    """Whether the product's text affirms `phrase`; "no lid" and "lid-free" do not affirm "lid"."""
    wanted = tuple(stem(word) for word in words(phrase))
    return bool(wanted) and any(_affirms(text, wanted) for text in stated_texts(product))


def stated_texts(product: Product) -> list[str]:
    """The texts in which a product may affirm that it has something."""
    texts = [product.title, product.colour, product.category, *product.bullets, *product.attributes.values()]
    texts += [value for variant in product.variants[:1] for value in variant.options.values()]
    return [text for text in texts if text]


@lru_cache(maxsize=50_000)
def _affirms(text: str, wanted: tuple[str, ...]) -> bool:
    tokens = words(text)
    found = [stem(word) for word in tokens]
    size = len(wanted)
    for start in range(len(found) - size + 1):
        if tuple(found[start : start + size]) == wanted:
            before, after = tokens[max(0, start - 2) : start], tokens[start + size : start + size + 1]
            if NEGATORS.isdisjoint(before) and after != ["free"]:
                return True
    return False
