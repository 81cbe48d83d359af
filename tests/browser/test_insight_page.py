"""The insight page over a simulated shop whose models are trained, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from conftest import serve  # type: ignore[import-not-found]

from tests.insight.conftest import simulate

pytestmark = pytest.mark.browser
TODAY = date(2021, 7, 31)
PLOTS = ("Segments over time", "Engagement", "Can it be trusted? To lapse", "Can it be trusted? To order")
INSIDE = """svg => {
    const whole = svg.getBoundingClientRect();
    const inside = own => own.left >= whole.left - 1 && own.right <= whole.right + 1;
    return [...svg.querySelectorAll('text')].every(text => inside(text.getBoundingClientRect()));
}"""
BARS = ("Segments now", "What it looks at: to lapse", "What it looks at: to order")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A shop whose customers buy and leave; the dearest one's name is markup."""
    from insight.learning import learn
    from shop.settings import load_settings
    from shop.store import Store
    from shop.types import Consent, Customer

    settings = load_settings(
        tmp_path_factory.mktemp("insight"), today=TODAY, churn_days=60, embedder="hash:", model="none:"
    )
    orders, returns = simulate()
    with Store(settings.database_url) as store:
        store.put_orders(orders)
        store.put_returns(returns)
        agreed = Consent(marketing_email=True, source="test")
        names = {order.customer_id: f"<b>Ada</b> {order.customer_id}" for order in orders}
        store.put_customers([Customer(who, first_name=name, consent=agreed) for who, name in names.items()])
        learn(store, settings)
    with serve(settings) as where:
        yield where


def open_insight(visit: Any) -> Any:
    page = visit.open("/insight/")
    page.get_by_text("Whom it would cost most to lose").wait_for(timeout=60_000)
    return page


def panel(page: Any, title: str) -> Any:
    return page.locator(".rs-panel").filter(has=page.locator("h3", has_text=title))


@pytest.mark.parametrize("window", ["visit", "phone"])
def test_every_plot_is_drawn_inside_the_window(window: str, request: pytest.FixtureRequest) -> None:
    opened = request.getfixturevalue(window)
    page, width = open_insight(opened), opened.page.viewport_size["width"]
    for title in PLOTS:
        plot = panel(page, title).locator("svg.rs-plot")
        box = plot.bounding_box()
        assert box["width"] > 250 and box["x"] >= 0 and box["x"] + box["width"] <= width, title
        assert len(plot.get_attribute("aria-label")) > 40, "said to those who cannot see it"
        # Nothing written on the plot leaves it.
        assert plot.evaluate(INSIDE), title
    for title in BARS:
        lengths = (
            panel(page, title)
            .locator(".rs-bar-track i")
            .evaluate_all("bars => bars.map(bar => bar.getBoundingClientRect().width)")
        )
        assert len(lengths) >= 3 and max(lengths) > 100, title
    assert not opened.is_too_wide() and not opened.problems and not opened.foreign


def test_the_numbers_of_a_plot_open(phone: Any) -> None:
    page = open_insight(phone)
    numbers = panel(page, "Can it be trusted? To lapse").locator("details")
    numbers.locator("summary").click()
    rows = numbers.locator("tr")
    rows.nth(1).wait_for()
    people = sum(int(cell.replace(",", "")) for cell in rows.locator("td:nth-child(3)").all_inner_texts())
    assert f"{people:,} customers it had not learnt from" in panel(page, "To lapse").first.inner_text()
    assert not phone.is_too_wide()


@pytest.mark.parametrize("window", ["visit", "phone"])
def test_the_customers_at_risk_lead_to_the_support_desk(window: str, request: pytest.FixtureRequest) -> None:
    opened = request.getfixturevalue(window)
    page = open_insight(opened)
    items = page.locator(".rs-risk li")
    assert items.count() > 5
    for text in items.all_inner_texts():
        assert re.match(r"\d+%", text.strip()) and "order" in text
    link = items.first.locator("a")
    name = link.inner_text()
    assert name.startswith("<b>Ada</b>"), "a name is text, whatever is in it"
    link.click()
    page.locator(".rs-who").wait_for()
    assert name in page.locator(".rs-who").inner_text()
    assert not opened.problems
