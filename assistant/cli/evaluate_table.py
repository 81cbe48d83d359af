"""The `--table` form of `regulars evaluate predict`: one row a case, one yes-or-no column to foretell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import typer

from assistant.cli.frame import print_json, shown_progress

SHOWN = ("auroc", "aupr", "f1", "accuracy", "brier", "ece")


def evaluate_table_file(file: Path, target: str, drop: Sequence[str], *, as_json: bool) -> None:
    """Cross-validate every model on the table and print the figures. Raises SourceError."""
    from insight.table import read_table
    from insight.table_evaluation import evaluate_table

    table = read_table(file, target, drop)
    with shown_progress("Fitting") as progress:
        figures = evaluate_table(table, progress)
    if as_json:
        print_json(figures | {"target": target, "dropped": list(drop), "left_out": list(table.left_out)})
        return
    typer.echo(
        f"{figures['rows']:,} rows, {target} in {figures['base_rate']:.1%} of them; {figures['folds']} folds"
        + (f"; without {', '.join(drop)}." if drop else ".")
    )
    typer.echo(f"{'':13}{''.join(f'{name:>10}' for name in SHOWN)}")
    for model, row in figures["models"].items():
        typer.echo(f"{model:13}{''.join(f'{row[name]:>10.4f}' for name in SHOWN)}")
    picked = ", ".join(
        f"{model} in {times} of {figures['folds']}"
        for model, times in Counter(figures["chosen_in_folds"]).most_common()
    )
    typer.echo(f"Chosen on a part of each fold's training rows: {picked}.")
