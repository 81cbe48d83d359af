"""Training examples out of real conversations: what was said well, by leave of whom it was said to.

A turn is taken if its customer allows training (`Consent.training`) and gave it a thumb up. Guests
have given no leave, so theirs never are. Stored messages are already redacted. Knows nothing of
training; one example a line, as {"messages": [{"role", "content"} ...], "turn_id", "handled_by"}.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from shop.errors import StoreError
from shop.store import Store
from shop.types import Customer, Turn

PAGE = 500


def export_examples(store: Store, path: Path) -> dict[str, int]:
    """Write the examples to `path`, whole or not at all.

    Returns counts of customers, consenting (customers), turns (of these) and examples (written).
    """
    counts = {"customers": 0, "consenting": 0, "turns": 0, "examples": 0}
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8") as file:
            for customer in _all_customers(store):
                counts["customers"] += 1
                if not customer.consent.training:
                    continue
                counts["consenting"] += 1
                for turn in _turns_of(store, customer.id):
                    counts["turns"] += 1
                    if turn.vote == 1 and turn.message.strip() and turn.reply.strip():
                        file.write(json.dumps(_as_example(turn), ensure_ascii=False) + "\n")
                        counts["examples"] += 1
        beside.replace(path)
    except OSError as error:
        raise StoreError(f"examples cannot be written to {path} ({error}); name another file") from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
    return counts


def _all_customers(store: Store) -> Iterator[Customer]:
    offset = 0
    while page := store.customers(limit=PAGE, offset=offset):
        yield from page
        offset += len(page)


def _turns_of(store: Store, customer_id: str) -> Iterator[Turn]:
    for head in store.conversations_of(customer_id):
        yield from store.turns(head.conversation_id)


def _as_example(turn: Turn) -> dict[str, object]:
    return {
        "messages": [
            {"role": "user", "content": turn.message},
            {"role": "assistant", "content": turn.reply},
        ],
        "turn_id": turn.id,
        "handled_by": turn.handled_by,
    }
