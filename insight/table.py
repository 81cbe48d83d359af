"""A table with one row a case, read for foretelling one yes-or-no column.

For data that is no order history (visits, quotes, callers). Numbers stay numbers; a column of words, or of
at most ten different whole numbers, is read as kinds. Knows CSV files; knows no models and nothing of what a
column means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shop.errors import SourceError
from shop.sources.tables import read_rows

Array = NDArray[np.float64]
FEW_KINDS = 10
"""A numeric column with no more different whole numbers than this may be codes for kinds."""
MANY_KINDS = 200
"""A column of words with more kinds than this (names, ids) is left out."""
WIDE = 100.0
"""Amounts that go beyond this are taken as logarithms."""
LEAST_OF_EACH = 20
YES, NO = frozenset({"1", "true", "yes", "y", "t"}), frozenset({"0", "false", "no", "n", "f"})


@dataclass(frozen=True, slots=True)
class Table:
    """`values` has a row a case and a column a name: numbers, or codes of kinds where `is_kind`.

    An empty cell is NaN. `left_out` names columns of words with too many kinds.
    """

    names: tuple[str, ...]
    values: Array
    is_kind: tuple[bool, ...]
    target: NDArray[np.int64]
    left_out: tuple[str, ...] = ()


def read_columns(path: Path) -> dict[str, list[str]]:
    """The cells of a CSV file by column, every column as long as the file. Raises SourceError."""
    rows = list(read_rows(path, {}, (), "a table"))
    names = rows[0].header.names
    return {
        name: [row.cells[place].strip() if place < len(row.cells) else "" for row in rows]
        for place, name in enumerate(names)
    }


def choose_column(columns: Mapping[str, list[str]], name: str, path: Path) -> list[str]:
    """The cells of column `name`. Raises SourceError that lists what there is."""
    if name not in columns:
        raise SourceError(
            f"has no column {name!r}; choose one of {', '.join(repr(column) for column in columns)}",
            file=path,
        )
    return columns[name]


def read_yes_no(cells: Sequence[str], name: str, path: Path) -> NDArray[np.int64]:
    """1 for yes, 0 for no. Raises SourceError where a cell is neither or one of the two is rare."""
    found = np.zeros(len(cells), dtype=np.int64)
    for place, cell in enumerate(cells):
        word = cell.lower().removesuffix(".0")
        if word not in YES and word not in NO:
            raise SourceError(
                f"{cell!r} is neither yes nor no; a target holds 1/0, true/false or yes/no",
                file=path,
                row=place + 2,
                column=name,
            )
        found[place] = word in YES
    rarer = int(min(found.sum(), len(found) - found.sum()))
    if rarer < LEAST_OF_EACH:
        raise SourceError(
            f"has {rarer} of the rarer of yes and no; {LEAST_OF_EACH} are the least to learn from",
            file=path,
            column=name,
        )
    return found


def read_table(path: Path, target: str, drop: Sequence[str] = ()) -> Table:
    """The table of a CSV file without the columns `drop`. Raises SourceError naming file and column."""
    columns = read_columns(path)
    wanted = read_yes_no(choose_column(columns, target, path), target, path)
    for name in drop:
        choose_column(columns, name, path)
    names, values, is_kind, left_out = [], [], [], []
    for name, cells in columns.items():
        if name == target or name in drop:
            continue
        numbers = _numbers(cells)
        if numbers is not None:
            kinds = np.unique(numbers[~np.isnan(numbers)])
            named = 2 < len(kinds) <= FEW_KINDS and bool((kinds == np.round(kinds)).all())
        else:
            known = sorted({cell for cell in cells if cell})
            if len(known) > MANY_KINDS:
                left_out.append(name)
                continue
            code = {cell: float(place) for place, cell in enumerate(known)}
            numbers, named = np.array([code.get(cell, np.nan) for cell in cells]), True
        names.append(name)
        values.append(numbers)
        is_kind.append(named)
    if not names:
        raise SourceError(f"has nothing but {target!r} to learn from; add columns", file=path)
    return Table(tuple(names), np.column_stack(values), tuple(is_kind), wanted, tuple(left_out))


def spread_columns(columns: Mapping[str, Sequence[str]], path: Path) -> tuple[tuple[str, ...], Array]:
    """Columns as numbers without gaps: kinds one 0/1 column each, amounts of wide range as logarithms.

    Columns of words with too many kinds are left out. Raises SourceError where nothing is left.
    """
    names: list[str] = []
    values: list[Array] = []
    for name, cells in columns.items():
        numbers = _numbers(cells)
        if numbers is None:
            known = sorted({cell for cell in cells if cell})
            if len(known) <= MANY_KINDS:
                names += [f"{name}={kind}" for kind in known]
                values += [np.array([float(cell == kind) for cell in cells]) for kind in known]
            continue
        numbers = np.where(np.isnan(numbers), np.nanmedian(numbers), numbers)
        is_wide = numbers.min() >= 0 and numbers.max() > WIDE
        names.append(name)
        values.append(np.log1p(numbers) if is_wide else numbers)
    if not names:
        raise SourceError(
            "has no columns to learn from; add what was known of the customers before", file=path
        )
    return tuple(names), np.column_stack(values)


def _numbers(cells: Sequence[str]) -> Array | None:
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return None
