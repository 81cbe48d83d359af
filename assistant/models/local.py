"""A language model in this process, quick on a CPU: CTranslate2 on merged, quantised weights.

`local:NAME[?adapter=DIR]`, NAME being `smollm2` (with the adapter shipped with us unless
`adapter=none`) or a folder in Hugging Face's form. The engine's own files are made on first use
(converting.py); after that neither torch nor transformers is loaded. Everything but a prompt's last
message is taken to be constant, and its reading is kept. Knows nothing of prompts or shops; the
queue is waiting.py's, what may be decoded bounds.py's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import Empty

from assistant.models.base import Ask
from assistant.models.bounds import Bounds
from assistant.models.chat_text import ChatText
from assistant.models.converting import READY, convert, converted_folder
from assistant.models.engine import Engine
from assistant.models.loading import first_line, wait_for
from assistant.models.streaming import until_stop
from assistant.models.waiting import Job, Row, Sampling, Written
from assistant.models.weights import Progress, Weights, read_spec, read_teaching
from shop.errors import ModelTimeout, ModelUnavailable
from shop.types import Message


def open_local(rest: str) -> LocalModel:
    """The model behind `local:rest`; its weights load when first needed."""
    return LocalModel(*read_spec(rest))


class LocalModel:
    """A causal language model with a chat template, loaded by the first to need it.

    `quantization` is how its weights are kept: int8, or float32 where a test needs exact figures.
    """

    def __init__(self, weights: Weights, adapter: Path | None = None, *, quantization: str = "int8") -> None:
        self.name = f"local:{weights.name}" + (f"?adapter={adapter.name}" if adapter else "")
        self.teaching = read_teaching(adapter)
        self.weights, self.adapter, self.quantization = weights, adapter, quantization
        self._loaded: tuple[ChatText, Engine] | None = None
        self._loading = threading.Lock()

    @property
    def ready(self) -> bool:
        """Whether the engine's files are made, so that loading takes a second."""
        return (converted_folder(self.weights, self.adapter, self.quantization) / READY).is_file()

    def prepare(self, progress: Progress | None = None) -> None:
        """Load the model (making its files first, once per machine). Raises ModelUnavailable."""
        with self._loading:
            if self._loaded is not None:
                return
            say = progress or (lambda sentence: None)
            folder = convert(self.weights, self.adapter, self.quantization, say)
            say("Loading the language model.")
            try:
                text = ChatText(folder)
                engine = Engine(folder, Bounds(text.tokenizer, text.ends, text.control))
            # tokenizers raises nothing more special than Exception.
            except Exception as error:
                raise ModelUnavailable(
                    f"the language model in {folder} cannot be loaded ({first_line(error)}); "
                    "remove that folder to have it made anew, or set another model"
                ) from error
            self._loaded = text, engine

    def close(self) -> None:
        """Give back the memory; a later answer loads the model again."""
        with self._loading:
            loaded, self._loaded = self._loaded, None
        if loaded is not None:
            loaded[1].close()

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        timeout_s: float,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """The answer, greedily; see ChatModel. Waiting for other answers counts as time."""
        return until_stop(self._pieces(tuple(messages), max_tokens, timeout_s), stop)

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
        """Wordings of one line each, see base.phrase: no figures, and only an ask's codes in brackets.

        While decoding, requests that share a batch share their codes; a wording with another ask's
        code is dropped here, as are empty ones and repetitions, so there may be fewer than `count`.
        Those that came to their own end stand before those cut at `max_tokens`. At temperature 0
        there is one. The same `seed` gives the same wordings while nobody else asks.
        """
        deadline = time.monotonic() + timeout_s
        count = count if temperature > 0 else 1
        sampling = Sampling(max_tokens, count, temperature, bounded=True)
        text, engine = self._wait_until_loaded(deadline)
        rows = [_row(text, ask, max_tokens) for ask in asks]
        job = Job(rows, sampling, deadline, seed=seed)
        if not asks:
            return []
        engine.submit(job)
        try:
            if not job.done.wait(max(0.0, deadline - time.monotonic())):
                raise ModelTimeout(f"not all was worded within {timeout_s:g} s; allow more time")
        finally:
            job.gone = True
        if job.error is not None:
            raise job.error
        return [_wordings(ask, job.written[at], text.decode, stop)[:count] for at, ask in enumerate(asks)]

    def _pieces(self, messages: tuple[Message, ...], max_tokens: int, timeout_s: float) -> Iterator[str]:
        deadline = time.monotonic() + timeout_s
        text, engine = self._wait_until_loaded(deadline)
        job = Job([_row(text, Ask(messages), max_tokens)], Sampling(max_tokens), deadline, listening=True)
        engine.submit(job)
        numbers: list[int] = []
        said = ""
        try:
            while (number := _next_token(job)) is not None:
                numbers.append(number)
                so_far = text.decode(numbers)
                # A character may be spread over tokens; until it is whole it decodes to U+FFFD.
                if len(so_far) > len(said) and not so_far.endswith("\ufffd"):
                    yield so_far[len(said) :]
                    said = so_far
        finally:
            job.gone = True

    def _wait_until_loaded(self, deadline: float) -> tuple[ChatText, Engine]:
        if self._loaded is None:
            wait_for(self.prepare, deadline)
        if (loaded := self._loaded) is None:
            raise ModelUnavailable("the language model has been closed; ask again")
        return loaded


def _row(text: ChatText, ask: Ask, max_tokens: int) -> Row:
    row = Row(*text.tokens(ask.messages, ask.opening), ask.codes)
    if row.tokens + max_tokens > text.context_tokens:
        raise ModelUnavailable(
            f"a prompt of {row.tokens} tokens does not fit the model's {text.context_tokens}; shorten it"
        )
    return row


def _next_token(job: Job) -> int | None:
    """The next token of a job that listens, None at its end."""
    assert job.heard is not None
    try:
        number = job.heard.get(timeout=max(0.0, job.deadline - time.monotonic()))
    except Empty:
        number = None
    if number is None and job.error is not None:
        raise job.error
    if time.monotonic() >= job.deadline:
        raise ModelTimeout(
            "the language model is busy or too slow; allow more time, or ask again in a moment"
        )
    return number


def _wordings(
    ask: Ask, written: Sequence[Written], decode: Callable[[Sequence[int]], str], stop: Sequence[str]
) -> list[str]:
    """The different fit wordings of one ask, best first."""
    found: dict[str, None] = {}
    for one in sorted(written, key=lambda one: (not one.whole, -one.score)):
        answer = "".join(until_stop(iter([decode(one.numbers)]), stop))
        if answer.strip() and Bounds.allows(answer, ask.codes):
            found[(ask.opening.rstrip() + answer).strip()] = None
    return list(found)
