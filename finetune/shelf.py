"""What was taught, as folders: how it was made, which versions a shop has and uses, and the way back.

A taught model is a folder with its weights and card.json, which records the settings it was trained
with. A shop keeps its own of one kind in `<shop>/<home>/<version>/`; beside them the file `current`
names the one in use (none: the one we ship) and `history` those used before it, oldest first. Files
only: nothing here loads a model, trains or judges one, or knows what kinds there are.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from shop.errors import ConfigError, NotFound, StoreError
from shop.versions import CURRENT, write_file

SHIPPED = "shipped"
"""What the version that comes with us is called."""
CARD = "card.json"
VERSION = re.compile(r"\d{8}-[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Card:
    """What was taught and where it comes from; everything in it is JSON.

    `version` is empty until `seal` gives one. `made` is a date (ISO). `config` holds the training's
    settings without folders. `data` has a digest of what it was trained on and counts. `training` has
    steps, seconds and losses. `metrics` is what the gate measured. Adapters only: `prompt` is the
    digest of the prompt it was taught with, `lexicon` the words of the wordings trained on, with
    spaces between: what the model may type by itself; `wordings` are their fingerprints
    (prompts/asks.py).
    """

    name: str
    base_model: str
    made: str
    prompt: str = ""
    version: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    lexicon: str = ""
    wordings: str = ""


@dataclass(frozen=True, slots=True)
class Taught:
    """One that can be loaded: its folder and its card."""

    folder: Path
    card: Card

    @property
    def version(self) -> str:
        """The version it was sealed with, `20261123-0a1b2c`."""
        return self.card.version


def write_card(folder: Path, card: Card) -> Taught:
    """Write `card` into `folder`, as the gate does once it has measured."""
    write_file(folder / CARD, json.dumps(asdict(card), indent=2, ensure_ascii=False) + "\n")
    return Taught(folder, card)


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of taught model, its versions in the shop's folder `home`.

    `noun` is what messages call one, `content` the files a version stands for, `shipped` the folder
    of the one that comes with us, None where that is no folder of this kind.
    """

    noun: str
    home: str
    content: tuple[str, ...]
    shipped: Path | None = None

    def read(self, folder: Path) -> Taught:
        """The one in `folder`. Raises ConfigError if a file is missing, cut short or unreadable."""
        for name in (*self.content, CARD):
            if not (folder / name).is_file():
                raise ConfigError(
                    f"no {self.noun} in {folder}: {name} is missing; name a folder that train made"
                )
        try:
            for name in self.content:
                if name.endswith(".safetensors"):
                    _check_weights(folder / name)
            raw = json.loads((folder / CARD).read_text(encoding="utf-8"))
            known = {spot.name for spot in fields(Card)}
            # A later release's card may say more than we know.
            return Taught(folder, Card(**{key: value for key, value in raw.items() if key in known}))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"the {self.noun} in {folder} cannot be read ({error}); train it again or name another"
            ) from error

    def seal(self, folder: Path, card: Card) -> Taught:
        """Give what training left in `folder` its card and version: the card's date and the beginning of
        the content's digest."""
        for name in self.content:
            (folder / name).chmod(0o644)
        (folder / "README.md").unlink(missing_ok=True)
        version = f"{card.made.replace('-', '')}-{self._digest(folder)[:6]}"
        return write_card(folder, replace(card, version=version))

    def versions(self, shop: Path) -> list[Taught]:
        """The shop's own, oldest first; folders that hold none are left out."""
        found = []
        for folder in sorted(self._home(shop).glob("*")) if self._home(shop).is_dir() else []:
            if VERSION.fullmatch(folder.name):
                with contextlib.suppress(ConfigError):
                    found.append(self.read(folder))
        return found

    def register(self, folder: Path, shop: Path) -> str:
        """Copy the one in `folder` among the shop's own, whole or not at all; its version.

        One that is there already is left as it is, but for its card: that may hold new metrics.
        """
        taught = self.read(folder)
        self._check_version(taught.version)
        if not taught.version.endswith(self._digest(folder)[:6]):
            raise ConfigError(
                f"the weights in {folder} are not those its card was written for; "
                "train it again or restore them"
            )
        kept = self._home(shop) / taught.version
        if kept.is_dir():
            write_card(kept, taught.card)
            return taught.version
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".registering-") as scratch:
                made = Path(scratch) / "made"
                shutil.copytree(folder, made)
                made.replace(kept)
        except (OSError, shutil.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise StoreError(
                f"the {self.noun} cannot be kept in {kept.parent} ({reason}); free space or mend its rights"
            ) from error
        return taught.version

    def find(self, version: str, shop: Path) -> Taught:
        """The shop's of that version, or the shipped one. Raises NotFound, ConfigError."""
        if version == SHIPPED and self.shipped is not None:
            return self.read(self.shipped)
        self._check_version(version)
        folder = self._home(shop) / version
        if not folder.is_dir():
            names = ", ".join([SHIPPED, *(taught.version for taught in self.versions(shop))])
            raise NotFound(f"this shop has no {self.noun} {version}; choose one of: {names}")
        return self.read(folder)

    def current(self, shop: Path) -> Taught | None:
        """The one in use: the promoted one, else the one we ship, None where that is no such folder."""
        version = self.current_version(shop)
        if version == SHIPPED and (self.shipped is None or not (self.shipped / CARD).is_file()):
            return None
        return self.find(version, shop)

    def current_version(self, shop: Path) -> str:
        """The version in use, or SHIPPED."""
        return next(self._lines(self._home(shop) / CURRENT), SHIPPED)

    def promote(self, version: str, shop: Path) -> None:
        """Use that one from the next start on; the one in use until now can be rolled back to."""
        if version != SHIPPED:
            self.find(version, shop)
        before = self.current_version(shop)
        if before == version:
            return
        # History first: stopped between the two writes, its last entry is the current one, and is skipped.
        self._write_history(shop, [*self._history(shop), before])
        self._choose(version, shop)

    def roll_back(self, shop: Path) -> str:
        """Use the one used before the current one; its version. Raises NotFound if there is none."""
        past, now = self._history(shop), self.current_version(shop)
        while past:
            version = past.pop()
            gone = version != SHIPPED and not (self._home(shop) / version).is_dir()
            if version != now and not gone:
                self._choose(version, shop)
                self._write_history(shop, past)
                return version
        raise NotFound(
            f"there is no {self.noun} before {now} to roll back to; promote the one you want by its version"
        )

    def _home(self, shop: Path) -> Path:
        return shop / self.home

    def _history(self, shop: Path) -> list[str]:
        return list(self._lines(self._home(shop) / "history"))

    def _choose(self, version: str, shop: Path) -> None:
        if version == SHIPPED:
            (self._home(shop) / CURRENT).unlink(missing_ok=True)
        else:
            write_file(self._home(shop) / CURRENT, f"{version}\n")

    def _write_history(self, shop: Path, versions: list[str]) -> None:
        write_file(self._home(shop) / "history", "".join(f"{version}\n" for version in versions))

    def _lines(self, file: Path) -> Iterator[str]:
        """Versions, one a line; what is none (a file edited by hand) is an error, not a path."""
        mend = f"remove it and promote an {self.noun} again"
        try:
            text = file.read_text(encoding="utf-8") if file.exists() else ""
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file} cannot be read ({error}); {mend}") from error
        for line in text.split():
            if line != SHIPPED and not VERSION.fullmatch(line):
                raise ConfigError(f"{file} holds {line!r}, which is no version; {mend}")
            yield line

    def _check_version(self, version: str) -> None:
        # Also what keeps a version from naming a folder elsewhere.
        if not VERSION.fullmatch(version):
            raise NotFound(
                f"{version!r} is no {self.noun}'s version; give one such as 20261123-0a1b2c, or {SHIPPED}"
            )

    def _digest(self, folder: Path) -> str:
        try:
            digests = [hashlib.sha256((folder / name).read_bytes()).digest() for name in self.content]
        except OSError as error:
            raise ConfigError(
                f"no {self.noun} in {folder} ({error.strerror}); name a folder that train made"
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
