"""Cutting a stream of text at stop strings, the same way for every model.

Knows only text: pieces may end in the middle of a stop string.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def until_stop(pieces: Iterator[str], stop: Sequence[str]) -> Iterator[str]:
    """`pieces` up to the first of `stop` (not included), holding back what may begin one."""
    held = ""
    try:
        for piece in pieces:
            held += piece
            ends = [at for at in (held.find(word) for word in stop) if at >= 0]
            if ends:
                held = held[: min(ends)]
                break
            keep = _begun(held, stop)
            if len(held) > keep:
                yield held[: len(held) - keep]
                held = held[len(held) - keep :]
        if held:
            yield held
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()


def _begun(text: str, stop: Sequence[str]) -> int:
    """How many characters at the end of `text` could be the beginning of a stop string."""
    longest = max((len(word) for word in stop), default=0)
    for size in range(min(longest - 1, len(text)), 0, -1):
        if any(word.startswith(text[-size:]) for word in stop):
            return size
    return 0
