"""How good rankings of all products are against what was bought next; numbers in, numbers out.

A product is an answer or not. Ties are broken by one random order of the products, the same for all, so
that the order of a file's ids earns nothing. A test holds these against ir-measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from retrieval.recommend.scorers import Floats

DEPTHS = (5, 10, 20)
DRAWS = 1000
SEED = 1
NAMES = (*(f"{metric}@{k}" for metric in ("hr", "ndcg", "recall") for k in DEPTHS), "mrr")


@dataclass(frozen=True)
class Ranked:
    """Rankings of several customers: `top` columns (rows, 20), and figures a row by name."""

    top: NDArray[np.int64]
    rows: Mapping[str, NDArray[np.float64]]


def rank(scores: Floats, answers: sparse.csr_matrix, excluded: sparse.csr_matrix | None = None) -> Ranked:
    """Rank all products of each row, without those > 0 in `excluded`; each row has an answer or more."""
    rows, products = scores.shape
    shuffle = np.random.default_rng(SEED).permutation(products)
    scored = scores[:, shuffle].astype(np.float32)
    wanted = answers.toarray()[:, shuffle] > 0
    if excluded is not None:
        scored[excluded.toarray()[:, shuffle] > 0] = -np.inf
    width = min(max(DEPTHS), products)
    best = np.argpartition(-scored, width - 1, axis=1)[:, :width]
    best = np.sort(best, axis=1)
    line = np.arange(rows)[:, None]
    top = best[line, np.argsort(-scored[line, best], axis=1, kind="stable")]
    hits = wanted[line, top]
    sought = wanted.sum(axis=1)
    discount = 1.0 / np.log2(np.arange(2, width + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discount)])
    found: dict[str, NDArray[np.float64]] = {}
    for k in DEPTHS:
        found[f"hr@{k}"] = hits[:, :k].any(axis=1).astype(np.float64)
        gained = (hits[:, :k] * discount[:k]).sum(axis=1)
        found[f"ndcg@{k}"] = gained / ideal[np.minimum(sought, min(k, width))]
        found[f"recall@{k}"] = hits[:, :k].sum(axis=1) / sought
    highest = np.where(wanted, scored, -np.inf).max(axis=1)
    first = (wanted & (scored == highest[:, None])).argmax(axis=1)
    above = (scored > highest[:, None]).sum(axis=1)
    beside = ((scored == highest[:, None]) & (np.arange(products) < first[:, None])).sum(axis=1)
    found["mrr"] = np.where(np.isfinite(highest), 1.0 / (1 + above + beside), 0.0)
    return Ranked(shuffle[top], found)


def summarise(ranked: Ranked, bought: NDArray[np.int64], customers: int) -> dict[str, object]:
    """Means over rows with 95 % bootstrap intervals, and what the first ten of the lists are like.

    bought: different customers a product in what was fitted on. coverage: share of all products in any
    list; novelty: mean -log2 of the share of customers who bought a product; popularity_bias: buyers of
    the mean recommended product over buyers of the mean purchase (1: as popular as what people buy).
    """
    count = len(ranked.top)
    found: dict[str, object] = {name: round(float(ranked.rows[name].mean()), 4) for name in NAMES}
    draws = np.random.default_rng(SEED).integers(0, count, (DRAWS, count), dtype=np.int32)
    for name in ("hr@10", "ndcg@10"):
        means = ranked.rows[name][draws].mean(axis=1)
        found[f"{name}_95"] = [round(float(end), 4) for end in np.quantile(means, (0.025, 0.975))]
    first = ranked.top[:, :10]
    found["coverage"] = round(len(np.unique(first)) / max(1, len(bought)), 4)
    share = np.maximum(bought, 0.5) / max(1, customers)
    found["novelty"] = round(float(-np.log2(share[first]).mean()), 2)
    usual = float((bought.astype(float) ** 2).sum() / max(1, bought.sum()))
    found["popularity_bias"] = round(float(bought[first].mean()) / max(usual, 1e-9), 3)
    return found
