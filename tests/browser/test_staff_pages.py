"""The support desk and the marketing studio open on real data."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["support", "marketing"])
def test_a_staff_page_opens(visit: Any, name: str) -> None:
    page = visit.open(f"/{name}/")
    page.get_by_text("Retro Gifts").first.wait_for()
    page.locator("button").first.wait_for()
    assert not visit.problems and not visit.foreign


@pytest.mark.parametrize("name", ["support", "marketing"])
def test_a_staff_page_fits_a_phone(phone: Any, name: str) -> None:
    page = phone.open(f"/{name}/")
    page.get_by_text("Retro Gifts").first.wait_for()
    page.locator("button").first.wait_for()
    assert not phone.is_too_wide()
