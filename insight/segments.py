"""Named groups of customers by stated rules, each with a sentence anybody can check.

Knows order dates, counts and sums as of a date; knows nothing of consent (the campaign's matter)
and predicts nothing: "lapsed" is a count of days, not a probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shop.store import CustomerStats, Store

NEW_ORDERS = 1
LOYAL_ORDERS = 5


@dataclass(frozen=True, slots=True)
class Segment:
    """A group of customers: its name, the rule in words, and who is in it."""

    name: str
    sentence: str
    customer_ids: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many customers the rule holds for."""
        return len(self.customer_ids)


def stats_as_of(store: Store, today: date) -> list[CustomerStats]:
    """Every customer's order figures with nothing after `today` in them; undated orders do not count."""
    after = datetime.combine(today + timedelta(days=1), time.min, tzinfo=UTC)
    return store.order_stats(before=after)


def lapsed(store: Store, today: date, days: int) -> list[CustomerStats]:
    """Customers whose last order is more than `days` days before `today`, biggest spenders first.

    Customers without a dated order are not in it: that they have lapsed is not known.
    """
    return lapsed_among(stats_as_of(store, today), today, days)


def lapsed_among(stats: Sequence[CustomerStats], today: date, days: int) -> list[CustomerStats]:
    """`lapsed` over figures already read."""
    found = [row for row in stats if row.last_at is not None and (today - row.last_at.date()).days > days]
    return sorted(found, key=lambda row: (-row.spent.amount, row.customer_id))


def named_segments(stats: Sequence[CustomerStats], today: date, days: int = 90) -> tuple[Segment, ...]:
    """The shop's customers by four rules; a customer is in exactly one, undated ones in none."""
    dated = [row for row in stats if row.last_at is not None]
    gone = {row.customer_id for row in lapsed_among(dated, today, days)}
    new = tuple(r.customer_id for r in dated if r.customer_id not in gone and r.orders <= NEW_ORDERS)
    loyal = tuple(r.customer_id for r in dated if r.customer_id not in gone and r.orders >= LOYAL_ORDERS)
    rest = tuple(
        r.customer_id for r in dated if r.customer_id not in gone and NEW_ORDERS < r.orders < LOYAL_ORDERS
    )
    return (
        Segment("Lapsed", f"No order in the last {days} days", tuple(sorted(gone))),
        Segment("New", f"One order, placed in the last {days} days", new),
        Segment(
            "Returning",
            f"{NEW_ORDERS + 1} to {LOYAL_ORDERS - 1} orders, the last within {days} days",
            rest,
        ),
        Segment("Loyal", f"{LOYAL_ORDERS} orders or more, the last within {days} days", loyal),
    )
