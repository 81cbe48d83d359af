"""Sentence encoders of MiniLM's kind, run by CTranslate2 in 8-bit integers.

Reads a sentence-transformers folder (BERT, mean pooling), converts it once per machine, and needs
neither torch nor transformers after that. Against sentence-transformers in float32: vectors at a
cosine of .997 (least .995), a third of the CPU time for titles, a fourteenth for one question.
Knows texts and vectors; nothing of products.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shop.cache import cache_folder, fill_folder, stamp_weights
from shop.errors import SearchError

Array = NDArray[np.float32]

MAX_TOKENS = 64
"""Longer texts cost in proportion and, on titles, find no better."""
BATCH = 8
"""Texts encoded together: on a CPU larger batches are slower, the processor's cache overflows."""
WORKERS = 2
READY = "model.bin"
POOLING = "1_Pooling/config.json"


class SentenceEncoder:
    """The encoder in `folder`; weights are loaded (and first converted) with the first text."""

    def __init__(self, folder: Path, name: str, quantization: str = "int8") -> None:
        self._folder, self._quantization = folder, quantization
        self.name = name if quantization == "float32" else f"{name} {quantization}"
        config = _read_json(folder / "config.json")
        self.dimensions = int(config.get("hidden_size", 0))
        pooling = _read_json(folder / POOLING)
        # sentence-transformers before 6 wrote a flag for each way of pooling.
        mean = pooling.get("pooling_mode_mean_tokens") or pooling.get("pooling_mode") == "mean"
        if config.get("model_type") != "bert" or not mean:
            raise SearchError(
                f"the embedding model in {folder} is not BERT with mean pooling; "
                "name another folder, or your own embedder as package.module:Class"
            )
        self._loaded: tuple[Any, Any] | None = None
        self._loading = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Array:
        """One row a text, in order, of Euclidean length one; texts are cut to MAX_TOKENS."""
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        if not texts:
            return rows
        tokenizer, encoder = self._load()
        ids = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
        # Texts of like length share a batch, so little of it is padding.
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]

        def encode(batch: list[int]) -> None:
            try:
                states = np.asarray(encoder.forward_batch([ids[at] for at in batch]).last_hidden_state)
            except RuntimeError as error:
                raise SearchError(
                    f"the embedding model failed ({error}); free memory or set embedder = 'hash:'"
                ) from error
            for state, at in zip(states, batch, strict=True):
                mean = state[: len(ids[at])].mean(axis=0)
                rows[at] = mean / np.linalg.norm(mean)

        if len(batches) == 1:
            encode(batches[0])
        else:
            with ThreadPoolExecutor(WORKERS) as pool:
                list(pool.map(encode, batches))
        return rows

    def _load(self) -> tuple[Any, Any]:
        with self._loading:
            if self._loaded is None:
                try:
                    self._loaded = self._open()
                except (ImportError, OSError, ValueError, RuntimeError) as error:
                    raise SearchError(
                        f"the embedding model in {self._folder} does not load ({error}); "
                        "reinstall it, make room in the cache folder, or set embedder = 'hash:'"
                    ) from error
            return self._loaded

    def _open(self) -> tuple[Any, Any]:
        import ctranslate2
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.no_padding()
        made = cache_folder() / f"embedder-{self._quantization}-{_digest(self._folder)}"
        fill_folder(made, READY, self._convert)
        # One thread a batch: batches this small cost more when threads wait for each other.
        encoder = ctranslate2.Encoder(str(made), device="cpu", inter_threads=WORKERS, intra_threads=1)
        return tokenizer, encoder

    def _convert(self, into: Path) -> None:
        """In a process of its own: torch would cost the one that answers shoppers half a gigabyte."""
        argv = [sys.executable, "-m", "ctranslate2.converters.transformers", "--force"]
        argv += ["--model", str(self._folder), "--output_dir", str(into)]
        argv += ["--quantization", self._quantization]
        done = subprocess.run(
            argv, env=os.environ | {"HF_HUB_OFFLINE": "1"}, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            *_, last = done.stderr.strip().splitlines() or ["it was ended from outside"]
            raise RuntimeError(f"it cannot be converted: {last[:200]}")


def _read_json(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise SearchError(
            f"the embedding model's {file} cannot be read ({error}); name a sentence-transformers folder"
        ) from error


def _digest(folder: Path) -> str:
    config = (folder / "config.json").read_bytes()
    return hashlib.blake2b(config + stamp_weights(folder), digest_size=8).hexdigest()
