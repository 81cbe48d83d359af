"""Groups nobody named beforehand: customers who buy alike, found by k-means and named by what sets
them apart.

Knows the features of buying behaviour and how a cluster differs from everybody else; says nothing of
what its customers will do. The same table and seed give the same clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from insight.explain import wordings
from insight.feature_table import FeatureTable
from insight.history import Ints
from insight.learners import scaled_logs

SHAPE = (
    "days_since", "order_days", "spent", "mean_order", "lines_per_order", "units_per_line", "unit_price",
    "again_share",
)  # fmt: skip
"""The features clusters are made of."""
NUMBERS = range(3, 8)
SAMPLE = 2_000
CUSTOMERS_AT_LEAST = 100
TELLS = 0.5
"""A cluster is named by means at least so many standard deviations from everybody's."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """`names[labels[i]]` is the cluster of row i of the table; `sentences` go with the names."""

    names: tuple[str, ...]
    sentences: tuple[str, ...]
    labels: Ints


def find_clusters(table: FeatureTable, seed: int = 0) -> Clusters | None:
    """Clusters of the customers of a table; their number is the one of the best silhouette on a sample.

    None for fewer than CUSTOMERS_AT_LEAST customers.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    if len(table.customer) < CUSTOMERS_AT_LEAST:
        return None
    logs = scaled_logs(np.column_stack([table.column(name) for name in SHAPE]))
    scaled = (logs - logs.mean(axis=0)) / np.maximum(logs.std(axis=0), 1e-9)
    # Outliers would make clusters of their own.
    scaled = np.clip(scaled, -3, 3)
    draw = np.random.default_rng(seed)
    sample = scaled[draw.choice(len(scaled), min(SAMPLE, len(scaled)), replace=False)]
    fits = [KMeans(number, n_init=2, random_state=seed).fit(sample) for number in NUMBERS]
    best = max(fits, key=lambda fit: float(silhouette_score(sample, fit.labels_)))
    labels = best.predict(scaled)
    present = [number for number in range(best.n_clusters) if (labels == number).any()]
    names: list[str] = []
    sentences = []
    for number in present:
        name, sentence = _name(scaled[labels == number].mean(axis=0), table, labels == number)
        names.append(name if name not in names else f"{name} ({names.count(name) + 1})")
        sentences.append(sentence)
    places = np.searchsorted(present, labels).astype(np.int32)
    return Clusters(tuple(names), tuple(sentences), places)


def _name(centre: np.ndarray, table: FeatureTable, inside: np.ndarray) -> tuple[str, str]:
    """The two features furthest from everybody's mean, and their medians in a sentence."""
    order = [i for i in np.argsort(-np.abs(centre)) if abs(centre[i]) >= TELLS][:2] or [
        int(np.argmax(np.abs(centre)))
    ]
    words = [wordings()[SHAPE[i]].high if centre[i] > 0 else wordings()[SHAPE[i]].low for i in order]
    parts = []
    for i in order:
        column = table.column(SHAPE[i])
        mine, all_ = float(np.median(column[inside])), float(np.median(column))
        parts.append(f"{wordings()[SHAPE[i]].name} {mine:,.2f} against {all_:,.2f}".replace(".00", ""))
    name = ", ".join(words)
    return name[0].upper() + name[1:], f"Found by likeness: medians of {' and '.join(parts)} of everybody"
