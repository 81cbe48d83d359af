"""Named groups of customers by stated rules, each with a sentence anybody can check.

A rule is one line over the features of feature_table.py, such as `spent >= top(10) and days_since <
60`; the shop's own stand in `[segments]` of shop.toml, ours in segments.toml. Knows no consent (the
campaign's matter) and predicts nothing: "lapsed" is a count of days, not a probability.
"""

from __future__ import annotations

import ast
import operator
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from insight.explain import wordings
from insight.feature_table import FeatureTable
from shop.errors import ConfigError
from shop.store import CustomerStats, Store

Mask = NDArray[np.bool_]

COMPARE = {
    ast.Lt: (operator.lt, "below"),
    ast.LtE: (operator.le, "at most"),
    ast.Gt: (operator.gt, "above"),
    ast.GtE: (operator.ge, "at least"),
    ast.Eq: (operator.eq, "exactly"),
    ast.NotEq: (operator.ne, "not"),
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A group of customers: its name, the rule in words, and who is in it."""

    name: str
    sentence: str
    customer_ids: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many customers the rule holds for."""
        return len(self.customer_ids)


@dataclass(frozen=True, slots=True)
class Rule:
    """A segment's rule, read and checked; `members` says for whom it holds."""

    name: str
    sentence: str
    tree: ast.expr

    def members(self, table: FeatureTable) -> Mask:
        """One truth a row of the table."""
        return _evaluate(self.tree, table)


def read_rule(name: str, text: str, sentence: str = "") -> Rule:
    """A rule from its line; without `sentence` the rule is put into words.

    Raises ConfigError that names the segment and what in the line cannot be understood.
    """
    try:
        tree = ast.parse(text, mode="eval").body
        words = _in_words(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is no rule"
        raise ConfigError(
            f"segment {name!r} in [segments] of shop.toml: {text!r} cannot be read ({reason}); write it like "
            "'orders >= 3 and days_since < 60' or 'spent >= top(10)'"
        ) from error
    return Rule(name, sentence or words[0].upper() + words[1:], tree)


def segment_rules(own: Mapping[str, str], lapse_days: int) -> tuple[Rule, ...]:
    """Our named segments and then the shop's own; a shop's rule of the same name replaces ours."""
    raw = tomllib.loads((Path(__file__).parent / "segments.toml").read_text(encoding="utf-8"))
    rules = {
        name: read_rule(
            name, entry["rule"].format(lapse=lapse_days), entry["sentence"].format(lapse=lapse_days)
        )
        for name, entry in raw.items()
    }
    return tuple((rules | {name: read_rule(name, text) for name, text in own.items()}).values())


def _evaluate(node: ast.expr, table: FeatureTable) -> Mask:
    match node:
        case ast.BoolOp(op=op, values=parts):
            joined = [_evaluate(part, table) for part in parts]
            whole = np.logical_and if isinstance(op, ast.And) else np.logical_or
            return np.asarray(whole.reduce(joined), np.bool_)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return ~_evaluate(part, table)
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[value]):
            column = table.column(name)
            bound = _number(value)
            if isinstance(value, ast.Call):
                # `top(10)`: the value that a tenth of the customers reach.
                bound = float(np.quantile(column, 1 - bound / 100)) if len(column) else 0.0
            return np.asarray(COMPARE[type(op)][0](column, np.float32(bound)), np.bool_)
    raise AssertionError("read_rule lets no other node through")


def _number(node: ast.expr) -> float:
    """A plain number, a negative one, or the share of top(SHARE)."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -float(value)
        case ast.Call(func=ast.Name(id="top"), args=[share], keywords=[]) if not isinstance(share, ast.Call):
            if 0 < (found := _number(share)) < 100:
                return found
            raise ValueError("top() takes a percentage between 0 and 100")
    raise ValueError(f"{ast.unparse(node)!r} is neither a number nor top(PERCENT)")


def _in_words(node: ast.expr) -> str:
    """The rule as a phrase; ValueError where a part of it is none of a rule's parts."""
    match node:
        case ast.BoolOp(op=op, values=parts):
            word = " and " if isinstance(op, ast.And) else " or "
            return word.join(_in_words(part) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return f"not ({_in_words(part)})"
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[value]) if type(op) in COMPARE:
            if name not in wordings():
                raise ValueError(f"{name!r} is no feature; there are {', '.join(wordings())}")
            number = f"{_number(value):g}"
            if isinstance(value, ast.Call):
                number = f"that of the top {number} %"
            return f"{wordings()[name].name} {COMPARE[type(op)][1]} {number}"
    raise ValueError(f"{ast.unparse(node)!r} is not FEATURE, a comparison and a number")


def members_of(rules: Sequence[Rule], table: FeatureTable, customers: Sequence[str]) -> tuple[Segment, ...]:
    """The rules' segments with their customers by id; a customer may be in several, or in none."""
    return tuple(
        Segment(
            rule.name, rule.sentence, tuple(customers[place] for place in table.customer[rule.members(table)])
        )
        for rule in rules
    )


def stats_as_of(store: Store, today: date) -> list[CustomerStats]:
    """Every customer's order figures with nothing after `today` in them; undated orders do not count."""
    after = datetime.combine(today + timedelta(days=1), time.min, tzinfo=UTC)
    return store.order_stats(before=after)


def lapsed(store: Store, today: date, days: int) -> list[CustomerStats]:
    """Customers whose last order is more than `days` days before `today`, biggest spenders first.

    Customers without a dated order are not in it: that they have lapsed is not known.
    """
    return lapsed_among(stats_as_of(store, today), today, days)


def lapsed_among(stats: Sequence[CustomerStats], today: date, days: int) -> list[CustomerStats]:
    """`lapsed` over figures already read."""
    found = [row for row in stats if row.last_at is not None and (today - row.last_at.date()).days > days]
    return sorted(found, key=lambda row: (-row.spent.amount, row.customer_id))
