"""What a shopper wants, from one message: rules where the words leave no doubt, else the nearest
labelled examples in embedding space.

Patterns and examples are data (`<language>.toml`). Knows nothing of the conversation; what a
message refers to is decided in `assistant.references`.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.embedding import Embedder

NEIGHBOURS = 5
BATCH = 4
DEFAULT_LANGUAGE = "en"

# Rule -> intent, first match wins: safety before courtesy before business.
PRECEDENCE = (
    ("injection", "out_of_scope"),
    ("greeting", "smalltalk"),
    ("goodbye", "smalltalk"),
    ("thanks", "smalltalk"),
    ("about_self", "smalltalk"),
    ("person", "handoff"),
    ("other_person", "order_status"),
    ("order_number", "order_status"),
    ("explain", "explain"),
    ("compare", "compare"),
    ("recommend", "recommend"),
    ("own_order", "order_status"),
    ("policy", "policy"),
    ("how_are_you", "smalltalk"),
    ("outside", "out_of_scope"),
)


@dataclass(frozen=True, slots=True)
class Intent:
    """`name` with a confidence from 0 to 1, and `cue`: the rule or example that decided."""

    name: str
    confidence: float
    cue: str


def _compile(patterns: Mapping[str, Sequence[str]], written: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    """One pattern a name; `written`: what stands for <name> in them."""
    joined = {name: "|".join(any_of) for name, any_of in patterns.items()}
    for name, text in written.items():
        joined = {of: pattern.replace(f"<{name}>", text) for of, pattern in joined.items()}
    return {name: re.compile(pattern, re.I | re.S) for name, pattern in joined.items()}


class IntentClassifier:
    """One language's rules and labelled examples. The examples are embedded on first use."""

    def __init__(
        self, embedder: Embedder, language: str = DEFAULT_LANGUAGE, cache: Path | None = None
    ) -> None:
        """`cache` is a folder where the examples' vectors are kept between starts."""
        root = files("assistant.intents")
        file = root / f"{language}.toml"
        if not file.is_file():
            language = DEFAULT_LANGUAGE
            file = root / f"{language}.toml"
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        self.embedder = embedder
        self.language = language
        self._cache = cache
        self.rules = _compile(data["rules"], data.get("words", {}))
        self._asks = _compile(data["asks"], data.get("words", {}))
        self._slang: Mapping[str, str] = data.get("slang", {})
        self._slang_words = re.compile(rf"(?<![\w'’])(?:{'|'.join(self._slang) or '(?!)'})(?![\w'’])", re.I)
        self.labels = [name for name, texts in data["examples"].items() for _ in texts]
        self.texts = [text for texts in data["examples"].values() for text in texts]

    def plain(self, text: str) -> str:
        """`text` with what is typed for short written out: "wots hot" is "what's hot"."""
        return self._slang_words.sub(lambda found: self._slang[found[0].lower()], text)

    def asks(self, text: str) -> frozenset[str]:
        """Names of everything else the words ask for or say: "price", "gift", "similar" ..."""
        text = self.plain(text)
        return frozenset(name for name, pattern in self._asks.items() if pattern.search(text))

    def match_rules(self, text: str) -> Intent | None:
        """The intent that the words leave no doubt about, or None."""
        text = self.plain(text)
        for rule, name in PRECEDENCE:
            if self.rules[rule].search(text):
                return Intent(name, 1.0, rule)
        return None

    def order_numbers(self, text: str) -> tuple[str, ...]:
        """Order numbers as typed, without '#'."""
        found = self.rules["order_number"].finditer(text)
        return tuple(next(group for group in match.groups() if group) for match in found)

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """One row per labelled example, normalised."""
        digest = hashlib.sha256("\n".join((self.embedder.name, *self.texts)).encode()).hexdigest()[:16]
        file = self._cache / f"intents-{digest}.npy" if self._cache else None
        if file is not None and file.exists():
            try:
                return np.asarray(np.load(file), dtype=np.float32)
            except (OSError, ValueError):
                pass  # cut short by a crash: made again below
        # Few at a time: the embedder answers those without loading torch.
        batches = range(0, len(self.texts), BATCH)
        vectors = np.concatenate([self.embedder.embed(self.texts[at : at + BATCH]) for at in batches])
        if file is not None and file.parent.is_dir():
            part = file.with_suffix(".part.npy")
            np.save(part, vectors)
            os.replace(part, file)
        return vectors

    def classify(self, text: str) -> Intent:
        """The label that most similarity among the nearest examples speaks for."""
        cosines = self.vectors @ self.embedder.embed([self.plain(text)])[0]
        nearest = np.argsort(-cosines)[:NEIGHBOURS]
        weights: dict[str, float] = {}
        for index in nearest:
            label = self.labels[int(index)]
            weights[label] = weights.get(label, 0.0) + max(float(cosines[index]), 0.0) ** 2
        name = max(weights, key=lambda label: weights[label])
        share = weights[name] / (sum(weights.values()) or 1.0)
        return Intent(name, share * max(float(cosines[nearest[0]]), 0.0), self.texts[int(nearest[0])])
