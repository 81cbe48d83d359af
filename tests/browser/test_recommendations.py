"""Rows of recommendations as five kinds of visitors meet them, and what their clicks change."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Visit  # type: ignore[import-not-found]

pytestmark = pytest.mark.browser

NEW, ONE, MANY, GONE = "new-customer", "one-order", "many-orders", "gone-customer"


@pytest.fixture(scope="module")
def shop(tiny_shop_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """(address, assistant) of a running shop with a customer of no order, of one, and of a hundred."""
    import uvicorn

    from assistant.chat import Assistant
    from retrieval.recommend.base import Context
    from shop.settings import load_settings
    from shop.types import Customer, Order, OrderLine
    from ui.app import create_app

    folder = tmp_path_factory.mktemp("rows") / "shop"
    shutil.copytree(tiny_shop_master, folder, ignore=shutil.ignore_patterns("*.lock"))
    settings = load_settings(folder)
    assistant = Assistant.open(settings)
    store = assistant.store
    store.put_customers([Customer(id_, country="United Kingdom") for id_ in (NEW, ONE, MANY, GONE)])
    popular = [each.product for each in assistant.recommender.recommend(Context(), 6)]
    sold = popular + [p for p in store.products() if p.price and p not in popular]
    today = datetime(2011, 9, 9, 9, tzinfo=UTC)

    def order(customer: str, number: int, days_ago: int) -> Order:
        lines = tuple(
            OrderLine(p.id, p.title, 1, p.price) for p in sold[3 * number : 3 * number + 3] if p.price
        )
        return Order(f"{customer}-{number}", customer, lines, today - timedelta(days=days_ago))

    store.put_orders([order(ONE, 0, 20), order(GONE, 1, 20)])
    store.put_orders([order(MANY, number, 3 * number) for number in range(100)])
    server = uvicorn.Server(uvicorn.Config(create_app(assistant), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", assistant
    server.should_exit = True
    thread.join(10)
    assistant.close()


@pytest.fixture(params=[1280, 390], ids=["desk", "phone"])
def visitor(request: Any, chromium: Any, shop: tuple[str, Any]) -> Iterator[Visit]:
    opened = Visit(chromium, shop[0], request.param)
    opened.page.set_default_timeout(60_000)
    yield opened
    assert not opened.problems and not opened.foreign
    opened.context.close()


def sign_in(visitor: Visit, shop: tuple[str, Any], customer_id: str) -> Any:
    from shop.settings import load_secret
    from ui.auth import make_customer_token

    token = make_customer_token(load_secret(shop[1].settings), customer_id)
    return visitor.open(f"/shop?customer_token={token}")


def row(page: Any) -> list[str]:
    """The row's product ids, once it is there; every tile has a name, a price and a reason."""
    tiles = page.locator(".rg-foryou .rg-tile")
    tiles.first.wait_for()
    for index in range(tiles.count()):
        tile = tiles.nth(index)
        assert tile.locator(".rg-tile-title").inner_text().strip()
        assert tile.locator(".rg-tile-price").inner_text().strip()
        assert tile.locator(".rg-why, .rg-evidence").inner_text().strip()
    return [str(id_) for id_ in tiles.evaluate_all("all => all.map(one => one.dataset.product)")]


def test_a_guest_sees_what_is_popular_and_then_what_goes_with_what_they_looked_at(
    visitor: Visit, shop: tuple[str, Any]
) -> None:
    page = visitor.open()
    before = row(page)
    assert page.locator(".rg-row-title").inner_text() == "Popular right now"
    assert len(before) == 8 and len(set(before)) == 8 and not visitor.is_too_wide()

    page.locator(".rg-foryou .rg-tile-open").first.click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_text("Goes with this").wait_for()
    assert dialog.locator("h2").inner_text() and dialog.locator(".rg-tile").count() >= 3
    assert "customers" in dialog.locator(".rg-tile .rg-why, .rg-tile .rg-evidence").first.inner_text()
    page.keyboard.press("Escape")
    page.get_by_text("Picked for you").wait_for()
    after = row(page)
    assert after != before
    assert "You looked at" in page.locator(".rg-foryou").inner_text()
    assert not visitor.is_too_wide()


