"""The support desk and the marketing studio on real data, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_the_support_desk_shows_a_customer_and_answers(visit: Any) -> None:
    page = visit.open("/support/")
    page.locator(".rs-picks label").first.click()
    page.locator(".rs-who").wait_for()
    page.get_by_role("button", name="What did they order last?").click()
    page.locator(".rs-answer").wait_for()
    assert page.locator(".rs-answer").inner_text().strip()
    assert not visit.problems and not visit.foreign


@pytest.mark.parametrize("name", ["support", "marketing"])
def test_a_staff_page_fits_a_phone(phone: Any, name: str) -> None:
    page = phone.open(f"/{name}/")
    page.get_by_text("Retro Gifts").first.wait_for()
    page.locator("button").first.wait_for()
    assert not phone.is_too_wide()
