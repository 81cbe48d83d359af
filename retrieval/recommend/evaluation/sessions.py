"""Rows of (customer, history of at most ten, next product) with a file of products (MiniOneRec's form).

The trap: a customer's later test rows hold earlier test answers in their history. So scorers are fitted
on the training rows and on each customer's first test history, never on a test answer. Weights are chosen
by leaving out the training answers of a part of the customers at a time. Knows nothing of models.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from retrieval.recommend.evaluation.tasks import Task
from retrieval.recommend.histories import Histories, stack
from retrieval.recommend.lessons import Lesson, answers_of
from retrieval.recommend.scorers import History
from shop.errors import SourceError
from shop.sources.files import read_text

COLUMNS = ("user_id", "history_item_id", "item_id")
FOLDS = 3
NOTE = (
    "Fitted on the training rows and each customer's first test history; later test histories, which hold "
    "test answers, are only what is asked."
)


@dataclass(frozen=True)
class Row:
    """What a customer had bought, oldest first, and what came next."""

    customer: str
    history: tuple[int, ...]
    answer: int


def read_sessions(items: Path, train: Path, test: Path) -> Task:
    """The task of three files; SourceError names the file, row and column that cannot be read."""
    texts = read_items(items)
    training, testing = read_rows(train, len(texts)), read_rows(test, len(texts))
    first = {row.customer: row.history for row in reversed(testing)}
    by_customer: dict[str, list[Row]] = {}
    for row in training:
        by_customer.setdefault(row.customer, []).append(row)
    names = list(by_customer)
    lessons = []
    for fold in range(min(FOLDS, len(names))):
        left_out = names[fold::FOLDS]
        asked = [row for name in left_out for row in by_customer[name]]
        log = fitted_histories(by_customer, first, frozenset(left_out), len(texts))
        lessons.append(
            Lesson(log, _stacked(asked, len(texts)), answers_of([[row.answer] for row in asked], len(texts)))
        )
    return Task(
        products=len(texts),
        texts=texts,
        lessons=lessons,
        log=fitted_histories(by_customer, first, frozenset(), len(texts)),
        refit=None,
        tests=_stacked(testing, len(texts)),
        answers=answers_of([[row.answer] for row in testing], len(texts)),
        again=True,
        notes=[NOTE],
    )


def fitted_histories(
    training: Mapping[str, Sequence[Row]],
    first: Mapping[str, Sequence[int]],
    left_out: frozenset[str],
    products: int,
) -> Histories:
    """One row a customer: all of their training rows joined, continued by their first test history.

    Of customers in `left_out` only the first training history counts, as of a test customer: their first
    test history holds the answers that are left out.
    """
    rows = []
    for name in dict.fromkeys([*training, *first]):
        mine = training.get(name, ())
        if name in left_out:
            rows.append(list(mine[0].history))
            continue
        joined: list[int] = []
        for row in mine:
            joined = continue_row(joined, [*row.history, row.answer])
        rows.append(continue_row(joined, first.get(name, ())))
    return stack([History.of(row) for row in rows], products)


def continue_row(known: list[int], more: Sequence[int]) -> list[int]:
    """`known` with what `more` adds after their longest overlap (histories are cut to their last ten)."""
    for size in range(min(len(known), len(more)), 0, -1):
        if known[-size:] == list(more[:size]):
            return known + list(more[size:])
    return known + list(more)


def _stacked(rows: Sequence[Row], products: int) -> Histories:
    return stack([History.of(row.history) for row in rows], products)


def read_items(path: Path) -> list[str]:
    """Title and brand of each product, by its number from 0."""
    try:
        found = json.loads(read_text(path))
        texts = [f"{found[str(n)]['title']} {found[str(n)].get('brand') or ''}" for n in range(len(found))]
    except (ValueError, TypeError, AttributeError) as error:
        raise SourceError('is no JSON of products; write {"0": {"title": ...}, ...}', file=path) from error
    except KeyError as error:
        raise SourceError(
            f"has no {error.args[0]}; number the products from 0 and give each a title", file=path
        ) from error
    if not texts:
        raise SourceError("holds no product", file=path)
    return texts


def read_rows(path: Path, products: int) -> list[Row]:
    """The rows of one CSV file."""
    reader = csv.DictReader(StringIO(read_text(path)))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise SourceError(f"has no column {missing[0]}; it needs {', '.join(COLUMNS)}", file=path)
    rows = list(_parsed(reader, path, products))
    if not rows:
        raise SourceError("has no rows below its heading", file=path)
    return rows


def _parsed(reader: csv.DictReader[str], path: Path, products: int) -> Iterator[Row]:
    for row in reader:
        for column in COLUMNS[1:]:
            text = row[column] or ""
            try:
                found = json.loads(text)
                values = found if column == "history_item_id" else [found]
                fits = all(isinstance(one, int) and 0 <= one < products for one in values)
            except (ValueError, TypeError):
                fits = False
            if not fits:
                raise SourceError(
                    f"is {text[:40]!r}; write product numbers from 0 to {products - 1}",
                    file=path,
                    row=reader.line_num,
                    column=column,
                )
        yield Row(row["user_id"] or "", tuple(json.loads(row["history_item_id"])), int(row["item_id"]))
