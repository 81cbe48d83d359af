"""What is written: only what the records hold, for every goal, channel and variant; and what is kept."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
from studio import BAG, GONE, MUG, NOON, TEST, YES, Recommender, customer, order

from assistant.campaign import (
    draft_campaign,
    draft_message,
    drafts_of,
    edit_message,
    estimate_drafting,
    plan_campaign,
    preview_message,
)
from assistant.campaign.base import CHANNELS
from assistant.campaign.brand import BRAND, TONES, read_brand
from assistant.campaign.checks import STOP, UNSUBSCRIBE
from assistant.campaign.drafts import draft_steps, read_draft, recheck
from assistant.campaign.goals import GOALS
from assistant.campaign.offers import OFFERS
from assistant.campaign.variants import SUBJECTS, Variant
from retrieval.recommend.base import Context, Reason, Recommendation
from shop.errors import ConfigError, NotAllowed, NotFound
from shop.types import Consent

ALLOWED = """
margin = 0.5
margin_floor = 0.3
[[offer]]
text = "10% off your next order"
code = "BACK10"
percent = 10
until = 2011-09-30
goals = ["win back", "welcome", "thank", "launch", "cross-sell", "restock"]
"""


def test_message_says_only_what_the_records_hold(studio: Any) -> None:
    draft = draft_message(studio, plan_campaign(studio, holdout=0), "c005")
    assert draft.ok, [check for check in draft.checks if not check.ok]
    text = draft.text
    assert len(text.subject) <= 50 and len(text.preheader) <= 90
    assert UNSUBSCRIBE in text.body and draft.handled_by == "composer"
    assert "£2.50" in text.body and "38 customers" in text.body
    assert GONE.title not in text.body and TEST.title not in text.body
    assert not re.search(r"\[|discount|% off|free", text.body, re.IGNORECASE)
    assert {product.id for product in draft.products} == {"M1", "B1"}
    assert any(fact.source.startswith("Order o-c005") for fact in draft.facts)
    assert "https://gifts.example/?utm_source=regulars&utm_medium=email&utm_campaign=win-back-" in text.body
    assert read_draft(draft.as_json()) == draft


def test_many_customers_all_pass_and_do_not_all_read_the_same(studio: Any) -> None:
    drafts = draft_campaign(studio, plan_campaign(studio, holdout=0))
    assert len(drafts) == 30 and all(draft.ok for draft in drafts)
    assert len({draft.text.body.split("\n\n")[1][:25] for draft in drafts}) >= 3


def test_nothing_private_is_alluded_to(studio: Any) -> None:
    studio.store.put_orders([order("c005", 95, TEST)])
    draft = draft_message(studio, plan_campaign(studio, holdout=0), "c005")
    assert "Pregnancy" not in draft.text.whole and draft.ok


def test_history_is_used_only_where_personalisation_is_allowed(studio: Any) -> None:
    studio.store.put_customers([customer(7, replace(YES, personalisation=False), first_name="Ada")])
    draft = draft_message(studio, plan_campaign(studio, holdout=0), "c007")
    assert studio.recommender.asked[-1].customer_id == "" and not studio.recommender.asked[-1].use_history
    # Retrospot bags may be recommended to anybody; that this customer bought one is not used.
    assert "ordered" not in draft.text.body and "you bought" not in draft.text.preheader
    assert not any("Order" in fact.source for fact in draft.facts) and draft.neutral
    assert "Ada" in draft.text.body.split("\n")[0]


def test_no_consent_no_message(studio: Any) -> None:
    found = plan_campaign(studio, holdout=0)
    with pytest.raises(NotAllowed, match="not in this campaign"):
        draft_message(studio, found, "c100")
    studio.store.put_customers([customer(5, Consent())])
    with pytest.raises(NotAllowed, match="does not allow"):
        draft_message(studio, found, "c005")
    assert len(draft_campaign(studio, found)) == 29
    held = plan_campaign(studio, holdout=0.5)
    with pytest.raises(NotAllowed, match="held out"):
        draft_message(studio, held, held.held_out[0].customer_id)


def test_an_interrupted_run_goes_on_where_it_stopped(studio: Any) -> None:
    found = plan_campaign(studio, holdout=0)
    for member in found.recipients[:10]:
        draft_message(studio, found, member.customer_id)
    assert list(islice(draft_steps(studio, found), 1)) == [(10, 30)]
    before = len(studio.recommender.asked)
    seen: list[tuple[int, int]] = []
    draft_campaign(studio, found, lambda done, total: seen.append((done, total)))
    assert len(studio.recommender.asked) - before == 20
    assert seen[-1] == (30, 30) and len(drafts_of(studio, found.id)) == 30
    assert estimate_drafting(studio, found).messages == 0


class ByGoal(Recommender):
    """What each goal's products are for."""

    def recommend(self, context: Context, k: int = 8) -> list[Recommendation]:
        found = super().recommend(context, k)
        if context.seeds:
            return found
        due = Reason("due_again", {"title": MUG.title, "date": "2011-07-01", "every_days": 60})
        return [Recommendation(MUG, 2.0, (due,)), *found][:k]


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("goal", GOALS)
def test_every_goal_says_its_own_on_every_channel(studio: Any, goal: str, channel: str) -> None:
    studio.recommender = ByGoal()
    studio.store.put_customers([customer(200, first_name="Ada")])
    studio.store.put_orders([order("c200", 10)])
    products = ("M1",) if goal == "launch" else ()
    found = plan_campaign(studio, goal=goal, channel=channel, include=("all",), holdout=0, products=products)
    draft = draft_message(studio, found, "c200")
    assert draft.ok, [check for check in draft.checks if not check.ok]
    assert (STOP in draft.text.body) == (channel == "sms")
    said = {
        "win back": "",
        "welcome": "first order|welcome|Welcome|with us",
        "restock": "usually|again|Time for|Blue Polkadot Mug",
        "cross-sell": "goes? with|put with|last order|order together|Beside|To go with",
        "launch": "new|New|first look|Meet|Just in",
        "thank": "[Tt]hank",
    }[goal]
    assert re.search(said, draft.text.whole), draft.text
    if goal == "launch":
        assert [product.id for product in draft.products] == (["M1"] if channel == "email" else [])


