"""What reading a file gives: values of `shop.types` and the report on them. Knows no format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from shop.errors import SourceError
from shop.report import Report
from shop.types import Customer, Order, PolicyPassage, Product, Return

NAMED = 12
SHOWN = 5

T = TypeVar("T")


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


@dataclass(slots=True)
class Doubts:
    """Values that could not be read and were left out, by kind ("prices"), with their first places.

    For files that programs write by the thousand: one bad value does not stop them.
    """

    read: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[str]] = field(default_factory=dict)

    def tried(self, kind: str, place: str, text: str, parse: Callable[[str], T | None]) -> T | None:
        """`parse(text)`, or None where it raises ValueError, which is then remembered."""
        try:
            value = parse(text)
        except ValueError:
            self.unread[kind] += 1
            shown = self.places.setdefault(kind, [])
            if len(shown) < SHOWN:
                shown.append(f"{place} ({text if len(text) <= 40 else text[:40] + '…'!r})")
            return None
        if value is not None:
            self.read[kind] += 1
        return value

    def notes(self, file: Path) -> list[str]:
        """One note a kind; SourceError where there are prices and not one of them can be read."""
        if self.unread["prices"] and not self.read["prices"]:
            example = self.places["prices"][0]
            message = f"none of its prices can be read, for example {example}; write them like 12.50"
            raise SourceError(message, file=file)
        return [
            f"{count:,} of the {kind} could not be read and were left out: "
            + ", ".join(self.places[kind])
            + (f" and {count - SHOWN:,} more" if count > SHOWN else "")
            for kind, count in self.unread.items()
        ]


def unused_note(what: str, names: Iterable[str]) -> list[str]:
    """The note on `what` ("columns") of a file that no product takes anything from."""
    listed = list(dict.fromkeys(names))
    if not listed:
        return []
    more = f" and {len(listed) - NAMED:,} more" if len(listed) > NAMED else ""
    return [f"{what} not used: " + ", ".join(map(repr, listed[:NAMED])) + more]


def with_note(imported: Imported, note: str) -> Imported:
    """The same import, its report saying one thing more."""
    report = replace(imported.report, notes=(*imported.report.notes, note))
    return replace(imported, report=report)
