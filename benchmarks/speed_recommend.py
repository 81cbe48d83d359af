"""How long one customer takes to serve from fitted scorers with 100,000 products, in process.

The shop is made up: 100,000 products of varied popularity and wording, 20,000 customers with rows of
dated visits around tastes of their own. Fitted as a shop is, then asked for customers of every length of
history. Nothing here says how good recommendations are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.measure import Row, memory_row, run_part, spread_ms, stopwatch
from retrieval.recommend.fitting import fit_recommender
from retrieval.recommend.histories import Histories, stack
from retrieval.recommend.lessons import shop_lessons
from retrieval.recommend.scorers import History

PRODUCTS, CUSTOMERS, TASTES, TODAY = 100_000, 20_000, 500, 15_000
SERVED = 300


def made_up(seed: int = 7) -> tuple[Histories, list[str]]:
    """Rows of visits, each customer around two tastes, and a title a product."""
    draw = np.random.default_rng(seed)
    taste = draw.integers(TASTES, size=PRODUCTS)
    members = [np.flatnonzero(taste == one) for one in range(TASTES)]
    rows = []
    for _ in range(CUSTOMERS):
        own = np.concatenate([members[one] for one in draw.choice(TASTES, 2)])
        size = int(np.clip(draw.pareto(1.2) * 6, 2, 200))
        popular = (draw.random(size) ** 2.5 * len(own)).astype(int)
        days = np.sort(TODAY - draw.integers(0, 250, size=size // 3 + 1))[np.arange(size) // 3]
        rows.append(History.of(own[popular], days, today=TODAY, country=0))
    words = [f"{a}{b}" for a in ("sun", "oak", "blue", "tin", "rose", "sea") for b in range(60)]
    titles = [
        f"kind{taste[n]} {words[int(draw.integers(len(words)))]} {words[int(draw.integers(len(words)))]}"
        for n in range(PRODUCTS)
    ]
    return stack(rows, PRODUCTS), titles


def measure(work: Path) -> Sequence[Row]:
    """Fit once, then serve one customer after another, each with one more event than was fitted."""
    log, titles = made_up()
    with stopwatch() as fitting:
        blend = fit_recommender(log, shop_lessons(log, TODAY), titles, again=True)
        fit_s = fitting()
    draw = np.random.default_rng(1)
    seconds = []
    for row in draw.choice(CUSTOMERS, SERVED, replace=False):
        one = log.take(np.array([row]))
        more = History.of(
            np.append(one.item, draw.integers(PRODUCTS)),
            np.append(one.day, TODAY),
            today=TODAY,
            country=0,
        )
        with stopwatch() as serving:
            blend.scores_many(stack([more], PRODUCTS))
            seconds.append(serving())
    over = f"{PRODUCTS:,} products, {CUSTOMERS:,} customers, {len(blend.scorers)} scorers"
    return [
        Row("fit all scorers and the blend", f"{fit_s:,.0f} s", over),
        Row("serve one customer, p50 / p95", spread_ms(seconds[5:]), over),
        memory_row("fitting and serving"),
    ]


if __name__ == "__main__":
    run_part(measure)
