"""The contract of the models that score products: a history in, one number a product out.

A scorer knows products only as columns 0..n-1 and customers only by what they did; it knows nothing
of texts, rules or reasons. All scorers of a shop are fitted together and kept in its folder
(fitted.py); a history may be of a customer no scorer has ever seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.recommend.purchases import NO_DAY
from shop.store import Store

if TYPE_CHECKING:
    from retrieval.recommend.histories import Histories

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class History:
    """What one customer did, oldest first; the same product may come again.

    items: columns of the products, int32 (n,); days: since 1970-01-01, NO_DAY unknown, int32 (n,);
    weights: how much each says, 1 for a purchase, less for a view, float32 (n,); today: the day to
    recommend for, NO_DAY unknown; country: its place among the fitted countries, -1 unknown.
    """

    items: Ints
    days: Ints
    weights: Floats
    today: int = NO_DAY
    country: int = -1

    @classmethod
    def of(
        cls,
        items: Sequence[int] | Ints,
        days: Sequence[int] | Ints | None = None,
        weights: Sequence[float] | Floats | None = None,
        today: int = NO_DAY,
        country: int = -1,
    ) -> History:
        """From plain lists; without days and weights they are unknown and 1."""
        columns = np.asarray(items, dtype=np.int32)
        size = len(columns)
        return cls(
            columns,
            np.full(size, NO_DAY, dtype=np.int32) if days is None else np.asarray(days, dtype=np.int32),
            np.ones(size, dtype=np.float32) if weights is None else np.asarray(weights, dtype=np.float32),
            today,
            country,
        )

    def __len__(self) -> int:
        return len(self.items)


class Scorer(Protocol):
    """Scores all products for histories, many at once. Safe to share between threads."""

    @property
    def name(self) -> str:
        """What it is called in reports."""
        ...

    def scores_many(self, histories: Histories) -> Floats:
        """Rows by products, float32, always finite; higher is better, 0 knows nothing."""
        ...


class FittedScorers(Protocol):
    """All scorers of a shop and their learned blend, ready to serve."""

    @property
    def products(self) -> tuple[str, ...]:
        """Ids in the order of the columns."""
        ...

    @property
    def places(self) -> Mapping[str, int]:
        """The column of each id."""
        ...

    def history(
        self,
        happened: Iterable[tuple[str, int, float]],
        today: date,
        country: str = "",
    ) -> History:
        """From (product id, day since 1970-01-01 or NO_DAY, weight), oldest first; unknown ids are left out.

        Weights: 1 for a purchase, less for a view (`retrieval.history.WEIGHTS`).
        """
        ...

    def blend(self, history: History) -> Floats:
        """The learned combination of all, float32 (products,); higher is better. Rules come after."""
        ...

    def parts(self, history: History) -> dict[str, Floats]:
        """Each scorer's own scores by its name: popularity, item_knn, transitions, user_knn, factors,
        sequential, content, repurchase, basket (those that this shop's data allow).
        """
        ...


def open_scorers(folder: Path) -> FittedScorers | None:
    """The shop's scorers as last fitted into `folder` (`regulars index` fits them); None where they never
    were."""
    from retrieval.recommend.fitted import open_kept

    return open_kept(folder)


def fit_scorers(store: Store, folder: Path, today: date, progress: Callable[[int, int], None] | None) -> None:
    """Fit the shop's scorers on the orders up to `today` and keep them in `folder`; minutes where the orders
    changed, else nothing is done."""
    from retrieval.recommend.fitted import open_fitted

    open_fitted(store, folder, today, progress)
