"""How fast data gets in: reading and storing the samples, embedding, and indexing again unchanged."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row, memory_row, run_part, stopwatch


def quiet(done: int, total: int) -> None:
    """Progress nobody looks at."""


def measure(work: Path) -> Sequence[Row]:
    """Prepare giftware and marketplace from nothing."""
    from retrieval.indexing import build_index
    from shop.samples import load_sample
    from shop.store import Store

    rows: list[Row] = []
    for sample in ("giftware", "marketplace"):
        folder = work / sample
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with stopwatch() as seconds:
            settings = load_sample(sample, folder, quiet)
            imported_s = seconds()
        with Store(settings.database_url) as store:
            products, orders = store.count("products"), store.count("orders")
            per = 10_000 / products
            over = f"{sample}: {products:,} products, {orders:,} orders in {imported_s:.1f} s"
            rows.append(Row("import with orders, per 10,000 products", f"{imported_s * per:.1f} s", over))
            with stopwatch() as seconds:
                report = build_index(store, settings, quiet)
                first_s = seconds()
            over = f"{sample}: {report.embedded:,} texts in {first_s:.1f} s"
            rows.append(Row("index, per 10,000 products", f"{first_s * per:.1f} s", over))
            with stopwatch() as seconds:
                again = build_index(store, settings, quiet)
                again_s = seconds()
            rows.append(Row("index again, nothing changed", f"{again_s:.1f} s", f"{again.kept:,} texts kept"))
        with stopwatch() as seconds:
            load_sample(sample, folder, quiet)
            rows.append(Row("second start: sample already there", f"{seconds():.2f} s", sample))
    return [*rows, memory_row("import and index")]


if __name__ == "__main__":
    run_part(measure)
