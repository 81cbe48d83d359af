"""Ready-made replies: read from a CSV, offered where a message is like them, filled from the records.

A placeholder such as {{customer.first_name}} or {{order.id}} is filled from the customer at hand;
one that nothing is known for stays visible, so that nobody sends an empty place. Sends nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval.embedding import Embedder
from shop.errors import SourceError
from shop.formats import format_date, format_money
from shop.settings import Settings
from shop.sources.tables import read_rows
from shop.store import Macro
from shop.types import Customer, Order

COLUMNS = {
    "name": ("name", "title", "macro", "shortcut"),
    "text": ("text", "body", "content", "message", "response", "reply", "comment"),
    "tags": ("tags", "category", "folder", "intent"),
}
"""Column names as Gorgias, Zendesk, Chatwoot and plain sheets have them; the first is ours."""
LIKE = 0.25
"""Cosine of a sentence with a macro from here on makes it worth offering."""
SENTENCES = 12
PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
ALIASES = {
    "ticket.requester.first_name": "customer.first_name",
    "ticket.requester.name": "customer.name",
    "ticket.customer.firstname": "customer.first_name",
    "ticket.customer.lastname": "customer.last_name",
    "contact.name": "customer.name",
    "contact.first_name": "customer.first_name",
}


@dataclass(frozen=True, slots=True)
class OfferedMacro:
    """A macro with its placeholders filled; `likeness` is its best cosine with a sentence, `open` the
    placeholders that nothing is known for."""

    macro: Macro
    text: str
    likeness: float
    open: tuple[str, ...] = ()


def read_macros(file: Path) -> list[Macro]:
    """The macros of a CSV with the columns name and text, and tags where it has them. Raises SourceError."""
    macros: dict[str, Macro] = {}
    for row in read_rows(file, COLUMNS, ("name", "text"), "a macro"):
        name, text = row["name"].strip(), row["text"].strip()
        if not name or not text:
            raise row.error("has no name or no text; give the macro both", "name" if not name else "text")
        if name in macros:
            raise row.error(f"names {name!r} a second time; rename one", "name")
        macros[name] = Macro(name, text, row["tags"].strip())
    if not macros:
        raise SourceError("holds no macros; give each a row", file=file)
    return list(macros.values())


def offer_macros(
    macros: Sequence[Macro],
    message: str,
    embedder: Embedder,
    customer: Customer,
    order: Order | None,
    settings: Settings,
    limit: int = 3,
) -> list[OfferedMacro]:
    """The macros most like `message`, filled for this customer, most alike first."""
    if not macros or not message.strip():
        return []
    # Each sentence by itself: a macro answers one of several things a long message speaks of.
    parts = [part for part in re.split(r"(?<=[.!?])\s+|\n+", message) if part.strip()][:SENTENCES]
    vectors = np.asarray(embedder.embed([*parts, *(f"{m.name}. {m.tags}. {m.text}" for m in macros)]))
    likeness = (vectors[len(parts) :] @ vectors[: len(parts)].T).max(axis=1)
    ranked = sorted(zip(likeness.tolist(), macros, strict=True), key=lambda pair: -pair[0])
    return [
        OfferedMacro(macro, *_filled(macro.text, customer, order, settings, score))
        for score, macro in ranked[:limit]
        if score >= LIKE
    ]


def _filled(
    text: str, customer: Customer, order: Order | None, settings: Settings, score: float
) -> tuple[str, float, tuple[str, ...]]:
    known = {
        "customer.first_name": customer.first_name,
        "customer.last_name": customer.last_name,
        "customer.name": customer.name,
        "shop.name": settings.name,
        "shop.contact": settings.contact,
    }
    if order is not None:
        known |= {
            "order.id": order.id,
            "order.status": order.status,
            "order.total": format_money(order.total, settings.locale),
            "order.date": format_date(order.placed_at.date(), settings.locale) if order.placed_at else "",
            "order.tracking": ", ".join(order.tracking),
        }
    missing: list[str] = []

    def put(match: re.Match[str]) -> str:
        name = ALIASES.get(match[1].lower(), match[1].lower())
        if known.get(name):
            return known[name]
        missing.append(match[0])
        return match[0]

    return PLACEHOLDER.sub(put, text), score, tuple(dict.fromkeys(missing))
