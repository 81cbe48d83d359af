"""Whatever a record holds stays text on the staff pages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from assistant.campaign import Draft, DraftProduct
from assistant.campaign.checks import Check, Fact
from assistant.support import Answer, Brief, NextStep, Sentence
from assistant.support.signals import Anomaly, NextAction, Signals
from insight.features import customer_facts
from insight.mood import read_mood
from shop.settings import Settings
from shop.types import Customer, Money, Order, OrderLine, Return
from ui.marketing_view import MarketingView
from ui.support_view import SupportView

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
    )
    found = replace(found, signals=evil_signals(at))
    view = SupportView(settings)
    for html in (view.overview(found), view.orders(found), view.timeline(found)):
        assert is_clean(html)
    assert is_clean(view.answer(Answer(EVIL, (), denies=True)))


def test_hostile_drafts_stay_text_in_the_studio() -> None:
    draft = Draft(
        customer_id="c",
        subject=EVIL,
        preheader=EVIL,
        body=f"Hello {EVIL}\n\n* Mug, £1\n  {EVIL}\n\nBye",
        cta=EVIL,
        facts=(Fact(EVIL, EVIL, EVIL),),
        products=(DraftProduct("p", "Mug", "£1", EVIL),),
        checks=(Check(EVIL, False, EVIL),),
        handled_by="composer",
    )
    view = MarketingView(Settings(shop=Path("unused"), name=EVIL))
    assert is_clean(view.mail(draft, is_phone=False)) and is_clean(view.evidence(draft))
    assert "1 red" in view.evidence(draft)
