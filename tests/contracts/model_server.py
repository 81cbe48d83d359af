"""A real HTTP server that speaks just enough of OpenAI's API, well and badly, for tests.

The model's name chooses the behaviour; what was asked is kept in `SEEN`.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

SEEN: list[dict[str, Any]] = []
CALLS: Counter[str] = Counter()
DISCONNECTED = threading.Event()
app = FastAPI()


def event(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}, ensure_ascii=False).encode() + b"\n\n"


@app.post("/v1/chat/completions", response_model=None)
async def complete(request: Request) -> Response:
    body = await request.json()
    name = str(body["model"])
    SEEN.append({"body": body, "authorization": request.headers.get("authorization", "")})
    CALLS[name] += 1
    if name == "broken":
        return JSONResponse({"error": {"message": "secret detail"}}, 500)
    if name == "refused":
        return JSONResponse({"error": {"message": "bad key"}}, 401)
    if name == "busy" or (name == "busy once" and CALLS[name] == 1):
        return JSONResponse({"error": {}}, 429)
    return StreamingResponse(answer(name, body), media_type="text/event-stream")


async def answer(name: str, body: dict[str, Any]) -> AsyncIterator[bytes]:
    said = [message["content"] for message in body["messages"] if message["role"] == "user"][-1]
    words = said.split(" ")[: body["max_tokens"]]
    match name:
        case "slow":
            try:
                for _ in range(100):
                    yield b": keep-alive\n\n"
                    await asyncio.sleep(0.05)
                yield event("too late", "stop")
            except asyncio.CancelledError:
                DISCONNECTED.set()
                raise
        case "hangs":
            yield event("first")
            await asyncio.sleep(30)
        case "bytes":
            whole = event("caf\u00e9 \U0001f381\u2028 \u00a31", "stop") + b"data: [DONE]\n\n"
            for at in range(len(whole)):
                yield whole[at : at + 1]
        case "garbage":
            yield b"data: {not json\n\n"
        case "error inside":
            yield event("well")
            yield b'data: {"error": {"message": "out of memory"}}\n\n'
        case "cut short":
            yield event("half an")
        case _:
            for at, word in enumerate(words):
                yield event(word if at == 0 else f" {word}")
            yield event("", "length" if len(words) < len(said.split(" ")) else "stop")
            yield b'data: {"choices": [], "usage": {"total_tokens": 3}}\n\n'
            yield b"data: [DONE]\n\n"


@contextmanager
def serve_model() -> Iterator[str]:
    """The server's base URL, while it runs."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/v1"
    server.should_exit = True
    thread.join(5)
