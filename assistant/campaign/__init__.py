"""Campaigns: who to write to, in which words and with which offer, checked, approved, let out, measured.

    campaign = plan_campaign(assistant, goal="win back", limit=500)
    draft_campaign(assistant, campaign)
    approve_campaign(assistant, campaign, by="Ada")
    export_campaign(assistant, campaign, "messages.csv")

Rules choose (plan.py, audience.py, offers.py), the model or the templates word (message.py), checks
decide (checks.py). Writes only to customers who allow it; there is no switch for that.
"""

from __future__ import annotations

from assistant.campaign.approval import approve_campaign
from assistant.campaign.base import Campaign, Member, load_campaign
from assistant.campaign.drafts import (
    Draft,
    draft_campaign,
    draft_message,
    drafts_of,
    edit_message,
    estimate_drafting,
    preview_message,
)
from assistant.campaign.plan import Request, plan_campaign
from assistant.campaign.report import campaign_outcomes, report_campaign

__all__ = [
    "Campaign",
    "Draft",
    "Member",
    "Request",
    "approve_campaign",
    "campaign_outcomes",
    "draft_campaign",
    "draft_message",
    "drafts_of",
    "edit_message",
    "estimate_drafting",
    "load_campaign",
    "plan_campaign",
    "preview_message",
    "report_campaign",
]
