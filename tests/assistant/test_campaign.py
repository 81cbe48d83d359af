"""Win-back campaigns over a small real shop: who is reached, what is written, what may be exported."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from assistant.campaign import (
    draft_campaign,
    draft_message,
    drafts_of,
    is_held_out,
    load_campaign,
    plan_campaign,
)
from assistant.campaign.checks import UNSUBSCRIBE, Fact, check_message
from assistant.campaign.export import COLUMNS, disarm_cell, export_campaign
from assistant.delivery import Speaker
from retrieval.recommend.base import Context, Reason, Recommendation
from shop.errors import ConfigError, NotAllowed, NotFound, StoreError
from shop.settings import Settings
from shop.store import Store
from shop.types import Consent, Customer, Money, Order, OrderLine, Product

TODAY = date(2011, 9, 9)
YES = Consent(marketing_email=True, source="checkout")


def pounds(text: str) -> Money:
    return Money(Decimal(text), "GBP")


BAG = Product("B1", "Red Retrospot Lunch Bag", categories=("Lunch bags",), price=pounds("1.65"))
MUG = Product("M1", "Blue Polkadot Mug", categories=("Mugs",), price=pounds("2.50"), in_stock=True)
GONE = Product("G1", "Sold Out Lantern", price=pounds("3.75"), in_stock=False)
TEST = Product("T1", "Pregnancy Test", price=pounds("5.00"))


class Recommender:
    """Everything with a true-looking reason, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Context] = []

    def recommend(self, context: Context, k: int = 8) -> list[Recommendation]:
        self.asked.append(context)
        why = (Reason("bought_together", {"title": BAG.title, "customers": 38}),)
        if not context.use_history:
            why = (Reason("popular", {"customers": 41, "country": "", "days": 30}),)
        return [Recommendation(product, 1.0, why) for product in (GONE, TEST, MUG, BAG)][:k]


@dataclass
class Studio:
    """What the campaign verbs need of an assistant."""

    settings: Settings
    store: Store
    recommender: Any
    speaker: Speaker = field(default_factory=lambda: Speaker(lambda: None))


def customer(number: int, consent: Consent = YES, **more: str) -> Customer:
    return Customer(f"c{number:03}", email=f"c{number}@example.com", consent=consent, **more)  # type: ignore[arg-type]


def order(owner: str, days_ago: int, product: Product = BAG, quantity: int = 2) -> Order:
    at = datetime(2011, 9, 9, 12, tzinfo=UTC) - timedelta(days=days_ago)
    assert product.price is not None
    line = OrderLine(product.id, product.title, quantity, product.price)
    return Order(f"o-{owner}-{days_ago}", owner, (line,), placed_at=at)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    settings = Settings(shop=tmp_path, name="Test Gifts", locale="en_GB", today=TODAY)
    with Store(settings.database_url) as store:
        store.put_products([BAG, MUG, GONE, TEST])
        people = [customer(n) for n in range(30)]
        people += [customer(100, Consent()), customer(101), Customer("nodate", consent=YES)]
        store.put_customers(people)
        store.put_orders([order(f"c{n:03}", 120 + n, quantity=n + 1) for n in range(30)])
        store.put_orders([order("c100", 200), order("c101", 20), order("c101", 300)])
        yield Studio(settings, store, Recommender())


def test_audience_is_lapsed_and_consenting_biggest_spenders_first(studio: Any) -> None:
    found = plan_campaign(studio, days=90, limit=25, holdout=0.2)
    ids = [member.customer_id for member in found.audience]
    assert ids == [f"c{n:03}" for n in range(29, 4, -1)]
    assert found.eligible == 30 and found.considered == 33
    assert sum(count for _, count in found.excluded) + len(found.audience) == found.considered
    assert "30 of 33 customers" in found.sentence()
    assert len(found.recipients) + len(found.held_out) == 25
    assert load_campaign(studio, found.id) == found


