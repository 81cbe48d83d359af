"""Searches judged by people, read from CSV: query_id, query, product_id, gain; other columns are ignored."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from shop.errors import SourceError

COLUMNS = ("query_id", "query", "product_id", "gain")


@dataclass(frozen=True, slots=True)
class Question:
    """A text to search with, and what finding each product is worth (0 where none is named)."""

    text: str
    gains: Mapping[str, float]


def read_judgements(file: Path, known: Collection[str]) -> list[Question]:
    """The questions in `file` that some product in `known` answers. Raises SourceError."""
    gains: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            for column in COLUMNS:
                if column not in (reader.fieldnames or ()):
                    raise SourceError("the column is missing; add it to the file", file=file, column=column)
            for number, row in enumerate(reader, start=2):
                gain = _gain(row["gain"])
                if gain is None:
                    raise SourceError(
                        f"{row['gain']!r} is no gain; give a number from 0 up",
                        file=file,
                        row=number,
                        column="gain",
                    )
                gains[row["query_id"], row["query"]][row["product_id"]] = gain
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"it cannot be read as CSV ({error}); name another file", file=file) from error
    questions = [
        Question(query, judged)
        for (_, query), judged in gains.items()
        if query.strip() and any(gain > 0 and id_ in known for id_, gain in judged.items())
    ]
    if not questions:
        raise SourceError(
            "no product it names is in this shop; give judgements of this shop's products", file=file
        )
    return questions


def _gain(text: str | None) -> float | None:
    try:
        gain = float(text or "")
    except ValueError:
        return None
    return gain if isfinite(gain) and gain >= 0 else None
