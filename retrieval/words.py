"""Text to words and stems, the same way for catalogue and question.

Knows letters and one stemmer; knows nothing of products or of what a word means.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

import Stemmer

from retrieval.english import GLUED_UNITS, SPELLINGS, STEMMER

_WORD = re.compile(r"\d+(?:[./]\d+)+[a-z]*|[^\W_]+")
_POSSESSIVE = re.compile(r"(?<=\w)'s?\b")
# Accents and other marks on letters. That pattern is slow, so a quick look comes first: most text that
# is not ASCII is so for a dash or a quotation mark.
_MAYBE_MARKED = re.compile("[\u0300-\u1fff\u20d0-\u20f0\u2c00-\U0001ffff]")
_MARKS = re.compile(f"[{''.join(chr(c) for c in range(0x300, 0x20000) if unicodedata.combining(chr(c)))}]")
_STEMMER = Stemmer.Stemmer(STEMMER)
_LOCK = threading.Lock()


_PLAIN = str.maketrans("’‘´–—", "'''--")
_AND = re.compile(r"(?<=\w)\s?'n(?:'\s?|\s)(?=\w)")
"""The "and" of "fish'n'chips", which is a word of its own."""
_INCHES = re.compile(r"(?<=\d)\s?(?:\"|''|″|”)(?![a-z0-9])")
_GLUED = re.compile(rf"(?<=\d)-?({'|'.join(GLUED_UNITS)})\b")


def normalise(text: str) -> str:
    """Lower case, no accents, plain quotes and dashes, units apart from their number and spelled one
    way (12", 12in and 12-inch are "12 inch"); currency signs and punctuation stay."""
    plain = text.translate(_PLAIN).lower()
    if "'n" in plain:
        plain = _AND.sub(" n ", plain)
    if any(letter.isdigit() for letter in plain):
        plain = _GLUED.sub(lambda match: f" {GLUED_UNITS[match[1]]}", _INCHES.sub(" inch", plain))
    if plain.isascii():
        return plain
    apart = unicodedata.normalize("NFKD", plain)
    return _MARKS.sub("", apart) if _MAYBE_MARKED.search(apart) else apart


_SIDE = re.compile(r"(?<=\d)\s*(?:in(?:ch(?:es)?)?\b\.?|\"|''|″|”|cm|mm|ft)?\s*[x×]\s*(?=\d)", re.I)
_LAST_SIDE = re.compile(r"(?<=x)(\d+(?:\.\d+)?)\s*(?:in(?:ch(?:es)?)?\b\.?|\"|''|″|”)", re.I)


def join_sizes(text: str) -> str:
    """`text` with the sides of a size as one word: 12" x 16", 12in.x16in. and 12 x 16 inch are 12x16."""
    return _LAST_SIDE.sub(r"\1 ", _SIDE.sub("x", text)) if any(letter.isdigit() for letter in text) else text


def words(text: str) -> list[str]:
    """Words and numbers in order; "Mum's T-Light 1.75in" -> mum, t, light, 1.75, inch."""
    plain = normalise(text)
    return _WORD.findall(_POSSESSIVE.sub("", plain) if "'" in plain else plain)


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The stem of one normalised word; the stemmer itself is not thread-safe, so it is guarded."""
    with _LOCK:
        return str(_STEMMER.stemWord(SPELLINGS.get(word, word)))


def stems(text: str) -> list[str]:
    """Stems of all words of `text`, in order."""
    return [stem(word) for word in words(text)]


@lru_cache(maxsize=100_000)
def stem_set(text: str) -> frozenset[str]:
    """Stems of a short text (a title, a colour) as a set, remembered."""
    return frozenset(stems(text))
