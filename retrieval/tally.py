"""What a vocabulary is made from, counted in one pass over the products and kept as JSON.

Counts only; what follows from the counts is decided in `vocabulary.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from retrieval.filters import COLOUR_NAMES
from retrieval.words import normalise, stem, words
from shop.types import Product

if TYPE_CHECKING:
    from retrieval.vocabulary import ProductText

COUNTED = (
    "strong_counts",
    "counts",
    "words",
    "categories",
    "brands",
    "titles",
    "brand_words",
    "branded_titles",
    "option_uses",
    "colours",
)
MOST_PAIRS = 2_000_000
"""A quarter of a gigabyte; the pairs of words that later titles alone have are not noted then."""


class Tally:
    """Products counted: each Counter says in how many products something occurs."""

    def __init__(self) -> None:
        self.size = 0
        self.strong_counts: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.words: Counter[str] = Counter()
        self.categories: Counter[str] = Counter()
        self.brands: Counter[str] = Counter()
        self.titles: Counter[str] = Counter()
        self.brand_words: Counter[str] = Counter()
        self.branded_titles: Counter[str] = Counter()
        self.option_uses: Counter[str] = Counter()
        self.colours: Counter[str] = Counter()
        self.pairs: set[tuple[str, str]] = set()
        self.options: dict[str, set[str]] = defaultdict(set)
        self.option_names: dict[str, set[str]] = defaultdict(set)

    def add(self, product: Product, text: ProductText) -> None:
        """Count one more product."""
        self.size += 1
        strong, titled = set(text.strong), set(text.title)
        self.strong_counts.update(strong)
        self.counts.update(strong.union(text.weak))
        self.titles.update(titled)
        if len(self.pairs) < MOST_PAIRS:
            self.pairs.update(zip(text.title, text.title[1:], strict=False))
        naming = f"{product.title} {product.brand} {' '.join(product.categories[-2:])}"
        self.words.update(set(words(naming)))
        self.categories.update(name for name in product.categories if name)
        if product.brand:
            self.brands[product.brand] += 1
            brand = {stem(word) for word in words(product.brand)}
            self.brand_words.update(brand)
            self.branded_titles.update(brand & titled)
        if product.colour:
            self.colours[normalise(product.colour).strip()] += 1
        if product.variants:
            self._add_options(product, titled)

    def _add_options(self, product: Product, titled: Iterable[str]) -> None:
        names = set()
        for variant in product.variants:
            for name, value in variant.options.items():
                lowered = name.lower()
                names.add(lowered)
                if lowered in COLOUR_NAMES:
                    self.colours[normalise(value).strip()] += 1
                elif value:
                    self.options[lowered].add(value)
        self.option_uses.update(names)
        for word in titled if names else ():
            self.option_names[word] |= names

    def as_json(self) -> dict[str, Any]:
        """The counts as JSON's types; the order in which things were first seen is kept."""
        return {
            "size": self.size,
            **{name: dict(getattr(self, name)) for name in COUNTED},
            "pairs": [" ".join(pair) for pair in self.pairs],
            "options": {name: sorted(values) for name, values in self.options.items()},
            "option_names": {word: sorted(names) for word, names in self.option_names.items()},
        }

    @classmethod
    def of_json(cls, saved: Mapping[str, Any]) -> Tally:
        """The counts again."""
        tally = cls()
        tally.size = saved["size"]
        for name in COUNTED:
            setattr(tally, name, Counter(saved[name]))
        tally.pairs = {(first, second) for first, second in map(str.split, saved["pairs"])}
        for name, values in saved["options"].items():
            tally.options[name] = set(values)
        for word, names in saved["option_names"].items():
            tally.option_names[word] = set(names)
        return tally
