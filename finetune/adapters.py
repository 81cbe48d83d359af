"""Adapters as folders: how one was made, what it holds, which a shop has and uses, and the way back.

An adapter is a folder of adapter_config.json, adapter_model.safetensors and card.json, which records
the settings it was trained with. A shop keeps its own in `<shop>/adapters/<version>/`; beside them the
file `current` names the one in use (none: the one we ship) and `history` those used before it, oldest
first. Files only: nothing here loads a model, trains or judges one (train.py, evaluate.py).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.models.weights import ADAPTERS, CURRENT
from finetune.config import TrainConfig
from prompts.loader import PromptMismatch, load
from shop.errors import ConfigError, NotFound, StoreError

SHIPPED = Path(__file__).parent / "adapter"
SHIPPED_VERSION = "shipped"
CONFIG, WEIGHTS, CARD = "adapter_config.json", "adapter_model.safetensors", "card.json"
VERSION = re.compile(r"\d{8}-[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Card:
    """What an adapter is and where it comes from; everything in it is JSON.

    `version` is empty until `seal` gives one. `made` is a date (ISO). `config` holds the training's
    settings without folders. `data` has the file's name, its sha256 and counts by act, origin and
    split. `training` has steps, tokens, seconds and losses (nats a token). `metrics` is what the gate
    measured, `prompt` the digest of the prompt it was taught with. `lexicon` are the words of the
    wordings trained on, with spaces between: what the model may type by itself; `wordings` are
    their fingerprints (prompts/asks.py).
    """

    name: str
    base_model: str
    made: str
    prompt: str
    version: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    lexicon: str = ""
    wordings: str = ""


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter that can be loaded: its folder and its card."""

    folder: Path
    card: Card

    @property
    def version(self) -> str:
        """The version it was sealed with, `20261123-0a1b2c`."""
        return self.card.version


def read_adapter(folder: Path) -> Adapter:
    """The adapter in `folder`. Raises ConfigError if a file is missing, cut short or unreadable."""
    for name in (CONFIG, WEIGHTS, CARD):
        if not (folder / name).is_file():
            raise ConfigError(f"no adapter in {folder}: {name} is missing; name a folder that train made")
    try:
        _check_weights(folder / WEIGHTS)
        raw = json.loads((folder / CARD).read_text(encoding="utf-8"))
        known = {spot.name for spot in fields(Card)}
        # A later release's card may say more than we know.
        return Adapter(folder, Card(**{key: value for key, value in raw.items() if key in known}))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"the adapter in {folder} cannot be read ({error}); train it again or name another"
        ) from error


def draft_card(config: TrainConfig, labels: Iterable[Mapping[str, str]]) -> Card:
    """The card of a training about to begin; `labels` are each example's act, origin and split.

    Raises ConfigError if the examples cannot be read or the prompt is none of ours.
    """
    counts = {name: Counter[str]() for name in ("act", "origin", "split")}
    for label in labels:
        for name, count in counts.items():
            count[label[name]] += 1
    try:
        digest = hashlib.sha256(config.examples.read_bytes()).hexdigest()
        prompt = load(config.prompt).digest
    except (OSError, PromptMismatch) as error:
        raise ConfigError(f"training cannot begin: {error}") from error
    base = Path(config.base).name
    return Card(
        name=f"{base}, rank {config.rank}",
        base_model=base,
        made=datetime.now(UTC).date().isoformat(),
        prompt=prompt,
        config=config.as_card(),
        data={
            "file": config.examples.name,
            "sha256": digest,
            "counts": {name: dict(count.most_common()) for name, count in counts.items()},
        },
    )


def seal(folder: Path, card: Card) -> Adapter:
    """Make an adapter of what peft saved in `folder`: no trace of this machine, a version, the card.

    The version is the card's date and the beginning of the content's digest.
    """
    lora = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    lora["base_model_name_or_path"] = card.base_model
    # peft saves a set: unsorted, the same training would get another digest every time.
    lora["target_modules"] = sorted(lora["target_modules"])
    _write(folder / CONFIG, json.dumps(lora, indent=2, sort_keys=True) + "\n")
    (folder / WEIGHTS).chmod(0o644)
    (folder / "README.md").unlink(missing_ok=True)
    return write_card(folder, replace(card, version=f"{card.made.replace('-', '')}-{_digest(folder)[:6]}"))


def write_card(folder: Path, card: Card) -> Adapter:
    """Write `card` into `folder`, as the gate does once it has measured."""
    _write(folder / CARD, json.dumps(asdict(card), indent=2, ensure_ascii=False) + "\n")
    return Adapter(folder, card)


def list_adapters(shop: Path) -> list[Adapter]:
    """The shop's own adapters, oldest first; folders that hold none are left out."""
    found = []
    for folder in sorted(_home(shop).glob("*")) if _home(shop).is_dir() else []:
        if VERSION.fullmatch(folder.name):
            with contextlib.suppress(ConfigError):
                found.append(read_adapter(folder))
    return found


