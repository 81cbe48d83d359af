"""An independent check of what a reply states against the shop's records.

Shares no code with the audit, the planner or the search: it has the reply as the shopper sees it,
the cards, the sources, the shopper's own messages and the store. It knows English. It errs on the
side of reporting: a thing it cannot trace to a record of this conversation is unbacked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.evaluation.backing import Backing, gather_backing
from assistant.evaluation.leaks import find_leaks
from assistant.evaluation.mentions import (
    BLANK,
    Mention,
    Named,
    Titled,
    blank,
    find_titles,
    fold,
    read_mentions,
    read_names,
    sentences,
)
from assistant.evaluation.world import World
from assistant.events import Card, Done
from shop.settings import Settings
from shop.store import Store
from shop.types import Product

LIMIT_WORD = re.compile(
    r"\b(?:under|below|over|above|between|between \S+ and|from|(?:up|\d) to|around|about|than|within|"
    r"(?:limit|budget|cap|maximum|minimum)(?: of| is)?|at most|at least|your)\W{0,3}$",
    re.IGNORECASE,
)
LIMIT_AFTER = re.compile(
    r"^\W{0,2}(?:or|and) (?:less|more|under|below|over|up|above|cheaper)\b", re.IGNORECASE
)
VERBATIM = re.compile(r"“([^“”]{8,})”")
WINDOW = re.compile(r"\b(?:last|past|previous)\s+$", re.IGNORECASE)
NEGATION = re.compile(r"\b(?:not?|never|none|nothing|cannot|without)\b|n['’]t\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with one reply; three empty tuples are a clean one."""

    unbacked: tuple[str, ...] = ()
    mismatches: tuple[str, ...] = ()
    leaks: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.unbacked or self.mismatches or self.leaks)

    def as_json(self) -> dict[str, Any]:
        """As plain lists."""
        return {
            "unbacked": list(self.unbacked),
            "mismatches": list(self.mismatches),
            "leaks": list(self.leaks),
        }


@dataclass(frozen=True)
class Checker:
    """Checks replies of one shop."""

    store: Store
    settings: Settings
    world: World = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "world", World(self.store, self.settings))

    def check(
        self, done: Done, *, messages: Sequence[str], customer_id: str, earlier: Sequence[Card] = ()
    ) -> Findings:
        """Check one reply.

        `messages` are the shopper's so far, this turn's last; `earlier` the cards of earlier turns;
        `customer_id` is '' for a guest.
        """
        backing = gather_backing(self.world, done, messages, customer_id, earlier)
        unbacked, mismatches = _check_cards(self.world, done)
        reading = _Reading(self.world, backing, done.reply)
        reading.read()
        unbacked += reading.unbacked
        mismatches += reading.mismatches
        for card in done.cards:
            why = _Reading(self.world, backing, join_why(card), subject=card.id)
            why.read()
            unbacked += [f"why of {card.title!r}: {found}" for found in why.unbacked]
            mismatches += [f"why of {card.title!r}: {found}" for found in why.mismatches]
        leaks = find_leaks(self.world, done, " ".join(messages), customer_id)
        return Findings(*(tuple(dict.fromkeys(found)) for found in (unbacked, mismatches, leaks)))


def join_why(card: Card) -> str:
    """The reasons written on a card, as one text."""
    return "\n".join(part for part in (card.why, card.why_detail) if part)


def _check_cards(world: World, done: Done) -> tuple[list[str], list[str]]:
    unbacked, mismatches = [], []
    for card in done.cards:
        product = world.products.get(card.id)
        if product is None:
            unbacked.append(f"card {card.id!r} is no product of the shop")
        elif not _is_as_recorded(card, product):
            mismatches.append(f"card {card.id!r} differs from its record")
    for source in done.sources:
        known = {
            "product": lambda key: key in world.products,
            "policy": lambda key: key in world.policies,
            "order": lambda key: world.store.order(key) is not None,
            "customer": lambda key: world.store.customer(key) is not None,
        }.get(source.kind)
        if known is None or not known(source.id):
            unbacked.append(f"source {source.kind} {source.id!r} does not exist")
    return unbacked, mismatches


