"""A language model behind HTTP: any server that speaks OpenAI's chat completions, streamed.

Knows the wire format and nothing of prompts or shops. `openai:URL#NAME`, URL ending where
`/chat/completions` begins. A key comes from REGULARS_OPENAI_KEY; neither it nor a user name or
password in the URL is ever shown in a name, an error or a log line.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import httpx

from assistant.models.streaming import until_stop
from shop.errors import ConfigError, ModelTimeout, ModelUnavailable
from shop.types import Message

CONNECT_TIMEOUT_S = 3.0
RETRIES = 2
BACKOFF_S = 0.25  # doubled with each retry
BUSY = frozenset({429, 503})
STOPS_ALLOWED = 4  # more are refused by some servers; all are applied here as well


def open_openai(rest: str) -> OpenAIModel:
    """The model behind `openai:rest`; the server is first spoken to with the first answer."""
    address, _, name = rest.partition("#")
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ConfigError("the model address is not a URL; use openai:http://host:8000/v1#name") from error
    if url.scheme not in ("http", "https") or not url.host or (url.port or 0) > 65535 or not name:
        raise ConfigError(
            "the model setting lacks a server or a model name; use openai:http://host:8000/v1#name"
        )
    return OpenAIModel(url, name, key=os.environ.get("REGULARS_OPENAI_KEY", ""))


class OpenAIModel:
    """Chats with one model of one server."""

    def __init__(self, url: httpx.URL, model: str, *, key: str = "") -> None:
        # httpx logs the whole URL of a request, so a password must not stay in it.
        login = (url.username, url.password) if url.username or url.password else None
        self.url = str(url.copy_with(userinfo=b"", fragment=None, query=None)).rstrip("/")
        self.model = model
        self.name = f"openai:{self.url}#{model}"
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=headers, auth=login if not key else None)

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        timeout_s: float,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """The answer at temperature 0; see ChatModel. Retries count as time."""
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
        }
        if stop:
            body["stop"] = list(stop[:STOPS_ALLOWED])
        return until_stop(self._pieces(body, timeout_s), stop)

    def _pieces(self, body: dict[str, Any], timeout_s: float) -> Iterator[str]:
        deadline = time.monotonic() + timeout_s
        response: httpx.Response | None = None
        try:
            response = self._send(body, deadline)
            with _cut_off_at(deadline, response):
                yield from self._read(response)
        except httpx.TimeoutException as error:
            raise self._too_slow(timeout_s) from error
        except httpx.HTTPError as error:
            if time.monotonic() >= deadline:
                raise self._too_slow(timeout_s) from error
            raise ModelUnavailable(
                f"the language model server {self.url} cannot be reached ({_plain(error)}); start it or "
                "correct the model setting"
            ) from error
        finally:
            if response is not None:
                response.close()

    def _send(self, body: dict[str, Any], deadline: float) -> httpx.Response:
        """The opened response, after waiting for a busy or starting server as time allows."""
        for attempt in range(RETRIES + 1):
            wait_s = BACKOFF_S * 2**attempt
            last = attempt == RETRIES
            try:
                response = self._request(body, deadline)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if last or time.monotonic() + wait_s >= deadline:
                    raise
            else:
                if response.status_code == 200:
                    return response
                wait_s = max(wait_s, _asked_wait_s(response))
                if response.status_code not in BUSY or last or time.monotonic() + wait_s >= deadline:
                    raise self._refused(response)
                response.close()
            time.sleep(wait_s)
        raise AssertionError("the last attempt returns or raises")

    def _request(self, body: dict[str, Any], deadline: float) -> httpx.Response:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise httpx.PoolTimeout("no time left")
        timeout = httpx.Timeout(left_s, connect=min(CONNECT_TIMEOUT_S, left_s))
        request = self._client.build_request(
            "POST", f"{self.url}/chat/completions", json=body, timeout=timeout
        )
        return self._client.send(request, stream=True)

    def _read(self, response: httpx.Response) -> Iterator[str]:
        """The pieces of text in a stream of server-sent events."""
        finished = False
        for line in _lines(response.iter_bytes()):
            if not line.startswith(b"data:"):
                continue  # comments that keep the connection open, event names, blank lines
            data = line[5:].strip()
            if data == b"[DONE]":
                return
            text, ends = self._read_event(data)
            finished = finished or ends
            if text:
                yield text
        if not finished:
            raise ModelUnavailable(
                f"the language model server {self.url} broke off its answer; look at its log"
            )

    def _read_event(self, data: bytes) -> tuple[str, bool]:
        """One event's text and whether it is the last."""
        try:
            event = json.loads(data)
            if event.get("error"):
                raise ModelUnavailable(
                    f"the language model server {self.url} reports an error; look at its log"
                )
            choices = event.get("choices") or [{}]  # a last event may hold only the usage
            text = (choices[0].get("delta") or {}).get("content") or ""
            return str(text), bool(choices[0].get("finish_reason"))
        except (ValueError, AttributeError, LookupError, TypeError) as error:
            raise ModelUnavailable(
                f"the language model server {self.url} sent something that is no chat completion; "
                "check that it speaks OpenAI's API"
            ) from error

    def _refused(self, response: httpx.Response) -> ModelUnavailable:
        advice = {
            401: "set REGULARS_OPENAI_KEY to a valid key",
            403: "set REGULARS_OPENAI_KEY to a key that may use this model",
            404: f"check the address and that it serves a model called {self.model!r}",
            429: "wait, or give it more capacity",
            503: "wait until it has started",
        }.get(response.status_code, "look at its log")
        response.close()
        return ModelUnavailable(
            f"the language model server {self.url} answered with status {response.status_code}; {advice}"
        )

    def _too_slow(self, timeout_s: float) -> ModelTimeout:
        return ModelTimeout(
            f"no whole answer from {self.url} within {timeout_s:g} s; "
            "allow more time or give the server more capacity"
        )


@contextlib.contextmanager
def _cut_off_at(deadline: float, response: httpx.Response) -> Iterator[None]:
    """End a read that is still waiting at `deadline`: httpx times each read, not the whole."""
    stream = response.extensions.get("network_stream")
    connection: Any = stream.get_extra_info("socket") if stream is not None else None

    def cut() -> None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    timer.daemon = True
    if connection is not None:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines, split at bytes: a character may be cut by a chunk, a line feed never is."""
    held = b""
    for chunk in chunks:
        *whole, held = (held + chunk).split(b"\n")
        yield from whole
    if held:
        yield held


def _asked_wait_s(response: httpx.Response) -> float:
    try:
        return max(0.0, float(response.headers.get("retry-after", "0")))
    except ValueError:  # the other form is a date; our own back-off will do
        return 0.0


def _plain(error: Exception) -> str:
    return str(error) or type(error).__name__
