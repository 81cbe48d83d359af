"""Variants of a message, and who gets which: by equal shares, or by what earlier campaigns taught.

Who gets which is decided by a hash, so that it is the same however often it is asked. Learning is
Thompson sampling (Thompson 1933) over Beta-Binomial counts: a variant's share is the probability
that it is the best, mixed with equal shares so that none is ever given up on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.campaign.brand import TONES
from shop.errors import ConfigError

VARIANTS_AT_MOST = 5
PRODUCTS_AT_MOST = 3
SUBJECTS = ("bought", "topic", "shop")
"""What the subject line turns on: what they bought last, what they order most, or the shop."""
EXPLORED = 0.2
"""Share of the audience that is spread evenly however sure the counts are."""
DRAWS = 4_000


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to write the messages of a campaign, under a name."""

    name: str
    tone: str = TONES[0]
    products: int = PRODUCTS_AT_MOST
    subject: str = SUBJECTS[0]
    offer: bool = True

    def sentence(self) -> str:
        """What this variant does, for people."""
        about = {
            "bought": "the subject names what they bought",
            "topic": "the subject names what they order most",
            "shop": "the subject names the shop",
        }[self.subject]
        shown = f"{self.products} {'product' if self.products == 1 else 'products'}"
        return f"{self.tone} tone, {shown}, {about}" + ("" if self.offer else ", no offer")

    @property
    def settings(self) -> str:
        """What makes it this variant whatever its name: results are learnt by it."""
        return f"{self.tone}/{self.products}/{self.subject}/{self.offer}"


def read_variant(text: str) -> Variant:
    """A variant out of "Warm: tone=warm products=1 subject=shop offer=no"; a bare tone will do too.

    Raises ConfigError saying what is wrong.
    """
    name, colon, rest = text.partition(":")
    name = name.strip()
    if not colon and name.lower() in TONES:
        return Variant(name.capitalize(), name.lower())
    if not colon or not name or len(name) > 20:
        raise ConfigError(
            f"variant {text!r} is not understood; name a tone, or write `Warm: tone=warm products=1`"
        )
    values = {"tone": TONES[0], "products": str(PRODUCTS_AT_MOST), "subject": SUBJECTS[0], "offer": "yes"}
    for part in rest.split():
        key, _, value = part.partition("=")
        if key not in values or not value:
            raise ConfigError(f"variant {name}: {part!r} is not understood; use {', '.join(values)} with =")
        values[key] = value.lower()
    if values["tone"] not in TONES:
        raise ConfigError(f"variant {name}: there is no tone {values['tone']!r}; use {', '.join(TONES)}")
    if values["subject"] not in SUBJECTS:
        raise ConfigError(f"variant {name}: subject is one of {', '.join(SUBJECTS)}")
    if values["products"] not in {"1", "2", "3"}:
        raise ConfigError(f"variant {name}: products is 1, 2 or 3")
    if values["offer"] not in {"yes", "no"}:
        raise ConfigError(f"variant {name}: offer is yes or no")
    return Variant(name, values["tone"], int(values["products"]), values["subject"], values["offer"] == "yes")


def check_variants(variants: Sequence[Variant]) -> None:
    """ConfigError where there are too many, or two that could not be told apart."""
    if not 1 <= len(variants) <= VARIANTS_AT_MOST:
        raise ConfigError(f"there are {len(variants)} variants; name 1 to {VARIANTS_AT_MOST}")
    for what in ("name", "settings"):
        seen = [str(getattr(variant, what)).lower() for variant in variants]
        if len(set(seen)) < len(seen):
            raise ConfigError(f"two variants have the same {what}; make them differ")


def hashed_share(*words: str) -> float:
    """A number from 0 to 1 that is the same for the same words, evenly spread over different ones."""
    digest = hashlib.sha256("\n".join(words).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def is_held_out(name: str, customer_id: str, share: float) -> bool:
    """Whether the campaign `name` leaves this customer out: the same answer every time it is asked."""
    return hashed_share(name, customer_id) < share


def assign_variant(name: str, customer_id: str, shares: Sequence[float]) -> int:
    """Which variant (its place) this customer gets in the campaign `name`."""
    at = hashed_share("variant", name, customer_id) * sum(shares)
    for place, share in enumerate(shares):
        at -= share
        if at < 0:
            return place
    return len(shares) - 1


def learned_shares(
    variants: Sequence[Variant], counts: Mapping[str, tuple[int, int]], seed: int = 0
) -> tuple[float, ...]:
    """Each variant's share of the audience, from (successes, messages) by `Variant.settings`."""
    rng = np.random.default_rng(seed)
    drawn = []
    for variant in variants:
        won, sent = counts.get(variant.settings, (0, 0))
        drawn.append(rng.beta(1 + won, 1 + max(0, sent - won), DRAWS))
    best = np.bincount(np.argmax(np.array(drawn), axis=0), minlength=len(variants)) / DRAWS
    mixed = (1 - EXPLORED) * best + EXPLORED / len(variants)
    return tuple(round(float(share), 4) for share in mixed)
