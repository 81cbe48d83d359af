"""Judged queries from a CSV file: which product is how good an answer to what was asked.

Columns `query_id`, `query`, `product_id` and `gain` in any order, further columns are ignored. Raises
SourceError with file, row, column and what to do. Knows nothing of searching.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shop.errors import SourceError

COLUMNS = ("query_id", "query", "product_id", "gain")


@dataclass(frozen=True, slots=True)
class Judged:
    """One query and the gain of each judged product, 0 for a wrong one and 1 for a right one."""

    id: str
    query: str
    gains: Mapping[str, float]


def read_judgements(file: Path) -> list[Judged]:
    """The judged queries of `file`, in its order."""
    queries: dict[str, str] = {}
    gains: dict[str, dict[str, float]] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise SourceError(
                    f"there is no such column; judgements need the columns {', '.join(COLUMNS)}",
                    file=file,
                    row=1,
                    column=missing[0],
                )
            for row in reader:
                _take(row, file, reader.line_num, queries, gains)
    except OSError as error:
        raise SourceError(f"cannot be read ({error.strerror}); name a CSV file", file=file) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"is no CSV file in UTF-8 ({error}); save it as one", file=file) from error
    if not queries:
        raise SourceError("holds no judgements; add a row for each judged product", file=file)
    return [Judged(id_, query, gains[id_]) for id_, query in queries.items()]


def _take(
    row: Mapping[str, str | None],
    file: Path,
    number: int,
    queries: dict[str, str],
    gains: dict[str, dict[str, float]],
) -> None:
    def refuse(column: str, message: str) -> SourceError:
        return SourceError(message, file=file, row=number, column=column)

    id_, query, product, given = ((row.get(name) or "").strip() for name in COLUMNS)
    for column, value in zip(COLUMNS, (id_, query, product, given), strict=True):
        if not value:
            raise refuse(column, "is empty; fill it in or remove the row")
    try:
        gain = float(given)
    except ValueError:
        gain = math.nan
    if not 0 <= gain < math.inf:
        raise refuse("gain", f"{given[:40]!r} is no gain; write a number from 0 (wrong) to 1 (right)")
    if queries.setdefault(id_, query) != query:
        message = f"query {id_} was {queries[id_]!r} before and is {query!r} here; give each query one id"
        raise refuse("query", message)
    if gains.setdefault(id_, {}).setdefault(product, gain) != gain:
        raise refuse("gain", f"product {product} has two gains for query {id_}; keep one of the two rows")
