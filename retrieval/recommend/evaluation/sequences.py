"""Files with one customer a line, the customer's id and then product ids oldest first (S3-Rec's form).

Leave one out: the last product is the test, the one before it the validation. Scorers are fitted on what
lies before both; at test time the validation product is history. `blend_refit` is fitted with it as well.
Knows nothing of models.
"""

from __future__ import annotations

from pathlib import Path

from retrieval.recommend.evaluation.tasks import Task
from retrieval.recommend.histories import stack
from retrieval.recommend.lessons import Lesson, answers_of
from retrieval.recommend.scorers import History
from shop.errors import SourceError
from shop.sources.files import read_text

SHORTEST = 3
TIES = (
    "The order in the file is taken as it stands. In the published files of this form products bought on "
    "one day stand in the order of their ids, which flatters every model that looks at the order."
)


def read_sequences(path: Path) -> Task:
    """The leave-one-out task of a file; SourceError names the line that is no row of numbers."""
    rows: list[list[int]] = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = [int(cell) for cell in line.split()[1:]]
        except ValueError as error:
            raise SourceError(
                "holds something else than whole numbers; write a customer id, then product ids "
                "oldest first, with blanks between",
                file=path,
                row=number,
            ) from error
        if min(row, default=0) < 0:
            raise SourceError(
                "holds a negative product id; ids are whole numbers from 0", file=path, row=number
            )
        if len(row) >= SHORTEST:
            rows.append(row)
    if not rows:
        raise SourceError(
            "has no customer with three products or more; leave-one-out needs one to fit on, "
            "one to choose weights by and one to test",
            file=path,
        )
    columns = {id_: place for place, id_ in enumerate(sorted({id_ for row in rows for id_ in row}))}
    rows = [[columns[id_] for id_ in row] for row in rows]
    products = len(columns)
    log = stack([History.of(row[:-2]) for row in rows], products)
    with_validation = stack([History.of(row[:-1]) for row in rows], products)
    return Task(
        products=products,
        texts=[""] * products,
        lessons=[Lesson(log, log, answers_of([[row[-2]] for row in rows], products))],
        log=log,
        refit=with_validation,
        tests=with_validation,
        answers=answers_of([[row[-1]] for row in rows], products),
        again=False,
        notes=[TIES],
    )
