"""The mood of a message or review, how urgent it is, and the words that say so.

    read_mood("Still waiting after three weeks, this is ridiculous!").label   # "negative"

Mood is a linear model over words and pairs of words, fitted to clothing reviews by
insight/mood_fitting.py and kept as one small file of weights; a word behind a negation is another
word ("not_great"; Das and Chen 2001), and one the model has not met speaks the other way round.
Complaints that no product review holds ("charged twice") and urgency are cues: patterns in
mood_cues.toml. Knows English only, and nothing of irony, of who wrote or of what happens next.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

Label = Literal["negative", "neutral", "positive"]

NEGATIONS = frozenset(
    "not no never cannot without hardly barely neither nor nothing nobody isn't wasn't aren't weren't don't "
    "doesn't didn't won't wouldn't can't couldn't shouldn't haven't hasn't hadn't ain't".split()
)
FUNCTION_WORDS = frozenset(
    "a an the i i'm i've i'd i'll me my you your it it's its this that these those they them their he she we "
    "our is am are was were be been being do does did done doing have has had having can could will would "
    "shall should may might must to of in on at by for with from as into about and or if so than then when "
    "where which who what how there here all any some more most very really just also too only one two "
    "again am pm".split()
)
"""Words that say nothing by themselves, nor two of them together."""
SCOPE = 3
"""A negation reaches this many words on, or to the next comma, stop or "but"."""
ENDS_SCOPE = frozenset("but however although though because".split())
FLIPPED = 0.5
"""An unknown negated word counts this share of the word itself, the other way round."""
NEUTRAL = 0.45
"""A mood nearer to 0 than this is neither good nor bad."""
URGENT = 0.5
"""Urgency from here on is a person's business where the mood is bad."""
SHOUTED = 0.2
"""Urgency of two words or more in capitals."""
FAINT = 0.15
CAUSES = 5
"""At most this many words are named, none whose effect is fainter."""
PIECES = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[.,;:!?()\n]")
SHOUT = re.compile(r"\b[A-Z]{4,}\b")


@dataclass(frozen=True, slots=True)
class Cause:
    """Words of the text and what they add: below zero they speak of a bad mood."""

    text: str
    effect: float


@dataclass(frozen=True, slots=True)
class Mood:
    """`value` from -1 (bad) to 1 (good), 0 where nothing speaks for either; `urgency` from 0 to 1.

    `causes` are the words behind the value, `urgent_words` those behind the urgency, strongest first.
    `alarm` says that somebody may be in danger or robbed, whatever the mood.
    """

    value: float = 0.0
    urgency: float = 0.0
    causes: tuple[Cause, ...] = ()
    urgent_words: tuple[str, ...] = ()
    alarm: bool = False

    @property
    def label(self) -> Label:
        """The value in one word."""
        if abs(self.value) < NEUTRAL:
            return "neutral"
        return "positive" if self.value > 0 else "negative"

    @property
    def is_urgent(self) -> bool:
        """Whether the words press for an answer now."""
        return self.urgency >= URGENT

    @property
    def wants_person(self) -> bool:
        """Whether a person should take over: an alarm, or a bad mood that presses."""
        return self.alarm or (self.is_urgent and self.label == "negative")


@dataclass(frozen=True, slots=True)
class MoodModel:
    """Log-odds by feature (a word, "not_" and a word, or two words); `bias` is what no word says."""

    weights: Mapping[str, float]
    bias: float = 0.0
    card: Mapping[str, object] = field(default_factory=dict)

    def effects(self, text: str) -> Iterator[tuple[str, float]]:
        """Each known feature of `text` once, as it was written, with its weight."""
        seen: set[str] = set()
        for feature, written in features_of(text):
            if feature in seen:
                continue
            seen.add(feature)
            weight = self.weights.get(feature)
            if weight is None and feature.startswith("not_") and " " not in feature:
                weight = -FLIPPED * self.weights.get(feature.removeprefix("not_"), 0.0)
            if weight:
                yield written, weight

    def score(self, text: str) -> float:
        """Log-odds that a review of these words has four stars or more rather than two or fewer."""
        return self.bias + sum(weight for _, weight in self.effects(text))


