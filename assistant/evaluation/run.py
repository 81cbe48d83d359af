"""Runs cases over the sample shops and adds up what came out.

Prepares each sample once in a working folder, opens one assistant per sample (and one more for the
sample's planted products), gives every case a conversation of its own and hands every reply to the
checker. Knows nothing about how replies are made: it listens to the same events as a shopper.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from assistant.evaluation.cases import Case, Planted, half_of, read_cases
from assistant.evaluation.checker import Checker, Findings
from assistant.evaluation.judge import Delivered, find_faults, receive
from assistant.events import Card, Done, ReplyEvent
from shop.errors import ConfigError, SourceError
from shop.settings import Settings
from shop.store import Store
from shop.types import Money, Product

Progress = Callable[[int, int, str], None]


class Answering(Protocol):
    """What the evaluation needs of an assistant; `assistant.chat.Assistant` is one."""

    settings: Settings
    store: Store

    def start_conversation(self, customer_id: str = "") -> str:
        """A new conversation's id."""
        ...

    def reply(self, conversation_id: str, message: str, *, customer_id: str = "") -> Iterator[ReplyEvent]:
        """The events of one reply, `Done` last."""
        ...

    def close(self) -> None:
        """Let go of files and models."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case after it ran: its faults (none means passed), replies and what the checker found."""

    case: Case
    faults: tuple[str, ...]
    replies: tuple[Delivered, ...] = ()
    findings: tuple[Findings, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every expectation held and nothing broke."""
        return not self.faults

    @property
    def denied_wrongly(self) -> bool:
        """Whether the shop said no where the case states that there is something."""
        return self.case.expect.says_it_exists and bool(self.replies) and self.replies[-1].done.denies


@dataclass(frozen=True, slots=True)
class AnswersReport:
    """All outcomes; every number is computed from them when asked for."""

    outcomes: tuple[Outcome, ...]

    def lines(self) -> list[str]:
        """The report for a terminal."""
        sums = self.as_json()
        found = [
            f"{'pass' if one.passed else 'FAIL'}  {one.case.id}  {'; '.join(one.faults)}".rstrip()
            for one in self.outcomes
        ]
        own = sums["own_words_rate"]
        found.append("")
        found += [f"{kind:28} {n['passed']:3}/{n['cases']}" for kind, n in sums["by_kind"].items()]
        found += [
            "",
            f"passed {sums['passed']} of {sums['cases']} ({sums['pass_rate']:.1%})",
            "own words " + ("no reply called the model" if own is None else f"{own:.1%}"),
            f"unbacked facts {sums['unbacked_facts']}, text and card mismatches "
            f"{sums['text_card_mismatches']}, leaks {sums['leaks']}, "
            f"wrong denials {sums['wrong_denials']:.1%}",
            f"first text p50 {sums['first_text_ms']['p50']} ms, p95 {sums['first_text_ms']['p95']} ms; whole "
            f"turn p50 {sums['total_ms']['p50']} ms, p95 {sums['total_ms']['p95']} ms",
        ]
        return found

    def as_json(self) -> dict[str, Any]:
        """The totals; rates are shares from 0 to 1, None where there is nothing to divide by."""
        outcomes = self.outcomes
        replies = [reply for one in outcomes for reply in one.replies]
        findings = [finding for one in outcomes for finding in one.findings]
        passed = sum(one.passed for one in outcomes)
        exists = [one for one in outcomes if one.case.expect.says_it_exists]
        called = [reply.done for reply in replies if called_model(reply.done)]
        return {
            "cases": len(outcomes),
            "passed": passed,
            "pass_rate": _share(passed, len(outcomes)) or 0.0,
            "replies": len(replies),
            "model_calls": len(called),
            "own_words_rate": _share(sum(reply.handled_by == "model" for reply in called), len(called)),
            "unbacked_facts": sum(len(finding.unbacked) for finding in findings),
            "text_card_mismatches": sum(bool(finding.mismatches) for finding in findings),
            "leaks": sum(len(finding.leaks) for finding in findings),
            "wrong_denials": _share(sum(one.denied_wrongly for one in exists), len(exists)) or 0.0,
            "first_text_ms": _spread([reply.first_text_ms for reply in replies]),
            "total_ms": _spread([reply.total_ms for reply in replies]),
            "by_kind": _by_kind(outcomes),
            "by_half": _by_half(outcomes),
            "results": [
                {"id": one.case.id, "passed": one.passed, "reason": "; ".join(one.faults)} for one in outcomes
            ],
            "failures": [
                {
                    "id": one.case.id,
                    "reason": "; ".join(one.faults),
                    "reply": one.replies[-1].done.reply if one.replies else "",
                }
                for one in outcomes
                if not one.passed
            ],
            "findings": [
                {"id": one.case.id, "turn": turn, "reply": reply.done.reply, **finding.as_json()}
                for one in outcomes
                for turn, (reply, finding) in enumerate(zip(one.replies, one.findings, strict=True), start=1)
                if finding
            ],
        }


def evaluate_answers(
    cases_path: Path | str,
    settings_overrides: Mapping[str, Any] | None = None,
    *,
    work: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The JSON-ready totals of `run_answers`."""
    return run_answers(cases_path, settings_overrides, work=work, progress=progress).as_json()


def run_answers(
    cases_path: Path | str,
    settings_overrides: Mapping[str, Any] | None = None,
    *,
    work: Path | None = None,
    open_assistant: Callable[[Settings], Answering] | None = None,
    progress: Progress | None = None,
) -> AnswersReport:
    """Run every case of a file over the samples, with settings changed as told (e.g. model="none:").

    `work` keeps the prepared samples for the next run; without it they live in a temporary folder.
    Raises SourceError for a bad file before anything is prepared.
    """
    cases = read_cases(cases_path)
    _check_planted(cases, Path(cases_path))
    done: dict[str, Outcome] = {}
    with _working_folder(work) as folder:
        for (sample, _), group in _groups(cases).items():
            shop = _Shop(folder, sample, dict(settings_overrides or {}), open_assistant or _open_real)
            planted_products = tuple(p for case in group for p in case.plant)
            with shop.opened(planted_products) as assistant:
                checker = Checker(assistant.store, assistant.settings)
                for case in group:
                    if progress:
                        progress(len(done), len(cases), case.id)
                    done[case.id] = run_case(assistant, checker, case)
    return AnswersReport(tuple(done[case.id] for case in cases))


def run_case(assistant: Answering, checker: Checker, case: Case) -> Outcome:
    """One case in a conversation of its own; an assistant that breaks is a failed case, not a stop."""
    replies: list[Delivered] = []
    findings: list[Findings] = []
    earlier: list[Card] = []
    try:
        conversation = assistant.start_conversation(case.customer)
        for number, message in enumerate(case.turns, start=1):
            delivered = receive(assistant.reply(conversation, message, customer_id=case.customer))
            replies.append(delivered)
            findings.append(
                checker.check(
                    delivered.done,
                    messages=case.turns[:number],
                    customer_id=case.customer,
                    earlier=earlier,
                )
            )
            earlier.extend(delivered.done.cards)
    except Exception as error:  # whatever breaks, the other cases still have to be measured
        fault = f"broke with {type(error).__name__}: {error}"
        return Outcome(case, (fault,), tuple(replies[: len(findings)]), tuple(findings))
    return Outcome(case, tuple(find_faults(case, delivered)), tuple(replies), tuple(findings))


def called_model(reply: Done) -> bool:
    """Whether the language model was asked in this turn, whoever's words were sent in the end."""
    words = reply.trace.get("words")
    return reply.handled_by == "model" or (isinstance(words, Mapping) and bool(words.get("called_model")))


@dataclass(frozen=True, slots=True)
class _Shop:
    folder: Path
    sample: str
    overrides: dict[str, Any]
    open_assistant: Callable[[Settings], Answering]

    @contextmanager
    def opened(self, planted: Sequence[Planted]) -> Iterator[Answering]:
        """An assistant over the sample, or over a copy of it to which `planted` was added."""
        settings = self._prepared(self.folder / self.sample)
        if not planted:
            assistant = self.open_assistant(settings)
            try:
                yield assistant
            finally:
                assistant.close()
            return
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=f"{self.sample}-planted-") as copy:
            shutil.copytree(self.folder / self.sample, copy, dirs_exist_ok=True)
            settings = settings.model_copy(update={"shop": Path(copy), "database": "", "vectors": ""})
            with Store(settings.database_url) as store:
                store.put_products(_products(planted, settings.currency))
                _index(store, settings)
            assistant = self.open_assistant(settings)
            try:
                yield assistant
            finally:
                assistant.close()

    def _prepared(self, folder: Path) -> Settings:
        from shop.samples import load_sample

        settings = load_sample(self.sample, folder).model_copy(update=self.overrides)
        with Store(settings.database_url) as store:
            _index(store, settings)
        return settings


