"""Delimited text to records: delimiter, headers by any of their known names, cells that are too big.

Knows CSV; knows nothing of what a column means (each format hands in its own names).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shop.errors import SourceError
from shop.sources.files import read_text

MAX_CELL_CHARS = 1_000_000
DELIMITERS = (",", ";", "\t", "|")
NAMED = 12


@dataclass(frozen=True, slots=True)
class Header:
    """Where each known column stands. `places` maps our name to an index; absent columns have none."""

    names: tuple[str, ...]
    places: Mapping[str, int]

    def __contains__(self, column: str) -> bool:
        return column in self.places

    def name(self, column: str) -> str:
        """The column's name as the file writes it."""
        return self.names[self.places[column]] if column in self.places else column


@dataclass(frozen=True, slots=True)
class Row:
    """One record. `number` counts as a spreadsheet does: the header is row 1."""

    number: int
    cells: Sequence[str]
    header: Header
    file: Path

    def __getitem__(self, column: str) -> str:
        place = self.header.places.get(column)
        return self.cells[place].strip() if place is not None and place < len(self.cells) else ""

    def error(self, message: str, column: str = "") -> SourceError:
        """An error that says where it is."""
        name = self.header.name(column) if column else None
        return SourceError(message, file=self.file, row=self.number, column=name)


def plain_name(header: str) -> str:
    """A header as it is compared: lower case, words only; "image_link" is "image link"."""
    return " ".join(re.findall(r"[^\W_]+", header.casefold()))


def first_line(text: str) -> str:
    """The header line, past an Excel `sep=` line."""
    lines = text.lstrip("\ufeff\r\n").split("\n", 2)
    return lines[1] if lines[0].lower().startswith("sep=") and len(lines) > 1 else lines[0]


def delimiter_of(line: str) -> str:
    """The delimiter of a header line: the most frequent one outside quotes."""
    outside = re.sub(r'"[^"]*"', "", line)
    return max(DELIMITERS, key=outside.count)


def header_names(text: str) -> tuple[str, ...]:
    """The header's cells."""
    line = first_line(text)
    cells = next(csv.reader([line.rstrip("\r")], delimiter=delimiter_of(line)), [])
    return tuple(cell.strip() for cell in cells)


def find_header(names: Sequence[str], aliases: Mapping[str, Sequence[str]]) -> Header:
    """Which of `names` is which of our columns; an alias earlier in its list wins."""
    positions: dict[str, int] = {}
    for position, name in enumerate(names):
        positions.setdefault(plain_name(name), position)
    places = {
        column: positions[alias]
        for column, known in aliases.items()
        for alias in reversed([plain_name(one) for one in known])
        if alias in positions
    }
    return Header(tuple(names), places)


def read_rows(
    path: Path, aliases: Mapping[str, Sequence[str]], required: Sequence[str], what: str
) -> Iterator[Row]:
    """The records of a delimited file, blank ones left out.

    Raises SourceError for wrong columns, a header without rows, a cell too big or a row too long.
    """
    text = read_text(path)
    names = header_names(text)
    header = find_header(names, aliases)
    if absent := [column for column in required if column not in header]:
        wanted = ", ".join(repr(aliases[column][0]) for column in absent)
        found = ", ".join(repr(name) for name in names[:NAMED]) + (", …" if len(names) > NAMED else "")
        raise SourceError(
            f"lacks the column{'s' if len(absent) > 1 else ''} {wanted} of {what} (found {found}); "
            "export it with them or name another --format",
            file=path,
        )
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    body = io.StringIO(text, newline="")
    line = first_line(text)
    if text.lstrip("\ufeff\r\n").lower().startswith("sep="):
        body.readline()
    reader = csv.reader(body, delimiter=delimiter_of(line))
    return _rows(reader, header, path)


def unused_columns(rows: Sequence[Row], known: Iterable[str] = ()) -> list[str]:
    """Names of columns that hold something and are none of ours and none of `known`."""
    header = rows[0].header
    taken, known_names = set(header.places.values()), {plain_name(name) for name in known}
    return [
        name
        for place, name in enumerate(header.names)
        if name and place not in taken and plain_name(name) not in known_names
        if any(len(row.cells) > place and row.cells[place].strip() for row in rows)
    ]


def _rows(reader: Iterator[list[str]], header: Header, path: Path) -> Iterator[Row]:
    width = len(header.names)
    cells: list[str] = []
    number = taken = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if number == 1 or not any(cells):
                continue
            for cell in cells:
                if len(cell) > MAX_CELL_CHARS:
                    _refuse_cell(cells, number, header, path)
            if len(cells) > width and any(cells[width:]):
                raise SourceError(
                    f"has {len(cells)} cells under {width} headers; put quotes around cells that hold "
                    "the delimiter",
                    file=path,
                    row=number,
                )
            taken += 1
            yield Row(number, cells, header, path)
    except csv.Error as error:
        raise SourceError(
            f"is no proper CSV ({error}); export it again", file=path, row=number + 1
        ) from error
    if not taken:
        raise SourceError("has a header and no rows; export it again with its records", file=path)
    if len(cells) < width and "\n" in cells[-1]:
        raise SourceError("ends inside quotes; close them or export it again", file=path, row=number)


def _refuse_cell(cells: Sequence[str], number: int, header: Header, path: Path) -> None:
    place = max(range(len(cells)), key=lambda position: len(cells[position]))
    column = header.names[place] if place < len(header.names) else str(place + 1)
    raise SourceError(
        f"holds a cell of {len(cells[place]):,} characters (1,000,000 at most); "
        "shorten it or close the quotes before it",
        file=path,
        row=number,
        column=column,
    )
