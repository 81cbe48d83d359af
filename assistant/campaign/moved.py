"""Whom a message moves, learnt from the shop's own campaigns: written to against held out.

Only campaigns with held-out customers teach anything, because there chance decided who was written to.
Learning itself is insight/uplift.py's; this knows which customers of which campaigns to hand it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.campaign.base import Member, load_campaign
from assistant.campaign.report import campaign_outcomes
from insight.uplift import TooFew, choose_moved, fit_uplift, require_enough
from shop.errors import NotFound
from shop.types import Money

if TYPE_CHECKING:
    from assistant.campaign.audience import Crowd
    from assistant.chat import Assistant

NEVER_DAYS = 3650.0


def find_moved(assistant: Assistant, crowd: Crowd, percent: int) -> tuple[frozenset[str], str]:
    """The `percent` of customers whom a message moves most, never one it moves away; where too little is
    known everybody, and a notice that says so."""
    rows, mailed, came = _experience(assistant)
    try:
        require_enough(mailed, came)
        model = fit_uplift(rows, mailed, came)
    except TooFew as error:
        return frozenset(crowd.customers), f"Nobody is left out by what messages do yet: {error}"
    ids = list(crowd.stats)
    table = np.array([_features(_standing(crowd, id_)) for id_ in ids])
    chosen = choose_moved(model.predict(table), percent / 100)
    notice = f"Who is moved is learnt from {len(came):,} customers of earlier campaigns ({model.chosen})."
    return frozenset(ids[int(at)] for at in chosen), notice


Known = tuple[int | None, int, Money | None]
"""Days since the last order, orders, spent: what a campaign keeps of each member as it was planned."""


def _experience(
    assistant: Assistant,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    rows: list[Sequence[float]] = []
    mailed: list[int] = []
    came: list[int] = []
    for stored in assistant.store.campaigns():
        try:
            campaign = load_campaign(assistant, stored.id)
            outcomes = campaign_outcomes(assistant, campaign) if campaign.held_out else []
        except NotFound:
            continue
        members: Mapping[str, Member] = {member.customer_id: member for member in campaign.audience}
        for outcome in outcomes:
            member = members[outcome.customer_id]
            rows.append(_features((member.days_since, member.orders, member.spent)))
            mailed.append(int(outcome.treated))
            came.append(int(outcome.converted))
    table = np.array(rows, dtype=float).reshape(len(rows), len(_features((None, 0, None))))
    return table, np.array(mailed, dtype=np.int64), np.array(came, dtype=np.int64)


def _standing(crowd: Crowd, customer_id: str) -> Known:
    row = crowd.stats[customer_id]
    return crowd.days_since(customer_id), row.orders, row.spent


def _features(known: Known) -> list[float]:
    days, orders, spent = known
    amount = float(spent.amount) if spent else 0.0
    return [
        NEVER_DAYS if days is None else float(days),
        float(orders),
        float(np.log1p(max(0.0, amount))),
        float(np.log1p(max(0.0, amount) / max(1, orders))),
    ]
