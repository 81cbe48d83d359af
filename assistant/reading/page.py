"""A product's page as sentences, each a row of terms with their places.

A term is the stem of a word, or the name of a way of saying the same (`language.same`), so that
"machine washable" and "goes in the washing machine" are one term. Knows nothing of questions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.reading.language import Language
from retrieval.words import stem
from shop.types import Product

MAX_SENTENCES = 120
THIN = 160
"""Characters below which a page tells hardly more than its title."""
MIN_WORDS = 2
MIN_FORM_CHARS = 5
BREAKS = re.compile(
    r"(?<=[.!?。])\s+(?=[A-Z0-9“\"'(\[])|(?<=[a-z)][.!?])(?=[A-Z])|\n+|\s*[•●·★☆✔✓▶►❤♬✩◆■※➤【](?=[^】]*)|\s*】\s*:?"
    r"|(?<=\w)\s+(?=\d{1,2}\.\s?[A-Z])"
)
DASH = re.compile(r"\s[-–—]\s(?=[A-Z0-9])(?!(?i:not)\b)(?!(?:[\w'’]+(?: [\w'’]+)?,\s+){2,})")
"""Where a sentence ends; no list does: "4 flavours – Lime, Lemon, Orange"."""
HEADING_WORDS = 8
"""Before a dash so many words at most head what follows: "Battery life - Up to 12 hours" is one."""
TOKEN = re.compile(r"\d+(?:[./]\d+)+|\d+(?=[a-z]{2})|[^\W_]+")
STRAY = " \t-–—•·*:;,.✓✔★【】"


@dataclass(frozen=True, slots=True)
class Term:
    """One word or way of saying: where it begins and ends in the text, and which word that is."""

    key: str
    start: int
    end: int
    place: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a page with its terms, in order."""

    text: str
    terms: tuple[Term, ...]


def plain(text: str) -> str:
    """Lower case with plain quotes; as long as before, so that places stay."""
    return "".join(c if len(c.lower()) != 1 else c.lower() for c in text).replace("’", "'").replace("‘", "'")


def read_terms(text: str, language: Language) -> tuple[Term, ...]:
    """Every word of `text` as a term, and every way of saying something known."""
    lowered = plain(text)
    tokens = list(TOKEN.finditer(lowered))
    terms = [Term(stem(match[0]), match.start(), match.end(), n) for n, match in enumerate(tokens)]
    for key, pattern in language.same.items():
        for match in pattern.finditer(lowered):
            place = next((n for n, token in enumerate(tokens) if token.end() > match.start()), 0)
            terms.append(Term(f"={key}", match.start(), match.end(), place))
    return tuple(sorted(terms, key=lambda term: (term.start, term.end)))


def same_term(asked: str, said: str) -> bool:
    """Whether two keys are the same, or forms of one longer word ("decaf", "decaffein")."""
    if asked == said or _lacks(asked, said):
        return True
    if not asked or asked[0] in "=#" or said[0] == "=" or min(len(asked), len(said)) < MIN_FORM_CHARS:
        return False
    return said.startswith(asked) or asked.startswith(said)


def _lacks(asked: str, said: str) -> bool:
    """Whether `said` is `asked` with "-less" behind it: "stemless"."""
    return len(asked) > 2 and said == f"{asked}less"


def split_sentences(texts: Sequence[str]) -> list[str]:
    """Sentences and bullet points, without repeats; scraps are left out."""
    broken = (part for text in texts for part in BREAKS.split(text) if part)
    parts = (piece.strip(STRAY) for part in broken for piece in _split_at_dashes(part))
    kept = (part for part in dict.fromkeys(parts) if len(part.split()) >= MIN_WORDS or "%" in part)
    return list(kept)[:MAX_SENTENCES]


def _split_at_dashes(text: str) -> list[str]:
    pieces, start = [], 0
    for dash in DASH.finditer(text):
        if len(text[start : dash.start()].split()) > HEADING_WORDS:
            pieces.append(text[start : dash.start()])
            start = dash.end()
    return [*pieces, text[start:]]


def is_thin(product: Product) -> bool:
    """Whether a page has next to no text beside its title."""
    return sum(map(len, product.bullets)) + len(product.description) < THIN


def read_page(product: Product, language: Language) -> tuple[Sentence, ...]:
    """The page's sentences: title, bullets, description, in that order."""
    texts = split_sentences([*product.bullets, product.description])
    return tuple(Sentence(text, read_terms(text, language)) for text in (product.title, *texts))
