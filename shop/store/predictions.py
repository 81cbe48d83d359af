"""What was predicted of customers and when, kept so that it can be held against what happened.

Knows probabilities by customer, date and horizon; knows no models.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import delete, func, select

from shop.store import schema as schema
from shop.store.database import Database

MILLION = 1_000_000


class PredictionRun(NamedTuple):
    """One batch: everybody's probability to buy within `horizon_days` after `as_of`, by `model`."""

    as_of: date
    horizon_days: int
    model: str
    customers: int


class Predictions(Database):
    """Reads and writes of predictions."""

    def put_predictions(
        self, as_of: date, horizon_days: int, model: str, buys: Iterable[tuple[str, float]]
    ) -> int:
        """Keep one batch, in place of one of the same date and horizon; how many were written."""
        table = schema.predictions
        same = (table.c.as_of == as_of.isoformat()) & (table.c.horizon_days == horizon_days)
        with self.writing() as connection:
            connection.execute(delete(table).where(same))
            return self.upsert(
                connection,
                table,
                (
                    {
                        "customer_id": customer_id,
                        "horizon_days": horizon_days,
                        "as_of": as_of.isoformat(),
                        "buys": round(chance * MILLION),
                        "model": model,
                    }
                    for customer_id, chance in buys
                ),
            )

    def prediction_runs(self) -> list[PredictionRun]:
        """The batches kept, oldest first."""
        table = schema.predictions
        query = (
            select(table.c.as_of, table.c.horizon_days, func.min(table.c.model), func.count())
            .group_by(table.c.as_of, table.c.horizon_days)
            .order_by(table.c.as_of, table.c.horizon_days)
        )
        with self.reading() as connection:
            return [
                PredictionRun(date.fromisoformat(row[0]), row[1], row[2], row[3])
                for row in connection.execute(query)
            ]

    def predictions(self, as_of: date, horizon_days: int) -> dict[str, float]:
        """One batch: the probability to buy, by customer."""
        table = schema.predictions
        query = select(table.c.customer_id, table.c.buys).where(
            table.c.as_of == as_of.isoformat(), table.c.horizon_days == horizon_days
        )
        with self.reading() as connection:
            return {row[0]: row[1] / MILLION for row in connection.execute(query)}
