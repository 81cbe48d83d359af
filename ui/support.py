"""The support desk: find a customer, see everything about them on one screen, ask, and draft a reply.

Read-only for the shop: nothing here changes an order or sends a word. Knows the page's events; what
is said comes from `assistant/support/`, how it looks from `ui/support_view.py` and
`ui/reply_view.py`. Who looked at whom is recorded under the name given here; e-mail, phone and
address stay on the server until somebody asks to see them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.support import ask, find_customers, log_view, read_customer, with_insight
from assistant.support.policy_answers import may_be_done
from shop.errors import RegularsError
from ui.staff import count_of, notice, page_head, stacked, staff_name
from ui.support_reply import ReplyPanel
from ui.support_view import TIMELINE_KINDS, SupportView, label_customer

if TYPE_CHECKING:
    from assistant.chat import Assistant

log = logging.getLogger(__name__)

RESULTS = 20
SAMPLES = 6
MAX_QUESTION = 500
QUESTIONS = (
    "What did they order last?",
    "How much have they spent?",
    "What can still be returned?",
    "Have they had trouble before?",
)
KEYS_JS = "() => { import(new URL('../static/desk.js', document.baseURI).href); }"


class SupportPage:
    """What the page does for one assistant."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.settings = assistant.settings
        self.view = SupportView(assistant.settings)

    def samples(self) -> list[tuple[str, str]]:
        """A few customers to begin with: those with most orders, as (label, id)."""
        stats = sorted(self.assistant.store.order_stats(), key=lambda row: (-row.orders, row.customer_id))
        found = [(row, self.assistant.store.customer(row.customer_id)) for row in stats[:SAMPLES]]
        return [
            (
                f"{label_customer(customer)} · {count_of(row.orders, 'order', 'orders', self.settings)}",
                customer.id,
            )
            for row, customer in found
            if customer is not None
        ]

    def recent(self, staff: str) -> list[tuple[str, str]]:
        """The customers whom this member of staff looked at last, as (label, id)."""
        store = self.assistant.store
        found = [store.customer(customer_id) for customer_id in store.recent_customers(staff)]
        return [(label_customer(customer), customer.id) for customer in found if customer is not None]

    def search(self, text: str, staff: str) -> tuple[list[tuple[str, str]], str]:
        """Results as (label, id), and a sentence on them."""
        if not text.strip():
            recent = self.recent(staff)
            return (recent, notice("You looked at these last:")) if recent else (self.samples(), self.hint())
        found = find_customers(self.assistant, text, RESULTS)
        if not found:
            return [], notice(
                f"Nobody is found for “{text.strip()[:60]}”. Try a customer number, an e-mail address, "
                "part of a name, a phone number or an order number.",
                "empty",
            )
        more = f" (the first {RESULTS})" if len(found) == RESULTS else ""
        count = count_of(len(found), "customer", "customers", self.settings)
        return [(label_customer(customer), customer.id) for customer in found], notice(
            f"{count} found{more}."
        )

    def hint(self) -> str:
        """What stands below the search box before anything was searched."""
        count = self.assistant.store.count("customers")
        if not count:
            return notice(
                "This shop's data holds no customers yet. Import customers or orders to use this page.",
                "empty",
            )
        return notice(
            f"{count_of(count, 'customer', 'customers', self.settings)} on record. Some to begin with:"
        )

    # -- events ----------------------------------------------------------------------------------

    def on_load(self, request: gr.Request) -> tuple[Any, ...]:
        """Fill the page; /support/?customer=ID opens that customer (for links from elsewhere)."""
        wanted = str(request.query_params.get("customer", ""))
        shown = self.on_choose(wanted, request) if wanted else self._closed()
        return (*self.on_search(wanted, request), *shown)

    def on_search(self, text: str, request: gr.Request) -> tuple[Any, str]:
        """The list of results and the sentence above it, also while typing."""
        try:
            pairs, status = self.search(text[:MAX_QUESTION], staff_name(self.settings, request))
        except Exception as error:
            return gr.Radio(choices=[], visible=False), problem(error)
        return gr.Radio(choices=list(pairs), value=None, visible=bool(pairs)), stacked(status)

    def on_enter(self, text: str, request: gr.Request) -> tuple[Any, ...]:
        """Enter opens the best match."""
        found, status = self.on_search(text, request)
        pairs, _ = self.search(text[:MAX_QUESTION], staff_name(self.settings, request)) if text else ([], "")
        if not pairs:
            return (found, status, *self._closed())
        chosen = pairs[0][1]
        picks = gr.Radio(choices=list(pairs), value=chosen, visible=True)
        return (picks, status, *self.on_choose(chosen, request))

    def on_choose(self, customer_id: str | None, request: gr.Request) -> tuple[Any, ...]:
        """Everything about one customer."""
        if not customer_id:
            return self._closed()
        try:
            found = read_customer(self.assistant, customer_id)
            log_view(self.assistant, found.customer.id, staff_name(self.settings, request))
            allowed = may_be_done(self.assistant.store.policies(), found.orders, self.settings)
        except Exception as error:
            return self._closed(problem(error))
        view, last = self.view, found.last_turn
        return (
            found.customer.id,
            view.overview(found),
            gr.Column(visible=True),
            gr.Column(visible=True),
            gr.Button(visible=True),
            view.insight(found),
            "",
            "",
            view.orders(found, allowed),
            view.timeline(found),
            gr.CheckboxGroup(value=list(TIMELINE_KINDS)),
            view.chats(found),
            last.message if last is not None else "",
        )

    def on_insight(self, customer_id: str) -> str:
        """What insight says of the customer shown; slower than the rest the first time."""
        if not customer_id:
            return ""
        try:
            found = read_customer(self.assistant, customer_id)
            return self.view.insight(with_insight(self.assistant, found))
        except Exception as error:
            return problem(error)

    def on_reveal(self, customer_id: str, request: gr.Request) -> tuple[Any, Any]:
        """The overview with contact data, noted as such."""
        try:
            found = read_customer(self.assistant, customer_id)
            log_view(self.assistant, customer_id, staff_name(self.settings, request), "contact")
        except Exception as error:
            return problem(error), gr.Button(visible=False)
        return self.view.overview(found, shows_contact=True), gr.Button(visible=False)

    def on_filter(self, customer_id: str, kinds: list[str]) -> str:
        """The timeline of the ticked kinds."""
        if not customer_id:
            return ""
        try:
            return self.view.timeline(read_customer(self.assistant, customer_id), kinds)
        except Exception as error:
            return problem(error)

    def on_ask(self, customer_id: str, question: str, request: gr.Request) -> str:
        """The answer to one question about the customer on the page."""
        if not question.strip():
            return stacked(notice("Write a question about this customer first."))
        try:
            log_view(self.assistant, customer_id, staff_name(self.settings, request), "question")
            return self.view.answer(ask(self.assistant, customer_id, question[:MAX_QUESTION]))
        except Exception as error:
            return problem(error)

    def _closed(self, text: str = "") -> tuple[Any, ...]:
        invitation = notice("Choose a customer to see their orders, chats and a short brief.", "empty")
        hidden = (gr.Column(visible=False), gr.Column(visible=False), gr.Button(visible=False))
        return ("", text or stacked(invitation), *hidden, "", "", "", "", "", gr.CheckboxGroup(), "", "")


