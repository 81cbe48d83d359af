"""The way out of marketing e-mail: the link in every message we send, and the button of mail programs.

One click of a mail program is a POST (RFC 8058) and works at once; opening the link shows a page with
a button, because programs that scan mail open links too. The signature in the link says who it is
for; no login is needed and nothing else can be done with it.
"""

from __future__ import annotations

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from assistant.campaign.links import read_unsubscribe_token
from assistant.campaign.results import withdraw_consent
from ui.api import ShopApi


def make_unsubscribe(api: ShopApi) -> APIRouter:
    """The routes under /unsubscribe."""
    router = APIRouter()
    settings = api.assistant.settings

    @router.get("/unsubscribe/{token}")
    def show(token: str) -> HTMLResponse:
        read_unsubscribe_token(settings, token)
        button = '<form method="post"><button>Unsubscribe</button></form>'
        return _page(settings.name, "Do you want no more marketing e-mail from us?", button)

    @router.post("/unsubscribe/{token}")
    def unsubscribe(token: str) -> HTMLResponse:
        customer_id = read_unsubscribe_token(settings, token)
        withdraw_consent(api.assistant, customer_id, "unsubscribed by the link in an e-mail")
        return _page(settings.name, "Done: you will get no more marketing e-mail from us.")

    return router


def _page(shop: str, sentence: str, more: str = "") -> HTMLResponse:
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(shop)}</title><link rel="stylesheet" href="/static/regulars.css"></head>'
        f'<body class="rg-login"><main><h1>{escape(shop)}</h1><p>{escape(sentence)}</p>{more}</main>'
        "</body></html>"
    )
