"""Take the pictures of docs/images from a running demo: python take_screenshots.py ADDRESS FOLDER [PART ...]

Start the shop first (`regulars demo`); every page is taken at 1280 and at 390 pixels, without PART all of
them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from conftest import ARGUMENTS, find_chromium

WIDTHS = {1280: 900, 390: 844}


def say(page: Any, message: str) -> None:
    count = page.locator(".rg-turn").count()
    page.fill("textarea", message)
    page.keyboard.press("Enter")
    page.locator(".rg-turn").nth(count).locator(".rg-thumb").first.wait_for()
    page.wait_for_timeout(500)


def take_shop(page: Any, address: str, save: Any) -> None:
    page.goto(f"{address}/shop/")
    page.locator(".rg-starter").first.wait_for()
    save("shop-start")
    say(page, "lunch bags under £3")
    page.locator(".rg-add").nth(0).click()
    page.locator(".rg-add:visible").last.click()
    page.mouse.move(0, 0)
    page.evaluate(
        "document.querySelector('.rg-log').scrollTop = document.querySelector('.rg-turn').offsetTop - 14"
    )
    page.wait_for_timeout(3800)  # until the notice has gone
    save("shop")
    if page.viewport_size["width"] < 1000:
        page.locator(".rg-cart-open").click()
        page.wait_for_timeout(500)
        save("shop-cart")
        page.keyboard.press("Escape")
    page.locator(".rg-who select").select_option(index=2)
    page.locator(".rg-starter").first.wait_for()
    say(page, "What do you recommend for me?")
    page.locator(".rg-turn .rg-evidence summary").first.click()
    page.wait_for_timeout(300)
    save("shop-recommend")


def take_staff(page: Any, address: str, save: Any) -> None:
    page.goto(f"{address}/support/")
    page.locator(".rs-picks label").first.wait_for()
    page.locator("#desk-find textarea, #desk-find input").first.fill("12471")
    page.keyboard.press("Enter")
    page.locator(".rs-who").wait_for()
    page.get_by_role("button", name="How much have they spent?").click()
    page.locator(".rs-answer").wait_for()
    page.locator("#desk-message textarea").fill("My last parcel has not arrived. Where is it?")
    page.get_by_role("button", name="Suggest a reply").click()
    page.locator(".rs-draft").wait_for()
    page.get_by_text("Risk of losing them").wait_for()
    page.wait_for_timeout(800)
    save("support")
    if page.viewport_size["width"] < 1000:
        page.locator(".rs-draft").scroll_into_view_if_needed()
        page.wait_for_timeout(400)
        save("support-reply")
    take_marketing(page, address, save)


def take_marketing(page: Any, address: str, save: Any) -> None:
    page.goto(f"{address}/marketing/")
    page.locator(".rs-notice").first.wait_for()
    page.get_by_role("button", name="Find customers").click()
    page.locator(".rs-big").wait_for()
    page.wait_for_timeout(1000)
    save("marketing")
    page.get_by_role("button", name="Look at the messages").click()
    page.locator(".rs-frame").wait_for()
    if page.viewport_size["width"] < 1000:
        page.get_by_label("Phone", exact=True).check()
        page.locator(".rs-device.rs-phone").wait_for()
    page.wait_for_timeout(1500)
    page.locator(".rs-inbox").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('.rs-inbox').scrollIntoView()")
    page.wait_for_timeout(500)
    save("marketing-draft")


def take_insight(page: Any, address: str, save: Any) -> None:
    page.goto(f"{address}/insight/")
    page.get_by_text("Whom it would cost most to lose").wait_for()
    page.wait_for_timeout(500)
    save("insight")
    shown = ("insight-risk", ".rs-panel:has(> .rs-risk)")
    if page.viewport_size["width"] > 1000:
        shown = ("insight-trust", ".rs-row + .rs-row")
    page.locator(shown[1]).first.evaluate("part => part.scrollIntoView()")
    page.wait_for_timeout(300)
    save(shown[0])


PARTS = {"shop": take_shop, "staff": take_staff, "insight": take_insight}


def main(address: str, folder: Path, parts: Sequence[str] = ()) -> None:
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        for width, height in WIDTHS.items():
            for part in parts or PARTS:
                page = browser.new_context(viewport={"width": width, "height": height}).new_page()
                page.set_default_timeout(60_000)

                def save(name: str, page: Any = page, width: int = width) -> None:
                    suffix = "" if width == 1280 else "-phone"
                    taken = Image.open(BytesIO(page.screenshot())).convert("RGB")
                    # Fewer colours, chosen well: a third of the bytes and no difference to see.
                    taken.quantize(256, kmeans=2).save(folder / f"{name}{suffix}.png", optimize=True)

                PARTS[part](page, address, save)
                page.context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), Path(sys.argv[2]), sys.argv[3:])
