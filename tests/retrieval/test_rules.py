"""Every rule of what may be recommended, one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from retrieval.filters import Filters
from retrieval.history import CustomerHistory
from retrieval.recommend.rules import Rules, all_due, is_due, is_twin, mix, price_ceiling, usual_interval
from shop.types import Money, Product

TODAY = date(2011, 9, 9)


def product(id_: str, title: str, price: str = "2.00", shelf: str = "", stock: bool | None = None) -> Product:
    shelves = (shelf,) if shelf else ()
    return Product(id_, title, price=Money(Decimal(price), "GBP"), categories=shelves, in_stock=stock)


MUG = product("mug", "Pottering Mug", shelf="Mugs")
OPEN = Rules(Filters(), CustomerHistory())


def history(**known: object) -> CustomerHistory:
    return CustomerHistory(**known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (OPEN, ""),
        (replace(OPEN, left_out=frozenset({"mug"})), "left out"),
        (replace(OPEN, blocked=frozenset({"mug"})), "blocked by the shop"),
        (replace(OPEN, blocked=frozenset({"Mugs"})), "blocked by the shop"),
        (replace(OPEN, history=history(returned=frozenset({"mug"}))), "returned"),
        (replace(OPEN, history=history(bought={"mug": (date(2011, 9, 1),)})), "bought already"),
        (replace(OPEN, history=history(bought={"mug": (None,)})), "bought already"),
        (replace(OPEN, history=history(disliked=frozenset({"mug"}))), "disliked"),
        (replace(OPEN, history=history(dislikes=("pottering mugs",))), "disliked"),
        (replace(OPEN, turned_down=(product("m2", "Pottering Blue Mug"),)), "disliked"),
        (replace(OPEN, ceiling=Decimal("1.99")), "above the usual price"),
        (replace(OPEN, ceiling=Decimal("2.00")), ""),
        (replace(OPEN, filters=Filters(max_price=Decimal("1"))), "against the filters"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_each_rule_refuses_what_it_is_for(rules: Rules, found: str) -> None:
    assert rules.refusal(MUG) == found
    other = product("tree", "Christmas Tree Star", price="0.85", shelf="Decorations")
    assert rules.refusal(other) == ""


def test_out_of_stock_is_refused_and_unknown_stock_is_not() -> None:
    assert OPEN.refusal(replace(MUG, in_stock=False)) == "out of stock"
    assert OPEN.refusal(replace(MUG, in_stock=True)) == OPEN.refusal(replace(MUG, in_stock=None)) == ""


def days(*texts: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(text) for text in texts)


def test_what_is_bought_again_and_again_comes_back_when_it_is_due() -> None:
    monthly = days("2011-06-10", "2011-07-10", "2011-08-09")
    assert usual_interval(monthly) == 30 and is_due(monthly, TODAY)
    bought = {"mug": monthly, "tree": days("2011-08-09")}
    assert all_due(bought, TODAY) == {"mug"}
    assert replace(OPEN, history=history(bought=bought), due=all_due(bought, TODAY)).refusal(MUG) == ""
    assert not is_due(monthly, date(2011, 8, 20)), "too soon"
    assert not is_due(monthly, date(2011, 12, 1)), "given up"
    assert not is_due(days("2011-08-09"), TODAY), "once is no habit"
    assert not is_due((None, None), TODAY) and usual_interval((None,)) is None
    assert not is_due(days("2011-09-01", "2011-09-03"), TODAY), "two deliveries of one order"


def test_twins_are_one_thing_in_another_version() -> None:
    assert is_twin(product("a", "Big Red Mug"), product("b", "Red Mug, Big"))
    assert not is_twin(product("a", "Lunch Bag Red Retrospot"), product("b", "Lunch Bag Pink Polkadot"))


def test_the_price_ceiling_follows_what_was_paid() -> None:
    assert price_ceiling([Decimal(2)] * 4) is None
    assert price_ceiling([Decimal(2)] * 9) == 6
    assert price_ceiling([Decimal(2)] * 9 + [Decimal(100)]) < 100, "one dear thing is an exception"


@pytest.mark.parametrize("per_category", [1, 2, 3])
def test_lists_are_mixed_and_still_filled(per_category: int) -> None:
    titles = ("Red Lamp", "Blue Jug", "Green Plate", "Tall Vase", "Old Clock", "Oak Tray")
    shelf: Mapping[str, str] = {title: "A" if at < 4 else "B" for at, title in enumerate(titles)}
    ranked = [product(title, title, shelf=shelf[title]) for title in titles]
    chosen = mix(ranked, per_category, 4)
    assert len(chosen) == 4 and chosen[0].id == "Red Lamp"
    first = [one.category for one in chosen[: 2 * per_category]]
    assert max(map(first.count, first)) <= max(per_category, 2)
    whole = mix(ranked, per_category, 6)
    assert sorted(one.id for one in whole) == sorted(titles), "nothing is lost where there is no choice"
    part = mix(ranked, per_category, 6, is_all=False)
    assert part == whole[: len(part)] and len(part) < 6, (
        "where there is more to choose from, it is waited for"
    )
    twins = [product("a", "Red Lamp"), product("b", "Lamp Red"), product("c", "Jug")]
    assert [one.id for one in mix(twins, per_category, 3)] == ["a", "c"]
