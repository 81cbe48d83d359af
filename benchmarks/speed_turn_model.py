"""How fast a turn is, worded by the local language model: first text and whole turn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row, run_part
from benchmarks.speed_turn import measure_turns


def measure(work: Path) -> Sequence[Row]:
    """With the model that is installed by default."""
    return measure_turns(work, "local:smollm2", rounds=1)


if __name__ == "__main__":
    run_part(measure)
