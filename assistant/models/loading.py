"""Loading that may be waited for or not: what the models in this process share.

Knows threads and errors; nothing of what is loaded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from shop.errors import ModelTimeout


def wait_for(load: Callable[[], None], deadline: float) -> None:
    """Run `load` in a thread of its own until `deadline` (time.monotonic()): loading cannot be
    interrupted, the wait for it can. Raises what `load` raised, or ModelTimeout while it goes on."""
    failure: list[Exception] = []

    def work() -> None:
        try:
            load()
        except Exception as error:
            failure.append(error)

    thread = threading.Thread(target=work, name="load-language-model", daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if failure:
        raise failure[0]
    if thread.is_alive():
        raise ModelTimeout("the language model is still being loaded; ask again in a minute")


def first_line(error: BaseException) -> str:
    """What `error` says, on one short line."""
    return (str(error) or type(error).__name__).splitlines()[0][:200]
