"""The writer that phrases: one short call to a language model per act of the plan.

The model sees the act, its slots' handles and two examples of the same act about other records;
never a record's value, so that nothing written in a product's text can instruct it and nothing can
be copied from it but handles. One act a call, because small models mix up the handles of several;
the examples stand before the act, so that they are constant and their reading is cached.
Knows nothing of the audit, which decides whether what the model wrote may be said.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from assistant.models.base import ChatModel
from assistant.plan import HANDLE, Act, Plan
from assistant.writers.base import Voice
from assistant.writers.composer import eligible_templates, fill_template, load_phrases
from prompts.loader import Prompt, PromptMismatch, load
from shop.errors import ConfigError, ModelTimeout, PromptError
from shop.formats import format_list
from shop.settings import Settings
from shop.types import Message

STOP = ("\n", "<|")
ROLE_ECHO = re.compile(r"^\s*(?:assistant|shop|reply|answer|sentence|response)\s*:\s*", re.IGNORECASE)
EXAMPLES = 2
EXAMPLE_SHIFT = 3
"""How far an example's record numbers stand from the act's, so that it is not copied whole."""


class ModelWriter:
    """Says plans in a language model's words, asked for by the prompt `write_turn`."""

    name = "model"

    def __init__(self, model: ChatModel, settings: Settings) -> None:
        self.model = model
        self.prompt = load_prompt(settings.shop)
        self.timeout_s = settings.model_timeout_s
        self.max_tokens = min(settings.model_max_tokens, self.prompt.max_tokens)

    def write(self, plan: Plan, voice: Voice) -> Iterator[str]:
        """Yield the reply act by act, handles unexpanded. Raises ModelError; the time is the turn's."""
        deadline = time.monotonic() + self.timeout_s
        for position, act in enumerate(plan.acts):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise ModelTimeout(f"no whole reply within {self.timeout_s:g} s; raise model_timeout_s")
            if position:
                yield " "
            pieces = self.model.stream(
                self.messages(act, voice), max_tokens=self.max_tokens, timeout_s=left_s, stop=STOP
            )
            try:
                yield from strip_echo(pieces)
            finally:
                # Whoever stops listening to the reply stops the model with it.
                close = getattr(pieces, "close", None)
                if close is not None:
                    close()

    def messages(self, act: Act, voice: Voice) -> list[Message]:
        """What the model is sent for one act."""
        asks, replies = zip(*self._examples(act, voice), strict=True)
        try:
            rendered = self.prompt.render(
                shop_name=voice.shop_name,
                first_ask=asks[0],
                first_reply=replies[0],
                second_ask=asks[1],
                second_reply=replies[1],
                ask=self.describe(act, voice.locale),
            )
        except PromptMismatch as error:
            raise PromptError(str(error)) from error
        return [Message(role, content) for role, content in rendered]  # type: ignore[arg-type]

    def describe(self, act: Act, locale: str) -> str:
        """The act as the model reads it: "recommend: product [1], price [1.price]"."""
        kind = act.kind.replace("_", " ")
        slots = (
            f"{slot.replace('_', ' ')} {value if isinstance(value, str) else format_list(value, locale)}"
            for slot, value in act.slots.items()
        )
        listed = ", ".join(slots)
        return f"{kind}: {listed}" if listed else kind

    def _examples(self, act: Act, voice: Voice) -> list[tuple[str, str]]:
        """The same act about other records, as the shop's phrases put it; the seed picks which."""
        phrases = load_phrases(voice.locale.split("_")[0])
        templates = eligible_templates(act, phrases.get(act.kind, ()))
        if not templates:
            raise ConfigError(
                f"no phrase shows how to say act {act.kind!r} with slots {sorted(act.slots)}; add one to "
                "assistant/writers/phrases"
            )
        ask = self.describe(act, voice.locale)
        examples = []
        for number in range(EXAMPLES):
            template = templates[(voice.seed + number) % len(templates)]
            # The nearer example has the nearer numbers; both differ from the act's own.
            shift = EXAMPLE_SHIFT + 2 * number
            reply = fill_template(template, act, voice.locale)
            examples.append((shift_handles(ask, shift), shift_handles(reply, shift)))
        return examples


def load_prompt(shop_folder: Path | None = None) -> Prompt:
    """The prompt `write_turn`, the shop's own where it has one. Raises PromptError."""
    try:
        return load("write_turn", shop_folder)
    except PromptMismatch as error:
        raise PromptError(str(error)) from error


def shift_handles(text: str, by: int) -> str:
    """`text` with each numbered handle's record number raised: "[1.price]" -> "[4.price]"."""

    def put(match: re.Match[str]) -> str:
        field = f".{match[2]}" if match[2] else ""
        return f"[{int(match[1]) + by}{field}]" if match[1].isdecimal() else match[0]

    return HANDLE.sub(put, text)


def strip_echo(pieces: Iterator[str]) -> Iterator[str]:
    """`pieces` without white space or a speaker's name ("Shop: ") at the very beginning."""
    held = ""
    started = False
    for piece in pieces:
        if started:
            yield piece
            continue
        held += piece
        # A name with its colon is at most this long; after it nothing more is held back.
        if len(held.lstrip()) > 12:
            started = True
            yield ROLE_ECHO.sub("", held, count=1).lstrip()
    if not started and (rest := ROLE_ECHO.sub("", held, count=1).strip()):
        yield rest