def features_of(text: str) -> Iterator[tuple[str, str]]:
    """(feature, as written) for every word and pair of neighbours that is not all function words."""
    before: tuple[str, str] | None = None
    negation, reach, was_plain = "", 0, False
    for piece in PIECES.findall(text.replace("’", "'").lower()):
        if not piece[0].isalnum():
            before, reach = None, 0
            continue
        if piece in ENDS_SCOPE:
            reach = 0
        negated = reach > 0
        word = (f"not_{piece}", f"{negation} … {piece}") if negated else (piece, piece)
        is_plain = piece in FUNCTION_WORDS
        if not is_plain:
            yield word
        if before is not None and not (is_plain and was_plain):
            yield f"{before[0]} {word[0]}", f"{before[1].split(' … ')[-1]} {piece}"
        reach = SCOPE if piece in NEGATIONS else reach - 1
        negation = piece if piece in NEGATIONS else negation
        before, was_plain = word, is_plain


@dataclass(frozen=True, slots=True)
class Cue:
    """A pattern that no review teaches, and what it adds."""

    name: str
    pattern: re.Pattern[str]
    mood: float
    urgency: float
    alarm: bool = False

    def find(self, text: str) -> str:
        """The words it stands in, or '' (also where the word before takes it back: "not urgent")."""
        for match in self.pattern.finditer(text):
            if not TAKES_BACK.search(text[: match.start()]):
                return match.group(0)
        return ""


TAKES_BACK = re.compile(
    r"(?:\b(?:not|no|isn't|aren't|wasn't|never|without|nothing)\s+(?:so |very |really |that |an? )?)$"
)


@cache
def load_mood_model() -> MoodModel:
    """The weights that ship with the product; their card says what they were fitted to."""
    kept = json.loads(files("insight").joinpath("mood.json").read_text(encoding="utf-8"))
    return MoodModel(kept["weights"], kept["bias"], kept["card"])


@cache
def load_cues() -> tuple[Cue, ...]:
    """The cues of mood_cues.toml."""
    kept = tomllib.loads(files("insight").joinpath("mood_cues.toml").read_text(encoding="utf-8"))
    return tuple(
        Cue(name, re.compile("|".join(cue["patterns"])), cue["mood"], cue["urgency"], cue.get("alarm", False))
        for name, cue in kept.items()
    )


def read_mood(text: str, model: MoodModel | None = None) -> Mood:
    """The mood of `text`; nothing but 0 where it has no words that speak for one."""
    model = model or load_mood_model()
    effects = list(model.effects(text))
    plain = text.replace("’", "'").lower()
    calm, urgent, alarm = 1.0, [], False
    for cue in load_cues():
        if not (words := cue.find(plain)):
            continue
        if cue.mood:
            effects.append((words, cue.mood))
        if cue.urgency:
            urgent.append((cue.urgency, words))
            calm *= 1 - cue.urgency
        alarm = alarm or cue.alarm
    if len(SHOUT.findall(text)) > 1:
        calm *= 1 - SHOUTED
    value = math.tanh((model.bias + sum(effect for _, effect in effects)) / 2) if effects else 0.0
    return Mood(
        value=value,
        urgency=1 - calm,
        causes=_causes(effects, value),
        urgent_words=tuple(words for _, words in sorted(urgent, key=lambda found: -found[0])),
        alarm=alarm,
    )


def _causes(effects: list[tuple[str, float]], value: float) -> tuple[Cause, ...]:
    """The strongest effects that pull the way of the value, none of whose words were named already."""
    found: list[Cause] = []
    for written, effect in sorted(effects, key=lambda pair: -abs(pair[1])):
        if len(found) == CAUSES:
            break
        words = set(written.replace(" … ", " ").split())
        is_new = all(not words <= set(one.text.replace(" … ", " ").split()) for one in found)
        if effect * value > 0 and abs(effect) >= FAINT and is_new:
            found.append(Cause(written, effect))
    return tuple(found)
