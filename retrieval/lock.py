"""One writer at a time for a folder, whichever process it is in.

Knows the kernel's file locks; knows nothing of what is written.
"""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path
from typing import IO

from shop.errors import SearchError

_HELD: dict[str, tuple[IO[str], int]] = {}
_HELD_GUARD = threading.Lock()


WAIT_OR_SERVE = "wait for it to end, or run a Chroma server and set vectors = 'chroma:http://HOST:PORT'"


def take_lock(folder: Path, what: str = "the vector store", advice: str = WAIT_OR_SERVE) -> IO[str]:
    """The right to write below `folder`, shared by this process's collections.

    The kernel lets go of it when the process dies, however it dies; the pid in the file is for
    the person who reads the message.
    """
    with _HELD_GUARD:
        key = str(folder.resolve())
        if key in _HELD:
            file, holders = _HELD[key]
            _HELD[key] = (file, holders + 1)
            return file
        file = (folder / "writer.lock").open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            pid = file.read().strip() or "unknown"
            file.close()
            raise SearchError(
                f"{what} {folder} is being written by another process (pid {pid}); {advice}"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        _HELD[key] = (file, 1)
        return file


def drop_lock(file: IO[str]) -> None:
    """Give back one hold; the last one frees the folder."""
    with _HELD_GUARD:
        for key, (held, holders) in list(_HELD.items()):
            if held is file:
                if holders > 1:
                    _HELD[key] = (held, holders - 1)
                else:
                    del _HELD[key]
                    held.close()
