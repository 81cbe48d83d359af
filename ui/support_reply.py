"""The desk's corner for answering: the message as read, the suggested reply, macros, the hand-off.

Knows the events of these pieces only. Words are suggested, put into a field, copied; nothing is
sent. What became of a suggestion is kept, with the words that were used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import gradio as gr

from assistant.support import read_customer
from assistant.support.handoff import summarise
from assistant.support.macros import offer_macros
from assistant.support.reply import Tone, suggest_reply
from assistant.support.signals import is_upset
from ui.reply_view import empty_reply, reading_html, suggestion_html
from ui.staff import notice, stacked, staff_name

if TYPE_CHECKING:
    from assistant.chat import Assistant

MAX_MESSAGE = 4000
COPY_JS = "(text) => { navigator.clipboard && navigator.clipboard.writeText(text); return text; }"


class ReplyPanel:
    """The pieces and what they do; make it where they shall stand, then `listen`."""

    def __init__(self, assistant: Assistant, problem: Callable[[Exception], str]) -> None:
        self.assistant, self.settings, self.problem = assistant, assistant.settings, problem
        self.suggestion = gr.Textbox(visible="hidden")
        self.suggested = gr.Textbox(visible="hidden")
        with gr.Accordion("Answer them", open=True, elem_classes="rs-reply"):
            self.message = gr.Textbox(
                label="Their message ( r ): the latest one, or paste another",
                lines=2,
                max_lines=6,
                elem_id="desk-message",
            )
            with gr.Row(elem_classes="rs-chips"):
                self.suggest = gr.Button("Suggest a reply", variant="primary", size="sm", min_width=130)
                self.hand_over = gr.Button("Summary for a colleague", size="sm", min_width=130)
            self.reading = gr.HTML()
            self.draft = gr.HTML(empty_reply())
            with gr.Row(elem_classes="rs-chips", visible=False) as self.tools:
                self.insert = gr.Button("Insert", size="sm", min_width=76)
                self.shorter = gr.Button("Shorter", size="sm", min_width=76)
                self.warmer = gr.Button("Warmer", size="sm", min_width=76)
                self.good = gr.Button("Good suggestion", size="sm", min_width=110)
                self.bad = gr.Button("Not right", size="sm", min_width=90)
            self.said = gr.HTML()
            self.macros = gr.Radio(
                label="Ready-made replies like this message",
                choices=[],
                visible=False,
                elem_classes="rs-picks",
            )
            self.own = gr.Textbox(
                label="Your reply (nothing is sent from here: copy it into your mail or chat)",
                lines=5,
                max_lines=16,
                elem_id="desk-reply",
            )
            self.copy = gr.Button("Copy", size="sm", min_width=80)
            self.summary = gr.Textbox(
                label="Summary for a colleague",
                lines=4,
                max_lines=16,
                visible=False,
                buttons=["copy"],
                elem_id="desk-summary",
            )

    @property
    def shown(self) -> list[Any]:
        """The pieces that `clear` empties."""
        return [
            self.suggestion,
            self.suggested,
            self.reading,
            self.draft,
            self.tools,
            self.said,
            self.macros,
            self.own,
            self.summary,
        ]

    def clear(self) -> tuple[Any, ...]:
        """Nothing suggested yet, for another customer."""
        closed = (gr.Row(visible=False), "", gr.Radio(choices=[], visible=False), "")
        return ("", "", "", empty_reply(), *closed, gr.Textbox(value="", visible=False))

    def on_suggest(self, customer_id: str, message: str, tone: str, request: gr.Request) -> tuple[Any, ...]:
        """The message as read, a reply in `tone`, and macros like it."""
        if not message.strip():
            return self._nothing(notice("Put the customer's message into the field above first."))
        try:
            text = message[:MAX_MESSAGE]
            upset = is_upset(text, self.settings)
            found = suggest_reply(self.assistant, customer_id, text, tone=cast(Tone, tone), is_upset=upset)
            staff = staff_name(self.settings, request)
            key = self.assistant.store.add_suggestion(customer_id, "reply", staff, text, found.text)
            macros = self._macros(customer_id, text)
        except Exception as error:
            return self._nothing(self.problem(error))
        offered = gr.Radio(choices=macros, value=None, visible=bool(macros))
        reading = reading_html(found, self.settings)
        return key, found.text, reading, suggestion_html(found), gr.Row(visible=True), "", offered

    def _nothing(self, html: str) -> tuple[Any, ...]:
        return "", "", "", stacked(html), gr.Row(visible=False), "", gr.Radio(choices=[], visible=False)

    def _macros(self, customer_id: str, message: str) -> list[tuple[str, str]]:
        """(name and what is missing, filled text) of the macros like the message."""
        store = self.assistant.store
        customer = store.customer(customer_id)
        macros = store.macros()
        if customer is None or not macros:
            return []
        orders = store.orders_of(customer_id)
        order = orders[0] if orders else None
        found = offer_macros(macros, message, self.assistant.search.embedder, customer, order, self.settings)
        return [
            (f"{one.macro.name} (fill in {', '.join(one.open)})" if one.open else one.macro.name, one.text)
            for one in found
        ]

    def on_judge(self, suggestion: str, text: str, own: str, vote: int) -> str:
        """A thumb for the suggestion, with the words made of it."""
        if not suggestion:
            return ""
        try:
            used = own if own.strip() and own != text else ""
            self.assistant.store.judge_suggestion(suggestion, vote=vote, used_text=used)
        except Exception as error:
            return self.problem(error)
        return stacked(notice("Thank you. It is learnt from only where this customer allows it."))

    def on_copy(self, own: str, suggestion: str) -> str:
        """Keep the words that were used."""
        if not own.strip():
            return stacked(notice("There is nothing to copy yet: insert a suggestion or write your own."))
        if suggestion:
            try:
                self.assistant.store.judge_suggestion(suggestion, used_text=own)
            except Exception as error:
                return self.problem(error)
        return stacked(notice("Copied. Paste it where you write to the customer."))

    def on_insert(self, text: str, own: str) -> str:
        """The agent's own field with `text` put in; what they wrote already stays above it."""
        return f"{own.rstrip()}\n\n{text}" if own.strip() and text and text not in own else text or own

    def on_hand_over(self, customer_id: str, message: str) -> tuple[Any, str]:
        """The summary for a colleague, into the field it is copied from."""
        try:
            found = read_customer(self.assistant, customer_id)
            case = suggest_reply(self.assistant, customer_id, message[:MAX_MESSAGE]).case if message else None
            text = summarise(found, case, message[:MAX_MESSAGE], self.settings)
            return gr.Textbox(value=text, visible=True), ""
        except Exception as error:
            return gr.Textbox(visible=False), self.problem(error)

    def listen(self, chosen: Any, private: dict[str, Any]) -> None:
        """Connect the buttons; `chosen` holds the customer's id."""
        given = [chosen, self.message]
        out = [self.suggestion, self.suggested, self.reading, self.draft, self.tools, self.said, self.macros]
        for button, tone in ((self.suggest, "plain"), (self.shorter, "shorter"), (self.warmer, "warmer")):
            button.click(_with_tone(self, tone), given, out, **private)
        self.insert.click(self.on_insert, [self.suggested, self.own], self.own, **private)
        self.macros.input(self.on_insert, [self.macros, self.own], self.own, **private)
        self.hand_over.click(self.on_hand_over, given, [self.summary, self.said], **private)
        for button, vote in ((self.good, 1), (self.bad, -1)):
            button.click(
                lambda suggestion, text, own, vote=vote: self.on_judge(suggestion, text, own, vote),
                [self.suggestion, self.suggested, self.own],
                self.said,
                **private,
            )
        self.copy.click(None, self.own, None, js=COPY_JS)
        self.copy.click(self.on_copy, [self.own, self.suggestion], self.said, **private)


def _with_tone(panel: ReplyPanel, tone: str) -> Callable[..., tuple[Any, ...]]:
    """`on_suggest` with its tone; Gradio reads the signature to hand over the request."""

    def suggest(customer_id: str, message: str, request: gr.Request) -> tuple[Any, ...]:
        return panel.on_suggest(customer_id, message, tone, request)

    return suggest
