"""Learning from 100,000 customers and five million of their acts, made from the giftware sample's.

Each made customer does what a real one did, every order moved by up to three days and a part of its
lines left out; a fifth of the acts are products looked at before an order. The database is written by a
process of its own, so that the peak memory is that of reading, learning and predicting alone.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from benchmarks.measure import Row, memory_row, stopwatch

CUSTOMERS = 100_000
ACTS = 5_000_000
VIEWED_SHARE = 0.2
MOVED_S = 3 * 86_400
VIEW = "Product Viewed"


def make_shop(sample: Path, folder: Path, customers: int, acts: int) -> None:
    """A shop database of about so many customers, with about so many order lines and events together."""
    from shop.settings import load_settings
    from shop.store import Store

    (folder / "shop.toml").write_text((sample / "shop.toml").read_text(encoding="utf-8"), encoding="utf-8")
    Store(load_settings(folder).database_url).close()
    with closing(sqlite3.connect(folder / "shop.db")) as made:
        made.execute("PRAGMA synchronous=OFF")
        made.execute("ATTACH ? AS real", (str(sample / "shop.db"),))
        known = made.execute(
            "SELECT count(DISTINCT customer_id) FROM real.orders WHERE customer_id != ''"
        ).fetchone()[0]
        copies = -(-customers // known)
        bought = (
            "FROM real.order_lines WHERE order_id IN (SELECT id FROM real.orders WHERE customer_id != '')"
        )
        lines = made.execute(f"SELECT count(*) {bought}").fetchone()[0]
        share = min(100, round(100 * acts * (1 - VIEWED_SHARE) / (lines * copies)))
        views = round(100 * VIEWED_SHARE / (1 - VIEWED_SHARE))
        for copy in range(copies):
            # Plain arithmetic in place of chance: every run makes the same shop.
            made.execute(
                "INSERT INTO orders SELECT id || '-' || :copy, number || '-' || :copy, "
                "customer_id || '-' || :copy, strftime('%Y-%m-%d %H:%M:%f', placed_at, "
                "((rowid * 7919 + :copy * 104729) % (2 * :moved) - :moved) || ' seconds') || '000', "
                "status, country, document FROM real.orders WHERE customer_id != ''",
                {"copy": copy, "moved": MOVED_S},
            )
            made.execute(
                "INSERT INTO order_lines SELECT order_id || '-' || :copy, position, product_id, '', "
                f"quantity, unit_price, currency, returned, variant_id, options {bought} "
                "AND (position = 0 OR (rowid * 7919 + :copy * 31) % 100 < :share)",
                {"copy": copy, "share": share},
            )
            made.commit()
        made.execute(
            "INSERT INTO events SELECT l.order_id || '/' || l.position, o.customer_id, :name, "
            "strftime('%Y-%m-%d %H:%M:%f', o.placed_at, -(l.rowid % 5760) || ' minutes') || '000', '{}' "
            "FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.rowid * 7919 % 100 < :views",
            {"name": VIEW, "views": views},
        )
        made.commit()


def measure(work: Path, customers: int = CUSTOMERS, acts: int = ACTS) -> Sequence[Row]:
    """Durations of each step and the peak memory of all of them."""
    folder = work / f"customers-{customers}"
    if not (folder / "made").exists():
        folder.mkdir(parents=True, exist_ok=True)
        sample = sample_folder_only(work)
        argv = [sys.executable, "-m", "benchmarks.scale_predict", "--work", str(work), "--make", str(sample)]
        argv += ["--customers", str(customers), "--acts", str(acts)]
        subprocess.run(argv, check=True)
        (folder / "made").touch()
    return list(_rows(folder))


def sample_folder_only(work: Path) -> Path:
    """The giftware sample's database, imported but not indexed: no vectors are needed here."""
    from shop.samples import load_sample

    folder = work / "giftware-orders"
    load_sample("giftware", folder)
    return folder


@contextmanager
def timed() -> Iterator[Callable[[], str]]:
    """'12 s (9 s of processor time)': a shared machine makes the first longer, not the second."""
    busy = time.process_time()
    with stopwatch() as seconds:
        yield lambda: f"{seconds():.1f} s ({time.process_time() - busy:.1f} s of processor time)"


def _rows(folder: Path) -> Iterator[Row]:
    from insight.customers import Insight
    from insight.feature_table import compute_features
    from insight.history import cut_of, read_history
    from insight.learning import learn, record
    from insight.snapshot import horizons
    from shop.settings import load_settings
    from shop.store import Store

    settings = load_settings(folder)
    with Store(settings.database_url) as store:
        with timed() as took:
            history = read_history(store)
            read = took()
        customers, orders = len(history.customers), len(history.orders.at)
        acts = int(history.orders.lines.sum()) + len(history.acts.at)
        over = f"{customers:,} customers, {orders:,} orders, {acts / 1e6:.1f} million acts"
        yield Row("reading the history", read, over)
        with timed() as took:
            table = compute_features(history, cut_of(settings.current_date))
            yield Row("features of all customers at one date", took(), over)
        del history, table
        with timed() as took:
            kept = learn(store, settings)
            versions = ", ".join(f"{days} days" for days in horizons(settings) if kept[days])
            yield Row("`regulars predict`: training", took(), f"{over}; models of {versions}")
        insight = Insight(store, settings)
        with timed() as took:
            written = sum(record(store, insight).values())
            yield Row("`regulars predict`: predicting and keeping", took(), f"{written:,} predictions")
        with timed() as took:
            some = [one.customer_id for one in insight.profiles()]
            name = "every customer's profile with its reasons"
            yield Row(name, took(), f"{len(some):,} profiles")
        with stopwatch() as seconds:
            for customer in some[:100]:
                insight.profile(customer)
            yield Row("one profile in a running process", f"{seconds() * 10:.0f} ms", "mean of 100")
    yield memory_row("learning and predicting")


def main() -> None:
    """Read the options; --make writes the database, otherwise the rows are printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for the shops")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--acts", type=int, default=ACTS)
    parser.add_argument("--make", type=Path, help="write the database from this sample shop, and stop")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if options.make:
        folder = options.work / f"customers-{options.customers}"
        make_shop(options.make, folder, options.customers, options.acts)
        return
    print(json.dumps([asdict(row) for row in measure(options.work, options.customers, options.acts)]))


if __name__ == "__main__":
    main()
