"""Whatever a record holds stays text on the staff pages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from assistant.campaign import Campaign, Draft, Member
from assistant.campaign.approval import Approval
from assistant.campaign.checks import Check, Fact, ShownProduct, Text
from assistant.campaign.report import Arm, CampaignReport, difference, wilson
from assistant.campaign.variants import Variant
from assistant.events import Source
from assistant.support import Answer, Brief, NextStep, Sentence
from assistant.support.case import Case, Request, Spot
from assistant.support.reply import SuggestedReply
from assistant.support.rules import Verdict
from assistant.support.signals import Anomaly, NextAction, Signals
from insight.features import customer_facts
from insight.mood import read_mood
from shop.settings import Settings
from shop.store import SentMessage, TakenStep
from shop.types import Customer, Money, Order, OrderLine, Return
from ui.marketing_report import show_report
from ui.marketing_view import MarketingView
from ui.reply_view import reading_html, suggestion_html
from ui.signals_view import signals_panel
from ui.support_view import SupportView, label_customer

EVIL = "<img src=x onerror=alert(1)>\"'<script>alert(2)</script>"


def is_clean(html: str) -> bool:
    """No tag or attribute of the hostile text survived; the text itself is still there."""
    return not re.search(r"<img src=x|<script", html) and "&lt;script&gt;" in html


def evil_signals(at: datetime) -> Signals:
    action = NextAction("thank", EVIL, EVIL, EVIL, held_back=EVIL)
    odd = Anomaly("quantity", "c", EVIL, "p", at.date(), EVIL, 9.0)
    return Signals(action, (odd,), read_mood(f"terrible {EVIL}"), f"terrible {EVIL}", at)


def test_hostile_records_stay_text_on_the_support_desk() -> None:
    settings = Settings(shop=Path("unused"), name=EVIL)
    at = datetime(2011, 5, 1, tzinfo=UTC)
    money = Money(Decimal("1.50"), "GBP")
    line = OrderLine("p", EVIL, 1, money, options={EVIL: EVIL})
    order = Order(EVIL, "c", (line,), placed_at=at, status=EVIL, tracking=(EVIL,), payments=(EVIL,))
    back = Return("r", "c", "p", EVIL, 1, money, at=at, order_id=EVIL)
    found = Brief(
        customer=Customer("c", first_name=EVIL, email=EVIL, address={"city": EVIL}),
        facts=customer_facts("c", [order], [back], {}, date(2011, 6, 1)),
        orders=(order,),
        returns=(back,),
        conversations=(),
        events=(),
        memories=(),
        summary=(Sentence(EVIL, EVIL),),
        next_step=NextStep(EVIL, EVIL),
        sources=(),
        messages=(SentMessage("k", "c", "email", "A", "sent", at, {"subject": EVIL}),),
    )
    view = SupportView(settings)
    assert "Email sent: &lt;img" in view.timeline(found)
    for html in (view.overview(found), view.orders(found, {EVIL: EVIL}), view.timeline(found)):
        assert is_clean(html)
    assert is_clean(view.answer(Answer(EVIL, (), denies=True)))
    assert is_clean(signals_panel(evil_signals(at), settings))


def test_contact_data_stays_on_the_server_until_it_is_asked_for() -> None:
    customer = Customer(
        "c", "Ann", email="ann.long@example.org", phone="+47 555 0199", address={"street": "Elm 1"}
    )
    found = Brief(
        customer,
        customer_facts("c", [], [], {}, date(2011, 6, 1)),
        (),
        (),
        (),
        (),
        (),
        (),
        NextStep("", ""),
        (),
    )
    view = SupportView(Settings(shop=Path("unused")))
    masked, shown = view.overview(found), view.overview(found, shows_contact=True)
    for private in ("ann.long@example.org", "555 0199", "Elm 1"):
        assert private not in masked and private in shown
    assert "a•••@example.org" in masked and "ann.long" not in label_customer(customer)


def test_a_hostile_message_and_reply_stay_text() -> None:
    reply = SuggestedReply(EVIL, (Source("order", EVIL, EVIL),), Case(None, ()), "plain", answers=True)
    assert is_clean(suggestion_html(reply))
    money = Money(Decimal("1.50"), "GBP")
    order = Order(EVIL, "c", (OrderLine("p", EVIL, 1, money),), status=EVIL)
    verdict = Verdict("cancel", EVIL, False, "status", EVIL, (EVIL,))
    request = Request("cancel", "cancel", order, [Spot.of(order, 0)], verdict)
    read = SuggestedReply("", (), Case(None, (request,)), "plain", answers=True)
    assert is_clean(reading_html(read, Settings(shop=Path("unused"))))


def test_hostile_drafts_stay_text_in_the_studio() -> None:
    draft = Draft(
        customer_id="c",
        text=Text("email", EVIL, EVIL, f"Hello {EVIL}\n\n* Mug, £1\n  {EVIL}\n\nBye", EVIL),
        facts=(Fact(EVIL, EVIL, EVIL),),
        products=(ShownProduct("p", "Mug", "£1", EVIL, EVIL, EVIL),),
        checks=(Check(EVIL, False, EVIL),),
        handled_by="composer",
        variant=EVIL,
        offer=EVIL,
    )
    member = Member("c", 100, 1, None, False, EVIL, EVIL, EVIL, EVIL)
    campaign = Campaign(
        "id", EVIL, "win back", date(2011, 9, 9), "email", EVIL, 0, 1, 1, (member,), ((EVIL, 1),),
        (Variant(EVIL), Variant("B", "warm")), (0.5, 0.5), EVIL, notices=(EVIL,),
    )  # fmt: skip
    view = MarketingView(Settings(shop=Path("unused"), name=EVIL))
    sms = replace(draft, text=replace(draft.text, channel="sms"))
    step = TakenStep("id", EVIL, EVIL, datetime(2011, 9, 9, tzinfo=UTC), {EVIL: 1})
    approval = Approval(EVIL, datetime(2011, 9, 9, tzinfo=UTC), 1, 1, "x")
    evidence = view.evidence(draft, member, is_saved=True)
    pieces = [view.mail(draft, is_phone=True), view.mail(sms, is_phone=True), evidence]
    pieces += [view.audience(campaign, EVIL), view.state(campaign, {"c": draft}), view.steps([step])]
    pieces += [view.approval(approval, True), view.approval(approval, False), view.lines([EVIL])]
    for html in pieces:
        assert not re.search(r"<img src=x|<script", html), html
        assert "script" in html
    assert "1 red" in evidence
    assert show_report(_report(campaign), "en_GB").count("<script") == 0


def _report(campaign: Campaign) -> CampaignReport:
    money = Money(Decimal("1.50"), "GBP")
    arm = Arm(EVIL, 10, 10, 1, 1, 0, 0, 2, wilson(2, 10), money)
    gain = difference(2, 10, 1, 10)
    at = datetime(2011, 9, 9, tzinfo=UTC)
    return CampaignReport(campaign, 14, at, True, arm, arm, gain, 1.0, gain, (arm, arm), ((arm, arm),))
