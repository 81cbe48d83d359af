"""`regulars evaluate search`: search quality on judged queries, as text or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.frame import JsonOption, print_json, shown_progress


def evaluate_search_file(
    products: Annotated[Path, typer.Option(help="A product file in any format that `import` reads.")],
    judgements: Annotated[
        Path, typer.Option(help="CSV with the columns query_id, query, product_id and gain (0 to 1).")
    ],
    k: Annotated[int, typer.Option("--k", "-k", min=1, max=100, help="Depth of NDCG.")] = 10,
    per_query: Annotated[
        Path | None, typer.Option(help="Write one JSON line a query here, worst first.")
    ] = None,
    train_judgements: Annotated[
        Path | None, typer.Option(help="Fit the ranker on these queries, never on those that are scored.")
    ] = None,
    save_ranker: Annotated[
        Path | None, typer.Option(help="Write the ranker fitted on --train-judgements to this file.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Rank all products of a file for judged queries and say how good each stage is."""
    from retrieval.evaluation import evaluate_search, write_queries, write_ranker
    from shop.errors import ConfigError
    from shop.settings import load_settings

    if save_ranker and not train_judgements:
        raise ConfigError("--save-ranker needs --train-judgements FILE to fit the ranker on.")
    with shown_progress("Indexing") as progress:
        report = evaluate_search(products, judgements, load_settings(), k, train_judgements, progress)
    if per_query:
        write_queries(report, per_query)
    if save_ranker:
        write_ranker(report, save_ranker)
    figures = report.as_json()
    if as_json:
        print_json(figures)
        return
    typer.echo(
        f"{figures['queries']:,} queries over {figures['products']:,} products; ranker {report.ranker}."
    )
    names = [f"ndcg@{k}", "recall@100", "mrr"]
    typer.echo(f"{'':8}{''.join(f'{name:>12}' for name in names)}   95 % of {names[0]}")
    for stage, found in figures["stages"].items():
        cells = "".join(f"{'-' if found[n] is None else format(found[n], '.4f'):>12}" for n in names)
        low, high = found[f"ndcg@{k}_95"]
        typer.echo(f"{stage:8}{cells}   {low:.3f} to {high:.3f}")
    typer.echo(
        f"A search takes {figures['p50_ms']} ms (p50), {figures['p95_ms']} ms (p95); "
        f"indexed in {figures['index_s']} s."
    )
    if report.unknown:
        typer.echo(
            f"{report.unknown:,} judged products are not in {products}; they count as not found.", err=True
        )
