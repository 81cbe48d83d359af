"""How good search is on judged real queries: the figures of search_quality.py as rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.measure import Row, run_part

SCRIPT = Path(__file__).parent / "search_quality.py"


def rows_of(found: Mapping[str, object], over: str = "") -> Iterator[Row]:
    """One row a number; nested figures carry the names above them."""
    for name, value in found.items():
        path = f"{over}, {name}" if over else name
        if isinstance(value, Mapping):
            yield from rows_of(value, path)
        elif isinstance(value, float):
            yield Row(path, f"{value:.4f}")
        elif isinstance(value, int | str):
            yield Row(path, str(value))


def measure(work: Path) -> Sequence[Row]:
    """The script's JSON; ranking only where JUDGEMENTS names a file of judged queries."""
    argv = [sys.executable, "-m", "benchmarks.search_quality", "--shops", str(work)]
    if judgements := os.environ.get("JUDGEMENTS"):
        argv += ["--judgements", judgements]
    done = subprocess.run(argv, cwd=SCRIPT.parent.parent, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr.strip().splitlines()[-1])
    return list(rows_of(json.loads(done.stdout[done.stdout.index("{") :])))


if __name__ == "__main__":
    run_part(measure)
