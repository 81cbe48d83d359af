"""Answers that hold one customer's orders against the written policy, or look through them for trouble.

"Which of her items can still be returned?" is decided per order by `rules.py` and worded here;
"has he had trouble?" reads returns, cancelled orders, complaints and thumbs down. Where policy or
records do not say, neither does the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.events import Source
from assistant.plan import Act, Record
from assistant.support.orders import Answer, OrderAnswers
from assistant.support.records import order_label, order_source, return_record
from assistant.support.rules import ACTIONS, Verdict, judge_order, read_rules
from assistant.support.verdicts import DONE, say_verdict, verdict_source
from shop.formats import format_date, format_list
from shop.settings import Settings
from shop.types import Order, OrderLine, PolicyPassage, Turn

NAMED = 8
ACTION_WORDS = (
    ("exchange", r"exchang|swap"),
    ("cancel", r"cancel"),
    ("modify", r"\bmodif|\bchang"),
    ("return", r"return|sen[dt] back|refund"),
)
COMPLAINT = re.compile(
    r"\b(?:late|never (?:came|arrived)|not (?:arrived|come|received)|still waiting|missing|broken|damaged|"
    r"defective|"
    r"faulty|wrong (?:item|size|colou?r)|complain\w*|refund|angry|disappoint\w*|lost|delay\w*)\b",
    re.I,
)
DELIVERY = re.compile(
    r"\b(?:late|arriv\w*|deliver\w*|waiting|parcel|lost|delay\w*|track\w*|ship\w*|came)\b", re.I
)


def answer_may(desk: OrderAnswers) -> Answer | None:
    """What of the customer's orders may be returned, exchanged, changed or cancelled; None: no rule."""
    text = desk.asked.text.lower()
    action = next((name for name, pattern in ACTION_WORDS if re.search(pattern, text)), "return")
    rules = read_rules(desk.assistant.store.policies())
    if not any(rule.action == action for rule in rules):
        return None
    today = desk.assistant.settings.current_date
    meant = [(order, _lines(desk, order)) for order in _orders(desk)]
    judged = [(order, lines, judge_order(rules, action, order, today)) for order, lines in meant if lines]
    if not judged:
        return desk.deny_topic()
    if len(judged) == 1:
        order, _, verdict = judged[0]
        text = say_verdict(verdict, desk.assistant.settings)
        return _answer(desk, text, [verdict], [order], denies=verdict.allowed is None)
    return _several(desk, action, judged)


def may_be_done(
    policies: Sequence[PolicyPassage], orders: Sequence[Order], settings: Settings
) -> dict[str, str]:
    """What the policy lets be done with each order, as "may be sent back or exchanged", by order id.

    Orders that no rule speaks of, or whose status is not known, are left out.
    """
    rules = read_rules(policies)
    found: dict[str, str] = {}
    for order in orders:
        verdicts = [judge_order(rules, action, order, settings.current_date) for action in ACTIONS]
        allowed = [DONE[verdict.action] for verdict in verdicts if verdict.allowed]
        if allowed:
            found[order.id] = f"may be {' or '.join(allowed)}"
        elif any(verdict.allowed is False for verdict in verdicts):
            found[order.id] = "nothing can be changed any more"
    return found


def _orders(desk: OrderAnswers) -> list[Order]:
    wanted = desk.asked.order_id.lstrip("#").lower()
    if wanted:
        return [order for order in desk.orders if order.id.lstrip("#").lower() == wanted]
    period = desk.asked.period
    return [o for o in desk.orders if period is None or (o.placed_at and period.holds(o.placed_at.date()))]


def _lines(desk: OrderAnswers, order: Order) -> list[OrderLine]:
    """The lines asked about that have not come back already."""
    lines = desk.lines_asked(order) if desk.asked.terms else list(order.lines)
    return [line for line in lines if line.returned < line.quantity]


