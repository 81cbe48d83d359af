"""How long one customer's recommendations take in a shop with 100,000 products, reasons included, in process.

    python -m benchmarks.speed_recommend --work DIR [--step make|fit|serve]

The shop is made up: the catalogue of scaled.py, 20,000 customers with dated visits around two tastes of
their own each, a taste being some of the sample's products in all their versions. Indexed and fitted as a
shop is, then asked for customers of every length of history, each of whom has just looked at something.
Every step is a process of its own, so that its memory is its own. Nothing here says how good
recommendations are.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Row, peak_memory_mb, percentile, stopwatch
from benchmarks.scaled import real_products, scaled_products
from benchmarks.speed_scale import make_vectors
from retrieval.recommend import Context, Recommender, open_recommender
from shop.types import Customer, Event, Money, Order, OrderLine

PRODUCTS, CUSTOMERS, TASTES = 100_000, 20_000, 500
TODAY = date(2026, 9, 1)
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
COUNTRIES = ("United Kingdom", "Germany", "France", "Malta")
SERVED, WARM = 300, 300
"""Lists that are timed, and others before them: a shop's products are remembered as they are shown."""
AGAIN = 5
"""What other work on the machine adds is left out by asking again; what has been fetched by then is, too."""
Figures = dict[str, float]


def settings_of(work: Path) -> Any:
    """The made-up shop's."""
    from shop.settings import Settings

    shop = work / "recommend"
    return Settings(
        shop=shop,
        embedder="benchmarks.scaled:ScaledEmbedder",
        vectors=f"file:{shop / 'vectors'}",
        today=TODAY,
        model="none:",
    )


