"""What reading a file gives: values of `shop.types` and the report on them. Knows no format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shop.report import Report
from shop.types import Customer, Order, PolicyPassage, Product, Return


@dataclass(frozen=True, slots=True)
class Imported:
    """Everything read from one file, nothing written yet."""

    report: Report
    products: Sequence[Product] = ()
    customers: Sequence[Customer] = ()
    orders: Sequence[Order] = ()
    returns: Sequence[Return] = ()
    policies: Sequence[PolicyPassage] = ()


@dataclass(slots=True)
class Skips:
    """Counts skipped rows by reason and keeps the first example of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, reason: str, example: str = "") -> None:
        """One more row skipped for `reason`."""
        self.counts[reason] += 1
        if example and not self.examples.get(reason):
            self.examples[reason] = example

    def listed(self) -> tuple[tuple[str, int, str], ...]:
        """(reason, count, example), most frequent first."""
        return tuple(
            (reason, count, self.examples.get(reason, "")) for reason, count in self.counts.most_common()
        )


def with_note(imported: Imported, note: str) -> Imported:
    """The same import, its report saying one thing more."""
    report = replace(imported.report, notes=(*imported.report.notes, note))
    return replace(imported, report=report)
