"""Products like one the talk is about, with the words their names share as evidence.

Knows search's vectors and names; knows nothing of who bought what.
"""

from __future__ import annotations

from retrieval import english
from retrieval.filters import Filters
from retrieval.recommend.base import Reason
from retrieval.search import Search
from retrieval.words import stem, words
from shop.types import Product


def shared_words(first: Product, second: Product) -> str:
    """What both names say, in the first one's words ("lunch bag"), '' if nothing of weight."""
    other = {stem(word) for word in words(second.title)}
    said = [
        word
        for word in dict.fromkeys(words(first.title))
        if stem(word) in other
        and word.isalpha()
        and len(word) > 2
        and word not in english.FILLER | english.LINKS
    ]
    if said:
        return " ".join(said[:4])
    return first.category if first.category and first.category == second.category else ""


def similar_products(
    search: Search, seed: Product, filters: Filters, k: int
) -> list[tuple[str, float, Reason]]:
    """(product id, similarity, reason); those sharing no word have no reason and are left out."""
    found = []
    for hit in search.similar(seed.id, k, filters):
        shared = shared_words(hit.product, seed)
        if shared:
            found.append(
                (hit.product.id, hit.score, Reason("similar", {"title": seed.title, "shared": shared}))
            )
    return found
