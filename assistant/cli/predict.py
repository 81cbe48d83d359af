"""`regulars predict` and `regulars evaluate predict`: who will come back, and how well that is known."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.evaluate_table import evaluate_table_file
from assistant.cli.frame import JsonOption, ShopOption, load_shop, opened_store, print_json, shown_progress

if TYPE_CHECKING:
    from shop.settings import Settings
    from shop.store import Store

SHOWN = 10


class What(StrEnum):
    """What `predict` does."""

    churn = "churn"
    purchase = "purchase"
    score = "score"


def predict(
    what: Annotated[
        What,
        typer.Argument(
            help="churn (no order within churn_days) or purchase (one within 30 and 90 days); score holds "
            "earlier predictions against what happened."
        ),
    ],
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="The last day that is known (default: today).")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same model.")] = 0,
    keep_model: Annotated[
        bool, typer.Option("--keep-model", help="Use the trained models as they are; train none.")
    ] = False,
    shop: ShopOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train on the shop's own past, predict for every customer, and keep what was predicted."""
    settings = load_shop(shop)
    if as_of:
        settings = settings.model_copy(update={"today": _read_date(as_of, "--as-of")})
    with opened_store(settings) as store:
        if what is What.score:
            _print_scores(store, settings, as_json)
            return
        if not keep_model:
            _learn(store, settings, seed)
        _print_predictions(store, settings, what, as_json)


def _learn(store: Store, settings: Settings, seed: int) -> None:
    from insight.learning import learn

    with shown_progress("Training") as progress:
        kept = learn(store, settings, seed, progress)
    for days, model in kept.items():
        if model is None:
            typer.echo(
                f"Too little is known to train a model of {days} days: it takes 200 customers and orders of "
                f"five weeks more than {days} days. A rule over recency does.",
                err=True,
            )


def _print_predictions(store: Store, settings: Settings, what: What, as_json: bool) -> None:
    from insight.customers import Insight
    from insight.learning import record
    from insight.snapshot import SHORT_DAYS

    insight = Insight(store, settings)
    with shown_progress("Predicting") as progress:
        written = record(store, insight, progress)
    churn = what is What.churn
    days = settings.churn_days if churn else SHORT_DAYS
    model, buys = insight.chances(days)
    chances = sorted(((1 - p if churn else p, customer) for customer, p in buys), key=lambda c: (-c[0], c[1]))
    if as_json:
        print_json(
            {
                "target": what.value,
                "as_of": insight.today,
                "horizon_days": days,
                "model": model,
                "notice": insight.notice(days),
                "customers": [
                    {"customer_id": customer, "probability": round(p, 4)} for p, customer in chances
                ],
            }
        )
        return
    if notice := insight.notice(days):
        typer.echo(f"{notice[0].upper()}{notice[1:]}.")
    mean = sum(p for p, _ in chances) / max(1, len(chances))
    said = "leave (no order)" if churn else "order"
    typer.echo(
        f"As of {insight.today}, {mean:.0%} of {len(chances):,} customers are expected to {said} within "
        f"{days} days; model {model}."
    )
    for p, customer in chances[:SHOWN]:
        found = insight.profile(customer)
        prediction = found.churn if churn else found.buy_30
        reasons = "; ".join(one.words for one in prediction.reasons[:3]) if prediction else ""
        typer.echo(f"{p:>6.0%}  {customer}  {reasons}")
    typer.echo(f"Kept {sum(written.values()):,} predictions; `regulars predict score` judges them later.")


def _print_scores(store: Store, settings: Settings, as_json: bool) -> None:
    from insight.learning import score_past

    found = score_past(store, settings.current_date)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    if not found:
        typer.echo("No kept predictions whose time is over yet.")
        return
    typer.echo(
        f"{'as of':12}{'days':>5}{'customers':>11}{'expected':>10}{'bought':>8}{'AUROC':>8}{'ECE':>7}  model"
    )
    for one in found:
        typer.echo(
            f"{one.as_of!s:12}{one.horizon_days:>5}{one.customers:>11,}{one.expected:>10.1%}{one.bought:>8.1%}"
            f"{one.auroc:>8.3f}{one.ece:>7.3f}  {one.model}"
        )


