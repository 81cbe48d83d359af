"""What the shop's written policy allows to be done with an order, decided in code.

Reads the sentences of the policy that state a condition in one of a few plain forms ("an order can
only be cancelled if its status is 'pending'", "goods can be returned within 30 days") and holds
them against an order's status and dates. A verdict always names the sentence it follows; where the
policy says nothing the verdict is "not known", never "yes". Knows nothing of who asks or how a
verdict is worded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shop.types import Order, PolicyPassage

ACTIONS = ("cancel", "modify", "return", "exchange")
"""What can be asked of an order."""

_FORMS = {
    "cancel": r"cancel(?:l?ed|l?ing|lation)?s?",
    "modify": r"(?:modif(?:y|ied|ying)|chang(?:e|ed|ing))",
    "return": r"(?:return(?:ed|ing)?s?|sen[dt] back|refund(?:ed)?)",
    "exchange": r"(?:exchang(?:e|ed|ing)s?|swapp?(?:ed|ing)?|replaced?)",
}
_STATUS = r"pending|processing|processed|unfulfilled|fulfilled|shipped|delivered|open|paid"
_WHILE_STATUS = re.compile(
    rf"(?:if|while|when|as long as|until|once) (?:its|the|an|it)?(?: order)?(?:'s)? ?(?:status )?"
    rf"(?:is|are|has been)? ?(?:still )?['\"‘“]?({_STATUS})\b",
    re.I,
)
_WITHIN = re.compile(r"(?:within|up to|for) (\d{1,3})[ -](day|week|month)s?", re.I)
_NUMBER_DAYS = {"day": 1, "week": 7, "month": 30}
_NEVER = re.compile(r"\b(?:cannot|can not|can't|may not|no)\b", re.I)


@dataclass(frozen=True, slots=True)
class Rule:
    """One stated condition: `action` only in one of `statuses`, or only within `days` (None: no limit)."""

    action: str
    sentence: str
    passage: PolicyPassage
    statuses: tuple[str, ...] = ()
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether `action` may be done with an order; None: the policy or the data does not say.

    `cause` is "status", "window", "no_rule", "no_status" or "no_date": what decided it. `until` is the
    last day of a window that is still open.
    """

    action: str
    order_id: str
    allowed: bool | None
    cause: str
    status: str = ""
    needed: tuple[str, ...] = ()
    days: int | None = None
    until: date | None = None
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class RefundRule:
    """Where the money for `action` goes: the original payment method, and a gift card where `gift_card`."""

    action: str
    gift_card: bool
    sentence: str
    passage: PolicyPassage


def read_refund_rules(passages: Iterable[PolicyPassage]) -> tuple[RefundRule, ...]:
    """The policy's sentences on where refunds go."""
    found: list[RefundRule] = []
    for passage in passages:
        actions = [name for name in ACTIONS if re.search(rf"\b{_FORMS[name]}\b", passage.heading, re.I)]
        for sentence in _sentences(passage.text):
            if re.search(r"\brefund", sentence, re.I) and re.search(
                r"\boriginal (?:payment|method)", sentence, re.I
            ):
                gift = bool(re.search(r"\bor\b[^.]*\bgift card", sentence, re.I))
                found += [RefundRule(name, gift, sentence, passage) for name in actions]
    return tuple(found)


def wants_other_option(passages: Iterable[PolicyPassage]) -> bool:
    """Whether the policy says that an exchange must be for a different option, not the same thing anew."""
    return any(
        re.search(r"\bdifferent (?:product )?(?:option|variant)", passage.text, re.I)
        and re.search(_FORMS["exchange"], passage.heading, re.I)
        for passage in passages
    )


def judge_refund(
    rules: Sequence[RefundRule], action: str, order: Order, methods: Sequence[str], wanted: str
) -> tuple[bool | None, RefundRule | None]:
    """Whether the money for `action` may go to `wanted`: "original", "other" or a kind like "gift card".

    `methods` are the customer's payment methods as labels. None: the policy or the records do not say.
    """
    rule = next((each for each in rules if each.action == action), None)
    paid = [label for label in order.payments if not label.startswith("refund")]
    if rule is None or not paid:
        return None, rule
    if wanted == "original" or any(label.startswith(wanted) for label in paid):
        return True, rule
    if wanted == "gift card":
        return rule.gift_card and any(label.startswith("gift card") for label in methods), rule
    return False, rule


def read_rules(passages: Iterable[PolicyPassage]) -> tuple[Rule, ...]:
    """The conditions that a written policy states, in its order."""
    found: list[Rule] = []
    for passage in passages:
        for sentence in _sentences(passage.text):
            found += _read_sentence(sentence, passage)
    return tuple(found)


def _sentences(text: str) -> list[str]:
    return [" ".join(each.split()) for each in re.split(r"(?<=[.!?])\s+|\n+", text) if each.strip()]


def _read_sentence(sentence: str, passage: PolicyPassage) -> list[Rule]:
    if not re.search(r"\b(can|may|accept|have|return)\b", sentence, re.I) or _NEVER.search(sentence):
        return []
    days = _WITHIN.search(sentence)
    statuses = tuple(dict.fromkeys(match.lower() for match in _WHILE_STATUS.findall(sentence)))
    if not days and not statuses:
        return []
    head = sentence[: days.start()] if days and not statuses else sentence
    actions = [name for name in ACTIONS if re.search(rf"\b{_FORMS[name]}\b", head, re.I)]
    if not actions:
        # "You have 30 days" under a heading that names the action.
        actions = [name for name in ACTIONS if re.search(rf"\b{_FORMS[name]}\b", passage.heading, re.I)]
    limit = int(days[1]) * _NUMBER_DAYS[days[2].lower()] if days and not statuses else None
    return [Rule(name, sentence, passage, statuses, limit) for name in actions]


def judge_order(rules: Sequence[Rule], action: str, order: Order, today: date) -> Verdict:
    """Whether `action` may be done with `order` today: every condition stated for it must hold.

    A window of days is counted from the day of the order, the only date the records keep.
    """
    own = [rule for rule in rules if rule.action == action]
    status = order.status.strip().lower()
    if not own:
        return Verdict(action, order.id, None, "no_rule", status)
    if status.startswith("cancel"):
        # What was called off can be neither cancelled again nor sent back, whatever a window says.
        rule = next((rule for rule in own if rule.statuses), own[0])
        return Verdict(action, order.id, False, "status", status, rule.statuses, rule=rule)
    unsure: Verdict | None = None
    held: Verdict | None = None
    for rule in own:
        verdict = _judge_one(rule, order, status, today)
        if verdict.allowed is False:
            return verdict
        if verdict.allowed is None:
            unsure = unsure or verdict
        elif held is None or verdict.until:
            held = verdict
    decided = unsure or held
    assert decided is not None  # there is at least one rule
    return decided


def _judge_one(rule: Rule, order: Order, status: str, today: date) -> Verdict:
    about = {"action": rule.action, "order_id": order.id, "status": status, "rule": rule}
    if rule.statuses:
        if not status:
            return Verdict(allowed=None, cause="no_status", needed=rule.statuses, **about)  # type: ignore[arg-type]
        return Verdict(allowed=status in rule.statuses, cause="status", needed=rule.statuses, **about)  # type: ignore[arg-type]
    if order.placed_at is None or rule.days is None:
        return Verdict(allowed=None, cause="no_date", days=rule.days, **about)  # type: ignore[arg-type]
    until = order.placed_at.date() + timedelta(days=rule.days)
    ok = today <= until
    return Verdict(allowed=ok, cause="window", days=rule.days, until=until if ok else None, **about)  # type: ignore[arg-type]
