"""The writer that phrases: a short call to a language model per act, several acts in one batch.

How an act is put to the model and its answer read is a dialect: codes for a model fine-tuned to them
(`coded.py`), worked examples for any other (`exampled.py`). Knows nothing of the audit, which
decides whether what the model wrote may be said.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from assistant.models.base import Ask, ChatModel, phrase
from assistant.models.weights import Teaching
from assistant.plan import Act
from assistant.writers.base import Asked, Voice, Wording
from assistant.writers.coded import TAKES_UP, CodedDialect
from assistant.writers.exampled import ExampledDialect
from prompts.asks import fingerprint, is_free
from prompts.loader import Prompt, PromptMismatch, load
from shop.errors import PromptError
from shop.settings import Settings

WORDINGS = 2
"""Wordings asked for per act, of which the best is said: the second costs a quarter of the first."""
TEMPERATURE = 0.4


class Dialect(Protocol):
    """How acts are put to a model, and its answers read. `stop` ends an answer."""

    prompt: Prompt
    stop: tuple[str, ...]

    def ask(self, act: Act, voice: Voice) -> Ask:
        """What the model is asked."""
        ...

    def read(self, answer: str, act: Act, voice: Voice) -> Wording:
        """Its answer, with handles."""
        ...

    def is_complete(self, wording: Wording, act: Act, voice: Voice) -> bool:
        """Whether the wording says all that was asked for, each once."""
        ...


class ModelWriter:
    """Words acts by a language model, in the dialect that suits it.

    `repeatable`: the same voice gets the same words, at the cost of loading the model for each call.
    """

    name = "model"

    def __init__(self, model: ChatModel, settings: Settings, *, repeatable: bool = False) -> None:
        self.model, self.repeatable = model, repeatable
        # A model that was fine-tuned here tells what it was taught; another may type anything.
        self.teaching: Teaching | None = getattr(model, "teaching", None)
        self.lexicon = self.teaching.words if self.teaching else None
        coded = settings.model_prompt == "codes" or (
            settings.model_prompt == "auto" and self.teaching is not None
        )
        self.dialect: Dialect = (
            CodedDialect(load_prompt("word_act", settings.shop))
            if coded
            else ExampledDialect(load_prompt("write_turn", settings.shop))
        )
        self.wordings = WORDINGS if coded else 1
        self.temperature = TEMPERATURE if coded else 0.0
        self.max_tokens = min(settings.model_max_tokens, self.dialect.prompt.max_tokens)

    def write(self, asked: Sequence[Asked], timeout_s: float) -> list[list[Wording]]:
        """The wordings of all acts that may be said, handles unexpanded. Raises ModelError."""
        return [
            [wording for wording in wordings if self.is_exact(act, wording)]
            for (act, _), wordings in zip(asked, self.word(asked, timeout_s), strict=True)
        ]

    def word(self, asked: Sequence[Asked], timeout_s: float) -> list[list[Wording]]:
        """All that the model wrote: first what says everything asked, of that first what it was taught so."""
        try:
            asks = [self.dialect.ask(act, voice) for act, voice in asked]
        except PromptMismatch as error:
            raise PromptError(str(error)) from error
        answers = phrase(
            self.model,
            asks,
            count=self.wordings,
            max_tokens=self.max_tokens,
            timeout_s=timeout_s,
            temperature=self.temperature,
            seed=asked[0][1].seed if asked and self.repeatable else 0,
            stop=self.dialect.stop,
        )
        found = []
        for (act, voice), texts in zip(asked, answers, strict=True):
            wordings = [self.dialect.read(text, act, voice) for text in texts]
            found.append(sorted(wordings, key=partial(self._rank, act, voice)))
        return found

    def is_exact(self, act: Act, wording: Wording) -> bool:
        """Whether a wording is as taught, where it has to be."""
        if is_free(act.kind) or not isinstance(self.dialect, CodedDialect):
            return True
        return self._was_taught(act, wording)

    def _was_taught(self, act: Act, wording: Wording) -> bool:
        return self.teaching is not None and fingerprint(act.kind, wording.coded) in self.teaching.wordings

    def _rank(self, act: Act, voice: Voice, wording: Wording) -> tuple[bool, bool]:
        # A small model's new combinations of taught phrases read worse than the phrases; but what takes
        # up the shopper's own words was never taught so.
        complete = self.dialect.is_complete(wording, act, voice)
        return not complete, act.kind not in TAKES_UP and not self._was_taught(act, wording)


def load_prompt(name: str, shop_folder: Path | None = None) -> Prompt:
    """The prompt `name`, the shop's own where it has one. Raises PromptError."""
    try:
        return load(name, shop_folder)
    except PromptMismatch as error:
        raise PromptError(str(error)) from error