def evaluate_predictions_file(
    transactions: Annotated[
        Path | None, typer.Option(help="An order file in any format that `import` reads.")
    ] = None,
    cut: Annotated[str, typer.Option(metavar="DATE", help="The first day that the models do not see.")] = "",
    horizon_days: Annotated[int, typer.Option(min=7, max=730, help="Churn: no order for so many days.")] = 90,
    train_cuts: Annotated[
        str, typer.Option(metavar="DATES", help="Cuts to learn from, with commas (default: weekly ones).")
    ] = "",
    seed: Annotated[int, typer.Option(help="The same seed gives the same models.")] = 0,
    table: Annotated[Path | None, typer.Option(help="Instead: a CSV file with one row a case.")] = None,
    target: Annotated[str, typer.Option(help="The table's yes-or-no column.")] = "",
    drop: Annotated[
        list[str] | None, typer.Option(help="A column not to learn from; may be repeated.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score predictions: of an order file at a past date, or of a table with one row a case."""
    from insight.evaluation import evaluate_predictions
    from insight.history import history_of
    from shop.errors import ConfigError
    from shop.settings import load_settings
    from shop.sources import read_orders

    if table is not None:
        _require(transactions is None and not cut, "--table goes without --transactions and --cut")
        _require(bool(target), "--table needs --target COLUMN, the yes-or-no column to foretell")
        evaluate_table_file(table, target, drop or (), as_json=as_json)
        return
    _require(not target and not drop, "--target and --drop go with --table FILE")
    if transactions is None or not cut:
        raise ConfigError(
            "name --transactions FILE with --cut DATE, or --table FILE with --target COLUMN, to evaluate on"
        )
    day = _read_date(cut, "--cut")
    learn_from = [_read_date(part.strip(), "--train-cuts") for part in train_cuts.split(",") if part.strip()]
    imported = read_orders(transactions, "auto", load_settings().currency)
    history = history_of(imported.orders, imported.returns)
    with shown_progress("Evaluating") as progress:
        report = evaluate_predictions(history, day, horizon_days, learn_from, seed, progress)
    for notice in report.notices:
        typer.echo(notice, err=True)
    if as_json:
        print_json(report.parts)
        return
    for name, part in report.parts.items():
        _print_part(name, part)


def _require(holds: bool, what: str) -> None:
    from shop.errors import ConfigError

    if not holds:
        raise ConfigError(f"{what}; correct the options")


def _print_part(name: str, part: dict[str, Any]) -> None:
    best = part["best"]
    titles = {"churn": "Churn", "churn_active": "Churn, customers active lately", "purchase": "Purchase"}
    typer.echo(
        f"{titles[name]} within {best['horizon_days']} days: {best['customers']:,} customers, "
        f"{best['base_rate']:.1%} of them; chosen on validation: {best['model']}"
    )
    names = ("auroc", "aupr", "brier", "ece", "f1", "accuracy", "precision", "recall", "lift_10")
    typer.echo(f"  {'':10}{''.join(f'{one:>10}' for one in names)}")
    for model, row in part["models"].items():
        typer.echo(f"  {model:10}{''.join(f'{row[one]:>10.4f}' for one in names)}")
    low, high = best["ci95"]["auroc"]
    typer.echo(f"  95 % of the chosen AUROC: {low:.3f} to {high:.3f}. Predicted and observed, by bin:")
    typer.echo(
        "  "
        + "  ".join(f"{b['predicted']:.2f}/{b['observed']:.2f} ({b['count']})" for b in best["reliability"])
    )


def _read_date(text: str, option: str) -> date:
    from shop.errors import ConfigError

    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{option} {text!r} is no date; write it like 2011-06-11") from error