def _several(
    desk: OrderAnswers, action: str, judged: Sequence[tuple[Order, list[OrderLine], Verdict]]
) -> Answer:
    allowed = [(order, lines) for order, lines, verdict in judged if verdict.allowed]
    unknown = [verdict for *_, verdict in judged if verdict.allowed is None]
    done = Record("done", "word", "", {"name": DONE[action]})
    if not allowed:
        first = (unknown or [judged[0][2]])[0]
        if unknown:
            text = say_verdict(first, desk.assistant.settings)
            return _answer(desk, text, [first], [order for order, *_ in judged], denies=True)
        why = "they are " + format_list(
            sorted({v.status for *_, v in judged}), desk.assistant.settings.locale
        )
        why = why if first.cause == "status" else f"all are older than {first.days} days"
        told = [done, Record("why", "word", "", {"name": why})]
        answer = desk.say([Act("may_none", {"done": "[done]", "why": "[why]"})], told)
        return _sourced(desk, answer, [first], [order for order, *_ in judged])
    shown = [_describe(desk, action, order, lines) for order, lines in allowed[:NAMED]]
    more = len(allowed) - len(shown)
    shown += [f"those of {more} more orders"] if more > 0 else []
    told = [done, Record("items", "lines", "", {"name": "; ".join(shown)})]
    answer = desk.say([Act("may_some", {"done": "[done]", "items": "[items]"})], told)
    return _sourced(desk, answer, [v for *_, v in judged if v.allowed][:1], [order for order, _ in allowed])


def _describe(desk: OrderAnswers, action: str, order: Order, lines: Sequence[OrderLine]) -> str:
    label = order_label(order, desk.assistant.settings)
    if action in {"cancel", "modify"}:
        return label
    names = [f"{line.quantity - line.returned} × {line.title}" for line in lines[:NAMED]]
    more = len(lines) - len(names)
    names += [f"{more} more"] if more > 0 else []
    return f"{format_list(names, desk.assistant.settings.locale)} ({label})"


def answer_trouble(desk: OrderAnswers) -> Answer:
    """Returns, cancelled orders, complaints in chats and thumbs down, each with where it stands."""
    about_delivery = bool(re.search(r"deliver|ship|arriv|parcel|courier", desk.asked.text, re.I))
    found: list[tuple[str, Source]] = []
    settings = desk.assistant.settings
    for head in desk.assistant.store.conversations_of(desk.customer.id):
        for turn in desk.assistant.store.turns(head.conversation_id):
            found += _spoken(desk, turn, about_delivery)
    if not about_delivery:
        for order in desk.orders:
            if order.is_cancelled:
                found.append((f"{order_label(order, settings)} was cancelled", order_source(order, settings)))
        for item in desk.returns:
            line = return_record("1", item, settings).fields["line"]
            found.append((f"{line} came back", Source("return", item.id, f"Return {item.id}", line)))
    if not found:
        kind = "trouble_none_delivery" if about_delivery else "trouble_none"
        answer = desk.say([Act(kind)])
        return replace(answer, denies=about_delivery)
    shown = [text for text, _ in found[:NAMED]]
    more = len(found) - len(shown)
    shown += [f"{more} more"] if more > 0 else []
    items = Record("items", "lines", "", {"name": "; ".join(shown)})
    answer = desk.say([Act("trouble_some", {"items": "[items]"})], [items])
    return replace(answer, sources=tuple(source for _, source in found[:NAMED]))


def _spoken(desk: OrderAnswers, turn: Turn, about_delivery: bool) -> list[tuple[str, Source]]:
    day = format_date(turn.at.date(), desk.assistant.settings.locale)
    source = Source("conversation", turn.conversation_id, f"Chat of {day}", turn.message)
    if about_delivery and not DELIVERY.search(turn.message):
        return []
    if COMPLAINT.search(turn.message):
        return [(f"on {day} they wrote “{turn.message}”", source)]
    if turn.vote < 0:
        return [(f"on {day} they gave an answer a thumbs down", source)]
    return []


def _answer(
    desk: OrderAnswers, text: str, verdicts: Sequence[Verdict], orders: Sequence[Order], *, denies: bool
) -> Answer:
    return _sourced(desk, Answer(text, (), denies, ("may",)), verdicts, orders)


def _sourced(
    desk: OrderAnswers, answer: Answer, verdicts: Sequence[Verdict], orders: Sequence[Order]
) -> Answer:
    policy = [source for verdict in verdicts if (source := verdict_source(verdict))]
    shown = [order_source(order, desk.assistant.settings) for order in orders[:NAMED]]
    return replace(answer, sources=(*policy, *shown))
