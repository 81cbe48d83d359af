"""Two rankings to one, and where relevance ends.

Arrays in, arrays out; knows nothing of products or of text. The thresholds were set on topics that
two sample catalogues hold and do not hold (`benchmarks/search_quality.py` measures them again).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

RRF_K = 60
"""Cormack, Clarke and Büttcher (2009)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each row: shares 0 to 1 of the asked terms, held in `named` fields or at all
    (`coverage`), whether the head noun is named, and the cosine (None where there are no vectors).
    `lexical` are BM25 scores; `terms` how many terms decide.
    """

    named: Floats
    coverage: Floats
    head: Mask
    lexical: Floats
    cosine: Floats | None
    terms: int
    absent: int = 0
    """How many of the terms no product holds at all, where the head noun is one word."""
    head_known: bool = True
    """Whether any product holds the head noun."""
    spelled: bool = True
    """Whether names hold the asked words as written, not only others of the same stem."""
    head_said: bool = False
    """Whether any name holds the head noun, be it in passing: "oven" of an oven glove."""
    plainly: Mask | None = None
    """Rows that are called the head noun and no more than it: no "oven mitt" is an oven."""
    lacks_a_thing: bool = False
    """Whether no product holds a term that is a thing with other names ("sofa"), nor any of these: of more
    than two terms the head noun."""
    for_whom: float = 0.0
    """The weight of the terms that only say for whom or for what."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Where relevance ends, for one embedder."""

    full: float = 0.75
    """Share of the terms, by weight, that suffices by itself."""
    partial: tuple[tuple[float, float], ...] = ((0.5, 0.5), (0.3, 0.6))
    """(share, cosine) pairs that suffice where the head noun is named."""
    half_cosine: float = 0.57
    """Cosine that suffices with half of the terms, the head noun not named."""
    lone_cosine: float = 0.62
    """Cosine that suffices where no word is shared: another word for the same thing."""
    foreign_cosine: float = 0.7
    """The same where several words were asked and the catalogue lacks one of them."""
    unsure_cosine: tuple[float, float] = (0.45, 0.3)
    """Likeness of the best row from which two words, and more, may be another name for it: not denied then.
    Nobody asks for what a shop has not in a long paraphrase."""
    slack: float = 0.16
    """How far below the best coverage a row may lie, for up to three terms; .07 more for each more:
    of "boys pants slim fit" one word may be missing, of "lunch bag" none."""


WORDS_ONLY_GATE = Gate(partial=((0.5, 0.4),), half_cosine=0.6, lone_cosine=0.8, unsure_cosine=(2, 2))
"""For embedders whose cosine only repeats what the words say."""


def ranks(scores: Floats) -> Floats:
    """1 for the highest score; ties keep row order."""
    order = np.argsort(-scores, kind="stable")
    found = np.empty(len(scores), dtype=np.float32)
    found[order] = np.arange(1, len(scores) + 1, dtype=np.float32)
    return found


def fuse(lexical: Floats, cosine: Floats | None) -> Floats:
    """Reciprocal-rank fusion, scaled to 0..1; a row without any lexical score gets none from it."""
    fused = np.where(lexical > 0, 1.0 / (RRF_K + ranks(lexical)), 0.0)
    best = 1.0 / (RRF_K + 1)
    if cosine is not None:
        fused = fused + 1.0 / (RRF_K + ranks(cosine))
        best *= 2
    return np.asarray(fused / best, dtype=np.float32)


def relevant(evidence: Evidence, gate: Gate) -> Mask:
    """Rows that are what was asked for."""
    named, coverage = evidence.named, evidence.coverage
    found = (named >= gate.full) | (evidence.head & (coverage >= gate.full))
    if evidence.cosine is None:
        found |= evidence.head & (coverage >= 0.5)
    else:
        close = evidence.cosine
        # A word that nothing here holds ("sofa" of "sofa bed") says that another thing is meant.
        pairs = gate.partial[:1] if evidence.absent else gate.partial
        for share, cosine in pairs:
            found |= evidence.head & (coverage >= share) & (close >= cosine)
        half = gate.foreign_cosine if evidence.head.any() else gate.half_cosine
        found |= (coverage >= (MOST if evidence.terms == 2 else 0.5)) & (close >= half)
        # Where others are called what was asked, or a word is foreign here, likeness must be plain.
        lacking = (evidence.absent or evidence.head.any() or evidence.head_said) and evidence.terms > 1
        found |= close >= (gate.foreign_cosine if lacking else gate.lone_cosine)
    if not found.any() or _only_mentioned(evidence, found):
        return np.zeros_like(found)
    best = float(coverage[found].max())
    keep = coverage >= best - gate.slack - 0.07 * max(0, min(evidence.terms, 6) - 3)
    if evidence.cosine is not None:
        best_cosine = float(evidence.cosine[found].max())
        keep |= (
            (evidence.cosine >= gate.lone_cosine) & (evidence.cosine >= best_cosine - 0.05) & (best < 0.99)
        )
    return found & keep


def fitting(evidence: Evidence, gate: Gate, *, strictly: bool) -> Mask:
    """The rows to answer with: all where nothing was asked; where one counts or picks, the strict ones if
    there are any."""
    if not evidence.terms:
        return np.ones(len(evidence.named), dtype=np.bool_)
    if strictly and (found := strictly_relevant(evidence)).any():
        return found
    return relevant(evidence, gate)


def may_be(evidence: Evidence, gate: Gate) -> bool:
    """Whether some row, though not plainly what was asked, comes too close to deny it. One word is a plain
    no, so are two of which one is a thing that the shop lacks, and any of which no product holds one."""
    if evidence.terms < 2 or evidence.absent >= evidence.terms or evidence.cosine is None:
        return False
    called = evidence.coverage[evidence.head]
    if evidence.for_whom and len(called) and called.max() >= 1 - evidence.for_whom - SYNONYM_SLACK:
        return True  # the thing itself is there, though not said to be for those
    if evidence.lacks_a_thing or (evidence.terms == 2 and not evidence.head_known):
        return False
    close = evidence.cosine >= gate.unsure_cosine[evidence.terms > 2]
    if evidence.terms == 2 and evidence.plainly is not None and not evidence.plainly.any():
        close &= evidence.coverage >= MOST
    return bool(close.any())


MOST = 0.55
"""The share of two words that comes near them where no product is called the thing itself."""
SYNONYM_SLACK = 0.1
"""What the shopper's own word counts more than another for the same thing."""


def _only_mentioned(evidence: Evidence, found: Mask) -> bool:
    """Whether a few products hold the words and yet are about something else altogether, as
    "Small Hammered Silver Candlepot" is for "hammer".
    """
    close = evidence.cosine
    if close is None or np.count_nonzero(found) > 4:
        return False
    floor = 0.2 if evidence.spelled else 0.35
    return bool(evidence.named[found].max() >= 0.999 and close[found].max() < floor)


def strictly_relevant(evidence: Evidence) -> Mask:
    """Rows that name every term in the shopper's own words, else every term at all; may be none."""
    for floor in (0.999, 0.899):
        found = evidence.named >= floor
        if found.any():
            return found
    return evidence.head & (evidence.coverage >= 0.74)