def problem(error: Exception) -> str:
    """What went wrong as one sentence; what was asked stays out of the log."""
    if isinstance(error, RegularsError):
        return stacked(notice(str(error), "problem"))
    log.error("support desk: %s", type(error).__name__, exc_info=error)
    return stacked(notice("That did not work; the server's log says why. Try again.", "problem"))


def build(assistant: Assistant) -> gr.Blocks:
    """The page, to be mounted at /support."""
    page = SupportPage(assistant)
    private: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 4}
    with gr.Blocks(title=f"Support · {page.settings.name}", analytics_enabled=False) as blocks:
        gr.HTML(page_head(page.settings, "support"))
        chosen = gr.Textbox(visible="hidden")
        with gr.Row(equal_height=False, elem_classes="rs-desk"):
            with gr.Column(scale=3, min_width=240):
                query = gr.Textbox(
                    label="Find a customer ( / )",
                    placeholder="Name, e-mail, phone, order or customer number",
                    autofocus=True,
                    max_lines=1,
                    submit_btn=True,
                    elem_id="desk-find",
                )
                status = gr.HTML()
                picks = gr.Radio(label="Customers", choices=[], visible=False, elem_classes="rs-picks")
            with gr.Column(scale=8, min_width=340):
                overview = gr.HTML()
                with gr.Row(elem_classes="rs-chips"):
                    reveal = gr.Button("Show contact details", size="sm", min_width=150, visible=False)
                with gr.Column(visible=False) as detail:
                    question = gr.Textbox(
                        label="Ask about this customer ( a )",
                        placeholder="What did they pay for the lamp in May?",
                        max_lines=1,
                        submit_btn=True,
                        elem_id="desk-ask",
                    )
                    with gr.Row(elem_classes="rs-chips"):
                        chips = [gr.Button(text, size="sm", min_width=120) for text in QUESTIONS]
                    reply = gr.HTML()
                    insight = gr.HTML()
                    with gr.Tab("Timeline"):
                        kinds = gr.CheckboxGroup(
                            choices=[(name, kind) for kind, name in TIMELINE_KINDS.items()],
                            value=list(TIMELINE_KINDS),
                            label="Show",
                            elem_classes="rs-kinds",
                        )
                        timeline = gr.HTML()
                    with gr.Tab("Orders"):
                        orders = gr.HTML()
                    with gr.Tab("Chats and memory"):
                        chats = gr.HTML()
            with gr.Column(scale=5, min_width=320, visible=False) as corner:
                panel = ReplyPanel(assistant, problem)
        shown = [
            chosen,
            overview,
            detail,
            corner,
            reveal,
            insight,
            question,
            reply,
            orders,
            timeline,
            kinds,
            chats,
            panel.message,
        ]
        told = {
            "fn": page.on_insight,
            "inputs": chosen,
            "outputs": insight,
            "show_progress": "hidden",
            **private,
        }
        blocks.load(page.on_load, None, [picks, status, *shown], **private).then(**told)
        blocks.load(None, None, None, js=KEYS_JS)
        query.input(page.on_search, query, [picks, status], trigger_mode="always_last", **private)
        query.submit(page.on_enter, query, [picks, status, *shown], **private).then(
            panel.clear, None, panel.shown, **private
        ).then(**told)
        picks.input(page.on_choose, picks, shown, **private).then(
            panel.clear, None, panel.shown, **private
        ).then(**told)
        reveal.click(page.on_reveal, chosen, [overview, reveal], **private)
        kinds.input(page.on_filter, [chosen, kinds], timeline, **private)
        question.submit(page.on_ask, [chosen, question], reply, **private)
        for chip in chips:
            chip.click(lambda text=chip.value: text, None, question, **private).then(
                page.on_ask, [chosen, question], reply, **private
            )
        panel.listen(chosen, private)
    return blocks
