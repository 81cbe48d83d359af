"""How well the mood of a text is read: clothing reviews, whole products held out.

Needs the reviews' file, which the product does not ship: name it in REVIEWS.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row, memory_row, percentile, run_part
from insight.mood import read_mood
from insight.mood_fitting import evaluate_mood, read_reviews

TIMED = 500


def measure(work: Path) -> Sequence[Row]:
    """Figures by product-wise cross-validation, of the shipped weights, and milliseconds a text."""
    file = os.environ.get("REVIEWS")
    if not file:
        raise SystemExit("set REVIEWS to the file of clothing reviews")
    reviews = read_reviews(Path(file))
    found = evaluate_mood(reviews)
    rows = [
        Row(f"{model}: {name}", f"{figures[name]:.4f}", f"{figures['rows']:,} reviews")
        for model, figures in found["models"].items()
        if figures is not None
        for name in ("f1", "f1_negative", "macro_f1", "auroc")
    ]
    times = []
    for review in reviews[:TIMED]:
        started = time.perf_counter()
        read_mood(review.text)
        times.append(time.perf_counter() - started)
    spread = " / ".join(f"{percentile(times, share) * 1e6:,.0f}" for share in (0.5, 0.95))
    return [*rows, Row("a text, p50 / p95", f"{spread} µs", f"{TIMED} reviews"), memory_row("mood")]


if __name__ == "__main__":
    run_part(measure)
