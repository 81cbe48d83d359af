"""Who a campaign's messages may go out to at this moment, asked anew: the one gate before every way out.

Consent, the frequency cap, approval and every check are asked here, whatever was true when the
campaign was planned or drafted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assistant.campaign.approval import Approval, checked_drafts, require_approval
from assistant.campaign.audience import customers_by_id
from assistant.campaign.base import CHANNELS, Campaign, Member, allows, moment_of
from assistant.campaign.drafts import Draft
from shop.errors import NotFound
from shop.store import SentMessage, TakenStep
from shop.types import Customer

if TYPE_CHECKING:
    from assistant.chat import Assistant


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message that may go out."""

    member: Member
    customer: Customer
    draft: Draft


@dataclass(frozen=True, slots=True)
class Departure:
    """Everything that may go out, who is held out, and whom the rules keep back, with why."""

    approval: Approval
    messages: tuple[Outgoing, ...]
    held_out: tuple[Member, ...]
    refused: tuple[tuple[str, str], ...]


def find_outgoing(assistant: Assistant, campaign: Campaign) -> Departure:
    """What may go out now. Raises NotFound where nothing is drafted, NotAllowed without approval."""
    drafts = checked_drafts(assistant, campaign)
    if not drafts:
        raise NotFound(f"campaign {campaign.name} has no drafted messages; draft it first")
    approval = require_approval(assistant, campaign, drafts)
    since = moment_of(assistant.settings) - timedelta(hours=campaign.cap_hours)
    lately = assistant.store.last_messages(campaign.channel, but=campaign.id)
    people = customers_by_id(assistant.store, [member.customer_id for member in campaign.audience])
    messages: list[Outgoing] = []
    held: list[Member] = []
    refused: list[tuple[str, str]] = []
    for member in campaign.audience:
        id_ = member.customer_id
        customer, draft = people.get(id_), drafts.get(id_)
        if customer is None:
            refused.append((id_, "no longer known"))
        elif member.held_out:
            held.append(member)
        elif not allows(customer.consent, campaign.channel):
            refused.append((id_, f"no consent to {CHANNELS[campaign.channel]}"))
        elif draft is None:
            refused.append((id_, "not drafted"))
        elif draft.red:
            refused.append((id_, f"red: {', '.join(draft.red)}"))
        elif id_ in lately and lately[id_] > since:
            refused.append((id_, f"written to in the last {campaign.cap_hours} hours"))
        else:
            messages.append(Outgoing(member, customer, draft))
    return Departure(approval, tuple(messages), tuple(held), tuple(refused))


def as_sent(assistant: Assistant, campaign: Campaign, one: Outgoing, status: str) -> SentMessage:
    """The message as it is kept for the customer's history."""
    text = one.draft.text
    document: dict[str, Any] = {
        "subject": text.subject,
        "body": text.body or text.preheader,
        "offer": one.draft.offer,
        "goal": campaign.goal,
    }
    now = moment_of(assistant.settings)
    return SentMessage(
        campaign.id, one.customer.id, campaign.channel, one.draft.variant, status, now, document
    )


def record_step(assistant: Assistant, campaign: Campaign, step: str, by: str, counts: dict[str, Any]) -> None:
    """Keep who did what; the document holds no customer."""
    at = moment_of(assistant.settings)
    assistant.store.add_step(TakenStep(campaign.id, step, by, at, counts))


def first_ten(refused: Iterable[tuple[str, str]]) -> list[str]:
    """Whom the rules kept back, in lines for people."""
    every = list(refused)
    lines = [f"customer {customer_id} left out: {why}" for customer_id, why in every[:10]]
    return [*lines, f"{len(every) - 10:,} more left out"] if len(every) > 10 else lines
