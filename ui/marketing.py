"""The marketing studio: plan, draft and check, approve and send out, report; voice and offers beside.

Lays out the components and says which event calls which method of marketing_page.py. Who may be
written to and whether a message passes is decided in `assistant/campaign/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.campaign import Request
from assistant.campaign.goals import GOALS
from ui.marketing_page import NEUTRAL, OWN, MarketingPage, step
from ui.marketing_tabs import PRIVATE, Parts, draft_tab, out_tab, plan_tab, report_tab, voice_tab
from ui.staff import notice, page_head, stacked, staff_name

if TYPE_CHECKING:
    from assistant.chat import Assistant


def build(assistant: Assistant) -> gr.Blocks:
    """The page, to be mounted at /marketing."""
    page = MarketingPage(assistant)
    with gr.Blocks(title=f"Marketing · {assistant.settings.name}", analytics_enabled=False) as blocks:
        gr.HTML(page_head(assistant.settings, "marketing"))
        chosen = gr.Dropdown([], label="Campaign", info="A new one is made under Plan.", value=None)
        with gr.Tabs() as tabs:
            with gr.Tab("Plan", id="plan"):
                plan = plan_tab(page)
            with gr.Tab("Draft", id="draft"):
                draft = draft_tab(page)
            with gr.Tab("Send", id="out"):
                out = out_tab(page)
            with gr.Tab("Report", id="report"):
                report = report_tab(page)
            with gr.Tab("Voice", id="voice"):
                voice_tab(page)
        _wire_plan(page, blocks, chosen, tabs, plan)
        _wire_opening(page, chosen, plan, draft, out)
        _wire_message(page, chosen, draft, out)
        _wire_drafting(page, chosen, draft, out)
        _wire_out(page, chosen, draft, out)
        _wire_report(page, chosen, report)
    return blocks


def _totals(
    page: MarketingPage, draft: Parts, out: Parts
) -> tuple[Callable[[str | None], tuple[str, str]], Any]:
    """What counts all messages anew after something changed, and where that is shown."""

    def refresh(campaign_id: str | None) -> tuple[str, str]:
        if not campaign_id:
            return "", ""
        campaign = page.load(campaign_id)
        return page.state(campaign), page.approval(campaign)

    return refresh, [draft["state"], out["approval"]]


def _wire_plan(
    page: MarketingPage, blocks: gr.Blocks, chosen: gr.Dropdown, tabs: gr.Tabs, plan: Parts
) -> None:

    def open_page() -> tuple[Any, ...]:
        groups = page.groups()
        return gr.Dropdown(choices=page.campaigns()), gr.Dropdown(choices=groups), gr.Dropdown(choices=groups)

    blocks.load(open_page, None, [chosen, plan["include"], plan["exclude"]], **PRIVATE)

    def make_plan(*form: Any) -> tuple[Any, ...]:
        goal, days, include, exclude, limit, holdout, channel, cap, products, learn, count, *fields = form
        try:
            variants = [fields[at * 5 : at * 5 + 5] for at in range(int(count))]
            request = Request(
                goal=goal,
                days=int(days or 0) if "{days}" in GOALS[goal].audience else None,
                include=tuple(include or ()),
                exclude=tuple(exclude or ()),
                limit=int(limit or 0),
                channel=channel,
                cap_hours=int(cap or 0),
                learn=learn,
            )
            campaign = page.plan(request, holdout, products if goal == "launch" else "", variants)
            return (
                page.audience(campaign),
                gr.Dropdown(choices=page.campaigns(), value=campaign.id),
                gr.Button(visible=bool(campaign.recipients)),
            )
        except Exception as error:
            return page.problem(error), gr.Dropdown(), gr.Button(visible=False)

    planned = [plan["audience"], chosen, plan["onward"]]
    triggers = [plan["find"].click, *(field.submit for field in plan["enter"])]
    gr.on(triggers, make_plan, plan["asked"], planned, **PRIVATE)
    plan["onward"].click(lambda: gr.Tabs(selected="draft"), None, tabs, **PRIVATE)


def _wire_opening(page: MarketingPage, chosen: gr.Dropdown, plan: Parts, draft: Parts, out: Parts) -> None:
    """Whichever campaign is chosen, every tab shows it."""

    opened = [draft[n] for n in ("state", "detail", "picker", "style", "progress")]
    opened += [out["approval"], out["file"], plan["audience"], plan["onward"]]

    def open_campaign(campaign_id: str | None) -> tuple[Any, ...]:
        hidden = gr.Column(visible=False)
        if not campaign_id:
            return (gr.HTML(),) * len(opened)
        try:
            campaign = page.load(campaign_id)
            choices = page.recipients(campaign)
            styles = [OWN, *(v.name for v in campaign.variants if len(campaign.variants) > 1), NEUTRAL]
            return (
                page.state(campaign),
                gr.Column(visible=bool(choices)),
                gr.Dropdown(choices=choices, value=choices[0][1] if choices else None),
                gr.Dropdown(choices=styles, value=OWN),
                page.estimate(campaign),
                page.approval(campaign),
                gr.DownloadButton(visible=False),
                page.audience(campaign),
                gr.Button(visible=bool(choices)),
            )
        except Exception as error:
            told = page.problem(error)
            nothing = gr.Dropdown(choices=[], value=None)
            return told, hidden, nothing, gr.Dropdown(), "", told, gr.DownloadButton(), told, gr.Button()

    chosen.change(open_campaign, chosen, opened, **PRIVATE)


def _wire_message(page: MarketingPage, chosen: gr.Dropdown, draft: Parts, out: Parts) -> None:
    view = page.view

    looked_at = [chosen, draft["picker"], draft["style"], draft["width"]]
    shown = [draft[n] for n in ("mail", "evidence", "subject", "preheader", "body")]

    def show(campaign_id: str | None, customer_id: str | None, style: str, width: str) -> tuple[Any, ...]:
        if not campaign_id or not customer_id:
            return "", "", "", "", ""
        try:
            found, evidence, _ = page.message(campaign_id, customer_id, style)
        except Exception as error:
            return page.problem(error), "", "", "", ""
        mail = view.mail(found, is_phone=width == "Phone")
        return mail, evidence, found.text.subject, found.text.preheader, found.text.body

    def rewrite(campaign_id: str, customer_id: str, style: str, width: str) -> tuple[Any, ...]:
        try:
            page.write_again(campaign_id, customer_id)
        except Exception as error:
            return page.problem(error), "", "", "", ""
        return show(campaign_id, customer_id, OWN, width)

    def keep(campaign_id: str, customer_id: str, style: str, width: str, *texts: str) -> tuple[Any, ...]:
        try:
            page.edit(campaign_id, customer_id, *texts)
        except Exception as error:
            return page.problem(error), "", *texts
        return show(campaign_id, customer_id, OWN, width)

    refresh, totals = _totals(page, draft, out)
    gr.on(
        [draft["picker"].change, draft["style"].input, draft["width"].input],
        show,
        looked_at,
        shown,
        **PRIVATE,
    )
    own = [draft["style"]]
    draft["again"].click(rewrite, looked_at, shown, **PRIVATE).then(refresh, chosen, totals, **PRIVATE).then(
        lambda: OWN, None, own, **PRIVATE
    )
    texts = [draft[n] for n in ("subject", "preheader", "body")]
    draft["save"].click(keep, [*looked_at, *texts], shown, **PRIVATE).then(
        refresh, chosen, totals, **PRIVATE
    ).then(lambda: OWN, None, own, **PRIVATE)

    def turn(campaign_id: str, current: str | None, red_only: bool, by: int) -> str | None:
        return step([id_ for _, id_ in page.recipients(page.load(campaign_id), red_only)], current, by)

    at = [chosen, draft["picker"], draft["red_only"]]
    draft["back"].click(lambda c, p, r: turn(c, p, r, -1), at, draft["picker"], **PRIVATE)
    draft["forth"].click(lambda c, p, r: turn(c, p, r, 1), at, draft["picker"], **PRIVATE)

    def narrow(campaign_id: str | None, red_only: bool) -> Any:
        choices = page.recipients(page.load(campaign_id), red_only) if campaign_id else []
        return gr.Dropdown(choices=choices, value=choices[0][1] if choices else None)

    draft["red_only"].input(narrow, [chosen, draft["red_only"]], draft["picker"], **PRIVATE)


def _wire_drafting(page: MarketingPage, chosen: gr.Dropdown, draft: Parts, out: Parts) -> None:
    refresh, totals = _totals(page, draft, out)

    def draft_all(campaign_id: str | None) -> Iterator[str]:
        if not campaign_id:
            yield stacked(notice("Plan or choose a campaign first.", "problem"))
            return
        try:
            yield from page.draft_all(campaign_id)
        except Exception as error:
            yield page.problem(error)

    running = draft["make"].click(draft_all, chosen, draft["progress"], show_progress="hidden", **PRIVATE)
    running.then(refresh, chosen, totals, **PRIVATE)
    stopped = draft["stop"].click(
        lambda: stacked(notice("Stopped. What is drafted is kept; Draft all goes on from there.")),
        None,
        draft["progress"],
        cancels=[running],
        **PRIVATE,
    )
    stopped.then(refresh, chosen, totals, **PRIVATE)


def _wire_out(page: MarketingPage, chosen: gr.Dropdown, draft: Parts, out: Parts) -> None:
    refresh, totals = _totals(page, draft, out)

    def who(name: str, request: gr.Request) -> str:
        login = staff_name(page.assistant.settings, request)
        return name.strip() if login == "demo" else login

    def approve(campaign_id: str | None, name: str, request: gr.Request) -> str:
        try:
            return page.approve(campaign_id or "", who(name, request))
        except Exception as error:
            return page.problem(error)

    def export(campaign_id: str | None, form: str, name: str, request: gr.Request) -> tuple[Any, str]:
        try:
            path, told = page.export(campaign_id or "", form, who(name, request) or "staff")
        except Exception as error:
            return gr.DownloadButton(visible=False), page.problem(error)
        return gr.DownloadButton(value=path, visible=True), told

    def send(
        campaign_id: str | None,
        really: bool,
        name: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> tuple[str, bool]:
        try:
            return page.send(campaign_id or "", really, who(name, request) or "staff", progress), False
        except Exception as error:
            return page.problem(error), False

    def relabel() -> Any:
        return gr.Dropdown(choices=page.campaigns())

    out["approve"].click(approve, [chosen, out["name"]], out["approval"], **PRIVATE).then(
        relabel, None, chosen, **PRIVATE
    )
    out["export"].click(
        export, [chosen, out["form"], out["name"]], [out["file"], out["report"]], **PRIVATE
    ).then(refresh, chosen, totals, **PRIVATE).then(relabel, None, chosen, **PRIVATE)
    out["send"].click(
        send, [chosen, out["really"], out["name"]], [out["report"], out["really"]], **PRIVATE
    ).then(refresh, chosen, totals, **PRIVATE).then(relabel, None, chosen, **PRIVATE)


def _wire_report(page: MarketingPage, chosen: gr.Dropdown, report: Parts) -> None:

    def take(campaign_id: str | None, file: str | None) -> str:
        if not file:
            return ""
        try:
            return page.take_results(campaign_id or "", file)
        except Exception as error:
            return page.problem(error)

    def show_result(campaign_id: str | None, days: float | None) -> str:
        try:
            return page.report(campaign_id or "", days)
        except Exception as error:
            return page.problem(error)

    asked = [chosen, report["days"]]
    report["results"].upload(take, [chosen, report["results"]], report["taken"], **PRIVATE).then(
        show_result, asked, report["found"], **PRIVATE
    )
    report["show"].click(show_result, asked, report["found"], **PRIVATE)
