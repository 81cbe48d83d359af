"""What a product's reviews say: how many there are, how many speak of what is asked, in which words.

Counts and quotes; sums up no mood of its own. A review is one buyer's word, never the page's: it
answers no question of yes or no.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.reading.language import Language
from assistant.reading.page import plain, read_terms, same_term, split_sentences
from assistant.reading.quoting import quote
from retrieval.english import FILLER
from retrieval.words import stem, stems
from shop.types import Product, Review

GOOD_STARS = 4.0
APART_STARS = 2.0
"""How far two reviews have to be apart for the second to be quoted beside the first."""


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of a review, with the stars its writer gave."""

    sentence: str
    stars: float | None


@dataclass(frozen=True, slots=True)
class Opinions:
    """What `total` reviews say: `about` of them speak of `topic` (of '' all do); of the `starred` that
    give stars `good` give four or more. `quotes` are one sentence, or two that disagree."""

    total: int
    about: int
    topic: str = ""
    starred: int = 0
    good: int = 0
    quotes: tuple[Said, ...] = ()


def read_reviews(text: str, product: Product, language: Language) -> Opinions:
    """What the reviews of `product` say to the question `text`."""
    topic = _topic(text, product, language)
    spoken = [(review, _sentence(review, topic, language)) for review in product.reviews]
    about = [Said(sentence, review.stars) for review, sentence in spoken if sentence]
    starred = [review.stars for review in product.reviews if review.stars is not None]
    return Opinions(
        total=len(product.reviews),
        about=len(about),
        topic=topic,
        starred=len(starred),
        good=sum(stars >= GOOD_STARS for stars in starred),
        quotes=_apart(about),
    )


def _topic(text: str, product: Product, language: Language) -> str:
    """What the reviews are to speak of ("the size"), '' where it is the product itself."""
    found = language.reviews["topic"].search(plain(text))
    if found is None:
        return ""
    topic = text[found.start("topic") : found.end("topic")].strip(" ?.!,")
    called = set(stems(f"{product.title} {product.brand}"))
    return topic if any(key not in called for key in _keys(topic, language)) else ""


def _keys(topic: str, language: Language) -> list[str]:
    filler = {stem(word) for word in FILLER}
    terms = [term for term in read_terms(topic, language) if term.key not in filler and len(term.key) > 1]
    ways = [term for term in terms if term.key.startswith("=")]
    return [
        term.key
        for term in terms
        if term in ways or not any(way.start <= term.start < way.end for way in ways)
    ]


def _sentence(review: Review, topic: str, language: Language) -> str:
    """The first sentence of a review that speaks of `topic`; '' where none does."""
    sentences = split_sentences([review.text]) or [review.text]
    if not topic:
        return quote(sentences[0], ())
    keys = _keys(topic, language)
    synonym = next((said for word, said in language.topics.items() if stem(word) in keys), None)
    for sentence in sentences:
        terms = read_terms(sentence, language)
        held = [next((term for term in terms if same_term(key, term.key)), None) for key in keys]
        where = [term for term in held if term]
        if len(where) == len(keys) or (synonym and synonym.search(plain(sentence))):
            return quote(sentence, where)
    return ""


def _apart(about: Sequence[Said]) -> tuple[Said, ...]:
    """The best-starred sentence, and the worst where the two are far apart."""
    starred = sorted((said for said in about if said.stars is not None), key=lambda said: -(said.stars or 0))
    if not starred:
        return tuple(about[:1])
    best, worst = starred[0], starred[-1]
    apart = (best.stars or 0) - (worst.stars or 0) >= APART_STARS
    return (best, worst) if apart else (best,)
