"""How import, index and search grow from ten thousand to a million products, in time and memory.

    python -m benchmarks.speed_scale --work DIR [--sizes 10000 100000 1000000]

Every step is a process of its own, so that its memory is its own. Catalogues are those of scaled.py.
Writes scale.svg beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Row, peak_memory_mb, percentile, stopwatch
from benchmarks.scaled import VECTORS, brand_name, real_products, scaled_product, scaled_products

SIZES = (10_000, 100_000, 1_000_000)
QUERIES = 200
RECALLED = 60
EXTRAS = (" under 20", " in red", " not blue", "cheapest ", " with at least 4 stars", " over 50", "how many ")
CHANGED = 100
Figures = dict[str, float]


def settings_of(work: Path, size: int) -> Any:
    """The settings of one catalogue's shop."""
    from shop.settings import Settings

    return Settings(shop=work / f"scale-{size}", embedder="benchmarks.scaled:ScaledEmbedder")


def do_import(work: Path, size: int) -> Figures:
    """Write the catalogue into a new shop's database, streamed."""
    from shop.store import Store

    settings = settings_of(work, size)
    shutil.rmtree(settings.shop, ignore_errors=True)
    with Store(settings.database_url) as store, stopwatch() as seconds:
        store.put_products(scaled_products(size))
        return {"import_s": seconds()}


def do_index(work: Path, size: int) -> Figures:
    """Index it, and once more."""
    from retrieval.indexing import build_index
    from shop.store import Store

    settings = settings_of(work, size)
    with Store(settings.database_url) as store:
        with stopwatch() as seconds:
            build_index(store, settings)
            index_s = seconds()
        with stopwatch() as seconds:
            build_index(store, settings)
            again_s = seconds()
    files = [file for file in settings.shop.rglob("*") if file.is_file()]
    mb = {name: sum(f.stat().st_size for f in files if part in str(f)) / 1e6 for name, part in PARTS.items()}
    return {"index_s": index_s, "again_s": again_s} | mb


PARTS = {"database_mb": "shop.db", "vectors_mb": "/vectors/", "prepared_mb": "/index/"}


def asked(size: int) -> tuple[list[str], list[str], list[str]]:
    """Questions without a filter, with a wide one, and with one that keeps about a thousandth or less."""
    chance = random.Random(7)
    real = real_products()

    def some() -> str:
        words = chance.choice(real).title.split()
        begin = chance.randrange(max(1, len(words) - 2))
        return " ".join(words[begin : begin + chance.randint(2, 4)])

    def extended() -> str:
        extra = chance.choice(EXTRAS)
        return extra + some() if extra.endswith(" ") else some() + extra

    def narrow() -> str:
        return f"{some()} by {brand_name(chance.randrange(5_000))} under {chance.choice((15, 30, 60))}"

    return tuple([ask() for _ in range(QUERIES)] for ask in (some, extended, narrow))  # type: ignore[return-value]


def do_search(work: Path, size: int) -> Figures:
    """Open the search and ask; then compare the nearest with an exact search."""
    from retrieval.indexing import open_search
    from shop.store import Store

    settings = settings_of(work, size)
    found: Figures = {}
    with Store(settings.database_url) as store:
        with stopwatch() as seconds:
            search = open_search(store, settings)
            found["open_s"] = seconds()
        with stopwatch() as seconds:
            search.search("warm up")
            found["first_s"] = seconds()
        everything: list[float] = []
        for kind, texts in zip(("plain", "filter", "narrow"), asked(size), strict=True):
            durations = []
            for text in texts:
                with stopwatch() as seconds:
                    search.search(text)
                    durations.append(seconds())
            found |= spread(kind, durations)
            everything += durations
        found |= spread("all", everything) | {"search_mb": peak_memory_mb()}
        found |= recalls(search, size)
        found |= follow(store, search, size)
    return found


def spread(kind: str, durations: Sequence[float]) -> Figures:
    """Median, 95th percentile and most in milliseconds."""
    return {
        f"{kind}_p50": 1000 * percentile(durations, 0.5),
        f"{kind}_p95": 1000 * percentile(durations, 0.95),
        f"{kind}_max": 1000 * max(durations),
    }


def recalls(search: Any, size: int) -> Figures:
    """Recall@10 of the vector stage against every cosine, without a filter and with ever narrower ones."""
    from retrieval.filters import Filters

    catalogue = search._library.latest
    chance = np.random.default_rng(3)
    vectors = search.embedder.embed(asked(size)[0][:RECALLED])
    low = float(np.nanquantile(catalogue.price, 0.5))
    masks: dict[str, Any] = {
        "all": None,
        "half, by price": catalogue.mask(Filters(max_price=Decimal(str(low)))),
        "a colour": catalogue.mask(Filters(colours=("red",))),
        "10 %, at random": chance.random(catalogue.rows) < 0.1,
        "1 %, at random": chance.random(catalogue.rows) < 0.01,
        "0.1 %, at random": chance.random(catalogue.rows) < 0.001,
        "a brand": catalogue.mask(Filters(brands=(brand_name(17),))),
    }
    found: Figures = {}
    exact = [catalogue.cosines(vector) for vector in vectors]
    for name, mask in masks.items():
        hits, wanted, durations = 0, 0, []
        for vector, cosines in zip(vectors, exact, strict=True):
            with stopwatch() as seconds:
                rows, _ = catalogue.nearest(vector, 10, mask)
                durations.append(seconds())
            kept = np.arange(catalogue.rows) if mask is None else np.flatnonzero(mask)
            best = kept[np.argsort(-cosines[kept], kind="stable")[:10]]
            hits += len(np.intersect1d(rows, best))
            wanted += len(best)
        share = 1.0 if mask is None else float(np.mean(mask))
        if not wanted:
            continue  # no product of that brand in so small a catalogue
        found[f"recall: {name} ({share:.2%})"] = hits / wanted
        found[f"near_ms: {name}"] = 1000 * percentile(durations, 0.5)
    return found


