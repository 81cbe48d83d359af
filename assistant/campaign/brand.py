"""The shop's brand voice: `brand.md` in its folder, read by people and held to by the checks.

Every block of it that is a rule is checked in each message; the summary is for the people who read
and approve. Knows nothing of messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from assistant.campaign.own_text import OwnText
from shop.errors import ConfigError

FILE = "brand.md"
TONES = ("plain", "warm", "playful", "elegant", "brief")
"""How a message may sound; the templates have one tone for all."""

RULES = {
    "no exclamation marks": re.compile(r"!"),
    "no questions": re.compile(r"\?"),
    "no contractions": re.compile(r"\w[’'](?:s|t|d|m|ll|re|ve)\b", re.I),
    "no emoji": re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]"),
}
"""House rules that can be checked, and what breaks each."""

ADDRESS = re.compile(r"https?://\S+")

STARTER = """\
---
tone: plain            # plain, warm, playful, elegant or brief; a variant may name another
rules:                 # of: no exclamation marks, no questions, no contractions, no emoji
  - no emoji
banned: []             # words that never appear, e.g. [cheap, awesome]
disclaimer: ""         # stands at the end of every e-mail, e.g. your postal address
---
Who we are and how we sound, for everybody who writes for the shop.
"""


@dataclass(frozen=True, slots=True)
class Brand:
    """What `brand.md` says. `pattern` finds any banned word or broken rule."""

    summary: str = ""
    tone: str = TONES[0]
    rules: tuple[str, ...] = ()
    banned: tuple[str, ...] = ()
    disclaimer: str = ""

    def faults(self, text: str) -> list[str]:
        """Banned words and broken rules in `text`; addresses of pages are no words."""
        text = ADDRESS.sub(" ", text)
        found = [f"“{match}”" for match in dict.fromkeys(m.lower() for m in self._banned(text))]
        return found + [rule for rule in self.rules if RULES[rule].search(text)]

    def _banned(self, text: str) -> list[str]:
        if not self.banned:
            return []
        words = "|".join(re.escape(word) for word in self.banned)
        return re.findall(rf"(?<!\w)(?:{words})(?!\w)", text, re.I)


def read_brand(text: str, name: str) -> Brand:
    """A brand voice out of its text. Raises ConfigError naming the file and the field."""
    match = re.match(r"---\r?\n(.*?)^---\r?\n?(.*)", text, re.DOTALL | re.MULTILINE)
    if match is None:
        raise ConfigError(f"{name} does not begin with settings between two lines of ---; begin it so")
    try:
        head = yaml.safe_load(match[1]) or {}
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2
        raise ConfigError(f"{name}, line {line}: this is no YAML; mend the line") from error
    if not isinstance(head, dict):
        raise ConfigError(f"{name}: the part between --- holds no fields; write them as `tone: plain`")
    unknown = set(head) - {"tone", "rules", "banned", "disclaimer"}
    if unknown:
        raise ConfigError(
            f"{name}: there is no field {min(map(str, unknown))!r}; use tone, rules, banned, disclaimer"
        )
    tone = str(head.get("tone") or TONES[0])
    if tone not in TONES:
        raise ConfigError(f"{name}, field tone: {tone!r} is no tone; use one of {', '.join(TONES)}")
    rules = _texts(head, "rules", name)
    for rule in rules:
        if rule not in RULES:
            raise ConfigError(f"{name}, field rules: {rule!r} cannot be checked; use {', '.join(RULES)}")
    disclaimer = " ".join(str(head.get("disclaimer") or "").split())
    return Brand(match[2].strip(), tone, rules, _texts(head, "banned", name), disclaimer)


def _texts(head: dict[str, Any], field: str, name: str) -> tuple[str, ...]:
    value = head.get(field) or []
    if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
        raise ConfigError(f"{name}, field {field}: this is no list of words; write it as [one, two]")
    return tuple(each.strip() for each in value)


BRAND = OwnText(FILE, STARTER, Brand(), read_brand)
"""The shop's brand voice; a plain one where it has none."""
