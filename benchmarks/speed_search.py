"""How fast search answers, in a running process and as a command started afresh."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row, memory_row, run_part, sample_folder, spread_ms, stopwatch

QUERIES, COMMANDS = 300, 7
EXTRAS = ("", "", "", " under 10", " in red", " not blue", "cheapest ", "how many ")


def queries_over(titles: Sequence[str], seed: int = 7) -> list[str]:
    """Two to four words of random titles, some with a filter, a superlative or a count."""
    chance = random.Random(seed)
    found = []
    for _ in range(QUERIES):
        words = chance.choice(titles).split()
        begin = chance.randrange(max(1, len(words) - 2))
        text = " ".join(words[begin : begin + chance.randint(2, 4)])
        extra = chance.choice(EXTRAS)
        found.append(extra + text if extra.endswith(" ") else text + extra)
    return found


def measure(work: Path) -> Sequence[Row]:
    """Search giftware and marketplace."""
    from retrieval.indexing import open_search
    from shop.settings import load_settings
    from shop.store import Store

    rows: list[Row] = []
    for sample in ("giftware", "marketplace"):
        settings = load_settings(sample_folder(work, sample))
        with Store(settings.database_url) as store:
            with stopwatch() as seconds:
                search = open_search(store, settings)
                search.search("warm up")
                opened_s = seconds()
            texts = queries_over([product.title for product in search.products.values()])
            durations = []
            for text in texts:
                with stopwatch() as seconds:
                    search.search(text)
                    durations.append(seconds())
        over = f"{sample}: {len(texts)} queries, {len(search.products):,} products"
        rows.append(Row("search in process, p50 / p95", spread_ms(durations), over))
        rows.append(Row("opening the search (with its first query)", f"{opened_s:.1f} s", sample))
        commands = []
        for text in texts[:COMMANDS]:
            with stopwatch() as seconds:
                argv = [sys.executable, "-c", "from ui.cli import main; main()", "search"]
                argv += ["--shop", str(settings.shop), "--", text]
                subprocess.run(argv, capture_output=True, check=True)
                commands.append(seconds())
        over = f"{sample}: {COMMANDS} commands, process start included"
        rows.append(Row("`regulars search`, p50 / p95", spread_ms(commands), over))
    return [*rows, memory_row("search over two shops")]


if __name__ == "__main__":
    run_part(measure)
