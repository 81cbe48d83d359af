"""The MiniLM encoder in NumPy, for one question at a time.

Same weights, same numbers as through sentence-transformers (a test holds this), without loading
torch: a question costs a few milliseconds and the first one does not wait for torch's import.
For thousands of texts `embedding.py` takes the other way, which batches better. Knows BERT's
arithmetic and nothing else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.special import erf  # type: ignore[import-untyped]
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]
from tokenizers import Tokenizer

Array = NDArray[np.float32]


class NumpyMiniLM:
    """BERT encoder with mean pooling, read from a sentence-transformers folder."""

    def __init__(self, folder: Path, max_tokens: int) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._layers = int(config["num_hidden_layers"])
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])
        stored = load_file(folder / "model.safetensors")
        self._weights = {name.removeprefix("bert."): value for name, value in stored.items()}
        self._threads = ThreadpoolController()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_tokens)
        self._tokenizer.no_padding()

    def embed(self, text: str) -> Array:
        """The vector of one text, of Euclidean length one.

        On one thread: matrices this small cost many times more CPU when threads wait for each other.
        """
        with self._threads.limit(limits=1, user_api="blas"):
            return self._encode(text)

    def _encode(self, text: str) -> Array:
        ids = self._tokenizer.encode(text).ids
        rows = (
            self._weights["embeddings.word_embeddings.weight"][ids]
            + self._weights["embeddings.position_embeddings.weight"][: len(ids)]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        rows = self._norm(rows, "embeddings.LayerNorm")
        for layer in range(self._layers):
            rows = self._layer(rows, f"encoder.layer.{layer}")
        mean = rows.mean(axis=0)
        return cast(Array, mean / np.linalg.norm(mean))

    def _layer(self, rows: Array, name: str) -> Array:
        count, width = rows.shape
        size = width // self._heads
        query, key, value = (
            self._dense(rows, f"{name}.attention.self.{part}")
            .reshape(count, self._heads, size)
            .transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        weight = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(size))
        weight = np.exp(weight - weight.max(axis=-1, keepdims=True))
        weight /= weight.sum(axis=-1, keepdims=True)
        seen = (weight @ value).transpose(1, 0, 2).reshape(count, width)
        rows = self._norm(
            rows + self._dense(seen, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
        )
        inner = self._dense(rows, f"{name}.intermediate.dense")
        inner = inner * np.float32(0.5) * (1 + erf(inner / np.float32(np.sqrt(2))))
        return self._norm(rows + self._dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _dense(self, rows: Array, name: str) -> Array:
        return cast(Array, rows @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"])

    def _norm(self, rows: Array, name: str) -> Array:
        centred = rows - rows.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self._epsilon)
        return cast(Array, scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"])
