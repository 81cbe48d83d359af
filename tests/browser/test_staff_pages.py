"""The support desk and the marketing studio on real data, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser


def open_first(visit: Any) -> Any:
    """The support desk with its first customer open."""
    page = visit.open("/support/")
    page.locator(".rs-picks label").first.click()
    page.locator(".rs-who").wait_for()
    return page


def test_the_support_desk_shows_a_customer_and_answers(visit: Any) -> None:
    page = open_first(visit)
    page.get_by_role("button", name="What did they order last?").click()
    page.locator(".rs-answer").wait_for()
    assert page.locator(".rs-answer").inner_text().strip()
    page.get_by_text("Risk of losing them").wait_for(timeout=120_000)  # reads all orders the first time
    assert not visit.problems and not visit.foreign


def test_a_customer_is_found_while_typing_and_opened_with_the_keyboard(visit: Any) -> None:
    page = visit.open("/support/")
    page.locator(".rs-picks label").first.wait_for()
    known = (
        page.locator(".rs-picks label").first.inner_text().split(" · ")[0].removeprefix("Customer ").strip()
    )
    page.keyboard.press("/")  # the find field has the focus already: nothing is typed into it
    page.keyboard.type(known[:-1], delay=20)
    page.get_by_text("found").first.wait_for()
    page.keyboard.type(known[-1])
    page.get_by_text("1 customer found").wait_for()
    page.keyboard.press("Enter")
    page.locator(".rs-who").wait_for()
    assert known in page.locator(".rs-who").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.closest('#desk-ask') !== null")
    assert not visit.problems


def test_a_reply_is_suggested_inserted_and_never_sent(visit: Any) -> None:
    page = open_first(visit)
    page.locator("#desk-message textarea").fill("Please cancel my last order, it never arrived!")
    page.get_by_role("button", name="Suggest a reply").click()
    draft = page.locator(".rs-draft")
    draft.wait_for()
    plain = draft.inner_text()
    page.get_by_role("button", name="Warmer").click()
    page.wait_for_function("before => document.querySelector('.rs-draft').innerText !== before", arg=plain)
    page.get_by_role("button", name="Insert").click()
    own = page.locator("#desk-reply textarea")
    page.wait_for_function("document.querySelector('#desk-reply textarea').value.length > 20")
    own.fill(own.input_value() + " Kim")
    page.get_by_role("button", name="Good suggestion").click()
    page.get_by_text("learnt from only where this customer allows it").wait_for()
    page.get_by_role("button", name="Summary for a colleague").click()
    page.wait_for_function("document.querySelector('#desk-summary textarea')?.value.includes('Next:')")
    assert " Kim" in own.input_value(), "the summary must not take the place of the agent's words"
    assert page.get_by_role("button", name="Send").count() == 0
    assert not visit.problems and not visit.foreign


def test_the_timeline_can_be_narrowed(visit: Any) -> None:
    page = open_first(visit)
    page.locator(".rs-time li.rs-order").first.wait_for()
    page.locator(".rs-kinds label").filter(has_text="Orders").click()
    page.locator(".rs-time li.rs-order").first.wait_for(state="detached")
    assert not visit.problems


def test_the_support_desk_works_on_a_phone(phone: Any) -> None:
    page = open_first(phone)
    page.locator("#desk-message textarea").fill("Where is my order?")
    page.get_by_role("button", name="Suggest a reply").click()
    page.locator(".rs-draft").wait_for()
    assert not phone.is_too_wide() and not phone.problems


@pytest.mark.parametrize("name", ["support", "marketing"])
def test_a_staff_page_fits_a_phone(phone: Any, name: str) -> None:
    page = phone.open(f"/{name}/")
    page.get_by_text("Retro Gifts").first.wait_for()
    page.locator("button").first.wait_for()
    assert not phone.is_too_wide()
