"""`regulars evaluate recommend`: how good recommendations are on what was bought next, as text or JSON."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.frame import JsonOption, print_json, shown_progress

if TYPE_CHECKING:
    from retrieval.recommend.evaluation.tasks import Task


def evaluate_recommend_file(
    sequences: Annotated[
        Path | None,
        typer.Option(help="One customer a line, then product ids oldest first; the last is the test."),
    ] = None,
    items: Annotated[
        Path | None, typer.Option(help="JSON of products by number; with --train and --test.")
    ] = None,
    train: Annotated[
        Path | None, typer.Option(help="CSV of user_id, history_item_id, item_id to fit on.")
    ] = None,
    test: Annotated[Path | None, typer.Option(help="CSV of the same columns to measure on.")] = None,
    transactions: Annotated[
        Path | None, typer.Option(help="Orders in any format that `import` reads; with --cut.")
    ] = None,
    cut: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Fit before this day, measure the next basket from then on."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fit every recommender and their blend, and measure them on purchases they have not seen."""
    from retrieval.recommend.evaluation.running import evaluate_recommend

    task = _read_task(sequences, items, train, test, transactions, cut)
    with shown_progress("Fitting and measuring") as progress:
        report = evaluate_recommend(task, progress)
    if as_json:
        print_json(report.as_json())
        return
    names = ["hr@10", "ndcg@10", "recall@10", "mrr", "coverage", "novelty"]
    names += ["new_ndcg@10"] if task.next_basket else []
    names += ["fit_s", "p50_ms", "p95_ms"]
    typer.echo(f"{report.users:,} tests over {report.items:,} products; all products ranked.")
    typer.echo(f"{'':22}{''.join(f'{name:>12}' for name in names)}   95 % of ndcg@10")
    for name, found in sorted(report.recommenders.items(), key=lambda entry: -entry[1]["ndcg@10"]):
        cells = "".join(f"{found.get(column, '-'):>12}" for column in names)
        low, high = found["ndcg@10_95"]
        typer.echo(f"{name:22}{cells}   {low:.4f} to {high:.4f}")
    for note in report.notes:
        typer.echo(note)


def _read_task(
    sequences: Path | None,
    items: Path | None,
    train: Path | None,
    test: Path | None,
    transactions: Path | None,
    cut: datetime | None,
) -> Task:
    from retrieval.recommend.evaluation.baskets import read_baskets
    from retrieval.recommend.evaluation.sequences import read_sequences
    from retrieval.recommend.evaluation.sessions import read_sessions
    from shop.errors import ConfigError

    given = {
        name
        for name, value in (
            ("--sequences", sequences),
            ("--items", items),
            ("--train", train),
            ("--test", test),
            ("--transactions", transactions),
            ("--cut", cut),
        )
        if value is not None
    }
    if sequences and given == {"--sequences"}:
        return read_sequences(sequences)
    if items and train and test and given == {"--items", "--train", "--test"}:
        return read_sessions(items, train, test)
    if transactions and cut and given == {"--transactions", "--cut"}:
        return read_baskets(transactions, cut.date())
    raise ConfigError(
        "name what to measure on in one of three ways: --sequences FILE, or --items FILE --train FILE "
        "--test FILE, or --transactions FILE --cut YYYY-MM-DD."
    )
