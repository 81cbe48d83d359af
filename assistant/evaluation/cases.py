"""The cases file: one conversation and what must hold after its last turn, one JSON object a line.

Knows the format and says exactly where a file breaks it (file, row, field); does not run anything.
An unknown key is an error, so that a misspelt expectation cannot pass by never being looked at.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from shop.errors import SourceError
from shop.samples import SAMPLES

CASE_KEYS = frozenset({"id", "sample", "customer", "turns", "expect", "kind", "plant"})
PLANT_KEYS = frozenset({"id", "title", "description", "price"})
SHOWN_KEYS = frozenset({"max_price", "min_price", "title_any", "in_stock"})
EXPECT_KEYS = frozenset(
    {
        "intent",
        "shown_ids_any",
        "shown_ids_none",
        "every_shown",
        "min_shown",
        "max_shown",
        "says_all",
        "says_none",
        "handoff",
        "denies",
    }
)

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class EveryShown:
    """What each card has to satisfy; a card without a price is skipped by the price limits."""

    max_price: Decimal | None = None
    min_price: Decimal | None = None
    title_any: tuple[Pattern, ...] = ()
    in_stock: bool | None = None


@dataclass(frozen=True, slots=True)
class Expect:
    """What must hold after the last turn; None and empty mean that nothing is asked."""

    intent: tuple[str, ...] = ()
    shown_ids_any: tuple[str, ...] = ()
    shown_ids_none: tuple[str, ...] = ()
    every_shown: EveryShown | None = None
    min_shown: int | None = None
    max_shown: int | None = None
    says_all: tuple[Pattern, ...] = ()
    says_none: tuple[Pattern, ...] = ()
    handoff: bool | None = None
    denies: bool | None = None

    @property
    def says_it_exists(self) -> bool:
        """Whether the case states that the shop does have an answer, so that a denial is wrong."""
        return self.denies is False or (self.denies is None and (self.min_shown or 0) >= 1)


@dataclass(frozen=True, slots=True)
class Planted:
    """A product added to a throw-away copy of the sample, e.g. to carry an injected instruction."""

    id: str
    title: str
    description: str
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation with one sample shop; `customer` is signed in, '' is a guest."""

    id: str
    sample: str
    customer: str
    turns: tuple[str, ...]
    expect: Expect
    kind: str = ""
    plant: tuple[Planted, ...] = field(default=())


def half_of(case_id: str) -> str:
    """ "developing" or "scored": of a file that is developed against, the half that is only counted.

    Settled by the SHA-256 of the id, or of its part before a full stop: questions about one product
    ("B01D16HAFW.yes-7day") fall on one side.
    """
    subject = case_id.partition(".")[0]
    return ("developing", "scored")[hashlib.sha256(subject.encode()).digest()[0] % 2]


