"""The sentence of a text that answers a question, or none.

A passage is quoted only where it holds the question's own words; being about something similar
is not enough to answer from (law 3: better "the page doesn't say" than a guess).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.embedding import Embedder
from retrieval.english import FILLER
from retrieval.words import stem, stems

MAX_SENTENCES = 40
MAX_REMEMBERED = 20_000
MIN_SENTENCE_WORDS = 3
MIN_FORM_CHARS = 5
MAX_QUOTE_CHARS = 260
# Measured on product questions over the marketplace sample: see tests/assistant/test_passages.py.
MIN_COVERAGE = 0.5
MIN_COSINE = 0.3
FULL_COSINE = 0.1
ALONE_COSINE = 0.62

SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9“\"])|\n+|\s[•·]\s")
# Words that make a question and name nothing asked about.
QUESTION_WORDS = frozenset(map(stem, FILLER)) | frozenset(
    stems("first second third last page says work use used long also put please take accept allow")
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One quotable sentence; `coverage` is the share of the question's words that it holds."""

    text: str
    coverage: float
    cosine: float

    @property
    def answers(self) -> bool:
        """Whether this is evidence enough to quote as the answer."""
        if self.coverage == 1:
            return self.cosine >= FULL_COSINE
        return (self.coverage >= MIN_COVERAGE and self.cosine >= MIN_COSINE) or self.cosine >= ALONE_COSINE


def split_text(texts: Sequence[str]) -> list[str]:
    """Sentences and bullet points of `texts`, without repeats; scraps are left out."""
    found = (part.strip(" •·-*\t") for text in texts for part in SENTENCES.split(text))
    return [part for part in dict.fromkeys(found) if len(part.split()) >= MIN_SENTENCE_WORDS]


def cut_quote(text: str, most: int = MAX_QUOTE_CHARS) -> str:
    """`text` as one line of at most `most` characters, cut between words and marked '…'."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _holds(words: Collection[str], wanted: str) -> bool:
    """Whether `wanted` or another form of it ("decaf", "decaffein") is among `words` (stems)."""
    if wanted in words:
        return True
    return len(wanted) >= MIN_FORM_CHARS and any(
        len(word) >= MIN_FORM_CHARS and (word.startswith(wanted) or wanted.startswith(word)) for word in words
    )


class PassageFinder:
    """Ranks sentences for questions; remembers the vectors of sentences it has seen."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def rank(self, question: str, texts: Sequence[str], *, heading: str = "") -> tuple[Passage, ...]:
        """Sentences of `texts` ranked by how well they answer `question`, best first.

        Words of `heading` belong to every sentence.
        """
        asked = [w for w in dict.fromkeys(stems(question)) if w not in QUESTION_WORDS]
        sentences = split_text(texts)[:MAX_SENTENCES]
        if not sentences or not asked:
            return ()
        in_heading = set(stems(heading))
        vectors = self._embed([question, *(f"{heading}: {s}" if heading else s for s in sentences)])
        passages = []
        for text, cosine in zip(sentences, vectors[1:] @ vectors[0], strict=True):
            own = set(stems(text))
            coverage = sum(_holds(own | in_heading, word) for word in asked) / len(asked)
            # A heading makes a sentence relevant; its own words make it the one to quote.
            rank = coverage + float(cosine) + sum(_holds(own, word) for word in asked) / len(asked)
            passages.append((rank, Passage(cut_quote(text), coverage, float(cosine))))
        passages.sort(key=lambda pair: (-pair[0], len(pair[1].text)))
        return tuple(passage for _, passage in passages)

    def cosines(self, question: str, sentences: Sequence[str]) -> list[float]:
        """How close each sentence is in meaning to `question`, from -1 to 1."""
        if not sentences:
            return []
        vectors = self._embed([question, *sentences])
        return [float(value) for value in vectors[1:] @ vectors[0]]

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if len(self._vectors) > MAX_REMEMBERED:
            self._vectors.clear()
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            self._vectors.update(zip(new, self._embedder.embed(new), strict=True))
        return np.stack([self._vectors[text] for text in texts])
