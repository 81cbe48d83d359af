"""Acts for a model fine-tuned to word them: asked in a line of codes, answered in a sentence of codes.

The model sees no record's value, so nothing written in a product's text can instruct it and nothing
can be copied but codes. Of the shopper's message it sees only what may colour the wording (for whom,
what for), and not even that where it touches something private.
"""

from __future__ import annotations

import re

from assistant.models.base import Ask
from assistant.plan import Act
from assistant.privacy import is_sensitive
from assistant.writers.base import Voice, Wording
from assistant.writers.composer import fullest_slots, load_phrases
from prompts.asks import CODE, code_of, put_act
from prompts.loader import Prompt
from shop.formats import format_list
from shop.types import Message

TAKES_UP = frozenset(
    {
        "show",
        "show_filtered",
        "show_one",
        "show_one_filtered",
        "recommend",
        "recommend_gift",
        "superlative",
        "nearest",
    }
)
"""Acts whose wording may take up what the shopper said it is for."""

OPENINGS = {
    "answer_yes": " Yes",
    "answer_in_stock": " Yes",
    "answer_option_yes": " Yes",
    "answer_no": " No",
    "answer_option_no": " No",
    "answer_out_of_stock": " No",
}
"""What the answer begins with where its yes or no is not the model's to choose."""

CLAIMS = re.compile(
    r"\b(?:allerg\w*|intoleran\w*|vegan\w*|gluten|nuts?|safe\w*|toxic|ill\w*|sick\w*|pain\w*|bab(?:y|ies)|"
    r"disab\w*|autis\w*|anxi\w*|doctor|hospital)\b",
    re.IGNORECASE,
)
"""What a reply must not take up in passing: it would read as a promise that the product suits it."""

QUOTED = re.compile(r"“\{(\w+)\}”")


class CodedDialect:
    """The prompt `word_act`: codes for facts, in both directions."""

    stop: tuple[str, ...] = ("\n", "<|")

    def __init__(self, prompt: Prompt) -> None:
        self.prompt = prompt

    def ask(self, act: Act, voice: Voice) -> Ask:
        """What the model is asked for `act`."""
        slots = spoken_slots(act, voice)
        text = self.put(act, voice)
        messages = tuple(Message(role, content) for role, content in self.prompt.render(ask=text))  # type: ignore[arg-type]
        codes = tuple(code_of(slot) for slot in slots)
        return Ask(messages, codes, OPENINGS.get(act.kind, ""))

    def put(self, act: Act, voice: Voice) -> str:
        """The last message of that prompt."""
        return put_act(act.kind, spoken_slots(act, voice), tone=voice.tone, shopper=_purposeful(act, voice))

    def read(self, answer: str, act: Act, voice: Voice) -> Wording:
        """The answer with handles for codes; a code the act does not have stays and fails the audit."""
        handles = {code_of(slot): slot for slot in act.slots}
        quoted = quoted_slots(act.kind, voice.locale)

        def put(match: re.Match[str]) -> str:
            slot = handles.get(match[1])
            if slot is None:
                return match[0]
            value = act.slots[slot]
            text = value if isinstance(value, str) else format_list(value, voice.locale)
            return f"“{text}”" if slot in quoted else text

        coded = answer.strip()
        return Wording(CODE.sub(put, coded), self.put(act, voice), coded)

    def is_complete(self, wording: Wording, act: Act, voice: Voice) -> bool:
        """Whether each code asked for stands in it once, and no other."""
        asked = sorted(code_of(slot) for slot in spoken_slots(act, voice))
        return sorted(CODE.findall(wording.coded)) == asked


def spoken_slots(act: Act, voice: Voice) -> tuple[str, ...]:
    """The slots to be said: all that one phrase can say.

    Every other time the shopper's own topic is left unsaid where it need not be, because to hear it
    repeated in each reply is tiresome.
    """
    slots = fullest_slots(act, voice.locale)
    if act.kind in TAKES_UP and "topic" not in act.must and voice.seed % 2:
        return tuple(slot for slot in slots if slot != "topic")
    return slots


def quoted_slots(kind: str, locale: str) -> frozenset[str]:
    """Slots of an act that stand in quotation marks, as our phrases have them."""
    phrases = load_phrases(locale.split("_")[0]).get(kind, ())
    return frozenset(name for phrase in phrases for name in QUOTED.findall(phrase))


def _purposeful(act: Act, voice: Voice) -> str:
    if act.kind not in TAKES_UP or is_sensitive(voice.message) or CLAIMS.search(voice.message):
        return ""
    return voice.message