def read_cases(path: Path | str) -> tuple[Case, ...]:
    """All cases of a JSONL file. Raises SourceError naming file, row and field."""
    file = Path(path)
    if file.is_dir():
        raise SourceError("this is a folder; name a .jsonl file of cases", file=file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SourceError("there is no such file; name a .jsonl file of cases", file=file) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot be read as UTF-8 text ({error}); mend the file", file=file) from error
    cases: list[Case] = []
    seen: set[str] = set()
    for row, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        case = _Row(file, row).case(line)
        if case.id in seen:
            raise SourceError(f"the id {case.id!r} occurs twice; rename one", file=file, row=row, column="id")
        seen.add(case.id)
        cases.append(case)
    if not cases:
        raise SourceError("holds no cases; write one JSON object a line", file=file)
    return tuple(cases)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the file while it is read; turns every fault into a SourceError with its place."""

    file: Path
    row: int

    def fail(self, message: str, column: str | None = None) -> SourceError:
        return SourceError(message, file=self.file, row=self.row, column=column)

    def case(self, line: str) -> Case:
        try:
            raw = json.loads(line)
        except json.JSONDecodeError as error:
            raise self.fail(f"is not JSON ({error}); write one object a line") from error
        if not isinstance(raw, dict):
            raise self.fail("is not a JSON object; write {...}")
        self.only(raw, CASE_KEYS, "")
        for key in ("id", "sample", "turns", "expect"):
            if key not in raw:
                raise self.fail(f"lacks {key!r}; add it", key)
        sample = self.string(raw, "sample")
        if sample not in SAMPLES:
            raise self.fail(f"no sample is called {sample!r}; use one of {', '.join(SAMPLES)}", "sample")
        turns = self.strings(raw, "turns", "turns")
        if not turns:
            raise self.fail("holds no turn; write at least one message", "turns")
        return Case(
            id=self.string(raw, "id", required=True),
            sample=sample,
            customer=self.string(raw, "customer"),
            turns=turns,
            expect=self.expect(raw["expect"]),
            kind=self.string(raw, "kind"),
            plant=tuple(self.planted(item) for item in self.listed(raw, "plant", "plant")),
        )

    def expect(self, raw: Any) -> Expect:
        self.only(raw, EXPECT_KEYS, "expect")
        shown = raw.get("every_shown")
        intent = raw.get("intent", [])
        return Expect(
            intent=(intent,) if isinstance(intent, str) else self.strings(raw, "intent", "expect.intent"),
            shown_ids_any=self.strings(raw, "shown_ids_any", "expect.shown_ids_any"),
            shown_ids_none=self.strings(raw, "shown_ids_none", "expect.shown_ids_none"),
            every_shown=None if shown is None else self.every_shown(shown),
            min_shown=self.count(raw, "min_shown"),
            max_shown=self.count(raw, "max_shown"),
            says_all=self.patterns(raw, "says_all", "expect.says_all"),
            says_none=self.patterns(raw, "says_none", "expect.says_none"),
            handoff=self.flag(raw, "handoff", "expect.handoff"),
            denies=self.flag(raw, "denies", "expect.denies"),
        )

    def every_shown(self, raw: Any) -> EveryShown:
        self.only(raw, SHOWN_KEYS, "expect.every_shown")
        place = "expect.every_shown."
        return EveryShown(
            max_price=self.amount(raw, "max_price", place + "max_price"),
            min_price=self.amount(raw, "min_price", place + "min_price"),
            title_any=self.patterns(raw, "title_any", place + "title_any"),
            in_stock=self.flag(raw, "in_stock", place + "in_stock"),
        )

    def planted(self, raw: Any) -> Planted:
        self.only(raw, PLANT_KEYS, "plant")
        return Planted(
            id=self.string(raw, "id", required=True),
            title=self.string(raw, "title", required=True),
            description=self.string(raw, "description"),
            price=self.amount(raw, "price", "plant.price"),
        )

    def only(self, raw: Any, known: frozenset[str], place: str) -> None:
        if not isinstance(raw, dict):
            raise self.fail("is not a JSON object; write {...}", place)
        for key in raw:
            if key not in known:
                where = f"{place}.{key}" if place else key
                raise self.fail(f"no such field; use only {', '.join(sorted(known))}", where)

    def string(self, raw: Mapping[str, Any], key: str, *, required: bool = False) -> str:
        value = raw.get(key)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or (required and not value.strip()):
            raise self.fail("is not a text; write it in quotes", key)
        return value

    def listed(self, raw: Mapping[str, Any], key: str, place: str) -> list[Any]:
        value = raw.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.fail("is not a list; write [...]", place)
        return value

    def strings(self, raw: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
        values = self.listed(raw, key, place)
        if not all(isinstance(value, str) for value in values):
            raise self.fail("holds something that is not a text; quote each entry", place)
        return tuple(values)

    def patterns(self, raw: Mapping[str, Any], key: str, place: str) -> tuple[Pattern, ...]:
        found = []
        for text in self.strings(raw, key, place):
            try:
                found.append(re.compile(text, re.IGNORECASE))
            except re.error as error:
                raise self.fail(f"{text!r} is no regular expression ({error}); correct it", place) from error
        return tuple(found)

    def count(self, raw: Mapping[str, Any], key: str) -> int | None:
        value = raw.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.fail("is not a whole number; write 0 or more", f"expect.{key}")
        return value

    def amount(self, raw: Mapping[str, Any], key: str, place: str) -> Decimal | None:
        value = raw.get(key)
        if value is None:
            return None
        try:
            if isinstance(value, bool):
                raise InvalidOperation
            amount = Decimal(str(value))
        except InvalidOperation:
            raise self.fail("is not an amount; write a number such as 4.95", place) from None
        if not amount.is_finite() or amount < 0:
            raise self.fail("is not an amount; write a number of 0 or more", place)
        return amount

    def flag(self, raw: Mapping[str, Any], key: str, place: str) -> bool | None:
        value = raw.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.fail("is neither true nor false; write one of them", place)
        return value
