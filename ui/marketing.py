"""The marketing studio: choose lapsed customers, look at each drafted e-mail, export the messages.

Nothing is sent from here. Knows how a campaign and a draft are shown; who may be written to and
whether a message passes is decided in `assistant/campaign.py`.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.campaign import (
    Campaign,
    Draft,
    draft_campaign,
    draft_message,
    load_campaign,
    plan_campaign,
)
from assistant.campaign.export import export_campaign
from assistant.campaign.message import TONES
from shop.errors import RegularsError
from ui.marketing_view import MarketingView
from ui.staff import notice, page_head, stacked

if TYPE_CHECKING:
    from assistant.chat import Assistant

log = logging.getLogger(__name__)

MAX_CHOICES = 500


class MarketingPage:
    """What the page does for one assistant; each method answers one event."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.view = MarketingView(assistant.settings)

    def plan(self, days: float | None, limit: float | None, holdout: float | None) -> Campaign:
        """A new campaign from the form's numbers (an emptied field counts as 0)."""
        return plan_campaign(
            self.assistant, days=int(days or 0), limit=int(limit or 0), holdout=float(holdout or 0) / 100
        )

    def draft(self, campaign_id: str, customer_id: str, tone: str) -> Draft:
        """The message for one customer, drafted now if it was not before."""
        return draft_message(
            self.assistant, load_campaign(self.assistant, campaign_id), customer_id, tone=tone
        )

    def export(self, campaign_id: str, tone: str, progress: Any) -> tuple[str, str]:
        """Draft what is missing and write the CSV: the file's path and the report as HTML."""
        campaign = load_campaign(self.assistant, campaign_id)
        draft_campaign(
            self.assistant,
            campaign,
            lambda done, total: progress((done, total), desc="Drafting"),
            tone=tone,
        )
        folder = Path(tempfile.mkdtemp(prefix="regulars-"))
        report = export_campaign(self.assistant, campaign, folder / f"{campaign.name}.csv")
        return str(report.path), self.view.report(report)

    def problem(self, error: Exception) -> str:
        """What went wrong as one sentence; who was to be written to stays out of the log."""
        if isinstance(error, RegularsError):
            return stacked(notice(str(error), "problem"))
        log.error("marketing studio: %s", type(error).__name__, exc_info=error)
        return stacked(notice("That did not work; the server's log says why. Try again.", "problem"))


def _step(ids: list[str], current: str | None, by: int) -> str | None:
    """The customer `by` places further on in the audience, round and round."""
    if not ids:
        return None
    return ids[(ids.index(current) + by) % len(ids)] if current in ids else ids[0]


def build(assistant: Assistant) -> gr.Blocks:
    """The page, to be mounted at /marketing."""
    page = MarketingPage(assistant)
    view = page.view
    private: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 4}

    def nothing(text: str) -> tuple[Any, ...]:
        hidden = gr.Column(visible=False), gr.HTML(visible=True), gr.Button(visible=False)
        return (text, "", gr.Dropdown(choices=[], value=None), *hidden, "", "")

    def plan(days: float | None, limit: float | None, holdout: float | None) -> tuple[Any, ...]:
        try:
            campaign = page.plan(days, limit, holdout)
        except Exception as error:
            return nothing(page.problem(error))
        choices = [(view.label(member), member.customer_id) for member in campaign.recipients[:MAX_CHOICES]]
        if not choices:
            return nothing(view.audience(campaign))
        picker = gr.Dropdown(choices=choices, value=choices[0][1])
        return (
            view.audience(campaign),
            campaign.id,
            picker,
            gr.Column(visible=True),
            gr.HTML(visible=False),
            gr.Button(visible=True),
            "",
            "",
        )

    def show(campaign_id: str, customer_id: str | None, tone: str, width: str) -> tuple[str, str]:
        if not campaign_id or not customer_id:
            return "", ""
        try:
            draft = page.draft(campaign_id, customer_id, tone)
        except Exception as error:
            return page.problem(error), ""
        return view.mail(draft, is_phone=width == "Phone"), view.evidence(draft)

    def turn(campaign_id: str, current: str | None, by: int) -> str | None:
        ids = [m.customer_id for m in load_campaign(assistant, campaign_id).recipients[:MAX_CHOICES]]
        return _step(ids, current, by)

    def export(
        campaign_id: str,
        tone: str,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> tuple[Any, str]:
        try:
            path, report = page.export(campaign_id, tone, progress)
        except Exception as error:
            return gr.DownloadButton(visible=False), page.problem(error)
        return gr.DownloadButton(value=path, visible=True), report

    with gr.Blocks(title=f"Marketing · {assistant.settings.name}", analytics_enabled=False) as blocks:
        gr.HTML(page_head(assistant.settings, "marketing"))
        chosen = gr.Textbox(visible="hidden")
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=280):
                gr.HTML(view.goal())
                days = gr.Number(90, label="No order in how many days", precision=0, minimum=1, maximum=3650)
                limit = gr.Number(50, label="At most how many customers", precision=0, minimum=1)
                holdout = gr.Number(10, label="Held out to measure the effect, %", precision=0, maximum=50)
                find = gr.Button("Find customers", variant="primary")
                audience = gr.HTML(view.before())
                tone = gr.Dropdown(
                    [(name.capitalize(), name) for name in TONES], value=TONES[0], label="Tone of the e-mails"
                )
                make = gr.Button("Draft all and prepare the CSV", variant="primary", visible=False)
                report = gr.HTML()
                file = gr.DownloadButton("Download the CSV", visible=False)
            with gr.Column(scale=9, min_width=320):
                hint = gr.HTML(view.invitation())
                with gr.Column(visible=False) as detail:
                    with gr.Row(elem_classes="rs-bar"):
                        picker = gr.Dropdown(label="Preview as", choices=[], scale=4, min_width=300)
                        back = gr.Button("← Previous", scale=1, min_width=130)
                        forth = gr.Button("Next →", scale=1, min_width=130)
                        width = gr.Radio(
                            ["Desktop", "Phone"], value="Desktop", label="Width", scale=2, min_width=230
                        )
                    with gr.Row(equal_height=False):
                        with gr.Column(scale=6, min_width=300):
                            mail = gr.HTML()
                        with gr.Column(scale=4, min_width=280):
                            evidence = gr.HTML()
        shown = [audience, chosen, picker, detail, hint, make, report, evidence]
        found = gr.on([find.click, days.submit, limit.submit], plan, [days, limit, holdout], shown, **private)
        found.then(lambda: gr.DownloadButton(visible=False), None, file, **private)
        picker.change(show, [chosen, picker, tone, width], [mail, evidence], **private)
        found.then(show, [chosen, picker, tone, width], [mail, evidence], **private)
        tone.input(show, [chosen, picker, tone, width], [mail, evidence], **private)
        width.input(show, [chosen, picker, tone, width], [mail, evidence], **private)
        back.click(lambda c, p: turn(c, p, -1), [chosen, picker], picker, **private)
        forth.click(lambda c, p: turn(c, p, 1), [chosen, picker], picker, **private)
        make.click(export, [chosen, tone], [file, report], **private)
    return blocks