def made_up_orders(ids: Sequence[str], seed: int = 7) -> Iterator[Order]:
    """Visits of three products of two tastes; a third of the customers buys twice as often as not again."""
    draw = np.random.default_rng(seed)
    kinds = len(real_products())
    members = [
        np.array([number for number in range(len(ids)) if number % kinds % TASTES == taste])
        for taste in range(TASTES)
    ]
    for customer in range(CUSTOMERS):
        own = np.concatenate([members[taste] for taste in draw.choice(TASTES, 2)])
        size = int(np.clip(draw.pareto(1.2) * 6, 2, 200))
        bought = own[(draw.random(size) ** 2.5 * len(own)).astype(int)]
        days = np.sort(draw.integers(1, 250, size=size // 3 + 1))[::-1]
        for visit, ago in enumerate(days):
            lines = tuple(
                OrderLine(ids[number], "", 1, Money(Decimal(10), "USD"))
                for number in dict.fromkeys(bought[3 * visit : 3 * visit + 3].tolist())
            )
            at = NOW - timedelta(days=int(ago))
            if lines:
                yield Order(f"{customer}-{visit}", f"c{customer}", lines, at, country=COUNTRIES[customer % 4])


def do_make(work: Path) -> Figures:
    """Catalogue, customers and orders into a new shop, and indexed."""
    from retrieval.indexing import build_index
    from shop.store import Store

    settings = settings_of(work)
    shutil.rmtree(settings.shop, ignore_errors=True)
    with Store(settings.database_url) as store, stopwatch() as seconds:
        store.put_products(scaled_products(PRODUCTS))
        ids = [product.id for product in scaled_products(PRODUCTS)]
        store.put_customers(Customer(f"c{n}", country=COUNTRIES[n % 4]) for n in range(CUSTOMERS))
        store.put_orders(made_up_orders(ids))
        build_index(store, settings)
        return {"make_s": seconds()}


def do_fit(work: Path) -> Figures:
    """The scorers and their blend, as `regulars index` does."""
    from retrieval.recommend.scorers import fit_scorers
    from shop.store import Store

    settings = settings_of(work)
    shutil.rmtree(settings.shop / "recommend", ignore_errors=True)
    with Store(settings.database_url) as store, stopwatch() as seconds:
        started = time.process_time()
        fit_scorers(store, settings.shop / "recommend", TODAY, None)
        return {"fit_s": seconds(), "fit_cpu_s": time.process_time() - started}


def do_serve(work: Path) -> Figures:
    """One list after another: for customers with history, guests, and a product's page."""
    from retrieval.indexing import open_search
    from shop.store import Store

    settings = settings_of(work)
    found: Figures = {}
    with Store(settings.database_url) as store:
        with stopwatch() as seconds:
            recommender = open_recommender(store, open_search(store, settings), settings)
            recommender.recommend(Context(), 1)
            found["open_s"] = seconds()
        time.sleep(10)  # the fitted tables are opened in the background
        draw = random.Random(1)
        shown = [product.id for product in scaled_products(PRODUCTS)]
        lines = [customer for customer, *_ in store.purchases()]
        lengths = Counter(lines)

        def known(case: str, drawn_from: Sequence[str]) -> Iterator[Context]:
            customers = [draw.choice(drawn_from) for _ in range(WARM + SERVED)]
            found[f"{case}_length_p50"] = percentile([lengths[one] for one in customers[WARM:]], 0.5)
            found[f"{case}_length_p95"] = percentile([lengths[one] for one in customers[WARM:]], 0.95)
            for customer in customers:
                store.put_events([Event("Product Viewed", customer, NOW, {"product_id": draw.choice(shown)})])
                yield Context(customer_id=customer, today=TODAY)

        # Each customer as likely as the next; then by their order lines: whoever buys more comes more often.
        cases: Mapping[str, Iterator[Context]] = {
            "any": known("any", list(lengths)),
            "frequent": known("frequent", lines),
            "guest": (Context(country=COUNTRIES[n % 4], today=TODAY) for n in range(WARM + SERVED)),
            "page": (Context(seeds=(draw.choice(shown),), today=TODAY) for _ in range(WARM + SERVED)),
        }
        for case, contexts in cases.items():
            wall, cpu, quickest = [], [], []
            for context in contexts:
                with stopwatch() as seconds:
                    started = time.process_time()
                    assert recommender.recommend(context), f"nothing for {context}"
                    cpu.append(time.process_time() - started)
                    wall.append(seconds())
                quickest.append(min(_cpu_s(recommender, context) for _ in range(AGAIN)))
            for part, values in (("wall", wall), ("cpu", cpu), ("again", quickest)):
                found[f"{case}_{part}_p50"] = 1000 * percentile(values[WARM:], 0.5)
                found[f"{case}_{part}_p95"] = 1000 * percentile(values[WARM:], 0.95)
    return found


def _cpu_s(recommender: Recommender, context: Context) -> float:
    started = time.process_time()
    recommender.recommend(context)
    return time.process_time() - started


STEPS: Mapping[str, Callable[[Path], Figures]] = {"make": do_make, "fit": do_fit, "serve": do_serve}


def run_step(step: str, work: Path) -> Figures:
    """One step in a process of its own, with its peak memory."""
    argv = [sys.executable, "-m", "benchmarks.speed_recommend", "--work", str(work), "--step", step]
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    print(step, {k: round(v, 2) for k, v in figures.items()}, file=sys.stderr, flush=True)
    return figures


def measure(work: Path) -> Sequence[Row]:
    """All steps; the shop is removed afterwards."""
    found: Figures = {}
    for step in STEPS:
        found |= run_step(step, work)
    shutil.rmtree(settings_of(work).shop)
    return list(rows_of(found))


def rows_of(f: Figures) -> Iterator[Row]:
    """What is published."""
    over = f"{PRODUCTS:,} products, {CUSTOMERS:,} customers"
    yield Row("import and index", f"{f['make_s']:,.0f} s", over)
    yield Row(
        "fit all scorers and the blend, wall / CPU", f"{f['fit_s']:,.0f} / {f['fit_cpu_s']:,.0f} s", over
    )
    yield Row("open, and the first list", f"{f['open_s']:.1f} s", over)
    for case, drawn in (("any", "each as likely"), ("frequent", "drawn by order lines")):
        lengths = f"{f[f'{case}_length_p50']:.0f} / {f[f'{case}_length_p95']:.0f}"
        yield Row(f"order lines of the customers asked for, {drawn}, p50 / p95", lengths, over)
    for case, name in (
        ("any", "a customer who has just looked at a product"),
        ("frequent", "a frequent customer (drawn by order lines) who has just looked at a product"),
        ("guest", "a guest, by country"),
        ("page", "goes with this, on a product's page"),
    ):
        for part, what in (
            ("wall", "wall clock"),
            ("cpu", "CPU"),
            ("again", f"CPU, asked {AGAIN} times more, the quickest"),
        ):
            spread = f"{f[f'{case}_{part}_p50']:.1f} / {f[f'{case}_{part}_p95']:.1f} ms"
            yield Row(f"{name}, p50 / p95, {what}", spread, f"{SERVED} lists of 8 with reasons")
    for step, name in (("make", "importing and indexing"), ("fit", "fitting"), ("serve", "serving")):
        yield Row(f"peak memory, {name}", f"{f[f'{step}_peak_mb']:,.0f} MB", "mapped files included")


def main() -> None:
    """Read the options; a step prints its figures, everything its rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for the shop")
    parser.add_argument("--step", choices=STEPS, help="one step alone")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    make_vectors(options.work)
    if options.step:
        figures = STEPS[options.step](options.work) | {f"{options.step}_peak_mb": peak_memory_mb()}
        print(json.dumps(figures))
        return
    print(json.dumps([asdict(row) for row in measure(options.work)]))


if __name__ == "__main__":
    main()
