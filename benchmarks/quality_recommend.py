"""How good recommendations are on purchases they have not seen: the figures of
`regulars evaluate recommend` as rows, and a plot of accuracy against training time.

DATA names the folder with sequences/ and giftware/ (default ../shared/data).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from subprocess import PIPE, run
from typing import Any

from benchmarks.measure import Row, run_part
from benchmarks.recommend_plot import draw

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("DATA", ROOT.parent / "shared" / "data"))
OFFICE = DATA / "sequences" / "Office_Products"
GIFTWARE = DATA / "giftware" / "online_retail_to_2011-09-09.csv.gz"
PLOT = ROOT / "docs" / "images" / "recommend.svg"
RUNS: Mapping[str, Sequence[str]] = {
    "Beauty": ["--sequences", str(DATA / "sequences" / "beauty.txt.gz")],
    "Office": [
        *("--items", str(OFFICE / "items.json.gz")),
        *("--train", str(OFFICE / "valid.csv.gz")),
        *("--test", str(OFFICE / "test.csv.gz")),
    ],
    **{
        f"Giftware from {cut}": ["--transactions", str(GIFTWARE), "--cut", cut]
        for cut in ("2011-06-10", "2011-07-10", "2011-08-10")
    },
}
SHOWN = ("hr@10", "ndcg@10", "recall@10", "new_ndcg@10", "fit_s", "p50_ms", "p95_ms")


def evaluate(arguments: Sequence[str]) -> dict[str, Any]:
    """The command's JSON; its progress and errors go to this process's standard error."""
    program = "import sys; from ui.cli import main; raise SystemExit(main())"
    argv = [sys.executable, "-c", program, "evaluate", "recommend", *arguments, "--json"]
    done = run(argv, cwd=ROOT, stdout=PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"regulars evaluate recommend ended with code {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rows_of(name: str, found: Mapping[str, Any]) -> Iterator[Row]:
    """One row a figure and recommender."""
    over = f"{found['users']:,} tests, {found['items']:,} products"
    for recommender, figures in found["recommenders"].items():
        for key in SHOWN:
            if key in figures:
                low_high = figures.get(f"{key}_95")
                interval = f" ({low_high[0]:.4f} to {low_high[1]:.4f})" if low_high else ""
                yield Row(f"{name}, {recommender}, {key}", f"{figures[key]}{interval}", over)


def measure(work: Path) -> Sequence[Row]:
    """All files, one after another; each result is kept in `work`, so that a stopped run goes on."""
    rows: list[Row] = []
    reports = {}
    for name, arguments in RUNS.items():
        kept = work / f"recommend {name}.json"
        if not kept.exists():
            kept.write_text(json.dumps(evaluate(arguments)), encoding="utf-8")
        reports[name] = json.loads(kept.read_text(encoding="utf-8"))
        rows += rows_of(name, reports[name])
    draw({name: report["recommenders"] for name, report in reports.items()}, PLOT)
    return rows


if __name__ == "__main__":
    run_part(measure)
