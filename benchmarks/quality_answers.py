"""How good the answers are: the published cases, with the templates alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row, memory_row, run_part

HERE = Path(__file__).parent / "answers"


def measure(work: Path) -> Sequence[Row]:
    """Every case file beside this one."""
    from assistant.evaluation import evaluate_answers

    rows: list[Row] = []
    for file in sorted(HERE.glob("*.jsonl")):
        found = json.loads(json.dumps(evaluate_answers(file, {"model": "none:"}, work=work)))
        over = f"{file.name}: {found['cases']} cases"
        rows += [
            Row("answers passed", f"{found['pass_rate']:.1%}", over),
            Row("figures and names nothing backs", str(found["unbacked_facts"]), over),
            Row("text and cards disagree", str(found["text_card_mismatches"]), over),
            Row("denied what is there", f"{found['wrong_denials']:.1%}", over),
        ]
    return [*rows, memory_row("answers evaluation")]


if __name__ == "__main__":
    run_part(measure)
