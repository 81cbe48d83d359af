"""Linear algebra for one question, in one thread.

A question's matrices are small or bound by memory, and several questions at once share the cores: on a
busy machine threads of one product wait for each other (a million products: 143 ms of CPU, in one 31).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

P = ParamSpec("P")
R = TypeVar("R")
_CONTROLLER = ThreadpoolController()


def in_one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, its matrix products by the thread that calls it."""
    wrapped: Callable[P, R] = _CONTROLLER.wrap(limits=1, user_api="blas")(function)
    return wrapped
