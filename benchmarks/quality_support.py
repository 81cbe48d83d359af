"""How well the support desk reads customers' messages, by kind of check.

Our own messages lie in answers/ (support_tasks.py made them): those the desk was taught with, and the
sealed ones, for whose failures nothing was changed. TASKS names a tau2-bench retail tasks file to measure as
well (default: the training tasks beside the checkout).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Row, memory_row, run_part, spread_ms, stopwatch

if TYPE_CHECKING:
    from shop.settings import Settings

ANSWERS = Path(__file__).parent / "answers"
OWN = ("sealed", "taught")
TASKS = Path(__file__).parents[2] / "shared" / "data" / "support_desk" / "tasks_train.json"


def measure(work: Path) -> Sequence[Row]:
    """Checks passed, by kind; how long one message takes to read."""
    from shop.samples import load_sample

    named = Path(os.environ.get("TASKS", TASKS))
    settings = load_sample("support_desk", work / "support_desk")
    rows = [row for name in OWN for row in _measure_file(ANSWERS / f"desk_{name}.json", settings)]
    rows += _measure_file(named, settings) if named.is_file() else [Row("no tasks", "not there", str(named))]
    return [*rows, memory_row("support")]


def _measure_file(file: Path, settings: Settings) -> Sequence[Row]:
    from assistant.evaluation.desk import read_tasks, run_desk
    from assistant.support.case import read_case
    from shop.store import Store

    with Store(settings.database_url) as store:
        report = run_desk(file, store, settings.current_date).as_json()
        durations = []
        for task in read_tasks(file, store):
            with stopwatch() as seconds:
                read_case(store, task.text, settings.current_date)
                durations.append(seconds())
    over = f"{report['tasks']} tasks of {file.name}"
    missed = {failure["task"] for failure in report["failures"]}
    return [
        _row("all checks", report, over),
        Row("tasks with every check passed", str(report["tasks"] - len(missed)), over),
        *(_row(f"checks of kind {kind}", sums, over) for kind, sums in report["by_kind"].items()),
        Row("actions left out, their order not pointed to", str(sum(report["left_out"].values())), over),
        Row("reading one message, p50 / p95", spread_ms(durations), over),
    ]


def _row(name: str, sums: Mapping[str, Any], over: str) -> Row:
    return Row(name, f"{sums['passed']} of {sums['checks']} ({sums['pass_rate']:.1%})", over)


if __name__ == "__main__":
    run_part(measure)
