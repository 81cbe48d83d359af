"""Phrasing families: the many ways to word an act that a model is taught, kept as data.

`phrasings/*.toml` holds one table per act with lists of lines: `say`, `for` (which take up what the
shopper said it is for) or one list per tone. A line is a family: its choices "(a|b|)" make variants
of it. `messages.toml` holds what shoppers type. Every sixth line is kept out of training, so that
what was learnt can be told from what was memorised. Knows nothing of plans, models or shops.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeVar

from shop.errors import ConfigError

T = TypeVar("T")

CHOICE = re.compile(r"\(([^()]*)\)")
SLOT = re.compile(r"\{(\w+)\}")
WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?")
ARTICLE = re.compile(r"^(?:an?|some|the) ")
PURPOSE = "purpose"
HELD_OUT_EVERY = 6
MESSAGES = "messages.toml"
TONELESS = frozenset({"say", "for"})


@dataclass(frozen=True, slots=True)
class Family:
    """One line of an act's phrasings. `takes_up` the shopper's purpose; `test` is never trained on."""

    act: str
    tone: str
    line: str
    takes_up: bool
    test: bool

    @property
    def slots(self) -> frozenset[str]:
        """The act's slots that this line says."""
        return frozenset(SLOT.findall(self.line)) - {PURPOSE}

    @property
    def name(self) -> str:
        """A short name that tells families apart."""
        return f"{self.act}/{self.tone or ('for' if self.takes_up else 'say')}/{self.line[:40]}"

    def variants(self, count: int, rng: random.Random) -> list[str]:
        """Up to `count` different wordings, placeholders unfilled, in random order."""
        found = dict.fromkeys(choose(self.line, rng) for _ in range(count * 4))
        return list(found)[:count]


@dataclass(frozen=True, slots=True)
class Messages:
    """What shoppers type: lines per kind of question and what fills them."""

    lines: Mapping[str, tuple[str, ...]]
    purposes: tuple[tuple[str, str], ...]
    """(as the shopper says it, as the shop says it back)."""
    things: tuple[str, ...]
    filters: tuple[str, ...]

    def make(self, kind: str, rng: random.Random, *, with_purpose: bool) -> tuple[str, str]:
        """A message of `kind` ("find", "recommend", "superlative") and its purpose ('' without one)."""
        mark = f"{{{PURPOSE}}}"
        fitting = [line for line in self.lines[kind] if (mark in line) == with_purpose]
        said, back = rng.choice(self.purposes) if with_purpose else ("", "")
        thing = rng.choice(self.things)
        if kind == "superlative":
            thing = ARTICLE.sub("", thing)
        values = {PURPOSE: said, "thing": thing, "filter": rng.choice(self.filters)}
        text = SLOT.sub(lambda match: values[match[1]], choose(rng.choice(fitting), rng))
        return " ".join(text.split()), back

    def half(self, *, test: bool) -> Messages:
        """The part kept for testing, or the part to train on: no line, purpose or thing is in both."""
        return Messages(
            {kind: _half(lines, test) for kind, lines in self.lines.items()},
            _half(self.purposes, test),
            _half(self.things, test),
            self.filters,
        )


def choose(line: str, rng: random.Random) -> str:
    """`line` with one of each choice taken: "(a|b) c" -> "a c"."""
    return CHOICE.sub(lambda match: rng.choice(match[1].split("|")), line)


@cache
def load_families() -> tuple[Family, ...]:
    """Every family we ship, in the files' order. Raises ConfigError for a table it cannot read."""
    return tuple(family for name, table in _tables() for family in _families(name, table))


@cache
def load_messages() -> Messages:
    """What shoppers type, all of it."""
    tables = tomllib.loads((files("finetune") / "phrasings" / MESSAGES).read_text(encoding="utf-8"))
    purposes = tuple(tuple(pair.split("|", 1)) for pair in tables["purposes"]["said"])
    return Messages(
        {kind: tuple(tables[kind]["say"]) for kind in ("find", "recommend", "superlative")},
        tuple((said, back) for said, back in purposes),
        tuple(tables["things"]["said"]),
        tuple(tables["filters"]["said"]),
    )


def words_of(texts: Iterable[str]) -> frozenset[str]:
    """Every word, lower case, of wordings or lines: what a model taught by them may type."""
    plain = (re.sub(r"\[\w+\]|\{\w+\}|[|()]", " ", text.lower()) for text in texts)
    return frozenset(word for text in plain for word in WORD.findall(text))


def _tables() -> Iterator[tuple[str, dict[str, list[str]]]]:
    folder = files("finetune") / "phrasings"
    seen: set[str] = set()
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml") or file.name == MESSAGES:
            continue
        for act, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if act in seen:
                raise ConfigError(f"{file.name}: act {act!r} has phrasings in another file; keep one")
            seen.add(act)
            yield act, table


def _families(act: str, table: dict[str, list[str]]) -> Iterator[Family]:
    for name, lines in table.items():
        for position, line in enumerate(lines):
            yield Family(
                act,
                "" if name in TONELESS else name,
                line,
                takes_up=name == "for",
                test=position % HELD_OUT_EVERY == HELD_OUT_EVERY - 1,
            )


def _half(items: Sequence[T], test: bool) -> tuple[T, ...]:
    kept_out = HELD_OUT_EVERY - 1
    return tuple(x for at, x in enumerate(items) if (at % HELD_OUT_EVERY == kept_out) == test)
