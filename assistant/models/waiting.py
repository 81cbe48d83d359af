"""What waits for a local model, and who is next: requests as rows, and the choice of a batch.

Knows tokens, deadlines and fairness; nothing of chats, wordings or the engine. A batch of eight
short rows takes not twice the time of one, so requests that wait at the same moment and want the
same sampling share a batch. First come, first served, with two limits: a batch holds at most
ROWS_AT_ONCE rows, and a request of many rows (a campaign) is written alone, part by part, each part
followed by whoever waits. Who gives up or is out of time is dropped.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from queue import SimpleQueue

from shop.errors import ModelError, ModelTimeout

ROWS_AT_ONCE = 32  # wordings; more make everyone wait for little gain
ASKS_AT_ONCE = 16
BULK_ASKS = 8  # a request with more of them left is written alone
SPREAD_TOKENS = 16  # longer prompts are read on token by token while the shorter are answered


@dataclass(frozen=True, slots=True)
class Sampling:
    """How answers are drawn; rows of different samplings cannot share a batch."""

    max_tokens: int
    count: int = 1
    temperature: float = 0.0
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
        self,
        rows: Sequence[Row],
        sampling: Sampling,
        deadline: float,
        *,
        seed: int = 0,
        listening: bool = False,
    ) -> None:
        self.seed = seed
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


def take_batch(jobs: deque[Job]) -> list[tuple[Job, int]]:
    """Take the next batch off `jobs`: rows, by job and number, of the first and of those sharing with it.

    One row of each in turn, as long as there is room and the prompts are of like length. A job with
    rows left goes to the end of the queue; one that is over is ended and taken off.
    """
    for job in [job for job in jobs if job.over]:
        jobs.remove(job)
        job.end(ModelTimeout("the language model is busy with other answers; ask again in a moment"))
    if not jobs:
        return []
    first = jobs[0]
    sharing = [first]
    if len(first.waiting) <= BULK_ASKS:
        others = (job for job in list(jobs)[1:] if len(job.waiting) <= BULK_ASKS)
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
        jobs.remove(job)
        if job.waiting:
            jobs.append(job)
    return taken
