"""A shop's own models: a folder of versions each, and the file in it that names the one in use.

Knows names and paths. `finetune/` makes versions and chooses among them; whoever loads a model asks
here which one the shop has chosen.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from shop.errors import StoreError

ADAPTERS, EMBEDDERS = "adapters", "embedders"
"""Folders in the shop's: adapters of the language model, embedders taught the shop's words."""
CURRENT = "current"


def chosen_version(home: Path) -> Path | None:
    """The folder of the version in use among those in `home`, None where it is the shipped one."""
    try:
        version = (home / CURRENT).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return home / version if version else None


def write_file(file: Path, text: str) -> None:
    """Write a small file whole or not at all. Raises StoreError where the disk refuses."""
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
