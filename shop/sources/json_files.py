"""JSON and JSON-lines files to records. Knows JSON; knows nothing of what the fields mean."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from shop.errors import SourceError
from shop.sources.files import read_text
from shop.sources.tables import MAX_CELL_CHARS


def read_json_lines(path: Path, required: Sequence[str], what: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row, record) for each line that is not blank; SourceError for a bad one."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        if len(line) > MAX_CELL_CHARS:
            raise SourceError(
                f"is a record of {len(line):,} characters (1,000,000 at most); shorten it",
                file=path,
                row=number,
            )
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            message = f"is no JSON ({_reason(error)}); mend the line"
            raise SourceError(message, file=path, row=number) from error
        if not isinstance(record, dict):
            raise SourceError("is no JSON object; write one object a line", file=path, row=number)
        check_fields(record, required, what, path, number)
        yield number, record


def read_json_object(path: Path) -> dict[str, Any]:
    """A file that is one JSON object; a key given twice is an error, not a silent loss."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = next(key for position, (key, _) in enumerate(pairs) if key in dict(pairs[:position]))
            raise SourceError(f"{twice!r} stands twice; keep one of the two", file=path)
        return found

    text = read_text(path)
    try:
        document = json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        row = getattr(error, "lineno", None)
        raise SourceError(f"is no JSON ({_reason(error)}); export it again", file=path, row=row) from error
    if not isinstance(document, dict) or not document:
        raise SourceError("holds no JSON object with records; export it again", file=path)
    return document


def check_fields(
    record: Mapping[str, Any], required: Sequence[str], what: str, path: Path, number: int | None = None
) -> None:
    """SourceError where a record lacks a field it must have."""
    if absent := [name for name in required if record.get(name) in (None, "")]:
        found = ", ".join(repr(name) for name in list(record)[:12])
        raise SourceError(
            f"lacks {', '.join(map(repr, absent))} of {what} (found {found}); "
            "add it or name another --format",
            file=path,
            row=number,
        )


def _reason(error: Exception) -> str:
    return getattr(error, "msg", None) or "nested too deeply"
