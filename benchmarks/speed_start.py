"""How long from the command to a shop that answers: the first time, and every time after."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row, run_part, stopwatch

PROGRAM = (sys.executable, "-c", "from ui.cli import main; main()")


def measure(work: Path) -> Sequence[Row]:
    """`regulars demo --prepare-only` twice and one question, each in a new process."""
    folder = work / "fresh"
    shutil.rmtree(folder, ignore_errors=True)
    rows = []
    steps = (
        ("first start: `regulars demo --prepare-only`", ("demo", "--prepare-only")),
        ("second start: `regulars demo --prepare-only`", ("demo", "--prepare-only")),
        ("one question: `regulars ask`, process start included", ("ask", "a red mug under £5")),
    )
    for name, argv in steps:
        with stopwatch() as seconds:
            subprocess.run([*PROGRAM, *argv, "--shop", str(folder)], capture_output=True, check=True)
            rows.append(Row(name, f"{seconds():.1f} s", "giftware, language model kept from earlier runs"))
    return rows


if __name__ == "__main__":
    run_part(measure)
