"""A shop's own models: a folder of versions each, and the file in it that names the one in use.

Knows names and paths. `finetune/` makes versions and chooses among them; whoever loads a model asks
here which one the shop has chosen.
"""

from __future__ import annotations

from pathlib import Path

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