def test_holdout_is_stable_and_close_to_its_share(studio: Any) -> None:
    ids = [str(number) for number in range(4000)]
    out = [name for name in ids if is_held_out("win-back", name, 0.1)]
    assert 340 < len(out) < 460
    assert out == [name for name in reversed(ids) if is_held_out("win-back", name, 0.1)][::-1]
    # Raising the share only adds people, so that a repeated run keeps its control group.
    assert set(out) <= {name for name in ids if is_held_out("win-back", name, 0.2)}


@pytest.mark.parametrize("wrong", [{"days": 0}, {"limit": 0}, {"holdout": 0.9}, {"holdout": -0.1}])
def test_senseless_numbers_are_refused_in_one_sentence(studio: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="choose"):
        plan_campaign(studio, **wrong)


def test_message_says_only_what_the_records_hold(studio: Any) -> None:
    found = plan_campaign(studio, holdout=0)
    draft = draft_message(studio, found, "c005")
    assert draft.ok, [check for check in draft.checks if not check.ok]
    assert len(draft.subject) <= 50 and len(draft.preheader) <= 90
    assert UNSUBSCRIBE in draft.body and draft.handled_by == "composer"
    assert "£2.50" in draft.body and "38 customers" in draft.body
    assert GONE.title not in draft.body and TEST.title not in draft.body
    assert not re.search(r"\[|discount|% off|free", draft.body, re.IGNORECASE)
    assert {product.id for product in draft.products} == {"M1", "B1"}
    assert any(fact.source.startswith("Order o-c005") for fact in draft.facts)


def test_many_customers_all_pass_and_do_not_all_read_the_same(studio: Any) -> None:
    drafts = draft_campaign(studio, plan_campaign(studio, holdout=0))
    assert len(drafts) == 30 and all(draft.ok for draft in drafts)
    assert len({draft.body.split("\n\n")[1][:25] for draft in drafts}) >= 3


def test_nothing_private_is_alluded_to(studio: Any) -> None:
    studio.store.put_orders([order("c005", 95, TEST)])
    draft = draft_message(studio, plan_campaign(studio, holdout=0), "c005")
    assert "Pregnancy" not in draft.subject + draft.preheader + draft.body and draft.ok


def test_history_is_used_only_where_personalisation_is_allowed(studio: Any) -> None:
    studio.store.put_customers([customer(7, replace(YES, personalisation=False), first_name="Ada")])
    draft = draft_message(studio, plan_campaign(studio, holdout=0), "c007")
    assert studio.recommender.asked[-1].customer_id == "" and not studio.recommender.asked[-1].use_history
    # Retrospot bags may be recommended to anybody; that this customer bought one is not used.
    assert "ordered" not in draft.body and "you bought" not in draft.preheader
    assert not any("Order" in fact.source for fact in draft.facts)
    assert "Ada" in draft.body.split("\n")[0]


def test_no_consent_no_message(studio: Any) -> None:
    found = plan_campaign(studio, holdout=0)
    for who, error in (("c100", "does not allow"), ("c101", "not in this campaign")):
        with pytest.raises(NotAllowed, match=error):
            draft_message(studio, found, who)
    with pytest.raises(NotFound):
        draft_message(studio, found, "nobody")
    held = plan_campaign(studio, holdout=0.5)
    with pytest.raises(NotAllowed, match="held out"):
        draft_message(studio, held, held.held_out[0].customer_id)


