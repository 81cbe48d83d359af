"""The shop page as a shopper meets it, in a real browser over real data."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_a_first_visit_says_what_it_is_and_offers_a_start(visit: Any) -> None:
    page = visit.open()
    page.locator(".rg-starter").first.wait_for()
    assert page.locator("header h1").inner_text() == "Retro Gifts"
    assert page.locator(".rg-badge").inner_text() == "AI assistant"
    assert "not a person" in page.locator(".rg-welcome").inner_text()
    assert page.get_by_role("button", name="Talk to a person").is_visible()
    assert page.locator(".rg-who select").input_value() == ""
    assert page.get_by_role("log").get_attribute("aria-live") == "polite"

    started = page.evaluate("performance.now()")
    page.locator(".rg-starter").first.click()
    page.locator(".rg-said").wait_for()
    assert page.evaluate("performance.now()") - started < 1000
    page.locator(".rg-thumb").first.wait_for()
    assert page.locator(".rg-words").inner_text().strip()
    assert page.locator(".rg-card").count() >= 1, "a starter leads to products"
    assert not visit.problems and not visit.foreign


def test_a_visit_from_question_to_reload(visit: Any) -> None:
    page = visit.open()
    page.locator("textarea").wait_for()
    turn = visit.say("lunch bag")
    cards = turn.locator(".rg-card")
    assert cards.count() >= 1
    for index in range(cards.count()):
        text = cards.nth(index).inner_text()
        assert "£" in text and ("Stock not stated" in text or "tock" in text)
    title = cards.first.locator(".rg-title").inner_text()

    follow_up = visit.say("something cheaper")
    assert follow_up.locator(".rg-words").inner_text().strip()
    chips = page.locator(".rg-chip")
    assert chips.count() == follow_up.locator(".rg-chip").count(), "only the last answer offers replies"

    cards.first.locator(".rg-add").click()
    line = page.locator(".rg-line")
    line.wait_for()
    assert line.locator(".rg-line-title").inner_text() == title
    page.get_by_role("button", name=f"One more: {title}").click()
    page.wait_for_function("document.querySelector('.rg-quantity').textContent === '2'")
    total = page.locator(".rg-total strong").inner_text()

    turn.get_by_role("button", name="Not helpful").click()
    page.get_by_role("button", name="Something is not true").click()
    turn.get_by_text("Thank you, noted.").wait_for()

    words = follow_up.locator(".rg-words").inner_text()
    page.reload()
    page.locator(".rg-turn").nth(1).wait_for()
    assert page.locator(".rg-turn").nth(0).locator(".rg-title").first.inner_text() == title
    assert page.locator(".rg-turn").nth(1).locator(".rg-words").inner_text() == words
    assert page.locator(".rg-total strong").inner_text() == total
    assert page.locator(".rg-count").inner_text() == "2"
    pressed = page.locator(".rg-turn").nth(0).get_by_role("button", name="Not helpful", exact=True)
    assert pressed.get_attribute("aria-pressed") == "true"

    page.get_by_role("button", name="New conversation").click()
    page.locator(".rg-starter").first.wait_for()
    assert page.locator(".rg-turn").count() == 0
    assert page.locator(".rg-count").inner_text() == "2", "the cart stays"
    page.get_by_role("button", name=f"Remove: {title}").click()
    page.locator(".rg-cart-empty").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.wait_for_function("document.querySelector('.rg-quantity')?.textContent === '2'")
    assert not visit.problems and not visit.foreign


def test_a_shop_title_stays_text(visit: Any) -> None:
    page = visit.open()
    page.locator("textarea").wait_for()
    turn = visit.say("wicked pantomime mug")
    titles = turn.locator(".rg-title").all_inner_texts()
    assert any(title.startswith("<img src=x onerror=") for title in titles), titles
    page.locator(".rg-card", has_text="Wicked").locator(".rg-add").click()
    page.locator(".rg-line").wait_for()
    visit.say("<script>document.title='owned'</script><b>bold</b>")
    assert "owned" not in page.title()
    assert page.locator(".rg-app b, .rg-app script, .rg-app img[src='x']").count() == 0
    page.reload()
    page.locator(".rg-turn").first.wait_for()
    assert "owned" not in page.title()
    assert page.locator(".rg-app b, .rg-app script, .rg-app img[src='x']").count() == 0


def test_who_i_am_changes_what_i_am_shown(visit: Any) -> None:
    page = visit.open()
    page.locator("textarea").wait_for()
    visit.say("lunch bag")
    options = page.locator(".rg-who option")
    assert options.count() >= 3 and "orders" in options.nth(1).inner_text()
    page.locator(".rg-who select").select_option(index=1)
    page.locator(".rg-starter").first.wait_for()
    assert page.locator(".rg-turn").count() == 0
    turn = visit.say("What was my last order?")
    assert turn.locator(".rg-words").inner_text().strip()
    assert not visit.problems


def test_a_person_can_always_be_asked_for(visit: Any) -> None:
    page = visit.open()
    page.get_by_role("button", name="Talk to a person").click()
    page.locator(".rg-handoff").wait_for()
    page.locator(".rg-thumb").first.wait_for()
    assert not visit.problems


def test_a_lost_connection_is_told_and_mended(visit: Any) -> None:
    page = visit.open()
    page.locator("textarea").wait_for()
    page.route("**/api/chat", lambda route: route.abort())
    page.fill("textarea", "lunch bag")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    page.unroute("**/api/chat")
    page.get_by_role("button", name="Try again").click()
    page.locator(".rg-thumb").first.wait_for()
    assert page.locator(".rg-turn").count() == 1


def test_on_a_phone_nothing_is_too_wide_and_the_cart_is_a_sheet(phone: Any) -> None:
    page = phone.open()
    page.locator(".rg-starter").first.wait_for()
    assert not phone.is_too_wide()
    turn = phone.say("lunch bag")
    turn.locator(".rg-add").first.click()
    page.locator(".rg-count", has_text="1").wait_for()
    assert not phone.is_too_wide()
    small = page.evaluate(
        """[...document.querySelectorAll('.rg-app :is(button, select, summary, input, textarea)')]
        .filter((each) => each.offsetParent && (each.offsetWidth < 24 || each.offsetHeight < 24))
        .map((each) => each.className)"""
    )
    assert small == [], "everything to be touched is at least 24 px"
    assert page.evaluate("getComputedStyle(document.querySelector('textarea')).fontSize") == "16px"

    cart = page.get_by_role("button", name="Open cart, 1 in it")
    cart.click()
    page.get_by_role("dialog", name="Your cart").wait_for()
    assert page.get_by_role("button", name="Close").evaluate("each => each === document.activeElement")
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    assert cart.evaluate("each => each === document.activeElement")
    assert not phone.problems and not phone.foreign


def test_words_stand_out_from_their_ground(visit: Any) -> None:
    page = visit.open()
    page.locator("textarea").wait_for()
    visit.say("lunch bag")
    weak = page.evaluate(CONTRAST)
    assert weak == []


CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.8) return colour;
    }
    return [255, 255, 255];
  };
  const weak = [];
  for (const element of document.querySelectorAll('.rg-app *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.offsetParent || element.closest(':disabled, .rg-hidden, .rg-toast')) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) weak.push(`${element.className}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(weak)];
}"""
