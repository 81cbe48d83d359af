"""A real server over a slice of the giftware sample, and a real Chromium to look at it with."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from shop.settings import Settings

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PLANTED = "<img src=x onerror=\"document.title='owned'\"><b>Wicked</b> Pantomime Mug"


def find_chromium() -> str:
    """The browser's path, or ''."""
    named = os.environ.get("CHROMIUM", "")
    return named or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
    )


@contextmanager
def serve(settings: Settings) -> Iterator[str]:
    """The address of a running shop."""
    import uvicorn

    from assistant.chat import Assistant
    from ui.app import create_app

    assistant = Assistant.open(settings)
    server = uvicorn.Server(uvicorn.Config(create_app(assistant), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
    assistant.close()


@pytest.fixture(scope="session")
def address(tiny_shop_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running shop; one product's title is markup."""
    from retrieval.indexing import build_index
    from shop.settings import load_settings
    from shop.store import Store
    from shop.types import Consent

    folder = tmp_path_factory.mktemp("browser") / "shop"
    shutil.copytree(tiny_shop_master, folder, ignore=shutil.ignore_patterns("*.lock"))
    settings = load_settings(folder)
    with Store(settings.database_url) as store:
        first = store.products()[0]
        store.put_products([replace(first, id="planted", title=PLANTED, description="", attributes={})])
        agreed = Consent(marketing_email=True, source="test")
        store.put_customers([replace(each, consent=agreed) for each in store.customers(1000, 0)])
        build_index(store, settings, lambda done, total: None)
    with serve(settings) as where:
        yield where


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests."""
    path = find_chromium()
    if not path:
        pytest.skip("no Chromium found: install it, or name it in the environment variable CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Visit:
    """One visitor's browser window and everything it complained about."""

    def __init__(self, browser: Any, address: str, width: int) -> None:
        self.address = address
        self.context = browser.new_context(viewport={"width": width, "height": 844})
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.problems: list[str] = []
        self.foreign: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on(
            "console",
            lambda message: self.problems.append(message.text) if message.type == "error" else None,
        )
        self.page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.foreign.append(url)

    def open(self, path: str = "/shop/") -> Any:
        self.page.goto(self.address + path)
        return self.page

    def say(self, message: str) -> Any:
        """Send a message and return its exchange once the answer is complete."""
        count = self.page.locator(".rg-turn").count()
        self.page.fill("textarea", message)
        self.page.keyboard.press("Enter")
        turn = self.page.locator(".rg-turn").nth(count)
        turn.locator(".rg-thumb").first.wait_for()
        return turn

    def is_too_wide(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.fixture
def visit(chromium: Any, address: str) -> Iterator[Visit]:
    """A visitor at a desk."""
    opened = Visit(chromium, address, 1280)
    yield opened
    opened.context.close()


@pytest.fixture
def phone(chromium: Any, address: str) -> Iterator[Visit]:
    """A visitor with a phone."""
    opened = Visit(chromium, address, 390)
    yield opened
    opened.context.close()