def test_an_interrupted_run_goes_on_where_it_stopped(studio: Any) -> None:
    found = plan_campaign(studio, holdout=0)
    for member in found.recipients[:10]:
        draft_message(studio, found, member.customer_id)
    before = len(studio.recommender.asked)
    seen: list[tuple[int, int]] = []
    draft_campaign(studio, found, lambda done, total: seen.append((done, total)))
    assert len(studio.recommender.asked) - before == 20
    assert seen[-1] == (30, 30) and len(drafts_of(studio, found.id)) == 30


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_export_asks_for_consent_again_and_cannot_reach_the_held_out(studio: Any, tmp_path: Path) -> None:
    found = plan_campaign(studio, holdout=0.3)
    draft_campaign(studio, found)
    withdrawn = found.recipients[0].customer_id
    studio.store.put_customers([replace(studio.store.customer(withdrawn), consent=Consent())])
    report = export_campaign(studio, found, tmp_path / "out.csv")
    rows = read_rows(report.path)
    assert list(rows[0]) == list(COLUMNS)
    assert report.refused == ((withdrawn, "no consent to marketing e-mail"),)
    assert withdrawn not in {row["customer_id"] for row in rows}
    held = [row for row in rows if row["holdout"] == "1"]
    sent = [row for row in rows if row["holdout"] == "0"]
    assert len(held) == len(found.held_out) and all(not row["email"] and not row["body_text"] for row in held)
    assert len(sent) == report.written == len(found.recipients) - 1
    assert all(UNSUBSCRIBE in row["body_text"] and row["utm_campaign"] == found.name for row in sent)


def test_red_messages_stay_out(studio: Any, tmp_path: Path) -> None:
    found = plan_campaign(studio, limit=2, holdout=0)
    draft_campaign(studio, found)
    first = found.recipients[0].customer_id
    draft = drafts_of(studio, found.id)[first]
    checks = tuple(replace(check, ok=check.name != "Figures backed") for check in draft.checks)
    red = replace(draft, checks=checks)
    studio.store.put_draft(found.id, first, red.as_json(), red.status)
    report = export_campaign(studio, found, tmp_path / "out.csv")
    assert report.written == 1 and report.refused == ((first, "red: Figures backed"),)


def test_export_needs_drafts_and_a_place(studio: Any, tmp_path: Path) -> None:
    found = plan_campaign(studio, holdout=0)
    with pytest.raises(NotFound, match="draft it first"):
        export_campaign(studio, found, tmp_path / "out.csv")
    draft_message(studio, found, "c005")
    for place in (tmp_path, tmp_path / "missing" / "out.csv"):
        with pytest.raises(StoreError):
            export_campaign(studio, found, place)
    assert not list(tmp_path.glob(".campaign-*"))


@pytest.mark.parametrize("cell", ["=1+1", "+44", "-2", "@SUM(A1)", "\t=1"])
def test_cells_are_no_formulas(cell: str) -> None:
    assert disarm_cell(cell) == f"'{cell}"
    assert disarm_cell("plain = text") == "plain = text"


FACTS = (Fact("Shop", "Test Gifts", "settings"), Fact("Product", "Blue Polkadot Mug, £2.50", "Product M1"))
WORDS = "Hello, we looked through our shelves for you and we think that you may like one of these very much."


def checked(products: Sequence[Product] = (MUG,), consent: Consent = YES, **texts: str) -> set[str]:
    """Names of the checks that are red."""
    parts = {"subject": "For you", "preheader": "Have a look", "cta": "See"} | texts
    parts["body"] = f"{texts.get('body', WORDS)}\n{texts.get('end', UNSUBSCRIBE)}"
    parts.pop("end", None)
    found = check_message(**parts, facts=FACTS, products=products, consent=consent)
    return {check.name for check in found if not check.ok}


def test_a_plain_true_message_is_green() -> None:
    assert checked() == set()
    assert checked(body=f"{WORDS} Blue Polkadot Mug, £2.50.") == set()


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
        ({"body": f"{WORDS} Dear [customer.first_name]"}, "Nothing left open"),
        ({"body": f"{WORDS} {{{{ coupon }}}}"}, "Nothing left open"),
        ({"body": f"{WORDS} Congratulations on your pregnancy."}, "Nothing sensitive"),
        ({"end": ""}, "Unsubscribe link"),
    ],
)
def test_each_check_catches_its_fault(change: dict[str, str], red: str) -> None:
    assert red in checked(**change)


def test_checks_on_people_and_products() -> None:
    assert checked(consent=Consent()) == {"Consent"}
    assert checked(products=(GONE,)) == {"Products available"}
    assert checked(products=()) == {"Products available"}
