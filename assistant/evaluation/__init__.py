"""How well the assistant answers, measured on conversation cases that assert state, not wording.

`evaluate_answers` runs a file of cases (`cases.py`) over the sample shops (`run.py`) and has every
reply checked by `checker.py`, which knows the store and nothing of how replies are made.
"""

from __future__ import annotations

from assistant.evaluation.cases import Case, read_cases
from assistant.evaluation.run import AnswersReport, evaluate_answers, run_answers

__all__ = ["AnswersReport", "Case", "evaluate_answers", "read_cases", "run_answers"]
