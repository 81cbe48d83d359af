"""The gate: what a model's wordings are worth before anything corrects them, and beside others'.

Each trial is one act about invented things (`plans.py`). What is measured is the model's first
wording, raw: whether its codes are the act's, whether it says all it must, types a fact of its own,
says the act it was given and not another, and passes the audit whole. Whether an act is the right
one is judged by a classifier of our phrasing families and by the yes or no that the act demands.
Composer and base model run through the same.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from assistant.audit import NEGATION, NO_ACTS, YES_ACTS, Audit
from assistant.delivery import passable
from assistant.plan import DENIALS, HANDLE
from assistant.writers.base import Wording, Writer
from assistant.writers.model import ModelWriter
from finetune.families import PURPOSE, SLOT, Family, load_families
from finetune.plans import Trial, in_words

BATCH = 32
VARIANTS = 6
LIKELIER = 20
SAY_THE_SAME = (
    frozenset({"show", "show_filtered", "nearest", "describe"}),
    frozenset({"show_one", "show_one_filtered", "count_one"}),
    frozenset({"recommend", "recommend_also"}),
    frozenset({"clarify", "clarify_product", "clarify_compare", "clarify_order", "ask_narrow", "chat"}),
    frozenset({"mail_offer", "mail_subject_offer", "mail_preheader_offer", "sms_offer"}),
    frozenset({"mail_subject", "mail_preheader"}),
    frozenset({"mail_subject_neutral", "mail_preheader_neutral", "mail_opening_neutral"}),
    frozenset({"mail_closing", "mail_signature", "mail_lead_one", "mail_lead_many"}),
    frozenset({"mail_cta", "mail_cta_offer"}),
)
"""Acts with the same codes that may be worded alike without saying anything else."""
SILENT = frozenset({"not_stated", "not_known"})


@dataclass(frozen=True, slots=True)
class Result:
    """One trial and what the writer made of it; `fault` is the audit's, '' where all may be said.
    `takes_up` is whether it speaks of what the shopper said it is for, None where they said nothing."""

    act: str
    ask: str
    wording: str
    text: str
    valid_codes: bool
    all_said: bool
    typed_fact: bool
    right_act: bool
    silence_as_no: bool
    takes_up: bool | None
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
    takes_up: float
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
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Report, list[Result]]:
    """The writer's first wording of each trial, judged."""
    said: list[Wording] = []
    started = time.perf_counter()
    for at in range(0, len(trials), BATCH):
        batch = trials[at : at + BATCH]
        asked = [(trial.act, trial.voice) for trial in batch]
        # A model's words before anything is held back.
        word = writer.word if isinstance(writer, ModelWriter) else writer.write
        answers = word(asked, timeout_s=600)
        said.extend(found[0] if found else Wording("") for found in answers)
        progress(at + len(batch), len(trials))
    seconds = time.perf_counter() - started
    judge = usual_judge()
    right = [
        judge.says(trial.act.kind, frozenset(trial.act.slots), wording.text)
        for trial, wording in zip(trials, said, strict=True)
    ]
    results = [
        # The composer's phrases are not audited when they are said: tests hold them to the same rules.
        _judge(trial, wording, fits, writer)
        for trial, wording, fits in zip(trials, said, right, strict=True)
    ]
    return summarise(results, seconds), results


def summarise(results: Sequence[Result], seconds: float) -> Report:
    """The figures over all results."""
    count = max(1, len(results))

    def share(name: str) -> float:
        return sum(bool(getattr(result, name)) for result in results) / count

    asked_for = [result.takes_up for result in results if result.takes_up is not None]
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
        takes_up=sum(asked_for) / max(1, len(asked_for)),
        distinct_1=_distinct(words, 1),
        distinct_2=_distinct(words, 2),
        same_opening=sum(n * (n - 1) for n in openings.values()) / max(1, count * (count - 1)),
        words=sum(map(len, words)) / count,
        ms_a_wording=1000 * seconds / count,
    )


