"""Checks of the support desk's reading of customers' messages, made from tau2-bench retail tasks.

A task says in words who a customer is and what they want, and which database actions a perfect
agent would have taken. The words (never the actions) go to `assistant.support.case.read_case`; what
must come out is derived from the actions and the database alone. No chat partner is needed:

* `customer`     the customer whom the actions are about is the one found
* `order`        for each kind of action: exactly the orders acted on
* `items`        for each return, exchange or change of items: exactly the lines acted on
* `replacement`  for each line exchanged: the variant chosen
* `difference`   for each exchange or change: what it costs on top, to the cent
* `refund`       for each return or cancellation: what is paid back, to the cent
* `verdict`      for each order acted on: the desk says of the request that it may be done, and of the
                 two actions that its status rules out that they may not be, because of the status
* `nothing_more` for each task: nothing else is held to be possible and asked for

An action whose order the words do not point to is left out and counted (`is_stated`); the two
halves of a file are told apart by the SHA-256 of the task's id.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from assistant.evaluation.cases import half_of
from assistant.support.case import Case, Request, read_case
from assistant.support.rules import judge_order, read_rules
from retrieval.words import stems
from shop.errors import SourceError
from shop.sources.files import read_text
from shop.store import Store
from shop.types import Order, Product

KINDS = ("customer", "order", "items", "replacement", "difference", "refund", "verdict", "nothing_more")
ACTIONS = {
    "cancel_pending_order": "cancel",
    "return_delivered_order_items": "return",
    "exchange_delivered_order_items": "exchange",
    "modify_pending_order_items": "modify",
    "modify_pending_order_address": "address",
    "modify_pending_order_payment": "payment",
}
UNREAD = {"payment"}
"""Actions whose outcome hangs on payment ids, which the shop's records do not keep."""
RULED_OUT = {"pending": ("return", "exchange"), "delivered": ("cancel", "modify")}
STAGE = {
    "cancel": "pending",
    "modify": "pending",
    "address": "pending",
    "return": "delivered",
    "exchange": "delivered",
}
WHOLESALE = re.compile(r"\b(?:all|everything|every|any|pending|orders?|both|entire|whole)\b", re.I)
TOLD = ("known_info", "reason_for_call", "unknown_info", "task_instructions")


