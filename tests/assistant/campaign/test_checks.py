"""The red and green list: a plain true message passes, and each fault is caught by its own check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from studio import GONE, MUG, TODAY, YES, pounds

from assistant.campaign.brand import Brand
from assistant.campaign.checks import STOP, UNSUBSCRIBE, Fact, ShownProduct, Text, check_message
from assistant.campaign.offers import Offer
from shop.types import Consent, Product

FACTS = (Fact("Shop", "Test Gifts", "settings"), Fact("Product", "Blue Polkadot Mug, £2.50", "Product M1"))
WORDS = "Hello, we looked through our shelves for you and we think that you may like one of these very much."
PLAIN = Brand()
SHOWN = (ShownProduct("M1", "Blue Polkadot Mug", "£2.50", ""),)
TEN = Offer("10% off your next order", "BACK10", until=date(2011, 9, 30), goals=("win back",))
TEN_FACTS = (
    Fact("Offer", TEN.text, "Offers"),
    Fact("Code", "BACK10", "Offers"),
    Fact("Until", "30 September 2011", "Offers"),
)
SAYS_TEN = f"{WORDS} 10% off your next order with BACK10, until 30 September 2011."


def checked(
    products: Sequence[Product] = (MUG,),
    consent: Consent = YES,
    offer: Offer | None = None,
    brand: Brand = PLAIN,
    shown: Sequence[ShownProduct] = (),
    channel: str = "email",
    today: date = TODAY,
    **texts: str,
) -> set[str]:
    """Names of the checks that are red."""
    parts = {"subject": "For you", "preheader": "Have a look", "cta": "See"} | texts
    end = parts.pop("end", UNSUBSCRIBE if channel == "email" else STOP)
    parts["body"] = f"{texts.get('body', WORDS)}\n{end}"
    found = check_message(
        Text(channel, **parts),
        facts=FACTS + (TEN_FACTS if offer else ()),
        shown=shown,
        products=products,
        consent=consent,
        offer=offer,
        brand=brand,
        today=today,
    )
    return {check.name for check in found if not check.ok}


def test_a_plain_true_message_is_green() -> None:
    assert checked() == set()
    assert checked(body=f"{WORDS} Blue Polkadot Mug, £2.50.") == set()
    assert checked(channel="sms") == set()


@pytest.mark.parametrize(
    ("change", "red"),
    [
        ({"body": f"{WORDS} Now £1.99."}, "Figures backed"),
        ({"body": f"{WORDS} You get a discount."}, "No invented offer"),
        ({"body": f"{WORDS} Everything at half price, free of charge."}, "No invented offer"),
        ({"subject": "Act now"}, "No spam words"),
        ({"subject": "x" * 51}, "Subject length"),
        ({"subject": ""}, "Subject length"),
        ({"preheader": "x" * 91}, "Preheader length"),
        ({"body": "Too short."}, "Body length"),
        ({"body": f"{WORDS} Dear [customer.first_name]"}, "Merge tags whole"),
        ({"body": f"{WORDS} {{{{ coupon }}}}"}, "Merge tags whole"),
        ({"body": f"{WORDS} {{{{ coupon "}, "Merge tags whole"),
        ({"body": f"{WORDS} Congratulations on your pregnancy."}, "Nothing sensitive"),
        ({"end": ""}, "Unsubscribe link"),
        ({"end": UNSUBSCRIBE * 2}, "Unsubscribe link"),
    ],
)
def test_each_check_catches_its_fault(change: dict[str, str], red: str) -> None:
    assert red in checked(**change)  # type: ignore[arg-type]


def test_checks_on_people_and_products() -> None:
    assert checked(consent=Consent()) == {"Consent"}
    assert checked(consent=Consent(marketing_email=True), channel="sms") == {"Consent"}
    assert checked(products=(GONE,)) == {"Products available"}
    assert checked(products=()) == {"Products available"}


def test_each_product_has_its_own_price_of_today() -> None:
    line = "* Blue Polkadot Mug, £2.50"
    assert checked(shown=SHOWN, body=f"{WORDS}\n\n{line}") == set()
    dearer = replace(MUG, price=pounds("2.75"))
    assert "Prices right" in checked(products=(dearer,), shown=SHOWN, body=f"{WORDS}\n\n{line}")
    assert "Prices right" in checked(shown=SHOWN, body=f"{WORDS}\n\n* Blue Polkadot Mug, £2.05")
    assert "Prices right" in checked(products=(), shown=SHOWN, body=f"{WORDS}\n\n{line}")


def test_an_offer_is_the_shops_whole_and_still_good() -> None:
    assert checked(offer=TEN, body=SAYS_TEN) == set()
    assert checked(offer=TEN, body=SAYS_TEN, today=date(2011, 10, 1)) == {"Offer right"}
    assert checked(offer=TEN, body=SAYS_TEN.replace("BACK10", "it")) == {"Offer right"}
    assert checked(offer=TEN, body=f"{SAYS_TEN} And a free gift.") == {"Offer right"}
    assert "Offer right" in checked(offer=TEN, body=SAYS_TEN.replace("10%", "20%"))


@pytest.mark.parametrize(
    ("brand", "change", "red"),
    [
        (Brand(banned=("cheap",)), {"body": f"{WORDS} So cheap."}, "Brand voice"),
        (Brand(rules=("no exclamation marks",)), {"subject": "For you!"}, "Brand voice"),
        (Brand(rules=("no questions",)), {"subject": "For you?"}, "Brand voice"),
        (Brand(rules=("no contractions",)), {"body": f"{WORDS} It's here."}, "Brand voice"),
        (Brand(rules=("no emoji",)), {"subject": "For you 🎁"}, "Brand voice"),
        (Brand(disclaimer="Test Gifts Ltd, Bath"), {}, "Disclaimer"),
    ],
)
def test_the_brand_voice_is_held_to(brand: Brand, change: dict[str, Any], red: str) -> None:
    assert checked(brand=brand, **change) == {red}


def test_a_text_message_has_a_way_out_and_a_length() -> None:
    assert checked(channel="sms", end="") == {"Way out"}
    assert checked(channel="sms", body="x" * 300) == {"Length"}