def _index(store: Store, settings: Settings) -> None:
    from retrieval.indexing import build_index

    build_index(store, settings)


def _open_real(settings: Settings) -> Answering:
    from assistant.chat import Assistant

    return Assistant.open(settings)


@contextmanager
def _working_folder(work: Path | None) -> Iterator[Path]:
    if work is None:
        with tempfile.TemporaryDirectory(prefix="regulars-answers-") as folder:
            yield Path(folder)
        return
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{work} cannot be made ({error}); choose another --work folder") from error
    yield work


def _groups(cases: Iterable[Case]) -> dict[tuple[str, bool], list[Case]]:
    groups: dict[tuple[str, bool], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.sample, bool(case.plant)), []).append(case)
    return groups


def _check_planted(cases: Sequence[Case], file: Path) -> None:
    """Planted products of one sample share one copy, so that one id must not mean two products."""
    seen: dict[tuple[str, str], object] = {}
    for case in cases:
        for product in case.plant:
            if seen.setdefault((case.sample, product.id), product) != product:
                raise SourceError(
                    f"case {case.id!r} plants another product as {product.id!r}; give it its own id",
                    file=file,
                    column="plant",
                )


def _products(planted: Iterable[Planted], currency: str) -> tuple[Product, ...]:
    return tuple(
        Product(
            id=one.id,
            title=one.title,
            description=one.description,
            price=None if one.price is None else Money(one.price, currency),
            in_stock=True,
        )
        for one in planted
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    """Nearest-rank percentiles, so that each is a time that was measured."""
    ranked = sorted(values)
    if not ranked:
        return {"p50": None, "p95": None}
    return {
        name: round(ranked[math.ceil(len(ranked) * share) - 1], 1)
        for name, share in (("p50", 0.5), ("p95", 0.95))
    }


def _by_half(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    halves = {name: {"cases": 0, "passed": 0} for name in ("developing", "scored")}
    for one in outcomes:
        sums = halves[half_of(one.case.id)]
        sums["cases"] += 1
        sums["passed"] += one.passed
    return halves


def _by_kind(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    kinds: dict[str, dict[str, int]] = {}
    for one in outcomes:
        sums = kinds.setdefault(one.case.kind or "other", {"cases": 0, "passed": 0})
        sums["cases"] += 1
        sums["passed"] += one.passed
    return dict(sorted(kinds.items()))
