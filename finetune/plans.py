"""Made-up plans to try a model on: every act it may be asked for, about things it was not taught.

Shops, products, prices, orders and messages are invented anew from a seed, of other trades than the
training messages speak of; a value never says the same thing twice. Knows acts and records, nothing
of models.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from assistant.plan import Act, Plan, Record
from assistant.writers.base import Voice
from assistant.writers.coded import TAKES_UP
from assistant.writers.composer import PLACEHOLDER, load_phrases
from finetune.families import ARTICLE, Family, Messages, load_families, load_messages
from shop.formats import format_list

LOCALE = "en_GB"
SHOPS = ("Harbour & Pine", "The Corner Shed", "Velo Verde", "Ink and Oak", "Northside Supply", "Maison Lune")
PEOPLE = ("Amira", "Joan", "Tomasz", "Priya", "Lucas", "Mei")
STATUSES = ("delivered", "pending", "processed", "cancelled", "on hold", "shipped")
ATTRIBUTES = {
    "colour": ("red", "navy", "sage green", "black", "ivory"),
    "material": ("cotton", "oak", "stainless steel", "wool", "glass"),
    "size": ("M", "42", "30 cm", "XL", "A4"),
    "finish": ("matte", "brushed", "gloss"),
    "voltage": ("18 V", "230 V", "12 V"),
}
FACTS = ("dishwasher safe", "made in Europe", "fit a queen bed", "battery life", "washable", "refillable")
GAPS = ("its stock", "the price", "its brand", "its rating", "its weight")
SHOP_GAPS = ("prices for these", "ratings", "stock levels", "order dates", "sales figures")
POLICIES = ("returns policy", "delivery times", "gift wrapping", "warranty")
PASSAGES = (
    "The lid closes tightly and the handle folds flat for storage",
    "Rinse after use and let it dry in the shade",
    "Returns are taken back within thirty days in their original packing",
    "It runs for about nine hours on one charge",
    "Made from a single piece of ash and oiled by hand",
)
COUNTRIES = ("Portugal", "United Kingdom", "Germany", "Kenya")


PRODUCT_SLOTS = ("product", "reference", "first", "second", "cheaper", "dearer", "better", "other", "bought")
MONEY_SLOTS = (
    "price",
    "highest",
    "list_price",
    "cheaper_price",
    "dearer_price",
    "gap",
    "spent",
    "ordered",
    "mean",
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One act to be worded, with the records behind it and the voice to say it in. `purpose` is what the
    shopper said it is for, as we would say it back."""

    act: Act
    plan: Plan
    voice: Voice
    purpose: str = ""


def make_trials(count: int, seed: int) -> list[Trial]:
    """`count` trials over all acts by turns, those whose wording depends on the message more often."""
    rng = random.Random(seed)
    messages = load_messages().half(test=True)
    families = load_families()
    kinds: dict[str, list[Family]] = {}
    for family in families:
        kinds.setdefault(family.act, []).append(family)
    order = [kind for kind in sorted(kinds) for _ in range(4 if kind in TAKES_UP else 1)]
    trials: list[Trial] = []
    while len(trials) < count:
        rng.shuffle(order)
        for kind in order:
            trials.append(_trial(kind, kinds[kind], messages, rng))
    return trials[:count]


def _trial(kind: str, families: list[Family], messages: Messages, rng: random.Random) -> Trial:
    asked = _slot_sets(kind, families)
    slots = rng.choice(asked)
    tone = rng.choice(sorted({family.tone for family in families}))
    values = _Values(messages, rng)
    fields = {slot: values.of(slot, kind) for slot in slots}
    fields |= {slot: value for slot, value in values.ordered_prices(kind).items() if slot in slots}
    record = Record("x", "made up", "", {slot: value for slot, value in fields.items()})
    # The topic may be left unsaid where the assistant leaves it so.
    must = sorted(slots - {"topic"} if kind in TAKES_UP else slots)
    act = Act(kind, {slot: f"[x.{slot}]" for slot in sorted(slots)}, tuple(must))
    message, purpose = "", ""
    if kind in TAKES_UP:
        about = "recommend" if "recommend" in kind else "superlative" if "superlative" in kind else "find"
        message, purpose = messages.make(about, rng, with_purpose=rng.random() < 0.5)
    voice = Voice(rng.choice(SHOPS), LOCALE, rng.randrange(1_000_000), message=message, tone=tone)
    return Trial(act, Plan((act,), (record,)), voice, purpose)


def _slot_sets(kind: str, families: list[Family]) -> list[frozenset[str]]:
    """The sets of slots the assistant asks this act with; the families' own for an act of theirs alone."""
    phrases = load_phrases(LOCALE.split("_")[0]).get(kind, ())
    found = {frozenset(PLACEHOLDER.findall(phrase)) for phrase in phrases} & {f.slots for f in families}
    return sorted(found or {family.slots for family in families}, key=sorted)


