"""The engine's queue: one thread owns the model, and what waits together is written together.

Knows tokens, sampling, deadlines and fairness; nothing of chats or wordings (local.py makes rows of
those). A batch of eight short rows takes not twice the time of one, so requests that wait at the
same moment and want the same sampling share a batch. First come, first served, with two limits: a
batch holds at most ROWS_AT_ONCE rows, and a request of many rows (a campaign) is written alone, part
by part, each part followed by whoever waits. Who gives up or is out of time is dropped from the
queue, and its rows stop with the next token.
"""

from __future__ import annotations

import atexit
import secrets
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from assistant.models.bounds import Bounds
from shop.errors import ModelError, ModelTimeout, ModelUnavailable

THREADS = 2
TOP_TOKENS = 40  # chance chooses among so many
ROWS_AT_ONCE = 32  # wordings; more make everyone wait for little gain
ASKS_AT_ONCE = 16
BULK_ASKS = 8  # a request with more of them left is written alone
SPREAD_TOKENS = 16  # longer prompts are read on token by token while the shorter are answered
LOOP_TOKENS = 12  # longer than any code or turn of phrase that may be said twice
HELD_TOKENS = 4096  # of constant first parts whose reading is kept: 46 kB each for smollm2
SEEN_KEPT = 512


@dataclass(frozen=True, slots=True)
class Sampling:
    """How answers are drawn; rows of different samplings cannot share a batch."""

    max_tokens: int
    count: int = 1
    temperature: float = 0.0
    seed: int = 0
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt, its constant first part apart, and the codes that may stand in its answer."""

    head: tuple[str, ...]
    rest: tuple[str, ...]
    codes: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """How long the prompt is."""
        return len(self.head) + len(self.rest)


@dataclass(frozen=True, slots=True)
class Written:
    """One answer's tokens, how probable they are on average (log), and whether it came to its end."""

    numbers: tuple[int, ...]
    score: float
    whole: bool


class Job:
    """What one caller waits for: rows to be written until `deadline` (time.monotonic())."""

    def __init__(
        self, rows: Sequence[Row], sampling: Sampling, deadline: float, *, listening: bool = False
    ) -> None:
        self.rows, self.sampling, self.deadline = tuple(rows), sampling, deadline
        self.heard: SimpleQueue[int | None] | None = SimpleQueue() if listening else None
        """The tokens of a single row as they come; None ends them."""
        self.written: dict[int, list[Written]] = {}
        self.error: ModelError | None = None
        self.gone = False
        """Set by a caller that no longer waits."""
        self.done = threading.Event()
        # Rows of like length are written together.
        self.waiting = deque(sorted(range(len(rows)), key=lambda at: -rows[at].tokens))

    @property
    def over(self) -> bool:
        """Whether nothing more shall be written for it."""
        return self.gone or self.error is not None or time.monotonic() >= self.deadline

    def end(self, error: ModelError | None = None) -> None:
        """Wake the caller; the first error counts."""
        self.error = self.error or error
        self.done.set()
        if self.heard is not None:
            self.heard.put(None)


class Engine:
    """A loaded model and its thread. `loaded` is set once it answers or `failure` says why not."""

    def __init__(self, folder: Path, bounds: Bounds, ends: Sequence[str]) -> None:
        self._folder, self._bounds, self._ends = str(folder), bounds, list(ends)
        self._jobs: deque[Job] = deque()
        self._running: list[Job] = []
        self._changed = threading.Condition()
        self._closing = False
        self._generator: Any = None
        self._held: dict[tuple[str, ...], int] = {}
        self._seen: dict[tuple[str, ...], None] = {}
        self.batches: deque[int] = deque(maxlen=1000)
        """How many rows the last batches held."""
        self._load(0)
        self._thread = threading.Thread(target=self._work, name="language-model", daemon=True)
        self._thread.start()
        # A thread of CTranslate2 that calls back into an ending interpreter would abort the process.
        atexit.register(self.close)

    def submit(self, job: Job) -> None:
        """Queue `job`; its `done` is set when it is written or has failed."""
        with self._changed:
            if self._closing:
                raise ModelUnavailable("the language model has been closed; ask again")
            self._jobs.append(job)
            self._changed.notify()

    def close(self) -> None:
        """Stop what is being written, fail what waits, give back the memory."""
        with self._changed:
            self._closing = True
            for job in (*self._running, *self._jobs):
                job.end(ModelUnavailable("the language model has been closed; ask again"))
            self._jobs.clear()
            self._changed.notify()
        if self._thread is not threading.current_thread():
            self._thread.join()
        self._generator = None
        atexit.unregister(self.close)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not (self._jobs or self._closing):
                    self._changed.wait()
                if self._closing:
                    return
                taken = self._take()
                self._running = [job for job, _ in taken]
            if taken:
                self._write(taken)
                self.batches.append(len(taken) * taken[0][0].sampling.count)

    def _take(self) -> list[tuple[Job, int]]:
        """The next batch: rows of the first job and of those that can share its batch, in turn."""
        for job in [job for job in self._jobs if job.over]:
            self._jobs.remove(job)
            job.end(ModelTimeout("the language model is busy with other answers; ask again in a moment"))
        if not self._jobs:
            return []
        first = self._jobs[0]
        sharing = [first]
        if len(first.waiting) <= BULK_ASKS:
            others = (job for job in list(self._jobs)[1:] if len(job.waiting) <= BULK_ASKS)
            sharing += [job for job in others if job.sampling == first.sampling]
        room = max(1, min(ASKS_AT_ONCE, ROWS_AT_ONCE // first.sampling.count))
        taken: list[tuple[Job, int]] = []
        sizes: list[int] = []
        in_turn = zip_longest(*([(job, at) for at in job.waiting] for job in sharing))
        for job, at in (one for turn in in_turn for one in turn if one is not None):
            size = job.rows[at].tokens
            if len(taken) < room and max((*sizes, size)) - min((*sizes, size)) <= SPREAD_TOKENS:
                taken.append((job, at))
                sizes.append(size)
        for job, at in taken:
            job.waiting.remove(at)
        for job in dict.fromkeys(job for job, _ in taken):
            self._jobs.remove(job)
            if job.waiting:
                self._jobs.append(job)
        return taken

    def _write(self, taken: list[tuple[Job, int]]) -> None:
        sampling = taken[0][0].sampling
        rows = [job.rows[at] for job, at in taken]
        watch = _Watch([job for job, _ in taken], self._bounds if sampling.bounded else None)
        try:
            results = self._generate(rows, sampling, watch)
            for (job, at), result in zip(taken, results, strict=True):
                job.written[at] = [
                    self._read(numbers, score)
                    for numbers, score in zip(result.sequences_ids, result.scores, strict=True)
                ]
        except Exception as error:  # whatever it is, callers wait and must be told
            failure = ModelUnavailable(
                f"the language model failed ({str(error)[:200]}); use a smaller model or more memory"
            )
            for job, _ in taken:
                job.end(failure)
        for job in dict.fromkeys(job for job, _ in taken):
            if len(job.written) == len(job.rows):
                job.end()

    def _read(self, numbers: Sequence[int], score: float) -> Written:
        whole = bool(numbers) and numbers[-1] in self._end_numbers
        return Written(tuple(numbers[:-1] if whole else numbers), score, whole)

    def _generate(self, rows: Sequence[Row], sampling: Sampling, watch: _Watch) -> Any:
        ...


class _Watch:
    """Listens to a batch being written and stops the rows nobody needs any further."""
