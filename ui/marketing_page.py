"""What the marketing studio does for one assistant: each method answers one event of the page.

Knows the campaign's verbs and how their results are shown; knows nothing of Gradio's components.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.campaign import (
    Campaign,
    Draft,
    Request,
    approve_campaign,
    draft_message,
    drafts_of,
    edit_message,
    estimate_drafting,
    load_campaign,
    plan_campaign,
    preview_message,
    report_campaign,
)
from assistant.campaign.approval import digest_of, find_approval
from assistant.campaign.audience import Crowd
from assistant.campaign.brand import BRAND
from assistant.campaign.drafts import draft_steps, saved_draft
from assistant.campaign.export import FORMS, export_campaign
from assistant.campaign.offers import OFFERS
from assistant.campaign.plan import send_window
from assistant.campaign.results import import_results, read_results_file
from assistant.campaign.sending import send_campaign
from assistant.campaign.variants import Variant
from shop.errors import NotAllowed, RegularsError
from ui.marketing_report import show_report
from ui.marketing_view import MarketingView
from ui.staff import notice, stacked

if TYPE_CHECKING:
    from assistant.chat import Assistant

log = logging.getLogger(__name__)

MAX_CHOICES = 500
OWN, NEUTRAL = "their own", "neutral"
Choices = list[tuple[str, str]]


class MarketingPage:
    """The studio's verbs; every text that comes back is HTML."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.view = MarketingView(assistant.settings)
        self._groups: tuple[tuple[int, int, Any], Choices] | None = None

    # -- choosing --------------------------------------------------------------------------------

    def campaigns(self) -> Choices:
        """Campaigns to go on with, newest first."""
        found = []
        for kept in self.assistant.store.campaigns()[:50]:
            steps = [step.step for step in self.assistant.store.steps(kept.id)]
            found.append((f"{kept.name} · {steps[-1] if steps else 'planned'}", kept.id))
        return found

    def groups(self) -> Choices:
        """Groups with their sizes; counted again only where customers or orders have come."""
        store = self.assistant.store
        key = store.count("customers"), store.count("orders"), self.assistant.settings.current_date
        if self._groups is None or self._groups[0] != key:
            offered = Crowd(self.assistant).offered()
            named = [(f"{group.size:,} · {group.sentence}", group.term) for group in offered]
            self._groups = key, named
        return self._groups[1]

    def plan(
        self, request: Request, holdout: float | None, products: str, variants: Sequence[Sequence[Any]]
    ) -> Campaign:
        """A new campaign from the form."""
        made = tuple(
            Variant(str(name).strip() or f"Variant {at}", str(tone), int(shown), str(subject), bool(offer))
            for at, (name, tone, shown, subject, offer) in enumerate(variants, 1)
        )
        ids = tuple(id_.strip() for id_ in products.split(",") if id_.strip())
        share = float(holdout or 0) / 100
        return plan_campaign(
            self.assistant, request, holdout=share, products=ids, variants=made or (Variant("A"),)
        )

    def audience(self, campaign: Campaign) -> str:
        """The plan as shown."""
        return self.view.audience(campaign, send_window(self.assistant, campaign))

    def load(self, campaign_id: str) -> Campaign:
        """A saved campaign."""
        return load_campaign(self.assistant, campaign_id)

    def recipients(self, campaign: Campaign, red_only: bool = False) -> Choices:
        """Recipients to look at; red ones are marked."""
        status = {row.customer_id: row.status for row in self.assistant.store.drafts(campaign.id)}
        found = []
        for member in campaign.recipients:
            is_red = status.get(member.customer_id) == "refused"
            if is_red or not red_only:
                found.append((self.view.label(member, is_red), member.customer_id))
        return found[:MAX_CHOICES]

    # -- drafting --------------------------------------------------------------------------------

    def message(self, campaign_id: str, customer_id: str, style: str) -> tuple[Draft, str, bool]:
        """The customer's message, what is known of it as HTML, and whether it is their own.

        `style` is a variant's name, OWN or NEUTRAL.
        """
        campaign = self.load(campaign_id)
        member = next((m for m in campaign.audience if m.customer_id == customer_id), None)
        if member is None:
            raise NotAllowed("this customer is not in the campaign; choose another one")
        if style in ("", OWN, member.variant):
            draft, own = draft_message(self.assistant, campaign, customer_id), True
        elif style == NEUTRAL:
            draft, own = preview_message(self.assistant, campaign, customer_id, neutral=True), False
        else:
            draft, own = preview_message(self.assistant, campaign, customer_id, variant=style), False
        return draft, self.view.evidence(draft, member, is_saved=own), own

    def write_again(self, campaign_id: str, customer_id: str) -> Draft:
        """The customer's message in other words."""
        return draft_message(self.assistant, self.load(campaign_id), customer_id, again=True)

    def edit(self, campaign_id: str, customer_id: str, subject: str, preheader: str, body: str) -> Draft:
        """The customer's message as edited by hand."""
        saved = saved_draft(self.assistant, campaign_id, customer_id)
        texts = {"subject": subject, "preheader": preheader, "body": body}
        if saved is not None and saved.text.channel == "sms":
            texts = {"body": body}
        elif saved is not None and saved.text.channel == "push":
            texts.pop("body")
        return edit_message(self.assistant, self.load(campaign_id), customer_id, **texts)

    def draft_all(self, campaign_id: str) -> Iterator[str]:
        """Draft what is missing; yields how far it has come, and may be left at any point."""
        campaign = self.load(campaign_id)
        words = estimate_drafting(self.assistant, campaign).sentence()
        for done, total in draft_steps(self.assistant, campaign):
            yield self.view.progress(done, total, words if done < total else "")

    def state(self, campaign: Campaign) -> str:
        """Green, red and missing, as they were when drafted."""
        return self.view.state(campaign, self._drafts(campaign))

    def _drafts(self, campaign: Campaign) -> dict[str, Draft]:
        wanted = {member.customer_id for member in campaign.recipients}
        kept = drafts_of(self.assistant, campaign.id)
        return {id_: draft for id_, draft in kept.items() if id_ in wanted}

    def estimate(self, campaign: Campaign) -> str:
        """What drafting the rest would take."""
        return stacked(notice(estimate_drafting(self.assistant, campaign).sentence()))

    # -- letting out -----------------------------------------------------------------------------

    def approval(self, campaign: Campaign) -> str:
        """Whether it is approved, and what was done so far."""
        approval = find_approval(self.assistant, campaign)
        holds = approval is not None and approval.digest == digest_of(self._drafts(campaign))
        return self.view.approval(approval, holds) + self.view.steps(self.assistant.store.steps(campaign.id))

    def approve(self, campaign_id: str, by: str) -> str:
        """Record the approval."""
        campaign = self.load(campaign_id)
        approve_campaign(self.assistant, campaign, by)
        return self.approval(campaign)

    def export(self, campaign_id: str, form: str, by: str) -> tuple[str, str]:
        """Write the file: its path and the report."""
        campaign = self.load(campaign_id)
        folder = Path(tempfile.mkdtemp(prefix="regulars-"))
        path = folder / f"{campaign.name}{'' if form == 'csv' else f'-{form}'}{FORMS[form]}"
        report = export_campaign(self.assistant, campaign, path, form, by)
        shown = report.lines()
        shown[0] = (
            f"{report.written:,} messages are ready to download, {report.held_out:,} customers held out."
        )
        return str(path), self.view.lines(shown)

    def send(self, campaign_id: str, really: bool, by: str, progress: Any) -> str:
        """Send for real."""
        campaign = self.load(campaign_id)

        def show(done: int, total: int) -> None:
            progress((done, total), desc="Sending")

        report = send_campaign(self.assistant, campaign, really=really, by=by, progress=show)
        return self.view.lines(report.lines())

    # -- afterwards ------------------------------------------------------------------------------

    def take_results(self, campaign_id: str, file: str) -> str:
        """Take in an uploaded results file."""
        name = Path(file).name
        text = read_results_file(Path(file).read_bytes(), name)
        return self.view.lines(import_results(self.assistant, self.load(campaign_id), text, name).lines())

    def report(self, campaign_id: str, days: float | None) -> str:
        """The result."""
        found = report_campaign(self.assistant, self.load(campaign_id), int(days or 0))
        return show_report(found, self.assistant.settings.locale)

    def save_voice(self, text: str) -> str:
        """Keep the brand voice."""
        brand = BRAND.save(self.assistant.settings.shop, text)
        return stacked(
            notice(f"Saved. Tone {brand.tone}; new drafts keep to it, old ones are checked by it.")
        )

    def save_offers(self, text: str) -> str:
        """Keep the offers."""
        count = len(OFFERS.save(self.assistant.settings.shop, text).allowed)
        what = "offer is" if count == 1 else "offers are"
        return stacked(notice(f"Saved. {count} {what} allowed from the next plan on."))

    def problem(self, error: Exception) -> str:
        """What went wrong as one sentence; who was to be written to stays out of the log."""
        if isinstance(error, RegularsError):
            return stacked(notice(str(error), "problem"))
        log.error("marketing studio: %s", type(error).__name__, exc_info=error)
        return stacked(notice("That did not work; the server's log says why. Try again.", "problem"))


def step(ids: list[str], current: str | None, by: int) -> str | None:
    """The customer `by` places further on in the audience, round and round."""
    if not ids:
        return None
    return ids[(ids.index(current) + by) % len(ids)] if current in ids else ids[0]
