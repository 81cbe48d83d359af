"""The next best action: one case a rule, the order of rules, consent and the cap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from insight.next_action import ActionFacts, DueAgain, choose_action, due_again, facts_for_action
from insight.profile import RULES, CustomerProfile, Driver, Prediction
from shop.store import Store
from shop.types import Consent, Customer, Event, Money, Order, OrderLine, Return

TODAY = date(2011, 9, 9)
DUE = DueAgain("p1", "Red Mug", 30, 31, 5)
FACTS = ActionFacts(may_write=True, orders=3, last_order_id="o3", days_since_order=60)


def profile(churn: float | None, model: str = "2011-09-09.1") -> CustomerProfile:
    reason = Driver("days_since", "last order 71 days ago", 0.8)
    found = None if churn is None else Prediction("churn", churn, 90, (reason,), model)
    return CustomerProfile("c1", TODAY, found, None, None, None, None, 90, (), None)


@pytest.mark.parametrize(
    ("churn", "change", "kind"),
    [
        (0.2, {}, "leave_alone"),
        (0.5, {}, "leave_alone"),
        (0.8, {}, "win_back"),
        (None, {}, "leave_alone"),
        (0.8, {"grievance": "Their chat of 2011-09-01 was handed to a person."}, "apologise"),
        (0.2, {"due": (DUE,)}, "restock"),
        (0.8, {"due": (DUE,)}, "win_back"),
        (0.4, {"orders": 1, "days_since_order": 3}, "thank"),
        (0.4, {"orders": 5, "days_since_order": 3}, "thank"),
        (0.4, {"orders": 4, "days_since_order": 3}, "leave_alone"),
        (0.4, {"days_since_order": 20, "last_title": "Red Mug", "last_product_id": "p1"}, "ask_review"),
        (0.4, {"days_since_order": 90, "last_title": "Red Mug"}, "leave_alone"),
    ],
)
def test_each_rule(churn: float | None, change: dict, kind: str) -> None:
    action = choose_action(profile(churn), replace(FACTS, **change))
    assert action.kind == kind
    assert action.text.endswith(".") and action.reason.endswith(".") and action.basis
    assert not action.held_back


def test_reason_and_basis_name_what_decided() -> None:
    action = choose_action(profile(0.82), FACTS)
    assert action.reason == "82% likely to place no order within 90 days: last order 71 days ago."
    assert action.basis == "Model: churn 2011-09-09.1"
    assert choose_action(profile(0.82, RULES), FACTS).basis.startswith("Rule:")
    due = choose_action(profile(0.2), replace(FACTS, due=(DUE,)))
    assert due.reason == "Bought on 5 days, usually every 30 days; the last time was 31 days ago."
    assert due.product_id == "p1"


@pytest.mark.parametrize("change", [{}, {"due": (DUE,)}, {"orders": 1, "days_since_order": 2}])
def test_without_consent_nobody_is_written_to(change: dict) -> None:
    wanted = choose_action(profile(0.9 if not change else 0.2), replace(FACTS, **change))
    held = choose_action(profile(0.9 if not change else 0.2), replace(FACTS, may_write=False, **change))
    assert wanted.kind != "leave_alone" and held.kind == "leave_alone"
    assert held.held_back == wanted.text and held.basis == "Rule: consent"


def test_an_apology_is_service_and_needs_no_consent() -> None:
    action = choose_action(profile(0.2), replace(FACTS, may_write=False, grievance="They were upset."))
    assert action.kind == "apologise"


@pytest.mark.parametrize(("days", "kind"), [((1, 2), "leave_alone"), ((1, 20), "win_back"), ((), "win_back")])
def test_the_cap_holds_back(days: tuple[int, ...], kind: str) -> None:
    written = tuple(TODAY - timedelta(days=day) for day in days)
    action = choose_action(profile(0.9), replace(FACTS, written=written))
    assert action.kind == kind
    assert (action.basis == "Rule: frequency cap") == (kind == "leave_alone")


def order(number: int, days_ago: int, *products: str, status: str = "") -> Order:
    lines = tuple(OrderLine(p, p.title(), 2, Money(Decimal("3.00"), "GBP")) for p in products)
    at = datetime(2011, 9, 9, 12, tzinfo=UTC) - timedelta(days=days_ago)
    return Order(f"o{number}", "c1", lines, at, status)


def test_due_again_by_the_customers_own_interval() -> None:
    orders = [order(n, days, "mug", *(["jug"] if n < 2 else [])) for n, days in enumerate((31, 60, 92, 121))]
    (due,) = due_again(orders, TODAY)
    assert (due.product_id, due.every_days, due.days_since, due.times) == ("mug", 29, 31, 4)
    assert due_again(orders, TODAY - timedelta(days=25)) == (), "bought only just before"
    assert due_again(orders, TODAY + timedelta(days=60)) == (), "given up, not due"


def test_facts_from_the_store(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'shop.db'}") as store:
        store.put_customers([Customer("c1", consent=Consent(marketing_email=True)), Customer("c2")])
        store.put_orders(
            [order(1, 40, "mug"), order(2, 12, "jug", "cup"), order(3, 1, "hat", status="cancelled")]
        )
        sent = datetime(2011, 9, 1, tzinfo=UTC)
        store.put_events([Event("Email Sent", "c1", sent), Event("Product Viewed", "c1", sent)])
        facts = facts_for_action(store, "c1", TODAY)
        assert (facts.may_write, facts.orders, facts.last_order_id, facts.days_since_order) == (
            True,
            2,
            "o2",
            12,
        )
        assert facts.last_title in ("Jug", "Cup") and facts.written == (date(2011, 9, 1),)
        assert not facts.grievance
        before = facts_for_action(store, "c1", TODAY - timedelta(days=13))
        assert before.orders == 1, "nothing after the date is seen"
        back = Return("r1", "c1", "jug", "Jug", 2, Money(Decimal("6.00"), "GBP"), sent, "o2")
        store.put_returns([back])
        facts = facts_for_action(store, "c1", TODAY)
        assert facts.grievance == "They sent back Jug on 2011-09-01." and not facts.last_title
        assert facts_for_action(store, "c2", TODAY).may_write is False
        assert facts_for_action(store, "nobody", TODAY) == ActionFacts(may_write=False)
