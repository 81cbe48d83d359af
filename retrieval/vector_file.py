"""Vectors in one SQLite file a collection, for catalogues that Chroma takes too long over.

Has no index of its own for neighbours (`nearest.py` searches the prepared matrix); what it is good at
is being written safely: a batch is in it whole or not at all, whenever the process dies.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from retrieval.lock import drop_lock, take_lock
from shop.errors import SearchError

Vectors = NDArray[np.float32]
Metadata = Mapping[str, str | int | float | bool]
IDS = 500
PAGE = 20_000


class FileVectors:
    """See VectorIndex. Of the metadata only the hash is kept. The first write takes the folder's lock."""

    def __init__(self, folder: Path, collection: str) -> None:
        self._folder, self._file = folder, folder / f"{collection}.sqlite"
        self._lock: IO[str] | None = None
        self._guard = threading.Lock()
        with self._mapped():
            self._open = sqlite3.connect(self._file, check_same_thread=False, isolation_level=None)
            self._open.execute("PRAGMA busy_timeout=15000")
            self._open.execute("PRAGMA journal_mode=WAL")
            self._open.execute("PRAGMA synchronous=NORMAL")
            self._open.execute(
                "CREATE TABLE IF NOT EXISTS vectors (id TEXT NOT NULL, hash TEXT, vector BLOB)"
            )
            # Ids and hashes are read without passing over the vectors.
            self._open.execute("CREATE UNIQUE INDEX IF NOT EXISTS by_id ON vectors (id)")
            self._open.execute("CREATE INDEX IF NOT EXISTS hashes ON vectors (id, hash)")

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            with self._guard:
                yield
        except sqlite3.Error as error:
            raise SearchError(
                f"the vector file {self._file} does not answer ({error}); check that it is readable and the "
                "disk not full, or remove it and run `regulars index`"
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self._lock is None:
            self._lock = take_lock(self._folder, advice="wait for it to end, then try again")
        with self._mapped():
            self._open.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._open.execute("ROLLBACK")
                raise
            self._open.execute("COMMIT")

    def upsert(self, ids: Sequence[str], vectors: Vectors, metadatas: Sequence[Metadata]) -> None:
        """See VectorIndex."""
        found = zip(ids, vectors, metadatas, strict=True)
        rows = [(i, str(m.get("hash", "")), np.asarray(v, dtype="<f4").tobytes()) for i, v, m in found]
        with self._writing():
            self._open.executemany(
                "INSERT INTO vectors (id, hash, vector) VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, vector = excluded.vector",
                rows,
            )

    def query(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """See VectorIndex. Reads everything."""
        best: list[tuple[str, float]] = []
        last = ""
        while k > 0:
            with self._mapped():
                page = self._open.execute(
                    "SELECT id, vector FROM vectors WHERE id > ? ORDER BY id LIMIT ?", (last, PAGE)
                ).fetchall()
            if not page:
                break
            last = page[-1][0]
            cosines = np.stack([np.frombuffer(blob, dtype="<f4") for _, blob in page]) @ vector
            best += [(id_, float(c)) for (id_, _), c in zip(page, cosines, strict=True)]
            best = sorted(best, key=lambda one: -one[1])[:k]
        return best

    def get(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """See VectorIndex."""
        found: dict[str, Vectors] = {}
        for start in range(0, len(ids), IDS):
            part = list(ids[start : start + IDS])
            query = f"SELECT id, vector FROM vectors WHERE id IN ({','.join('?' * len(part))})"
            with self._mapped():
                rows = self._open.execute(query, part).fetchall()
            found |= {id_: np.frombuffer(blob, dtype="<f4").astype(np.float32) for id_, blob in rows}
        return found

    def delete(self, ids: Sequence[str]) -> None:
        """See VectorIndex."""
        with self._writing():
            self._open.executemany("DELETE FROM vectors WHERE id = ?", [(id_,) for id_ in ids])

    def hashes(self) -> dict[str, str]:
        """See VectorIndex."""
        with self._mapped():
            return dict(self._open.execute("SELECT id, hash FROM vectors INDEXED BY hashes"))

    def count(self) -> int:
        """See VectorIndex."""
        with self._mapped():
            return int(self._open.execute("SELECT count(*) FROM vectors").fetchone()[0])

    def close(self) -> None:
        """See VectorIndex."""
        self._open.close()
        if self._lock is not None:
            drop_lock(self._lock)
            self._lock = None