def test_a_new_customer_gets_what_others_buy(visitor: Visit, shop: tuple[str, Any]) -> None:
    page = sign_in(visitor, shop, NEW)
    assert len(row(page)) == 8
    assert page.locator(".rg-row-title").inner_text() == "Popular right now"


def test_one_order_is_enough_to_pick_for_somebody(visitor: Visit, shop: tuple[str, Any]) -> None:
    page = sign_in(visitor, shop, ONE)
    shown = row(page)
    assert page.locator(".rg-row-title").inner_text() == "Picked for you"
    bought = {line.product_id for line in shop[1].store.orders_of(ONE)[0].lines}
    assert not bought & set(shown)
    page.locator(".rg-foryou .rg-evidence summary").first.click()
    evidence = page.locator(".rg-foryou .rg-evidence[open] li").first.inner_text()
    assert evidence.strip() and any(letter.isdigit() for letter in page.locator(".rg-foryou").inner_text())


def test_a_hundred_orders_are_not_recommended_again(visitor: Visit, shop: tuple[str, Any]) -> None:
    page = sign_in(visitor, shop, MANY)
    shown = row(page)
    bought = {line.product_id for order in shop[1].store.orders_of(MANY) for line in order.lines}
    assert len(bought) >= 250 and not bought & set(shown)
    assert page.locator(".rg-row-title").inner_text() == "Picked for you"


def test_a_deleted_customer_is_a_guest_from_that_moment(visitor: Visit, shop: tuple[str, Any]) -> None:
    from retrieval.tastes import forget_customer
    from shop.types import Customer

    _, assistant = shop
    assistant.store.put_customers([Customer(GONE, country="United Kingdom")])
    assistant.deeds.note("Product Viewed", row_product(assistant), customer_id=GONE, conversation_id="")
    page = sign_in(visitor, shop, GONE)
    row(page)
    assert page.locator(".rg-row-title").inner_text() == "Picked for you"
    forget_customer(assistant.store, assistant.settings, GONE)
    page.reload()
    assert len(row(page)) == 8
    assert page.locator(".rg-row-title").inner_text() == "Popular right now"
    assert assistant.store.events_of(GONE) == []


def row_product(assistant: Any) -> str:
    from retrieval.recommend.base import Context

    return str(assistant.recommender.recommend(Context(), 1)[0].product.id)


def test_not_for_me_takes_a_product_and_its_like_out_of_the_row_for_good(
    visitor: Visit, shop: tuple[str, Any]
) -> None:
    page = sign_in(visitor, shop, ONE)
    first = row(page)[0]
    page.locator(".rg-foryou .rg-not").first.click()
    page.get_by_text("Noted: no more of").wait_for()
    assert first not in row(page)
    page.reload()
    assert first not in row(page)
    turn = visitor.say("What would you recommend for me?")
    cards = turn.locator(".rg-card")
    assert cards.count() >= 1
    assert first not in cards.evaluate_all("all => all.map(one => one.dataset.product)")
    card = cards.first
    card.locator(".rg-not").click()
    page.locator(".rg-card.rg-gone").wait_for()
    told = visitor.say("why am I seeing the second one?")
    assert "because" in told.locator(".rg-words").inner_text()


def test_what_goes_into_the_cart_counts_too(visitor: Visit, shop: tuple[str, Any]) -> None:
    page = sign_in(visitor, shop, NEW)
    before = row(page)
    page.locator(".rg-foryou .rg-add").nth(1).click()
    page.wait_for_function(
        "before => { const tiles = [...document.querySelectorAll('.rg-foryou .rg-tile')];"
        " return tiles.length && tiles.map((one) => one.dataset.product).join() !== before; }",
        arg=",".join(before),
    )
    assert row(page) != before
