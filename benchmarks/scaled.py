"""Catalogues of any size made by varying the marketplace sample's products, and vectors to match.

Copy 0 of each product is the real one. Others have a brand, colour, price and rating of their own, a
model number, a word or two less in the title, in one of ten cases sizes; their vectors are the real one's
with noise (cosine to it about .9), so that they lie in clusters as real ones do. Made one at a time.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shop.types import Money, Product, Rating, Variant

VECTORS = "REGULARS_SCALED_VECTORS"
"""Environment variable naming the file of the real products' vectors."""
NOISE = 0.5
COLOURS = "Black White Red Blue Green Grey Pink Brown Purple Yellow Orange Silver Gold Navy Beige".split()
SYLLABLES = "ka lo mi ren tas vel dor qui san bri nex ul pho zar eli tor wen gal hus ide".split()
BRANDS = 5_000
MODEL = re.compile(r"\bzx(\d+)\b", re.I)


def real_products() -> Sequence[Product]:
    """The sample's, in the order of its file."""
    from shop.sources import read_products

    sample = Path(__file__).parents[1] / "shop" / "samples" / "marketplace" / "products.jsonl.gz"
    return list(read_products(sample, "auto", "USD").products)


def brand_name(number: int) -> str:
    """One of BRANDS made-up words."""
    parts = []
    for _ in range(3):
        number, place = divmod(number, len(SYLLABLES))
        parts.append(SYLLABLES[place])
    return "".join(parts).capitalize()


def scaled_product(real: Sequence[Product], number: int) -> Product:
    """Product `number` of a catalogue, the same each time."""
    copy, place = divmod(number, len(real))
    product = real[place]
    if copy == 0:
        return product
    chance = random.Random(number)
    words = product.title.split()[:36]
    for _ in range(chance.randint(0, 2)):
        if len(words) > 4:
            words.pop(chance.randrange(2, len(words)))
    old = float(product.price.amount) if product.price else chance.uniform(5, 80)
    amount = Decimal(str(round(old * chance.uniform(0.5, 2), 2)))
    price = Money(amount, "USD") if product.price or chance.random() < 0.5 else None
    variants: tuple[Variant, ...] = ()
    if chance.random() < 0.1:
        variants = tuple(
            Variant(f"{number}-{size}", {"size": size}, price, chance.random() < 0.8)
            for size in ("S", "M", "L")
        )
    return replace(
        product,
        id=f"{product.id}-{number}",
        title=f"{' '.join(words)} Zx{number}",
        brand=brand_name(chance.randrange(BRANDS)) if chance.random() < 0.6 else product.brand,
        colour=chance.choice(COLOURS) if chance.random() < 0.5 else product.colour,
        price=price,
        rating=Rating(round(chance.uniform(2.5, 5), 1), chance.randint(1, 5_000)),
        in_stock=chance.random() < 0.9,
        variants=variants,
    )


def scaled_products(size: int) -> Iterator[Product]:
    """The first `size` products."""
    real = real_products()
    return (scaled_product(real, number) for number in range(size))


class ScaledEmbedder:
    """MiniLM for questions and real products; a varied product's vector is made from its model number."""

    name = "all-MiniLM-L6-v2-scaled"
    dimensions = 384

    @cached_property
    def _real(self) -> NDArray[np.float32]:
        return np.asarray(np.load(os.environ[VECTORS]))

    @cached_property
    def _places(self) -> dict[str, int]:
        from retrieval.library import product_text

        return {product_text(product): place for place, product in enumerate(real_products())}

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See Embedder."""
        from retrieval.embedding import load_embedder

        rows = np.empty((len(texts), self.dimensions), dtype=np.float32)
        numbers = [MODEL.search(text) for text in texts]
        plain = [place for place, found in enumerate(numbers) if found is None]
        if len(texts) > 1:
            known = [place for place in plain if texts[place] in self._places]
            rows[known] = self._real[[self._places[texts[place]] for place in known]]
            plain = [place for place in plain if texts[place] not in self._places]
        if plain:
            rows[plain] = load_embedder("minilm").embed([texts[place] for place in plain])
        for place, found in enumerate(numbers):
            if found is not None:
                number = int(found[1])
                noise = np.random.default_rng(number).standard_normal(self.dimensions, dtype=np.float32)
                row = self._real[number % len(self._real)] + NOISE / self.dimensions**0.5 * noise
                rows[place] = row / np.linalg.norm(row)
        return rows
