"""The studio's five tabs: which components there are and where they stand. What they do is marketing.py's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from assistant.campaign.base import CAP_HOURS
from assistant.campaign.brand import BRAND, TONES
from assistant.campaign.goals import GOALS
from assistant.campaign.offers import OFFERS
from assistant.campaign.variants import SUBJECTS, VARIANTS_AT_MOST
from shop.errors import RegularsError
from ui.marketing_page import OWN, MarketingPage
from ui.staff import notice, stacked

PRIVATE: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 4}
SUBJECT_CHOICES = [
    ("what they bought", SUBJECTS[0]),
    ("what they order most", SUBJECTS[1]),
    ("the shop", SUBJECTS[2]),
]
CHANNEL_CHOICES = [("E-mail", "email"), ("Text message", "sms"), ("Push message", "push")]
FORM_CHOICES = [
    ("CSV, one row per customer", "csv"),
    ("listmonk", "listmonk"),
    ("Klaviyo", "klaviyo"),
    ("Ready-to-send .eml files", "eml"),
]

Parts = dict[str, Any]


def plan_tab(page: MarketingPage) -> Parts:
    """Goal, audience, channel, variants; beside them who is reached."""
    tone = load_brand_tone(page)
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=300):
            goal = gr.Dropdown([(g.purpose, g.name) for g in GOALS.values()], value="win back", label="Goal")
            days = gr.Number(90, label="Days", info=_days_words("win back"), precision=0, minimum=1)
            products = gr.Textbox(
                label="Products to announce", info="Their ids, separated by commas.", visible=False
            )
            include = gr.Dropdown([], multiselect=True, label="Write to", info="Empty: the goal's own group.")
            exclude = gr.Dropdown([], multiselect=True, label="Leave out")
            with gr.Row():
                limit = gr.Number(50, label="At most how many", precision=0, minimum=1, min_width=120)
                holdout = gr.Number(
                    10,
                    label="Held out, %",
                    info="To measure the effect.",
                    precision=0,
                    maximum=50,
                    min_width=120,
                )
            with gr.Accordion("Channel and frequency", open=False):
                channel = gr.Radio(CHANNEL_CHOICES, value="email", label="Channel")
                cap = gr.Number(
                    CAP_HOURS["email"],
                    label="Nobody hears from you twice within, hours",
                    precision=0,
                    minimum=0,
                )
            with gr.Accordion("Variants", open=False):
                count = gr.Slider(1, VARIANTS_AT_MOST, value=1, step=1, label="How many")
                learn = gr.Checkbox(True, label="Give better variants more customers, once results are in")
                rows, fields = [], []
                for at in range(VARIANTS_AT_MOST):
                    with gr.Row(visible=at == 0, elem_classes="rs-variant") as row:
                        name = gr.Textbox("ABCDE"[at], label="Name", min_width=90, max_length=20)
                        first = TONES.index(tone)
                        tones = gr.Dropdown(
                            list(TONES), value=TONES[(first + at) % len(TONES)], label="Tone", min_width=110
                        )
                        shown = gr.Dropdown([1, 2, 3], value=3, label="Products", min_width=90)
                        subject = gr.Dropdown(
                            SUBJECT_CHOICES, value=SUBJECTS[0], label="Subject names", min_width=150
                        )
                        offer = gr.Checkbox(True, label="With offer", min_width=90)
                    rows.append(row)
                    fields += [name, tones, shown, subject, offer]
            find = gr.Button("Find customers", variant="primary")
        with gr.Column(scale=6, min_width=300):
            audience = gr.HTML(page.view.before())
            onward = gr.Button("Look at the messages →", visible=False)

    def set_goal(name: str) -> tuple[Any, Any]:
        chosen = GOALS[name]
        needs_days = "{days}" in chosen.audience
        words = gr.Number(value=chosen.days, info=_days_words(name), visible=needs_days)
        return words, gr.Textbox(visible=chosen.picks == "chosen")

    goal.change(set_goal, goal, [days, products], **PRIVATE)
    channel.change(lambda name: CAP_HOURS[name], channel, cap, **PRIVATE)
    count.change(lambda n: [gr.Row(visible=at < n) for at in range(VARIANTS_AT_MOST)], count, rows, **PRIVATE)
    asked = [goal, days, include, exclude, limit, holdout, channel, cap, products, learn, count, *fields]
    return {
        "asked": asked,
        "find": find,
        "enter": [days, limit],
        "audience": audience,
        "onward": onward,
        "include": include,
        "exclude": exclude,
    }


def load_brand_tone(page: MarketingPage) -> str:
    """The brand's tone, plain where its file cannot be read."""
    try:
        return BRAND.load(page.assistant.settings.shop).tone
    except RegularsError:
        return TONES[0]


def _days_words(goal: str) -> str:
    return {
        "win back": "No order in so many days.",
        "welcome": "First order within so many days.",
        "cross-sell": "Ordered within so many days.",
    }.get(goal, "")


