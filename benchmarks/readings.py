"""What people should read for themselves: conversations, wordings side by side, wordings to judge.

python -m benchmarks.readings conversations|pairs|sheet [--work DIR] [--wordings FILE]

`conversations` answers twenty of the published cases with the default model (docs/conversations.md),
`pairs` words forty acts by model and templates (docs/wordings.md), `sheet` prints every fifth line of
what `regulars finetune evaluate --out FILE` wrote, to be read one by one. Which ones is settled by a
rule, before anything is worded.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.delivery import Line, Speaker
from assistant.evaluation.run import AnswersReport, run_answers
from assistant.models.base import open_model, prepare_model
from assistant.writers.model import ModelWriter
from benchmarks.run import commit
from finetune.plans import Trial, make_trials
from shop.settings import load_settings

CASES = Path(__file__).parent / "answers" / "cases.jsonl"
DOCS = Path(__file__).parent.parent / "docs"
EACH = 10
PAIRS = 40
PAIRS_SEED = 40
MODEL = "local:smollm2"


def chosen_cases() -> list[str]:
    """The lines of ten cases of several turns and ten of one: those whose ids have the least SHA-256."""
    lines = CASES.read_text(encoding="utf-8").splitlines()
    by_digest = sorted(lines, key=lambda line: hashlib.sha256(json.loads(line)["id"].encode()).hexdigest())
    several = [line for line in by_digest if len(json.loads(line)["turns"]) > 1]
    single = [line for line in by_digest if len(json.loads(line)["turns"]) == 1]
    return several[:EACH] + single[:EACH]


def conversations(work: Path) -> None:
    """Write docs/conversations.md."""
    with tempfile.TemporaryDirectory() as scratch:
        cases = Path(scratch) / "cases.jsonl"
        cases.write_text("\n".join(chosen_cases()), encoding="utf-8")
        report = run_answers(cases, {"model": MODEL}, work=work)
    (DOCS / "conversations.md").write_text("\n".join(_conversations(report)) + "\n", encoding="utf-8")


def _conversations(report: AnswersReport) -> Iterator[str]:
    yield "# Twenty conversations"
    yield ""
    yield f"Unedited, with the default model (`{MODEL}` and the shipped adapter) at commit {commit()},"
    yield "written by `python -m benchmarks.readings conversations`. Which twenty was settled by a rule"
    yield "before any was answered: of `benchmarks/answers/cases.jsonl` the ten cases of several turns and"
    yield "the ten of one turn whose ids have the smallest SHA-256. *By model*: every act in its words."
    for number, outcome in enumerate(report.outcomes, 1):
        case = outcome.case
        yield ""
        yield f"## {number}. {case.id}"
        yield ""
        who = f"customer {case.customer}" if case.customer else "a guest"
        verdict = "passes" if outcome.passed else f"fails: {'; '.join(outcome.faults)}"
        yield f"Shop `{case.sample}`, {who}. As a published case this {verdict}."
        for message, reply in zip(case.turns, outcome.replies, strict=False):
            done = reply.done
            yield ""
            yield f"**Shopper:** {message}"
            yield ""
            yield f"**Assistant** (by {done.handled_by}): {done.reply}"
            if done.cards:
                yield ""
                for card in done.cards[:5]:
                    price = f", {card.price.currency} {card.price.amount}" if card.price else ""
                    yield f"* {card.title}{price}" + (f" ({card.why})" if card.why else "")


def pairs() -> None:
    """Write docs/wordings.md: forty acts, each worded by the model and by the templates."""
    trials = make_trials(PAIRS * 5, PAIRS_SEED)[::5]
    model = open_model(MODEL)
    assert model is not None
    prepare_model(model)
    try:
        writer = ModelWriter(model, load_settings(), repeatable=True)
        own = [_say(Speaker(lambda: writer), trial) for trial in trials]
    finally:
        model.close()
    plain = [_say(Speaker(lambda: None), trial) for trial in trials]
    lines = [
        "# Forty wordings side by side",
        "",
        "Forty acts about made-up things, each said by the default model and by the templates, unedited,",
        f"at commit {commit()}; written by `python -m benchmarks.readings pairs`. Every fifth of 200 acts",
        f"made from seed {PAIRS_SEED}. A star marks where the templates had to speak for the model.",
        "",
        "| act | asked | model | templates |",
        "|---|---|---|---|",
    ]
    for trial, (mine, by_model), (theirs, _) in zip(trials, own, plain, strict=True):
        star = "" if by_model else " *"
        tone = f" ({trial.voice.tone})" if trial.voice.tone else ""
        lines.append(f"| {trial.act.kind}{tone} | {trial.voice.message} | {mine}{star} | {theirs} |")
    (DOCS / "wordings.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _say(speaker: Speaker, trial: Trial) -> tuple[str, bool]:
    (said,) = speaker.say_all([Line(trial.act, trial.plan.records, trial.voice)])
    return said.text.replace("|", "/"), said.wording is not None


def sheet(wordings: Path) -> None:
    """Print every fifth wording of the adapter's, numbered."""
    lines = [json.loads(line) for line in wordings.read_text(encoding="utf-8").splitlines()]
    own = [line for line in lines if line["by"] == "adapter"]
    for number, line in enumerate(own[::5]):
        asked = line["ask"].split("\n")[0] if line["ask"].startswith("Shopper") else ""
        print(f"{number} | {line['act']} | {asked} | {line['text']}")


def main(argv: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("conversations", "pairs", "sheet"))
    parser.add_argument("--work", type=Path, default=Path("eval-work"))
    parser.add_argument("--wordings", type=Path, default=Path("wordings.jsonl"))
    given = parser.parse_args(argv)
    match given.what:
        case "conversations":
            conversations(given.work)
        case "pairs":
            pairs()
        case "sheet":
            sheet(given.wordings)


if __name__ == "__main__":
    main()
