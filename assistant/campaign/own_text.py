"""A text of the shop's own that people edit, kept as a file in its folder: the brand voice, the offers.

Knows how one is read, begun and kept; what is in it is the business of whoever reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from shop.errors import ConfigError
from shop.versions import write_file

Content = TypeVar("Content")


@dataclass(frozen=True)
class OwnText(Generic[Content]):
    """The file `name`; `read(text, name)` raises ConfigError for what is wrong in it. `plain` is what holds
    where there is none, `starter` what a new one begins with."""

    name: str
    starter: str
    plain: Content
    read: Callable[[str, str], Content]

    def load(self, folder: Path) -> Content:
        """What the shop's file says. Raises ConfigError."""
        file = folder / self.name
        try:
            return self.read(file.read_text(encoding="utf-8"), str(file)) if file.is_file() else self.plain
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file} cannot be read ({error}); mend or remove it") from error

    def text(self, folder: Path) -> str:
        """What stands in the shop's file, or what a new one begins with."""
        file = folder / self.name
        return file.read_text(encoding="utf-8") if file.is_file() else self.starter

    def save(self, folder: Path, text: str) -> Content:
        """Check `text` and keep it. Raises ConfigError and keeps nothing then; StoreError."""
        content = self.read(text, self.name)
        write_file(folder / self.name, text.replace("\r\n", "\n"))
        return content
