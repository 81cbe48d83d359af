"""A plan into words the reader sees: the model's where they pass the audit, else the composer's.

An act's sentences go out as soon as they pass and say what the act must. At the first that fails, or
when the model fails or is out of time, the model is stopped and the composer says the rest, so a
reply is always complete and never waits for words that will be thrown away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from assistant.audit import Audit, split_sentences
from assistant.plan import Plan
from assistant.writers.base import Voice, Writer
from assistant.writers.composer import Composer
from shop.errors import ModelError, ModelUnavailable

REST_S = 30.0
"""How long a model that could not be reached is left alone."""


@dataclass(slots=True)
class Spoken:
    """How one plan was said; filled while it is being delivered."""

    handled_by: str = "composer"
    called_model: bool = False
    text: str = ""
    stopped_by: str = ""
    sentences_by_model: int = 0
    first_text_at: float | None = None

    def as_json(self) -> dict[str, object]:
        """For the trace."""
        return {
            "called_model": self.called_model,
            "stopped_by": self.stopped_by,
            "sentences_by_model": self.sentences_by_model,
        }


class Speaker:
    """Says plans with an optional model's writer, made on first use by `open_writer`."""

    def __init__(
        self, open_writer: Callable[[], Writer | None], guarded: frozenset[str] = frozenset()
    ) -> None:
        self._open_writer = open_writer
        self._writer: Writer | None = None
        self._opened = False
        self._opening = threading.Lock()
        self._rests_until = 0.0
        self.composer = Composer()
        self.guarded = guarded

    def warm(self, prepare: Callable[[], None]) -> None:
        """Open the model's writer and `prepare` what is behind it; the composer speaks meanwhile."""
        with self._opening:
            try:
                if not self._opened:
                    self._writer = self._open_writer()
                    self._opened = True
                prepare()
            except ModelError:
                self._rests_until = time.monotonic() + REST_S

    def _model_writer(self) -> Writer | None:
        if time.monotonic() < self._rests_until or not self._opening.acquire(blocking=False):
            return None
        try:
            if not self._opened:
                self._writer = self._open_writer()
                self._opened = True
            return self._writer
        except ModelUnavailable:
            self._rests_until = time.monotonic() + REST_S
            return None
        finally:
            self._opening.release()

    def speak(self, plan: Plan, voice: Voice, spoken: Spoken) -> Iterator[str]:
        """Yield the words for the reader, handles expanded; `spoken` says afterwards how it went.

        Acts without a must-say (a greeting, a question back) hold no fact for a model to phrase: those
        are the composer's. `handled_by` is "model" where it said every act that holds one.
        """
        writer = self._model_writer() if any(act.must for act in plan.acts) else None
        spoken.called_model = writer is not None
        failed = writer is None
        for position, act in enumerate(plan.acts):
            if act.must and writer is not None and not failed:
                audit = Audit(replace(plan, acts=(act,)), self.guarded)
                yield from self._from_model(writer, audit, voice, spoken)
                if not audit.unsaid():
                    continue
                failed = True
            yield self._out(plan.expand(self.composer.say(act, voice, position)), spoken)
        spoken.handled_by = "composer" if failed else "model"

    def _from_model(self, writer: Writer, audit: Audit, voice: Voice, spoken: Spoken) -> Iterator[str]:
        """The model's sentences for one act, once they say what it must; nothing if they fail the audit.

        Held back until then, because what the composer says instead must not repeat half of it.
        """
        pieces = writer.write(audit.plan, voice)
        held: list[str] = []
        try:
            for sentence in split_sentences(pieces):
                violation = audit.check(sentence)
                if violation:
                    spoken.stopped_by = f"{violation.rule}: {violation.detail}"
                    break
                held.append(sentence)
                if not audit.unsaid():
                    spoken.sentences_by_model += len(held)
                    for said in held:
                        yield self._out(audit.plan.expand(said), spoken)
                    break
        except ModelUnavailable as error:
            self._rests_until = time.monotonic() + REST_S
            spoken.stopped_by = str(error)
        except ModelError as error:
            spoken.stopped_by = str(error)
        finally:
            close = getattr(pieces, "close", None)
            if close:
                close()

    @staticmethod
    def _out(text: str, spoken: Spoken) -> str:
        if spoken.first_text_at is None:
            spoken.first_text_at = time.perf_counter()
        joint = " " if spoken.text and not spoken.text.endswith((" ", "\n")) else ""
        text = joint + text.strip()
        spoken.text += text
        return text
