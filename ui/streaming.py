"""Replies on their way to a browser: one at a time per conversation, not too many, never a traceback.

Knows threads, server-sent events and limits; knows neither cookies nor what is said. The assistant
is synchronous (a model computes), so each reply runs in a thread of its own and a browser that goes
away ends it at the next event.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.events import ProductCards, ReplyEvent
from assistant.wire import event_json
from shop.errors import RegularsError
from ui.auth import Visitor
from ui.components import show_card

if TYPE_CHECKING:
    from assistant.chat import Assistant

log = logging.getLogger(__name__)

MESSAGES_A_MINUTE = 20
MESSAGES_A_MINUTE_PER_ADDRESS = 60
REPLIES_AT_ONCE = 8
WAIT_FOR_STOP_S = 15.0


class Limit:
    """At most `most` calls a minute for each key; remembers at most 10,000 keys."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._calls: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, key: str) -> bool:
        """Count one call and say whether it is within the limit."""
        now = time.monotonic()
        with self._lock:
            calls = self._calls.setdefault(key, deque())
            self._calls.move_to_end(key)
            while calls and calls[0] < now - 60:
                calls.popleft()
            if len(self._calls) > 10_000:
                self._calls.popitem(last=False)
            if len(calls) >= self.most:
                return False
            calls.append(now)
            return True


@dataclass(frozen=True, slots=True)
class Running:
    """A reply being written: `gone` once nobody reads it any more, `over` once it has ended."""

    gone: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)


class Replies:
    """All replies being written for one assistant."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self._per_conversation = Limit(MESSAGES_A_MINUTE)
        self._per_address = Limit(MESSAGES_A_MINUTE_PER_ADDRESS)
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(REPLIES_AT_ONCE, thread_name_prefix="reply")

    def within_limits(self, conversation_id: str, address: str) -> bool:
        """Count one message; whether this conversation and this address may send it now."""
        return self._per_conversation.allows(conversation_id) and self._per_address.allows(address)

    def begin(self, conversation_id: str) -> Running | None:
        """Claim the conversation for one reply; None while another is being written.

        A reply that was stopped ends at its next event: that moment is waited for.
        """
        before = self._running.get(conversation_id)
        if before is not None and not before.over.wait(0.5) and before.gone.is_set():
            before.over.wait(WAIT_FOR_STOP_S)
        with self._lock:
            if conversation_id in self._running:
                return None
            self._running[conversation_id] = running = Running()
        return running

    async def stream(self, running: Running, visitor: Visitor, message: str) -> AsyncIterator[str]:
        """One reply as server-sent events; closing this ends the reply."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

        def put(event: dict[str, Any] | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(queue.put_nowait, event)

        self._threads.submit(self._write, running, visitor, message, put)
        try:
            yield server_sent({"type": "start"})
            while (event := await queue.get()) is not None:
                yield server_sent(event)
        finally:
            running.gone.set()

    def _write(self, running: Running, visitor: Visitor, message: str, put: Any) -> None:
        who = {"customer_id": visitor.customer_id}
        try:
            events = self.assistant.reply(visitor.conversation_id, message, **who)
            for event in events:
                if running.gone.is_set():
                    # A generator keeps its model busy until it is closed.
                    getattr(events, "close", lambda: None)()
                    break
                put(self._show(event))
        except RegularsError as error:
            put({"type": "error", "error": str(error)})
        except Exception:  # a shopper never sees a traceback
            put({"type": "error", "error": friendly_error()})
        finally:
            with self._lock:
                self._running.pop(visitor.conversation_id, None)
            running.over.set()
            put(None)

    def _show(self, event: ReplyEvent) -> dict[str, Any]:
        """An event as the page takes it: cards with their figures already written out."""
        if isinstance(event, ProductCards):
            settings = self.assistant.settings
            return {"type": "cards", "cards": [show_card(card, settings) for card in event.cards]}
        return event_json(event)


def server_sent(event: dict[str, Any]) -> str:
    """One event in the text/event-stream format."""
    return f"data: {json.dumps(event, ensure_ascii=False)}\n\n"


def friendly_error() -> str:
    """Log the exception being handled under a new reference; what the shopper is told instead."""
    reference = secrets.token_hex(4)
    log.exception("unexpected error, reference %s", reference)
    return f"Something went wrong on our side (reference {reference}); please try again."
