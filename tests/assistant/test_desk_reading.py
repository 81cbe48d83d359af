"""A customer's message read: whom, which lines, what the policy says, which variant, what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from assistant.support.case import Case, read_case
from assistant.support.rules import judge_order, judge_refund, read_refund_rules, read_rules
from shop.store import Store
from shop.types import Customer, Money, Order, OrderLine, PolicyPassage, Product, Variant

TODAY = date(2026, 7, 1)
POLICIES = (
    PolicyPassage("cancel", "Cancelling", "An order can only be cancelled if its status is 'pending'."),
    PolicyPassage("change", "Changing", "An order can only be modified if its status is 'pending'."),
    PolicyPassage(
        "return",
        "Returning goods",
        "An order can only be returned if its status is 'delivered'. The refund must either go to the "
        "original payment method, or an existing gift card.",
    ),
    PolicyPassage("exchange", "Exchange", "An order can only be exchanged if its status is 'delivered'."),
)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


LAMP = Product(
    "lamp",
    "Desk Lamp",
    variants=tuple(
        Variant(f"l{n}", {"color": colour, "brightness": bright}, usd(price), free)
        for n, (colour, bright, price, free) in enumerate(
            [
                ("black", "low", "40.00", True),
                ("black", "high", "46.50", True),
                ("white", "high", "52.00", True),
                ("white", "medium", "39.00", False),
                ("black", "medium", "43.25", True),
            ]
        )
    ),
)
BOOTS = Product(
    "boots",
    "Hiking Boots",
    variants=tuple(
        Variant(f"b{size}", {"size": size, "waterproof": "yes"}, usd("90.00"), True) for size in ("8", "9")
    ),
)
ANNA = Customer(
    "anna_1", "Anna", "Berg", "anna@example.org", address={"zip": "10117"}, payment_methods=("gift card",)
)
NAMESAKE = Customer("anna_2", "Anna", "Berg", "berg@example.org", address={"zip": "20095"})


def line(product: Product, variant: str) -> OrderLine:
    found = next(one for one in product.variants if one.id == variant)
    assert found.price is not None
    return OrderLine(product.id, product.title, 1, found.price, variant, found.options)


ORDERS = (
    Order(
        "#W100001", "anna_1", (line(LAMP, "l0"), line(BOOTS, "b8")), status="delivered", payments=("PayPal",)
    ),
    Order(
        "#W100002",
        "anna_1",
        (line(BOOTS, "b8"),),
        status="pending",
        payments=("PayPal",),
        ship_to={"city": "Rome"},
    ),
    Order(
        "#W100003", "anna_1", (line(LAMP, "l4"), line(BOOTS, "b9")), status="processed", payments=("PayPal",)
    ),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path: Path = tmp_path_factory.mktemp("desk") / "shop.db"
    with Store(f"sqlite:///{path}") as opened:
        opened.put_products((LAMP, BOOTS))
        opened.put_customers((ANNA, NAMESAKE))
        opened.put_orders(ORDERS)
        opened.put_policies(POLICIES)
        yield opened


def read(store: Store, text: str) -> Case:
    return read_case(store, text, TODAY, "anna_1")


@pytest.mark.parametrize(
    ("text", "wanted", "by"),
    [
        ("This is Anna Berg, 10117.", "anna_1", "name and postcode"),
        ("Anna Berg here, postcode 20095", "anna_2", "name and postcode"),
        ("write to berg@example.org please", "anna_2", "e-mail"),
        ("It is about order #W100002.", "anna_1", "order number"),
        ("my number is anna_2", "anna_2", "customer number"),
    ],
)
def test_the_sender_is_told_from_what_is_said(store: Store, text: str, wanted: str, by: str) -> None:
    case = read_case(store, text, TODAY)
    assert case.sender is not None
    assert (case.sender.customer.id, case.sender.by) == (wanted, by)


def test_a_name_that_two_have_names_nobody(store: Store) -> None:
    assert read_case(store, "Anna Berg here, please cancel my order", TODAY).sender is None


@pytest.mark.parametrize(
    ("text", "action", "order", "lines", "possible"),
    [
        ("Please cancel order #W100002", "cancel", "#W100002", 1, True),
        ("Please cancel order #W100001", "cancel", "#W100001", 2, False),
        ("I want to send back the desk lamp", "return", "#W100001", 1, True),
        ("I'd like to return everything from order W100001 except the boots", "return", "#W100001", 1, True),
        ("I want to return all items in order #W100003", "return", "#W100003", 2, False),
        ("Can you change the address of my pending order?", "address", "#W100002", 1, True),
        ("I want to return the lamp and get the refund to my gift card", "return", "#W100001", 1, True),
        ("I want to return the lamp and get the refund to my credit card", "return", "#W100001", 1, False),
    ],
)
def test_requests_and_verdicts(
    store: Store, text: str, action: str, order: str, lines: int, possible: bool
) -> None:
    (request,) = read(store, text).requests
    found = (request.action, request.order.id, len(request.spots), request.possible)
    assert found == (action, order, lines, possible)


@pytest.mark.parametrize(
    ("text", "variant", "difference"),
    [
        ("exchange the desk lamp for a brighter one", "l4", "3.25"),
        ("exchange the desk lamp for the brightest one", "l1", "6.50"),
        ("exchange the desk lamp for a white one", "l2", "12.00"),
        ("exchange the desk lamp to {'brightness': 'high', 'color': 'white'}", "l2", "12.00"),
        ("exchange the lamp for item l1", "l1", "6.50"),
    ],
)
def test_the_replacement_follows_the_words(store: Store, text: str, variant: str, difference: str) -> None:
    (request,) = read(store, f"I want to {text}").requests
    (found,) = request.replacements.values()
    assert found is not None and found.variant.id == variant
    assert request.difference is not None and request.difference.amount == Decimal(difference)


def test_what_is_not_available_is_not_offered(store: Store) -> None:
    (request,) = read(
        store, "I want to exchange the desk lamp for a white one with medium brightness"
    ).requests
    assert request.verdict.allowed and not request.possible
    assert list(request.replacements.values()) == [None]


def test_the_second_best_is_taken_only_where_the_first_fails(store: Store) -> None:
    first = "I want to exchange the desk lamp for a white one with {} brightness. "
    then = "If that is not possible, I want to return the desk lamp."
    (request,) = read(store, first.format("high") + then).requests
    assert request.action == "exchange" and request.possible
    *_, last = read(store, first.format("medium") + then).requests
    assert last.action == "return" and last.possible


def test_asking_is_not_requesting(store: Store) -> None:
    assert not read(store, "What did I pay for the desk lamp?").requests
    assert not read(store, "I never want to return the desk lamp").requests


def test_rules_are_read_from_the_policys_own_sentences() -> None:
    rules = read_rules(
        [
            PolicyPassage("r", "Returns", "Unused goods can be returned within 30 days of the order."),
            PolicyPassage("n", "Sale", "Sale goods cannot be returned within 30 days."),
            *POLICIES[:1],
        ]
    )
    assert [(rule.action, rule.days, rule.statuses) for rule in rules] == [
        ("return", 30, ()),
        ("cancel", None, ("pending",)),
    ]
    dated = Order("1", "c", ORDERS[0].lines, datetime(2026, 6, 1, tzinfo=UTC), status="delivered")
    assert judge_order(rules, "return", dated, TODAY).until == TODAY
    late = judge_order(rules, "return", dated, date(2026, 7, 2))
    assert late.allowed is False and late.cause == "window"
    undated = judge_order(rules, "return", ORDERS[0], TODAY)
    assert undated.allowed is None and undated.cause == "no_date"
    assert judge_order(rules, "exchange", dated, TODAY).cause == "no_rule"
    refused = judge_order(rules, "cancel", dated, TODAY)
    assert refused.allowed is False and refused.needed == ("pending",)


def test_refunds_go_where_the_policy_says() -> None:
    rules = read_refund_rules(POLICIES)
    order = ORDERS[0]
    said = {
        wanted: judge_refund(rules, "return", order, ["gift card"], wanted)[0]
        for wanted in ("PayPal", "other")
    }
    assert said == {"PayPal": True, "other": False}
    assert judge_refund(rules, "return", order, ["gift card"], "gift card")[0] is True
    assert judge_refund(rules, "return", order, ["PayPal"], "gift card")[0] is False
    assert judge_refund(rules, "cancel", order, ["gift card"], "PayPal")[0] is None


def test_a_wish_without_a_verb_is_a_wish(store: Store) -> None:
    (request,) = read(store, "The desk lamp should be white. I'd like to know the price.").requests
    (found,) = request.replacements.values()
    assert request.order.id == "#W100001" and found is not None and found.variant.id == "l2"
    (request,) = read(store, "My desk lamp is too dim. I need it in black and with high brightness.").requests
    (found,) = request.replacements.values()
    assert found is not None and found.variant.id == "l1"
    assert not read(store, "I want the desk lamp. I need help with it.").requests


@pytest.mark.parametrize(
    ("text", "order", "lines"),
    [
        ("I want to return everything but the boots from the order with the desk lamp", "#W100001", {0}),
        ("Please cancel the order that goes to Rome", "#W100002", {0}),
        ("I ordered boots twice; I want to cancel the pending ones", "#W100002", {0}),
        ("I want to send everything else back but keep the desk lamp", "#W100001", {1}),
        ("I'd like to have the desk lamp returned", "#W100001", {0}),
    ],
)
def test_orders_and_lines_told_by_what_is_said_of_them(
    store: Store, text: str, order: str, lines: set[int]
) -> None:
    (request,) = read(store, text).requests
    assert (request.order.id, {spot.index for spot in request.spots}) == (order, lines)


def test_a_parcel_can_be_asked_to_go_elsewhere_without_the_word_address(store: Store) -> None:
    (request,) = read(store, "My open order should be delivered to 1 Elm St, 10115 Berlin.").requests
    assert (request.action, request.order.id) == ("address", "#W100002")


def test_what_is_withdrawn_is_not_asked_for(store: Store) -> None:
    text = "I want to return the desk lamp and the boots. If you ask me to confirm, I keep the boots."
    (request,) = read(store, text).requests
    assert [spot.line.title for spot in request.spots] == ["Desk Lamp"]


@pytest.mark.parametrize(
    ("bound", "variants"),
    [
        ("more than $3", []),
        ("more than 3.25 dollars", ["l4"]),
        ("at least $3.25", []),
        ("over $4", ["l4"]),
    ],
)
def test_a_condition_on_money_is_held_against_the_figure(
    store: Store, bound: str, variants: list[str]
) -> None:
    text = "I want to exchange the desk lamp for one with medium brightness."
    requests = read(store, f"{text} If the difference is {bound}, I keep mine and change nothing.").requests
    found = [new.variant.id for request in requests for new in request.replacements.values() if new]
    assert found == variants
