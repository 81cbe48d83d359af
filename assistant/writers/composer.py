"""The writer that always can: says a plan with phrase templates kept as data.

Phrases stand in `phrases/<language>/*.toml`, one table per act kind with a list `say`. A template
holds placeholders named after the act's slots; those slots hold handles, so a template never holds
a fact. Of the templates that say every must-say, those that say most of what is given are
eligible, and the voice's seed picks among them, passing over what was said lately.
Knows nothing of records, models or the audit.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from assistant.plan import Act
from assistant.writers.base import Asked, Voice, Wording
from shop.errors import ConfigError
from shop.formats import format_list

PLACEHOLDER = re.compile(r"\{(\w+)\}")
DEFAULT_LANGUAGE = "en"


@cache
def load_phrases(language: str) -> dict[str, tuple[str, ...]]:
    """Act kind -> its templates, merged over all files of `language` (English where there is none)."""
    root = files("assistant.writers") / "phrases"
    folder = root / language
    if not folder.is_dir():
        folder = root / DEFAULT_LANGUAGE
    phrases: dict[str, tuple[str, ...]] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml"):
            continue
        for kind, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if kind in phrases:
                raise ConfigError(f"{file.name}: act {kind!r} has phrases in another file; keep one")
            phrases[kind] = tuple(table["say"])
    return phrases


def eligible_templates(act: Act, templates: tuple[str, ...]) -> list[str]:
    """Templates that say all must-says of `act`, nothing it does not give, and most of the rest."""
    fitting: list[tuple[int, str]] = []
    for template in templates:
        names = set(PLACEHOLDER.findall(template))
        if names <= act.slots.keys() and set(act.must) <= names:
            fitting.append((len(names), template))
    most = max((count for count, _ in fitting), default=0)
    return [template for count, template in fitting if count == most]


def fullest_slots(act: Act, locale: str) -> tuple[str, ...]:
    """The slots that one phrase can say at most, in the act's order; all where no phrase fits."""
    templates = eligible_templates(act, load_phrases(locale.split("_")[0]).get(act.kind, ()))
    if not templates:
        return tuple(act.slots)
    names = set(PLACEHOLDER.findall(max(templates, key=lambda text: sorted(PLACEHOLDER.findall(text)))))
    return tuple(slot for slot in act.slots if slot in names)


def fill_template(template: str, act: Act, locale: str) -> str:
    """`template` with each placeholder replaced by its slot's handle or list of handles."""

    def put(match: re.Match[str]) -> str:
        value = act.slots[match[1]]
        return value if isinstance(value, str) else format_list(value, locale)

    return PLACEHOLDER.sub(put, template)


def _opening(text: str) -> str:
    """The words before the first handle: what makes two replies sound the same."""
    return re.split(r"[\[{]", text, maxsplit=1)[0].strip().lower()


class Composer:
    """The template writer."""

    name = "composer"
    lexicon: frozenset[str] | None = None

    def write(self, asked: Sequence[Asked], timeout_s: float = 0.0) -> list[list[Wording]]:
        """One wording per act; needs no time. Raises ConfigError for an act without phrases."""
        return [[Wording(self.say(act, voice, position))] for position, (act, voice) in enumerate(asked)]

    def say(self, act: Act, voice: Voice, position: int = 0) -> str:
        """The wording of one act."""
        phrases = load_phrases(voice.locale.split("_")[0])
        templates = eligible_templates(act, phrases.get(act.kind, ()))
        if not templates:
            raise ConfigError(
                f"no phrase says act {act.kind!r} with slots {sorted(act.slots)}; add one to "
                "assistant/writers/phrases"
            )
        start = (voice.seed + position) % len(templates)
        rotated = templates[start:] + templates[:start]
        said = " ".join(voice.recent).lower()
        fresh = [t for t in rotated if not (_opening(t) and _opening(t) in said)]
        return fill_template((fresh or rotated)[0], act, voice.locale)