def register(folder: Path, shop: Path) -> str:
    """Copy the adapter in `folder` among the shop's own, whole or not at all; its version.

    One that is there already is left as it is, but for its card: that may hold new metrics.
    """
    adapter = read_adapter(folder)
    _check_version(adapter.version)
    if not adapter.version.endswith(_digest(folder)[:6]):
        raise ConfigError(
            f"the weights in {folder} are not those its card was written for; train it again or restore them"
        )
    kept = _home(shop) / adapter.version
    if kept.is_dir():
        write_card(kept, adapter.card)
        return adapter.version
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".registering-") as scratch:
            made = Path(scratch) / "adapter"
            made.mkdir()
            for name in (CONFIG, WEIGHTS, CARD):
                shutil.copyfile(folder / name, made / name)
            made.replace(kept)
    except OSError as error:
        raise StoreError(
            f"the adapter cannot be kept in {kept.parent} ({error.strerror}); free space or mend its rights"
        ) from error
    return adapter.version


def find_adapter(version: str, shop: Path) -> Adapter:
    """The shop's adapter of that version, or the shipped one. Raises NotFound, ConfigError."""
    if version == SHIPPED_VERSION:
        return read_adapter(SHIPPED)
    _check_version(version)
    folder = _home(shop) / version
    if not folder.is_dir():
        names = ", ".join([SHIPPED_VERSION, *(adapter.version for adapter in list_adapters(shop))])
        raise NotFound(f"this shop has no adapter {version}; choose one of: {names}")
    return read_adapter(folder)


def current(shop: Path) -> Adapter | None:
    """The adapter in use: the promoted one, else the one we ship, else (a bare clone) none."""
    version = _current_version(shop)
    if version == SHIPPED_VERSION and not (SHIPPED / CARD).is_file():
        return None
    return find_adapter(version, shop)


def promote(version: str, shop: Path) -> None:
    """Use that adapter from the next start on; the one in use until now can be rolled back to."""
    if version != SHIPPED_VERSION:
        find_adapter(version, shop)
    before = _current_version(shop)
    if before == version:
        return
    # History first: stopped between the two writes, its last entry is the current one, and is skipped.
    _write_history(shop, [*_history(shop), before])
    _choose(version, shop)


def roll_back(shop: Path) -> str:
    """Use the adapter used before the current one; its version. Raises NotFound if there is none."""
    past, now = _history(shop), _current_version(shop)
    while past:
        version = past.pop()
        gone = version != SHIPPED_VERSION and not (_home(shop) / version).is_dir()
        if version != now and not gone:
            _choose(version, shop)
            _write_history(shop, past)
            return version
    raise NotFound(
        f"there is no adapter before {now} to roll back to; promote the one you want by its version"
    )


def _home(shop: Path) -> Path:
    return shop / ADAPTERS


def _current_version(shop: Path) -> str:
    return next(iter(_lines(_home(shop) / CURRENT)), SHIPPED_VERSION)


def _history(shop: Path) -> list[str]:
    return list(_lines(_home(shop) / "history"))


def _choose(version: str, shop: Path) -> None:
    if version == SHIPPED_VERSION:
        (_home(shop) / CURRENT).unlink(missing_ok=True)
    else:
        _write(_home(shop) / CURRENT, f"{version}\n")


def _write_history(shop: Path, versions: list[str]) -> None:
    _write(_home(shop) / "history", "".join(f"{version}\n" for version in versions))


def _lines(file: Path) -> Iterator[str]:
    """Versions, one a line; what is none (a file edited by hand) is an error, not a path."""
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{file} cannot be read ({error}); remove it and promote an adapter again"
        ) from error
    for line in text.split():
        if line != SHIPPED_VERSION and not VERSION.fullmatch(line):
            raise ConfigError(
                f"{file} holds {line!r}, which is no version; remove it and promote an adapter again"
            )
        yield line


def _check_version(version: str) -> None:
    # Also what keeps a version from naming a folder elsewhere.
    if not VERSION.fullmatch(version):
        raise NotFound(
            f"{version!r} is no adapter's version; give one such as 20261123-0a1b2c, or {SHIPPED_VERSION}"
        )


def _digest(folder: Path) -> str:
    try:
        digests = [hashlib.sha256((folder / name).read_bytes()).digest() for name in (CONFIG, WEIGHTS)]
    except OSError as error:
        raise ConfigError(
            f"no adapter in {folder} ({error.strerror}); name a folder that train made"
        ) from error
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _check_weights(file: Path) -> None:
    """A safetensors file says in its first bytes how long it must be; a copy cut short is not loaded."""
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        size = file.stat().st_size
        if length > size:
            raise ValueError(f"{file.name} is cut short")
        head = json.loads(opened.read(length))
    end = max((entry["data_offsets"][1] for name, entry in head.items() if name != "__metadata__"), default=0)
    if size != 8 + length + end:
        raise ValueError(f"{file.name} is cut short")


def _write(file: Path, text: str) -> None:
    part = ""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(part, 0o644)  # mkstemp's 0600 would hide it from the account that serves
        os.replace(part, file)
    except OSError as error:
        if part:
            Path(part).unlink(missing_ok=True)
        raise StoreError(
            f"{file} cannot be written ({error.strerror}); free space or mend its rights"
        ) from error