@dataclass(frozen=True, slots=True)
class Expected:
    """One action a perfect agent takes: `pairs` are (variant, new variant or '') per line."""

    action: str
    order_id: str
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One task: its words, whom it is about ('' where the actions do not say), what is to be done."""

    id: str
    text: str
    customer_id: str
    expected: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One check that ran; `why` says what came out instead where it failed."""

    task: str
    kind: str
    passed: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class DeskReport:
    """Every check, and how many were left out by kind because the words do not settle them."""

    tasks: int
    checks: tuple[Check, ...]
    left_out: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Counts and shares, by kind and by half."""
        passed = sum(check.passed for check in self.checks)
        return {
            "tasks": self.tasks,
            "checks": len(self.checks),
            "passed": passed,
            "pass_rate": _share(passed, len(self.checks)),
            "by_kind": {
                kind: _sums([check for check in self.checks if check.kind == kind])
                for kind in KINDS
                if any(check.kind == kind for check in self.checks)
            },
            "by_half": {
                half: _sums([check for check in self.checks if half_of(check.task) == half])
                for half in ("developing", "scored")
            },
            "left_out": dict(self.left_out),
            "failures": [
                {"task": check.task, "kind": check.kind, "why": check.why}
                for check in self.checks
                if not check.passed
            ],
        }


def run_desk(file: Path | str, store: Store, today: date) -> DeskReport:
    """Run every task of `file` against the shop in `store`. Raises SourceError for a bad file."""
    tasks = read_tasks(Path(file), store)
    products = {product.id: product for product in store.products()}
    checks: list[Check] = []
    left_out: Counter[str] = Counter()
    for task in tasks:
        case = read_case(store, task.text, today)
        stated = [each for each in task.expected if is_stated(task.text, each, store)]
        for each in task.expected:
            if each not in stated:
                left_out[each.action] += 1
        complete = len(stated) == len(task.expected)
        checks += _Judge(task, case, stated, complete, store, products, today).checks()
    return DeskReport(len(tasks), tuple(checks), left_out)


def read_tasks(file: Path, store: Store) -> tuple[Task, ...]:
    """The tasks of a tau2-bench file; SourceError names what is missing."""
    try:
        raw = json.loads(read_text(file))
    except ValueError as error:
        raise SourceError(f"is no JSON ({error}); name a tau2-bench retail tasks file", file=file) from error
    if not isinstance(raw, list) or not raw:
        raise SourceError("holds no list of tasks; name a tau2-bench retail tasks file", file=file)
    return tuple(_read_task(item, row, file, store) for row, item in enumerate(raw, 1))


def _read_task(item: Any, row: int, file: Path, store: Store) -> Task:
    try:
        told = item["user_scenario"]["instructions"]
        actions = item["evaluation_criteria"]["actions"] or []
        text = told if isinstance(told, str) else "\n".join(str(told.get(name) or "") for name in TOLD)
        expected = tuple(
            Expected(ACTIONS[each["name"]], each["arguments"]["order_id"], _pairs(each["arguments"]))
            for each in actions
            if ACTIONS.get(each["name"], "payment") not in UNREAD
        )
        return Task(str(item["id"]), text, _customer_of(actions, store), expected)
    except (KeyError, TypeError, AttributeError) as error:
        raise SourceError(
            f"lacks {error} or has it in another form; use a tau2-bench retail tasks file", file=file, row=row
        ) from error


def _pairs(arguments: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    items = list(arguments.get("item_ids") or ())
    new = list(arguments.get("new_item_ids") or [""] * len(items))
    return tuple(sorted(zip(items, new, strict=True)))


def _customer_of(actions: Sequence[Mapping[str, Any]], store: Store) -> str:
    """Whom the actions are about: the one looked up, else the owner of an order acted on."""
    for each in actions:
        given = each["arguments"]
        if "user_id" in given:
            return str(given["user_id"])
        if "email" in given:
            return next(
                (c.id for c in store.find_customers(given["email"], 5) if c.email == given["email"]), ""
            )
        if "zip" in given and "first_name" in given:
            name = f"{given['first_name']} {given['last_name']}"
            return next(
                (c.id for c in store.find_customers(name, 50) if c.address.get("zip") == given["zip"]), ""
            )
    for each in actions:
        order = store.order(str(each["arguments"].get("order_id", "")))
        if order is not None:
            return order.customer_id
    return ""


def is_stated(text: str, expected: Expected, store: Store) -> bool:
    """Whether the words point at the order: its number, a word of an acted line's title, or "all" …

    Looks at the task and the database only, so that nothing the desk finds decides what is checked.
    """
    order = store.order(expected.order_id)
    if order is None:
        return False
    if order.id.lstrip("#").lower() in text.lower() or WHOLESALE.search(text):
        return True
    acted = {old for old, _ in expected.pairs}
    lines = [line for line in order.lines if line.variant_id in acted] or order.lines
    said = set(stems(text)) | set(stems(text.replace("-", "")))
    return any(
        set(stems(line.title)) & said or set(stems(line.title.replace("-", ""))) & said for line in lines
    )


@dataclass(frozen=True, slots=True)
class _Judge:
    """One task's reading held against what was expected."""

    task: Task
    case: Case
    stated: Sequence[Expected]
    complete: bool
    store: Store
    products: Mapping[str, Product]
    today: date

    def checks(self) -> Iterator[Check]:
        """All checks of the task."""
        found = self.case.sender.customer.id if self.case.sender else ""
        if self.task.customer_id:
            yield self._check("customer", found == self.task.customer_id, f"found {found or 'nobody'}")
        actions = {each.action for each in self.stated}
        for action in sorted(actions):
            want = {each.order_id for each in self.stated if each.action == action}
            got = {request.order.id for request in self._possible(action)}
            if self.complete:
                yield self._check("order", got == want, f"{action}: {sorted(got)} instead of {sorted(want)}")
            else:
                yield self._check(
                    "order", got >= want, f"{action}: {sorted(got)} lacks some of {sorted(want)}"
                )
        for each in self.stated:
            yield from self._action_checks(each)
        if self.complete:
            wanted = {(each.action, each.order_id) for each in self.stated}
            more = {(r.action, r.order.id) for r in self.case.requests if r.possible} - wanted
            yield self._check("nothing_more", not more, f"also {sorted(more)}")

    def _action_checks(self, each: Expected) -> Iterator[Check]:
        request = next((r for r in self._possible(each.action) if r.order.id == each.order_id), None)
        got = _found_pairs(request) if request else ()
        want = Counter(old for old, _ in each.pairs)
        about = f"{each.action} {each.order_id}"
        if each.pairs:
            yield self._check("items", Counter(old for old, _ in got) == want, f"{about}: {got}")
        if any(new for _, new in each.pairs):
            left = Counter(got)
            for pair in each.pairs:
                yield self._check("replacement", left[pair] > 0, f"{about}: {got} lacks {pair}")
                left[pair] -= 1
            amount = request.difference.amount if request and request.difference else None
            yield self._check("difference", amount == self._difference(each), f"{about}: {amount}")
        if each.action in {"return", "cancel"}:
            amount = request.refund.amount if request and request.refund else None
            yield self._check("refund", amount == self._refund(each), f"{about}: {amount}")
        yield self._verdict(each, request)

    def _verdict(self, each: Expected, request: Request | None) -> Check:
        """Allowed what was done, and refused by the order's status what this stage rules out."""
        if request is None:
            return self._check("verdict", False, f"{each.action} {each.order_id}: not asked for or refused")
        rules = read_rules(self.store.policies())
        others = [
            judge_order(rules, name, request.order, self.today) for name in RULED_OUT[STAGE[each.action]]
        ]
        ok = request.verdict.allowed is True and request.verdict.rule is not None
        refused = all(other.allowed is False and other.cause == "status" for other in others)
        return self._check(
            "verdict", ok and refused, f"{each.action} {each.order_id}: {request.verdict.cause}"
        )

    def _possible(self, action: str) -> list[Request]:
        return [request for request in self.case.requests if request.possible and request.action == action]

    def _order(self, each: Expected) -> Order:
        order = self.store.order(each.order_id)
        assert order is not None  # stated actions have a known order
        return order

    def _difference(self, each: Expected) -> Decimal:
        """New prices of the catalogue less what was paid for the lines."""
        paid = {line.variant_id: line.unit_price.amount for line in self._order(each).lines}
        prices = {v.id: v.price.amount for p in self.products.values() for v in p.variants if v.price}
        return sum((prices[new] - paid[old] for old, new in each.pairs), Decimal(0))

    def _refund(self, each: Expected) -> Decimal:
        lines = self._order(each).lines
        if each.action == "cancel":
            return sum((line.unit_price.amount * line.quantity for line in lines), Decimal(0))
        paid = {line.variant_id: line.unit_price.amount for line in lines}
        return sum((paid[old] for old, _ in each.pairs), Decimal(0))

    def _check(self, kind: str, passed: bool, why: str) -> Check:
        return Check(self.task.id, kind, passed, "" if passed else why)


def _found_pairs(request: Request) -> tuple[tuple[str, str], ...]:
    """(variant, replacement or '') of every line of a request, sorted."""
    new = {spot: found.variant.id for spot, found in request.replacements.items() if found}
    return tuple(sorted((spot.line.variant_id, new.get(spot, "")) for spot in request.spots))


def _sums(checks: Sequence[Check]) -> dict[str, float | int]:
    passed = sum(check.passed for check in checks)
    return {"checks": len(checks), "passed": passed, "pass_rate": _share(passed, len(checks))}


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
