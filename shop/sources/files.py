"""A file on disk to text: missing, empty, packed or oddly encoded files each get their sentence.

Knows bytes, gzip and encodings; knows nothing of what the text means.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from shop.errors import SourceError

MAX_BYTES = 1 << 30
MAX_STREAM_BYTES = 16 << 30
CHUNK_BYTES = 1 << 18
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
GZIP_MARK = b"\x1f\x8b"


def read_text(path: Path) -> str:
    """The whole text of a file: UTF-8, UTF-16 with its mark, or Windows-1252; `.gz` is unpacked.

    Raises SourceError where the file is missing, empty, damaged, of two encodings or not text.
    """
    data = read_bytes(path)
    if data.startswith(UTF16_MARKS):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise SourceError("is damaged UTF-16; save it again as UTF-8", file=path) from error
    else:
        _refuse_nul(data, path)
        text = _decode(data.removeprefix(codecs.BOM_UTF8), path)
    if not text.strip():
        raise SourceError("is empty; export it again", file=path)
    if "\x00" in text:
        row = text[: text.index("\x00")].count("\n") + 1
        raise SourceError("holds NUL characters; export it again as text", file=path, row=row)
    return text


def read_bytes(path: Path) -> bytes:
    """The file's bytes, unpacked where it is gzip."""
    with _readable(path):
        raw = path.read_bytes()
    if raw.startswith(GZIP_MARK):
        return _unpack(path)
    if path.suffix == ".gz" and raw:
        raise SourceError("is called .gz but is not gzip; rename it or pack it again", file=path)
    if len(raw) > MAX_BYTES:
        raise SourceError("is larger than 1 GiB; split it", file=path)
    return raw


def read_chunks(path: Path) -> Generator[bytes, None, None]:
    """The file's bytes piece by piece, unpacked where it is gzip; for files too big to hold."""
    with _readable(path), path.open("rb") as raw:
        packed = raw.read(2) == GZIP_MARK
        raw.seek(0)
        source = gzip.open(raw) if packed else raw
        taken = 0
        while chunk := source.read(CHUNK_BYTES):
            taken += len(chunk)
            if taken > MAX_STREAM_BYTES:
                raise SourceError("holds more than 16 GiB; split it", file=path)
            yield chunk


def read_head(path: Path) -> str:
    """The beginning of a file, to tell its format by: at most 256 KiB, odd bytes replaced."""
    chunks = read_chunks(path)
    head = next(chunks, b"")
    chunks.close()
    if head.startswith(UTF16_MARKS):
        return head.decode("utf-16", errors="replace")
    return head.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="replace")


def is_windows_text(path: Path) -> bool:
    """Whether a big file holds bytes that are no UTF-8; both encodings at once is an error."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    odd_row, row, proper = 0, 1, False
    for chunk in read_chunks(path):
        text = decoder.decode(chunk)
        if not text.isascii():
            proper = proper or re.search("[\x80-\ud7ff\ue000-\U0010ffff]", text) is not None
            if not odd_row and (odd := re.search("[\udc80-\udcff]", text)):
                odd_row = row + text.count("\n", 0, odd.start())
        row += text.count("\n")
    if odd_row and proper:
        message = "mixes encodings (this row is not UTF-8, others are); save it all as UTF-8"
        raise SourceError(message, file=path, row=odd_row)
    return odd_row > 0


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Errors of the file system and of gzip as sentences."""
    if path.is_dir():
        raise SourceError("is a folder; name a file in it", file=path)
    try:
        yield
    except FileNotFoundError as error:
        raise SourceError("there is no such file; check the name", file=path) from error
    except EOFError as error:
        raise SourceError("is cut off (the gzip has no end); copy it again", file=path) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"is damaged gzip ({error}); copy it again", file=path) from error
    except OSError as error:
        raise SourceError(f"cannot be read ({error.strerror}); check its rights", file=path) from error


def _unpack(path: Path) -> bytes:
    with _readable(path), gzip.open(path) as packed:
        data = packed.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SourceError("unpacks to more than 1 GiB; split it", file=path)
    return data


def _refuse_nul(data: bytes, path: Path) -> None:
    at = data.find(b"\x00")
    if at >= 0:
        row = data.count(b"\n", 0, at) + 1
        raise SourceError("holds NUL bytes, so it is no text; export it as UTF-8", file=path, row=row)


def _decode(data: bytes, path: Path) -> str:
    """UTF-8 where all of it is; Windows-1252 where nothing in it is UTF-8; both at once is an error."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        first_bad = error.start
    utf8_row, other_row = 0, data.count(b"\n", 0, first_bad) + 1
    for row, line in enumerate(data.split(b"\n"), start=1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            continue
        utf8_row = row
        break
    if utf8_row:
        raise SourceError(
            f"mixes encodings (row {utf8_row} is UTF-8, row {other_row} is not); save it all as UTF-8",
            file=path,
            row=other_row,
        )
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")
