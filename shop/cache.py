"""Files made once per machine from what was installed: unpacked and converted models.

Knows where they lie (REGULARS_CACHE, else ~/.cache/regulars) and how one is made whole or not at
all; nothing of what is in them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def cache_folder() -> Path:
    """Where they are kept."""
    return Path(os.environ.get("REGULARS_CACHE") or Path.home() / ".cache" / "regulars").expanduser()


def fill_folder(folder: Path, last: str, make: Callable[[Path], None]) -> None:
    """Have `make(place)` fill an empty place that then becomes `folder`, unless the file `last` is there.

    Two processes may do so at the same time; the second to finish drops its copy. Raises OSError
    where the disk refuses, and whatever `make` raises.
    """
    if (folder / last).is_file():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpacking-") as scratch:
        made = Path(scratch) / "model"
        made.mkdir()
        make(made)
        if folder.exists() and not (folder / last).is_file():
            shutil.rmtree(folder)
        try:
            made.replace(folder)
        except OSError:
            if not (folder / last).is_file():
                raise


def stamp_weights(folder: Path) -> bytes:
    """Tells weight files from others without reading their gigabytes: a changed one has another size or
    time."""
    files = sorted((*folder.glob("*.safetensors"), *folder.glob("*.bin")))
    stamps = (f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files)
    return "".join(stamps).encode()
