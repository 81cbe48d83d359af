"""What staff made of suggestions, as training examples: only of customers who allow it, today.

Consent is looked at when examples are taken out, not when a thumb was given, so that withdrawing
it works at once. Personal data that patterns find is taken out of the words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.privacy import redact
from shop.store import Store


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """What was asked, the words to prefer, and the words to avoid ('' where none were refused)."""

    kind: str
    asked: str
    chosen: str
    rejected: str


def training_examples(store: Store) -> Iterator[TrainingExample]:
    """Suggestions that were used or judged, of customers whose consent covers training."""
    for row in store.suggestions():
        customer = store.customer(row.customer_id)
        if customer is None or not customer.consent.training:
            continue
        edited = row.used_text if row.used_text and row.used_text != row.text else ""
        if not edited and not row.used_text and row.vote == 0:
            continue
        liked = row.vote > 0 or (row.used_text and not edited and row.vote == 0)
        chosen = edited or (row.text if liked else "")
        rejected = row.text if edited or row.vote < 0 else ""
        yield TrainingExample(row.kind, redact(row.asked), redact(chosen), redact(rejected))
