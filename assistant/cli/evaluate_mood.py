"""`regulars evaluate mood`: how well words tell a good mood from a bad one, on reviews with stars."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.frame import JsonOption, print_json


def evaluate_mood_file(
    reviews: Annotated[
        Path, typer.Option(help="CSV (or .gz) with the columns review text, rating and product id.")
    ],
    save: Annotated[
        Path | None, typer.Option(help="Fit the weights that ship, held-out products left out, to this file.")
    ] = None,
    source: Annotated[str, typer.Option(help="Where the reviews come from; kept with --save.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Tell reviews of four stars and more from two and fewer, whole products held out."""
    from insight.mood_fitting import evaluate_mood, fit_shipped, read_reviews, write_mood

    found = read_reviews(reviews)
    if save:
        write_mood(*fit_shipped(found, source or reviews.name), save)
    figures = evaluate_mood(found)
    if as_json:
        print_json(figures)
        return
    typer.echo(
        f"{figures['rows']:,} reviews of {figures['products']:,} products, {figures['base_rate']:.1%} of "
        f"them good; {figures['split']}."
    )
    names = ("f1", "f1_negative", "macro_f1", "auroc", "accuracy")
    typer.echo(f"{'':10}{''.join(f'{name:>13}' for name in names)}")
    for model, row in figures["models"].items():
        if row is not None:
            typer.echo(f"{model:10}{''.join(f'{row[name]:>13.4f}' for name in names)}")