def draft_tab(page: MarketingPage) -> Parts:
    """All messages in figures, and one of them as its recipient sees it, with its checks."""
    with gr.Row(elem_classes="rs-bar"):
        make = gr.Button("Draft all", variant="primary", scale=1, min_width=130)
        stop = gr.Button("Stop", scale=1, min_width=90)
    progress = gr.HTML()
    state = gr.HTML(page.view.invitation())
    with gr.Column(visible=False) as detail:
        with gr.Row(elem_classes="rs-bar"):
            picker = gr.Dropdown(label="Preview as", choices=[], scale=4, min_width=280)
            back = gr.Button("← Previous", scale=1, min_width=110)
            forth = gr.Button("Next →", scale=1, min_width=110)
            width = gr.Radio(["Desktop", "Phone"], value="Desktop", label="Width", scale=2, min_width=210)
        with gr.Row(elem_classes="rs-bar"):
            style = gr.Dropdown([OWN], value=OWN, label="Variant", scale=2, min_width=150)
            red_only = gr.Checkbox(False, label="Only red ones", scale=1, min_width=130)
            again = gr.Button("Write again", scale=1, min_width=120)
        with gr.Row(equal_height=False):
            with gr.Column(scale=6, min_width=300):
                mail = gr.HTML()
                with gr.Accordion("Edit this message", open=False):
                    subject = gr.Textbox(label="Subject", max_length=200)
                    preheader = gr.Textbox(label="Preheader", max_length=300)
                    body = gr.Textbox(label="Body", lines=12, max_length=8000)
                    save = gr.Button("Save and check")
            with gr.Column(scale=4, min_width=280):
                evidence = gr.HTML()
    return {
        "make": make,
        "stop": stop,
        "progress": progress,
        "state": state,
        "detail": detail,
        "picker": picker,
        "back": back,
        "forth": forth,
        "width": width,
        "style": style,
        "red_only": red_only,
        "again": again,
        "mail": mail,
        "subject": subject,
        "preheader": preheader,
        "body": body,
        "save": save,
        "evidence": evidence,
    }


def out_tab(page: MarketingPage) -> Parts:
    """Approval, export and sending."""
    approval = gr.HTML(page.view.approval(None, False))
    with gr.Row(equal_height=False):
        with gr.Column(min_width=280):
            name = gr.Textbox(label="Your name", info="Kept with the approval.", max_length=80)
            approve = gr.Button("Approve the green messages", variant="primary")
        with gr.Column(min_width=280):
            form = gr.Radio(FORM_CHOICES, value="csv", label="Export for your mailing service as")
            export = gr.Button("Export")
            file = gr.DownloadButton("Download", visible=False)
        with gr.Column(min_width=280):
            ready = bool(page.assistant.settings.smtp.get_secret_value())
            if not ready:
                words = "To send from here, set smtp in shop.toml (docs/marketing.md)."
                gr.HTML(stacked(notice(words, "empty")))
            really = gr.Checkbox(False, label="Send real e-mails to real people", visible=ready)
            send = gr.Button("Send", visible=ready)
    report = gr.HTML()
    return {
        "approval": approval,
        "name": name,
        "approve": approve,
        "form": form,
        "export": export,
        "file": file,
        "really": really,
        "send": send,
        "report": report,
    }


def report_tab(page: MarketingPage) -> Parts:
    """Results in, the report out."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=280):
            results = gr.File(
                label="Results of your mailing service (CSV: customer_id or email, event, at)",
                file_types=[".csv"],
                height=120,
            )
            taken = gr.HTML()
            days = gr.Number(14, label="Orders count within, days", precision=0, minimum=1, maximum=365)
            show = gr.Button("Show the report", variant="primary")
        with gr.Column(scale=8, min_width=300):
            found = gr.HTML(stacked(notice("The result of the chosen campaign will stand here.", "empty")))
    return {"results": results, "taken": taken, "days": days, "show": show, "found": found}


def voice_tab(page: MarketingPage) -> None:
    """The two files that a marketer may change."""
    folder = page.assistant.settings.shop

    def saved(save: Callable[[str], str]) -> Callable[[str], str]:
        def run(text: str) -> str:
            try:
                return save(text)
            except Exception as error:
                return page.problem(error)

        return run

    with gr.Row(equal_height=False):
        for title, text, save in (
            ("Brand voice (brand.md)", BRAND.text(folder), page.save_voice),
            ("Allowed offers (offers.toml)", OFFERS.text(folder), page.save_offers),
        ):
            with gr.Column(min_width=300):
                box = gr.Textbox(text, label=title, lines=18, max_lines=40, elem_classes="rs-code")
                button = gr.Button(f"Save {title.split(' (')[0].lower()}")
                told = gr.HTML()
                button.click(saved(save), box, told, **PRIVATE)
