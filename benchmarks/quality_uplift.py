"""Who is moved by an e-mail, and how well one yes-or-no column of a table is foretold.

Needs files the product does not ship: HILLSTROM names the randomised e-mail test, SHOPPERS the table of
visits. Draws the Qini curve with its interval into docs/images/qini.svg.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, memory_row, run_part
from insight.table import read_table
from insight.table_evaluation import evaluate_table
from insight.uplift_evaluation import evaluate_uplift, read_trial
from ui.plots import Axis, Line, line_plot, number_axis

PLOT = Path(__file__).parent.parent / "docs" / "images" / "qini.svg"
SHOWN = ("auroc", "aupr", "f1", "accuracy", "ece", "auroc_folds", "aupr_folds")
NAMES = {
    "chosen": "by uplift",
    "likely_mailed": "by likelihood to visit if mailed",
    "likely_anyway": "by likelihood to visit anyway",
}


def uplift_rows(found: Mapping[str, Any], over: str) -> Iterator[Row]:
    """One row a model, and one a comparison."""
    for name, row in found["models"].items():
        low, high = row["ci"]
        yield Row(
            f"{name}: gain@30, Qini",
            f"{row['gain@30']:.2f} ({low:.1f} to {high:.1f}), {row['qini']:.2f}",
            over,
        )
    for rival, row in found["against"].items():
        low, high = row["ci"]
        said = f"{row['difference']:+.2f} ({low:.1f} to {high:.1f}), p {row['p']:.3f}"
        (low, high), rise = row["qini_ci"], row["qini_difference"]
        yield Row(
            f"by uplift against {rival}: gain@30, Qini",
            f"{said}; {rise:+.2f} ({low:.1f} to {high:.1f})",
            over,
        )


def draw_qini(found: Mapping[str, Any], path: Path) -> None:
    """The curves of choosing by uplift and by likelihood, with the interval of the first."""
    curves = found["curves"]

    def points(name: str, part: str) -> list[tuple[float, float]]:
        return list(zip(curves[name]["share"], curves[name][part], strict=True))

    lines = [Line(said, tuple(points(name, "gain"))) for name, said in NAMES.items()]
    end = found["effect"]
    lines.append(Line("at random", ((0.0, 0.0), (1.0, end)), faint=True))
    across = Axis(
        tuple((s, f"{s:.0%}") for s in (0.0, 0.25, 0.5, 0.75, 1.0)), "share of customers written to"
    )
    highest = max(curves["chosen"]["high"])
    svg = line_plot(
        lines,
        across,
        number_axis([0.0, highest], "extra visits"),
        f"Extra visits per 1,000 customers by the share written to, over {found['rows']:,} customers.",
        (points("chosen", "low"), points("chosen", "high")),
        named=True,
    )
    path.write_text(svg + "\n", encoding="utf-8")


def measure(work: Path) -> Sequence[Row]:
    """Both files' figures."""
    rows: list[Row] = []
    if file := os.environ.get("HILLSTROM"):
        for arm in ("", "Womens E-Mail"):
            trial = read_trial(Path(file), arm=arm)
            found = evaluate_uplift(trial)
            rows += uplift_rows(found, f"{arm or 'any e-mail'} against none, {found['rows']:,} customers")
            if not arm:
                draw_qini(found, PLOT)
    if file := os.environ.get("SHOPPERS"):
        for drop in ((), ("PageValues",)):
            figures = evaluate_table(read_table(Path(file), "Revenue", drop))
            over = f"{figures['rows']:,} visits, 5 folds" + (f", without {drop[0]}" if drop else "")
            rows += [
                Row(f"{model}: {', '.join(SHOWN)}", ", ".join(f"{row[one]:.4f}" for one in SHOWN), over)
                for model, row in figures["models"].items()
            ]
    if not rows:
        raise SystemExit("set HILLSTROM to the e-mail test or SHOPPERS to the table of visits")
    return [*rows, memory_row("uplift and tables")]


if __name__ == "__main__":
    run_part(measure)
