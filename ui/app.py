"""The server: one FastAPI app that carries the three pages, the shop's API and the staff login.

Knows who may reach what; knows nothing of products. Gradio draws the pages; cross-origin requests,
identity and headers are settled here, before Gradio sees a request.
"""

from __future__ import annotations

import gc
import logging
import os
import socket
import threading
from html import escape
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from shop.errors import ConfigError, NotAllowed, RegularsError
from shop.settings import Settings
from ui import shopper
from ui.api import ShopApi, make_router, refuse, refuse_error
from ui.auth import STAFF_AGE_S, STAFF_COOKIE, Auth, Visitor, check_exposure, local_path
from ui.components import STATIC, load_texts, theme
from ui.gate import EnterShop, Gate
from ui.shelves import make_shelves
from ui.streaming import Limit, friendly_error
from ui.unsubscribe import make_unsubscribe

if TYPE_CHECKING:
    from assistant.chat import Assistant

log = logging.getLogger(__name__)


def create_app(assistant: Assistant) -> FastAPI:
    """The whole server around one open assistant, which stays the caller's to close."""
    app = create_api(assistant)
    _mount_pages(app, assistant, Auth(assistant.settings))
    return app


def create_api(assistant: Assistant) -> FastAPI:
    """The server without its Gradio pages: the shop's API, the staff login, and every check."""
    settings = assistant.settings
    auth = Auth(settings)
    api = ShopApi(assistant, auth)
    app = FastAPI(title="Regulars", docs_url=None, redoc_url=None, openapi_url=None)
    # The last one added sees a request first.
    app.add_middleware(EnterShop, api=api)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.allowed_origins),
        allow_credentials=True,
        allow_methods=["GET", "POST"],
        allow_headers=["content-type"],
    )
    app.add_middleware(Gate, auth=auth)
    app.include_router(make_router(api))
    app.include_router(make_shelves(api))
    app.include_router(make_unsubscribe(api))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    _add_errors(app)
    _add_own_routes(app, auth)
    app.state.page = api.page
    return app


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(RegularsError)
    async def show_ours(_: Request, error: RegularsError) -> JSONResponse:
        return refuse_error(error)

    @app.exception_handler(RequestValidationError)
    async def show_invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:]) or "the request"
        return refuse(
            422, f"{field}: {first['msg'].removeprefix('Value error, ')}; correct it and send again"
        )

    @app.exception_handler(Exception)
    async def show_other(_: Request, error: Exception) -> JSONResponse:
        try:
            raise error
        except Exception:
            return refuse(500, friendly_error())


def _add_own_routes(app: FastAPI, auth: Auth) -> None:
    tries = Limit(10)

    @app.get("/")
    def go_to_shop() -> RedirectResponse:
        return RedirectResponse("shop/", status_code=307)

    @app.get("/healthz")
    def tell_health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/favicon.ico")
    def send_icon() -> RedirectResponse:
        return RedirectResponse("static/icon.svg", status_code=308)

    @app.get("/staff/login")
    def show_login(next: str = "/support/") -> HTMLResponse:
        return HTMLResponse(_login_page(auth.settings, local_path(next)))

    @app.post("/staff/login")
    async def log_in(request: Request) -> Response:
        if int(request.headers.get("content-length") or 0) > 10_000:
            raise NotAllowed("this form is too large; use the login page")
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        target = local_path(form.get("next", ""))
        if not tries.allows(request.client.host if request.client else ""):
            return HTMLResponse(_login_page(auth.settings, target, "staff_wait"), status_code=429)
        cookie = auth.log_in(form.get("user", ""), form.get("password", ""))
        if cookie is None:
            return HTMLResponse(_login_page(auth.settings, target, "staff_wrong"), status_code=401)
        response = RedirectResponse(target, status_code=303)
        secure = request.url.scheme == "https"
        response.set_cookie(
            STAFF_COOKIE, cookie, max_age=STAFF_AGE_S, httponly=True, samesite="lax", secure=secure
        )
        return response

    @app.post("/staff/logout")
    def log_out() -> RedirectResponse:
        response = RedirectResponse("/staff/login", status_code=303)
        response.delete_cookie(STAFF_COOKIE)
        return response


def _login_page(settings: Settings, target: str, problem: str = "") -> str:
    words = load_texts(settings.locale)
    line = f'<p class="rg-problem" role="alert">{escape(words[problem])}</p>' if problem else ""
    return (
        f'<!doctype html><html lang="{escape(settings.locale.split("_")[0])}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(words['staff_title'])} · {escape(settings.name)}</title>"
        '<link rel="stylesheet" href="../static/regulars.css"></head><body class="rg-login">'
        f'<form method="post" action="login"><h1>{escape(settings.name)}</h1>'
        f"<h2>{escape(words['staff_title'])}</h2>{line}"
        f'<input type="hidden" name="next" value="{escape(target)}">'
        f"<label>{escape(words['staff_user'])}"
        '<input name="user" autocomplete="username" required autofocus></label>'
        f"<label>{escape(words['staff_password'])}"
        '<input name="password" type="password" autocomplete="current-password" required></label>'
        f"<button>{escape(words['staff_enter'])}</button></form></body></html>"
    )


def _mount_pages(app: FastAPI, assistant: Assistant, auth: Auth) -> None:
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import gradio as gr

    settings = assistant.settings
    look: dict[str, Any] = {
        "theme": theme(),
        "footer_links": [],
        "show_error": False,
        "ssr_mode": False,
        "enable_monitoring": False,
        "allowed_paths": [],
        "max_file_size": "1kb",
        "run_history": False,
        "server_name": settings.host,
        "server_port": settings.port,
    }
    # A linked sheet rather than Gradio's `css=`, which rewrites selectors and breaks `:is()`.
    head = (
        '<link rel="icon" href="../static/icon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="../static/regulars.css">'
    )
    gr.mount_gradio_app(app, shopper.build(assistant), "/shop", head=head, **look)
    for name in ("support", "marketing", "insight"):
        if find_spec(f"ui.{name}") is None:
            continue
        page = import_module(f"ui.{name}").build(assistant)
        gr.mount_gradio_app(
            app,
            page,
            f"/{name}",
            head=head,
            auth_dependency=lambda request: auth.staff(request.cookies),
            **look | {"max_file_size": "5mb"},
        )


def check_port(host: str, port: int) -> None:
    """Raise ConfigError where `port` cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(
                f"port {port} on {host} cannot be used ({error.strerror or error}); "
                "choose another one with --port"
            ) from error


def _warm_up(assistant: Assistant, page: shopper.ShopPage) -> None:
    """Do beforehand what the first visitor would wait for: try the starters, load the model."""
    try:
        page.session(Visitor(), may_pick=True)
        assistant.warm()
    except RegularsError as error:
        log.warning("not warmed up: %s", error)
    # What is loaded by now stays. A collection that walked through all of it would hold up a turn for 170 ms.
    gc.collect()
    gc.freeze()


def serve(settings: Settings) -> None:
    """Serve the shop until interrupted. Raises ConfigError before anything is opened."""
    check_exposure(settings)
    check_port(settings.host, settings.port)
    import uvicorn

    from assistant.chat import Assistant

    assistant = Assistant.open(settings)
    try:
        app = create_app(assistant)
        threading.Thread(target=_warm_up, args=(assistant, app.state.page), daemon=True).start()
        uvicorn.run(
            app,
            host=settings.host,
            port=settings.port,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=3,
        )
    finally:
        assistant.close()
