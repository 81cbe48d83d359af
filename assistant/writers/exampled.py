"""Acts for a model as it comes: asked with two worked examples, answered in handles.

The examples are the same act about other records, from the phrase bank, and stand before the act,
so that they are constant and their reading is cached. The model never sees a record's value or the
shopper's words. One act a call, because small models mix up the handles of several.
"""

from __future__ import annotations

import re

from assistant.models.base import Ask
from assistant.plan import HANDLE, Act
from assistant.writers.base import Voice, Wording
from assistant.writers.composer import eligible_templates, fill_template, load_phrases
from prompts.loader import Prompt
from shop.errors import ConfigError
from shop.formats import format_list
from shop.types import Message

ROLE_ECHO = re.compile(r"^\s*(?:assistant|shop|reply|answer|sentence|response)\s*:\s*", re.IGNORECASE)
EXAMPLES = 2
EXAMPLE_SHIFT = 3
"""How far an example's record numbers stand from the act's, so that it is not copied whole."""


class ExampledDialect:
    """The prompt `write_turn`: handles, and examples of how to use them."""

    stop: tuple[str, ...] = ("\n", "<|")

    def __init__(self, prompt: Prompt) -> None:
        self.prompt = prompt

    def ask(self, act: Act, voice: Voice) -> Ask:
        """What the model is asked for `act`."""
        asks, replies = zip(*_examples(act, voice), strict=True)
        rendered = self.prompt.render(
            shop_name=voice.shop_name,
            first_ask=asks[0],
            first_reply=replies[0],
            second_ask=asks[1],
            second_reply=replies[1],
            ask=describe(act, voice.locale),
        )
        return Ask(tuple(Message(role, content) for role, content in rendered))  # type: ignore[arg-type]

    def read(self, answer: str, act: Act, voice: Voice) -> Wording:
        """The answer without a speaker's name ("Shop: ") before it."""
        return Wording(ROLE_ECHO.sub("", answer, count=1).strip())

    def is_complete(self, wording: Wording, act: Act, voice: Voice) -> bool:
        """Whether it says the act's must-says."""
        return all(handle in wording.text for handle in act.must_handles)


def describe(act: Act, locale: str) -> str:
    """The act as the model reads it: "recommend: product [1], price [1.price]"."""
    kind = act.kind.replace("_", " ")
    slots = (
        f"{slot.replace('_', ' ')} {value if isinstance(value, str) else format_list(value, locale)}"
        for slot, value in act.slots.items()
    )
    listed = ", ".join(slots)
    return f"{kind}: {listed}" if listed else kind


def shift_handles(text: str, by: int) -> str:
    """`text` with each numbered handle's record number raised: "[1.price]" -> "[4.price]"."""

    def put(match: re.Match[str]) -> str:
        field = f".{match[2]}" if match[2] else ""
        return f"[{int(match[1]) + by}{field}]" if match[1].isdecimal() else match[0]

    return HANDLE.sub(put, text)


def _examples(act: Act, voice: Voice) -> list[tuple[str, str]]:
    """The same act about other records, as the shop's phrases put it; the seed picks which."""
    phrases = load_phrases(voice.locale.split("_")[0])
    templates = eligible_templates(act, phrases.get(act.kind, ()))
    if not templates:
        raise ConfigError(
            f"no phrase shows how to say act {act.kind!r} with slots {sorted(act.slots)}; add one to "
            "assistant/writers/phrases"
        )
    ask = describe(act, voice.locale)
    examples = []
    for number in range(EXAMPLES):
        template = templates[(voice.seed + number) % len(templates)]
        # The nearer example has the nearer numbers; both differ from the act's own.
        shift = EXAMPLE_SHIFT + 2 * number
        reply = fill_template(template, act, voice.locale)
        examples.append((shift_handles(ask, shift), shift_handles(reply, shift)))
    return examples
