"""Keeps freed memory for the next question instead of handing it back to the system.

One number for each of 100,000 products is 400 KB. glibc takes a piece of that size from the system and gives
it back at once; to get it again, zeroed page by page, costs several times what is computed in it. Knows the C
library; where it is another one, nothing is done.
"""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
PIECE, KEPT = 32 << 20, 64 << 20
"""Bytes: pieces up to which are kept (the most glibc allows), and how many are kept unused at most."""


def hold_memory() -> None:
    """For the whole process; may be called again."""
    if sys.platform != "linux":
        return
    try:
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, PIECE)
        library.mallopt(M_TRIM_THRESHOLD, KEPT)
    except (OSError, AttributeError):
        pass  # not glibc