def follow(store: Any, search: Any, size: int) -> Figures:
    """Seconds until a search sees prices changed in the store."""
    from dataclasses import replace

    from shop.types import Money

    real = real_products()
    last = (scaled_product(real, number) for number in range(size - 1, 0, -1))
    changed = list(islice((product for product in last if not product.variants), CHANGED))
    store.put_products(replace(p, price=Money(Decimal("0.07"), "USD")) for p in changed)
    with stopwatch() as seconds:
        result = search.search("things under 0.08", k=CHANGED)
        followed_s = seconds()
    assert result.total == len(changed), f"{result.total} of {len(changed)} new prices are seen"
    store.put_products(changed)
    return {"follow_s": followed_s}


STEPS: Mapping[str, Callable[[Path, int], Figures]] = {
    "import": do_import,
    "index": do_index,
    "search": do_search,
}


def run_step(step: str, work: Path, size: int) -> Figures:
    """One step in a process of its own, with its peak memory."""
    argv = [sys.executable, "-m", "benchmarks.speed_scale", "--work", str(work), "--step", step, str(size)]
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    print(size, step, {k: round(v, 4) for k, v in figures.items()}, file=sys.stderr, flush=True)
    return figures


def make_vectors(work: Path) -> None:
    """Embed the real products once; the steps find the file by the environment."""
    from retrieval.embedding import load_embedder
    from retrieval.library import product_text

    path = work / "real-vectors.npy"
    os.environ[VECTORS] = str(path)
    if not path.exists():
        np.save(path, load_embedder("minilm").embed([product_text(p) for p in real_products()]))


def measure(work: Path, sizes: Sequence[int] = SIZES) -> Sequence[Row]:
    """All steps for all sizes; catalogues are removed afterwards."""
    from benchmarks.scale_plot import draw

    make_vectors(work)
    found: dict[int, Figures] = {}
    for size in sizes:
        figures: Figures = {}
        for step in STEPS:
            figures |= run_step(step, work, size)
        found[size] = figures
        shutil.rmtree(settings_of(work, size).shop)
    draw(found, Path(__file__).with_name("scale.svg"))
    return [row for size, figures in found.items() for row in rows_of(size, figures)]


def rows_of(size: int, f: Figures) -> list[Row]:
    """What is published of one size."""
    over = f"{size:,} products"
    disk = f"{f['database_mb']:,.0f} / {f['vectors_mb']:,.0f} / {f['prepared_mb']:,.0f} MB"
    memory = f"{f['import_peak_mb']:,.0f} / {f['index_peak_mb']:,.0f} / {f['search_mb']:,.0f} MB"
    rows = [
        Row(
            "import / index / index again",
            f"{f['import_s']:,.0f} / {f['index_s']:,.0f} / {f['again_s']:.1f} s",
            over,
        ),
        Row("peak memory: import / index / search", memory, f"{over}, mapped files included"),
        Row("on disk: database / vectors / prepared", disk, over),
        Row("opening the search / first search", f"{f['open_s']:.1f} / {f['first_s']:.2f} s", over),
        Row("100 prices changed, until a search sees them", f"{f['follow_s']:.2f} s", over),
    ]
    for kind, name in (
        ("plain", "search without filter"),
        ("filter", "search with a filter, superlative or count"),
        ("narrow", "search by brand and price (0.1 % or less)"),
        ("all", "search, all of these"),
    ):
        value = f"{f[f'{kind}_p50']:.0f} / {f[f'{kind}_p95']:.0f} / {f[f'{kind}_max']:.0f} ms"
        rows.append(Row(f"{name}, p50 / p95 / max", value, over))
    for name, value in f.items():
        if name.startswith("recall: "):
            near = f["near_ms: " + name.removeprefix("recall: ").rpartition(" (")[0]]
            kept = name.removeprefix("recall: ")
            rows.append(Row(f"vector recall@10 / median, kept: {kept}", f"{value:.3f} / {near:.1f} ms", over))
    return rows


def main() -> None:
    """Read the options; a step prints its figures, everything its rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for the catalogues")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--step", nargs=2, metavar=("STEP", "SIZE"), help="one step of one size, alone")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if options.step:
        step, size = options.step[0], int(options.step[1])
        figures = STEPS[step](options.work, size) | {f"{step}_peak_mb": peak_memory_mb()}
        print(json.dumps(figures))
        return
    print(json.dumps([asdict(row) for row in measure(options.work, options.sizes)]))


if __name__ == "__main__":
    main()
