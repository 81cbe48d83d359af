"""`regulars evaluate uplift`: who is moved by a message, measured on a randomised e-mail test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.frame import JsonOption, print_json, shown_progress


def evaluate_uplift_file(
    table: Annotated[Path, typer.Option(help="CSV (or .gz) of a randomised test, one row a customer.")],
    treatment: Annotated[str, typer.Option(help="Column that says who was written to.")] = "",
    outcome: Annotated[str, typer.Option(help="Column that says who came (1 or 0).")] = "",
    arm: Annotated[str, typer.Option(help="Count only this e-mail against none (default: any).")] = "",
    share: Annotated[float, typer.Option(min=0.01, max=0.99, help="Share of customers to write to.")] = 0.3,
    drop: Annotated[list[str] | None, typer.Option(help="Column not to learn from; may be repeated.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare choosing by uplift with choosing by likelihood or at random, cross-validated."""
    from insight.uplift_evaluation import evaluate_uplift, read_trial

    trial = read_trial(table, treatment=treatment, outcome=outcome, arm=arm, drop=drop or ())
    with shown_progress("Fitting") as progress:
        figures = evaluate_uplift(trial, share, progress=progress)
    if as_json:
        print_json(figures)
        return
    at = f"gain@{round(100 * share)}"
    typer.echo(
        f"{figures['rows']:,} customers, {figures['mailed']:,} of them written to; {figures['outcome']} "
        f"{figures['base_rate']:.1%}. Figures are {figures['unit']}; writing to all gains "
        f"{figures['effect']:.1f}."
    )
    typer.echo(f"{'':22}{'qini':>8}{'auuc':>8}{at:>9}   95 %")
    for name, row in figures["models"].items():
        low, high = row["ci"]
        typer.echo(
            f"{name:22}{row['qini']:>8.2f}{row['auuc']:>8.2f}{row[at]:>9.2f}   {low:.1f} to {high:.1f}"
        )
    for rival, found in figures["against"].items():
        low, high = found["ci"]
        word = "more" if found["significant"] else "not significantly more"
        typer.echo(
            f"Chosen by uplift against {rival}: {found['difference']:+.2f} ({low:.1f} to {high:.1f}), {word}."
        )