def _is_as_recorded(card: Card, product: Product) -> bool:
    """Whether a card shows its product as it is, or one of its variants at that variant's price."""
    if (card.title, card.list_price, card.rating) != (product.title, product.list_price, product.rating):
        return False
    forms = {(product.price, product.in_stock)} | {(v.price, v.available) for v in product.variants}
    return (card.price, card.in_stock) in forms


class _Reading:
    """One text being read, sentence by sentence, with what is wrong in it."""

    def __init__(self, world: World, backing: Backing, text: str, *, subject: str = "") -> None:
        self.world, self.backing, self.text, self.subject = world, backing, text, subject
        self.unbacked: list[str] = []
        self.mismatches: list[str] = []

    def read(self) -> None:
        """Fill `unbacked` and `mismatches`."""
        if not self.text:
            return
        titled = find_titles(self.text, self.backing.titles)
        rest = blank(self.text, ((one.start, one.end) for one in titled))
        # What is quoted word for word from a record has its figures from there.
        rest = blank(rest, self._quotations())
        self._read_foreign_titles(rest)
        for start, end in sentences(rest):
            here = [one for one in titled if start <= one.start < end]
            self._read_sentence(rest[start:end], start, here)
        # A quotation is looked up whole, with the figures and titles that stand in it.
        names = [named for named in read_names(self.text) if named.quoted]
        names += [named for named in read_names(_unmention(rest)) if not named.quoted]
        for named in names:
            self._read_name(named)

    def _quotations(self) -> list[tuple[int, int]]:
        """Where the text quotes a record of this turn word for word."""
        return [
            (match.start(1), match.end(1))
            for match in VERBATIM.finditer(self.text)
            if self.backing.has_text(fold(match[1]))
        ]

    def _read_foreign_titles(self, rest: str) -> None:
        """Products of the catalogue that are named though this turn is not about them."""
        lowered = fold(rest.replace(BLANK, " . "))
        for product_id, folded in self.world.folded_titles:
            # A title of one or two words is also plain English; it counts where written as a name.
            if folded.count(" ") < 1 or f" {folded} " not in f" {lowered} ":
                continue
            title = self.world.products[product_id].title
            if folded.count(" ") < 2 and title not in rest:
                continue
            if product_id not in self.backing.products and not self.backing.has_text(folded):
                self.mismatches.append(f"names {title!r}, which this turn does not show")

    def _read_sentence(self, sentence: str, offset: int, titled: Sequence[Titled]) -> None:
        found = read_mentions(sentence)
        amounts = [m for m in found if m.kind == "money"]
        for mention in found:
            place = mention.start + offset
            match mention.kind:
                case "money":
                    self._read_amount(mention, sentence, offset, amounts, titled)
                case "percent":
                    self._read_percent(mention, sentence)
                case "rating":
                    self._read_rating(mention, sentence, self._about(place, offset, amounts, titled))
                case "date":
                    if not self.backing.has_date(mention.value, sentence):
                        self.unbacked.append(f"date {mention.text!r}")
                case "order":
                    if not self.backing.has_order(mention.text):
                        self.unbacked.append(f"order number {mention.text!r}")
                case "email" | "link":
                    if not self.backing.has_text(fold(mention.text)):
                        self.unbacked.append(f"address {mention.text!r}")
                case "number":
                    self._read_number(mention, sentence, offset, titled)

    def _about(
        self, place: int, offset: int, mentions: Sequence[Mention], titled: Sequence[Titled]
    ) -> set[str]:
        """Which products a figure at `place` is about; empty where the sentence names none.

        A sentence that opens with a name speaks of the name before a figure, one that opens with a
        figure ("£2 for the mug") of the name after it. Two names before two figures go in order.
        """
        if self.subject and not titled:
            return {self.subject}
        if not titled:
            return set()
        spots = sorted({(one.start, one.end) for one in titled})
        first_figure = min((m.start + offset for m in mentions), default=place)
        before = [spot for spot in spots if spot[0] < place]
        after = [spot for spot in spots if spot[0] >= place]
        figures = [m.start + offset for m in mentions]
        if all(spot[0] < first_figure for spot in spots) and len(figures) == len(spots) > 1:
            chosen = spots[figures.index(place)] if place in figures else spots[-1]
        elif spots[0][0] > first_figure and after:
            chosen = after[0]
        else:
            chosen = before[-1] if before else after[0]
        return {one.product_id for one in titled if (one.start, one.end) == chosen}

    def _read_amount(
        self,
        mention: Mention,
        sentence: str,
        offset: int,
        amounts: Sequence[Mention],
        titled: Sequence[Titled],
    ) -> None:
        backing, value = self.backing, mention.value
        if self._is_limit(mention, sentence) or value in backing.sums:
            return
        # What the shopper asked for ("under £5") is no price of anything: it does not shift the order.
        priced = [m for m in amounts if not self._is_limit(m, sentence)]
        about = self._about(mention.start + offset, offset, priced, titled)
        if about:
            if not any(value in backing.amounts.get(product_id, ()) for product_id in about):
                names = sorted({self.world.products[i].title for i in about if i in self.world.products})
                known = any(value in amounts_ for amounts_ in backing.amounts.values())
                self.mismatches.append(f"{mention.text} is not the price of {' / '.join(names)}")
                if not known:
                    self.unbacked.append(f"amount {mention.text!r}")
            return
        if not any(value in amounts_ for amounts_ in backing.amounts.values()) and (
            value not in backing.policy_numbers
        ):
            self.unbacked.append(f"amount {mention.text!r}")

    def _is_limit(self, mention: Mention, sentence: str) -> bool:
        """Whether a figure only repeats a limit that the shopper set."""
        before, after = sentence[: mention.start], sentence[mention.end :]
        stated = LIMIT_WORD.search(before) or LIMIT_AFTER.search(after)
        return bool(stated) and mention.value in self.backing.message_numbers

    def _read_percent(self, mention: Mention, sentence: str) -> None:
        if mention.value in self.backing.message_numbers and NEGATION.search(sentence):
            return
        if not self.backing.has_percent(mention.value):
            self.unbacked.append(f"percentage {mention.text!r}")

    def _read_rating(self, mention: Mention, sentence: str, about: set[str]) -> None:
        if self._is_limit(mention, sentence):
            return
        if not self.backing.has_rating(mention.value, about):
            self.unbacked.append(f"rating {mention.text!r}")

    def _read_number(self, mention: Mention, sentence: str, offset: int, titled: Sequence[Titled]) -> None:
        about = self._about(mention.start + offset, offset, (), titled)
        value, backing = mention.value, self.backing
        tail = sentence[mention.end :]
        if WINDOW.search(sentence[: mention.start]) and re.match(r"\s*days?\b", tail):
            return  # the length of a window is chosen, not a fact; what was counted in it is one
        if re.match(r"\s*(?:other |of our )?(?:customers?|people|shoppers?|buyers?)\b", tail, re.I):
            if not backing.has_customers(value, sentence, about or ({self.subject} - {""})):
                self.unbacked.append(f"{mention.text} customers")
            return
        one_product = about if len({(one.start, one.end) for one in titled}) == 1 else set()
        if backing.has_number(value, one_product):
            return
        if backing.has_shared(value, sentence):
            return
        if backing.has_count(value, mention.text + tail.replace(BLANK, ""), sentence.replace(BLANK, "")):
            return
        self.unbacked.append(f"number {mention.text!r}")

    def _read_name(self, named: Named) -> None:
        if self.backing.has_name(named):
            return
        folded = fold(named.text)
        if any(f" {folded} " in f" {title} " for _, title in self.world.folded_titles):
            self.mismatches.append(f"names {named.text!r}, which this turn does not show")
        else:
            self.unbacked.append(f"name {named.text!r}")


def _unmention(text: str) -> str:
    """The text without amounts, dates and order numbers, which are judged on their own."""
    spans = ((m.start, m.end) for m in read_mentions(text) if m.kind not in ("number", "rating"))
    return blank(text, spans)
