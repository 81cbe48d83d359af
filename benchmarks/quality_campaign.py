"""Campaign e-mails: whose words reach the customer, how varied they are, how many a minute."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from shutil import copytree

from benchmarks.measure import Row, memory_row, run_part, sample_folder, stopwatch

RECIPIENTS = 48
ALONE = 6


def measure(work: Path) -> Sequence[Row]:
    """Win-back mails to the giftware sample's biggest lapsed customers, by model and by templates."""
    with tempfile.TemporaryDirectory(dir=work) as scratch:
        # Drafts are kept in the shop: each run gets a shop of its own.
        shops = [Path(copytree(sample_folder(work, "giftware"), Path(scratch) / who)) for who in "mt"]
        return [*_by_model(shops[0]), *_by_templates(shops[1]), memory_row("campaign")]


def _by_model(shop: Path) -> Sequence[Row]:
    from assistant.campaign import draft_campaign, draft_message, plan_campaign
    from assistant.campaign.message import TONES
    from assistant.chat import Assistant
    from shop.settings import load_settings

    assistant = Assistant.open(load_settings(shop))
    assistant.warm()
    plan = plan_campaign(assistant, limit=RECIPIENTS, holdout=0)
    rows, drafts = [], []
    for tone in TONES:
        with stopwatch() as seconds:
            made = draft_campaign(assistant, plan, tone=tone)
            minutes = seconds() / 60
        drafts += made
        rows.append(Row("messages a minute, worded together", f"{len(made) / minutes:.0f}", f"tone {tone}"))
    plan = plan_campaign(assistant, limit=ALONE, holdout=0)
    with stopwatch() as seconds:
        for member in plan.recipients:
            draft_message(assistant, plan, member.customer_id)
        minutes = seconds() / 60
    alone = Row("messages a minute, one after the other", f"{ALONE / minutes:.0f}", f"{ALONE} messages")
    assistant.close()
    # Of as many messages as the templates write: variety falls with the number.
    variety = _variety(drafts[:RECIPIENTS], f"model, tone {TONES[0]}")
    return [*_quality(drafts, "model, five tones"), variety, *rows, alone]


def _by_templates(shop: Path) -> Sequence[Row]:
    from assistant.campaign import draft_campaign, plan_campaign
    from assistant.chat import Assistant
    from shop.settings import load_settings

    assistant = Assistant.open(load_settings(shop, model="none:"))
    drafts = draft_campaign(assistant, plan_campaign(assistant, limit=RECIPIENTS, holdout=0))
    assistant.close()
    return [*_quality(drafts, "templates"), _variety(drafts, "templates")]


def _quality(drafts: Sequence, who: str) -> list[Row]:
    over = f"{who}: {len(drafts)} messages"
    own = sum(draft.handled_by == "model" for draft in drafts)
    return [
        Row("messages in the model's own words throughout", f"{own / len(drafts):.1%}", over),
        Row("messages with every check green", f"{sum(d.ok for d in drafts) / len(drafts):.1%}", over),
    ]


def _variety(drafts: Sequence, who: str) -> Row:
    texts = [draft.body.split("\n\n")[1] for draft in drafts] + [draft.subject for draft in drafts]
    name = "distinct word pairs in openings and subjects"
    return Row(name, f"{_distinct(texts):.2f}", f"{who}: {len(drafts)} messages")


def _distinct(texts: Sequence[str]) -> float:
    """Distinct-2: different pairs of neighbouring words over all pairs."""
    words = [re.findall(r"[a-z']+", text.lower()) for text in texts]
    pairs = [pair for own in words for pair in pairwise(own)]
    return len(set(pairs)) / max(1, len(pairs))


if __name__ == "__main__":
    run_part(measure)
