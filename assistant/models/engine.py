"""The engine: one thread owns the model and writes what waits, batch by batch.

Knows CTranslate2 and tokens; nothing of chats or wordings (local.py makes rows of those), nor who is
next (waiting.py). A row nobody needs any further stops with its next token.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import secrets
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.models.bounds import Bounds
from assistant.models.loading import first_line
from assistant.models.waiting import Job, Row, Sampling, Written, take_batch
from shop.errors import ModelTimeout, ModelUnavailable

THREADS = 1  # measured: with rows this short, two threads wait for each other longer than they work
TOP_TOKENS = 40  # chance chooses among so many
LOOP_TOKENS = 12  # longer than any code or turn of phrase that may be said twice
HELD_TOKENS = 4096  # of constant first parts whose reading is kept: 46 kB each for smollm2
SEEN_KEPT = 512


class Engine:
    """A loaded model and its thread."""

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        self._folder, self._bounds = str(folder), bounds
        self._jobs: deque[Job] = deque()
        self._running: list[Job] = []
        self._changed = threading.Condition()
        self._closing = False
        self._generator: Any = None
        self._drawn = False  # whether the loaded generator has made use of chance
        self._held: dict[tuple[str, ...], int] = {}
        self._seen: dict[tuple[str, ...], None] = {}
        self.batches: deque[int] = deque(maxlen=1000)
        """How many rows the last batches held."""
        self._load()
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
        _give_back_memory()
        atexit.unregister(self.close)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not (self._jobs or self._closing):
                    self._changed.wait()
                if self._closing:
                    return
                taken = take_batch(self._jobs)
                self._running = [job for job, _ in taken]
                # Where others have a say in what is written together, a seed promises nothing.
                alone = len({*self._running, *self._jobs}) == 1
            if taken:
                first = taken[0][0]
                self._write(taken, first.seed if alone and not first.written else 0)
                self.batches.append(len(taken) * first.sampling.count)

    def _write(self, taken: list[tuple[Job, int]], seed: int) -> None:
        sampling = taken[0][0].sampling
        watch = _Watch([job for job, _ in taken], self._bounds, sampling.bounded)
        try:
            results = self._generate([job.rows[at] for job, at in taken], sampling, seed, watch)
            for (job, at), result in zip(taken, results, strict=True):
                answers = zip(result.sequences_ids, result.scores, strict=True)
                job.written[at] = [watch.read(numbers, score) for numbers, score in answers]
        except Exception as error:  # whatever it is, callers wait and must be told
            failure = ModelUnavailable(
                f"the language model failed ({first_line(error)}); use a smaller model or more memory"
            )
            for job, _ in taken:
                job.end(failure)
        for job in dict.fromkeys(job for job, _ in taken):
            if job.error is not None or len(job.written) == len(job.rows):
                job.end()

    def _generate(self, rows: Sequence[Row], sampling: Sampling, seed: int, watch: _Watch) -> Any:
        if self._generator is None:  # the last attempt to load it failed
            self._load()
        heads = {row.head for row in rows}
        head = rows[0].head if len(heads) == 1 else ()
        keep_head = self._is_worth_keeping(head)
        codes = {code for row in rows for code in row.codes}
        chance = sampling.temperature > 0
        if chance and seed:
            self._seed(seed)
        self._drawn = self._drawn or chance
        return self._generator.generate_batch(
            [list(row.rest if head else row.head + row.rest) for row in rows],
            max_length=sampling.max_tokens,
            num_hypotheses=sampling.count if chance else 1,
            sampling_topk=TOP_TOKENS if chance else 1,
            sampling_temperature=sampling.temperature if chance else 1,
            suppress_sequences=self._bounds.suppressed(codes) if sampling.bounded else None,
            end_token=watch.ends,
            return_end_token=True,
            return_scores=True,
            include_prompt_in_result=False,
            static_prompt=list(head) or None,
            cache_static_prompt=keep_head,
            callback=watch.hear,
        )

    def _is_worth_keeping(self, head: tuple[str, ...]) -> bool:
        """Whether the reading of `head` shall be kept: from its second use on, as far as there is room."""
        if head in self._held or not 0 < len(head) <= HELD_TOKENS:
            return head in self._held
        if head not in self._seen:
            self._seen[head] = None
            if len(self._seen) > SEEN_KEPT:
                del self._seen[next(iter(self._seen))]
            return False
        if sum(self._held.values()) + len(head) > HELD_TOKENS:
            self._load()  # the engine forgets its prompts only as a whole
        self._held[head] = len(head)
        return True

    def _seed(self, seed: int) -> None:
        """Make chance begin at `seed`: CTranslate2 reads it once, with a thread's first draw, so a model
        that has drawn before is loaded anew (0.1 to 0.3 s)."""
        import ctranslate2

        if self._drawn:
            self._load()
        ctranslate2.set_random_seed(seed)

    def _load(self) -> None:
        """Load the model afresh: without kept readings, and with chance at a new beginning."""
        import ctranslate2

        ctranslate2.set_random_seed(secrets.randbits(31))
        # First the old one's memory, else both are held at once.
        self._generator = None
        _give_back_memory()
        self._generator = ctranslate2.Generator(self._folder, device="cpu", intra_threads=THREADS)
        self._held.clear()
        self._drawn = False


def _give_back_memory() -> None:
    """Have the C library return what a big batch took; each thread of CTranslate2 keeps its own."""
    with contextlib.suppress(OSError, AttributeError):  # only glibc has it, only glibc needs it
        ctypes.CDLL("libc.so.6").malloc_trim(0)


class _Watch:
    """Listens to a batch being written and stops the rows nobody needs any further."""

    def __init__(self, jobs: Sequence[Job], bounds: Bounds, bounded: bool) -> None:
        self._jobs, self._bounds, self._bounded = jobs, bounds, bounded
        self._written: dict[tuple[int, int], list[int]] = {}
        self.ends = list(bounds.line_ends if bounded else bounds.ends)
        self._end_numbers = {bounds.number(token) for token in self.ends}

    def hear(self, step: Any) -> bool:
        """Take note of one token of one row; True stops the row."""
        job = self._jobs[step.batch_id]
        number = int(step.token_id)
        if number in self._end_numbers:
            return False
        written = self._written.setdefault((step.batch_id, step.hypothesis_id), [])
        written.append(number)
        if job.heard is not None:
            job.heard.put(number)
        if job.over:
            job.end(ModelTimeout("the language model took too long; allow more time or use a faster model"))
            return True
        if self._bounded and len(written) > 1 and not self._bounds.keeps_codes(*written[-2:]):
            return True
        return _goes_round(written)

    def read(self, numbers: Sequence[int], score: float) -> Written:
        """One answer without the token that ended it."""
        whole = bool(numbers) and numbers[-1] in self._end_numbers
        return Written(tuple(numbers[:-1] if whole else numbers), float(score), whole)


def _goes_round(written: list[int]) -> bool:
    """Whether the last tokens stand earlier in the answer as well: greedy writing never leaves a loop."""
    last, before = written[-LOOP_TOKENS:], written[:-1]
    return len(last) == LOOP_TOKENS and any(
        before[at : at + LOOP_TOKENS] == last for at in range(len(before) - LOOP_TOKENS + 1)
    )
