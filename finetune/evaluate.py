"""The gate: what a model's wordings are worth before anything corrects them, and beside others'.

Each trial is one act about invented things (`plans.py`). What is measured is the model's first
wording, raw: whether its codes are the act's, whether it says all it must, types a fact of its own,
says the act it was given and not another, and passes the audit whole. Whether an act is the right
one is judged by the nearest phrasing family (MiniLM) among the acts with the same codes, and by the
yes or no that the act demands. Composer and base model run through the same.
"""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from assistant.audit import NEGATION, NO_ACTS, YES_ACTS
from assistant.delivery import passable
from assistant.plan import DENIALS, HANDLE
from assistant.writers.base import Wording, Writer
from finetune.families import SLOT, load_families
from finetune.plans import Trial, in_words
from retrieval.embedding import Embedder

TYPED = ("typed figure", "typed number word", "typed name", "typed promise", "typed link", "typed attribute")
BATCH = 32
SAY_THE_SAME = (
    frozenset({"count_one", "show_one"}),
    frozenset({"mail_subject_offer", "mail_preheader_offer"}),
    frozenset({"mail_cta", "mail_cta_offer"}),
    frozenset({"clarify", "ask_narrow", "no_recommendation"}),
    frozenset({"answer_value", "answer_yes"}),
    frozenset({"describe", "show"}),
)
"""Acts with the same codes that may be worded alike without saying anything else."""
SILENT = frozenset({"not_stated", "not_known"})


@dataclass(frozen=True, slots=True)
class Result:
    """One trial and what the writer made of it; `fault` is the audit's, '' where all may be said."""

    act: str
    ask: str
    wording: str
    text: str
    valid_codes: bool
    all_said: bool
    typed_fact: bool
    right_act: bool
    silence_as_no: bool
    fault: str


@dataclass(frozen=True, slots=True)
class Report:
    """Shares (0 to 1) over all trials, and how varied and quick the wordings are."""

    trials: int
    valid_codes: float
    all_said: float
    typed_facts: float
    right_act: float
    silence_as_no: int
    passes_audit: float
    distinct_1: float
    distinct_2: float
    same_opening: float
    words: float
    ms_a_wording: float

    def as_json(self) -> dict[str, float | int]:
        """For the adapter's card."""
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def try_writer(
    writer: Writer,
    trials: Sequence[Trial],
    embedder: Embedder,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Report, list[Result]]:
    """The writer's first wording of each trial, judged."""
    said: list[Wording] = []
    started = time.perf_counter()
    for at in range(0, len(trials), BATCH):
        batch = trials[at : at + BATCH]
        answers = writer.write([(trial.act, trial.voice) for trial in batch], timeout_s=600)
        said.extend(found[0] if found else Wording("") for found in answers)
        progress(at + len(batch), len(trials))
    seconds = time.perf_counter() - started
    judge = ActJudge(embedder)
    right = judge.right([trial.act.kind for trial in trials], [w.text for w in said], trials)
    results = [
        # The composer's phrases are not audited when they are said: tests hold them to the same rules.
        _judge(trial, wording, fits, writer.lexicon, audited=writer.name == "model")
        for trial, wording, fits in zip(trials, said, right, strict=True)
    ]
    return summarise(results, seconds), results


def summarise(results: Sequence[Result], seconds: float) -> Report:
    """The figures over all results."""
    count = max(1, len(results))

    def share(name: str) -> float:
        return sum(bool(getattr(result, name)) for result in results) / count

    words = [_words(result.wording) for result in results]
    openings = Counter(tuple(own[:3]) for own in words)
    return Report(
        trials=len(results),
        valid_codes=share("valid_codes"),
        all_said=share("all_said"),
        typed_facts=share("typed_fact"),
        right_act=share("right_act"),
        silence_as_no=sum(result.silence_as_no for result in results),
        passes_audit=sum(not result.fault for result in results) / count,
        distinct_1=_distinct(words, 1),
        distinct_2=_distinct(words, 2),
        same_opening=sum(n * (n - 1) for n in openings.values()) / max(1, count * (count - 1)),
        words=sum(map(len, words)) / count,
        ms_a_wording=1000 * seconds / count,
    )


def _judge(
    trial: Trial, wording: Wording, fits: bool, lexicon: frozenset[str] | None, audited: bool
) -> Result:
    text = wording.text
    handles = [match[0] for match in HANDLE.finditer(text)]
    given = set(trial.act.slots.values())
    fault = ""
    if audited:
        _, fault = passable(trial.plan, trial.act, trial.voice, wording, frozenset(), lexicon)
    kind = trial.act.kind
    bare = HANDLE.sub("\0", text)
    denies = bool(NEGATION.search(bare))
    yes_no = not (kind in YES_ACTS and denies) and not (kind in DENIALS | NO_ACTS and not denies)
    return Result(
        act=kind,
        ask=wording.ask,
        wording=text,
        text=in_words(trial, text),
        valid_codes="[" not in HANDLE.sub("", text) and all(handle in given for handle in handles),
        all_said=bool(text) and all(handle in handles for handle in trial.act.must_handles),
        typed_fact=fault.startswith(TYPED),
        right_act=fits and yes_no,
        silence_as_no=kind in SILENT
        and (fault.startswith("silence") or bool(re.match(r"\W*no\b,", bare, re.I))),
        fault=fault,
    )


class ActJudge:
    """Which act a wording says: that of the phrasing family nearest to it among those it could be."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.acts: list[str] = []
        self.slots: list[frozenset[str]] = []
        texts = []
        for family in load_families():
            self.acts.append(family.act)
            self.slots.append(family.slots)
            plain = re.sub(r"\(([^()|]*)[^()]*\)", r"\1", family.line)
            texts.append(_spoken(SLOT.sub(lambda match: match[1], plain)))
        self.vectors = embedder.embed(texts)

    def right(self, kinds: Sequence[str], texts: Sequence[str], trials: Sequence[Trial]) -> list[bool]:
        """Whether each text's nearest families (of the same codes) include one of its act."""
        plain = [_spoken(HANDLE.sub(lambda match: match[2] or match[1], text)) for text in texts]
        vectors = self.embedder.embed(plain)
        by_slots: dict[frozenset[str], list[int]] = defaultdict(list)
        for at, slots in enumerate(self.slots):
            by_slots[slots].append(at)
        found = []
        for kind, vector, trial in zip(kinds, vectors, trials, strict=True):
            rivals = by_slots[frozenset(trial.act.slots)]
            if all(self.acts[at] == kind for at in rivals):
                found.append(True)
                continue
            scores = self.vectors[rivals] @ vector
            nearest = [rivals[at] for at in np.argsort(-scores)[:3]]
            alike = {kind}.union(*(same for same in SAY_THE_SAME if kind in same))
            found.append(bool(alike & {self.acts[at] for at in nearest}))
        return found


def _spoken(text: str) -> str:
    return text.replace("_", " ").replace("purpose", "you")


def _words(text: str) -> list[str]:
    return re.findall(r"\[[\w.]+\]|[a-z]+(?:['’][a-z]+)?", text.lower())


def _distinct(texts: Sequence[Sequence[str]], size: int) -> float:
    """Distinct-n (Li et al. 2016): different n-grams over all n-grams."""
    grams = [tuple(words[at : at + size]) for words in texts for at in range(len(words) - size + 1)]
    return len(set(grams)) / max(1, len(grams))
