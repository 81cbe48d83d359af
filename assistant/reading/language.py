"""The words in which pages and questions say things, read from `<language>.toml`.

Data only: what is a way of saying the same, what denies, what belongs to the asking. Knows nothing
of products.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from retrieval.english import FILLER
from retrieval.words import stem, words

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Measure:
    """Something a question asks to be told: how it asks, what stands beside the answer, its form; `label`
    names it in a sentence ("its weight")."""

    label: str
    asks: Pattern
    beside: Pattern
    form: Pattern


@dataclass(frozen=True, slots=True)
class Comparative:
    """A word that sets two by an amount: "heavier" `asks` each "how heavy", an amount of the kind `unit`
    (`amounts.UNITS`), and the one with `more` of it is meant."""

    says: Pattern
    asks: str
    unit: str
    more: bool


@dataclass(frozen=True, slots=True)
class Language:
    """One language's ways of saying things."""

    same: Mapping[str, Pattern]
    contradicts: Mapping[str, Pattern]
    weak: frozenset[str]
    relation_words: frozenset[str]
    relations: Mapping[str, Pattern]
    cues: Mapping[str, Pattern]
    denials: Mapping[str, Pattern]
    before: Pattern
    after: Pattern
    measures: tuple[Measure, ...]
    contrast: Mapping[str, Pattern]
    comparatives: tuple[Comparative, ...]
    reviews: Mapping[str, Pattern]
    topics: Mapping[str, Pattern]


@cache
def load_language(name: str = "en") -> Language:
    """The language called `name`. Patterns ignore case."""
    data = tomllib.loads((files("assistant.reading") / f"{name}.toml").read_text(encoding="utf-8"))
    weak = {stem(word) for word in words(data["weak"]["words"])} | {stem(word) for word in FILLER}
    return Language(
        same={key: _whole_words(value) for key, value in data["same"].items()},
        contradicts={key: _any(value) for key, value in data["contradicts"].items()},
        weak=frozenset(weak),
        relation_words=frozenset(data["weak"]["relations"].split()),
        relations={key: _any(value) for key, value in data["relations"].items()},
        cues={key: _any(value) for key, value in data["cues"].items()},
        denials={key: _any(value) for key, value in data["denials"].items()},
        before=_any(data["negation"]["before"]),
        after=_any(data["negation"]["after"]),
        measures=tuple(
            Measure(value["label"], _any(value["asks"]), _any(value["beside"]), _any([value["form"]]))
            for value in data["measures"].values()
        ),
        contrast={key: _any(value) for key, value in data["contrast"].items()},
        comparatives=tuple(
            Comparative(_any([value["says"]]), value["asks"], value["unit"], value["more"])
            for value in data["comparatives"]
        ),
        reviews={key: _any(value) for key, value in data["reviews"].items()},
        topics={key: _any(value) for key, value in data["topics"].items()},
    )


def _any(patterns: Sequence[str]) -> Pattern:
    return re.compile("|".join(patterns), re.I)


def _whole_words(patterns: Sequence[str]) -> Pattern:
    return re.compile(rf"(?<![^\W\d_])(?:{'|'.join(patterns)})(?![^\W_])", re.I)
