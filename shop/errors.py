"""Every error this project raises on purpose, as one tree.

    RegularsError
    ├── ConfigError          a setting is missing, wrong, or contradicts another
    ├── SourceError          a file handed to `import` cannot be taken (file, row, column)
    ├── StoreError           the shop's database is missing, corrupt, locked or too new
    ├── SearchError          the vector store or index cannot answer
    ├── ModelError           the language model cannot answer
    │   ├── ModelUnavailable     not installed, not reachable, refused
    │   └── ModelTimeout         no (further) text within the time allowed
    ├── PromptError          a prompt's inputs do not match what it declares
    ├── NotFound             a customer, order, product or conversation that does not exist
    └── NotAllowed           identity or consent forbids it

The message of each is one sentence for the person who can mend it and ends with what to do.
Foreign exceptions are mapped to these at the adapter's edge and nowhere else.
"""

from __future__ import annotations

from pathlib import Path


class RegularsError(Exception):
    """Base of all errors raised on purpose; `str(error)` is fit to be shown to a person."""


class ConfigError(RegularsError):
    """A setting is missing, wrong, or contradicts another."""


class SourceError(RegularsError):
    """A file handed to `import` cannot be taken; says where in the file and what to do."""

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        place = [str(file)] if file is not None else []
        if row is not None:
            place.append(f"row {row}")
        if column is not None:
            place.append(f"column {column!r}")
        super().__init__(f"{', '.join(place)}: {message}" if place else message)
        self.file, self.row, self.column = file, row, column


class StoreError(RegularsError):
    """The shop's database is missing, corrupt, locked or too new."""


class SearchError(RegularsError):
    """The vector store or an index cannot answer."""


class ModelError(RegularsError):
    """The language model cannot answer."""


class ModelUnavailable(ModelError):
    """The model is not installed, not reachable, or refuses."""


class ModelTimeout(ModelError):
    """No (further) text came within the time allowed."""


class PromptError(RegularsError):
    """A prompt's inputs do not match what it declares."""


class NotFound(RegularsError):
    """A customer, order, product or conversation that does not exist."""


class NotAllowed(RegularsError):
    """Identity or consent forbids it."""
