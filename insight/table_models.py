"""The models that a table's columns may foretell a yes or no with, and what is made of the columns for them.

Everything made is general: how often an exact amount recurs, and amounts over one another. Knows
scikit-learn; knows no files, no folds and nothing of what a column means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from insight.table import FEW_KINDS, Array, Table

Places = NDArray[np.int64]
SEED = 0
ROUNDS, DRAWS = 250, 5
TREES = 200
RATIO_COLUMNS = 8
"""Of so many amounts, those that tell yes from no best by themselves, all ratios are made."""
ENDLESS = 1e9
"""Stands for an amount over nothing."""
BLENDED = ("boosting", "trees")


def amounts_of(table: Table) -> list[int]:
    """The places of numeric columns that are no kinds and hold more than FEW_KINDS different numbers."""
    numbers = (place for place, named in enumerate(table.is_kind) if not named)
    return [place for place in numbers if len(np.unique(table.values[:, place])) > FEW_KINDS]


def add_counts(table: Table, known: Places, rows: Places) -> Array:
    """`rows` of the table and, beside them, how many *other* rows of `known` hold exactly the same amount, as
    logarithms, one column each of `amounts_of`.

    An amount that recurs tells of a common origin: the same page, a default, a price.
    """
    counts = []
    for place in amounts_of(table):
        column = table.values[:, place]
        value, times = np.unique(column[known], return_counts=True)
        at = np.searchsorted(value, column[rows]).clip(max=len(value) - 1)
        same = (value[at] == column[rows]) | (np.isnan(value[at]) & np.isnan(column[rows]))
        counts.append(np.log1p(np.where(same, times[at], 0) - np.isin(rows, known)))
    return np.column_stack([table.values[rows], *counts])


def table_models(table: Table) -> dict[str, Callable[[], Any]]:
    """What is compared, by name: makers of unfitted scikit-learn classifiers of `add_counts`' columns."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, VotingClassifier
    from sklearn.feature_selection import SelectKBest
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

    kinds = [place for place, named in enumerate(table.is_kind) if named]
    plain = [place for place, named in enumerate(table.is_kind) if not named]
    amounts = amounts_of(table)
    counts = [len(table.is_kind) + place for place in range(len(amounts))]

    def logistic() -> Any:
        as_number = make_pipeline(
            SimpleImputer(strategy="median"), FunctionTransformer(_signed_log), StandardScaler()
        )
        columns = ColumnTransformer(
            [
                ("numbers", as_number, plain + counts),
                ("kinds", OneHotEncoder(handle_unknown="ignore"), kinds),
            ]
        )
        return make_pipeline(columns, LogisticRegression(C=0.3, max_iter=2000))

    def boosting() -> Any:
        # Chance chooses each split's columns; the mean of several draws is steadier than one.
        draws = [
            HistGradientBoostingClassifier(
                learning_rate=0.03,
                max_iter=ROUNDS,
                max_leaf_nodes=10,
                min_samples_leaf=30,
                l2_regularization=5.0,
                max_features=0.3,
                categorical_features=[*table.is_kind, *(False for _ in counts)],
                random_state=SEED + draw,
            )
            for draw in range(DRAWS)
        ]
        return VotingClassifier([(str(place), each) for place, each in enumerate(draws)], voting="soft")

    def trees() -> Any:
        columns: list[tuple[str, Any, list[int]]] = [
            ("numbers", SimpleImputer(strategy="median"), plain),
            ("kinds", OneHotEncoder(handle_unknown="ignore", min_frequency=10, sparse_output=False), kinds),
        ]
        if len(amounts) > 1:
            best = SelectKBest(_tells_apart, k=min(RATIO_COLUMNS, len(amounts)))
            over = make_pipeline(SimpleImputer(strategy="median"), best, FunctionTransformer(_ratios))
            columns.append(("ratios", over, amounts))
        forest = ExtraTreesClassifier(TREES, min_samples_leaf=3, max_features=0.3, random_state=SEED)
        return make_pipeline(ColumnTransformer(columns), forest)

    return {"logistic": logistic, "boosting": boosting, "trees": trees}


def _signed_log(values: Array) -> Array:
    return cast(Array, np.sign(values) * np.log1p(np.abs(values)))


def _tells_apart(values: Array, target: NDArray[np.int64]) -> Array:
    """Per column how far its AUROC is from chance."""
    from sklearn.metrics import roc_auc_score

    return np.array([abs(roc_auc_score(target, column) - 0.5) for column in values.T])


def _ratios(values: Array) -> Array:
    """Every column over every later one."""
    first, second = np.triu_indices(values.shape[1], k=1)
    above, below = values[:, first], np.abs(values[:, second])
    shares = above / np.where(below > 0, below, 1.0)
    return cast(Array, np.clip(np.where(below > 0, shares, np.sign(above) * ENDLESS), -ENDLESS, ENDLESS))
