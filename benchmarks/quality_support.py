"""How well the support desk reads customers' messages, by kind of check and by half of the tasks.

TASKS names a tau2-bench retail tasks file (default: the training tasks beside the checkout).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, memory_row, run_part, spread_ms, stopwatch

TASKS = Path(__file__).parents[2] / "shared" / "data" / "support_desk" / "tasks_train.json"


def measure(work: Path) -> Sequence[Row]:
    """Checks passed, by kind; how long one message takes to read."""
    from assistant.evaluation.desk import read_tasks, run_desk
    from assistant.support.case import read_case
    from shop.samples import load_sample
    from shop.store import Store

    file = Path(os.environ.get("TASKS", TASKS))
    if not file.is_file():
        raise SystemExit(f"there is no {file}; name a tau2-bench retail tasks file in TASKS")
    settings = load_sample("support_desk", work / "support_desk")
    with Store(settings.database_url) as store:
        report = run_desk(file, store, settings.current_date).as_json()
        durations = []
        for task in read_tasks(file, store):
            with stopwatch() as seconds:
                read_case(store, task.text, settings.current_date)
                durations.append(seconds())
    over = f"{report['tasks']} tasks of {file.name}"
    return [
        _row("all checks", report, over),
        *(_row(f"checks of kind {kind}", sums, over) for kind, sums in report["by_kind"].items()),
        *(_row(f"checks of the {half} half", sums, over) for half, sums in report["by_half"].items()),
        Row("actions left out, their order not pointed to", str(sum(report["left_out"].values())), over),
        Row("reading one message, p50 / p95", spread_ms(durations), over),
        memory_row("support"),
    ]


def _row(name: str, sums: Mapping[str, Any], over: str) -> Row:
    return Row(name, f"{sums['passed']} of {sums['checks']} ({sums['pass_rate']:.1%})", over)


if __name__ == "__main__":
    run_part(measure)
