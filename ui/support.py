"""The support desk: find a customer, see everything about them on one screen, ask about them.

Read-only: nothing here changes an order or sends a word. Knows the page's events; what is said
comes from `assistant/support.py`, how it looks from `ui/support_view.py`. Who looked at whom is
recorded under the name given here.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.support import ask, brief, find_customers
from shop.errors import RegularsError
from shop.types import Customer
from ui.staff import count_of, notice, page_head, stacked, staff_name
from ui.support_view import SupportView, label_customer

if TYPE_CHECKING:
    from assistant.chat import Assistant

log = logging.getLogger(__name__)

RESULTS = 20
SAMPLES = 6
MAX_QUESTION = 500
QUESTIONS = (
    "What did they order last?",
    "How much have they spent?",
    "What do they buy most often?",
    "Have they sent anything back?",
)


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

    def search(self, text: str) -> tuple[list[tuple[str, str]], str]:
        """Results as (label, id), and a sentence on them."""
        if not text.strip():
            return self.samples(), self.hint()
        found = find_customers(self.assistant, text, RESULTS)
        if not found:
            return [], notice(
                f"Nobody is found for “{text.strip()[:60]}”. Try a customer number, an e-mail address, "
                "part of a name, or an order number.",
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

    def _label(self, customer: Customer, orders: int) -> str:
        return f"{label_customer(customer)} · {count_of(orders, 'order', 'orders', self.settings)}"

    # -- events ----------------------------------------------------------------------------------

    def on_load(self, request: gr.Request) -> tuple[Any, ...]:
        """Fill the page; /support/?customer=ID opens that customer (for links from elsewhere)."""
        wanted = str(request.query_params.get("customer", ""))
        shown = self.on_choose(wanted, request) if wanted else self._closed()
        return (*self.on_search(wanted), *shown)

    def on_search(self, text: str) -> tuple[Any, str]:
        """The list of results and the sentence above it."""
        try:
            pairs, status = self.search(text)
        except Exception as error:
            return gr.Radio(choices=[], visible=False), _problem(error)
        return gr.Radio(choices=list(pairs), value=None, visible=bool(pairs)), stacked(status)

    def on_choose(self, customer_id: str | None, request: gr.Request) -> tuple[Any, ...]:
        """Everything about one customer."""
        if not customer_id:
            return self._closed()
        try:
            found = brief(self.assistant, customer_id, staff=staff_name(self.settings, request))
        except Exception as error:
            return self._closed(_problem(error))
        view = self.view
        pages = (view.orders(found), view.timeline(found), view.chats(found))
        return (found.customer.id, view.overview(found), gr.Column(visible=True), "", "", *pages)

    def on_ask(self, customer_id: str, question: str) -> str:
        """The answer to one question about the customer on the page."""
        if not question.strip():
            return stacked(notice("Write a question about this customer first."))
        try:
            return self.view.answer(ask(self.assistant, customer_id, question[:MAX_QUESTION]))
        except Exception as error:
            return _problem(error)

    def _closed(self, text: str = "") -> tuple[Any, ...]:
        invitation = notice("Choose a customer to see their orders, chats and a short brief.", "empty")
        return "", text or stacked(invitation), gr.Column(visible=False), "", "", "", "", ""


def _problem(error: Exception) -> str:
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
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=280):
                query = gr.Textbox(
                    label="Find a customer",
                    placeholder="Name, e-mail or number",
                    autofocus=True,
                    max_lines=1,
                    submit_btn=True,
                )
                status = gr.HTML()
                picks = gr.Radio(label="Customers", choices=[], visible=False, elem_classes="rs-picks")
            with gr.Column(scale=9, min_width=320):
                overview = gr.HTML()
                with gr.Column(visible=False) as detail:
                    question = gr.Textbox(
                        label="Ask about this customer",
                        placeholder="When did they last buy a lunch bag?",
                        max_lines=1,
                        submit_btn=True,
                    )
                    with gr.Row(elem_classes="rs-chips"):
                        chips = [gr.Button(text, size="sm", min_width=120) for text in QUESTIONS]
                    reply = gr.HTML()
                    with gr.Tab("Orders"):
                        orders = gr.HTML()
                    with gr.Tab("Timeline"):
                        timeline = gr.HTML()
                    with gr.Tab("Chats"):
                        chats = gr.HTML()
        shown = [chosen, overview, detail, question, reply, orders, timeline, chats]
        blocks.load(page.on_load, None, [picks, status, *shown], **private)
        query.submit(page.on_search, query, [picks, status], **private)
        picks.input(page.on_choose, picks, shown, **private)
        question.submit(page.on_ask, [chosen, question], reply, **private)
        for chip in chips:
            chip.click(lambda text=chip.value: text, None, question, **private).then(
                page.on_ask, [chosen, question], reply, **private
            )
    return blocks
