"""The insight page of the studio: what the shop knows of its customers, as plots and lists.

Read-only. Knows when the figures are read and kept; what they are comes from `assistant/insights.py`,
how they look from `ui/insight_view.py`.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import gradio as gr

from assistant.insights import read_overview
from shop.errors import RegularsError
from ui.insight_view import InsightView
from ui.staff import notice, page_head, stacked

if TYPE_CHECKING:
    from assistant.chat import Assistant

log = logging.getLogger(__name__)

KEPT_S = 300.0
"""All customers are read at most this often, however many people look."""


class InsightPage:
    """What the page does for one assistant."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.view = InsightView(assistant.settings)
        self._lock = threading.Lock()
        self._kept: tuple[float, str] | None = None

    def show(self) -> str:
        """The page's body, read now or within the last minutes."""
        try:
            with self._lock:
                if self._kept is None or time.monotonic() - self._kept[0] > KEPT_S:
                    overview = read_overview(self.assistant.store, self.assistant.settings)
                    self._kept = (time.monotonic(), self.view.page(overview))
                return self._kept[1]
        except RegularsError as error:
            return stacked(notice(str(error), "problem"))
        except Exception as error:
            log.error("insight page: %s", type(error).__name__, exc_info=error)
            return stacked(notice("That did not work; the server's log says why. Try again.", "problem"))


def build(assistant: Assistant) -> gr.Blocks:
    """The page, to be mounted at /insight."""
    page = InsightPage(assistant)
    with gr.Blocks(title=f"Insight · {assistant.settings.name}", analytics_enabled=False) as blocks:
        gr.HTML(page_head(assistant.settings, "insight"))
        body = gr.HTML(stacked(notice("Reading the customers' records …", "empty")))
        blocks.load(page.show, None, body, api_visibility="private", concurrency_limit=2)
    return blocks
