"""Approval: a named person has looked at a campaign and lets these messages out, and no others.

What was approved is kept as a digest of every green message, so that a message edited or drafted
again afterwards takes the approval with it. Knows nothing of how messages leave the house.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from assistant.campaign.base import Campaign, moment_of
from assistant.campaign.drafts import Draft, drafts_of, recheck_all
from shop.errors import NotAllowed, NotFound
from shop.store import TakenStep

if TYPE_CHECKING:
    from assistant.chat import Assistant


@dataclass(frozen=True, slots=True)
class Approval:
    """Who let out how many messages, and when."""

    by: str
    at: datetime
    green: int
    red: int
    digest: str


def approve_campaign(assistant: Assistant, campaign: Campaign, by: str) -> Approval:
    """Record that `by` approves every green draft as it is now; red ones stay out.

    Raises NotFound while a recipient has no draft, NotAllowed where nothing is green or nobody is named.
    """
    if not by.strip():
        raise NotAllowed("nobody is named; say who approves")
    drafts = checked_drafts(assistant, campaign)
    missing = sum(member.customer_id not in drafts for member in campaign.recipients)
    if missing:
        raise NotFound(f"{missing:,} of the messages are not drafted yet; draft them first")
    green = sum(draft.ok for draft in drafts.values())
    if not green:
        raise NotAllowed("no message passes every check; look at the red ones first")
    approval = Approval(
        by.strip(), moment_of(assistant.settings), green, len(drafts) - green, digest_of(drafts)
    )
    document = {"green": approval.green, "red": approval.red, "digest": approval.digest}
    assistant.store.add_step(TakenStep(campaign.id, "approved", approval.by, approval.at, document))
    return approval


def find_approval(assistant: Assistant, campaign: Campaign) -> Approval | None:
    """The last approval, whether or not it still holds; None where there is none."""
    taken = [step for step in assistant.store.steps(campaign.id) if step.step == "approved"]
    if not taken:
        return None
    last = taken[-1]
    return Approval(last.by, last.at, last.document["green"], last.document["red"], last.document["digest"])


def require_approval(assistant: Assistant, campaign: Campaign, drafts: Mapping[str, Draft]) -> Approval:
    """The approval of just these drafts. Raises NotAllowed where there is none."""
    approval = find_approval(assistant, campaign)
    if approval is None:
        raise NotAllowed(f"campaign {campaign.name} is not approved yet; approve it first")
    if approval.digest != digest_of(drafts):
        raise NotAllowed(
            f"messages have changed since {approval.by} approved them; look at them and approve again"
        )
    return approval


def checked_drafts(assistant: Assistant, campaign: Campaign) -> dict[str, Draft]:
    """The saved drafts of recipients, each checked anew against the records of this moment."""
    wanted = {member.customer_id for member in campaign.recipients}
    found = drafts_of(assistant, campaign.id)
    return recheck_all(assistant, [draft for id_, draft in found.items() if id_ in wanted])


def digest_of(drafts: Mapping[str, Draft]) -> str:
    """Sixteen hex digits that change with any word of any message."""
    texts = [[id_, asdict(drafts[id_].text)] for id_ in sorted(drafts)]
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()[:16]


def red_reasons(drafts: Mapping[str, Draft]) -> list[tuple[str, int]]:
    """How many messages each check stops, the most frequent first."""
    return Counter(name for draft in drafts.values() for name in draft.red).most_common()
