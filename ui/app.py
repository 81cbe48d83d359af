"""The server: one FastAPI app that carries the three pages, the shop's API and the staff login.

Knows who may reach what; knows nothing of products. Gradio draws the pages; cross-origin requests,
identity and headers are settled here, before Gradio sees a request.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from html import escape
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shop.errors import ConfigError, NotAllowed, RegularsError
from shop.settings import Settings
from ui import shopper
from ui.api import Limit, ShopApi, friendly_error, make_router, refuse, refuse_error
from ui.auth import (
    STAFF_AGE_S,
    STAFF_COOKIE,
    STAFF_PATHS,
    Auth,
    check_exposure,
    host_is_local,
    local_path,
    origin_is_own,
)
from ui.components import STATIC, load_texts, theme

if TYPE_CHECKING:
    from assistant.chat import Assistant

log = logging.getLogger(__name__)

# Gradio compiles its HTML templates with `new Function`, hence 'unsafe-eval' on these pages.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: {origins}; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors {framers}"
)


class Gate:
    """Everything that is decided before a request reaches a page: host, origin, staff, headers."""

    def __init__(self, app: ASGIApp, auth: Auth) -> None:
        self.app, self.auth = app, auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse, or hand the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        settings, path = self.auth.settings, scope["path"]
        is_staff = path.startswith(STAFF_PATHS)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                framers = "'none'" if is_staff else " ".join(("'self'", *settings.allowed_origins))
                headers["Content-Security-Policy"] = POLICY.format(
                    framers=framers, origins=" ".join(settings.allowed_origins)
                )
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
                if is_staff or path.startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
                if path.startswith("/static/"):
                    headers["Cache-Control"] = "no-cache"  # asks again, so a new version shows at once
            await send(message)

        refused = self.refuse(Request(scope))
        await (refused or self.app)(scope, receive, send_with_headers)

    def refuse(self, request: Request) -> Response | None:
        """Why this request goes no further, or None."""
        settings, path, headers = self.auth.settings, request.url.path, request.headers
        if self.auth.is_demo and not host_is_local(headers.get("host", "")):
            return refuse(
                403,
                "this demo answers on this machine only; set staff_user and staff_password to serve it "
                "under another name",
            )
        changes = request.method not in {"GET", "HEAD", "OPTIONS"}
        if changes and not origin_is_own(headers, settings.allowed_origins):
            return refuse(403, "this request comes from another site; open the shop's own page")
        if not path.startswith(STAFF_PATHS) or self.auth.staff(request.cookies):
            return None
        if request.method == "GET" and "text/html" in headers.get("accept", ""):
            return RedirectResponse(f"/staff/login?{urlencode({'next': path})}", status_code=303)
        return refuse(401, "this is for the shop's staff; log in at /staff/login")


class EnterShop:
    """Signs in the customer whom the shop's own backend vouches for: /shop?customer_token=…"""

    def __init__(self, app: ASGIApp, api: ShopApi) -> None:
        self.app, self.api = app, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Turn a token into a cookie and clear it from the address; hand on everything else."""
        if scope["type"] != "http" or scope["path"].rstrip("/") != "/shop":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        token = request.query_params.get("customer_token")
        if token is None:
            await self.app(scope, receive, send)
            return
        response: Response
        try:
            customer_id = self.api.auth.read_customer_token(token)
            was = self.api.visitor(request)
            now = (
                was
                if was.customer_id == customer_id and was.conversation_id
                else self.api.become(was, customer_id)
            )
            response = RedirectResponse("/shop/", status_code=303)
            self.api.keep(request, response, now)
        except RegularsError as error:
            response = refuse_error(error)
        await response(scope, receive, send)


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
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    _add_errors(app)
    _add_own_routes(app, auth)
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
        form = {
            name: values[0]
            for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()
        }
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
    for name in ("support", "marketing"):
        if find_spec(f"ui.{name}") is None:
            continue
        page = import_module(f"ui.{name}").build(assistant)
        gr.mount_gradio_app(
            app,
            page,
            f"/{name}",
            head=head,
            auth_dependency=lambda request: auth.staff(request.cookies),
            **look,
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


def serve(settings: Settings) -> None:
    """Serve the shop until interrupted. Raises ConfigError before anything is opened."""
    check_exposure(settings)
    check_port(settings.host, settings.port)
    import uvicorn

    from assistant.chat import Assistant

    assistant = Assistant.open(settings)
    try:
        app = create_app(assistant)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        for page in ("shop", "support", "marketing"):
            sys.stdout.write(f"{page:<10} http://{host}:{settings.port}/{page}/\n")
        sys.stdout.write("Press Ctrl+C to stop.\n")
        sys.stdout.flush()
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
