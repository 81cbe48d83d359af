"""Where vectors are kept: the contract, Chroma (in process or server) and memory; files: vector_file.py.

Knows ids, vectors and flat metadata; knows nothing of products. Every metadata holds "hash", the
digest of what was embedded, which is what makes indexing incremental. Filters are not its job:
Chroma scans its whole metadata table for each, so `search.py` filters before and searches exactly.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, cast

import numpy as np

from retrieval.embedding import Vectors
from retrieval.lock import drop_lock, take_lock
from retrieval.vector_file import FileVectors
from shop.errors import ConfigError, SearchError

Metadata = Mapping[str, str | int | float | bool]


class VectorIndex(Protocol):
    """Named vectors of length one. Every method raises SearchError where the store cannot answer."""

    def upsert(self, ids: Sequence[str], vectors: Vectors, metadatas: Sequence[Metadata]) -> None:
        """Store or replace; ids are distinct."""
        ...

    def query(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The `k` nearest as (id, cosine), nearest first."""
        ...

    def get(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Those of `ids` that are stored."""
        ...

    def delete(self, ids: Sequence[str]) -> None:
        """Remove; unknown ids are ignored."""
        ...

    def hashes(self) -> dict[str, str]:
        """Content hash of every stored id."""
        ...

    def count(self) -> int:
        """How many are stored."""
        ...

    def close(self) -> None:
        """Let go of the store (and of the right to write to it)."""
        ...


class MemoryVectors:
    """A dictionary; gone when the process ends."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[Vectors, Metadata]] = {}
        self._lock = threading.Lock()

    def upsert(self, ids: Sequence[str], vectors: Vectors, metadatas: Sequence[Metadata]) -> None:
        """See VectorIndex."""
        with self._lock:
            for id_, vector, metadata in zip(ids, vectors, metadatas, strict=True):
                self._rows[id_] = (np.asarray(vector, dtype=np.float32), dict(metadata))

    def query(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """See VectorIndex."""
        with self._lock:
            if not self._rows or k < 1:
                return []
            ids = list(self._rows)
            cosines = np.stack([row for row, _ in self._rows.values()]) @ np.asarray(vector, dtype=np.float32)
        best = np.argsort(-cosines, kind="stable")[:k]
        return [(ids[i], float(cosines[i])) for i in best]

    def get(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """See VectorIndex."""
        with self._lock:
            return {id_: self._rows[id_][0] for id_ in ids if id_ in self._rows}

    def delete(self, ids: Sequence[str]) -> None:
        """See VectorIndex."""
        with self._lock:
            for id_ in ids:
                self._rows.pop(id_, None)

    def hashes(self) -> dict[str, str]:
        """See VectorIndex."""
        with self._lock:
            return {id_: str(metadata.get("hash", "")) for id_, (_, metadata) in self._rows.items()}

    def count(self) -> int:
        """See VectorIndex."""
        return len(self._rows)

    def close(self) -> None:
        """See VectorIndex."""


BATCH = 5_000
"""Chroma refuses batches above 5,461; more ids than this in one call also exceed SQLite's variables."""


class ChromaVectors:
    """A Chroma collection, cosine space.

    In process, two writers on one folder lose rows without an error, so the first write takes a
    lock file that is held until `close`; readers need none.
    """

    def __init__(self, client: Any, collection: str, *, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock: IO[str] | None = None
        self._where = str(folder) if folder else "the Chroma server"
        with self._mapped():
            self._collection = client.get_or_create_collection(
                collection, configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
            )

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        """Chroma raises its own errors, ValueError, httpx's and, from its core, bare exceptions."""
        try:
            yield
        except SearchError:
            raise
        except Exception as error:
            raise SearchError(
                f"the vector store at {self._where} does not answer ({type(error).__name__}: {error}); "
                "check that it is running and readable, or rebuild it with `regulars index`"
            ) from error

    def _take_write_lock(self) -> None:
        if self._folder is not None and self._lock is None:
            self._lock = take_lock(self._folder)

    def upsert(self, ids: Sequence[str], vectors: Vectors, metadatas: Sequence[Metadata]) -> None:
        """See VectorIndex."""
        self._take_write_lock()
        with self._mapped():
            for start in range(0, len(ids), BATCH):
                part = slice(start, start + BATCH)
                self._collection.upsert(
                    ids=list(ids[part]),
                    embeddings=np.asarray(vectors[part], dtype=np.float32),
                    metadatas=[dict(metadata) for metadata in metadatas[part]],
                )

    def query(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """See VectorIndex."""
        with self._mapped():
            k = min(k, self._collection.count())
            if k < 1:
                return []
            found = self._collection.query(
                query_embeddings=[np.asarray(vector, dtype=np.float32)], n_results=k, include=["distances"]
            )
            return [
                (id_, 1.0 - float(distance))
                for id_, distance in zip(found["ids"][0], found["distances"][0], strict=True)
            ]

    def get(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """See VectorIndex. Nearly the whole collection is read page by page, which is faster."""
        wanted = set(ids)
        rows: dict[str, Vectors] = {}
        with self._mapped():
            if 2 * len(wanted) < self._collection.count():
                pages = [
                    self._collection.get(ids=list(ids[start : start + 500]), include=["embeddings"])
                    for start in range(0, len(ids), 500)
                ]
            else:
                pages = [
                    self._collection.get(limit=BATCH, offset=start, include=["embeddings"])
                    for start in range(0, self._collection.count(), BATCH)
                ]
            for page in pages:
                for id_, vector in zip(page["ids"], page["embeddings"], strict=True):
                    if id_ in wanted:
                        rows[id_] = np.asarray(vector, dtype=np.float32)
        return rows

    def delete(self, ids: Sequence[str]) -> None:
        """See VectorIndex."""
        self._take_write_lock()
        with self._mapped():
            for start in range(0, len(ids), 500):
                self._collection.delete(ids=list(ids[start : start + 500]))

    def hashes(self) -> dict[str, str]:
        """See VectorIndex."""
        found: dict[str, str] = {}
        with self._mapped():
            for start in range(0, self._collection.count(), BATCH):
                page = self._collection.get(limit=BATCH, offset=start, include=["metadatas"])
                for id_, metadata in zip(page["ids"], page["metadatas"], strict=True):
                    found[id_] = str((metadata or {}).get("hash", ""))
        return found

    def count(self) -> int:
        """See VectorIndex."""
        with self._mapped():
            return int(self._collection.count())

    def close(self) -> None:
        """See VectorIndex."""
        if self._lock is not None:
            drop_lock(self._lock)
            self._lock = None


def open_vectors(spec: str, collection: str) -> VectorIndex:
    """The store of a spec: "chroma:DIR", "chroma:http://HOST:PORT", "file:DIR", "memory:",
    "package.module:Class"."""
    match spec.partition(":"):
        case ("memory", ":", ""):
            return MemoryVectors()
        case ("file", ":", folder) if folder:
            return FileVectors(_made(Path(folder)), collection)
        case ("chroma", ":", address) if address.startswith(("http://", "https://")):
            return _open_server(address, collection)
        case ("chroma", ":", folder) if folder:
            return _open_folder(Path(folder), collection)
        case (module, ":", name) if module and name and module != "chroma":
            try:
                return cast(VectorIndex, getattr(importlib.import_module(module), name)(collection))
            except (ImportError, AttributeError) as error:
                raise ConfigError(
                    f"vectors {spec!r} cannot be imported ({error}); correct the setting"
                ) from error
        case _:
            raise ConfigError(
                f"vectors {spec!r} is not known; "
                "use 'chroma:DIR', 'chroma:http://HOST:PORT', 'file:DIR' or 'memory:'"
            )


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SearchError(
            f"the vector folder {folder} cannot be made ({error.strerror}); "
            "choose another with the setting 'vectors'"
        ) from error
    return folder


def _open_folder(folder: Path, collection: str) -> ChromaVectors:
    _made(folder)
    try:
        import chromadb
        from chromadb.config import Settings as ChromaSettings

        client = chromadb.PersistentClient(
            path=str(folder), settings=ChromaSettings(anonymized_telemetry=False)
        )
    except Exception as error:  # Chroma's Rust core raises bare exceptions for a broken folder
        raise SearchError(
            f"the vector store {folder} cannot be opened ({type(error).__name__}: {error}); "
            "remove that folder and run `regulars index` again"
        ) from error
    return ChromaVectors(client, collection, folder=folder)


def _open_server(address: str, collection: str) -> ChromaVectors:
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    try:
        import chromadb
        from chromadb.config import Settings as ChromaSettings

        client = chromadb.HttpClient(
            host=parts.hostname or "localhost",
            port=parts.port or (443 if parts.scheme == "https" else 8000),
            ssl=parts.scheme == "https",
            settings=ChromaSettings(anonymized_telemetry=False),
        )
    except Exception as error:
        raise SearchError(
            f"no Chroma server answers at {address} ({error}); "
            "start it with `chroma run` or change the setting 'vectors'"
        ) from error
    return ChromaVectors(client, collection)
