"""Who will come back: churn and purchase on the giftware sample, split by time, against the baselines.

The same as `regulars evaluate predict --transactions FILE --cut DATE`, over its shipped transactions; and
what customers were expected to order against what they then ordered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, memory_row, run_part, stopwatch

CHURN_CUT, PURCHASE_CUT = date(2011, 6, 11), date(2011, 8, 10)
HORIZON_DAYS = 90
SHOWN = ("auroc", "aupr", "brier", "ece", "f1", "accuracy", "precision", "recall", "lift_10")
NAMES = {"churn": "churn, all", "churn_active": "churn, active customers", "purchase": "purchase in 30 days"}


def measure(work: Path) -> Sequence[Row]:
    """The best model and every other one, at the two cuts, and expected value at the first."""
    from insight.evaluation import evaluate_predictions
    from insight.history import history_of
    from shop.samples import sample_folder
    from shop.sources import read_orders

    file = sample_folder("giftware") / "online_retail_to_2011-09-09.csv.gz"
    imported = read_orders(file, "auto", "GBP")
    history = history_of(imported.orders, imported.returns)
    rows: list[Row] = []
    for cut, wanted in ((CHURN_CUT, ("churn", "churn_active")), (PURCHASE_CUT, ("purchase",))):
        with stopwatch() as seconds:
            parts = evaluate_predictions(history, cut, HORIZON_DAYS).parts
            rows += [row for name in wanted for row in _figures(NAMES[name], cut, parts[name])]
            rows.append(Row("training and scoring every model", f"{seconds():.0f} s", f"cut {cut}"))
    return [*rows, *_worth(history), memory_row("prediction")]


def _figures(name: str, cut: date, part: dict[str, Any]) -> Iterator[Row]:
    best = part["best"]
    over = f"cut {cut}, {best['customers']:,} customers, base rate {best['base_rate']:.1%}"
    low, high = best["ci95"]["auroc"]
    yield Row(f"{name}: AUROC of {best['model']}", f"{best['auroc']:.4f} ({low:.3f} to {high:.3f})", over)
    for model, figures in part["models"].items():
        value = " / ".join(f"{figures[one]:.3f}" for one in SHOWN)
        yield Row(f"{name}, {model}: {' / '.join(SHOWN)}", value, f"cut {cut}")


def _worth(history: Any) -> Iterator[Row]:
    import numpy as np
    from scipy.stats import spearmanr

    from insight.feature_table import compute_features
    from insight.history import cut_of
    from insight.learning import train_value
    from insight.training import train
    from insight.value import Buying

    end = cut_of(CHURN_CUT)
    table = compute_features(history, end)
    inside = (history.orders.at >= end) & (history.orders.at < end + HORIZON_DAYS)
    spent = np.bincount(
        history.orders.customer[inside], history.orders.worth[inside], len(history.customers)
    )[table.customer]
    model, chance = train_value(history, end, 0), train(history, end, HORIZON_DAYS)
    assert model is not None and chance is not None
    names = ("order_days", "days_since", "tenure_days", "orders", "mean_order", "spent_90")
    days, since, tenure, orders, mean, lately = (table.column(name).astype(float) for name in names)
    buying = Buying.of_days(days, since, tenure)
    expected = model.expected(buying, orders, mean, chance.buys(table.values), HORIZON_DAYS)
    for name, guess in (("expected value", expected), ("as much as in the 90 days before", lately)):
        rank = float(spearmanr(guess, spent).statistic)
        error = float(np.abs(guess - spent).mean())
        yield Row(
            f"worth of 90 days, {name}: rank correlation / mean absolute error / total over the true one",
            f"{rank:.3f} / {error:.0f} GBP / {guess.sum() / spent.sum():.2f}",
            f"cut {CHURN_CUT}, {len(spent):,} customers",
        )


if __name__ == "__main__":
    run_part(measure)
