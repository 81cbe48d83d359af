"""What becomes of requests beside each other: where refunds are asked to go, and which of two gives way.

Knows resolved requests and the policy's refund rules; reads of the words only where the money shall go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.support.case.requests import Request
from assistant.support.rules import RefundRule, judge_refund

REFUND_TO = re.compile(
    r"\brefund(?:ed)?\b[^.;]{0,40}?\bto (?:(?:the|your|my|a|an) )*((?:other|original|(?:\w+ )?credit|gift|"
    r"paypal|visa|mastercard|amex|gc)\b[^.;,]{0,24})",
    re.I,
)

METHODS = (
    (r"^other", "other"),
    (r"original", "original"),
    (r"gift|\bgc\b", "gift card"),
    (r"paypal", "PayPal"),
    (r"credit|visa|master|amex|card", "credit card"),
)

MOST_MONEY = re.compile(r"\b(?:saves?|gets?|gives?)\b[^.]{0,20}\bmost money\b", re.I)


def resolve_conflicts(requests: Sequence[Request], *, by_money: bool) -> None:
    """Cancelling, returning and exchanging each change the order's status: only one can be done.

    The one asked for first, or the one that brings most money back where that is what they want.
    """
    for order_id in dict.fromkeys(request.order.id for request in requests):
        rivals = [r for r in requests if r.order.id == order_id and r.possible and r.action != "address"]
        if by_money:
            rivals.sort(key=lambda request: -request.money_back)
        for request in rivals[1:]:
            request.gives_way = True


def direct_refund(
    requests: Sequence[Request], text: str, rules: Sequence[RefundRule], methods: Sequence[str]
) -> None:
    """Note where `text` wants the money of what was asked for last to go, and whether it may."""
    match = REFUND_TO.search(text)
    if match is None or not requests:
        return
    said = match[1].lower()
    wanted = next((kind for pattern, kind in METHODS if re.search(pattern, said)), "")
    latest = max(request.sentence for request in requests)
    for request in requests:
        if request.sentence == latest and request.action in {"cancel", "return"}:
            request.refund_to = wanted
            judged = judge_refund(rules, request.action, request.order, methods, wanted)
            request.refund_allowed, request.refund_rule = judged