def test_a_goal_whose_matter_is_missing_speaks_generally(studio: Any) -> None:
    found = plan_campaign(studio, goal="restock", include=("all",), holdout=0)
    draft = draft_message(studio, found, "c005")
    assert draft.ok and "usually" not in draft.text.body


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("goal", GOALS)
def test_an_offer_is_said_whole(studio: Any, goal: str, channel: str) -> None:
    OFFERS.save(studio.settings.shop, ALLOWED)
    products = ("M1",) if goal == "launch" else ()
    found = plan_campaign(studio, goal=goal, channel=channel, include=("all",), holdout=0, products=products)
    assert {member.offer for member in found.recipients} == {"10% off your next order"}
    draft = draft_message(studio, found, "c005")
    assert draft.ok, [check for check in draft.checks if not check.ok]
    if channel != "push":
        assert "BACK10" in draft.text.whole and "30 September 2011" in draft.text.whole


def test_an_offer_that_is_gone_makes_its_messages_red(studio: Any) -> None:
    OFFERS.save(studio.settings.shop, ALLOWED)
    draft = draft_message(studio, plan_campaign(studio, holdout=0), "c005")
    OFFERS.save(studio.settings.shop, "margin = 0.5\n")
    assert recheck(studio, draft).red == ("Offer right",)


def test_a_price_that_changed_and_stock_that_went_make_it_red(studio: Any) -> None:
    draft = draft_message(studio, plan_campaign(studio, holdout=0), "c005")
    studio.store.put_products([replace(MUG, in_stock=False), replace(BAG, price=None)])
    assert set(recheck(studio, draft).red) == {"Prices right", "Products available"}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_variants_differ_in_their_named_way(studio: Any, subject: str) -> None:
    one = Variant("One", TONES[0], 1, subject)
    found = plan_campaign(studio, variants=(one,), holdout=0)
    draft = draft_message(studio, found, "c005")
    assert len(draft.products) == 1 and draft.variant == "One" and draft.ok
    if subject == "bought":
        assert BAG.title in draft.text.subject


def test_a_preview_in_another_variant_is_not_kept(studio: Any) -> None:
    found = plan_campaign(studio, variants=(Variant("A"), Variant("B", products=1)), holdout=0)
    who = found.recipients[0]
    other = "B" if who.variant == "A" else "A"
    draft = preview_message(studio, found, who.customer_id, variant=other)
    assert draft.variant == other and drafts_of(studio, found.id) == {}
    assert preview_message(studio, found, who.customer_id, neutral=True).neutral


def test_writing_again_gives_other_words(studio: Any) -> None:
    found = plan_campaign(studio, holdout=0)
    texts = [draft_message(studio, found, "c005").text]
    texts += [draft_message(studio, found, "c005", again=True).text for _ in range(4)]
    assert len({text.whole for text in texts}) > 1
    assert drafts_of(studio, found.id)["c005"].text == texts[-1]


def test_an_edit_is_kept_and_checked(studio: Any) -> None:
    found = plan_campaign(studio, holdout=0)
    with pytest.raises(NotFound, match="draft it first"):
        edit_message(studio, found, "c005", subject="Hello")
    draft_message(studio, found, "c005")
    assert edit_message(studio, found, "c005", subject="Now £1.99!").red == ("Figures backed",)
    assert drafts_of(studio, found.id)["c005"].status == "refused"
    good = edit_message(studio, found, "c005", subject="Hello again")
    assert good.ok and good.handled_by == "marketer"
    with pytest.raises(ConfigError, match="no colour"):
        edit_message(studio, found, "c005", colour="red")


def test_the_brand_voice_is_kept_to_or_the_message_is_red(studio: Any) -> None:
    head = 'rules: [no questions]\nbanned: [shelves]\ndisclaimer: "Test Gifts Ltd, Bath"'
    BRAND.save(studio.settings.shop, f"---\n{head}\n---\nWe are plain.")
    drafts = draft_campaign(studio, plan_campaign(studio, holdout=0))
    assert all(draft.ok for draft in drafts), [draft.red for draft in drafts if not draft.ok]
    assert not any("shelves" in draft.text.whole.lower() for draft in drafts)
    assert all("Test Gifts Ltd, Bath" in draft.text.body for draft in drafts)
    BRAND.save(studio.settings.shop, "---\nbanned: [test]\n---\n")
    assert not draft_message(studio, plan_campaign(studio, holdout=0), "c006").ok


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("tone: plain", "two lines of ---"),
        ("---\ntone: loud\n---\n", "field tone: 'loud'"),
        ("---\nrules: [be nice]\n---\n", "field rules: 'be nice' cannot be checked"),
        ("---\nbanned: cheap\n---\n", "field banned: this is no list"),
        ("---\ncolour: red\n---\n", "no field 'colour'"),
        ("---\ntone: [\n---\n", "line 3: this is no YAML"),
    ],
)
def test_a_bad_brand_file_is_one_sentence(text: str, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        read_brand(text, "brand.md")


def test_nothing_dated_after_the_shops_date_is_used(studio: Any) -> None:
    studio.store.put_orders([order("c005", -3, MUG)])
    draft = draft_message(studio, plan_campaign(studio, holdout=0, include=("all",)), "c005")
    assert f"{NOON.day + 3} September" not in draft.text.whole
