"""How a part of the benchmark reports: rows of JSON on its last line of output.

Each part is its own process (`python -m benchmarks.PART --work DIR`), so that memory and warm caches
of one are not counted in another.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One published number: what was measured, its value as text, and what it was measured over."""

    name: str
    value: str
    over: str = ""


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile, `share` from 0 to 1."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, round(share * len(ranked)) - 1))]


def spread_ms(values_s: Sequence[float]) -> str:
    """'12 / 34 ms': median and 95th percentile of durations in seconds."""
    return f"{percentile(values_s, 0.5) * 1000:,.0f} / {percentile(values_s, 0.95) * 1000:,.0f} ms"


@contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    """Seconds since the block began, by calling what is yielded."""
    start = time.perf_counter()
    yield lambda: time.perf_counter() - start


def peak_memory_mb() -> float:
    """The most memory this process ever held, in MB (Linux counts in KB, macOS in bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def memory_row(of: str) -> Row:
    """The row every part ends with."""
    return Row(f"peak memory, {of}", f"{peak_memory_mb():,.0f} MB")


def run_part(measure: Callable[[Path], Sequence[Row]]) -> None:
    """The main of a part: reads --work, prints the rows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, required=True, help="folder of the sample shops")
    work = parser.parse_args().work
    work.mkdir(parents=True, exist_ok=True)
    print(json.dumps([asdict(row) for row in measure(work)]))


def sample_folder(work: Path, sample: str) -> Path:
    """The prepared and indexed shop of a sample; prepared on first use."""
    from ui.cli import prepare_sample

    folder = work / sample
    folder.mkdir(parents=True, exist_ok=True)
    prepare_sample(sample, folder)
    return folder