class _Values:
    """Invented values for slots."""

    def __init__(self, messages: Messages, rng: random.Random) -> None:
        self.messages, self.rng = messages, rng
        self.attribute = rng.choice(list(ATTRIBUTES))

    def of(self, slot: str, kind: str) -> str:
        """A value such as the assistant would put into this slot."""
        if slot == "gap" and not kind.startswith("compare"):
            return self.rng.choice(SHOP_GAPS if kind == "not_known" else GAPS)
        if slot == "attribute" and kind == "not_stated":
            return self.rng.choice(FACTS)
        if kind.startswith("mail") and slot == "topic":
            return self._thing().capitalize()
        if slot == "values" and kind.startswith("brief"):
            return self._thing()
        if slot == "order" and kind.startswith(("brief", "step")):
            return f"order {self.rng.randint(100_000, 999_999)}"
        return self._makers().get(slot, self._text)()

    def _makers(self) -> dict[str, Callable[[], str]]:
        pick = self.rng.choice
        number = self.rng.randint
        named = {name: self._product for name in PRODUCT_SLOTS}
        money = {name: self._money for name in MONEY_SLOTS}
        dates = {name: self._date for name in ("placed", "since", "date", "until")}
        counts = {
            name: (lambda: str(number(2, 40)))
            for name in ("total", "available", "count", "orders", "customers", "returns")
        }
        return {
            **named,
            **money,
            **dates,
            **counts,
            "topic": self._thing,
            "filters": lambda: pick(
                ("in navy", f"at {self._money()} or less", "by Makita", "rated at least 4")
            ),
            "why": lambda: pick(
                (
                    f"{number(5, 300)} customers bought it as well as {self._product()}",
                    f"it's close to {self._product()}",
                    f"you last bought it on {self._date()}",
                    f"{number(20, 300)} customers bought it in the last 30 days",
                )
            ),
            "superlative": lambda: pick(("cheapest", "most expensive")),
            "rating": self._rating,
            "better_rating": self._rating,
            "other_rating": self._rating,
            "attribute": lambda: self.attribute,
            "attribute_title": lambda: self.attribute.capitalize(),
            "value": self._value,
            "wanted": self._value,
            "first_value": self._value,
            "second_value": self._value,
            "values": lambda: format_list(self.rng.sample(ATTRIBUTES[self.attribute], 3), LOCALE),
            "passage": lambda: pick(PASSAGES),
            "policy": lambda: pick(POLICIES),
            "missing": lambda: pick(("organic", "foldable", "handmade")),
            "typed": lambda: pick(("lamnp", "screwdrivr", "blankt")),
            "used": lambda: pick(("lamp", "screwdriver", "blanket")),
            "direction": lambda: pick(("cheaper", "dearer", "more")),
            "order": lambda: str(number(100_000, 999_999)),
            "status": lambda: pick(STATUSES),
            "tracking": lambda: str(number(10**11, 10**12)),
            "items": self._items,
            "returned": self._items,
            "latest": self._items,
            "categories": lambda: format_list([self._thing(), self._thing()], LOCALE),
            "category": lambda: self._thing().capitalize(),
            "name": lambda: pick(PEOPLE),
            "first_name": lambda: pick(PEOPLE),
            "customer": lambda: f"{pick(PEOPLE)} {pick(('Silva', 'Okoye', 'Braun'))}",
            "country": lambda: pick(COUNTRIES),
            "shop": lambda: pick(SHOPS),
            "contact": lambda: "help@shop.example",
            "heading": lambda: pick(("Returns", "Cancelling an order", "Payment")),
            "message": lambda: pick(
                ("where is my parcel?", "this arrived broken", "I want to talk to somebody")
            ),
            "days": lambda: str(number(5, 200)),
            "last": self._date,
            "item": self._product,
            "title": self._product,
            "offer": lambda: pick(("10% off lunch bags", "a gift bag with your next order")),
            "code": lambda: pick(("SPRING10", "HELLO5")),
            "link": lambda: "shop.example/a",
        }

    def ordered_prices(self, kind: str) -> dict[str, str]:
        """Prices of which one must be the lower, and their difference."""
        low, difference = self.rng.randint(2, 90), self.rng.randint(1, 60)
        cheap, dear = f"£{low}.50", f"£{low + difference}.50"
        return {
            "compare_price": {"cheaper_price": cheap, "dearer_price": dear, "gap": f"£{difference}.00"},
            "answer_list_price": {"price": cheap, "list_price": dear},
            "answer_price_range": {"price": cheap, "highest": dear},
        }.get(kind, {})

    def _thing(self) -> str:
        return ARTICLE.sub("", self.rng.choice(self.messages.things))

    def _product(self) -> str:
        words = f"{self.rng.choice(('Classic', 'Compact', 'Everyday', 'Studio', 'Heritage'))} {self._thing()}"
        return words.title()

    def _items(self) -> str:
        names = [f"{self.rng.randint(2, 12)} × {self._product()}" for _ in range(self.rng.randint(1, 3))]
        return format_list(names, LOCALE)

    def _money(self) -> str:
        return f"£{self.rng.randint(2, 180)}.{self.rng.choice(('00', '50', '95', '99'))}"

    def _rating(self) -> str:
        return f"{self.rng.randint(30, 49) / 10} out of 5 ({self.rng.randint(12, 4000):,} ratings)"

    def _date(self) -> str:
        month = self.rng.choice(("January", "March", "June", "August", "November"))
        return f"{self.rng.randint(1, 28)} {month} {self.rng.randint(2019, 2024)}"

    def _value(self) -> str:
        return self.rng.choice(ATTRIBUTES[self.attribute])

    def _text(self) -> str:
        return self._thing()


def in_words(trial: Trial, text: str) -> str:
    """`text` with the trial's handles filled in; a handle it does not have stays."""
    try:
        return trial.plan.expand(text)
    except KeyError:
        return text
