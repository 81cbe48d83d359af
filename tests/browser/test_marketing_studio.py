"""The marketer's whole way, from a goal to a report, in a real browser: at a desk and on a phone."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def plan(page: Any) -> None:
    """A new campaign with the form as it is."""
    page.get_by_role("button", name="Find customers").click()
    page.locator(".rs-big").wait_for()
    page.get_by_role("button", name="Look at the messages").click()
    page.locator(".rs-frame").wait_for()


def tab(page: Any, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def test_from_a_goal_to_a_report(visit: Any, tmp_path: Path) -> None:
    page = visit.open("/marketing/")
    page.get_by_label("At most how many").fill("20")
    page.get_by_role("button", name="Variants").click()
    page.get_by_label("How many", exact=False).last.wait_for()
    page.locator("input[type=number][aria-label*='How many']").first.fill("2")
    page.keyboard.press("Tab")
    plan(page)
    assert page.get_by_text("All checks are green").count() == 1
    frame = page.frame_locator(".rs-frame").locator("body")
    assert "Hello" in frame.inner_text() and "{{ unsubscribe }}" in frame.inner_text()
    before = page.locator(".rs-frame").get_attribute("srcdoc")
    page.get_by_role("button", name="Next").click()
    page.wait_for_function("before => document.querySelector('.rs-frame')?.srcdoc !== before", arg=before)

    page.get_by_role("button", name="Draft all").click()
    page.get_by_text("0 not drafted").wait_for()
    tab(page, "Send")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_text("is not approved yet").wait_for()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Approve the green messages").click()
    page.get_by_text("Ada approved").first.wait_for()
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_text("are ready to download").wait_for()
    page.wait_for_function("document.querySelector('input[aria-label=Campaign]').value.endsWith('exported')")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download").or_(
            page.get_by_role("link", name="Download")
        ).first.click()
    saved = tmp_path / "messages.csv"
    coming.value.save_as(saved)
    with saved.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sent = [row for row in rows if row["holdout"] == "0"]
    assert len(rows) == 20 and sent and {row["variant"] for row in rows} == {"A", "B"}

    tab(page, "Report")
    results = tmp_path / "results.csv"
    results.write_text(f"customer_id,event\n{sent[0]['customer_id']},clicked\n", encoding="utf-8")
    page.locator("input[type=file]").set_input_files(results)
    page.get_by_text("1 clicked").first.wait_for()
    page.locator("svg[aria-label='Share of customers who ordered']").wait_for()
    assert not visit.problems and not visit.foreign


def test_an_edit_turns_red_and_is_kept_from_going_out(visit: Any) -> None:
    page = visit.open("/marketing/")
    page.get_by_label("At most how many").fill("3")
    plan(page)
    page.get_by_role("button", name="Edit this message").click()
    page.get_by_label("Subject", exact=True).fill("Everything for £0.01")
    page.get_by_role("button", name="Save and check").click()
    page.get_by_text("1 red: this message will not be exported").wait_for()
    page.get_by_text("1 red", exact=True).wait_for()
    page.get_by_role("button", name="Write again").click()
    page.get_by_text("All checks are green").wait_for()
    assert not visit.problems


def test_voice_and_offers_are_checked_before_they_are_kept(visit: Any) -> None:
    page = visit.open("/marketing/")
    tab(page, "Voice")
    box = page.get_by_label("Brand voice")
    before = box.input_value()
    box.fill(before.replace("tone: plain", "tone: loud"))
    page.get_by_role("button", name="Save brand voice").click()
    page.get_by_text("'loud' is no tone").wait_for()
    box.fill(before)
    page.get_by_role("button", name="Save brand voice").click()
    page.get_by_text("Saved. Tone plain").wait_for()


def test_the_studio_on_a_phone(phone: Any) -> None:
    page = phone.open("/marketing/")
    page.get_by_label("At most how many").fill("4")
    plan(page)
    page.get_by_label("Phone", exact=True).check()
    page.locator(".rs-device.rs-phone .rs-frame").wait_for()
    page.locator(".rs-inbox").wait_for()
    assert not phone.is_too_wide()
    tab(page, "Send")
    page.get_by_role("button", name="Approve the green messages").wait_for()
    assert not phone.is_too_wide()
    tab(page, "Voice")
    assert not phone.is_too_wide()
    assert not phone.problems and not phone.foreign
