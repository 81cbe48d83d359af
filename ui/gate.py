"""What is decided before a request reaches a page: host, origin, staff, tokens, headers.

Two layers around the whole server, so that Gradio's own routes are held to the same rules as ours.
"""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shop.errors import RegularsError
from ui.api import ShopApi, refuse, refuse_error
from ui.auth import STAFF_PATHS, Auth, host_is_local, origin_is_own

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
