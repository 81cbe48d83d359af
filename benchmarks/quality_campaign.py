"""Campaign e-mails: whose words reach the customer, whether they are true, how varied, how many a minute."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from shutil import copytree
from typing import Any

from benchmarks.campaign_facts import Ledger, wrong_facts
from benchmarks.measure import Row, memory_row, run_part, sample_folder, stopwatch

RECIPIENTS = 500
PER_TONE = 48
ALONE = 12


def measure(work: Path) -> Sequence[Row]:
    """Win-back mails to the giftware sample's biggest lapsed customers, by model and by templates."""
    with tempfile.TemporaryDirectory(dir=work) as scratch:
        # Drafts are kept in the shop: each run gets a shop of its own.
        shops = [Path(copytree(sample_folder(work, "giftware"), Path(scratch) / who)) for who in "mt"]
        return [*_by_model(shops[0]), *_by_templates(shops[1]), memory_row("campaign")]


def _by_model(shop: Path) -> Sequence[Row]:
    from assistant.campaign import draft_message, plan_campaign
    from assistant.campaign.brand import TONES
    from assistant.campaign.variants import Variant
    from assistant.chat import Assistant
    from shop.settings import load_settings

    assistant = Assistant.open(load_settings(shop))
    assistant.warm()
    drafts, rate = _drafted(assistant, plan_campaign(assistant, limit=RECIPIENTS, holdout=0))
    who = "the language model"
    rows = [*_quality(shop, drafts, who), Row("messages a minute, worded together", f"{rate:.0f}", who)]
    plan = plan_campaign(assistant, limit=ALONE, holdout=0)
    with stopwatch() as seconds:
        for member in plan.recipients:
            draft_message(assistant, plan, member.customer_id)
        minutes = seconds() / 60
    rows.append(Row("messages a minute, one after the other", f"{ALONE / minutes:.0f}", f"{who}, {ALONE}"))
    for tone in TONES[1:]:
        plan = plan_campaign(assistant, limit=PER_TONE, holdout=0, variants=(Variant("A", tone),))
        drafts, _ = _drafted(assistant, plan)
        rows += _quality(shop, drafts, f"{who}, tone {tone}")[:3]
    assistant.close()
    return rows


def _by_templates(shop: Path) -> Sequence[Row]:
    from assistant.campaign import plan_campaign
    from assistant.chat import Assistant
    from shop.settings import load_settings

    assistant = Assistant.open(load_settings(shop, model="none:"))
    plan_campaign(assistant, limit=1)  # opens what the first plan has to open
    drafts, rate = _drafted(assistant, plan_campaign(assistant, limit=RECIPIENTS, holdout=0))
    assistant.close()
    return [
        *_quality(shop, drafts, "templates")[1:],
        Row("messages a minute", f"{rate:.0f}", "templates"),
    ]


def _drafted(assistant: Any, plan: Any) -> tuple[Sequence[Any], float]:
    from assistant.campaign import draft_campaign

    with stopwatch() as seconds:
        drafts = draft_campaign(assistant, plan)
        return drafts, len(drafts) / (seconds() / 60)


def _quality(shop: Path, drafts: Sequence[Any], who: str) -> list[Row]:
    from shop.settings import load_settings

    ledger = Ledger(shop, load_settings(shop).current_date)
    over = f"{who}: {len(drafts)} messages"
    count = len(drafts)
    wrong = [
        fault
        for d in drafts
        for fault in wrong_facts(ledger, d.customer_id, d.text.subject, d.text.preheader, d.text.body)
    ]
    own = sum(draft.handled_by == "model" for draft in drafts)
    texts = [d.text.body.split("\n\n")[1] for d in drafts[:PER_TONE]]
    texts += [d.text.subject for d in drafts[:PER_TONE]]
    return [
        Row("messages in the model's own words throughout", f"{own / count:.1%}", over),
        Row("messages with every check green", f"{sum(d.ok for d in drafts) / count:.1%}", over),
        Row("facts the independent reader found wrong", str(len(wrong)), over),
        Row("distinct bodies", f"{len({d.text.body for d in drafts}) / count:.1%}", over),
        Row("distinct word pairs in openings and subjects", f"{_distinct(texts):.2f}", f"{who}: {PER_TONE}"),
    ]


def _distinct(texts: Sequence[str]) -> float:
    """Distinct-2: different pairs of neighbouring words over all pairs."""
    words = [re.findall(r"[a-z']+", text.lower()) for text in texts]
    pairs = [pair for own in words for pair in pairwise(own)]
    return len(set(pairs)) / max(1, len(pairs))


if __name__ == "__main__":
    run_part(measure)
