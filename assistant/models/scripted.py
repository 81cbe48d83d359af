"""A model that says what it was told to: the test double, shipped so that anyone can test with it.

Knows no language. Answers come from a queue, one a call, the last repeated once the queue is empty;
every call's messages are kept. Specs: `scripted:` (says nothing), `scripted:echo` (repeats the
last user message), `scripted:fail` (unavailable), `scripted:slow` (times out),
`scripted:FILE.json` (a JSON list of answers) and `scripted:=TEXT` (always TEXT).
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.models.base import Ask, begin_with
from assistant.models.streaming import until_stop
from shop.errors import ConfigError, ModelError, ModelTimeout, ModelUnavailable
from shop.types import Message

ECHO = "\0echo"
"""An answer that stands for the last user message."""


class ScriptedModel:
    """Answers from a queue; an answer that is a ModelError is raised.

    `delay_s` passes before each piece, `pieces` are words, as a real model streams them.
    """

    name = "scripted"

    def __init__(self, answers: Sequence[str | ModelError] = (), *, delay_s: float = 0.0) -> None:
        self.answers = list(answers)
        self.delay_s = delay_s
        self.calls: list[tuple[Message, ...]] = []
        self.closed = 0
        """How many calls were closed before their answer had ended."""
        self.phrased: list[tuple[Ask, ...]] = []
        """The asks of every call of `phrase`; their messages are in `calls` as well."""
        self._lock = threading.Lock()

    @classmethod
    def from_spec(cls, rest: str) -> ScriptedModel:
        """The model behind `scripted:rest`."""
        match rest:
            case "":
                return cls()
            case "echo":
                return cls([ECHO])
            case "fail":
                return cls([ModelUnavailable("the scripted model was told to fail; use another model")])
            case "slow":
                return cls(["…"], delay_s=3600)
            case _ if rest.startswith("="):
                return cls([rest[1:]])
            case _:
                return cls(_read_answers(Path(rest)))

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        timeout_s: float,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """The next answer, word by word; a word counts as one token."""
        return until_stop(self._words(tuple(messages), max_tokens, timeout_s), stop)

    def phrase(
        self,
        asks: Sequence[Ask],
        *,
        count: int,
        max_tokens: int,
        timeout_s: float,
        temperature: float,
        seed: int = 0,
        stop: Sequence[str] = (),
    ) -> list[list[str]]:
        """One answer from the queue for each ask; codes, count and chance are not looked at."""
        with self._lock:
            self.phrased.append(tuple(asks))
        deadline = time.monotonic() + timeout_s
        found = []
        for ask in asks:
            pieces = self._words(ask.messages, max_tokens, deadline - time.monotonic())
            text = begin_with(ask.opening, "".join(until_stop(pieces, stop)))
            found.append([text] if text else [])
        return found

    def close(self) -> None:
        """Nothing to give back."""

    def _words(self, messages: tuple[Message, ...], max_tokens: int, timeout_s: float) -> Iterator[str]:
        answer = self._take(messages)
        if isinstance(answer, ModelError):
            raise answer
        if answer == ECHO:
            answer = next((m.content for m in reversed(messages) if m.role == "user"), "")
        deadline = time.monotonic() + timeout_s
        ended = False
        try:
            for word in re.findall(r"\s*\S+|\s+$", answer)[:max_tokens]:
                time.sleep(max(0.0, min(self.delay_s, deadline - time.monotonic())))
                if time.monotonic() >= deadline:
                    raise ModelTimeout(
                        f"no answer within {timeout_s:g} s; allow more time or use a faster model"
                    )
                yield word
            ended = True
        finally:
            self.closed += not ended

    def _take(self, messages: tuple[Message, ...]) -> str | ModelError:
        with self._lock:
            self.calls.append(messages)
            if not self.answers:
                return ""
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def _read_answers(file: Path) -> list[str | ModelError]:
    try:
        answers = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"scripted answers {file} cannot be read ({error}); name a JSON file") from error
    if not isinstance(answers, list) or not all(isinstance(answer, str) for answer in answers):
        raise ConfigError(f"scripted answers {file} must be a JSON list of texts; correct the file")
    return list(answers)
