"""The shop page's rows of recommendations, the product view, and what visitors do that changes both.

Knows HTTP and how a row looks; which products and why is the recommender's business. Who did what is
the cookie's word, never the request's.
"""

# No `from __future__ import annotations` here: FastAPI has to see the types of nested handlers.

import re
from typing import Annotated, Any

from babel import Locale, UnknownLocaleError
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from assistant.records import product_card
from assistant.shelves import for_you, goes_with
from shop.errors import NotFound
from shop.store.interactions import DISLIKED, VIEWED
from ui.api import Id, ShopApi, refuse
from ui.auth import Visitor
from ui.components import show_card
from ui.streaming import Limit

DEEDS_A_MINUTE = 60
REGION = re.compile(r"^\s*[a-z]{2,3}[-_](?:[a-z]{4}[-_])?([a-z]{2})\b", re.I)


class ProductIn(BaseModel):
    """A product that something was done with."""

    product_id: Id


def country_of(accept_language: str) -> str:
    """The country of a browser's first language with a region, in English ("en-GB" -> "United Kingdom")."""
    regions = (REGION.match(part) for part in accept_language[:200].split(","))
    code = next((match[1].upper() for match in regions if match), "")
    try:
        return str(Locale("en").territories.get(code, "")) if code else ""
    except UnknownLocaleError:
        return ""


class Shelves:
    """What the rows hold for one visitor."""

    def __init__(self, api: ShopApi) -> None:
        self.api = api
        self.limit = Limit(DEEDS_A_MINUTE)

    def for_you(self, who: Visitor, request: Request) -> dict[str, Any]:
        """The row for this visitor; `personal` says whether anything they did is in it."""
        country = country_of(request.headers.get("accept-language", ""))
        personal, cards = for_you(self.api.assistant, who.customer_id, who.conversation_id, country)
        return {"personal": personal, "cards": self._show(cards)}

    def product(self, who: Visitor, product_id: str) -> dict[str, Any]:
        """One product in full, and what goes with it."""
        assistant = self.api.assistant
        product = assistant.store.product(product_id)
        if product is None:
            raise NotFound("this product is no longer in the shop; ask for another one")
        facts = {"brand": product.brand, "colour": product.colour, **product.attributes}
        return {
            "card": self._show([product_card(product)])[0],
            "description": product.description,
            "bullets": list(product.bullets),
            "facts": [[name, value] for name, value in facts.items() if value],
            "goes_with": self._show(goes_with(assistant, product_id, who.customer_id, who.conversation_id)),
        }

    def note(self, name: str, who: Visitor, product_id: str) -> None:
        """Keep what the visitor did."""
        self.api.assistant.deeds.note(
            name, product_id, customer_id=who.customer_id, conversation_id=who.conversation_id
        )

    def _show(self, cards: Any) -> list[dict[str, Any]]:
        return [show_card(card, self.api.assistant.settings) for card in cards]


def make_shelves(api: ShopApi) -> APIRouter:
    """The routes of the rows and the product view."""
    router = APIRouter(prefix="/api")
    Who = Annotated[Visitor, Depends(api.visitor)]
    shelves = Shelves(api)

    @router.get("/for-you")
    def get_for_you(who: Who, request: Request) -> dict[str, Any]:
        return shelves.for_you(who, request)

    @router.post("/view")
    def post_view(body: ProductIn, who: Who, request: Request, response: Response) -> Any:
        now = api.with_conversation(who)
        shown = shelves.product(now, body.product_id)
        if shelves.limit.allows(now.conversation_id):
            shelves.note(VIEWED, now, body.product_id)
        if now != who:
            api.keep(request, response, now)
        return shown

    @router.post("/not-for-me")
    def post_not_for_me(body: ProductIn, who: Who, request: Request, response: Response) -> Any:
        now = api.with_conversation(who)
        if not shelves.limit.allows(now.conversation_id):
            return refuse(429, "that was a lot at once; wait a minute and go on")
        shelves.note(DISLIKED, now, body.product_id)
        if now != who:
            api.keep(request, response, now)
        return shelves.for_you(now, request)

    return router