def _judge(trial: Trial, wording: Wording, fits: bool, writer: Writer) -> Result:
    text = wording.text
    handles = [match[0] for match in HANDLE.finditer(text)]
    given = set(trial.act.slots.values())
    fault = ""
    audited = writer.name == "model"
    if audited:
        _, fault = passable(trial.plan, trial.act, trial.voice, wording, frozenset(), writer.lexicon)
    if not fault and isinstance(writer, ModelWriter) and not writer.is_exact(trial.act, wording):
        fault = "not as taught"
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
        typed_fact=audited and bool(Audit(trial.plan, message=trial.voice.message).typed_facts(text)),
        right_act=fits and yes_no,
        silence_as_no=kind in SILENT
        and (fault.startswith("silence") or bool(re.match(r"\W*no\b,", bare, re.I))),
        takes_up=trial.purpose.lower() in text.lower() if trial.purpose else None,
        fault=fault,
    )


class ActJudge:
    """Which act a wording says, told from its words alone, among the acts with the same codes.

    A bag-of-words classifier per set of codes, fitted on our phrasing families. A wording is of
    another act where the classifier holds some other for `LIKELIER` times as likely as its own.
    `certainty` says how far that can be trusted.
    """

    def __init__(self, families: Sequence[Family] | None = None) -> None:
        rng = random.Random(0)
        by_slots: dict[frozenset[str], list[tuple[str, str]]] = defaultdict(list)
        for family in load_families() if families is None else families:
            for variant in family.variants(VARIANTS, rng):
                by_slots[family.slots].append((family.act, _spoken(SLOT.sub(_as_code, variant))))
        self.models: dict[frozenset[str], Any] = {}
        self.only: dict[frozenset[str], str] = {}
        for slots, pairs in by_slots.items():
            acts, texts = zip(*pairs, strict=True)
            if len(set(acts)) == 1:
                self.only[slots] = acts[0]
                continue
            self.models[slots] = make_pipeline(
                TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"[\w']+", sublinear_tf=True),
                LogisticRegression(C=30, max_iter=500, class_weight="balanced"),
            ).fit(texts, acts)

    def says(self, kind: str, slots: frozenset[str], text: str) -> bool:
        """Whether `text`, with handles or codes, may pass for the act `kind` said with `slots`."""
        if slots in self.only or slots not in self.models:
            return True
        model = self.models[slots]
        chances = dict(zip(model.classes_, model.predict_proba([_spoken(text)])[0], strict=True))
        alike = {kind}.union(*(same for same in SAY_THE_SAME if kind in same))
        own = sum(chances.get(act, 0.0) for act in alike)
        other = max((chance for act, chance in chances.items() if act not in alike), default=0.0)
        return bool(own * LIKELIER > other)


@cache
def usual_judge() -> ActJudge:
    """The judge fitted on all our families (20 s)."""
    return ActJudge()


def certainty() -> dict[str, float]:
    """How well the judge does on families it was not fitted on: how often it calls a right act wrong
    (`false_alarms`), and how often it sees that the wording is another act's (`swaps_seen`)."""
    families = load_families()
    judge = ActJudge([family for family in families if not family.test])
    rivals: dict[frozenset[str], set[str]] = defaultdict(set)
    for family in families:
        rivals[family.slots].add(family.act)
    rng = random.Random(1)
    alarms: list[bool] = []
    seen: list[bool] = []
    for family in families:
        if not family.test:
            continue
        text = SLOT.sub(_as_code, family.variants(1, rng)[0])
        alarms.append(not judge.says(family.act, family.slots, text))
        alike = {family.act}.union(*(same for same in SAY_THE_SAME if family.act in same))
        if others := sorted(rivals[family.slots] - alike):
            seen.append(not judge.says(rng.choice(others), family.slots, text))
    return {
        "families": len(alarms),
        "false_alarms": sum(alarms) / len(alarms),
        "swaps": len(seen),
        "swaps_seen": sum(seen) / len(seen),
    }


def _as_code(match: re.Match[str]) -> str:
    return "you" if match[1] == PURPOSE else f"[{match[1]}]"


def _spoken(text: str) -> str:
    """Handles and codes as one word each, lower case."""
    return re.sub(r"\[(?:\w+\.)?(\w+)\]", r" C\1 ", text.replace("’", "'")).lower()


def _words(text: str) -> list[str]:
    return re.findall(r"\[[\w.]+\]|[a-z]+(?:['’][a-z]+)?", text.lower())


def _distinct(texts: Sequence[Sequence[str]], size: int) -> float:
    """Distinct-n (Li et al. 2016): different n-grams over all n-grams."""
    grams = [tuple(words[at : at + size]) for words in texts for at in range(len(words) - size + 1)]
    return len(set(grams)) / max(1, len(grams))
