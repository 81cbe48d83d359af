"""How an act is put to a fine-tuned model, and what its answers look like: one source of both.

An act reaches the model as its name and one code per fact, `show: [topic] [product] [price]`, and
comes back as a sentence with the codes in place of the facts. A code is one word that SmolLM2 reads
as one token, so that a whole code costs three and decoding can be held to the codes of the act.
Training examples and live prompts are made here alike. Knows nothing of records or their values.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

CODES = {
    "attribute_title": "feature",
    "better_rating": "top",
    "cheaper": "less",
    "cheaper_price": "min",
    "consent_source": "source",
    "customers": "people",
    "dearer": "more",
    "dearer_price": "max",
    "first_name": "name",
    "first_value": "left",
    "list_price": "old",
    "other_rating": "rest",
    "passage": "quote",
    "returned": "back",
    "second_value": "right",
    "spent": "sum",
    "superlative": "most",
    "wanted": "want",
}
"""Codes of the slots whose own name is several tokens; every other slot's name is its code."""

EXACT = frozenset(
    {"compare_price", "compare_rating", "compare_attribute", "corrected"}
    | {"answer_list_price", "answer_price_range", "answer_option_no", "count_options"}
)
"""Acts in which two codes that change places, or a verb left out, make another claim, which no audit of
words can see."""

CODE = re.compile(r"\[(\w+)\]")
SHOPPER_CHARACTERS = 160


def code_of(slot: str) -> str:
    """The word that stands for `slot` between square brackets."""
    return CODES.get(slot, slot)


def put_act(kind: str, slots: Iterable[str], *, tone: str = "", shopper: str = "") -> str:
    """The act as the model is asked for it; `shopper` is the message it answers, where that matters.

    "Shopper: something for my dad\\nrecommend: [product] [price] [why]"
    """
    head = " ".join(part for part in (kind.replace("_", " "), tone) if part)
    codes = " ".join(f"[{code_of(slot)}]" for slot in slots)
    said = _plain(shopper)
    return (f"Shopper: {said}\n" if said else "") + (f"{head}: {codes}" if codes else head)


def is_free(kind: str) -> bool:
    """Whether a model may word acts of `kind` in ways it was not taught. Mails are seen by few before
    they go to many, so they go out only in wordings somebody has read."""
    return kind not in EXACT and not kind.startswith(("mail", "sms"))


def put_reply(text: str) -> str:
    """A wording as the model is taught it: with a space before it, so that its first word, or a code
    there, is the same token as in mid-sentence."""
    return f" {text.strip()}"


def fingerprint(kind: str, wording: str) -> str:
    """Eight hex digits that tell one wording of an act from another."""
    return hashlib.sha256(f"{kind}\n{wording.strip()}".encode()).hexdigest()[:8]


def _plain(message: str) -> str:
    """`message` on one line, short, and without what could pass for a code."""
    words = re.sub(r"[\[\]{}<>|]", " ", message).split()
    return " ".join(words)[:SHOPPER_CHARACTERS].rstrip()
